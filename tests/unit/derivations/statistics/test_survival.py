"""Median, log-rank test and hazard ratio: published results, tables worked out by hand, R's answers,
and a second library.

R's answers are those of R 4.2.2 with survival 3.5-3 (survfit with conf.type "log-log", survdiff, coxph with
ties "efron"). They were made apart and typed into `tests/external/survival_by_r.tsv`; a cell is empty where R
has NA.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

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
MEDIANS = {
    # rule: (times and events, (median, low, high) as R has them)
    "the first time at which fewer than half survive": (MERCAPTOPURINE, (23, 13, None)),
    "without censoring": (PLACEBO, (8, 4, 11)),
    "half survive from 4 to 8, and an event ends it: the midpoint": (
        ([2, 4, 6, 8], [1, 1, 0, 1]),
        (6, 2, None),
    ),
    "half survive from 4 to 6, and an event ends it: the midpoint": (
        ([2, 4, 6, 8], [1, 1, 1, 1]),
        (5, 2, None),
    ),
    "half survive from 4 on, and no event ends it: its first time": (
        ([2, 4, 6, 8], [1, 1, 0, 0]),
        (4, 2, None),
    ),
    "half survive from 3 on, tied with a time of censoring": (([1, 3, 5, 7], [1, 1, 1, 0]), (4, 1, None)),
    "a limit where nobody survives has no value": (([1, 1, 2, 2, 3], [1, 0, 1, 1, 1]), (2, 1, None)),
    "the median is not reached, its lower limit is": (([3, 5, 7], [1, 0, 0]), (None, 3, None)),
    "one participant": (([4], [1]), (4, None, None)),
    "all at once": (([4, 4], [1, 1]), (4, None, None)),
    "nobody": (([], []), NONE),
    "no event": (([3, 5], [0, 0]), NONE),
}


@pytest.mark.parametrize(("arm", "expected"), MEDIANS.values(), ids=MEDIANS)
def test_the_median_and_its_limits(arm: Arm, expected: tuple[float | None, ...]) -> None:
    result = median(arm)
    assert (result.participants, result.events) == (len(arm[0]), sum(arm[1]))
    assert (result.median, result.low, result.high) == expected


def answers_of_r() -> Iterator[tuple[Arm, Arm, tuple[float | None, ...]]]:
    """Arm, control, and R's median of the arm with limits, p, and hazard ratio with limits."""
    with (Path(__file__).parents[3] / "external" / "survival_by_r.tsv").open(encoding="ascii") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            arm, control = (
                ([float(t) for t in row[f"{of}_times"].split()], [int(e) for e in row[f"{of}_events"]])
                for of in ("arm", "control")
            )
            names = ("median", "low", "high", "p", "ratio", "ratio_low", "ratio_high")
            yield arm, control, tuple(float(row[n]) if row[n] else None for n in names)


@pytest.mark.parametrize(("arm", "control", "expected"), list(answers_of_r()))
def test_fifty_small_trials_give_what_r_gives(
    arm: Arm, control: Arm, expected: tuple[float | None, ...]
) -> None:
    result, comparison = median(arm), compare(arm, control)
    ours = [result.median, result.low, result.high]
    ours += [comparison.p, comparison.ratio, comparison.low, comparison.high]
    for value, answer in zip(ours, expected, strict=True):
        assert value == (answer if answer is None else pytest.approx(answer, rel=1e-6))


# --- the comparison
def test_the_comparison_of_the_published_trial_is_the_one_that_others_publish() -> None:
    """The chi-square 16.79 of the log-rank test and Cox's coefficient 1.572 by Efron stand in textbooks and
    in the help of R.
    """
    comparison = compare(MERCAPTOPURINE, PLACEBO)
    assert comparison.p == pytest.approx(4.168809e-05, rel=1e-6)
    ratio = (comparison.ratio, comparison.low, comparison.high)
    assert ratio == pytest.approx((0.20760, 0.09251, 0.46587), abs=1e-5)
    assert comparison.ratio is not None
    assert -np.log(comparison.ratio) == pytest.approx(1.572, abs=5e-4)


def test_survival_has_limits_where_it_is_neither_1_nor_0() -> None:
    """By hand of 0.5 with an error of 0.1: the log is -0.693147, 1.959964 * 0.1 / (0.5 * 0.693147) is
    0.565526, and the limits are exp(-0.693147 * exp(0.565526)) and exp(-0.693147 * exp(-0.565526)).
    """
    lower, upper = survival.log_log_limits(np.array([1.0, 0.5, 0.0]), np.array([0.0, 0.1, 0.0]))
    assert [*np.isnan(lower)] == [*np.isnan(upper)] == [True, False, True]
    assert (lower[1], upper[1]) == pytest.approx((0.2951717, 0.6745226), abs=1e-6)


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
    comparison = compare(arm, control)
    assert comparison.p == (p if p is None else pytest.approx(p, abs=5e-5))
    assert (comparison.ratio, comparison.low, comparison.high) == NONE


def test_where_all_who_are_at_risk_fail_the_test_has_no_variance() -> None:
    comparison = compare(([1, 1], [1, 1]), ([1, 1], [1, 1]))
    assert comparison.p is None
    assert comparison.ratio == pytest.approx(1.0)


# --- a second library, over random tables
def _drawn(random: np.random.Generator) -> Arm:
    size = int(random.integers(2, 15))
    return list(random.integers(1, 20, size).astype(float)), list(random.integers(0, 2, size))


def _by_scipy(arm: Arm) -> tuple[float | None, ...]:
    times, events = np.array(arm[0], dtype=float), np.array(arm[1], dtype=bool)
    if not events.any():
        return NONE
    curve = ecdf(CensoredData(uncensored=times[events], right=times[~events])).sf
    # scipy warns where survival is 0 or 1 and has no limits there
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        limits = curve.confidence_interval(0.95, method="log-log")
    curves = (curve.probabilities, limits.low.probabilities, limits.high.probabilities)
    return tuple(_half(list(zip(curve.quantiles, values, strict=True))) for values in curves)


def _half(curve: list[tuple[float, float]]) -> float | None:
    """Where a curve of times and probabilities reaches one half, step by step."""
    plateau = None
    for time, probability in curve:
        if np.isnan(probability):
            continue
        if plateau is not None and probability < 0.5 - 1e-8:
            return float(plateau + time) / 2
        if plateau is None and probability < 0.5 - 1e-8:
            return float(time)
        if plateau is None and probability < 0.5 + 1e-8:
            plateau = float(time)
    return plateau


def _efron(log: float, arm: Arm, control: Arm) -> float:
    """Minus the logarithm of Cox's partial likelihood with Efron's ties, term by term."""
    records = [(t, e, 1) for t, e in zip(*arm, strict=True)]
    records += [(t, e, 0) for t, e in zip(*control, strict=True)]
    total = 0.0
    for time in {t for t, e, _ in records if e}:
        failed = [x for t, e, x in records if e and t == time]
        at_risk = sum(np.exp(log * x) for t, _, x in records if t >= time)
        tied = sum(np.exp(log * x) for x in failed)
        total += log * sum(failed) - sum(np.log(at_risk - i / len(failed) * tied) for i in range(len(failed)))
    return -float(total)


def test_a_second_library_gives_the_same_results(prove: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    rated = 0
    for _ in range(1000 if prove else 60):
        arm, control = _drawn(random), _drawn(random)
        result = median(arm)
        assert (result.median, result.low, result.high) == _by_scipy(arm), arm
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
