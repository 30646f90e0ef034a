"""Which variable of a dataset each field of a form may be: by the names of CDASH and SDTM, else by its words;
the terminology says how many of its answers are terms.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from pipeline.drafting import words
from pipeline.drafting.fields import Field
from pipeline.drafting.forms import Drafted
from pipeline.standards import DatasetFacts, Guide, Terminology
from pipeline.study.standard.spellings import usual_spellings

Verb = Literal["copy", "codelist", "date", "response", "test", "ongoing"]
# what no field gives: the engine's rules do, or a function
_BY_RULE = re.compile(
    r"STUDYID|DOMAIN|USUBJID|VISIT|VISITNUM|VISITDY|TAETORD|EPOCH|..SEQ|..DY|..STDY|..ENDY|..STRES[CNU]|..LOBXFL|..BLFL"
    r"|RF.*DTC|DTHFL|ARM|ACTARM|ARMNRS|..DRVFL"
)
_COLLECTED = ("RFICDTC",)
_BY_NAME, _BY_LABEL, _BY_WORDS = 0, 1, 2  # how well a proposal is founded


@dataclass(frozen=True)
class Proposal:
    """A field for a variable."""

    variable: str
    verb: Verb
    field: str
    evidence: str
    strength: int
    codelist: str = ""  # submission value or code of the list, of several the one that fits best
    share: float = 0  # of the answers that are terms of it
    unknown: tuple[str, ...] = ()  # answers, where they may be shown, that are no terms of it


@dataclass(frozen=True)
class Standards:
    """What fields are held against."""

    guide: Guide
    terminology: Terminology


def proposed(form: Drafted, dataset: str, standards: Standards, passed: Collection[str]) -> list[Proposal]:
    """Fields for the variables of a dataset, in the order of the guide.

    A field gives one variable, and a variable has one field: the best founded proposals first.

    Takes     the form; the fields that say where a record belongs, and nothing of the participant.
    """
    candidates = [
        proposal
        for name, field in form.fields.items()
        if name not in (form.subject, form.visit)
        and (name not in passed or (dataset == "DM" and words.is_named_for("site", name)))
        for proposal in _of_field(field, form, dataset, standards)
    ]
    chosen: dict[str, Proposal] = {}
    for proposal in sorted(candidates, key=lambda p: (p.strength, -p.share)):
        if proposal.variable not in chosen and all(p.field != proposal.field for p in chosen.values()):
            chosen[proposal.variable] = proposal
    _add_only_date(chosen, form, dataset, passed)
    _take_tests_by_code(chosen, form, dataset, standards)
    for variable, twin in _TWINS.items():
        if variable in chosen and twin not in chosen:
            chosen[twin] = replace(chosen[variable], variable=twin, evidence=f"as {variable}")
    order = [*standards.guide.datasets[dataset].variables]
    return sorted(chosen.values(), key=lambda p: order.index(p.variable) if p.variable in order else -1)


def _add_only_date(chosen: dict[str, Proposal], form: Drafted, dataset: str, passed: Collection[str]) -> None:
    """The one date of a form, where no date is proposed: when its findings were made."""
    dates = [name for name, field in form.fields.items() if field.is_date and name not in passed]
    if len(dates) == 1 and not any(p.verb == "date" for p in chosen.values()):
        variable = "SVSTDTC" if dataset == "SV" else f"{dataset}DTC"
        chosen[variable] = Proposal(variable, "date", dates[0], "the only date of the form", _BY_WORDS)


def _take_tests_by_code(
    chosen: dict[str, Proposal], form: Drafted, dataset: str, standards: Standards
) -> None:
    """The name of a test gives its code, where no field has that: a rule gives the name of each code."""
    name, code = f"{dataset}TEST", f"{dataset}TESTCD"
    facts = standards.guide.variable(dataset, code)
    if name in chosen and code not in chosen and facts is not None and facts.codelists:
        told = chosen.pop(name)
        field = form.fields[told.field]
        chosen.update(
            {
                p.variable: p
                for p in _fitting(
                    field, form, code, told.evidence.partition(";")[0], told.strength, dataset, standards
                )
            }
        )


# what is published twice: the body system by the primary path is the system organ class
_TWINS = {"AESOC": "AEBODSYS", "AESOCCD": "AEBDSYCD", "MHSOC": "MHBODSYS"}


def _of_field(field: Field, form: Drafted, dataset: str, standards: Standards) -> Iterator[Proposal]:
    facts = standards.guide.datasets[dataset]
    own = words.own(field.name, form.name)
    for variable, evidence in _by_name({field.name, own}, facts):
        yield from _fitting(field, form, variable, evidence, _BY_NAME, dataset, standards)
    for row in _rows():
        if not {dataset, facts.class_} & row.where:
            continue
        for text, what, strength in (
            (field.words_of_label, "label", _BY_LABEL),
            (field.words, "name", _BY_WORDS),
            (words.plain(own) if own != field.name else "", "name", _BY_WORDS),
        ):
            match = row.words.search(text) if text else None
            if match and row.verb in ("response", "test", "ongoing"):
                variable = row.variable.replace("--", dataset)
                evidence = f"{what}: {match[0].strip()}"
                if row.verb == "response":
                    yield _response(field, form, variable, evidence, strength, standards)
                else:
                    yield Proposal(variable, row.verb, field.name, evidence, strength)
            elif match and row.variable:
                variable = row.variable.replace("--", dataset)
                evidence = f"{what}: {match[0].strip()}"
                if dataset in row.where or variable in facts.variables or variable == f"{dataset}DTC":
                    yield from _fitting(field, form, variable, evidence, strength, dataset, standards)


# --- names
def _by_name(names: Collection[str], facts: DatasetFacts) -> Iterator[tuple[str, str]]:
    """The variables that the names of a field stand for in CDASH, or are in SDTM."""
    squeezed = {words.squeezed(name) for name in names}
    if facts.name == "EX":
        squeezed = {re.sub("^EC", "EX", name) for name in squeezed}
    may_be = sorted(squeezed | {f"{facts.name}{name}" for name in squeezed})
    for cdash, variable in _cdash(facts.name).items():
        if cdash in may_be and variable in facts.variables:
            yield variable, f"CDASH name {cdash}"
    for variable in may_be:
        if variable in facts.variables:
            yield variable, f"SDTM name {variable}"


@cache
def _cdash(dataset: str) -> Mapping[str, str]:
    rows = words.table("names")
    return {r["cdash"].replace("--", dataset): r["sdtm"].replace("--", dataset) for r in rows if r["sdtm"]}


@dataclass(frozen=True)
class _Row:
    where: frozenset[str]
    words: re.Pattern[str]
    variable: str
    verb: Verb


@cache
def _rows() -> tuple[_Row, ...]:
    rows = words.table("words")
    tests = words.table("tests")
    of_variables = [
        _Row(frozenset(r["where"].split()), re.compile(r["words"]), r["variable"], _verb(r["verb"]))
        for r in rows
    ]
    of_tests = [_Row(frozenset((r["domain"],)), re.compile(r["words"]), r["test"], "test") for r in tests]
    return (*of_tests, *of_variables)


def _verb(text: str) -> Verb:
    verbs: tuple[Verb, ...] = ("codelist", "date", "response", "ongoing")
    return next((verb for verb in verbs if verb == text), "copy")


# --- what a field can give
def _fitting(
    field: Field,
    form: Drafted,
    variable: str,
    evidence: str,
    strength: int,
    dataset: str,
    standards: Standards,
) -> Iterator[Proposal]:
    """The proposal, where the type of the field allows it."""
    facts = standards.guide.variable(dataset, variable)
    if facts is None or (_BY_RULE.fullmatch(variable) and variable not in _COLLECTED):
        return
    if variable.endswith("DTC"):
        if field.is_date or field.type == "stamp":
            yield Proposal(variable, "date", field.name, evidence, strength)
        return
    if field.is_date or field.type in ("stamp", "time"):
        return
    if facts.type == "Num" and field.type not in ("integer", "number"):
        as_text = f"{dataset}DOSTXT" if variable == f"{dataset}DOSE" else ""
        if as_text and field.filled:
            yield Proposal(as_text, "copy", field.name, evidence, strength)
        return
    if facts.codelists and NO_YES not in facts.codelists and _is_ticked(field, form):
        return  # one answer of several, such as RACE_WHITE: its 1 is no race
    if not facts.codelists or field.type in ("integer", "number"):
        yield Proposal(variable, "copy", field.name, evidence, strength)
        return
    name, known, unknown, total = _answers(field, form, facts.codelists, standards.terminology)
    shown = tuple(text for text in unknown if text in field.labels)
    said = f"{evidence}; {known} of {total} answers are terms of {name}" if total else evidence
    share = known / total if total else 0
    yield Proposal(variable, "codelist", field.name, said, strength, name, share, shown)


NO_YES = "C66742"  # the list of answers to a question


def _is_ticked(field: Field, form: Drafted) -> bool:
    """Whether a field holds nothing but that an answer was ticked, or not."""
    texts = form.collected.column(field.name).texts.dropna()
    return 0 < texts.nunique() <= 2 and {str(text).strip() for text in texts.unique()} <= {"0", "1"}


_RESPONSES = ("C96785",)  # of RSSTRESC: Oncology Response Assessment Result


def _response(
    field: Field, form: Drafted, test: str, evidence: str, strength: int, standards: Standards
) -> Proposal:
    """A response by its test, and how many of the answers are results of a response assessment."""
    name, known, unknown, total = _answers(field, form, _RESPONSES, standards.terminology)
    said = f"{evidence}; {known} of {total} answers are terms of {name}" if total else evidence
    shown = tuple(text for text in unknown if text in field.labels)
    return Proposal(test, "response", field.name, said, strength, name, known / max(total, 1), shown)


def _answers(
    field: Field, form: Drafted, codes: tuple[str, ...], terminology: Terminology
) -> tuple[str, int, list[str], int]:
    """The list that knows the most answers, how many, those that it does not know, and how many there are."""
    texts = {" ".join(str(t).split()) for t in form.collected.column(field.name).texts.dropna().unique()}
    texts = {text for text in texts if text and text not in field.missing}
    best: tuple[str, int, list[str]] | None = None
    for code in codes:
        facts = terminology.lists.get(code)
        if facts is None:
            continue
        terms = terminology.terms(code).values()
        usual = usual_spellings().get(code, {})
        spellings = {s.casefold() for term in terms for s in (*term.spellings(), *usual.get(term.term, ()))}
        unknown = sorted(text for text in texts if text.casefold() not in spellings)
        if best is None or len(unknown) < len(best[2]):
            best = (facts.called, len(texts) - len(unknown), unknown)
    name, known, unknown = best or (codes[0], 0, sorted(texts))
    return name, known, unknown, len(texts)
