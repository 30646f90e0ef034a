"""Rows that describe a number: over a column, and visit by visit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.displays import cells
from pipeline.displays.content import Cell, Column, Line
from pipeline.displays.participants import Scope
from pipeline.study.displays import Row


def summary(scope: Scope, row: Row) -> Iterator[Line]:
    """Number, mean and standard deviation, median, least and greatest value."""
    assert row.summary
    records = scope.records(row.dataset, row.where, [row.summary.variable])
    above = Line(row.id, row.id, row.label, row.indent, row.dataset)
    yield above
    yield from _described(scope, above, records, row.summary.variable, row.summary.digits)


def by_visit(scope: Scope, row: Row) -> Iterator[Line]:
    """The values at each visit, and their change from baseline, parameter by parameter.

    Visits stand in the order of their numbers, parameters in that of the alphabet. A record of no visit, as
    of an unscheduled assessment outside all windows, is not shown.
    """
    assert row.visits
    asked = row.visits
    change = [asked.change] if asked.change else []
    wanted = [asked.visit, asked.order, asked.value, *change, *([asked.parameter] if asked.parameter else [])]
    records = scope.records(row.dataset, row.where, wanted)
    yield Line(row.id, row.id, row.label, row.indent)
    by_parameter = records.groupby(asked.parameter, sort=True) if asked.parameter else [("", records)]
    for parameter, of_parameter in by_parameter:
        indent, line_id = row.indent + 1, row.id
        groups: tuple[tuple[str, str], ...] = ()
        if asked.parameter:
            indent, line_id = indent + 1, f"{row.id}/{parameter}"
            groups = ((asked.parameter, str(parameter)),)
            yield Line(row.id, f"{line_id}/", str(parameter), row.indent + 1)
        for (_, visit), at_visit in of_parameter.groupby([asked.order, asked.visit], sort=True):
            of_visit = (*groups, (asked.visit, str(visit)))
            above = Line(row.id, f"{line_id}/{visit}", str(visit), indent, row.dataset, "", of_visit)
            yield above
            yield from _described(scope, above, at_visit, asked.value, asked.digits)
            if asked.change and at_visit[asked.change].notna().any():
                above = Line(
                    row.id, f"{line_id}/{visit}/change", "Change from baseline", indent + 1, row.dataset, "",
                    of_visit,
                )  # fmt: skip
                yield above
                yield from _described(scope, above, at_visit, asked.change, asked.digits)


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
    values = records[variable].astype("float64")
    mean = float(values.mean()) if len(values) else None
    sd = float(values.std(ddof=1)) if len(values) > 1 else None
    return cells.numbers(
        records, {"mean": mean, "sd": sd}, {"mean": digits + 1, "sd": digits + 2}, "{mean} ({sd})"
    )


def _median(records: pd.DataFrame, variable: str, digits: int) -> Cell:
    median = float(records[variable].astype("float64").median()) if len(records) else None
    return cells.numbers(records, {"median": median}, {"median": digits + 1}, "{median}")


def _range(records: pd.DataFrame, variable: str, digits: int) -> Cell:
    values = records[variable].astype("float64")
    least, greatest = (float(values.min()), float(values.max())) if len(values) else (None, None)
    return cells.numbers(
        records, {"min": least, "max": greatest}, {"min": digits, "max": digits}, "{min}, {max}"
    )
