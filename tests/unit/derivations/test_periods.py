"""Treatments and elements by period, where participants cross over."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.derivations.adam import periods
from pipeline.derivations.sdtm import arms, elements, epochs
from pipeline.study.design import Arm, Step
from tests.support.tables import records, shown, text

ARMS = (
    Arm(
        code="AB",
        name="A then B",
        treatments=("Drug A", "Drug B"),
        elements=(Step(epoch="FIRST", element="A"), Step(epoch="SECOND", element="B")),
    ),
    Arm(
        code="BA",
        name="B then A",
        treatments=("Drug B", "Drug A"),
        elements=(Step(epoch="FIRST", element="B"), Step(epoch="SECOND", element="A")),
    ),
)
EXPOSURE = records(
    "USUBJID EXTRT EXSTDTC",
    ("both", "Drug B", "2020-02-01"),
    ("both", "Drug A", "2020-03-01"),
    ("both", "Drug B", "2020-02-08"),
    ("one", "Drug A", "2020-02-03T10:00"),
    ("partial", "Drug A", "2020-02"),
)
PERSONS = text("both", "one", "partial", "never")


def test_the_planned_treatment_of_a_period_stands_at_its_place_in_the_arm() -> None:
    arm = text("AB", "BA", None)
    assert shown(periods.treatment_planned_in_period(arm, ARMS, 1)) == ["Drug A", "Drug B", None]
    assert shown(periods.treatment_planned_in_period(arm, ARMS, 2)) == ["Drug B", "Drug A", None]
    assert shown(periods.treatment_planned_in_period(arm, ARMS, 3)) == [None, None, None]


@pytest.mark.parametrize(
    ("period", "treatments", "days"),
    [
        (1, ["Drug B", "Drug A", None, None], ["2020-02-01", "2020-02-03", None, None]),
        (2, ["Drug A", None, None, None], ["2020-03-01", None, None, None]),
    ],
)
def test_periods_are_counted_by_the_first_dose_of_each_treatment(
    period: int, treatments: list[str | None], days: list[str | None]
) -> None:
    assert shown(periods.treatment_in_period(PERSONS, EXPOSURE, period)) == treatments
    starts = periods.start_of_period(PERSONS, EXPOSURE, period)
    assert [None if pd.isna(day) else day.date().isoformat() for day in starts] == days


def test_the_element_of_a_treatment_begins_with_its_first_dose() -> None:
    found = elements.first_of_each_treatment(EXPOSURE)
    assert sorted(zip(found["USUBJID"], found["TREATMENT"], found["START"], strict=True)) == [
        ("both", "Drug A", "2020-03-01"),
        ("both", "Drug B", "2020-02-01"),
        ("one", "Drug A", "2020-02-03T10:00"),
    ]


def test_an_element_is_in_the_epoch_in_which_the_arm_has_it() -> None:
    element, arm = text("A", "A", "B", "A", "X"), text("AB", "BA", "BA", None, "AB")
    # without an arm it is that of the first arm that has the element; none has X
    assert shown(elements.epoch_of_element_in_arm(element, arm, ARMS)) == [
        "FIRST",
        "SECOND",
        "FIRST",
        "FIRST",
        None,
    ]


def test_every_epoch_of_treatment_counts_for_a_partial_date() -> None:
    se = records(
        "USUBJID EPOCH SESTDTC",
        ("both", "SCREENING", "2020-01-20"),
        ("both", "TREATMENT 1", "2020-02-01"),
        ("both", "TREATMENT 2", "2020-03-01"),
    )
    person, dates = text("both", "both", "both"), text("2020-01", "2020-02", "2020")
    assert shown(epochs.epoch(person, dates, se)) == ["SCREENING", "TREATMENT 1", "TREATMENT 1"]


def test_the_arm_of_who_was_treated_is_the_planned_one() -> None:
    planned = text("AB", "BA", "AB", "AB")
    assert shown(arms.arm_of_treated(PERSONS, planned, EXPOSURE[["USUBJID", "EXSTDTC"]])) == [
        "AB",
        "BA",
        "AB",
        None,
    ]
