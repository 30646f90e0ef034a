"""The curve of Kaplan and Meier and what is read off it: survival at a time, quartiles, follow-up, and the
numbers under the curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.derivations.statistics.estimate import Estimate, missing
from pipeline.derivations.statistics.survival import log_log_limits, time_at

NOBODY = "no participants"
NO_EVENT = "no events"


@dataclass(frozen=True)
class Curve:
    """Survival from each time on at which somebody has an event or is censored.

    Error is Greenwood's standard error; low and high are the 95 % limits, not a number where survival is 0 or
    1.
    """

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    censored: np.ndarray
    survival: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray


def curve(times: np.ndarray, events: np.ndarray) -> Curve:
    """Survival by Kaplan and Meier with the 95 % limits of its complementary log-log.

    1. Who has a time is at risk up to that time; at one time events come before censoring.
    2. Survival falls at each time of an event by the share of those at risk who have one.
    3. The variance is Greenwood's.

    Takes     one time and one event (true) or censoring (false) per participant.
    Returns   one entry per time that occurs.
    Source    Kaplan and Meier 1958, JASA 53: 457; Greenwood 1926; Kalbfleisch and Prentice 1980, 1.3.
    """
    at, of_time = np.unique(np.asarray(times, dtype="float64"), return_inverse=True)
    failed = np.bincount(of_time, weights=events, minlength=len(at)).astype("int64")
    leaving = np.bincount(of_time, minlength=len(at))
    at_risk = leaving[::-1].cumsum()[::-1]
    survival = np.cumprod((at_risk - failed) / at_risk)
    remaining = at_risk - failed
    # where all who are at risk fail, survival is 0 and has no error
    share = np.divide(failed, at_risk * remaining, out=np.zeros(len(at)), where=remaining > 0)
    error = survival * np.sqrt(np.cumsum(share))
    low, high = log_log_limits(survival, error)
    return Curve(at, at_risk, failed, leaving - failed, survival, error, low, high)


def survival_at(times: np.ndarray, events: np.ndarray, time: float) -> Estimate:
    """The share without event up to and including a time, by Kaplan and Meier, with 95 % limits.

    1. The share is that of the last time of an event on or before the time asked for; before any event it is
       1.
    2. Where survival is above 0 and nobody is followed to the time, it cannot be estimated.
    3. The limits are those of the complementary log-log of survival; at 0 and 1 there are none.

    Takes     one time and one event (true) or censoring (false) per participant; a time in the same unit.
    Returns   fractions.
    Source    As `curve`; R's summary of survfit, conf.type "log-log".
    """
    if not len(times):
        return missing(NOBODY)
    steps = curve(times, events)
    last = int(np.searchsorted(steps.times, time, side="right")) - 1
    survival = float(steps.survival[last]) if last >= 0 else 1.0
    if time > steps.times[-1] and survival > 0:
        return missing(f"nobody is followed to {time:g}")
    if survival in (0.0, 1.0):
        return Estimate(survival, None, None, f"no limits where the share is {survival:.0f}")
    return Estimate(survival, float(steps.low[last]), float(steps.high[last]))


def quantile(times: np.ndarray, events: np.ndarray, share: float) -> Estimate:
    """The time by which a share of participants has had the event, with 95 % limits: 0.25, 0.5 and 0.75
    give the quartiles.

    It is the time at which survival reaches 1 minus the share, found as the median is.

    Takes     one time and one event (true) or censoring (false) per participant; a share between 0 and 1.
    Returns   the unit of the times.
    Source    As `survival.median`; R's quantile of survfit, conf.type "log-log".
    """
    if not len(times):
        return missing(NOBODY)
    if not np.any(events):
        return missing(NO_EVENT)
    steps = curve(times, events)
    with_event = steps.events > 0
    at = steps.times[with_event]
    low, value, high = (
        time_at(at, estimate[with_event], 1 - share) for estimate in (steps.low, steps.survival, steps.high)
    )
    not_reached = "not reached" if value is None else "a limit is not reached"
    return Estimate(value, low, high, not_reached if None in (value, low, high) else "")


def follow_up(times: np.ndarray, events: np.ndarray) -> Estimate:
    """Median follow-up with 95 % limits by the reverse of Kaplan and Meier: to be censored is the event, and
    the event censors.

    Takes     one time and one event (true) or censoring (false) per participant.
    Returns   the unit of the times.
    Source    Schemper and Smith 1996, Controlled Clinical Trials 17: 343.
    """
    if len(times) and np.all(events):
        return missing("nobody is censored")
    return quantile(times, ~np.asarray(events, dtype=bool), 0.5)


@dataclass(frozen=True)
class Numbers:
    """Of one arm, per time: participants still at risk, and those with an event or censored before it."""

    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    censored: tuple[int, ...]


def numbers_at(times: np.ndarray, events: np.ndarray, at: Sequence[float]) -> Numbers:
    """The numbers under a curve: at risk at a time is whoever has that time or a later one; the others have
    had the event or were censored before it. The three add up to all participants.

    Takes     one time and one event (true) or censoring (false) per participant; times in the same unit.
    """
    events = np.asarray(events, dtype=bool)
    before = [np.asarray(times) < time for time in at]
    return Numbers(
        tuple(int(np.sum(~gone)) for gone in before),
        tuple(int(np.sum(gone & events)) for gone in before),
        tuple(int(np.sum(gone & ~events)) for gone in before),
    )
