"""Rows that describe a number: over a column, and visit by visit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.displays import cells
from pipeline.displays.content import NO_RECORDS, Cell, Column, Line
from pipeline.displays.counts import as_text
from pipeline.displays.participants import PLACE, SUBJECT, Scope
from pipeline.study.displays import Row
from pipeline.study.row_kinds import Visits

CHANGE = "Change from baseline"
MOST_DIGITS = 3
_Described = tuple[dict[str, float | None], int, np.ndarray]


def summary(scope: Scope, row: Row) -> Iterator[Line]:
    """Number, mean and standard deviation, median, least and greatest value."""
    assert row.summary
    records = scope.records(row.dataset, row.where, [row.summary.variable])
    above = Line(row.id, row.id, row.label, row.indent, row.dataset)
    yield above
    yield from _described(scope, above, records, row.summary.variable, row.summary.digits)


def by_visit(scope: Scope, row: Row) -> Iterator[Line]:
    """The values at each visit, and their change from baseline, parameter by parameter.

    1. Visits stand in the order of their numbers, parameters in that of the alphabet.
    2. A record of no visit, as of an unscheduled assessment outside all windows, is not shown.
    3. Unless the row says how many, a parameter has as many digits after the point as its values, at most
       three.
    4. In brief, a value has one line: number, mean and standard deviation.
    """
    assert row.visits
    asked = row.visits
    change = [asked.change] if asked.change else []
    wanted = [asked.visit, asked.order, asked.value, *change, *([asked.parameter] if asked.parameter else [])]
    records = scope.records(row.dataset, row.where, wanted)
    describe = _Brief(scope, asked, records) if asked.brief else _Whole(scope, asked)
    yield Line(row.id, row.id, row.label, row.indent)
    by_parameter = records.groupby(asked.parameter, sort=True) if asked.parameter else [("", records)]
    for parameter, of_parameter in by_parameter:
        indent, line_id = row.indent + 1, row.id
        groups: tuple[tuple[str, str], ...] = ()
        if asked.parameter:
            indent, line_id = indent + 1, f"{row.id}/{parameter}"
            groups = ((asked.parameter, str(parameter)),)
            yield Line(row.id, f"{line_id}/", str(parameter), row.indent + 1)
        digits = _digits(of_parameter[asked.value]) if asked.digits is None else asked.digits
        for (_, visit), at_visit in of_parameter.groupby([asked.order, asked.visit], sort=True):
            of_visit = (*groups, (asked.visit, str(visit)))
            above = Line(row.id, f"{line_id}/{visit}", str(visit), indent, row.dataset, "", of_visit)
            yield from describe.lines(above, at_visit, asked.value, digits)
            if asked.change and at_visit[asked.change].notna().any():
                line_of_change = f"{line_id}/{visit}/change"
                of_change = replace(above, id=line_of_change, label=CHANGE, indent=indent + 1)
                yield from describe.lines(of_change, at_visit, asked.change, digits)


@dataclass(frozen=True)
class _Whole:
    """Four lines for each value, below one that names it."""

    scope: Scope
    asked: Visits

    def lines(self, above: Line, records: pd.DataFrame, variable: str, digits: int) -> Iterator[Line]:
        yield above
        yield from _described(self.scope, above, records, variable, digits)


class _Brief:
    """One line for each value: 28: 45.2 (3.10).

    A laboratory has thousands of them, so that all visits of a column are worked out at once, which
    takes the sample's build 4 s less CPU.
    """

    def __init__(self, scope: Scope, asked: Visits, records: pd.DataFrame) -> None:
        self.scope, self.asked = scope, asked
        variables = [asked.value, *([asked.change] if asked.change else [])]
        self.by_variable = {
            variable: {c: self._by_visit(r, variable) for c, r in scope.by_column(records).items()}
            for variable in variables
        }

    def lines(self, above: Line, records: pd.DataFrame, variable: str, digits: int) -> Iterator[Line]:
        """The line of one value at one visit."""
        key = tuple(value for _, value in above.groups)
        shown = {"n": 0, "mean": digits + 1, "sd": digits + 2}
        of_columns: dict[Column, Cell] = {}
        for column, by_visit in self.by_variable[variable].items():
            values, participants, places = by_visit.get(key, ({"n": 0.0}, 0, NO_RECORDS))
            form = "{n}: {mean} ({sd})" if values["n"] else "{n}"
            of_columns[column] = cells.of_numbers(values, shown, form, participants, places)
        yield replace(above, method="brief", cells=of_columns)

    def _by_visit(self, records: pd.DataFrame, variable: str) -> Mapping[tuple[str, ...], _Described]:
        """By parameter and visit: number, mean and deviation, participants, places of the records."""
        present = records[records[variable].notna()]
        parameter = [self.asked.parameter] if self.asked.parameter else []
        by_key = present.groupby([*parameter, self.asked.visit], sort=False)
        described = by_key[variable].agg(["count", "mean", "std"])
        participants = by_key[SUBJECT].nunique()
        places = present[PLACE].to_numpy(dtype="int64")
        rows = by_key.indices
        found: dict[tuple[str, ...], _Described] = {}
        for key, (count, mean, deviation) in zip(described.index, described.to_numpy(), strict=True):
            values = {"n": float(count), "mean": float(mean), "sd": float(deviation) if count > 1 else None}
            found[key if parameter else (key,)] = (values, int(participants[key]), places[rows[key]])
        return found


def _digits(values: pd.Series) -> int:
    """The digits after the point that the values have, at most three."""
    texts = as_text(values.dropna().drop_duplicates())
    after_the_point = texts.str.partition(".")[2].str.len()
    return min(MOST_DIGITS, int(after_the_point.max())) if len(texts) else 0


def _described(
    scope: Scope, above: Line, records: pd.DataFrame, variable: str, digits: int
) -> Iterator[Line]:
    """The four lines of a number below the line that names it."""
    by_column = scope.by_column(records[records[variable].notna()])
    for name, label, method, describe in (
        ("n", "n", "number", _number),
        ("mean", "Mean (SD)", "mean", _mean),
        ("median", "Median", "median", _median),
        ("range", "Min, max", "range", _range),
    ):
        of_columns: Mapping[Column, Cell] = {
            column: describe(of_column, variable, digits) for column, of_column in by_column.items()
        }
        yield Line(
            above.row, f"{above.id}/{name}", label, above.indent + 1, above.dataset, method, above.groups,
            of_columns,
        )  # fmt: skip


def _number(records: pd.DataFrame, variable: str, digits: int) -> Cell:
    return cells.numbers(records, {"n": len(records)}, {"n": 0}, "{n}")


def _mean(records: pd.DataFrame, variable: str, digits: int) -> Cell:
    shown = {"mean": digits + 1, "sd": digits + 2}
    return cells.numbers(records, _mean_and_sd(records, variable), shown, "{mean} ({sd})")


def _mean_and_sd(records: pd.DataFrame, variable: str) -> dict[str, float | None]:
    values = records[variable].astype("float64")
    mean = float(values.mean()) if len(values) else None
    sd = float(values.std(ddof=1)) if len(values) > 1 else None
    return {"mean": mean, "sd": sd}


def _median(records: pd.DataFrame, variable: str, digits: int) -> Cell:
    median = float(records[variable].astype("float64").median()) if len(records) else None
    return cells.numbers(records, {"median": median}, {"median": digits + 1}, "{median}")


def _range(records: pd.DataFrame, variable: str, digits: int) -> Cell:
    values = records[variable].astype("float64")
    least, greatest = (float(values.min()), float(values.max())) if len(values) else (None, None)
    return cells.numbers(
        records, {"min": least, "max": greatest}, {"min": digits, "max": digits}, "{min}, {max}"
    )
