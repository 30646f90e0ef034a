"""Agreement of two evaluators, against tables worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.derivations.statistics.agreement import agreement

RESPONSES = ["CR", "PR", "SD", "PD"]


def answers(*pairs: tuple[str, str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of answers with how many participants have them."""
    first = [a for a, _, number in pairs for _ in range(number)]
    second = [b for _, b, number in pairs for _ in range(number)]
    return np.array(first, dtype=object), np.array(second, dtype=object)


def test_agreement_beyond_chance() -> None:
    # 35 of 50 agree; by chance half would, so kappa is (0.7 - 0.5) / (1 - 0.5); its standard error is 0.1270
    first, second = answers(("PR", "PR", 20), ("PR", "SD", 5), ("SD", "PR", 10), ("SD", "SD", 15))
    of_both = agreement(first, second, RESPONSES)
    assert of_both.pairs == {("PR", "PR"): 20, ("PR", "SD"): 5, ("SD", "PR"): 10, ("SD", "SD"): 15}
    assert (of_both.participants, of_both.agreeing, of_both.rate) == (50, 35, 0.7)
    assert (of_both.low, of_both.high) == pytest.approx((0.5539, 0.8214), abs=0.0001)
    assert of_both.kappa == pytest.approx(0.4)
    assert (of_both.kappa_low, of_both.kappa_high) == pytest.approx((0.1511, 0.6489), abs=0.0001)


def test_full_agreement() -> None:
    first, second = answers(("CR", "CR", 1), ("PR", "PR", 3), ("PD", "PD", 2))
    of_both = agreement(first, second, RESPONSES)
    assert of_both.rate == 1
    assert (of_both.kappa, of_both.kappa_low, of_both.kappa_high) == pytest.approx((1, 1, 1))


def test_full_agreement_whatever_the_shares_has_no_missing_limits() -> None:
    counts = (("PR", "PR", 1), ("SD", "SD", 11), ("PD", "PD", 1), ("CR", "CR", 2))
    of_both = agreement(*answers(*counts), RESPONSES)
    assert (of_both.kappa, of_both.kappa_low, of_both.kappa_high) == pytest.approx((1, 1, 1))


def test_the_pairs_are_in_the_order_of_the_answers_whoever_comes_first() -> None:
    first, second = answers(("PD", "SD", 1), ("CR", "PR", 2), ("PD", "CR", 1))
    pairs = agreement(first, second, RESPONSES).pairs
    assert list(pairs.items()) == [(("CR", "PR"), 2), (("PD", "CR"), 1), (("PD", "SD"), 1)]


def test_where_both_give_everybody_one_answer_kappa_cannot_be_estimated() -> None:
    first, second = answers(("SD", "SD", 4))
    of_both = agreement(first, second, RESPONSES)
    assert (of_both.rate, of_both.kappa, of_both.kappa_low) == (1, None, None)


def test_without_participants_nothing_can_be_estimated() -> None:
    of_nobody = agreement(*answers(), RESPONSES)
    assert (of_nobody.participants, of_nobody.pairs, of_nobody.rate, of_nobody.kappa) == (0, {}, None, None)
