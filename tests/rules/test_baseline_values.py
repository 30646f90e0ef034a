"""ADSL: what there was at baseline."""

from __future__ import annotations

import pytest

from pipeline.derivations.adam import baseline
from pipeline.study.models import Evaluator
from tests.support.tables import days, numbers, records, shown, text

PERFORMANCE = {
    # rule: (first dose, randomized, [(points, date)], points at baseline)
    "the last on or before the first dose": (
        "2016-08-12",
        "2016-08-10",
        [(90, "2016-08-01"), (80, "2016-08-12"), (70, "2016-09-02")],
        80,
    ),
    "after the first dose, on its day": (
        "2016-08-12T09:30",
        "2016-08-10",
        [(90, "2016-08-01"), (80, "2016-08-12T10:00")],
        90,
    ),
    "of its day, where no time was collected": (
        "2016-08-12T09:30",
        "2016-08-10",
        [(90, "2016-08-01"), (80, "2016-08-12")],
        80,
    ),
    "never dosed: the last within 7 days after randomization": (
        None,
        "2016-08-10",
        [(90, "2016-08-01"), (80, "2016-08-17"), (70, "2016-08-18")],
        80,
    ),
    "none by then": ("2016-08-12", "2016-08-10", [(80, "2016-08-13")], None),
    "a partial date is no date": ("2016-08-12", "2016-08-10", [(90, "2016-08-01"), (80, "2016-08")], 90),
}


@pytest.mark.parametrize(("dosed", "randomized", "taken", "expected"), PERFORMANCE.values(), ids=PERFORMANCE)
def test_the_result_at_baseline(
    dosed: str | None, randomized: str, taken: list[tuple[float, str]], expected: float | None
) -> None:
    scores = [("participant", "KPSS0101", float(points), on) for points, on in taken]
    kps = records("USUBJID RSTESTCD RSSTRESN RSDTC", *scores, ("participant", "OVRLRESP", 50.0, "2016-08-11"))
    points = baseline.baseline_result(
        text("participant"),
        days(randomized),
        records("USUBJID RFXSTDTC", ("participant", dosed)),
        kps,
        test="KPSS0101",
        baseline_reference="first dose",
        baseline_days_after_anchor=7,
    )
    assert shown(points) == [expected]


MASS = {
    # rule: (kg, cm, kg/m2)
    "to one decimal": (54.5, 169.7, 18.9),  # 54.5 / 2.879809 = 18.92...
    "of 2 metres": (80.0, 200.0, 20.0),
    "not weighed": (None, 170.0, None),
    "not measured": (60.0, None, None),
}


@pytest.mark.parametrize(("weight", "height", "expected"), MASS.values(), ids=MASS)
def test_body_mass_index(weight: float | None, height: float | None, expected: float | None) -> None:
    assert shown(baseline.body_mass_index(numbers(weight), numbers(height))) == [expected]


def test_drugs_that_were_started_on_one_day_are_one_prior_line() -> None:
    prior = "PRIOR ANTI-CANCER THERAPY"
    cm = records(
        "USUBJID CMCAT CMSTDTC",
        ("participant", prior, "2012-03"),
        ("participant", prior, "2012-03"),
        ("participant", prior, "2014"),
        ("participant", "CONCOMITANT MEDICATION", "2016-08-12"),
    )
    assert shown(baseline.number_of_prior_lines(text("participant", "untreated"), cm)) == [2, 0]


def test_lesions_and_sum_at_baseline_are_those_of_the_assessment_flagged() -> None:
    adta = records(
        "USUBJID EVALCD ABLFL SUMDIAM",
        ("participant", "IRC", "Y", 40.0),  # another evaluator, whose records come first
        ("participant", "INV", "Y", 44.5),
        ("participant", "INV", None, 30.0),
        ("unscanned", "INV", None, 20.0),
    )
    evaluators = (
        Evaluator(code="INV", name="Investigator", evaluator="INVESTIGATOR"),
        Evaluator(code="IRC", name="Independent review", evaluator="INDEPENDENT ASSESSOR"),
    )
    who = text("participant", "unscanned", "nobody")
    assert shown(baseline.at_baseline(who, adta, evaluators)) == [44.5, None, None]
