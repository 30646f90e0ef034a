"""Restricted mean survival: the mean time without event up to a limit, of one arm and between two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.derivations.statistics.curves import NOBODY, curve
from pipeline.derivations.statistics.estimate import Estimate

_Z = 1.959963984540054  # 97.5 % of the standard normal distribution


@dataclass(frozen=True)
class RestrictedMean(Estimate):
    """The mean with its limits, and its standard error, in the unit of the times."""

    error: float | None = None


@dataclass(frozen=True)
class MeanDifference(RestrictedMean):
    """Mean of the arm minus mean of the control, with p of the test that they are the same."""

    p: float | None = None


def restricted_mean(times: np.ndarray, events: np.ndarray, until: float) -> RestrictedMean:
    """The area under the curve of Kaplan and Meier from 0 to a limit.

    1. The variance adds up, over the times of events before the limit, the squared area from that time to the
       limit times events / (at risk x (at risk - events)).
    2. The 95 % limits are mean +/- 1.96 standard errors; without an event before the limit there are none.
    3. Where the last participant is censored before the limit the curve does not reach it, and there is no
       mean.

    Takes     one time and one event (true) or censoring (false) per participant; the limit in the same unit,
              above 0.
    Returns   the unit of the times.
    Source    Irwin 1949, Journal of Hygiene 47: 188; Klein and Moeschberger 2003, 4.5; Uno et al. 2014, JCO
              32: 2380; R's print of survfit with rmean.
    """
    if not len(times):
        return RestrictedMean(None, None, None, NOBODY)
    steps = curve(times, events)
    if until > steps.times[-1] and steps.survival[-1] > 0:
        return RestrictedMean(None, None, None, f"nobody is followed to {until:g}")
    before = (steps.events > 0) & (steps.times < until)
    at, survival = steps.times[before], steps.survival[before]
    edges = np.concatenate([[0.0], at, [until]])
    areas = np.concatenate([[1.0], survival]) * np.diff(edges)
    mean = float(areas.sum())
    after = areas[::-1].cumsum()[::-1][1:]  # from each time of an event to the limit
    at_risk, failed = steps.at_risk[before], steps.events[before]
    remaining = at_risk - failed
    share = np.divide(failed, at_risk * remaining, out=np.zeros(len(at)), where=remaining > 0)
    error = float(np.sqrt(np.sum(after**2 * share)))
    if not error:
        return RestrictedMean(mean, None, None, "no variance before the limit", None)
    return RestrictedMean(mean, mean - _Z * error, mean + _Z * error, "", error)


def mean_difference(arm: RestrictedMean, control: RestrictedMean) -> MeanDifference:
    """The difference of two restricted means of one limit, with 95 % limits and two-sided p by the normal
    distribution.

    Takes     the means of the arm and of the control.
    Returns   the unit of the times.
    Source    Uno et al. 2014, JCO 32: 2380.
    """
    from scipy.stats import norm

    if arm.value is None or control.value is None:
        return MeanDifference(None, None, None, arm.reason if arm.value is None else control.reason)
    difference = arm.value - control.value
    if arm.error is None or control.error is None:
        reason = arm.reason if arm.error is None else control.reason
        return MeanDifference(difference, None, None, reason)
    error = float(np.hypot(arm.error, control.error))
    p = float(2 * norm.sf(abs(difference) / error))
    return MeanDifference(difference, difference - _Z * error, difference + _Z * error, "", error, p)


def longest_limit(times: np.ndarray, events: np.ndarray, arm: np.ndarray) -> float | None:
    """The longest limit to which both arms can be compared: the shorter of their last times.

    An arm whose survival ends at 0 reaches any limit, so its last time does not count.

    Takes     one time and one event (true) or censoring (false) per participant; whether the participant is
              of the arm (true) or of the control.
    Returns   the unit of the times; None where an arm has no participants.
    Source    Uno et al. 2014, JCO 32: 2380 (the largest times of the arms, the smaller of them).
    """
    reach = []
    for of_arm in (arm, ~arm):
        if not np.any(of_arm):
            return None
        steps = curve(times[of_arm], events[of_arm])
        reach.append(float(steps.times[-1]) if steps.survival[-1] > 0 else np.inf)
    shortest = min(reach)
    return shortest if np.isfinite(shortest) else float(np.max(times))
