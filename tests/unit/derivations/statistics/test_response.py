"""Rates and their difference: figures that others published, what can be counted by hand, and a second
library.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from pipeline.derivations.statistics import response


def of(responders: int, participants: int) -> np.ndarray:
    return np.arange(participants) < responders


@pytest.mark.parametrize(
    ("responders", "participants", "low", "high"),
    [  # Clopper and Pearson's limits as tables of the binomial distribution give them
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (1, 1, 0.025, 1.0),
    ],
)
def test_the_rate_has_its_exact_limits(responders: int, participants: int, low: float, high: float) -> None:
    found = response.rate(of(responders, participants))
    assert (found.participants, found.responders) == (participants, responders)
    assert (found.rate, found.low, found.high) == pytest.approx(
        (responders / participants, low, high), abs=5e-5
    )


@pytest.mark.parametrize(
    ("arm", "control", "difference", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70), (48, 80), 0.2000, 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.6000, 0.1705, 0.8090),
        ((10, 10), (0, 20), 1.0000, 0.6791, 1.0000),
        ((5, 56), (0, 29), 0.0893, -0.0381, 0.1926),
    ],
)
def test_the_difference_has_the_limits_that_newcombe_published(
    arm: tuple[int, int], control: tuple[int, int], difference: float, low: float, high: float
) -> None:
    found = response.difference(of(*arm), of(*control))
    assert (found.difference, found.low, found.high) == pytest.approx((difference, low, high), abs=5.1e-5)


def test_an_arm_without_participants_has_no_rate_and_no_difference() -> None:
    assert response.rate(of(0, 0)) == response.Rate(0, 0, None, None, None)
    nothing = response.Difference(None, None, None)
    assert response.difference(of(0, 0), of(1, 2)) == response.difference(of(1, 2), of(0, 0)) == nothing


def test_a_second_library_gives_the_same_limits(prove: bool) -> None:
    cases = [(r, n) for n in range(1, 31 if prove else 9) for r in range(n + 1)]
    for responders, participants in cases:
        found = response.rate(of(responders, participants))
        exact = binomtest(responders, participants).proportion_ci(0.95, "exact")
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-9)
    for (a, n), (b, m) in zip(cases, reversed(cases), strict=True):
        one, other = (binomtest(r, k).proportion_ci(0.95, "wilson") for r, k in ((a, n), (b, m)))
        p, q = a / n, b / m
        low, high = (
            p - q - np.hypot(p - one.low, other.high - q),
            p - q + np.hypot(one.high - p, q - other.low),
        )
        difference = response.difference(of(a, n), of(b, m))
        assert (difference.low, difference.high) == pytest.approx((low, high), abs=1e-9)
