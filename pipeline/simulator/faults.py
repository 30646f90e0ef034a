"""Plants faults for the check of a drop to find: each on the first participant whose records allow it,
with the answer that the check must give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pipeline.errors import SpecError
from pipeline.records.dates import MONTHS
from pipeline.simulator.written import day, later
from pipeline.study.faults import Fault

Row = dict[str, str]
Rows = list[tuple[str, Row]]
MOST = 6  # faults of one participant


@dataclass
class Faulty:
    """The faults that wait for a participant, and the truth of those that found one."""

    waiting: list[Fault]
    truth: list[dict[str, object]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)  # records that may not be changed any more, by id

    def plant(self, rows: Rows) -> Rows:
        """The participant's records with the faults that they allow; no two faults share a form."""
        taken: set[str] = set()
        planted: list[Fault] = []
        for fault in list(self.waiting):
            if len(planted) == MOST or any(f.alone for f in planted):
                break
            if (fault.alone and planted) or taken & fault.forms or not (records := _found(fault, rows)):
                continue
            rows = self._planted(fault, rows, *records)
            taken |= fault.forms
            planted.append(fault)
            self.waiting.remove(fault)
        return rows

    def _planted(self, fault: Fault, rows: Rows, row: Row, told: Row) -> Rows:
        earlier = (
            next(r["EARLIER_SUBJECT"] for form, r in rows if "EARLIER_SUBJECT" in r)
            if fault.earlier
            else row["SUBJECT"]
        )
        again: Rows = [(fault.form, {**row, **cells, "SUBJECT": earlier}) for cells in fault.again]
        if fault.remove:
            rows = [
                (form, r)
                for form, r in rows
                if form not in fault.without and not (form == fault.form and _fits(r, fault.where))
            ]
        row.update(fault.set)
        row.update({name: _shifted(row[name], days) for name, days in fault.shift.items()})
        self.touched |= {id(r) for r in (row, told, *(r for _, r in again))}
        shown = again[0][1] if again and fault.found_at is None else told
        folder = fault.found_at.visit if fault.found_at and fault.found_at.visit else shown["FOLDER"]
        self.truth.append(
            {
                "rule": fault.rule,
                "form": fault.found_at.form if fault.found_at else fault.form,
                "subject": shown["SUBJECT"],
                "folder": folder,
                "record": shown["RECORD"],
                "field": fault.field,
                "also": list(fault.also),
            }
        )
        return rows + again

    def finish(self) -> list[dict[str, object]]:
        """The truth.

        Raises    SpecError where a fault found no participant.
        """
        if self.waiting:
            names = ", ".join(f.rule for f in self.waiting)
            raise SpecError(
                f"specs/faults.yaml: no participant has the records for {names}; simulate more participants"
            )
        return self.truth


def _found(fault: Fault, rows: Rows) -> tuple[Row, Row] | None:
    """The record to change and the record that the query is about; None where the participant lacks one."""
    forms = {form for form, _ in rows}
    if forms & {*fault.lacks} or not forms >= {*fault.needs, *fault.forms} - {*fault.without}:
        return None
    row = next(
        (
            r
            for form, r in rows
            if form == fault.form and _fits(r, fault.where) and all(r.get(n) for n in fault.shift)
        ),
        None,
    )
    if row is None or (fault.earlier and not any(r.get("EARLIER_SUBJECT") for _, r in rows)):
        return None
    if fault.found_at is None:
        return row, row
    told = next(
        (r for form, r in rows if form == fault.found_at.form and _fits(r, fault.found_at.where)), None
    )
    return None if told is None else (row, told)


def _fits(row: Row, where: Mapping[str, str]) -> bool:
    return all(row.get(name, "") == value for name, value in where.items())


def _shifted(text: str, days: int) -> str:
    dom, month, year = text.split()
    return day(later(date(int(year), MONTHS.index(month) + 1, int(dom)), days))
