"""What specs/ and mappings/ say, as frozen models: one file, so that all shapes of YAML are read in one
place.

No logic but what it takes to refuse a wrong file.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipeline.study.design import Arm as Arm
from pipeline.study.design import Criterion, Element, Fact
from pipeline.study.frozen import Frozen as Frozen
from pipeline.study.frozen import Text as Text
from pipeline.study.frozen import Words as Words
from pipeline.study.responses import ResponseParameter as ResponseParameter
from pipeline.study.responses import ResponseSource as ResponseSource


# --- specs/raw
class RawField(Frozen):
    question: Text
    type: Literal["text", "code", "number", "integer", "date", "time", "stamp"]
    required: bool = False
    format: Literal["dd MON yyyy", "yyyy/m/d"] | None = None
    partial: bool = False
    codes: tuple[Text, ...] = ()
    closed: bool = True
    coded: Text | None = None  # the dictionary that assigned the value, e.g. MedDRA
    origin: Literal["Collected", "Assigned", "Protocol", "Derived"] | None = None
    unit: Text | None = None
    min: float | None = None
    max: float | None = None


class RawFile(Frozen):
    """How the file of a form is written, and what it calls the form and its fields where that is not what the
    contract calls them.
    """

    format: (
        Literal["csv", "tsv", "xlsx", "parquet", "json", "ndjson", "xpt", "sas7bdat", "odm", "redcap"] | None
    ) = None  # none: any
    delimiter: Literal[",", ";", "|", "\t"] | None = None  # none: a tab in .tsv, a comma in .csv
    encoding: Literal["UTF-8", "UTF-8 with BOM", "GB18030"] = (
        "UTF-8"  # of csv, tsv and xpt; the others say it themselves
    )
    name: Text | None = None  # the sheet of a workbook, the instrument of REDCap
    columns: dict[str, Text] = {}  # field -> its name in the file


class Form(Frozen):
    """The contract of one raw form: its columns in order, what each may hold, and what identifies a record."""

    form: Text
    title: Text
    source: Literal["Investigator", "Subject", "Vendor", "Sponsor"]
    record: Text
    keys: tuple[Text, ...] = ()
    once: bool = False  # at most one record a person, over all her subject numbers
    file: RawFile = RawFile()
    fields: dict[str, RawField]
    header: tuple[str, ...] = ()  # set by the loader: the columns that every form begins with
    events: dict[str, Text] = {}  # set by the loader: the visit of each event of REDCap


class Header(Frozen):
    fields: dict[str, RawField]
    events: dict[str, Text] = {}  # an event of REDCap by its unique name -> the visit as typed


# --- specs/codelists.yaml
class Term(Frozen):
    code: Text | None = None  # NCI code; none: the sponsor's own term
    decode: Text | None = None
    collected: tuple[Text, ...] = ()  # spellings that forms use for it
    order: int | None = None


class Codelist(Frozen):
    name: Text
    code: Text | None = None  # NCI code of the list; none: the study's own list
    standard: Literal["SDTM", "ADaM"] | None = None
    extensible: bool = False
    terms: dict[str, Term]


# --- specs/units.yaml
class Unit(Frozen):
    to: Text
    factor: str  # decimal text


# --- specs/sdtm, specs/adam
class Variable(Frozen):
    label: Text
    type: Literal["text", "integer", "float", "iso", "date", "datetime", "time"]
    max_length: int | None = Field(default=None, ge=1, le=200)
    codelist: Text | None = None
    dictionary: Text | None = None
    core: Literal["Req", "Exp", "Perm", "Cond"] = "Perm"
    role: Text | None = None
    required: bool = False  # may not be missing in any record (Req variables never may)
    long: bool = False  # may exceed 200 bytes: goes on in SUPP--
    supp: bool = False  # not in the standard: published in SUPP--
    evaluator: Text | None = None  # QEVAL of a supplemental qualifier
    format: Text | None = None
    continued: tuple[
        Text,
        ...,
        # the variables in which a text over 200 bytes goes on, where the standard wants columns and not SUPP--
    ] = ()
    by: tuple[Text, ...] = ()  # value level: described separately for each value of these variables
    comment: Words | None = None

    @property
    def is_text(self) -> bool:
        return self.type in ("text", "iso")

    @property
    def dtype(self) -> Literal["str", "float64", "datetime64[s]"]:
        if self.is_text:
            return "str"
        return "float64" if self.type in ("integer", "float", "time") else "datetime64[s]"


class Dataset(Frozen):
    """What one dataset must be."""

    dataset: Text
    label: Text
    class_: Text = Field(alias="class")
    subclass: Text | None = None
    structure: Text
    keys: tuple[Text, ...]
    comment: Words | None = None
    nonstandard: bool = False  # a dataset of the study's own, which the guide does not have
    variables: dict[str, Variable]
    layer: Literal["sdtm", "adam"] = "sdtm"  # set by the loader: the folder

    @property
    def published(self) -> dict[str, Variable]:
        return {n: v for n, v in self.variables.items() if not v.supp}


# --- specs/study.yaml
class Standard(Frozen):
    name: Literal["SDTMIG", "ADaMIG", "CDISC/NCI"]
    type: Literal["IG", "CT"]
    version: Text
    publishing_set: Text | None = None
    layers: tuple[Literal["sdtm", "adam"], ...]


class Epoch(Frozen):
    name: Text
    description: Text


class Visit(Frozen):
    """A planned visit, or (`series`) a family of numbered ones such as UNSCHEDULED 01, numbered `number` +
    nn.
    """

    name: Text
    number: float
    day: int | None = None
    before: int = 0
    after: int = 0
    anchor: Literal["randomization", "first dose"] = "randomization"
    arms: tuple[Text, ...] = ()
    scan: bool = False
    series: bool = False
    early: bool = False  # held when treatment ends, if that is earlier than planned
    doses: tuple[Text, ...] = ()  # the treatments given at this visit
    planned: int = 0  # of a series: how many of it the protocol plans
    every: int | None = None  # of a planned series: days between two of it
    starts: Words | None = None  # of a planned series: when its first begins to be due


class Collected(Frozen):
    """Which forms are filled in at some visits; a form that no visit names runs along the whole study."""

    visits: tuple[Text, ...]
    forms: tuple[Text, ...]


class Relation(Frozen):
    """Two datasets whose records belong together by a variable of each, and how many records stand at each
    end.
    """

    id: Text
    ends: dict[Text, Literal["ONE", "MANY"]]  # DATASET.VARIABLE


class Limit(Frozen):
    """What a criterion allows of a value that the data hold as a number; of a test, of its last value by the
    day of randomization.
    """

    criterion: Text
    variable: Text  # DATASET.VARIABLE
    test: Text | None = None
    least: float | None = None
    most: float | None = None
    below: float | None = None


Deviation = Literal["visit window", "visit missed", "dose window", "dose missed", "eligibility"]


class Subjects(Frozen):
    """Where a participant's number stands, and where an earlier number of the same person."""

    form: Text
    number: Text
    earlier: Text


