"""specs/study.yaml: the protocol's facts, what is assumed, and what the build declares."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.study.design import Arm, Criterion, Element, Fact, ImportantDeviation
from pipeline.study.frozen import (
    Day,
    Days,
    Flag,
    Frozen,
    Moment,
    Number,
    Text,
    Where,
    Whole,
    Words,
    Written,
    refuse_bounds,
)

PARAMETERS = "specs.parameters."  # how a mapping names a parameter: specs.parameters.minimum_sd_days


class Standard(Frozen):
    name: Literal["SDTMIG", "ADaMIG", "CDISC/NCI"]
    type: Literal["IG", "CT"]
    version: Text
    publishing_set: Text | None = None
    layers: tuple[Literal["sdtm", "adam"], ...]


class Dictionary(Frozen):
    name: Text
    listed: Text | None = None  # its name in the terminology of Define-XML, where that is another
    version: Text
    href: Text | None = None
    note: Words | None = None  # what a reviewer must know of the values coded in it


class Subjects(Frozen):
    """Where a participant's number stands, and where an earlier number of the same person; what the number is
    made of, and what USUBJID is made of.
    """

    form: Text
    number: Text
    earlier: Text | None = None  # none: nobody has two numbers
    made_of: Text | None = None  # the columns that make it, {SITEID}-{SUBJECT}; none: one has it
    parts: Text | None = None  # the names of what stands in a number, as {SITEID}-{SUBJID}
    usubjid: Text | None = None  # none: the study and the number, as {STUDYID}-{SUBJECT}

    @property
    def pattern(self) -> str:
        """What USUBJID is made of: {STUDYID}, parts of the number, and fields of the form."""
        return self.usubjid or f"{{STUDYID}}-{{{self.number}}}"


class Epoch(Frozen):
    name: Text
    description: Text
    start: Text | None = None  # DM.RFXSTDTC, or after DM.RFXENDTC; none: `elements` say when it begins


class Visit(Frozen):
    """A planned visit, or (`series`) a family of numbered ones: UNSCHEDULED 01 has `number` + 01."""

    name: Text
    number: Number
    day: Whole | None = None
    before: Days = 0
    after: Days = 0
    anchor: Literal["randomization", "first dose"] = "randomization"
    arms: tuple[Text, ...] = ()
    scan: Flag = False
    series: Flag = False
    also: tuple[Text, ...] = ()  # other names that people give it
    early: Flag = False  # held when treatment ends, if that is earlier than planned
    doses: tuple[Text, ...] = ()  # the treatments given at this visit
    windows: tuple[Text, ...] = ()  # the sets of analysis windows in which its day stands for results
    planned: Whole = Field(default=0, ge=0)  # of a series: how many of its visits the protocol plans
    every: Whole | None = Field(default=None, ge=1)  # of a planned series: days between two of its visits
    # when it begins, in words: of a visit that has no day, or of the first one of a planned series
    starts: Words | None = None

    @property
    def is_planned(self) -> bool:
        """Whether TV can say when it is held."""
        return bool(self.planned if self.series else self.day is not None or self.early or self.starts)

    @model_validator(mode="after")
    def series_is_planned_whole(self) -> Visit:
        if self.planned and self.every is None:
            raise ValueError("a planned series needs `every`, the days between two of its visits")
        return self


class Collected(Frozen):
    """Which forms are filled in at some visits; a form that no visit names runs along the whole study."""

    visits: tuple[Text, ...]
    forms: tuple[Text, ...]


class TumourSchedule(Frozen):
    """What tumour assessments ask for at some visits: regions to be imaged; lesions by organ, or by the
    method with which they are seen.

    A region is due where an entry names it. A non-target lesion whose organ or method an entry names is due
    at the visits of such entries only, every other lesion at each assessment.
    """

    visits: tuple[Text, ...]
    regions: tuple[Text, ...] = ()
    organs: tuple[Text, ...] = ()
    methods: tuple[Text, ...] = ()


class Relation(Frozen):
    """Two datasets whose records belong together by a variable of each."""

    id: Text
    ends: dict[Text, Literal["ONE", "MANY"]]  # DATASET.VARIABLE -> how many records stand at this end


class DateAfterCutoff(Frozen):
    """A date of the record itself, or of a record of the same participant on another form."""

    field: Text
    form: Text | None = None  # none: the record's own form
    where: Where = {}  # of the records of the other form


class NotYet(Frozen):
    """Answers that speak of what had not yet happened on the day of the cut-off, and what was so on that day.

    They change where one of the dates is after the cut-off, `where` holds of the record, and none of the
    answers of `unless` stands in the way.
    """

    form: Text
    after: tuple[DateAfterCutoff, ...]
    where: Where = {}
    unless: dict[Text, Text] = {}
    answers: dict[Text, Text | None] = {}  # field -> what was so on the day; none: nothing was known
    set_aside: bool = False  # the whole record says what had not yet happened


class AfterCutoff(Frozen):
    """What becomes of records that are dated after the data cut-off, and of what other records say of the
    time after it.
    """

    records: Literal["set aside", "refuse"]
    reason: Words
    not_yet: tuple[NotYet, ...] = ()


class CollectedDates(Frozen):
    """When anything in the data can have happened."""

    earliest: Day
    entered: Text  # the field of every form that says when a record was entered
    days_ahead: int = Field(ge=0)  # days after the last entry of a participant on which something can end
    reason: Words

    @property
    def message(self) -> str:
        """What is wrong with a date beyond these limits, and what to do."""
        return (
            f"lies before {self.earliest.isoformat()}, or more than {self.days_ahead} days after the last"
            " entry for the participant; query the year"
        )


class Limit(Frozen):
    """What a criterion allows of a value that the data hold as a number; for a test, of its last value by the
    day of randomization.
    """

    criterion: Text
    variable: Text  # DATASET.VARIABLE
    test: Text | None = None
    least: Number | None = None
    most: Number | None = None
    below: Number | None = None

    @model_validator(mode="after")
    def bounds(self) -> Limit:
        refuse_bounds(self.least, self.most, self.below)
        return self


Deviation = Literal["visit window", "visit missed", "dose window", "dose missed", "eligibility"]


class Parameter(Frozen):
    """A choice that the derivations need and the protocol may leave open, with its reason."""

    value: Any
    unit: Text | None = None
    reason: Words
    source: Words | None = None

    @field_validator("value")
    @classmethod
    def plain(cls, value: Any) -> Any:
        """A decimal number as Python's own."""
        return float(value) if isinstance(value, Written) else value

    @property
    def text(self) -> str:
        """The value as a Method gives it, with its unit: 35 days, yes, WEEK 12."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if isinstance(self.value, list):
            return ", ".join(map(str, self.value))
        if isinstance(self.value, dict):
            return "; ".join(f"{name} {', '.join(map(str, listed))}" for name, listed in self.value.items())
        return f"{self.value} {self.unit}" if self.unit else str(self.value)

    @property
    def mark(self) -> str:
        """What stands behind the value wherever it is shown."""
        return ""


class Default(Parameter):
    """A choice that the study leaves to the program."""

    @property
    def text(self) -> str:
        return super().text + self.mark

    @property
    def mark(self) -> str:
        return " (default)"


class Assumption(Frozen):
    id: Text
    statement: Words
    reason: Words


INVESTIGATOR = "INVESTIGATOR"  # --EVAL; a record without an evaluator is the investigator's


class Evaluator(Frozen):
    """Who assessed the tumours, as TU, TR and RS say it. The first one is the study's own."""

    code: Text  # by which endpoints choose the evaluator
    name: Words
    evaluator: Text  # --EVAL
    id: Text | None = None  # --EVALID, where several evaluators have one role
    accepted: Flag = False  # of several independent evaluations the accepted one (--ACPTFL)
    responses_only: Flag = False  # whose responses alone are collected: there is nothing to work out


