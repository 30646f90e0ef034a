"""Curves of time to event, and hazard ratios of subgroups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from pipeline.derivations.statistics import curves, response, survival
from pipeline.displays.figures import kaplan_meier as figure
from pipeline.displays.figures.forest import Subgroup

# label, the column of the records that holds it, and its values in their order
Grouping = tuple[str, str, Sequence[str]]
_Row = Callable[[str, int, pd.DataFrame], Subgroup]


def kaplan_meier(
    records: pd.DataFrame, arms: Sequence[str], control: str, title: str, time: str, share: str
) -> figure.KaplanMeier:
    """The curves of all arms with their numbers at risk, and in words their medians and the comparison.

    Takes     USUBJID, arm, time (months), is_event; the arms in their order and the control; the words of the
              figure and its axes.
    """
    until = float(records["time"].max()) if len(records) else 0.0
    at = figure.times(until)
    of_arms = tuple(_arm(arm, records[records["arm"].eq(arm)], at) for arm in arms)
    return figure.KaplanMeier(title, time, share, until, of_arms, tuple(_notes(records, arms, control)))


def _arm(name: str, records: pd.DataFrame, at: Sequence[float]) -> figure.Arm:
    times, events = _arrays(records)
    steps = curves.curve(times, events)
    falls = [
        figure.Step(float(time), float(share), _known(low), _known(high))
        for time, share, low, high, failed in zip(
            steps.times, steps.survival, steps.low, steps.high, steps.events, strict=True
        )
        if failed
    ]
    shares = dict(zip(steps.times.tolist(), steps.survival.tolist(), strict=True))
    leaving = tuple(
        figure.Leaving(subject, time, shares[time], is_event)
        for subject, time, is_event in zip(
            records["USUBJID"].tolist(), times.tolist(), events.tolist(), strict=True
        )
    )
    at_risk = curves.numbers_at(times, events, at).at_risk
    return figure.Arm(name, tuple(falls), leaving, at_risk, int(events.sum()))


def _arrays(records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return records["time"].to_numpy(dtype="float64"), records["is_event"].to_numpy(dtype=bool)


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _notes(records: pd.DataFrame, arms: Sequence[str], control: str) -> Iterator[str]:
    for arm in arms:
        found = survival.median(*_arrays(records[records["arm"].eq(arm)]))
        numbers = (found.median, found.low, found.high)
        yield f"Median, {arm}: {_numbers(*numbers, 1, ' months')}"
    for arm in (arm for arm in arms if arm != control):
        compared = _compared(records, arm, control)
        p = "not estimable" if compared.p is None else f"{compared.p:.4f}"
        p = "<0.0001" if compared.p is not None and compared.p < 0.0001 else p
        ratio = _numbers(compared.ratio, compared.low, compared.high, 2)
        yield f"{arm} versus {control}: hazard ratio {ratio}, log-rank p {p}"


def _compared(records: pd.DataFrame, arm: str, control: str) -> survival.Comparison:
    of_two = records[records["arm"].isin([arm, control])]
    return survival.compare(*_arrays(of_two), of_two["arm"].eq(arm).to_numpy(dtype=bool))


def _numbers(value: float | None, low: float | None, high: float | None, digits: int, unit: str = "") -> str:
    if value is None and low is None and high is None:
        return "not estimable"
    texts = ["NE" if n is None else f"{n:.{digits}f}" for n in (value, low, high)]
    return f"{texts[0]} ({texts[1]}, {texts[2]}){unit}"


def hazard_ratios(
    records: pd.DataFrame, arm: str, control: str, whole: str, groupings: Sequence[Grouping]
) -> tuple[Subgroup, ...]:
    """The hazard ratio of all participants, and of each subgroup.

    Takes     USUBJID, arm, time, is_event and a column for each grouping; the arm and the control; the label
              of all participants; the groupings.
    """

    def row(label: str, indent: int, of_group: pd.DataFrame) -> Subgroup:
        counts = tuple(_events(of_group[of_group["arm"].eq(a)]) for a in (arm, control))
        found = _compared(of_group, arm, control)
        return Subgroup(label, indent, counts, found.ratio, found.low, found.high)

    return tuple(_rows(records, whole, groupings, row))


def _events(records: pd.DataFrame) -> str:
    return f"{int(records['is_event'].sum())}/{len(records)}"


def rate_differences(
    records: pd.DataFrame, arm: str, control: str, whole: str, groupings: Sequence[Grouping]
) -> tuple[Subgroup, ...]:
    """The difference of the rates of two arms in percentage points, of all participants and each subgroup.

    Takes     USUBJID, arm, is_event (whether the participant responded) and a column for each grouping; the
              arm and the control; the label of all participants; the groupings.
    """

    def row(label: str, indent: int, of_group: pd.DataFrame) -> Subgroup:
        of_arms = [of_group[of_group["arm"].eq(a)] for a in (arm, control)]
        treated, others = (r["is_event"].to_numpy(dtype=bool) for r in of_arms)
        found = response.difference(treated, others)
        value, low, high = (None if n is None else 100 * n for n in (found.difference, found.low, found.high))
        return Subgroup(label, indent, tuple(_events(r) for r in of_arms), value, low, high)

    return tuple(_rows(records, whole, groupings, row))


def _rows(records: pd.DataFrame, whole: str, groupings: Sequence[Grouping], row: _Row) -> Iterator[Subgroup]:
    yield row(whole, 0, records)
    for label, column, values in groupings:
        yield Subgroup(label, 0, (), None, None, None, is_heading=True)
        for value in values:
            yield row(value, 1, records[records[column].eq(value)])
        without = records[records[column].isna()]
        if len(without):
            yield row("Missing", 1, without)
