"""Time to event: median survival of each arm, log-rank test and hazard ratio between two arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_Z = 1.959963984540054  # 97.5 % of the standard normal distribution
_TOLERANCE = float(np.finfo(float).eps) ** 0.5  # within which survival is 0.5: it is a product of fractions


@dataclass(frozen=True)
class Median:
    """Participants, events, and the median with its limits in the unit of the times; None where it cannot be
    estimated.
    """

    participants: int
    events: int
    median: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Comparison:
    """p of the log-rank test of two arms, and the hazard ratio of the arm to the control with its limits;
    None where it cannot be estimated.
    """

    p: float | None
    ratio: float | None
    low: float | None
    high: float | None


def median(times: np.ndarray, events: np.ndarray) -> Median:
    """Median by Kaplan and Meier with its 95 % confidence limits.

    1. The median is the first time at which survival is below 50 %.
    2. Where survival is 50 % from one event to the next, the median is the midpoint of the two times; where
       no event ends the plateau, it is the first time of the plateau.
    3. The limits are where the 95 % confidence limits of survival reach 50 %, found in the same way. These
       limits are those of the complementary log-log of survival with Greenwood's variance; where survival is
       0 or 1 they have no value.
    4. What does not reach 50 % cannot be estimated.

    Takes     one time and one event (true) or censoring (false) per participant.
    Returns   the unit of the times; None where it cannot be estimated.
    Source    Kaplan and Meier 1958, JASA 53: 457; Brookmeyer and Crowley 1982, Biometrics 38: 29; Kalbfleisch
              and Prentice 1980, 1.3; as R's survival (survfit, conf.type "log-log"). SAS's documentation of
              LIFETEST has the same midpoint for the median; its answers were not compared.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    if not np.any(events):
        return Median(len(times), 0, None, None, None)
    curve = SurvfuncRight(times, events.astype(float))
    event_times, survival = np.asarray(curve.surv_times), np.asarray(curve.surv_prob)
    lower, upper = log_log_limits(survival, np.asarray(curve.surv_prob_se))
    low, middle, high = (time_at(event_times, estimate, 0.5) for estimate in (lower, survival, upper))
    return Median(len(times), int(np.sum(events)), middle, low, high)


def log_log_limits(survival: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % confidence limits of survival by its complementary log-log; not a number where survival is 0 or 1.

    Takes     survival at some times, and its standard errors.
    Returns   lower and upper limits.
    Source    Kalbfleisch and Prentice 1980, 1.3.
    """
    lower, upper = np.full_like(survival, np.nan), np.full_like(survival, np.nan)
    between = (survival > 0) & (survival < 1)
    log = np.log(survival[between])
    width = _Z * error[between] / (survival[between] * np.abs(log))
    lower[between] = np.exp(log * np.exp(width))
    upper[between] = np.exp(log * np.exp(-width))
    return lower, upper


def time_at(times: np.ndarray, estimate: np.ndarray, share: float) -> float | None:
    """The time at which a falling estimate reaches a share, as rules 1, 2 and 4 of `median` say of 50 %.

    Takes     times of events and the estimate from each of them on.
    Returns   the unit of the times; None where the share is not reached.
    """
    reached = estimate < share + _TOLERANCE  # false where there is no estimate
    if not reached.any():
        return None
    times, estimate = times[reached], estimate[reached]
    later = estimate < estimate[0]
    if abs(estimate[0] - share) < _TOLERANCE and later.any():
        return float((times[0] + times[later][0]) / 2)
    return float(times[0])


def compare(
    times: np.ndarray, events: np.ndarray, arm: np.ndarray, strata: np.ndarray | None = None
) -> Comparison:
    """Log-rank test and Cox's hazard ratio of one arm to the other, without covariates; by strata where the
    study has them.

    1. The log-rank test is two-sided. It needs an event at a time when both arms are at risk and not all who
       are at risk fail.
    2. The hazard ratio is that of Cox's model, ties by Efron's method, 95 % limits by Wald's. It needs an
       event of each arm at a time when both arms are at risk; otherwise the likelihood grows without end.
    3. With strata, participants are at risk within their stratum: the test adds up the strata's observed and
       expected events and variances, the model has a baseline hazard for each. What 1 and 2 need may be found
       in different strata.

    Takes     one time and one event (true) or censoring (false) per participant; whether the participant is
              of the arm (true) or of the control; the stratum of each, or nothing.
    Returns   p and ratio; None where they cannot be estimated.
    Source    Mantel 1966, Cancer Chemotherapy Reports 50: 163; Cox 1972, JRSS B 34: 187; Efron 1977, JASA 72:
              557; Kalbfleisch and Prentice 1980, 1.4 and 4.4 (strata).
    """
    of_stratum = np.zeros(len(times), dtype="int64")
    if strata is not None:
        of_stratum = np.unique(strata, return_inverse=True)[1]
    found = [_estimable(times[s], events[s], arm[s]) for s in _masks(of_stratum)]
    has_test = any(test for test, _ in found)
    has_ratio = len({a for _, with_events in found for a in with_events}) == 2
    p = ratio = low = high = None
    if has_test:
        from statsmodels.duration.survfunc import survdiff

        within = of_stratum if strata is not None else None
        p = float(survdiff(times, events.astype(float), arm.astype(float), strata=within)[1])
    if has_ratio:
        from statsmodels.duration.hazard_regression import PHReg

        model: Any = PHReg(
            times,
            arm.astype(float)[:, None],
            status=events.astype(float),
            strata=of_stratum,
            ties="efron",
        )
        # Newton's steps alone leave the likelihood where an arm has few participants; from near its top they
        # end on it.
        fit = model.fit(start_params=model.fit(method="bfgs", disp=0).params, disp=0)
        log, error = float(fit.params[0]), float(fit.bse[0])
        ratio, low, high = (float(np.exp(log + z * error)) for z in (0, -_Z, _Z))
    return Comparison(p, ratio, low, high)


def _masks(of_stratum: np.ndarray) -> list[np.ndarray]:
    return [of_stratum == stratum for stratum in np.unique(of_stratum)]


def _estimable(times: np.ndarray, events: np.ndarray, arm: np.ndarray) -> tuple[bool, set[bool]]:
    """Of one stratum: whether the log-rank test can be estimated, and the arms with an event at a time when
    both arms are at risk.
    """
    has_test = False
    arms_with_events = set[bool]()
    for time in np.unique(times[events]):
        at_risk = times >= time
        failing = events & (times == time)
        if len(np.unique(arm[at_risk])) < 2:
            continue
        has_test |= bool(failing.sum() < at_risk.sum())
        arms_with_events |= {bool(a) for a in arm[failing]}
    return has_test, arms_with_events
