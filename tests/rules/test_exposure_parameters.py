"""ADEX: each dose beside the plan, and what a participant received of each product and of all.

The plan: DRUG on days 1, 22 and 43 (8, then 6 mg/kg), CELLS on days 1, 8 and 22 (10); cycles of 21 days. So
the doses of DRUG stand for 21 days each, those of CELLS for 7, 14 and 21.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.derivations.adam import exposure
from pipeline.study import Study
from pipeline.study.models import Parameter, Visit
from tests.support import tabulated_sample
from tests.support.tables import records, shown, text

VISITS = (
    Visit(name="SCREENING", number=1, day=-28),
    Visit(name="CYCLE 1", number=2, day=1, after=3, doses=("DRUG", "CELLS")),
    Visit(name="CELLS 2", number=3, day=8, after=3, arms=("BOTH",), doses=("CELLS",)),
    Visit(name="CYCLE 2", number=4, day=22, after=3, doses=("DRUG", "CELLS")),
    Visit(name="CYCLE 3", number=5, day=43, after=3, doses=("DRUG",)),
    Visit(name="UNSCHEDULED", number=900, series=True, doses=("DRUG",)),
)
PLAN: dict[str, Any] = {"planned_doses": {"DRUG": [8, 6], "CELLS": [10]}, "cycle_days": 21}
Dose = tuple[str, str, float, str | None]  # product, visit, dose, day


def tables(*doses: Dose, missed: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """A participant's doses, and the planned ones that were not given."""
    given = [
        ("participant", product, dose, "ONCE", day, day, f"{product} {visit}", float(number))
        for number, (product, visit, dose, day) in enumerate(doses, start=1)
    ]
    planned = [("participant", product, "Y", visit, f"{product} {visit}") for product, visit, *_ in doses]
    planned += [("participant", product, "N", visit, f"{product} {visit}") for product, visit in missed]
    return {
        "doses": records("USUBJID EXTRT EXDOSE EXDOSFRQ EXSTDTC EXENDTC EXLNKID EXSEQ", *given, form="EX"),
        "administrations": records("USUBJID ECTRT ECOCCUR VISIT ECLNKID", *planned, form="EC"),
        "visits": VISITS,
        **PLAN,
    }


def valued(made: pd.DataFrame) -> dict[str, list[float]]:
    """The values of each parameter, in the order of the doses."""
    return {str(name): of_name["VALUE"].tolist() for name, of_name in made.groupby("PARAMETER", sort=False)}


def in_sum(*doses: Dose, missed: tuple[tuple[str, str], ...] = ()) -> dict[str, float]:
    made = exposure.exposure_in_sum(**tables(*doses, missed=missed), reduced_dose_share=0.9)
    assert made["PARAMETER"].is_unique
    return {name: round(value, 4) for name, (value,) in valued(made).items()}


AS_PLANNED: tuple[Dose, ...] = (
    ("DRUG", "CYCLE 1", 8, "2017-01-01T09:00"),
    ("DRUG", "CYCLE 2", 6, "2017-01-22T10:00"),
    ("DRUG", "CYCLE 3", 6, "2017-02-12T09:30"),
)


# --- by dose
def test_each_dose_has_its_amount_the_planned_one_and_its_delay() -> None:
    made = exposure.exposure_by_dose(
        **tables(
            ("DRUG", "CYCLE 1", 8.1, "2017-01-01"),
            ("DRUG", "CYCLE 2", 5.9, "2017-01-24"),
            ("DRUG", "CYCLE 3", 6, "2017-02-13"),
        )
    )
    assert valued(made) == {
        "DRUG: DOSE": [8.1, 5.9, 6],
        "DRUG: PLANNED": [8, 6, 6],
        "DRUG: DELAY": [2, -1],  # 23 days after the first, 20 after the second, planned 21
    }
    first = made.iloc[0]
    assert [first["VISIT"], first["LINK"], first["SEQ"], first["VARIABLE"]] == [
        "CYCLE 1",
        "DRUG CYCLE 1",
        1,
        "EXDOSE",
    ]
    of_variable = made.groupby("PARAMETER")["VARIABLE"].unique().map(list)
    assert of_variable["DRUG: DELAY"] == ["EXSTDTC"]
    assert of_variable["DRUG: PLANNED"][0] is None or pd.isna(of_variable["DRUG: PLANNED"][0])


def test_a_dose_after_one_that_was_not_given_is_late_by_the_days_of_the_plan() -> None:
    made = exposure.exposure_by_dose(
        **tables(("DRUG", "CYCLE 1", 8, "2017-01-01"), ("DRUG", "CYCLE 3", 6, "2017-02-15"))
    )
    assert valued(made)["DRUG: DELAY"] == [3]  # 45 days, planned 42


