"""What a form gives to a dataset, as blocks of mapping lines, each with what it rests on."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.drafting import recognition, text, words
from pipeline.drafting.fields import Field
from pipeline.drafting.forms import Drafted
from pipeline.drafting.recognition import Proposal, Standards
from pipeline.plan import LIBRARY
from pipeline.standards import countries, sdtmig

# of a form with several parts: what stands in CMCAT, PRCAT
_CATEGORIES = {
    "new anticancer therapy": "NEW ANTICANCER THERAPY",
    "prior anticancer therapy": "PRIOR ANTICANCER THERAPY",
}
NO_ARM = re.compile(r"scr(ee)?n|not (treated|assigned)", re.IGNORECASE)  # a word for no arm
_PARTS = re.compile(r"[^-]+-[^-]+")
_BOUND = {"usubjid", "arms", "visits", "units", "elements", "lesion_status", "too_small_mm"}
VERSION = "3.4"  # of SDTMIG, which comes with the product
_SCALES = {"ECOG": ("ECOG101", "ECOG"), "KARNOFSKY": ("KPSS0101", "KPS SCALE")}


@dataclass(frozen=True)
class Line:
    """A variable, what follows it in YAML, and what the line rests on."""

    variable: str
    value: str
    evidence: str
    fields: tuple[str, ...] = ()  # that it reads


@dataclass(frozen=True)
class Block:
    """Records of one form, or that a function makes of it."""

    dataset: str
    form: str
    lines: tuple[Line, ...]
    where: str = ""
    each: tuple[str, ...] = ()  # a line for each test of a wide form
    source: str = ""  # none: the form
    unknown: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # variable, list, answers that are no terms


def of_form(form: Drafted, dataset: str, standards: Standards, passed: Collection[str]) -> Iterator[Block]:
    """The blocks that a form gives to a dataset, of which each record is a record of the form.

    Takes     the form; the fields that say where a record belongs.
    """
    proposals = recognition.proposed(form, dataset, standards, passed)
    tests = [p for p in proposals if p.verb == "test"]
    responses = [p for p in proposals if p.verb == "response"]
    lines = [line for p in proposals if p not in tests + responses for line in lines_of(form, dataset, p)]
    unknown = tuple((p.variable, p.codelist, p.unknown) for p in proposals if p.unknown)
    if responses:
        yield from _responses(form, responses, lines)
        return
    lines += _constants(form, dataset, {line.variable for line in lines})
    if dataset == "DS":
        lines = _disposition(form, lines)
    if tests:
        each = tuple(_test(form, dataset, p) for p in tests)
        units = {unit_beside(form, p.field) for p in tests}
        lines = [line for line in lines if line.variable != f"{dataset}ORRESU" or line.fields[0] not in units]
        yield Block(dataset, form.name, tuple(lines), each=each, unknown=unknown)
    elif lines:
        yield Block(dataset, form.name, tuple(lines), unknown=unknown)


# --- lines
def lines_of(form: Drafted, dataset: str, proposal: Proposal) -> Iterator[Line]:
    """The line of a proposal; that an event goes on needs two."""
    field = text.scalar(proposal.field)
    if proposal.verb == "date":
        clock = time_beside(form, proposal.field)
        if clock and available("date_time", {"date": field, "time": clock}):
            of = {"date": as_input(form, dataset, proposal.field), "time": as_input(form, dataset, clock)}
            value = call("date_time", of)
            evidence = f"{proposal.evidence}; {clock} is its time"
            yield Line(proposal.variable, value, evidence, (proposal.field, clock))
            return
    if proposal.variable in ("ARMCD", "ACTARMCD") and available("arm_code", ("collected",)):
        said = call("arm_code", {"collected": as_input(form, dataset, proposal.field)})
        no_arm = [label for label in form.fields[proposal.field].labels if NO_ARM.search(label)]
        if no_arm:
            said = f"{said[:-1]}, with: {{no_arm: {text.flow(no_arm)}}}}}"
        yield Line(proposal.variable, said, proposal.evidence, (proposal.field,))
        return
    if proposal.variable == "COUNTRY" and _are_countries(form, proposal.field):
        said = call("country_code", {"country": as_input(form, dataset, proposal.field)})
        evidence = f"{proposal.evidence}; its answers are names or other codes of ISO 3166-1"
        yield Line(proposal.variable, said, evidence, (proposal.field,))
        return
    if proposal.verb != "ongoing":
        yield Line(proposal.variable, f"{{{proposal.verb}: {field}}}", proposal.evidence, (proposal.field,))
        return
    relation, reference = proposal.variable, f"{dataset}ENTPT"
    ongoing = call("relation_of_end", {"ongoing": as_input(form, dataset, proposal.field)})
    yield Line(relation, ongoing, proposal.evidence, (proposal.field,))
    of = {"relation": relation, "end": "DM.RFPENDTC", "death": "DM.DTHDTC"}
    yield Line(reference, call("reference_of_end", of), f"the day to which {relation} refers")


def _are_countries(form: Drafted, field: str) -> bool:
    """Whether a field has countries that are not all written by the code of three letters."""
    answers = {str(text).strip() for text in form.collected.column(field).texts.dropna().unique()}
    known = countries.by_spelling()
    return not answers <= countries.alpha3() and all(countries.plain(answer) in known for answer in answers)


def arm_of(form: Drafted) -> Field | None:
    """The field that names the arm, its code before its name."""
    of_code = first(form, r"(arm|group) ?c(o)?d|planned ?arm ?c|^arm$", "code", "text")
    return of_code or first(form, r"\barm\b|treatment (group|assigned)|^(treatment|group)$", "code")


def time_beside(form: Drafted, date: str) -> str | None:
    """The field with the time of day of a date: its name but for the word."""
    wanted = re.sub(r"date|dat$|dt", "", form.fields[date].words).replace(" ", "")
    for name, field in form.fields.items():
        of_time = re.sub(r"time|tim$|tm", "", field.words).replace(" ", "")
        if field.type == "time" and of_time == wanted:
            return name
    return None


def call(function: str, of: Mapping[str, str]) -> str:
    """A `derive` with its inputs; a value that is a list is a frame."""
    return f"{{derive: {function}, of: {text.flow_map(of)}}}"


def as_input(form: Drafted, dataset: str, field: str) -> str:
    """A field as a function is given it: with its form, where a variable of the dataset has its name."""
    variables = sdtmig(VERSION).datasets[dataset].variables
    return text.scalar(f"{form.name}.{field}" if field in variables else field)


def available(function: str, of: Collection[str]) -> bool:
    """Whether the library has a function that takes these inputs and needs no others."""
    known = LIBRARY["sdtm"].get(function)
    if known is None:
        return False
    parameters = inspect.signature(known).parameters
    needed = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    needed -= _BOUND  # by rule 8: what is called as a part of the study, or as the participant
    return needed <= set(of) <= set(parameters)


def _constants(form: Drafted, dataset: str, given: Collection[str]) -> Iterator[Line]:
    """What the form says by being the form that it is."""
    part = f"the form: {form.part}"
    if form.part in _CATEGORIES and f"{dataset}CAT" not in given:
        yield Line(f"{dataset}CAT", constant(_CATEGORIES[form.part]), part)
    if dataset == "RS" and form.part in _SCALES:
        test, category = _SCALES[form.part]
        yield Line("RSTESTCD", constant(test), part)
        yield Line("RSCAT", constant(category), part)
    if dataset == "DM":
        yield from _numbers(form, given)
    if dataset == "DM" and "AGE" in given and "AGEU" not in given:
        yield Line("AGEU", constant("YEARS"), "no field names the unit")
    if dataset == "EX" and "EXTRT" not in given:
        yield Line("EXTRT", constant(form.name.upper()), "no field names the treatment: write its name")
    if dataset == "DD" and "DDORRES" in given and "DDTESTCD" not in given:
        yield Line("DDTESTCD", constant("PRCDTH"), "the cause of death")
    if dataset == "SS" and "SSTESTCD" not in given:
        yield Line("SSTESTCD", constant("SURVSTAT"), "the survival status")


def _numbers(form: Drafted, given: Collection[str]) -> Iterator[Line]:
    """SUBJID and SITEID: parts of the participant's number where it has parts, else the number."""
    if form.subject is None:
        return
    parts = has_parts(form)
    if "SUBJID" not in given:
        field = "SUBJID" if parts else text.scalar(form.subject)
        evidence = "the second part of the number" if parts else "the participant's number"
        if form.made_of:
            field, evidence = text.scalar(form.made_of.rpartition("{")[2][:-1]), "the number within the site"
        yield Line("SUBJID", f"{{copy: {field}}}", evidence, (form.subject,))
    if "SITEID" not in given and parts:
        yield Line("SITEID", "{copy: SITEID}", "the first part of the number")


