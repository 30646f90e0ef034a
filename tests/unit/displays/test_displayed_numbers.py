"""Rows that describe a number."""

from __future__ import annotations

from pipeline.displays import results
from pipeline.study import Study
from tests.support.displayed import NK, T, made, participants, records, shown, study_with

FOUR = participants(ann=NK, bea=NK, cleo=NK, dora=T)


def test_a_number_has_mean_deviation_median_and_range(study: Study) -> None:
    """40, 50, 66: mean 52, deviation sqrt((144 + 4 + 196) / 2) = 13.11; and 60: 54, sqrt(392 / 3) = 11.43."""
    adsl = FOUR.assign(AGE=[40.0, 50.0, 66.0, 60.0])
    assert shown(study, {"ADSL": adsl}, {"id": "AGE", "label": "Age", "summary": {"variable": "AGE"}}) == [
        ("Age", "", "", ""),
        ("..n", "3", "1", "4"),
        ("..Mean (SD)", "52.0 (13.11)", "60.0 (-)", "54.0 (11.43)"),
        ("..Median", "50.0", "60.0", "55.0"),
        ("..Min, max", "40, 66", "60, 60", "40, 66"),
    ]


def test_an_arm_without_values_has_none_and_no_made_up_number(study: Study) -> None:
    adsl = FOUR.assign(AGE=[40.0, 50.0, 66.0, float("nan")])
    lines = shown(study, {"ADSL": adsl}, {"id": "AGE", "label": "Age", "summary": {"variable": "AGE"}})
    assert [line[2] for line in lines] == ["", "0", "-", "-", "-"]


def test_visits_stand_in_their_order_each_with_value_and_change(study: Study) -> None:
    adtr = records(
        "USUBJID AVISIT AVISITN AVAL CHG",
        ("ann", "WEEK 12", 10.0, 30.0, -10.0),
        ("ann", "BASELINE", 0.0, 40.0, None),
        ("dora", "BASELINE", 0.0, 20.0, None),
        ("bea", "WEEK 6", 7.0, 10.0, -2.0),
        ("ann", "WEEK 6", 7.0, 36.0, -4.0),
    )
    asked = {"visit": "AVISIT", "order": "AVISITN", "value": "AVAL", "change": "CHG"}
    row = {"id": "SUM", "label": "Sum (mm)", "dataset": "ADTR", "visits": asked}
    lines = shown(study, {"ADSL": FOUR, "ADTR": adtr}, row)
    assert [line[0] for line in lines if line[1] == ""] == [
        "Sum (mm)", "..BASELINE", "..WEEK 6", "....Change from baseline", "..WEEK 12",
        "....Change from baseline",
    ]  # fmt: skip
    at_week_6 = lines[lines.index(("..WEEK 6", "", "", "")) + 1 :][:8]
    assert [line[1:3] for line in at_week_6] == [
        ("2", "0"), ("23.0 (18.38)", "-"), ("23.0", "-"), ("10, 36", "-"), ("", ""),
        ("2", "0"), ("-3.0 (1.41)", "-"), ("-3.0", "-"),
    ]  # fmt: skip


LEFT, RIGHT = "Bilirubin (umol/L)", "Potassium (mmol/L)"
LABORATORY = records(
    "USUBJID PARAM AVISIT AVISITN AVAL CHG",
    ("ann", RIGHT, "BASELINE", 1.0, 4.0, None),
    ("bea", RIGHT, "BASELINE", 1.0, 4.25, None),
    ("ann", RIGHT, "WEEK 6", 7.0, 5.0, 1.0),
    ("dora", RIGHT, "WEEK 6", 7.0, None, None),
    ("dora", LEFT, "WEEK 6", 7.0, 1.23456, 0.1),
)
BY_VISIT = {"parameter": "PARAM", "visit": "AVISIT", "order": "AVISITN", "value": "AVAL", "change": "CHG"}


def test_in_brief_a_visit_is_one_line_with_as_many_digits_as_the_parameter_has(study: Study) -> None:
    """4 and 4.25: mean 4.125, deviation 0.25 / sqrt(2) = 0.1768. Five digits of a value are cut to three."""
    row = {"id": "LAB", "label": "Values", "dataset": "ADLB", "visits": BY_VISIT | {"brief": True}}
    assert shown(study, {"ADSL": FOUR, "ADLB": LABORATORY}, row) == [
        ("Values", "", "", ""),
        ("..Bilirubin (umol/L)", "", "", ""),
        ("....WEEK 6", "0", "1: 1.2346 (-)", "1: 1.2346 (-)"),
        ("......Change from baseline", "0", "1: 0.1000 (-)", "1: 0.1000 (-)"),
        ("..Potassium (mmol/L)", "", "", ""),
        ("....BASELINE", "2: 4.125 (0.1768)", "0", "2: 4.125 (0.1768)"),
        ("....WEEK 6", "1: 5.000 (-)", "0", "1: 5.000 (-)"),
        ("......Change from baseline", "1: 1.000 (-)", "0", "1: 1.000 (-)"),
    ]


def test_a_number_in_brief_counts_the_records_with_a_value(study: Study) -> None:
    row = {"id": "LAB", "label": "Values", "dataset": "ADLB", "visits": BY_VISIT | {"brief": True}}
    frame = results.frame([made(study_with(study, row), {"ADSL": FOUR, "ADLB": LABORATORY})])
    at_week_6 = frame[frame["LINEID"].eq(f"LAB/{RIGHT}/WEEK 6") & frame["OPER"].eq("n")]
    assert at_week_6[["COLUMN", "VALUE", "NSUBJ", "RECORDS"]].to_numpy().tolist() == [
        [NK, 1.0, 1, "3"],
        [T, 0.0, 0, ""],
        ["Total", 1.0, 1, "3"],
    ]
