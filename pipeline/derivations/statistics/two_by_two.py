"""Tables of two by two: odds ratio and exact test of two arms, and the exact test of two answers of the same
participants.
"""

from __future__ import annotations

import numpy as np

from pipeline.derivations.statistics.estimate import Estimate, Test, missing


def odds_ratio(arm: np.ndarray, control: np.ndarray) -> Estimate:
    """The odds of the arm to those of the control: the conditional maximum likelihood estimate with exact
    95 % limits.

    1. Where nobody or everybody of both arms responded, or an arm is empty, there is no ratio.
    2. Where one arm has only responders or none, the ratio is 0 or without end: 0 is told, what has no end is
       not.

    Takes     whether each participant responded, of the arm and of the control.
    Source    Cornfield 1956; as R's fisher.test.
    """
    from scipy.stats.contingency import odds_ratio as conditional_odds_ratio

    if not len(arm) or not len(control):
        return missing("an arm has no participants")
    table = _table(arm, control)
    if 0 in table.sum(axis=0):
        return missing("nobody or everybody responded")
    ratio = conditional_odds_ratio(table, kind="conditional")
    limits = ratio.confidence_interval(0.95)
    value, low, high = (
        float(n) if np.isfinite(n) else None for n in (ratio.statistic, limits.low, limits.high)
    )
    return Estimate(value, low, high, "without an upper bound" if None in (value, high) else "")


def exact_test(arm: np.ndarray, control: np.ndarray) -> Test:
    """Fisher's exact test that two arms respond alike, two-sided: the tables that are no more likely than the
    one observed.

    Takes     whether each participant responded, of the arm and of the control.
    Returns   p; an exact test has no statistic.
    Source    Fisher 1935; as R's fisher.test.
    """
    from scipy.stats import fisher_exact

    if not len(arm) or not len(control):
        return Test(None, None, "an arm has no participants")
    table = _table(arm, control)
    if 0 in table.sum(axis=0):
        return Test(None, None, "nobody or everybody responded")
    return Test(None, float(fisher_exact(table).pvalue), "")


def exact_change(first: np.ndarray, second: np.ndarray) -> Test:
    """McNemar's exact test that two evaluators say yes equally often of the same participants, two-sided.

    Only participants of whom they disagree count; where there is none, there is no test.

    Takes     whether each evaluator says yes, for each participant in the same order.
    Returns   p; an exact test has no statistic.
    Source    McNemar 1947, Psychometrika 12: 153; as the binomial test of the disagreements with one half.
    """
    from scipy.stats import binomtest

    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(~first & second))
    if not only_first + only_second:
        return Test(None, None, "no disagreement")
    return Test(None, float(binomtest(only_first, only_first + only_second, 0.5).pvalue), "")


def _table(arm: np.ndarray, control: np.ndarray) -> np.ndarray:
    return np.array([[int(np.sum(a)), len(a) - int(np.sum(a))] for a in (arm, control)])
