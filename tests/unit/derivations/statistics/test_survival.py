"""Median, log-rank test and hazard ratio: figures that others published, tables worked out by hand, and a
second library.

lifelines 0.30.3 needs pandas 2, so it cannot stand beside this project: its figures below were made apart
(KaplanMeierFitter, median_survival_times of its confidence_interval_, logrank_test, CoxPHFitter) and typed.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import CensoredData, ecdf, logrank

from pipeline.derivations.statistics import survival

Arm = tuple[Sequence[float], Sequence[int]]  # times, and 1 for an event
# Remission of leukaemia in weeks (Freireich 1963; Gehan 1965), 6-MP and placebo
MERCAPTOPURINE: Arm = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO: Arm = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)
NONE = (None, None, None)


def median(arm: Arm) -> survival.Median:
    return survival.median(np.array(arm[0], dtype=float), np.array(arm[1], dtype=bool))


def compare(arm: Arm, control: Arm) -> survival.Comparison:
    times, events = (
        np.array([*arm[0], *control[0]], dtype=float),
        np.array([*arm[1], *control[1]], dtype=bool),
    )
    return survival.compare(times, events, np.repeat([True, False], [len(arm[0]), len(control[0])]))


# --- the median
@pytest.mark.parametrize(
    ("arm", "expected"),
    [  # limits by lifelines
        (MERCAPTOPURINE, (23, 13, None)),
        (PLACEBO, (8, 4, 11)),
        (([2, 4, 6, 8], [1, 1, 0, 1]), (4, 2, 8)),
        (([1, 3, 5, 7], [1, 1, 1, 0]), (3, 1, None)),
        (([1, 1, 2, 2, 3], [1, 0, 1, 1, 1]), (2, 1, 3)),
    ],
)
def test_the_median_is_the_first_time_at_which_half_or_fewer_survive(
    arm: Arm, expected: tuple[float | None, ...]
) -> None:
    found = median(arm)
    assert (found.participants, found.events) == (len(arm[0]), sum(arm[1]))
    assert (found.median, found.low, found.high) == expected


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        (([], []), survival.Median(0, 0, *NONE)),
        (([3, 5], [0, 0]), survival.Median(2, 0, *NONE)),
        (
            ([3, 5, 7], [1, 0, 0]),
            survival.Median(3, 1, None, 3, None),
        ),  # survival stays at 2/3, its band does not
        (([4], [1]), survival.Median(1, 1, 4, 4, 4)),
        (([4, 4], [1, 1]), survival.Median(2, 2, 4, 4, 4)),
    ],
)
def test_a_median_that_is_not_reached_is_none(arm: Arm, expected: survival.Median) -> None:
    assert median(arm) == expected


# --- the comparison
def test_the_comparison_of_the_published_trial_is_the_one_that_others_publish() -> None:
    """The chi-square 16.79 of the log-rank test and Cox's coefficient 1.572 by Efron stand in textbooks and
    in the help of R.
    """
    found = compare(MERCAPTOPURINE, PLACEBO)
    assert found.p == pytest.approx(4.168809e-05, rel=1e-6)
    assert (found.ratio, found.low, found.high) == pytest.approx((0.20760, 0.09251, 0.46587), abs=1e-5)
    assert found.ratio is not None
    assert -np.log(found.ratio) == pytest.approx(1.572, abs=5e-4)


@pytest.mark.parametrize(
    ("arm", "control", "expected"),
    [  # by lifelines
        (([2, 4, 6, 8], [1, 1, 0, 1]), ([1, 3, 5, 7], [1, 1, 1, 0]), (0.54571, 0.57874, 0.09607, 3.48645)),
        (
            ([1, 1, 2, 2, 3], [1, 0, 1, 1, 1]),
            ([1, 2, 2, 3, 4], [1, 1, 0, 1, 0]),
            (0.32997, 2.13235, 0.46537, 9.77061),
        ),
    ],
)
def test_small_comparisons_are_those_of_lifelines(
    arm: Arm, control: Arm, expected: tuple[float, ...]
) -> None:
    found = compare(arm, control)
    assert (found.p, found.ratio, found.low, found.high) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("arm", "control", "p"),
    [
        (([], []), ([], []), None),
        (([], []), ([1, 2], [1, 1]), None),
        (([1, 2], [0, 0]), ([1, 2], [0, 0]), None),  # all censored
        (([5, 6], [1, 1]), ([1, 2], [0, 0]), None),  # events only when the control is gone
        (
            ([3, 4], [0, 0]),
            ([1, 2], [1, 1]),
            0.0896,
        ),  # by hand: 2 events, expected 1/2 + 1/3, variance 1/4 + 2/9
        (
            ([3, 4], [1, 1]),
            ([1, 2], [1, 1]),
            0.0896,
        ),  # the arm's events lie where the control is no longer at risk
    ],
)
def test_what_cannot_be_estimated_is_none(arm: Arm, control: Arm, p: float | None) -> None:
    found = compare(arm, control)
    assert found.p == (p if p is None else pytest.approx(p, abs=5e-5))
    assert (found.ratio, found.low, found.high) == NONE


def test_where_all_who_are_at_risk_fail_the_test_has_no_variance() -> None:
    found = compare(([1, 1], [1, 1]), ([1, 1], [1, 1]))
    assert found.p is None
    assert found.ratio == pytest.approx(1.0)


# --- a second library, over random tables
def _drawn(random: np.random.Generator) -> Arm:
    size = int(random.integers(2, 15))
    return list(random.integers(1, 20, size).astype(float)), list(random.integers(0, 2, size))


def _by_scipy(arm: Arm) -> tuple[float | None, ...]:
    times, events = np.array(arm[0], dtype=float), np.array(arm[1], dtype=bool)
    if not events.any():
        return NONE
    curve = ecdf(CensoredData(uncensored=times[events], right=times[~events])).sf
    with (
        np.errstate(all="ignore"),
        warnings.catch_warnings(action="ignore"),
    ):  # it has no band where survival is 0 or 1
        band = curve.confidence_interval(0.95, method="log-log")
    found = []
    for held in (curve, band.low, band.high):
        known = np.where(np.isnan(held.probabilities), curve.probabilities, held.probabilities)
        below = curve.quantiles[known <= 0.5 + 1e-9]
        found.append(float(below[0]) if len(below) else None)
    return tuple(found)


def _efron(log: float, arm: Arm, control: Arm) -> float:
    """Minus the logarithm of Cox's partial likelihood with Efron's ties, term by term."""
    told = [(t, e, 1) for t, e in zip(*arm, strict=True)] + [(t, e, 0) for t, e in zip(*control, strict=True)]
    total = 0.0
    for time in {t for t, e, _ in told if e}:
        failed = [x for t, e, x in told if e and t == time]
        at_risk = sum(np.exp(log * x) for t, _, x in told if t >= time)
        tied = sum(np.exp(log * x) for x in failed)
        total += log * sum(failed) - sum(np.log(at_risk - i / len(failed) * tied) for i in range(len(failed)))
    return -float(total)


def test_a_second_library_gives_the_same_figures(prove: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    rated = 0
    for _ in range(1000 if prove else 60):
        arm, control = _drawn(random), _drawn(random)
        found = median(arm)
        assert (found.median, found.low, found.high) == _by_scipy(arm), arm
        compared = compare(arm, control)
        if compared.p is not None:
            groups = [
                CensoredData(uncensored=np.array(t)[np.array(e) == 1], right=np.array(t)[np.array(e) == 0])
                for t, e in (arm, control)
            ]
            assert compared.p == pytest.approx(logrank(*groups).pvalue, abs=1e-9), (arm, control)
        if compared.ratio is not None:
            best = minimize_scalar(
                _efron, bounds=(-8, 8), args=(arm, control), method="bounded", options={"xatol": 1e-9}
            )
            assert np.log(compared.ratio) == pytest.approx(best.x, abs=1e-4), (arm, control)
            rated += 1
    assert rated > 20
