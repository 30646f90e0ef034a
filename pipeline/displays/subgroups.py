"""Rows of subgroups: the arms compared among all participants and in each subgroup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from pipeline.derivations.statistics import response, survival
from pipeline.displays import cells
from pipeline.displays.content import Cell, Column, Line
from pipeline.displays.counts import NO_VALUE, as_text
from pipeline.displays.participants import ADSL, ARM, SUBJECT, Scope
from pipeline.study.displays import Row

IS_EVENT, TIME = "is_event", "time"


def subgroups(scope: Scope, row: Row) -> Iterator[Line]:
    """Responders and difference of the rates, or events and hazard ratio: of all participants, and of each
    value of each variable.

    1. A rate is of all participants of the subgroup: who has no record did not respond.
    2. Participants without a value of the variable are a subgroup by themselves, where there are any.
    """
    assert row.subgroups
    asked = row.subgroups
    records = _records(scope, row)
    variables = [group.variable for group in asked.groups]
    people = scope.records(ADSL, {}, variables).set_index(SUBJECT)
    above = Line(row.id, f"{row.id}/", row.label, row.indent)
    whole = Line(row.id, f"{row.id}/all", asked.whole, row.indent + 1, row.dataset)
    yield above
    yield _line(scope, row, whole, records, people.index)
    for group in asked.groups:
        heading = Line(row.id, f"{row.id}/{group.variable}/", group.label, row.indent + 1)
        yield heading
        texts = as_text(people[group.variable]).fillna(NO_VALUE)
        missing = [NO_VALUE] if texts.eq(NO_VALUE).any() else []
        for value in (*values_in_order(scope, group.variable, people[group.variable]), *missing):
            of_value = ((group.variable, "" if value == NO_VALUE else value),)
            line_id = f"{heading.id}{value}"
            line = Line(row.id, line_id, value, row.indent + 2, row.dataset, "", of_value)
            yield _line(scope, row, line, records, texts.index[texts.eq(value)])


def values_in_order(scope: Scope, variable: str, values: pd.Series) -> Sequence[str]:
    """The values that occur, in the order of their list, or else of their size.

    Takes     a variable of ADSL and its values.
    """
    there = set(as_text(values).dropna())
    terms = scope.terms(ADSL, variable)
    if terms:
        return [term for term in terms if term in there]
    return as_text(values.dropna().drop_duplicates().sort_values()).tolist()


def _records(scope: Scope, row: Row) -> pd.DataFrame:
    """The records of the row, each with whether it is an event, or of a participant who responded."""
    assert row.subgroups
    times, rate = row.subgroups.survival, row.subgroups.rate
    if times:
        records = scope.records(row.dataset, row.where, [times.time, times.censored])
        is_event = records[times.censored].eq(0)
        return records.assign(**{TIME: records[times.time], IS_EVENT: is_event})
    assert rate
    records = scope.records(row.dataset, row.where, [rate.variable])
    is_event = records[rate.variable].eq(rate.is_).fillna(False).astype(bool)
    return records.assign(**{IS_EVENT: is_event})


def _line(scope: Scope, row: Row, line: Line, records: pd.DataFrame, members: pd.Index) -> Line:
    """The line of one subgroup: events of each column, and the comparison of the arms."""
    assert row.subgroups
    of_subgroup = records[records[SUBJECT].isin(members)]
    arms = scope.arms[scope.arms.index.isin(members)]
    compare = _hazard_ratio if row.subgroups.survival else _difference
    found: dict[Column, Cell] = {}
    for column, of_column in scope.by_column(of_subgroup).items():
        in_column = int(arms.eq(column.arm).sum()) if column.arm else len(arms)
        whole = len(of_column) if row.subgroups.survival else in_column
        found[column] = cells.part(of_column, int(of_column[IS_EVENT].sum()), whole)
    for column in scope.comparisons:
        found[column] = compare(of_subgroup, arms, column)
    method = "subgroup_hazard_ratio" if row.subgroups.survival else "subgroup_difference"
    return Line(
        line.row, line.id, line.label, line.indent, line.dataset, method, line.groups, found
    )  # fmt: skip


def _hazard_ratio(records: pd.DataFrame, arms: pd.Series, column: Column) -> Cell:
    both = records[records[ARM].isin([column.arm, column.control])]
    times = both[TIME].to_numpy(dtype="float64")
    events = both[IS_EVENT].to_numpy(dtype=bool)
    is_arm = both[ARM].eq(str(column.arm)).to_numpy(dtype=bool)
    found = survival.compare(times, events, is_arm)
    return cells.estimate(both, "ratio", (found.ratio, found.low, found.high), 2)


def _difference(records: pd.DataFrame, arms: pd.Series, column: Column) -> Cell:
    both = records[records[ARM].isin([column.arm, column.control])]
    responders = both.loc[both[IS_EVENT], SUBJECT]
    arm, control = (_responded(arms, name, responders) for name in (column.arm, column.control))
    found = response.difference(arm, control)
    return cells.percents(both, "difference", (found.difference, found.low, found.high))


def _responded(arms: pd.Series, name: str | None, responders: pd.Series) -> np.ndarray:
    return np.asarray(arms.index[arms.eq(str(name))].isin(responders), dtype=bool)