@pytest.mark.parametrize("visit", ["SCREENING", "CELLS 2", "UNSCHEDULED"])
def test_a_dose_that_no_visit_plans_has_neither_a_planned_dose_nor_a_delay(visit: str) -> None:
    made = exposure.exposure_by_dose(
        **tables(("DRUG", "CYCLE 1", 8, "2017-01-01"), ("DRUG", visit, 6, "2017-01-05"))
    )
    assert valued(made) == {"DRUG: DOSE": [8, 6], "DRUG: PLANNED": [8]}


def test_the_delay_is_counted_from_the_planned_dose_before() -> None:
    made = exposure.exposure_by_dose(
        **tables(
            ("DRUG", "CYCLE 1", 8, "2017-01-01"),
            ("DRUG", "UNSCHEDULED", 6, "2017-01-15"),
            ("DRUG", "CYCLE 2", 6, "2017-01-24"),
        )
    )
    assert valued(made)["DRUG: DELAY"] == [2]  # 23 days after the first, planned 21


def test_a_dose_of_an_unknown_day_has_no_delay() -> None:
    made = exposure.exposure_by_dose(
        **tables(("DRUG", "CYCLE 1", 8, "2017-01-01"), ("DRUG", "CYCLE 2", 6, "2017-01"))
    )
    assert valued(made) == {"DRUG: DOSE": [8, 6], "DRUG: PLANNED": [8, 6]}


@pytest.mark.parametrize(
    ("frequency", "end", "expected"),
    [("QD", "2017-01-14", 14), ("BID", "2017-01-14", 28), ("TID", "2017-01-14", 42),
     ("QID", "2017-01-14", 56), ("ONCE", "2017-01-14", 1), ("Q3W", "2017-01-14", 1),
     (None, "2017-01-14", 1), ("QD", None, 1)],
)  # fmt: skip
def test_a_record_of_several_doses_a_day_is_as_many_doses(
    frequency: str | None, end: str | None, expected: float
) -> None:
    given = tables(("DRUG", "CYCLE 1", 2, "2017-01-01"))
    given["doses"] = given["doses"].assign(EXDOSFRQ=frequency, EXENDTC=end).astype({"EXDOSFRQ": "str"})
    assert valued(exposure.exposure_by_dose(**given)) == {
        "DRUG: DOSE": [2 * expected],
        "DRUG: PLANNED": [8 * expected],
    }
    assert valued(exposure.exposure_in_sum(**given, reduced_dose_share=0.9))["DRUG: NUMBER"] == [expected]


def test_a_dose_in_two_records_has_the_sum_and_no_sequence_number_of_one() -> None:
    made = exposure.exposure_by_dose(
        **tables(
            ("DRUG", "CYCLE 1", 8, "2017-01-01"),
            ("DRUG", "CYCLE 2", 2, "2017-01-22"),
            ("DRUG", "CYCLE 2", 4, "2017-01-23"),
        )
    )
    assert valued(made) == {"DRUG: DOSE": [8, 6], "DRUG: PLANNED": [8, 6], "DRUG: DELAY": [0]}
    doses = made[made["PARAMETER"].eq("DRUG: DOSE")]
    assert shown(doses["ASTDT"]) == ["2017-01-01", "2017-01-22"]
    assert shown(doses["AENDT"]) == ["2017-01-01", "2017-01-23"]
    assert shown(doses["SEQ"]) == [1, None]


Course = tuple[str, float, str, str, str]  # visit, dose, frequency, start, end
DAILY: dict[str, tuple[tuple[Course, ...], dict[str, list[float]]]] = {
    # rule: (records of DRUG, of which 8 a time are planned, then 6; what they make)
    "a quarter of a daily dose ends on its last day": (
        (("CYCLE 1", 8, "QD", "2017-01-01", "2017-03-31"),),
        {"NUMBER": [90], "DURATION": [90], "REDUCED": [0]},
    ),
    "tablets of two strengths are one dose": (
        (("CYCLE 1", 3, "QD", "2017-01-01", "2017-01-10"), ("CYCLE 1", 5, "QD", "2017-01-01", "2017-01-10")),
        {"DOSE": [80], "PLANNED": [80], "NUMBER": [10], "REDUCED": [0]},
    ),
    "the same tablet once for twice a day is a reduction": (
        (("CYCLE 1", 8, "BID", "2017-01-01", "2017-01-10"), ("CYCLE 1", 8, "QD", "2017-01-11", "2017-01-20")),
        {"DOSE": [160, 80], "PLANNED": [160, 160], "NUMBER": [30], "REDUCED": [1]},
    ),
    "another record of a visit is not late": (
        (("CYCLE 1", 8, "QD", "2017-01-01", "2017-01-10"), ("CYCLE 1", 8, "QD", "2017-01-15", "2017-01-21")),
        {"DOSE": [80, 56], "DELAYED": [0]},
    ),
    "days of 0 are no doses": (
        (("CYCLE 1", 8, "QD", "2017-01-01", "2017-01-10"), ("CYCLE 1", 0, "QD", "2017-01-11", "2017-01-20")),
        {"DOSE": [80], "NUMBER": [10], "DURATION": [10], "REDUCED": [0]},
    ),
}


