"""Rows of endpoints: rates, times to event, agreement of two evaluators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import pandas as pd

from pipeline.derivations.statistics import agreement as agreements
from pipeline.derivations.statistics import curves, response, two_by_two
from pipeline.derivations.statistics import survival as times_to_event
from pipeline.displays import cells
from pipeline.displays.content import Cell, Column, Line
from pipeline.displays.participants import ARM, SUBJECT, Scope
from pipeline.study.displays import Row


def rate(scope: Scope, row: Row) -> Iterator[Line]:
    """Participants with a record, responders, the rate with its limits; and against the control, the
    difference with its limits and the p-value of Fisher's exact test.

    A rate is of all participants of the arm: who has no record did not respond.
    """
    assert row.rate
    records = scope.records(row.dataset, row.where, [row.rate.variable])
    responds = records[row.rate.variable].eq(row.rate.is_).fillna(False).astype(bool)
    responders = scope.by_column(records[responds])
    line = partial(_line, row)
    by_column = scope.by_column(records)
    yield Line(row.id, f"{row.id}/", row.label, row.indent)
    yield line("participants", "Participants with an answer", "participants", _counts(by_column))
    yield line(
        "responders", "Responders", "participants", _counts(responders), ((row.rate.variable, row.rate.is_),)
    )
    everybody = {c: _responded(scope, c, of_column) for c, of_column in responders.items()}
    rates = {column: response.rate(responded) for column, responded in everybody.items()}
    shown = {c: cells.percents(by_column[c], "rate", (r.rate, r.low, r.high)) for c, r in rates.items()}
    yield line("rate", "Rate, % (95 % CI)", "rate", shown)

    differences, tests = {}, {}
    of_arm = {column.arm: responded for column, responded in everybody.items()}
    for column in scope.comparisons:
        both, _, _ = _compared(records, column)
        sides = of_arm[column.arm], of_arm[column.control]
        found = response.difference(*sides)
        differences[column] = cells.percents(both, "difference", (found.difference, found.low, found.high))
        tests[column] = cells.probability(both, two_by_two.exact_test(*sides).p)
    yield line("difference", "Difference, percentage points (95 % CI)", "difference", differences)
    yield line("p", "Fisher's exact test, p", "fisher", tests)


def survival(scope: Scope, row: Row) -> Iterator[Line]:
    """Participants, events and censored times with their reasons, the median, the probability of no event at
    each time asked for; and against the control, log-rank test and hazard ratio.
    """
    assert row.survival
    asked = row.survival
    reasons = [asked.reasons] if asked.reasons else []
    records = scope.records(row.dataset, row.where, [asked.time, asked.censored, *reasons])
    is_event = records[asked.censored].eq(0)
    line = partial(_line, row)
    yield Line(row.id, f"{row.id}/", row.label, row.indent)
    yield line("participants", "Participants", "participants", _counts(scope.by_column(records)))
    for name, label, part in (("events", "Events", is_event), ("censored", "Censored", ~is_event)):
        of_kind = records[part]
        yield line(name, label, "participants", _counts(scope.by_column(of_kind)))
        for reason in _in_order(of_kind[asked.reasons]) if asked.reasons else []:
            counted = _counts(scope.by_column(of_kind[of_kind[str(asked.reasons)].eq(reason)]))
            of_reason = ((str(asked.reasons), reason),)
            yield line(f"{name}/{reason}", reason.capitalize(), "participants", counted, of_reason, 2)

    medians, at_times = {}, {time: dict[Column, Cell]() for time in asked.at}
    for column, of_column in scope.by_column(records).items():
        times, events = _times(row, of_column)
        median = times_to_event.median(times, events)
        limits = (median.median, median.low, median.high)
        medians[column] = cells.estimate(of_column, "median", limits, 1)
        for time in asked.at:
            found = curves.survival_at(times, events, time)
            at_times[time][column] = cells.percents(
                of_column, "probability", (found.value, found.low, found.high)
            )
    yield line("median", f"Median, {asked.unit} (95 % CI)", "survival_median", medians)
    if asked.follow_up:
        label = f"Median follow-up, {asked.unit} (95 % CI)"
        yield line("followup", label, "follow_up", _follow_ups(scope, row, records))
    for time in asked.at:
        label = f"Without event at {time:g} {asked.unit}, % (95 % CI)"
        yield line(f"at {time:g}", label, "survival_at", at_times[time])
    if asked.compared:
        yield from _comparison(scope, row, records)


def _follow_ups(scope: Scope, row: Row, records: pd.DataFrame) -> Mapping[Column, Cell]:
    found = {}
    for column, of_column in scope.by_column(records).items():
        estimate = curves.follow_up(*_times(row, of_column))
        limits = (estimate.value, estimate.low, estimate.high)
        found[column] = cells.estimate(of_column, "median", limits, 1)
    return found


def _comparison(scope: Scope, row: Row, records: pd.DataFrame) -> Iterator[Line]:
    tests, ratios = {}, {}
    for column in scope.comparisons:
        both, _, _ = _compared(records, column)
        times, events = _times(row, both)
        found = times_to_event.compare(times, events, both[ARM].eq(str(column.arm)).to_numpy(dtype=bool))
        tests[column] = cells.probability(both, found.p)
        ratios[column] = cells.estimate(both, "ratio", (found.ratio, found.low, found.high), 2)
    yield _line(row, "logrank", "Log-rank test, p", "logrank", tests)
    yield _line(row, "hr", "Hazard ratio (95 % CI)", "hazard_ratio", ratios)


def agreement(scope: Scope, row: Row) -> Iterator[Line]:
    """Participants with both answers, each pair of answers that occurs, agreement, and kappa."""
    assert row.agreement
    asked = row.agreement
    parameters = (asked.first, asked.second)
    where = {**row.where, asked.by: list(parameters)}
    records = scope.records(row.dataset, where, [asked.variable])
    records = records[records[asked.variable].notna()]
    records = records[records.groupby(SUBJECT)[asked.by].transform("nunique").eq(2)]
    listed = scope.terms(row.dataset, asked.variable)
    answers = [*listed, *sorted({*records[asked.variable]} - {*listed})]
    of_column = {
        column: (of_column, _answers(row, of_column))
        for column, of_column in scope.by_column(records).items()
    }
    found = {
        column: agreements.agreement(
            given[asked.first].to_numpy(dtype=object), given[asked.second].to_numpy(dtype=object), answers
        )
        for column, (_, given) in of_column.items()
    }
    line = partial(_line, row)
    yield Line(row.id, f"{row.id}/", row.label, row.indent)
    yield line("participants", "Participants with both", "participants", _counts(scope.by_column(records)))
    pairs = [(a, b) for a in answers for b in answers if any((a, b) in f.pairs for f in found.values())]
    for first, second in pairs:
        of_pair = {
            column: part[
                part[SUBJECT].isin(given.index[given[asked.first].eq(first) & given[asked.second].eq(second)])
            ]
            for column, (part, given) in of_column.items()
        }
        label = f"{asked.first} {first}, {asked.second} {second}"
        groups = ((asked.first, first), (asked.second, second))
        yield line(f"{first}-{second}", label, "participants", _counts(of_pair), groups, 2)
    rates = {c: cells.percents(of_column[c][0], "rate", (f.rate, f.low, f.high)) for c, f in found.items()}
    kappas = {
        c: cells.estimate(of_column[c][0], "kappa", (f.kappa, f.kappa_low, f.kappa_high), 2)
        for c, f in found.items()
    }
    yield line("agreement", "Agreement, % (95 % CI)", "agreement", rates)
    yield line("kappa", "Cohen's kappa (95 % CI)", "kappa", kappas)


def _answers(row: Row, records: pd.DataFrame) -> pd.DataFrame:
    """The two answers of each participant side by side."""
    assert row.agreement
    asked = row.agreement
    parameters = [asked.first, asked.second]
    given = {p: records[records[asked.by].eq(p)].set_index(SUBJECT)[asked.variable] for p in parameters}
    return pd.DataFrame(given, columns=pd.Index(parameters))


def _line(
    row: Row,
    name: str,
    label: str,
    method: str,
    of_columns: Mapping[Column, Cell],
    groups: tuple[tuple[str, str], ...] = (),
    deeper: int = 1,
) -> Line:
    return Line(
        row.id, f"{row.id}/{name}", label, row.indent + deeper, row.dataset, method, groups, of_columns
    )


def _counts(by_column: Mapping[Column, pd.DataFrame]) -> dict[Column, Cell]:
    return {column: cells.count(records, column.size) for column, records in by_column.items()}


def _responded(scope: Scope, column: Column, responders: pd.DataFrame) -> np.ndarray:
    """Whether each participant of a column responded."""
    arms = scope.arms if column.arm is None else scope.arms[scope.arms.eq(column.arm)]
    return np.asarray(arms.index.isin(responders[SUBJECT]), dtype=bool)


def _times(row: Row, records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    assert row.survival
    times = records[row.survival.time].to_numpy(dtype="float64")
    return times, records[row.survival.censored].eq(0).to_numpy(dtype=bool)


def _compared(records: pd.DataFrame, column: Column) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The records of both arms of a comparison, of the arm, and of the control."""
    arm, control = records[records[ARM].eq(str(column.arm))], records[records[ARM].eq(str(column.control))]
    return pd.concat([arm, control]), arm, control


def _in_order(reasons: pd.Series) -> list[str]:
    """The reasons that occur, the most frequent first."""
    frequency = reasons.value_counts()
    return sorted(frequency.index, key=lambda reason: (-frequency[reason], reason))