def has_parts(form: Drafted) -> bool:
    """Whether each number of a participant is made of two parts, and no field of its own names the site."""
    if form.subject is None or any(words.is_named_for("site", name) for name in form.fields):
        return False
    numbers = form.collected.column(form.subject).texts.dropna()
    return len(numbers) > 0 and all(_PARTS.fullmatch(number) for number in numbers)


def constant(value: str) -> str:
    return f"{{constant: {text.scalar(value)}}}"


def _disposition(form: Drafted, lines: Sequence[Line]) -> list[Line]:
    """DSTERM and DSDECOD of each record: of a milestone its name, else both the reason where one is asked."""
    if form.part == "randomization":
        dates = [line for line in lines if line.variable == "DSSTDTC"]
        said = (
            Line(name, constant("RANDOMIZED"), "the form: randomization") for name in ("DSTERM", "DSDECOD")
        )
        return [*said, *dates] if dates else []
    by_variable = {line.variable: line for line in lines}
    reason = by_variable.get("DSDECOD")
    if reason and "DSTERM" not in by_variable:
        value = f"{{copy: {text.scalar(reason.fields[0])}}}"
        return [Line("DSTERM", value, "as DSDECOD, in the words of the form", reason.fields), *lines]
    return list(lines)


# --- several records of one
def _test(form: Drafted, dataset: str, proposal: Proposal) -> str:
    """A test of a wide form, with its unit where a field has it."""
    line = {f"{dataset}TESTCD": proposal.variable, f"{dataset}ORRES": text.scalar(proposal.field)}
    unit, in_name = unit_beside(form, proposal.field), _unit_in_name(form.fields[proposal.field])
    if unit:
        line[f"{dataset}ORRESU"] = f"{{codelist: {text.scalar(unit)}}}"
    elif in_name:
        line[f"{dataset}ORRESU"] = in_name
    return text.drafted(text.flow_map(line), proposal.evidence)