def test_the_plan_may_say_how_often_a_dose_is_taken() -> None:
    once_a_day = tables(("DRUG", "CYCLE 1", 8, "2017-01-01"))
    once_a_day["doses"] = once_a_day["doses"].assign(EXDOSFRQ="QD", EXENDTC="2017-01-10")
    twice = once_a_day | {"planned_frequency": {"DRUG": "BID"}}
    assert valued(exposure.exposure_by_dose(**twice)) == {"DRUG: DOSE": [80], "DRUG: PLANNED": [160]}
    made = valued(exposure.exposure_in_sum(**twice, reduced_dose_share=0.9))
    assert [made["DRUG: REDUCED"], made["DRUG: RELATIVE"]] == [[1], [50]]
    of_another = once_a_day | {"planned_frequency": {"CELLS": "BID"}}
    made = valued(exposure.exposure_in_sum(**of_another, reduced_dose_share=0.9))
    assert [made["DRUG: REDUCED"], made["DRUG: RELATIVE"]] == [[0], [100]]


@pytest.mark.parametrize(("courses", "expected"), DAILY.values(), ids=DAILY)
def test_what_is_taken_every_day(courses: tuple[Course, ...], expected: dict[str, list[float]]) -> None:
    given = tables(*(("DRUG", visit, dose, start) for visit, dose, _, start, _ in courses))
    given["doses"] = given["doses"].assign(
        EXDOSFRQ=text(*(course[2] for course in courses)), EXENDTC=text(*(course[4] for course in courses))
    )
    single = exposure.exposure_by_dose(**given)
    sums = exposure.exposure_in_sum(**given, reduced_dose_share=0.9)
    made = valued(single) | valued(sums)
    assert {name: made[f"DRUG: {name}"] for name in expected} == expected
    assert shown(sums["AENDT"])[0] == shown(single["AENDT"])[-1]


# --- in sum
def test_who_received_all_as_planned_has_the_intensity_of_the_plan() -> None:
    assert in_sum(*AS_PLANNED) == {
        "DRUG: NUMBER": 3,
        "DRUG: CUMULATIVE": 20,
        "DRUG: OF PLAN": 100,
        "DRUG: DURATION": 63,  # the last dose stands for the 21 days of its cycle
        "DRUG: INTENSITY": 2.2222,  # 20 in 9 weeks
        "DRUG: RELATIVE": 100,
        "DRUG: MISSED": 0,
        "DRUG: DELAYED": 0,
        "DRUG: REDUCED": 0,
        "DRUG: SKIPPED": 0,
        "ALL PRODUCTS: NUMBER": 3,
        "ALL PRODUCTS: DURATION": 63,
        "ALL PRODUCTS: RELATIVE": 100,
        "ALL PRODUCTS: MISSED": 0,
        "ALL PRODUCTS: DELAYED": 0,
        "ALL PRODUCTS: REDUCED": 0,
        "ALL PRODUCTS: SKIPPED": 0,
    }


