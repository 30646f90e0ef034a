"""Time to event: median survival of each arm, log-rank test and hazard ratio between two arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_Z = 1.959963984540054  # 97.5 % of the standard normal distribution


@dataclass(frozen=True)
class Median:
    """Participants, events, and the median with its limits in the unit of the times; None where it was not
    reached.
    """

    participants: int
    events: int
    median: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Comparison:
    """Of two arms: p of the log-rank test, and the hazard ratio of the arm to the control with its limits;
    None where not estimable.
    """

    p: float | None
    ratio: float | None
    low: float | None
    high: float | None


def median(times: np.ndarray, events: np.ndarray) -> Median:
    """Median by Kaplan and Meier: the first time at which survival is 50 % or less; its limits are where the
    95 % band of survival is.

    The band is that of the complementary log-log of survival with Greenwood's variance. Where survival, or
    the band, stays above 50 %, there is no such time.

    Takes     one time and one event (true) or censoring (false) a participant.
    Source    Kaplan and Meier 1958, JASA 53: 457; Brookmeyer and Crowley 1982, Biometrics 38: 29; Kalbfleisch
              and Prentice 1980, 1.3.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    if not np.any(events):
        return Median(len(times), 0, None, None, None)
    curve = SurvfuncRight(times, events.astype(float))
    survival, error = np.asarray(curve.surv_prob), np.asarray(curve.surv_prob_se)
    inside = (survival > 0) & (
        survival < 1
    )  # elsewhere the logarithm has no value and the band is the estimate
    lower, upper = survival.copy(), survival.copy()
    log = np.log(survival[inside])
    width = _Z * error[inside] / (survival[inside] * np.abs(log))
    lower[inside], upper[inside] = np.exp(log * np.exp(width)), np.exp(log * np.exp(-width))
    first = (_first(np.asarray(curve.surv_times), band) for band in (survival, lower, upper))
    return Median(len(times), int(np.sum(events)), *first)


def compare(times: np.ndarray, events: np.ndarray, arm: np.ndarray) -> Comparison:
    """Log-rank test and Cox's hazard ratio of one arm to the other, without strata or covariates; ties by
    Efron's method, limits by Wald's.

    The test needs a time with an event at which both arms are at risk and more participants than fail. The
    ratio has a value only where, with both arms at risk, each arm has an event; otherwise the likelihood
    grows without end.

    Takes     one time and one event (true) or censoring (false) a participant; whether the participant is of
              the arm (true) or the control.
    Source    Mantel 1966, Cancer Chemotherapy Reports 50: 163; Cox 1972, JRSS B 34: 187; Efron 1977, JASA 72:
              557.
    """
    testable, ratable = _informative(times, events, arm)
    p = ratio = low = high = None
    if testable:
        from statsmodels.duration.survfunc import survdiff

        p = float(survdiff(times, events.astype(float), arm.astype(float))[1])
    if ratable:
        from statsmodels.duration.hazard_regression import PHReg

        model: Any = PHReg(times, arm.astype(float)[:, None], status=events.astype(float), ties="efron")
        # Newton's steps alone leave the likelihood where an arm has few participants; from near its top they
        # end on it.
        fit = model.fit(start_params=model.fit(method="bfgs", disp=0).params, disp=0)
        log, error = float(fit.params[0]), float(fit.bse[0])
        ratio, low, high = (float(np.exp(log + z * error)) for z in (0, -_Z, _Z))
    return Comparison(p, ratio, low, high)


def _first(times: np.ndarray, band: np.ndarray) -> float | None:
    """The first time at which the band is 50 % or less; the last digits of a product of fractions do not
    count.
    """
    below = np.flatnonzero(band <= 0.5 + 1e-9)
    return float(times[below[0]]) if len(below) else None


def _informative(times: np.ndarray, events: np.ndarray, arm: np.ndarray) -> tuple[bool, bool]:
    """Whether the log-rank test, and whether the hazard ratio, can be worked out."""
    testable, failing = False, set[bool]()
    for time in np.unique(times[events]):
        at_risk, now = times >= time, events & (times == time)
        if len(np.unique(arm[at_risk])) == 2:
            testable |= bool(now.sum() < at_risk.sum())
            failing |= {bool(a) for a in arm[now]}
    return testable, len(failing) == 2
