"""The door: a drop is judged before it is built. What it must be comes from specs/raw/ and specs/door.yaml;
Great Expectations judges.

Nothing here is imported by a build: `pipeline.check` alone asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.checks.drop import expectations, judge
from pipeline.checks.drop.expectations import HEADER, Batch, Expectation
from pipeline.checks.drop.measured import SHAPES
from pipeline.checks.drop.shapes import Drop
from pipeline.checks.drop.sheets import FOLDER, Sheet, value_class
from pipeline.records.queries import Asked, Query
from pipeline.study import Study
from pipeline.study.door import Check, Door

CASE = {
    "form": "str",
    "field": "str",
    "at": "int64",
    "holds": "bool",
    "visit": "str",
    "expected": "str",
    "found": "str",
}


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
    asked: list[Asked] = []
    teller = Teller(sheets, study.protocol.subjects.number)
    found: list[Query] = []
    for batch, expectation, rows in judge.failing(_noted(_batches(study, door, sheets), asked)):
        tell = teller.header if batch.name == HEADER else teller.cases if batch.across else teller.cells
        found += tell(batch, expectation, rows)
    return Judged(found, tuple(asked))


def _batches(study: Study, door: Door | None, sheets: Mapping[str, Sheet]) -> Iterator[Batch]:
    """The suites one after the other, so that the records of one are let go of before the next."""
    yield expectations.of_header(sheets, study.protocol.subjects.number)
    yield from (expectations.of_form(sheet) for sheet in sheets.values())
    if door:
        drop = Drop(study, door, sheets)
        yield from (_held(drop, check) for check in door.checks)


def _noted(batches: Iterable[Batch], asked: list[Asked]) -> Iterator[Batch]:
    """The batches as they pass, what each asks noted."""
    for batch in batches:
        suite = ACROSS if batch.across else batch.name
        asked += [
            Asked(suite, e.rule, e.field, e.severity, e.question, len(batch.frame))
            for e in batch.expectations
        ]
        yield batch


def _held(drop: Drop, check: Check) -> Batch:
    """The cases of a check across forms, each of which must hold."""
    parts = [c for c in SHAPES[check.shape](drop, check) if len(c)]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    told = Expectation(
        check.id, check.severity, "in set", "holds", "", check.expected, check.question, {"value_set": [True]}
    )
    return Batch(check.id, whole.reindex(columns=list(CASE)).astype(CASE), (told,), across=True)


class Teller:
    """Turns rows that break an expectation into queries."""

    def __init__(self, sheets: Mapping[str, Sheet], number: str) -> None:
        self.sheets, self.number = sheets, number
        self.starts = np.cumsum([0, *(len(s.collected) for s in sheets.values())])

    def header(self, batch: Batch, expectation: Expectation, rows: list[int]) -> Iterator[Query]:
        """Rows of all forms, one behind the other."""
        del batch
        for row in rows:
            at = int(np.searchsorted(self.starts, row, side="right")) - 1
            yield self._told(list(self.sheets)[at], expectation, row - int(self.starts[at]))

    def cells(self, batch: Batch, expectation: Expectation, rows: list[int]) -> Iterator[Query]:
        """Rows of one form."""
        for row in rows:
            yield self._told(batch.name, expectation, row)

    def cases(self, batch: Batch, expectation: Expectation, rows: list[int]) -> Iterator[Query]:
        """Cases of a check across forms."""
        for case in batch.frame.iloc[rows].itertuples():
            beside = {
                n: str(getattr(case, n))
                for n in ("visit", "expected", "found")
                if isinstance(getattr(case, n), str)
            }
            yield self._told(str(case.form), expectation, int(str(case.at)), str(case.field), beside)

    def told_of(self, form: str, expectation: Expectation, row: int) -> Query:
        """A query of one record that was not found by an expectation."""
        return self._told(form, expectation, row)

    def _told(
        self,
        form: str,
        expectation: Expectation,
        row: int,
        field: str = "",
        beside: Mapping[str, str] | None = None,
    ) -> Query:
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