COURSES: dict[str, tuple[tuple[Dose, ...], tuple[tuple[str, str], ...], dict[str, float]]] = {
    # rule: (doses, missed, what it makes of DRUG)
    "one that ended early is not less intense": (
        AS_PLANNED[:2],
        (),
        {"CUMULATIVE": 14, "OF PLAN": 70, "DURATION": 42, "INTENSITY": 2.3333, "RELATIVE": 100},
    ),
    "a dose that was not given lowers the intensity, and is skipped": (
        (AS_PLANNED[0], AS_PLANNED[2]),
        (("DRUG", "CYCLE 2"),),
        {"NUMBER": 2, "CUMULATIVE": 14, "OF PLAN": 70, "DURATION": 63, "RELATIVE": 70, "MISSED": 1,
         "SKIPPED": 1, "DELAYED": 0},
    ),
    "one that was not given at the end is not skipped": (
        AS_PLANNED[:2],
        (("DRUG", "CYCLE 3"),),
        {"NUMBER": 2, "RELATIVE": 100, "MISSED": 1, "SKIPPED": 0},
    ),
    "the plan begins with the visit of the first dose given": (
        AS_PLANNED[1:],
        (("DRUG", "CYCLE 1"),),
        {"CUMULATIVE": 12, "OF PLAN": 60, "DURATION": 42, "INTENSITY": 2, "RELATIVE": 100, "SKIPPED": 0},
    ),
    "a dose that came later lowers the intensity": (
        (AS_PLANNED[0], ("DRUG", "CYCLE 2", 6, "2017-01-29")),
        (),
        {"DURATION": 49, "INTENSITY": 2, "RELATIVE": 85.7143, "DELAYED": 1},
    ),
    "within the days that the visit allows none is delayed": (
        (AS_PLANNED[0], ("DRUG", "CYCLE 2", 6, "2017-01-25")),
        (),
        {"DELAYED": 0},
    ),
    "one day more is a delay": ((AS_PLANNED[0], ("DRUG", "CYCLE 2", 6, "2017-01-26")), (), {"DELAYED": 1}),
    "the next dose is counted from the one that was late": (
        (AS_PLANNED[0], ("DRUG", "CYCLE 2", 6, "2017-01-26"), ("DRUG", "CYCLE 3", 6, "2017-02-17")),
        (),
        {"DELAYED": 1},
    ),
    "a dose of nine tenths is not reduced": ((("DRUG", "CYCLE 1", 7.2, "2017-01-01"),), (), {"REDUCED": 0}),
    "a smaller one is": (
        (("DRUG", "CYCLE 1", 7.19, "2017-01-01"),),
        (),
        {"REDUCED": 1, "RELATIVE": 89.875, "DURATION": 21},
    ),
    "a dose that no visit plans counts for the amount and lasts a day": (
        (AS_PLANNED[0], ("DRUG", "UNSCHEDULED", 6, "2017-01-30")),
        (),
        {"NUMBER": 2, "CUMULATIVE": 14, "DURATION": 30, "REDUCED": 0, "DELAYED": 0},
    ),
    "a dose in two records is one, and not reduced": (
        (AS_PLANNED[0], ("DRUG", "CYCLE 2", 3, "2017-01-22"), ("DRUG", "CYCLE 2", 3, "2017-01-23")),
        (),
        {"NUMBER": 2, "CUMULATIVE": 14, "DURATION": 42, "RELATIVE": 100, "REDUCED": 0, "DELAYED": 0},
    ),
    "one in two records that are too little is reduced once": (
        (("DRUG", "CYCLE 1", 4, "2017-01-01"), ("DRUG", "CYCLE 1", 3, "2017-01-01")),
        (),
        {"NUMBER": 1, "CUMULATIVE": 7, "REDUCED": 1},
    ),
    "two that no visit plans are two": (
        (AS_PLANNED[0], ("DRUG", "UNSCHEDULED", 3, "2017-01-30"), ("DRUG", "UNSCHEDULED", 3, "2017-01-30")),
        (),
        {"NUMBER": 3, "CUMULATIVE": 14},
    ),
    "a record of 0 is no dose": (
        (AS_PLANNED[0], ("DRUG", "CYCLE 2", 0, "2017-01-22"), AS_PLANNED[2]),
        (),
        {"NUMBER": 2, "CUMULATIVE": 14, "REDUCED": 0, "DELAYED": 0, "SKIPPED": 1},
    ),
    "a dose of an unknown day counts for the amount alone": (
        (AS_PLANNED[0], ("DRUG", "CYCLE 2", 5, "2017-01")),
        (),
        {"NUMBER": 2, "CUMULATIVE": 13, "DURATION": 21, "REDUCED": 1, "DELAYED": 0},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("doses", "missed", "expected"), COURSES.values(), ids=COURSES)
def test_the_intensity_of_a_treatment(
    doses: tuple[Dose, ...], missed: tuple[tuple[str, str], ...], expected: dict[str, float]
) -> None:
    made = in_sum(*doses, missed=missed)
    assert {name: made[f"DRUG: {name}"] for name in expected} == expected


def test_all_products_are_their_sums_the_time_of_both_and_the_mean_relative_intensity() -> None:
    made = in_sum(
        *AS_PLANNED[:2],
        ("CELLS", "CYCLE 1", 10, "2017-01-01"),
        ("CELLS", "CYCLE 2", 8, "2017-01-26"),
        missed=(("CELLS", "CELLS 2"),),
    )
    of_cells = {name: value for name, value in made.items() if name.startswith("CELLS")}
    assert of_cells == {
        "CELLS: NUMBER": 2,
        "CELLS: CUMULATIVE": 18,
        "CELLS: OF PLAN": 60,
        "CELLS: DURATION": 46,  # 25 days to the second dose, which stands for 21
        "CELLS: INTENSITY": 2.7391,
        "CELLS: RELATIVE": 54.7826,  # 18 in 46 days, of 30 in 42
        "CELLS: MISSED": 1,
        "CELLS: DELAYED": 1,  # 25 days, planned 21, and 3 are allowed
        "CELLS: REDUCED": 1,
        "CELLS: SKIPPED": 1,
    }
    of_all = {name: value for name, value in made.items() if name.startswith("ALL PRODUCTS")}
    assert of_all == {
        "ALL PRODUCTS: NUMBER": 4,
        "ALL PRODUCTS: DURATION": 46,
        "ALL PRODUCTS: RELATIVE": 77.3913,
        "ALL PRODUCTS: MISSED": 1,
        "ALL PRODUCTS: DELAYED": 1,
        "ALL PRODUCTS: REDUCED": 1,
        "ALL PRODUCTS: SKIPPED": 1,
    }


def test_of_a_planned_product_that_was_never_given_only_numbers_are_told() -> None:
    made = in_sum(AS_PLANNED[0], missed=(("CELLS", "CYCLE 1"), ("CELLS", "CELLS 2")))
    of_cells = {name: value for name, value in made.items() if name.startswith("CELLS")}
    assert of_cells == {"CELLS: NUMBER": 0, "CELLS: MISSED": 2}
    assert made["ALL PRODUCTS: MISSED"] == 2
    assert made["ALL PRODUCTS: NUMBER"] == 1


def test_who_was_never_dosed_has_no_exposure() -> None:
    assert in_sum(missed=(("DRUG", "CYCLE 1"),)) == {}


def test_a_product_without_a_plan_has_no_relative_intensity() -> None:
    made = in_sum(("OTHER", "CYCLE 1", 5, "2017-01-01"))
    of_other = {name: value for name, value in made.items() if name.startswith("OTHER")}
    assert of_other == {
        "OTHER: NUMBER": 1, "OTHER: CUMULATIVE": 5, "OTHER: DURATION": 1, "OTHER: INTENSITY": 35,
        "OTHER: MISSED": 0, "OTHER: DELAYED": 0, "OTHER: REDUCED": 0, "OTHER: SKIPPED": 0,
    }  # fmt: skip


@pytest.mark.parametrize("dose", [0, 5])
def test_a_plan_of_nothing_has_no_relative_intensity(dose: float) -> None:
    given = tables(("DRUG", "CYCLE 1", dose, "2017-01-01")) | {"planned_doses": {"DRUG": [0]}}
    made = valued(exposure.exposure_in_sum(**given, reduced_dose_share=0.9))
    assert made["DRUG: CUMULATIVE"] == [dose]
    assert "DRUG: RELATIVE" not in made
    assert "DRUG: OF PLAN" not in made


def test_a_record_in_sum_bears_the_identity_of_the_first_dose() -> None:
    later_first = exposure.exposure_in_sum(**tables(AS_PLANNED[1], AS_PLANNED[0]), reduced_dose_share=0.9)
    assert set(later_first["form"]) == {"EX"}
    assert set(later_first["record"]) == {"01"}
    assert later_first["ASTDT"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2017-01-01"]
    assert later_first["AENDT"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2017-01-22"]


# --- in the study
def test_the_sums_of_adex_are_those_of_adsl() -> None:
    sample = tabulated_sample.tabulated()
    sums = sample["ADEX"].set_index(["USUBJID", "PARAMCD"])["AVAL"]
    participants = sample["ADSL"].set_index("USUBJID")
    for parameter, variable in (
        ("TRNUM", "TRASNUM"),
        ("TRCUM", "TRASCUM"),
        ("NKNUM", "NKNUM"),
        ("NKCUM", "NKCUM"),
    ):
        of_parameter = sums.xs(parameter, level="PARAMCD").reindex(participants.index).fillna(0.0)
        assert (of_parameter - participants[variable]).abs().max() < 1e-6, parameter


def test_the_planned_doses_are_written_as_a_reader_reads_them(study: Study) -> None:
    assert study.protocol.parameters["planned_doses"].text == "TRASTUZUMAB 8, 6; NK CELLS 10"
    assert Parameter(value={"DRUG": [1.5]}, reason="x").text == "DRUG 1.5"
