"""ADLB: results as numbers, shift, and the grades of CTCAE 4.03 and 5.0, each limit by its printed text."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.derivations.adam import laboratory, toxicity
from tests.support.tables import days, numbers, records, shown, text


@pytest.mark.parametrize(
    ("result", "number", "share", "expected"),
    [
        ("12.5", 12.5, 0.5, 12.5),
        ("<0.5", None, 0.5, 0.25),
        ("<0.5", None, 1.0, 0.5),
        ("<=5", None, 0.5, 2.5),
        (">1000", None, 0.5, 1000),
        ("NEGATIVE", None, 0.5, None),
        ("<LLOQ", None, 0.5, None),
        (None, None, 0.5, None),
    ],
)
def test_a_result_below_a_limit_counts_for_the_stated_share_of_it(
    result: str | None, number: float | None, share: float, expected: float | None
) -> None:
    value = laboratory.analysis_value(text(result), numbers(number), below_limit_share=share)
    assert shown(value) == [expected]


def test_a_result_in_words_is_the_text_value() -> None:
    assert shown(laboratory.text_value(text("1+", "<5", "7"), numbers(None, 2.5, 7))) == ["1+", None, None]


def test_the_shift_is_from_baseline_to_a_record_after_it() -> None:
    results = records(
        "USUBJID PARAMCD LBDTC ABLFL ANRIND",
        ("participant", "ALT", "2017-01-01", None, "LOW"),
        ("participant", "ALT", "2017-01-05", "Y", "NORMAL"),
        ("participant", "ALT", "2017-01-26", None, "HIGH"),
        ("participant", "ALT", "2017-02-26", None, None),
        ("participant", "AST", "2017-01-05", None, "HIGH"),  # of no baseline: not after the first dose
        ("participant", "AST", "2017-01-26", None, "HIGH"),
        ("participant", "CEA", "2017-01-05", "Y", None),
        ("participant", "CEA", "2017-01-26", None, "LOW"),
    )
    dosed = records("USUBJID RFXSTDTC", ("participant", "2017-01-05"))
    assert shown(laboratory.shift_since_baseline(results, dosed)) == [
        None, None, "NORMAL to HIGH", None, None, "MISSING to HIGH", None, "MISSING to LOW",
    ]  # fmt: skip


def grade(
    test: str,
    value: float | None,
    unit: str | None = None,
    *,
    low: float | None = None,
    high: float | None = None,
    base: float | None = None,
    at_baseline: str | None = None,
    version: toxicity.Version = "4.03",
    direction: str = "HIGH",
    assumed: tuple[toxicity.Condition, ...] = (),
) -> str | None:
    function = toxicity.toxicity_grade_high if direction == "HIGH" else toxicity.toxicity_grade_low
    found = function(
        text(test), numbers(value), text(unit), numbers(low), numbers(high), numbers(base), text(at_baseline),
        ctcae_version=version, ctcae_conditions_assumed=assumed,
    )  # fmt: skip
    one: str | None = shown(found)[0]
    return one


# value at or beside each limit -> grade, as the NCI prints them
LOW = [
    # Anemia: <LLN - 100; <100 - 80; <80 g/L
    ("HGB", "g/L", 115, {115: "0", 114.9: "1", 100: "1", 99.9: "2", 80: "2", 79.9: "3", 20: "3"}),
    ("HGB", "g/dL", 11.5, {11.5: "0", 11.4: "1", 9.9: "2", 7.9: "3"}),
    # White blood cell decreased: <LLN - 3.0; <3.0 - 2.0; <2.0 - 1.0; <1.0
    ("WBC", "10^9/L", 4, {4: "0", 3: "1", 2.9: "2", 1.9: "3", 0.9: "4"}),
    # Neutrophil count decreased: <LLN - 1.5; <1.5 - 1.0; <1.0 - 0.5; <0.5
    ("NEUT", "10^9/L", 2, {2: "0", 1.9: "1", 1.4: "2", 1: "2", 0.9: "3", 0.4: "4"}),
    # Lymphocyte count decreased: <LLN - 0.8; <0.8 - 0.5; <0.5 - 0.2; <0.2
    ("LYM", "10^9/L", 1.1, {1.1: "0", 1: "1", 0.7: "2", 0.4: "3", 0.1: "4"}),
    # Platelet count decreased: <LLN - 75; <75 - 50; <50 - 25; <25
    ("PLAT", "10^9/L", 125, {125: "0", 124: "1", 74: "2", 49: "3", 24: "4"}),
    # Hypoalbuminemia: <LLN - 30; <30 - 20; <20 g/L
    ("ALB", "g/L", 40, {40: "0", 39: "1", 29: "2", 19: "3"}),
    # Hypoglycemia: <LLN - 3.0; <3.0 - 2.2; <2.2 - 1.7; <1.7 mmol/L
    ("GLUC", "mmol/L", 3.9, {3.9: "0", 3.5: "1", 2.9: "2", 2.1: "3", 1.6: "4"}),
    # Hypokalemia: <LLN - 3.0; grade 2 is the same with symptoms; <3.0 - 2.5; <2.5
    ("K", "mmol/L", 3.5, {3.5: "0", 3.4: "1", 2.9: "3", 2.4: "4"}),
    # Hyponatremia, 4.03: <LLN - 130; <130 - 120; <120
    ("SODIUM", "mmol/L", 137, {137: "0", 136: "1", 129: "3", 119: "4"}),
    # Hypophosphatemia, 4.03: <LLN - 0.8; <0.8 - 0.6; <0.6 - 0.3; <0.3
    ("PHOS", "mmol/L", 0.85, {0.85: "0", 0.82: "1", 0.7: "2", 0.5: "3", 0.2: "4"}),
    # Hypomagnesemia: <LLN - 0.5; <0.5 - 0.4; <0.4 - 0.3; <0.3
    ("MG", "mmol/L", 0.7, {0.7: "0", 0.6: "1", 0.45: "2", 0.35: "3", 0.2: "4"}),
    # Hypocalcemia, corrected: <LLN - 2.0; <2.0 - 1.75; <1.75 - 1.5; <1.5
    ("CACR", "mmol/L", 2.1, {2.1: "0", 2.05: "1", 1.9: "2", 1.6: "3", 1.4: "4"}),
]
HIGH = [
    # Alanine aminotransferase increased, 4.03: >ULN - 3 x; >3 - 5 x; >5 - 20 x; >20 x ULN
    ("ALT", "U/L", 40, {40: "0", 41: "1", 120: "1", 121: "2", 200: "2", 201: "3", 800: "3", 801: "4"}),
    ("AST", "U/L", 40, {40: "0", 120: "1", 121: "2", 201: "3", 801: "4"}),
    # Alkaline phosphatase, GGT: >ULN - 2.5 x; >2.5 - 5 x; >5 - 20 x; >20 x ULN
    ("ALP", "U/L", 100, {100: "0", 250: "1", 251: "2", 501: "3", 2001: "4"}),
    ("GGT", "U/L", 100, {100: "0", 250: "1", 251: "2", 501: "3", 2001: "4"}),
    # Blood bilirubin increased: >ULN - 1.5 x; >1.5 - 3 x; >3 - 10 x; >10 x ULN
    ("BILI", "umol/L", 20, {20: "0", 30: "1", 31: "2", 61: "3", 201: "4"}),
    # CPK increased: >ULN - 2.5 x; >2.5 - 5 x; >5 - 10 x; >10 x ULN
    ("CK", "U/L", 100, {100: "0", 250: "1", 251: "2", 501: "3", 1001: "4"}),
    # Cholesterol high: >ULN - 7.75; >7.75 - 10.34; >10.34 - 12.92; >12.92 mmol/L
    ("CHOL", "mmol/L", 5.2, {5.2: "0", 7.75: "1", 7.76: "2", 10.35: "3", 12.93: "4"}),
    # Hypertriglyceridemia: 1.71 - 3.42; >3.42 - 5.7; >5.7 - 11.4; >11.4 mmol/L
    ("TRIG", "mmol/L", 1.7, {1.7: "0", 1.71: "1", 3.42: "1", 3.43: "2", 5.8: "3", 11.5: "4"}),
    # Hyperkalemia: >ULN - 5.5; >5.5 - 6.0; >6.0 - 7.0; >7.0
    ("K", "mmol/L", 5.3, {5.3: "0", 5.5: "1", 5.6: "2", 6.1: "3", 7.1: "4"}),
    # Hypernatremia: >ULN - 150; >150 - 155; >155 - 160; >160
    ("SODIUM", "mmol/L", 147, {147: "0", 150: "1", 151: "2", 156: "3", 161: "4"}),
    # Hypermagnesemia: >ULN - 1.23; no grade 2; >1.23 - 3.30; >3.30
    ("MG", "mmol/L", 1.1, {1.1: "0", 1.23: "1", 1.3: "3", 3.4: "4"}),
    # Hypercalcemia, corrected: >ULN - 2.9; >2.9 - 3.1; >3.1 - 3.4; >3.4
    ("CACR", "mmol/L", 2.6, {2.6: "0", 2.9: "1", 3: "2", 3.2: "3", 3.5: "4"}),
    # Leukocytosis: grade 3 above 100; Lymphocyte count increased: >4 - 20; >20
    ("WBC", "10^9/L", 10, {11: "0", 100: "0", 101: "3"}),
    ("LYM", "10^9/L", 3.2, {4: "0", 4.1: "2", 20.1: "3"}),
    # Activated partial thromboplastin time prolonged: >ULN - 1.5 x; >1.5 - 2.5 x; >2.5 x ULN
    ("APTT", "s", 40, {40: "0", 60: "1", 61: "2", 101: "3"}),
    # Hyperuricemia, 4.03: >ULN - 0.59 mmol/L; >0.59 mmol/L is grade 4
    ("URATE", "umol/L", 400, {400: "0", 590: "1", 591: "4"}),
    # Serum amylase, lipase, 4.03: >ULN - 1.5 x; >1.5 - 2 x; >2 - 5 x; >5 x ULN
    ("AMYLASE", "U/L", 100, {100: "0", 150: "1", 151: "2", 201: "3", 501: "4"}),
]


@pytest.mark.parametrize(("test", "unit", "limit", "grades"), LOW)
def test_the_grade_of_a_low_result(test: str, unit: str, limit: float, grades: dict[float, str]) -> None:
    assert {v: grade(test, v, unit, low=limit, direction="LOW") for v in grades} == grades


@pytest.mark.parametrize(("test", "unit", "limit", "grades"), HIGH)
def test_the_grade_of_a_high_result(test: str, unit: str, limit: float, grades: dict[float, str]) -> None:
    assert {v: grade(test, v, unit, high=limit) for v in grades} == grades


@pytest.mark.parametrize(
    ("test", "base", "at_baseline", "grades"),
    [
        # ALT, 5.0: of ULN if baseline was normal; 1.5 - 3 x, >3 - 5 x, >5 - 20 x, >20 x baseline if abnormal
        ("ALT", 30.0, "NORMAL", {40: "0", 41: "1", 121: "2", 201: "3", 801: "4"}),
        ("ALT", 60.0, "HIGH", {89: "0", 90: "1", 180: "1", 181: "2", 301: "3", 1201: "4"}),
        ("ALT", None, None, {40: "0", 41: "1"}),
        (
            "ALT",
            5.0,
            "LOW",
            {40: "0", 41: "1"},
        ),  # below normal is not abnormal for an enzyme that is too high
        # ALP, 5.0: 2 - 2.5 x, >2.5 - 5 x, >5 - 20 x, >20 x baseline
        ("ALP", 60.0, "HIGH", {119: "0", 120: "1", 151: "2", 301: "3", 1201: "4"}),
        # bilirubin, 5.0: >1 - 1.5 x, >1.5 - 3 x, >3 - 10 x, >10 x baseline
        ("BILI", 60.0, "HIGH", {60: "0", 61: "1", 91: "2", 181: "3", 601: "4"}),
        # creatinine, 5.0: >ULN; >1.5 x baseline or ULN; >3 x baseline or ULN; >6 x ULN
        ("CREAT", 20.0, "NORMAL", {30: "0", 31: "2", 61: "3", 241: "4"}),
        ("CREAT", 40.0, "NORMAL", {40: "0", 41: "1", 61: "2", 121: "3"}),
    ],
)
def test_version_5_goes_by_baseline_where_it_was_abnormal(
    test: str, base: float | None, at_baseline: str | None, grades: dict[float, str]
) -> None:
    found = {v: grade(test, v, high=40, base=base, at_baseline=at_baseline, version="5.0") for v in grades}
    assert found == grades


def test_creatinine_of_version_4_is_graded_above_baseline_too() -> None:
    """>1 - 1.5 x baseline; >ULN - 1.5 x ULN."""
    assert grade("CREAT", 50, high=80, base=49) == "1"
    assert grade("CREAT", 49, high=80, base=49) == "0"
    assert grade("CREAT", 50, high=80) is None  # by ULN it has none, and by baseline it may have one
    assert grade("CREAT", 81, high=80) == "1"


@pytest.mark.parametrize(
    ("version", "value", "expected"),
    [
        # 4.03: <0.75 x LLN or 25 % less than baseline; <0.5 x or 50 %; <0.25 x, 75 % or below 0.5 g/L
        ("4.03", 3.0, "2"),
        ("4.03", 2.0, "3"),
        ("4.03", 3.1, "1"),
        ("4.03", 0.49, "4"),
        # 5.0: the decrease counts where the result is below normal
        ("5.0", 3.0, "0"),
        ("5.0", 1.9, "3"),
        ("5.0", 0.49, "4"),
    ],
)
def test_fibrinogen_by_its_decrease(version: toxicity.Version, value: float, expected: str) -> None:
    found = grade("FIBRINO", value, "g/L", low=2, base=4, version=version, direction="LOW")
    assert found == expected


def test_haemoglobin_above_normal_or_above_a_high_baseline() -> None:
    """4.03: >0 - 20 g/L above ULN, or above baseline if that is above ULN; >20 - 40; >40."""
    above = {160: "0", 161: "1", 181: "2", 201: "3"}
    assert {v: grade("HGB", v, "g/L", high=160, base=150, at_baseline="NORMAL") for v in above} == above
    assert grade("HGB", 171, "g/L", high=160, base=170, at_baseline="HIGH") == "1"
    assert grade("HGB", 170, "g/L", high=160, base=170, at_baseline="HIGH") == "0"
    assert grade("HGB", 170, "g/L", high=160, base=170, at_baseline="HIGH", version="5.0") == "1"


def test_a_condition_beside_the_result_counts_where_it_is_assumed() -> None:
    assert grade("K", 3.4, "mmol/L", low=3.5, direction="LOW", assumed=("SYMPTOMS",)) == "2"
    assert grade("GLUC", 9.5, "mmol/L", high=6.1) == "0"
    assert grade("GLUC", 9.5, "mmol/L", high=6.1, assumed=("FASTING",)) == "2"
    assert grade("GLUC", 14, "mmol/L", high=6.1) == "3"
    assert grade("INR", 1.4, high=1.2, base=1.0) == "1"
    assert grade("INR", 1.6, high=1.2, base=1.0, assumed=("ANTICOAGULATION",)) == "2"
    assert grade("LIPASET", 250, high=100, version="5.0") == "2"
    assert grade("LIPASET", 250, high=100, version="5.0", assumed=("SYMPTOMS",)) == "3"


def test_what_cannot_be_judged_has_no_grade() -> None:
    assert grade("HGB", None, "g/L", low=115, direction="LOW") is None
    assert grade("HGB", 110, "g/L", direction="LOW") is None  # no lower limit of normal
    assert grade("HGB", 90, "g/L", direction="LOW") == "2"  # below 100 whatever is normal
    assert grade("HGB", 0.9, "kg/L", low=1.1, direction="LOW") is None  # CTCAE has no limit in this unit
    assert grade("CEA", 9, "ug/L", high=5) is None
    assert (
        grade("PHOS", 0.5, "mmol/L", low=0.8, direction="LOW", version="5.0") is None
    )  # graded in 4.03 only


def test_a_limit_that_is_a_product_is_no_float_beside_it() -> None:
    assert grade("BILI", 2.1, high=1.4) == "1"  # 1.5 x 1.4 is 2.1


def test_the_term_belongs_to_the_direction() -> None:
    tests = text("HGB", "ALT", "CEA")
    assert shown(toxicity.toxicity_term_low(tests, ctcae_version="4.03")) == ["Anemia", None, None]
    assert shown(toxicity.toxicity_term_high(tests, ctcae_version="5.0")) == [
        "Hemoglobin increased",
        "Alanine aminotransferase increased",
        None,
    ]


def test_the_worst_grade_is_the_highest_under_treatment_and_of_several_the_first() -> None:
    results = {  # parameter and day of each: grade, whether it is the worst
        ("HGB", "2017-01-01"): ("4", None),  # before the first dose
        ("HGB", "2017-01-05T09:00"): ("1", None),
        ("HGB", "2017-01-26"): ("2", "Y"),
        ("HGB", "2017-02-26"): ("2", None),
        ("HGB", "2017-03-26"): ("1", None),
        ("HGB", "2017-09-26"): ("4", None),  # 31 days after the last dose
        ("PLAT", "2017-01-05T09:00"): ("0", None),
        ("PLAT", "2017-01-26"): (None, None),
        ("NEUT", "2017-01-26"): ("4", "Y"),  # without a baseline
        ("WBC", "2017-01-05"): ("3", None),  # the day of the first dose, perhaps before it
        ("WBC", "2017-01-05T10:00"): ("2", None),
        ("WBC", "2017-01-05T10:01"): ("2", None),
        ("WBC", "2017-09-25"): ("3", "Y"),  # 30 days after the last dose
    }
    assert worst(results, dosed="2017-01-05T10:00") == [flag for _, flag in results.values()]
    assert worst(results, dosed=None) == [None] * len(results)
    at_the_dose = {("WBC", "2017-01-05T10:00"): ("2", "Y"), ("WBC", "2017-01-05T11:00"): ("2", None)}
    assert worst(at_the_dose, dosed="2017-01-05T10:00") == ["Y", None]


def worst(
    results: Mapping[tuple[str, str], tuple[str | None, str | None]], *, dosed: str | None
) -> list[str | None]:
    rows = [("participant", *of_day, grade) for of_day, (grade, _) in results.items()]
    flagged = toxicity.worst_on_treatment(
        records("USUBJID PARAMCD LBDTC ATOXGRL", *rows),
        days(*("2017-08-26" for _ in rows)),
        records("USUBJID RFXSTDTC", ("participant", dosed)),
        on_treatment_days=30,
    )
    return shown(flagged)