class Parameter(Frozen):
    value: Any
    reason: Words
    source: Words | None = None


class Assumption(Frozen):
    id: Text
    statement: Words
    reason: Words


class Dictionary(Frozen):
    name: Text
    listed: Text | None = None  # its name in the terminology of Define-XML, where that is another
    version: Text
    href: Text | None = None


def _day(v: object) -> object:
    return date.fromisoformat(v) if isinstance(v, str) else v


def _moment(v: object) -> object:
    return datetime.fromisoformat(v).astimezone(UTC) if isinstance(v, str) and v[-1:] == "Z" else v


class Protocol(Frozen):
    """specs/study.yaml: facts of the protocol, what is assumed, and what the build declares."""

    id: Text
    title: Words
    description: Words
    protocol: Text
    sponsor: Text
    synthetic: Words
    country: Text
    cutoff: Annotated[date, BeforeValidator(_day)]
    declared_build_time: Annotated[datetime, BeforeValidator(_moment)]
    randomized: int
    companions: tuple[Text, ...] = ()  # files of a drop that are not forms
    subjects: Subjects
    standards: tuple[Standard, ...]
    dictionaries: tuple[Dictionary, ...] = ()
    elements: tuple[Element, ...] = ()
    arms: tuple[Arm, ...]
    epochs: tuple[Epoch, ...]
    visits: tuple[Visit, ...]
    schedule: tuple[Collected, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    summary: tuple[Fact, ...] = ()
    relations: tuple[Relation, ...] = ()
    limits: tuple[Limit, ...] = ()
    deviations: dict[
        Deviation, Text
    ] = {}  # what counts as a deviation, and its category in the log of the site
    parameters: dict[str, Parameter] = {}
    assumptions: tuple[Assumption, ...] = ()


# --- mappings
Binding = Text | list[Text]


class Derivation(Frozen):
    derive: Text
    of: dict[str, Binding]


class Rule(Frozen):
    """One line of a mapping: exactly one of the five verbs."""

    constant: Text | float | None = None
    copy_: Text | None = Field(default=None, alias="copy")
    codelist: Text | None = None
    date: Text | None = None
    derive: Text | None = None
    of: Text | dict[str, Binding] | None = None
    comment: Words | None = None


Where = dict[str, Text | list[Text]]


class Records(Frozen):
    """A block: where records come from, and the variables that differ from block to block."""

    from_: Text | Derivation = Field(alias="from")
    where: Where = {}
    variables: dict[str, Rule] = {}


class EventSource(Frozen):
    """Where an event or a censoring of a time-to-event parameter may come from."""

    dataset: Text
    date: Text
    where: Where = {}
    describes: Text
    date_describes: Text | None = None  # what the censoring date is, only where that differs
    censor: int = 0


class Missed(Frozen):
    """How many planned windows without an adequate assessment take their events from a time-to-event
    parameter.
    """

    windows: int = Field(ge=1)
    before: tuple[Text, ...]  # the events, by the name of their source


class Convention(Frozen):
    """How progression-free survival is decided where a participant's record leaves a choice."""

    id: Text
    dated: Literal["scan", "scheduled visit"] = "scan"  # the date of an event between two planned visits
    therapy: Literal["on or before", "before"] | None = (
        None  # the last adequate assessment that a new therapy leaves; none: it is ignored
    )
    missed: Missed | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """The sources that a decision asks for, beside the events."""
        return ("adequate", "baseline", "death", "lost", "stopped", *(("therapy",) if self.therapy else ()))


class TimeToEvent(Frozen):
    """One parameter: its events and censorings, by the names of their sources."""

    code: Text
    name: Text
    start: Text  # a date of ADSL, or the name of a source
    events: tuple[Text, ...]
    censors: tuple[Text, ...] = ()
    convention: Convention | None = None
    where: Where = {}
    comment: Words | None = None


class Mapping(Frozen):
    dataset: Text
    records: tuple[Records, ...] = ()
    sources: dict[Text, EventSource] = {}  # of time-to-event parameters
    censoring: dict[int, Text] = {}  # what each value of CNSR means where a convention decides
    parameters: tuple[TimeToEvent, ...] = ()
    responses: dict[Text, ResponseSource] = {}  # where responses stand
    response_parameters: tuple[ResponseParameter, ...] = ()
    variables: dict[str, Rule] = {}

    @property
    def blocks(self) -> int:
        """How many parts the dataset's records come in."""
        return len(self.records or self.parameters or self.response_parameters)


class SetAside(Frozen):
    """Raw records that the study leaves out on purpose."""

    from_: Text = Field(alias="from")
    where: Where = {}
    reason: Words


class Waiver(Frozen):
    """A finding that is accepted until a date: kept in the report, it does not stop publication.

    Its scope is the dataset, the variable and `where`.
    """

    rule: Text
    dataset: Text
    variable: Text
    where: dict[str, Text] = {}  # parts of the record's key, as the finding names them; none: every record
    published: tuple[Text, ...] = ()  # ids under which other checkers report the same
    reason: Words
    owner: Annotated[
        Text, Field(min_length=1)
    ]  # the role that answers for it; people change, and none is named
    expires: Annotated[
        date, BeforeValidator(_day)
    ]  # the last day on which it accepts, by the declared build time


class Waivers(Frozen):
    waivers: tuple[Waiver, ...]


class SetAsides(Frozen):
    entries: tuple[SetAside, ...]