_UNITS = {"kg": "kg", "lb": "LB", "lbs": "LB", "cm": "cm", "in": "in", "mmhg": "mmHg", "bpm": "beats/min"}


def _unit_in_name(field: Field) -> str | None:
    """The unit with which the name of a field ends: WT_KG."""
    *others, last = field.words.split()
    return _UNITS.get(last) if others else None


def unit_beside(form: Drafted, field: str) -> str | None:
    """The field with the unit of another: its name, and the word."""
    names = {f"{field}{end}".upper() for end in ("_UNIT", "_UNITS", "UNIT", "U", "_U", " UNIT")}
    return next((name for name in form.fields if name.upper() in names), None)


def _responses(form: Drafted, responses: Sequence[Proposal], common: Sequence[Line]) -> Iterator[Block]:
    """A record for each response that a form asks for."""
    common = [line for line in common if line.variable not in ("RSORRES", "RSSTRESC")]
    category = Line("RSCAT", constant("RECIST 1.1"), "the criteria of the protocol")
    given = {line.variable for line in common}
    evaluator = Line("RSEVAL", constant("INVESTIGATOR"), "the form is the site's")
    for p in responses:
        field = text.scalar(p.field)
        yield Block(
            "RS",
            form.name,
            (
                Line("RSTESTCD", constant(p.variable), p.evidence, (p.field,)),
                category,
                Line("RSORRES", f"{{copy: {field}}}", p.evidence, (p.field,)),
                Line("RSSTRESC", f"{{codelist: {field}}}", p.evidence, (p.field,)),
                *([] if "RSEVAL" in given else [evaluator]),
                *common,
            ),
            where=f"{{{field}: present}}",
            unknown=(("RSSTRESC", p.codelist, p.unknown),) if p.unknown else (),
        )


def first(form: Drafted, pattern: str, *types: str, but: Collection[str] = ()) -> Field | None:
    """The first field whose words match, of one of these types if any is named."""
    for name, field in form.fields.items():
        if name not in but and (not types or field.type in types) and re.search(pattern, field.words):
            return field
    return None
