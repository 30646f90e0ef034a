"""Whether the hazards of two arms stay proportional over time: the assumption of the hazard ratio."""

from __future__ import annotations

import numpy as np

from pipeline.derivations.statistics.curves import curve
from pipeline.derivations.statistics.estimate import Test
from pipeline.derivations.statistics.survival import compare


def proportional_hazards(
    times: np.ndarray, events: np.ndarray, arm: np.ndarray, strata: np.ndarray | None = None
) -> Test:
    """The score test that the logarithm of the hazard ratio does not change with time.

    1. Time counts as 1 minus survival of all participants just before it (Kaplan and Meier), centred over the
       events.
    2. At each time of an event the Schoenfeld residual is the events of the arm less those that Cox's model
       expects (Efron's ties), with the variance that the model gives it.
    3. The score is the sum of residuals times the time of 1; its variance is the sum of variances times the
       square of that time, less what estimating the ratio takes from it. Score squared over variance is
       chi-square with 1 degree of freedom.
    4. It needs a hazard ratio, and events at two times when both arms are at risk.

    Takes     one time and one event (true) or censoring (false) per participant; whether the participant is
              of the arm (true) or of the control; the stratum of each, or nothing.
    Returns   chi-square and p.
    Source    Grambsch and Therneau 1994, Biometrika 81: 515, as the score test that R's cox.zph gives from
              survival 3.0 on (transform "km"); releases before it approximated the variance.
    """
    from scipy.stats import chi2

    ratio = compare(times, events, arm, strata).ratio
    if ratio is None:
        return Test(None, None, "no hazard ratio")
    clock = _clock(times, events)
    within = np.zeros(len(times)) if strata is None else strata
    score = plain = mixed = squared = 0.0
    for stratum in np.unique(within):
        of_stratum = within == stratum
        for time in np.unique(times[of_stratum & events]):
            at_risk = of_stratum & (times >= time)
            failing = at_risk & events & (times == time)
            residual, variance = _residual(arm[at_risk], arm[failing], ratio)
            scaled = clock[time]
            score += scaled * residual
            plain += variance
            mixed += scaled * variance
            squared += scaled**2 * variance
    left = squared - mixed**2 / plain
    if left <= 1e-12 * squared:
        return Test(None, None, "events at one time only when both arms are at risk")
    statistic = score**2 / left
    return Test(statistic, float(chi2.sf(statistic, 1)), "")


def _clock(times: np.ndarray, events: np.ndarray) -> dict[float, float]:
    """Time of each event as rule 1 counts it."""
    steps = curve(times, events)
    with_event = steps.events > 0
    before = np.concatenate([[1.0], steps.survival[:-1]])[with_event]
    scaled = 1 - before
    centred = scaled - np.average(scaled, weights=steps.events[with_event])
    return dict(zip(steps.times[with_event].tolist(), centred.tolist(), strict=True))


def _residual(at_risk: np.ndarray, failing: np.ndarray, ratio: float) -> tuple[float, float]:
    """Schoenfeld residual and its variance at one time, ties by Efron."""
    weight = np.where(at_risk, ratio, 1.0).sum()
    weight_of_arm = ratio * at_risk.sum()
    tied, tied_of_arm = np.where(failing, ratio, 1.0).sum(), ratio * failing.sum()
    expected = variance = 0.0
    for i in range(len(failing)):
        share = i / len(failing)
        mean = (weight_of_arm - share * tied_of_arm) / (weight - share * tied)
        expected += mean
        variance += mean * (1 - mean)
    return float(failing.sum() - expected), float(variance)
