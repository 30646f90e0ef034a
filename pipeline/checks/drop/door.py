"""Judges a drop before it is built. What it must be comes from specs/raw/ and specs/door.yaml; Great
Expectations judges.

No build imports anything from here: only `check` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.checks.drop import (
    after_cutoff,
    expectations,
    impossible,
    judge,
    lengths,
    measured,
    reasons,
    repeated,
    shapes,
)
from pipeline.checks.drop.expectations import HEADER, Batch, Expectation
from pipeline.checks.drop.shapes import Drop
from pipeline.checks.drop.sheets import Sheet, value_class
from pipeline.records.queries import Asked, Query
from pipeline.sources.identity import DUPLICATE, EQUAL_ROWS
from pipeline.study import Study
from pipeline.study.door import Check, Door

ACROSS = "across forms"
# Cases that are judged together: a call of Great Expectations costs as much as some 100 000 of them.
MOST_CASES = 1_000_000
CASE = {  # the columns of a case of a check across forms
    "form": "str",
    "field": "str",
    "at": "int64",  # row of the form
    "holds": "bool",
    "visit": "str",
    "expected": "str",
    "found": "str",
}

SHAPES: Mapping[str, shapes.Shape] = {
    "accompanied": shapes.accompanied,
    "dated": shapes.dated,
    "ordered": shapes.ordered,
    "implies": shapes.implies,
    "alone": shapes.alone,
    "window": shapes.window,
    "in_turn": shapes.in_turn,
    "repeated": measured.repeated,
    "summed": measured.summed,
    "eligible": measured.eligible,
    "plausible": measured.plausible,
    "borne_out": reasons.borne_out,
    "same_day": shapes.same_day,
    "of_age": measured.of_age,
    "constant": shapes.constant,
    "apart": shapes.apart,
    "convertible": measured.convertible,
}


@dataclass(frozen=True)
class Judged:
    """The queries that were raised, and all that was asked with the number of cases."""

    queries: list[Query]
    asked: tuple[Asked, ...]
    left_out: tuple[str, ...] = ()  # the checks across forms that need a form that could not be read


def judge_drop(study: Study, door: Door | None, sheets: Mapping[str, Sheet]) -> Judged:
    """All queries of a drop.

    Takes     the study; its checks across forms; every form that could be read, as collected and as read.
    """
    if not sheets:
        return Judged([], (), _left_out(door, sheets))
    asked: list[Asked] = []
    writer = QueryWriter(sheets, study.protocol.subjects.number)
    raised: list[Query] = []
    batches = _noting(_batches(study, door, sheets), asked)
    for batch, expectation, rows in judge.failing(batches):
        if batch.name == HEADER:
            raised += writer.of_header(expectation, rows)
        elif batch.checks:
            raised += writer.of_cases(batch, rows)
        else:
            raised += writer.of_form(batch, expectation, rows)
    return Judged(raised, tuple(asked), _left_out(door, sheets))


def _left_out(door: Door | None, sheets: Mapping[str, Sheet]) -> tuple[str, ...]:
    return tuple(check.id for check in door.checks if _lacks(door, check, sheets)) if door else ()


def _lacks(door: Door, check: Check, sheets: Mapping[str, Sheet]) -> bool:
    """Whether a form that the check reads could not be read."""
    return not door.forms_of(check) <= sheets.keys()


def _batches(study: Study, door: Door | None, sheets: Mapping[str, Sheet]) -> Iterator[Batch]:
    """The suites one after the other, so that the records of one are released before the next is made."""
    yield expectations.of_header(sheets, study.protocol.subjects.number)
    last = impossible.last_days(study, sheets)
    parts = lengths.parts_of_fields(study)
    taken = after_cutoff.dates_taken(study)
    for form in sheets.values():
        yield impossible.asked_too(study, form, expectations.of_form(form), last, parts, taken)
    if door:
        checks = [check for check in door.checks if not _lacks(door, check, sheets)]
        yield from _across_forms(Drop(study, door, sheets), checks)


def _noting(batches: Iterable[Batch], asked: list[Asked]) -> Iterator[Batch]:
    """The batches as they pass, with a note of what each asks."""
    for batch in batches:
        if batch.checks:
            cases = np.bincount(batch.frame["check"], minlength=len(batch.checks))
            asked += [_asked(ACROSS, e, int(n)) for e, n in zip(batch.checks, cases, strict=True)]
        else:
            asked += [_asked(batch.name, e, len(batch.frame)) for e in batch.expectations]
        yield batch


def _asked(suite: str, expectation: Expectation, cases: int) -> Asked:
    e = expectation
    return Asked(suite, e.rule, e.field, e.severity, e.question, cases)


def _across_forms(drop: Drop, checks: Iterable[Check]) -> Iterator[Batch]:
    """The cases of the checks across forms, each of which must hold."""
    together: list[tuple[Check, pd.DataFrame]] = []
    for check in checks:
        together.append((check, _cases(drop, check)))
        if sum(len(cases) for _, cases in together) > MOST_CASES:
            yield _judged_together(together)
            together = []
    if together:
        yield _judged_together(together)


def _cases(drop: Drop, check: Check) -> pd.DataFrame:
    """The cases of one check."""
    parts = [cases for cases in SHAPES[check.shape](drop, check) if len(cases)]
    all_cases = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return all_cases.reindex(columns=list(CASE)).astype(CASE)


def _judged_together(together: Sequence[tuple[Check, pd.DataFrame]]) -> Batch:
    """The cases of several checks as one batch."""
    frame = pd.concat([cases for _, cases in together], ignore_index=True)
    frame["check"] = np.repeat(np.arange(len(together)), [len(cases) for _, cases in together])
    every_case = _must_hold(ACROSS, "error", "", "")
    of_check = (_must_hold(c.id, c.severity, c.expected, c.question) for c, _ in together)
    return Batch(ACROSS, frame, (every_case,), tuple(of_check))


def _must_hold(rule: str, severity: Literal["error", "warning"], expected: str, question: str) -> Expectation:
    """The expectation that a case holds."""
    holds = {"value_set": [True]}
    return Expectation(rule, severity, "in set", "holds", "", expected, question, holds)


class QueryWriter:
    """Turns rows that break an expectation into queries."""

    def __init__(self, sheets: Mapping[str, Sheet], number: str) -> None:
        self.sheets, self.number = sheets, number
        self.starts = np.cumsum([0, *(len(s.collected) for s in sheets.values())])

    def of_header(self, expectation: Expectation, rows: list[int]) -> Iterator[Query]:
        """Queries of the header, whose rows are those of all forms, one form after the other.

        A subject number that nobody has is asked about once, and so are records that have one name, and those
        of a person in a form that a person has once.
        """
        forms = list(self.sheets)
        broken = []
        for row in rows:
            place = int(np.searchsorted(self.starts, row, side="right")) - 1
            broken.append((forms[place], row - int(self.starts[place])))
        if expectation.rule == "RAW-SUBJECT":
            causes = repeated.strangers(self.sheets, self.number, broken)
        elif expectation.rule in (DUPLICATE, EQUAL_ROWS):
            causes = repeated.of_one_name(self.sheets, self.number, broken)
        elif expectation.rule == "RAW-ONCE":
            causes = repeated.of_one_person(self.sheets, self.number, broken)
        else:
            causes = iter((form, row, {}) for form, row in broken)
        for form, row, details in causes:
            yield self.of_record(form, expectation, row, details=details)

    def of_form(self, batch: Batch, expectation: Expectation, rows: list[int]) -> Iterator[Query]:
        """Queries of the suite of one form."""
        for row in rows:
            found = {"found": _text(batch.frame[expectation.column].iloc[row])} if expectation.tells else {}
            yield self.of_record(batch.name, expectation, row, details=found)

    def of_cases(self, batch: Batch, rows: list[int]) -> Iterator[Query]:
        """Queries of the checks across forms."""
        for case in batch.frame.iloc[rows].to_dict("records"):
            expectation = batch.checks[case["check"]]
            details = {n: case[n] for n in ("visit", "expected", "found") if isinstance(case[n], str)}
            yield self.of_record(case["form"], expectation, int(case["at"]), case["field"], details)

    def of_record(
        self,
        form: str,
        expectation: Expectation,
        row: int,
        field: str = "",
        details: Mapping[str, str] | None = None,
    ) -> Query:
        """The query of one record.

        Takes     the form and the row of the record; the field asked about, where it is not that of the
                  expectation; what is known of this case beyond the expectation: rule, visit, expected,
                  found, question.
        """
        sheet = self.sheets[form]
        details = details or {}
        field = field or expectation.field
        collected = sheet.collected.iloc[row]
        value = _text(collected[field]) if field else ""
        visit = _text(collected[sheet.form.visit]).strip() if sheet.form.visit else ""
        limit = details.get("expected", "")
        return Query(
            severity=expectation.severity,
            rule=details.get("rule", expectation.rule),
            form=form,
            subject=_text(collected[self.number]).strip(),
            visit=details.get("visit", visit),
            record=_text(collected["RECORD"]).strip() if "RECORD" in collected else "",
            field=field,
            value=value,
            value_class=value_class(sheet.form.fields[field], value) if field else "record",
            found=details.get("found", ""),
            expected=f"{expectation.expected} ({limit})" if limit else expectation.expected,
            question=details.get("question", expectation.question),
            name=_text(sheet.carried["record"].iloc[row]),
            place=row + 1,
            known=bool(pd.notna(sheet.carried["USUBJID"].iloc[row])),
            file=sheet.file,
            line=0 if sheet.lines is None else int(sheet.lines[row]),
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
