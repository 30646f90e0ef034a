"""Rates over time and tables of two by two: R's answers (R 4.2.2, typed), and what can be counted by hand.

They are those of poisson.test, binom.test and, for p, fisher.test. Its odds ratio and limits are rounded (to
1e-4 of the reciprocal where a limit is above 1), so theirs come from R's uniroot over dhyper, to 1e-13.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.derivations.statistics import averages, incidence, two_by_two
from pipeline.derivations.statistics.estimate import Estimate, Test


def of(responders: int, participants: int) -> np.ndarray:
    return np.arange(participants) < responders


@pytest.mark.parametrize(
    ("events", "years", "rate", "low", "high"),
    [
        (0, 3.2, 0.0, 0.0, 115.2774829),
        (1, 10, 10.0, 0.2531780798, 55.7164339094),
        (7, 12.5, 56.0, 22.51490441, 115.38140289),
        (30, 41, 73.17073171, 49.36798542, 104.45576926),
    ],
)
def test_events_per_100_patient_years_have_exact_limits(
    events: int, years: float, rate: float, low: float, high: float
) -> None:
    result = incidence.incidence(events, years)
    assert (result.value, result.low, result.high) == pytest.approx((rate, low, high), rel=1e-8)


def test_without_time_there_is_no_rate() -> None:
    assert incidence.incidence(0, 0.0) == Estimate(None, None, None, "no time of observation")


def test_days_add_up_to_years() -> None:
    assert incidence.years(np.array([365, 365, 731])) == 4.0
    assert incidence.years(np.array([])) == 0.0


@pytest.mark.parametrize(
    ("arm", "control", "p", "ratio", "low", "high"),
    [
        ((5, 12), (2, 12), 0.3707093822, 3.382565448, 0.4040626119, 45.38126582),
        ((3, 4), (1, 4), 0.4857142857, 6.408319658, 0.2117355954, 626.2435306),
        ((10, 30), (7, 31), 0.4017609229, 1.699104915, 0.4804298026, 6.324208284),
        ((0, 12), (3, 12), 0.2173913043, 0.0, 0.0, 2.286317985),
        ((12, 12), (9, 12), 0.2173913043, None, 0.4373844788, None),
        ((12, 12), (0, 12), 7.396023011e-07, None, 16.56802504, None),
    ],
)
def test_odds_ratio_and_exact_test_of_two_arms(
    arm: tuple[int, int],
    control: tuple[int, int],
    p: float,
    ratio: float | None,
    low: float,
    high: float | None,
) -> None:
    test, estimate = (rule(of(*arm), of(*control)) for rule in (two_by_two.exact_test, two_by_two.odds_ratio))
    assert isinstance(estimate, Estimate)
    assert isinstance(test, Test)
    assert test.statistic is None
    assert test.p == pytest.approx(p, rel=1e-7)
    for value, answer in zip((estimate.value, estimate.low, estimate.high), (ratio, low, high), strict=True):
        assert value == (answer if answer is None else pytest.approx(answer, rel=1e-7))
    assert estimate.reason == ("without an upper bound" if ratio is None else "")


@pytest.mark.parametrize(
    ("arm", "control", "reason"),
    [
        ((0, 0), (1, 2), "an arm has no participants"),
        ((1, 2), (0, 0), "an arm has no participants"),
        ((0, 3), (0, 4), "nobody or everybody responded"),
        ((3, 3), (4, 4), "nobody or everybody responded"),
    ],
)
def test_two_arms_that_cannot_be_compared(
    arm: tuple[int, int], control: tuple[int, int], reason: str
) -> None:
    arms = of(*arm), of(*control)
    assert two_by_two.odds_ratio(*arms) == Estimate(None, None, None, reason)
    assert two_by_two.exact_test(*arms) == Test(None, None, reason)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(1, 9, 0.021484375), (3, 8, 0.2265625), (5, 5, 1.0), (0, 6, 0.03125), (1, 0, 1.0)],
)
def test_two_evaluators_are_compared_by_whom_they_disagree_of(
    only_first: int, only_second: int, p: float
) -> None:
    first = np.array([True] * only_first + [False] * only_second + [True, False])
    second = np.array([False] * only_first + [True] * only_second + [True, False])
    assert two_by_two.exact_change(first, second).p == pytest.approx(p)


def test_without_disagreement_there_is_no_test() -> None:
    agreed = np.array([True, False])
    assert two_by_two.exact_change(agreed, agreed).reason == "no disagreement"


@pytest.mark.parametrize(
    ("values", "mean", "low", "high", "reason"),
    [
        ([1, 2, 3, 10], 4.0, -2.496141318, 10.496141318, ""),  # R's t.test
        ([5], 5.0, None, None, "no limits of one value"),
        ([5, 5], 5.0, None, None, "no variance"),
        ([], None, None, None, "no values"),
    ],
)
def test_a_mean_has_the_limits_of_student(
    values: list[float], mean: float | None, low: float | None, high: float | None, reason: str
) -> None:
    found = averages.mean(np.array(values, dtype=float))
    assert (found.value, found.reason) == (mean, reason)
    for limit, answer in ((found.low, low), (found.high, high)):
        assert limit == (answer if answer is None else pytest.approx(answer, rel=1e-8))
