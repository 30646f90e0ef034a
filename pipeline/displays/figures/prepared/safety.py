"""Adverse events by arm, liver values, and the course of measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.derivations.statistics import averages, response
from pipeline.displays.figures.course import Course, Panel, Station
from pipeline.displays.figures.edish import Edish, Peak
from pipeline.displays.figures.event_dots import EventDots, Term

Middle = Literal["mean", "median"]
WORDS = {"mean": "mean with 95 % CI", "median": "median with quartiles"}


def event_dots(
    events: pd.DataFrame,
    arms: pd.Series,
    order: Sequence[str],
    control: str,
    at_least: float,
    title: str,
    favours: tuple[str, str],
) -> EventDots:
    """Each term that at least a share of one arm has, in the order of the difference, the greatest first.

    The difference is that of the first arm that is not the control to the control, with Newcombe's limits.

    Takes     USUBJID and term, a record an event; arm by USUBJID, of all participants of the population; the
              arms in their order and the control; the share in percent; the words of the figure.
    """
    sizes = tuple(int(arms.eq(arm).sum()) for arm in order)
    with_term = events[events["USUBJID"].isin(arms.index)].dropna(subset=["term"])
    with_term = with_term.drop_duplicates(["USUBJID", "term"])
    terms = []
    for term, of in with_term.groupby("term", sort=True):
        who = set(of["USUBJID"])
        has = [arms.index[arms.eq(arm)].isin(who) for arm in order]
        counts = tuple(int(of_arm.sum()) for of_arm in has)
        shares = tuple(100 * n / size if size else None for n, size in zip(counts, sizes, strict=True))
        if max((share for share in shares if share is not None), default=0.0) < at_least:
            continue
        terms.append(Term(str(term), counts, shares, *_difference(order, control, has)))
    terms.sort(key=lambda t: (-(t.difference or 0.0), t.term))
    return EventDots(title, tuple(order), sizes, favours, tuple(terms))


def _difference(
    order: Sequence[str], control: str, has: Sequence[np.ndarray]
) -> tuple[float | None, float | None, float | None]:
    others = [i for i, arm in enumerate(order) if arm != control]
    if not others or control not in order:
        return None, None, None
    found = response.difference(has[others[0]], has[list(order).index(control)])
    value, low, high = (None if n is None else 100 * n for n in (found.difference, found.low, found.high))
    return value, low, high


def edish(values: pd.DataFrame, arms: pd.Series, order: Sequence[str], title: str) -> Edish:
    """The highest value of each participant of either kind.

    Takes     USUBJID, is_bilirubin (a transaminase otherwise) and multiple (of the upper limit of normal;
              missing where there is none), a record a value after baseline; arm by USUBJID, of all
              participants of the population; the arms in their order; the title.
    """
    known = values[values["USUBJID"].isin(arms.index)].dropna(subset=["multiple"])
    transaminase, bilirubin = (
        known[known["is_bilirubin"].eq(kind)].groupby("USUBJID")["multiple"].max() for kind in (False, True)
    )
    both = transaminase.index.intersection(bilirubin.index)
    peaks = tuple(
        Peak(subject, arms[subject], float(transaminase[subject]), float(bilirubin[subject]))
        for subject in both.tolist()
    )
    return Edish(title, tuple(order), peaks, len(arms) - len(peaks))


def course(records: pd.DataFrame, order: Sequence[str], middle: Middle, title: str, time: str) -> Course:
    """The middle of each arm at each time, a panel for each parameter in the order of the records.

    Takes     arm, parameter, time, value (missing where there is none), a record a participant, parameter
              and time; the arms in their order; what the middle is; the words of figure and axis.
    """
    known = records.dropna(subset=["time", "value"])
    panels = [
        Panel(str(parameter), tuple(_stations(of[of["arm"].eq(arm)], middle) for arm in order))
        for parameter, of in known.groupby("parameter", sort=False)
    ]
    return Course(title, time, WORDS[middle], tuple(order), tuple(panels))


def _stations(records: pd.DataFrame, middle: Middle) -> tuple[Station, ...]:
    times = np.unique(records["time"].to_numpy(dtype="float64")).tolist()
    return tuple(
        _station(time, records.loc[records["time"].eq(time), "value"].to_numpy(dtype="float64"), middle)
        for time in times
    )


def _station(time: float, values: np.ndarray, middle: Middle) -> Station:
    if middle == "mean":
        found = averages.mean(values)
        return Station(time, len(values), float(np.mean(values)), found.low, found.high)
    low, half, high = (float(n) for n in np.quantile(values, [0.25, 0.5, 0.75]))
    if len(values) == 1:
        return Station(time, 1, half, None, None)
    return Station(time, len(values), half, low, high)
