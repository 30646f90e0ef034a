"""RECIST 1.1 as the simulated investigator applies it; sizes in tenths of a millimetre."""

from __future__ import annotations

import pytest

from pipeline.simulator.investigator import CR, NE, NON_CR, NONE, PD, PR, SD, Investigator, Target

LIVER, NODE = False, True


def assessed(baseline: int, *sums: int) -> list[str]:
    """The target response at each of several assessments of one liver lesion."""
    investigator = Investigator(baseline, has_targets=True, has_nontargets=False)
    return [investigator.assess([Target(LIVER, s)], [], "No")[0] for s in sums]


@pytest.mark.parametrize(
    ("sums", "response"),
    [
        ([700], PR),  # 70 % of baseline, inclusive
        ([701], SD),
        ([1000, 1200], PD),  # 120 % of the nadir, inclusive
        ([1000, 1199], SD),
        ([500, 600], PD),
        ([500, 599], PR),  # above 70 % of nothing: partial response stays until progression
        ([0], CR),
        ([1300], PD),
    ],
)
def test_bounds_of_the_sum_are_inclusive(sums: list[int], response: str) -> None:
    assert assessed(1000, *sums)[-1] == response


@pytest.mark.parametrize(("sums", "response"), [([200, 249], PR), ([200, 250], PD), ([100, 140], PR)])
def test_an_increase_of_less_than_five_millimetres_is_not_progression(sums: list[int], response: str) -> None:
    assert assessed(1000, *sums)[-1] == response


def test_partial_response_persists_although_the_sum_drifts_above_seventy_per_cent() -> None:
    assert assessed(1000, 690, 720, 800) == [PR, PR, PR]


def test_complete_response_needs_nodes_below_ten_millimetres() -> None:
    for size, response in ((99, CR), (100, PR)):
        investigator = Investigator(500, has_targets=True, has_nontargets=False)
        assert investigator.assess([Target(LIVER, 0), Target(NODE, size)], [], "No")[0] == response


def test_disease_after_complete_response_is_progression() -> None:
    assert assessed(1000, 0, 30) == [CR, PD]


def test_a_missing_target_is_not_evaluable_unless_the_rest_already_shows_progression() -> None:
    for size, response in ((300, NE), (700, PD)):
        investigator = Investigator(500, has_targets=True, has_nontargets=False)
        assert investigator.assess([Target(LIVER, size), Target(LIVER, None)], [], "No")[0] == response


@pytest.mark.parametrize(
    ("size", "states", "new", "overall"),
    [
        (0, ["Absent"], "No", CR),
        (0, ["Present"], "No", PR),
        (0, ["Not assessed"], "No", PR),
        (600, ["Present"], "No", PR),
        (900, ["Not assessed"], "No", SD),
        (900, ["Unequivocal progression"], "No", PD),
        (0, ["Absent"], "Unequivocal", PD),
        (900, ["Present"], "Equivocal", SD),
        (None, ["Present"], "No", NE),
    ],
)
def test_overall_response_follows_the_table(
    size: int | None, states: list[str], new: str, overall: str
) -> None:
    investigator = Investigator(1000, has_targets=True, has_nontargets=True)
    assert investigator.assess([Target(LIVER, size)], states, new)[2] == overall


@pytest.mark.parametrize(
    ("states", "nontarget", "overall"),
    [
        (["Absent", "Absent"], CR, CR),
        (["Absent", "Present"], NON_CR, NON_CR),
        (["Not assessed", "Present"], NE, NE),
        (["Present", "Unequivocal progression"], PD, PD),
    ],
)
def test_non_target_disease_alone_has_its_own_responses(
    states: list[str], nontarget: str, overall: str
) -> None:
    assert Investigator(0, has_targets=False, has_nontargets=True).assess([], states, "No") == (
        NONE,
        nontarget,
        overall,
    )
