"""Rows that look beyond the hazard ratio: restricted mean survival, and whether hazards stay proportional."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.derivations.statistics import proportional_hazards as hazards
from pipeline.derivations.statistics import restricted_mean as restricted
from pipeline.displays import cells
from pipeline.displays.content import Line
from pipeline.displays.participants import ARM, Scope
from pipeline.study.displays import Row


def restricted_mean(scope: Scope, row: Row) -> Iterator[Line]:
    """Participants, and the mean time without event up to a limit; against the control, the difference of the
    means with its p-value, and the p-value of the test of proportional hazards.
    """
    assert row.restricted_mean
    asked = row.restricted_mean
    records = scope.records(row.dataset, row.where, [asked.time, asked.censored])
    records = records.assign(time=records[asked.time], is_event=records[asked.censored].eq(0))
    by_column = scope.by_column(records)
    means = {c: restricted.restricted_mean(*_arrays(r), asked.until) for c, r in by_column.items()}
    of_arm = {column.arm: mean for column, mean in means.items()}
    differences, mean_tests, hazard_tests = {}, {}, {}
    for column in scope.comparisons:
        both = records[records[ARM].isin([column.arm, column.control])]
        found = restricted.mean_difference(of_arm[column.arm], of_arm[column.control])
        is_arm = both[ARM].eq(str(column.arm)).to_numpy(dtype=bool)
        limits = (found.value, found.low, found.high)
        differences[column] = cells.estimate(both, "difference", limits, 1)
        mean_tests[column] = cells.probability(both, found.p)
        proportional = hazards.proportional_hazards(*_arrays(both), is_arm)
        hazard_tests[column] = cells.probability(both, proportional.p)
    counts = {c: cells.count(of_column, c.size) for c, of_column in by_column.items()}
    estimates = {
        column: cells.estimate(by_column[column], "mean", (mean.value, mean.low, mean.high), 1)
        for column, mean in means.items()
    }
    upto = f"to {asked.until:g} {asked.unit}"
    yield Line(row.id, f"{row.id}/", row.label, row.indent)
    for name, label, method, of_columns in (
        ("participants", "Participants", "participants", counts),
        ("mean", f"Restricted mean {upto}, {asked.unit} (95 % CI)", "restricted_mean", estimates),
        ("difference", f"Difference, {asked.unit} (95 % CI)", "mean_difference", differences),
        ("p", "Difference of the means, p", "mean_test", mean_tests),
        ("hazards", "Test of proportional hazards, p", "proportional_hazards", hazard_tests),
    ):
        yield Line(
            row.id, f"{row.id}/{name}", label, row.indent + 1, row.dataset, method, (), of_columns
        )  # fmt: skip


def _arrays(records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return records["time"].to_numpy(dtype="float64"), records["is_event"].to_numpy(dtype=bool)