class Protocol(Frozen):
    """The whole of specs/study.yaml."""

    format: Literal[1] = 1  # of the files of a study: the engine that they are written for
    id: Text
    title: Words
    description: Words
    protocol: Text
    sponsor: Text
    synthetic: Words = ""  # what every page says of data that are not of participants
    country: Text | None = None
    cutoff: Day  # left out: the day of declared_build_time
    collected_dates: CollectedDates | None = None  # none: any year is possible
    after_cutoff: AfterCutoff | None = None  # none: a record after the cut-off refuses the build
    declared_build_time: Moment
    randomized: Whole = Field(default=0, ge=0)  # how many the simulator randomizes
    companions: tuple[Text, ...] = ()  # files of a drop that are not forms
    # of its records or participants, that a form may lose against the drop before
    lost_percent: Number = Field(default=20, ge=0, le=100)
    missing: dict[Text, Text] = {}  # a code that stands for no value in any form -> what it means
    subjects: Subjects
    standards: tuple[Standard, ...]
    dictionaries: tuple[Dictionary, ...] = ()
    elements: tuple[Element, ...] = ()
    arms: tuple[Arm, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    visits: tuple[Visit, ...] = ()
    anchor: Text | None = None  # ADSL.VARIABLE: the date from which the days of planned visits are counted
    schedule: tuple[Collected, ...] = ()
    evaluators: tuple[Evaluator, ...] = (
        Evaluator(code="INV", name="Investigator", evaluator="INVESTIGATOR"),
    )
    tumour_schedule: tuple[TumourSchedule, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    summary: tuple[Fact, ...] = ()
    relations: tuple[Relation, ...] = ()
    limits: tuple[Limit, ...] = ()
    # what counts as a deviation, and the category that it has in the site's log
    deviations: dict[Deviation, Text] = {}
    important_deviations: tuple[ImportantDeviation, ...] = ()
    parameters: dict[str, Parameter] = {}
    assumptions: tuple[Assumption, ...] = ()

    @property
    def anchor_variable(self) -> str:
        """The variable of ADSL from which planned visits are counted; none where the study does not say."""
        return (self.anchor or "").rpartition(".")[2]

    @property
    def sets_aside_after_cutoff(self) -> bool:
        """Whether records that are dated after the cut-off are set aside."""
        return self.after_cutoff is not None and self.after_cutoff.records == "set aside"

    @property
    def reason_after_cutoff(self) -> str:
        """Why a record after the cut-off is set aside, as accounting and guide have it."""
        return f"Dated after the data cut-off of {self.cutoff.isoformat()}"

    @property
    def reason_as_it_stood(self) -> str:
        """How a record that says something of the time after the cut-off is published."""
        return f"Published as it stood on the data cut-off of {self.cutoff.isoformat()}"
