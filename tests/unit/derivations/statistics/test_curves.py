"""Curve, restricted mean, strata and proportional hazards: R's answers, a published trial, the sample's
endpoints, and tables worked out by hand.

R's answers are those of R 4.2.2 with survival 3.5-3 (survfit with conf.type "log-log", survdiff and coxph
with strata, ties "efron", cox.zph with transform "km"). They were made apart and typed here and into
`tests/external/survival_in_strata_by_r.tsv`, whose rate is at 12 and whose mean is up to 10; a cell is empty
where R has NA.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from pipeline.derivations.statistics import curves, restricted_mean, survival
from pipeline.derivations.statistics.estimate import Estimate
from pipeline.derivations.statistics.proportional_hazards import proportional_hazards

Arm = tuple[Sequence[float], Sequence[int]]  # times, and 1 for an event
FILE = Path(__file__).parents[3] / "external" / "survival_in_strata_by_r.tsv"


def arrays(arm: Arm) -> tuple[np.ndarray, np.ndarray]:
    return np.array(arm[0], dtype=float), np.array(arm[1], dtype=bool)


def together(arm: Arm, control: Arm) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    times, events = arrays(([*arm[0], *control[0]], [*arm[1], *control[1]]))
    return times, events, np.repeat([True, False], [len(arm[0]), len(control[0])])


def limits(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    return estimate.value, estimate.low, estimate.high


def agrees(ours: Sequence[float | None], theirs: Sequence[float | None]) -> None:
    for value, answer in zip(ours, theirs, strict=True):
        assert value == (answer if answer is None else pytest.approx(answer, rel=1e-8))


# --- forty small trials with ties and strata
@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"trial {number}")
        for number, row in enumerate(
            csv.DictReader(FILE.read_text(encoding="ascii").splitlines(), delimiter="\t"), 1
        )
    ],
)
def test_forty_small_trials_give_what_r_gives(row: dict[str, str]) -> None:
    def by_r(*names: str) -> list[float | None]:
        return [float(row[name]) if row[name] else None for name in names]

    times = np.array(row["times"].split(), dtype=float)
    events, arm = (np.array([*row[name]]) == "1" for name in ("events", "arm"))
    strata = np.array([*row["strata"]])
    for name, estimate in {
        "rate": curves.survival_at(times, events, 12),
        "q1": curves.quantile(times, events, 0.25),
        "q3": curves.quantile(times, events, 0.75),
        "follow_up": curves.follow_up(times, events),
    }.items():
        agrees(limits(estimate), by_r(name, f"{name}_low", f"{name}_high"))
    mean = restricted_mean.restricted_mean(times, events, 10)
    agrees((mean.value, mean.error or 0.0), by_r("mean", "mean_error"))
    result = survival.compare(times, events, arm, strata)
    ours = (result.p, result.ratio, result.low, result.high)
    agrees(ours, by_r("p", "ratio", "ratio_low", "ratio_high"))
    for names, within in ((("zph", "zph_p"), None), (("stratified_zph", "stratified_zph_p"), strata)):
        test = proportional_hazards(times, events, arm, within)
        agrees((test.statistic, test.p), by_r(*names))


# --- a published trial: ovarian cancer (Edmonson 1979), days; residual disease is the
# stratum, of those with adriamycin first
CYCLOPHOSPHAMIDE: Arm = (
    [59, 115, 156, 431, 448, 638, 803, 855, 1040, 1106, 268, 329, 477],
    [1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0],
)
WITH_ADRIAMYCIN: Arm = (
    [421, 464, 475, 563, 744, 769, 770, 1129, 1206, 1227, 353, 365, 377],
    [0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0],
)
RESIDUAL = [2, 2, 2, 1, 1, 2, 2, 1, 2, 1, 1, 2, 1, 2, 2, 2, 2, 1, 1, 1, 1, 2, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("arm", "after_a_year", "quartile", "follow_up", "mean", "error", "at_risk"),
    [
        (
            CYCLOPHOSPHAMIDE,
            (0.6153846154, 0.3083368882, 0.8184487118),
            (268, 59, 638),
            (855, 448, None),
            427.53846154,
            57.07926756,
            (8, 5),
        ),
        (
            WITH_ADRIAMYCIN,
            (0.8461538462, 0.5122035907, 0.9591454605),
            (475, 353, None),
            (770, 421, 1206),
            534.90598291,
            25.68424171,
            (12, 7),
        ),
    ],
)
def test_the_ovarian_trial_gives_what_r_gives(
    arm: Arm,
    after_a_year: tuple[float, ...],
    quartile: tuple[float | None, ...],
    follow_up: tuple[float | None, ...],
    mean: float,
    error: float,
    at_risk: tuple[int, ...],
) -> None:
    agrees(limits(curves.survival_at(*arrays(arm), 365)), after_a_year)
    agrees(limits(curves.quantile(*arrays(arm), 0.25)), quartile)
    agrees(limits(curves.follow_up(*arrays(arm))), follow_up)
    restricted = restricted_mean.restricted_mean(*arrays(arm), 600)
    agrees((restricted.value, restricted.error), (mean, error))
    assert curves.numbers_at(*arrays(arm), [365, 500]).at_risk == at_risk


def test_the_ovarian_trial_in_strata_gives_what_r_gives() -> None:
    times, events, arm = together(WITH_ADRIAMYCIN, CYCLOPHOSPHAMIDE)
    residual = np.array(RESIDUAL)
    result = survival.compare(times, events, arm, residual)
    assert result.p == pytest.approx(0.25796534, rel=1e-7)
    agrees((result.ratio, result.low, result.high), (0.515492769, 0.1604512504, 1.656159077))
    test = proportional_hazards(times, events, arm)
    agrees((test.statistic, test.p), (2.681849393, 0.1014977936))


# --- the endpoints of the sample drop (synthetic), days
PFS = {
    "NK": (
        [45, 80, 82, 118, 167, 338, 500, 509, 509, 676, 838, 840, 840, 842, 846],
        [1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0],
    ),
    "T": (
        [31, 38, 81, 83, 84, 87, 90, 167, 169, 249, 249, 250, 255, 341, 510],
        [1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
}
OS = {
    "NK": (
        [195, 264, 495, 507, 649, 708, 828, 873, 886, 944, 953, 991, 996, 1043, 1065],
        [0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0],
    ),
    "T": (
        [31, 110, 110, 250, 291, 664, 679, 697, 731, 813, 885, 963, 1018, 1025, 1040],
        [1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
    ),
}


@pytest.mark.parametrize(
    ("arm", "time", "rate", "low", "high"),
    [
        (PFS["NK"], 183, 0.7944444444, 0.4879051957, 0.9288700888),
        (PFS["NK"], 365, 0.715, 0.4039721115, 0.8832364052),
        (PFS["T"], 183, 0.5333333333, 0.2338525472, 0.7618986702),
        (PFS["T"], 365, 0.08888888889, 0.005350729599, 0.3262799916),
        (OS["NK"], 365, 0.9285714286, 0.5907668674, 0.9896198231),
        (OS["NK"], 731, 0.6428571429, 0.3433068779, 0.8331068282),
        (OS["T"], 731, 0.4333333333, 0.1803435028, 0.6648038676),
    ],
)
def test_the_rates_of_the_sample_are_those_of_r(
    arm: Arm, time: float, rate: float, low: float, high: float
) -> None:
    agrees(limits(curves.survival_at(*arrays(arm), time)), (rate, low, high))


@pytest.mark.parametrize(
    ("arm", "follow_up", "until", "mean", "error"),
    [
        (PFS["NK"], (842, 167, None), 365, 304.6827778, 29.89635104),
        (PFS["T"], (None, 84, None), 365, 199.7777778, 29.11142965),
        (OS["NK"], (953, 828, 1043), 700, 636.7857143, 33.19902546),
        (OS["T"], (1018, 885, None), 700, 549.6944444, 62.7679698),
    ],
)
def test_follow_up_and_restricted_mean_of_the_sample_are_those_of_r(
    arm: Arm, follow_up: tuple[float | None, ...], until: float, mean: float, error: float
) -> None:
    agrees(limits(curves.follow_up(*arrays(arm))), follow_up)
    restricted = restricted_mean.restricted_mean(*arrays(arm), until)
    agrees((restricted.value, restricted.error), (mean, error))


@pytest.mark.parametrize(
    ("endpoint", "statistic", "p"), [(PFS, 0.5013724208, 0.4788977123), (OS, 0.1630504875, 0.6863633958)]
)
def test_proportional_hazards_of_the_sample_are_tested_as_r_does(
    endpoint: dict[str, Arm], statistic: float, p: float
) -> None:
    test = proportional_hazards(*together(endpoint["NK"], endpoint["T"]))
    agrees((test.statistic, test.p), (statistic, p))


# --- by hand
SMALL: Arm = ([2, 4, 4, 6, 8], [1, 1, 0, 1, 0])  # survival 4/5 from 2, 3/5 from 4, 3/10 from 6


def test_the_curve_falls_at_each_event_and_counts_who_leaves() -> None:
    steps = curves.curve(*arrays(SMALL))
    assert steps.times.tolist() == [2, 4, 6, 8]
    assert steps.at_risk.tolist() == [5, 4, 2, 1]
    assert steps.events.tolist() == [1, 1, 1, 0]
    assert steps.censored.tolist() == [0, 1, 0, 1]
    assert steps.survival.tolist() == pytest.approx([0.8, 0.6, 0.3, 0.3])


@pytest.mark.parametrize(
    ("arm", "time", "value", "reason"),
    [
        (SMALL, 1, 1.0, "no limits where the share is 1"),
        (SMALL, 8, 0.3, ""),
        (SMALL, 9, None, "nobody is followed to 9"),
        (([2, 3], [1, 1]), 9, 0.0, "no limits where the share is 0"),
        (([2, 3], [0, 0]), 3, 1.0, "no limits where the share is 1"),
        (([4], [0]), 5, None, "nobody is followed to 5"),
        (([], []), 5, None, "no participants"),
    ],
)
def test_the_share_without_event_at_a_time(arm: Arm, time: float, value: float | None, reason: str) -> None:
    estimate = curves.survival_at(*arrays(arm), time)
    assert estimate.value == (value if value is None else pytest.approx(value))
    assert estimate.reason == reason
    assert (estimate.low is None) == bool(reason)


@pytest.mark.parametrize(
    ("arm", "share", "value", "reason"),
    [
        (SMALL, 0.25, 4, ""),
        (SMALL, 0.75, None, "not reached"),
        (([1, 2, 3, 4], [1, 1, 1, 1]), 0.25, 1.5, ""),  # 75 % from 1 to 2: the midpoint
        (([3], [0]), 0.5, None, "no events"),
        (([], []), 0.5, None, "no participants"),
    ],
)
def test_the_quartiles(arm: Arm, share: float, value: float | None, reason: str) -> None:
    estimate = curves.quantile(*arrays(arm), share)
    assert (estimate.value, estimate.reason) == (value, reason)


def test_follow_up_takes_censoring_for_the_event() -> None:
    # reversed: 3 of 5 are at risk at 4 when one is censored, 1 of 1 at 8
    estimate = curves.follow_up(*arrays(SMALL))
    assert (estimate.value, estimate.reason) == (8, "a limit is not reached")
    assert curves.follow_up(*arrays(([1, 2], [1, 1]))).reason == "nobody is censored"
    assert curves.follow_up(*arrays(([], []))).reason == "no participants"


def test_the_numbers_at_each_time_add_up() -> None:
    numbers = curves.numbers_at(*arrays(SMALL), [0, 4, 5, 9])
    assert numbers.at_risk == (5, 4, 2, 0)
    assert numbers.events == (0, 1, 2, 3)
    assert numbers.censored == (0, 0, 1, 2)
    assert curves.numbers_at(*arrays(([], [])), [0, 4]).at_risk == (0, 0)


@pytest.mark.parametrize(
    ("arm", "until", "mean", "error", "reason"),
    [
        # 2 x 1 + 2 x 0.8 + 2 x 0.6 + 1 x 0.3; areas left 3.1, 1.5, 0.3 with 1/20, 1/12, 1/2
        (SMALL, 7, 5.1, (3.1**2 / 20 + 1.5**2 / 12 + 0.3**2 / 2) ** 0.5, ""),
        (SMALL, 2, 2.0, None, "no variance before the limit"),  # an event at the limit takes no time away
        (SMALL, 9, None, None, "nobody is followed to 9"),
        (([2, 3], [1, 1]), 9, 2.5, 0.5 * (1 / 2) ** 0.5, ""),
        (([2, 2], [1, 1]), 9, 2.0, None, "no variance before the limit"),
        (([4, 5], [0, 0]), 5, 5.0, None, "no variance before the limit"),
        (([], []), 5, None, None, "no participants"),
    ],
)
def test_the_restricted_mean_is_the_area_under_the_curve(
    arm: Arm, until: float, mean: float | None, error: float | None, reason: str
) -> None:
    result = restricted_mean.restricted_mean(*arrays(arm), until)
    assert result.value == (mean if mean is None else pytest.approx(mean))
    assert result.error == (error if error is None else pytest.approx(error))
    assert result.reason == reason


def test_the_difference_of_two_restricted_means() -> None:
    arm = restricted_mean.RestrictedMean(10.0, None, None, "", 3.0)
    control = restricted_mean.RestrictedMean(0.2, None, None, "", 4.0)
    result = restricted_mean.mean_difference(arm, control)  # error 5, so 9.8 is 1.96 of them
    assert limits(result) == pytest.approx((9.8, 0.0002, 19.5998), abs=1e-4)
    assert (result.error, result.p) == pytest.approx((5.0, 0.05), abs=1e-4)


def test_a_difference_without_a_mean_or_an_error_says_why() -> None:
    mean = restricted_mean.RestrictedMean(10.0, 4.0, 16.0, "", 3.0)
    empty = restricted_mean.restricted_mean(*arrays(([], [])), 5)
    certain = restricted_mean.restricted_mean(*arrays(([9], [0])), 5)
    assert restricted_mean.mean_difference(mean, empty).reason == "no participants"
    difference = restricted_mean.mean_difference(certain, mean)
    assert limits(difference) == (-5.0, None, None)
    assert (difference.p, difference.reason) == (None, "no variance before the limit")


@pytest.mark.parametrize(
    ("arm", "control", "limit"),
    [
        (([2, 9], [1, 0]), ([3, 7], [1, 0]), 7),
        (([2, 9], [1, 0]), ([3, 7], [1, 1]), 9),  # nobody of the control survives: its curve has no end
        (([2, 9], [1, 1]), ([3, 7], [1, 1]), 9),
        (([2, 9], [1, 1]), ([], []), None),
    ],
)
def test_the_longest_limit_is_one_that_both_curves_reach(arm: Arm, control: Arm, limit: float | None) -> None:
    assert restricted_mean.longest_limit(*together(arm, control)) == limit


# --- what cannot be estimated
@pytest.mark.parametrize(
    ("arm", "control", "reason"),
    [
        (([], []), ([1, 2], [1, 1]), "no hazard ratio"),
        (([1, 2], [0, 0]), ([1, 2], [0, 0]), "no hazard ratio"),
        (([5, 6], [1, 1]), ([1, 2], [1, 1]), "no hazard ratio"),
        (([3, 5], [1, 0]), ([3, 5], [1, 0]), "events at one time only when both arms are at risk"),
    ],
)
def test_proportional_hazards_need_a_ratio_and_two_times(arm: Arm, control: Arm, reason: str) -> None:
    test = proportional_hazards(*together(arm, control))
    assert (test.statistic, test.p, test.reason) == (None, None, reason)


def test_a_stratum_with_one_arm_adds_nothing() -> None:
    times, events, arm = together(([3, 5, 8], [1, 1, 0]), ([2, 4, 7], [1, 1, 1]))
    alone = survival.compare(times, events, arm)
    more = together(([3, 5, 8, 1, 9], [1, 1, 0, 1, 1]), ([2, 4, 7], [1, 1, 1]))
    in_strata = survival.compare(*more, np.array(list("AAABBAAA")))
    assert in_strata.p == pytest.approx(alone.p)
    assert in_strata.ratio == pytest.approx(alone.ratio)


def test_events_of_the_arms_in_different_strata_are_enough() -> None:
    times, events, arm = together(([1, 9, 5], [1, 0, 0]), ([4, 2, 9], [0, 1, 0]))
    result = survival.compare(times, events, arm, np.array(list("ABAABB")))
    assert result.p is not None
    assert result.ratio is not None
    # each stratum has one event among those at risk: 1 of 2 against 1, 1 of 1 against 2
    assert result.ratio == pytest.approx(1.0, abs=1e-6)


# --- a second library, over random tables
def test_a_second_library_gives_the_same_curve(prove: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(1000 if prove else 60):
        size = int(random.integers(1, 30))
        times, events = random.integers(1, 20, size).astype(float), random.integers(0, 2, size).astype(bool)
        if not events.any():
            continue
        ours, theirs = curves.curve(times, events), SurvfuncRight(times, events.astype(float))
        with_event = ours.events > 0
        assert ours.times[with_event].tolist() == theirs.surv_times.tolist()
        assert ours.at_risk[with_event].tolist() == theirs.n_risk.tolist()
        assert ours.survival[with_event] == pytest.approx(theirs.surv_prob)
        above = theirs.surv_prob > 0
        assert ours.error[with_event][above] == pytest.approx(theirs.surv_prob_se[above])
