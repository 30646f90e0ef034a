"""The door: a drop is judged before it is built. What it must be comes from specs/raw/ and specs/door.yaml; Great Expectations judges.

Nothing here is imported by a build: `pipeline.check` alone asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.queries import Asked, Query
from pipeline.study import Study
from pipeline.study.door import Check, Door
from pipeline.validate.door import expectations, judge
from pipeline.validate.door.expectations import HEADER, Batch, Expectation
from pipeline.validate.door.measured import SHAPES
from pipeline.validate.door.shapes import Drop
from pipeline.validate.door.sheets import FOLDER, Sheet, value_class

NOT_A_CASE = {"form": "str", "field": "str", "at": "int64", "holds": "bool", "visit": "str", "expected": "str", "found": "str"}


ACROSS = "across forms"


@dataclass(frozen=True)
class Judged:
    """What the door found, and of how many cases each rule was asked."""

    queries: list[Query]
    asked: tuple[Asked, ...]


def judged(study: Study, door: Door | None, sheets: Mapping[str, Sheet]) -> Judged:
    """All queries of a drop.

    Takes     the study; its checks across forms; every form as collected and as read.
    """
    number = study.protocol.subjects.number
    batches = [*(expectations.of_form(s) for s in sheets.values()), expectations.of_header(sheets, number)]
    across = _across(Drop(study, door, sheets), door.checks) if door else {}
    named = {check.id: check for check in door.checks} if door else {}
    batches += [_held(check, across[check.id]) for check in named.values()]
    asked = [
        Asked(ACROSS if b.name in named else b.name, e.rule, e.field, e.severity, e.question, len(b.frame))
        for b in batches
        for e in b.expectations
    ]
    teller = Teller(sheets, number)
    found: list[Query] = []
    for batch, expectation, rows in judge.failing(batches):
        if batch in named:
            found += teller.cases(expectation, across[batch].iloc[rows])
        elif batch == HEADER:
            found += teller.header(expectation, rows)
        else:
            found += teller.cells(batch, expectation, rows)
    return Judged(found, tuple(asked))


def _across(drop: Drop, checks: Iterable[Check]) -> dict[str, pd.DataFrame]:
    """The cases of each check across forms."""
    found = {}
    for check in checks:
        parts = [c for c in SHAPES[check.shape](drop, check) if len(c)]
        whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        found[check.id] = whole.reindex(columns=list(NOT_A_CASE)).astype(NOT_A_CASE)
    return found


def _held(check: Check, cases: pd.DataFrame) -> Batch:
    told = Expectation(check.id, check.severity, "in set", "holds", "", check.expected, check.question, {"value_set": [True]})
    return Batch(check.id, cases[["holds"]], (told,))


class Teller:
    """Turns rows that break an expectation into queries."""

    def __init__(self, sheets: Mapping[str, Sheet], number: str) -> None:
        self.sheets, self.number = sheets, number
        self.starts = np.cumsum([0, *(len(s.collected) for s in sheets.values())])

    def header(self, expectation: Expectation, rows: list[int]) -> Iterator[Query]:
        """The rows of all forms, one behind the other."""
        for row in rows:
            at = int(np.searchsorted(self.starts, row, side="right")) - 1
            yield self._told(list(self.sheets)[at], expectation, row - int(self.starts[at]))

    def cells(self, form: str, expectation: Expectation, rows: list[int]) -> Iterator[Query]:
        for row in rows:
            yield self._told(form, expectation, row)

    def cases(self, expectation: Expectation, cases: pd.DataFrame) -> Iterator[Query]:
        for case in cases.itertuples():
            beside = {n: str(getattr(case, n)) for n in ("visit", "expected", "found") if isinstance(getattr(case, n), str)}
            yield self._told(str(case.form), expectation, int(str(case.at)), str(case.field), beside)

    def _told(self, form: str, expectation: Expectation, row: int, field: str = "", beside: Mapping[str, str] | None = None) -> Query:
        sheet, more = self.sheets[form], beside or {}
        field = field or expectation.field
        collected = sheet.collected.iloc[row]
        value = _text(collected[field]) if field else ""
        said = more.get("expected", "")
        return Query(
            severity=expectation.severity,
            rule=expectation.rule,
            form=form,
            subject=_text(collected[self.number]).strip(),
            visit=more.get("visit", _text(collected[FOLDER]).strip() if FOLDER in collected else ""),
            record=_text(collected["RECORD"]).strip() if "RECORD" in collected else "",
            field=field,
            value=value,
            value_class=value_class(sheet.form.fields[field], value) if field else "record",
            found=more.get("found", ""),
            expected=f"{expectation.expected} ({said})" if said else expectation.expected,
            question=expectation.question,
            name=_text(sheet.carried["record"].iloc[row]),
            place=row + 1,
            known=bool(pd.notna(sheet.carried["USUBJID"].iloc[row])),
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
