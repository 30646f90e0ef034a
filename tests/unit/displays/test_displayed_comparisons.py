"""Rows that compare arms beyond one rate or one curve: restricted means, subgroups, values of the liver."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.displays import ars, results
from pipeline.study import Study
from tests.support.displayed import NK, T, made, participants, records, shown, study_with

NOTHING = "not estimable"
AGES: list[Any] = ["<50", ">=65", "<50", "<50", None]
PEOPLE = participants(ann=NK, bea=NK, cleo=T, dora=T, eva=T).assign(AGEGR1=AGES)
TIMES = records(
    "USUBJID AVALM CNSR",
    ("ann", 2.0, 0.0),
    ("bea", 4.0, 0.0),
    ("cleo", 1.0, 0.0),
    ("dora", 9.0, 1.0),
    ("eva", 9.0, 1.0),
)
ANSWERS = records("USUBJID AVALC", ("ann", "Y"), ("cleo", "N"), ("eva", "Y"))  # bea and dora have none
GROUPS = [{"variable": "AGEGR1", "label": "Age group"}]
RESTRICTED: dict[str, Any] = {
    "id": "M", "label": "Mean", "dataset": "ADTTE",
    "restricted_mean": {"time": "AVALM", "unit": "months", "censored": "CNSR", "until": 3},
}  # fmt: skip
RATES: dict[str, Any] = {
    "id": "S", "label": "Response", "dataset": "ADRS",
    "subgroups": {"rate": {"variable": "AVALC", "is": "Y"}, "whole": "All", "groups": GROUPS},
}  # fmt: skip
TIME = {"time": "AVALM", "unit": "months", "censored": "CNSR"}
HAZARDS: dict[str, Any] = {
    "id": "S", "label": "Survival", "dataset": "ADTTE",
    "subgroups": {"survival": TIME, "whole": "All", "groups": GROUPS},
}  # fmt: skip
FRAMES = {"ADSL": PEOPLE, "ADTTE": TIMES, "ADRS": ANSWERS}


def test_a_restricted_mean_is_the_area_under_the_curve_up_to_the_limit(study: Study) -> None:
    """Of the one arm 2 x 1 + 1 x 0.5 = 2.5, of the other 1 x 1 + 2 x 2/3 = 2.33 months; difference 0.17."""
    found = {label: rest for label, *rest in shown(study, FRAMES, RESTRICTED, total=False)}
    assert found["..Participants"] == ["2 (100.0)", "3 (100.0)", ""]
    means = found["..Restricted mean to 3 months, months (95 % CI)"]
    assert [text.split()[0] for text in means[:2]] == ["2.5", "2.3"]
    assert found["..Difference, months (95 % CI)"][2].split()[0] == "0.2"


def test_an_arm_that_nobody_follows_to_the_limit_has_no_mean_and_no_difference(study: Study) -> None:
    censored = TIMES.assign(CNSR=1.0, AVALM=[1.0, 1.0, 9.0, 9.0, 9.0])
    lines = shown(study, {**FRAMES, "ADTTE": censored}, RESTRICTED, total=False)
    found = {label: rest for label, *rest in lines}
    assert found["..Restricted mean to 3 months, months (95 % CI)"][0] == NOTHING
    for label in (
        "Difference, months (95 % CI)",
        "Difference of the means, p",
        "Test of proportional hazards, p",
    ):
        assert found[f"..{label}"][2] == NOTHING


def test_a_subgroup_without_an_answer_still_counts_its_participants(study: Study) -> None:
    """Who has no answer did not respond; who has no age group is a group by herself."""
    lines = shown(study, FRAMES, RATES, total=False)
    assert [line[:3] for line in lines] == [
        ("Response", "", ""),
        ("..All", "1/2", "1/3"),
        ("..Age group", "", ""),
        ("....<50", "1/1", "0/2"),
        ("....>=65", "0/1", "0/0"),
        ("....Missing", "0/0", "1/1"),
    ]
    assert [line[3] for line in lines[-2:]] == [NOTHING, NOTHING]
    assert lines[1][3].startswith("16.7 (")


def test_events_of_a_subgroup_are_of_its_records_and_an_arm_without_one_has_no_ratio(study: Study) -> None:
    lines = shown(study, FRAMES, HAZARDS, total=False)
    assert [line[1:3] for line in lines if line[1]] == [
        ("2/2", "1/3"),
        ("1/1", "1/2"),
        ("1/1", "0/0"),
        ("0/0", "0/1"),
    ]
    assert [line[3] for line in lines[-2:]] == [NOTHING, NOTHING]


def test_nobody_at_all_is_zeros_and_nothing_estimated(study: Study) -> None:
    none = {name: frame.iloc[:0] for name, frame in FRAMES.items()}
    found = [line for row in (RATES, HAZARDS, RESTRICTED) for line in shown(study, none, row, total=False)]
    assert {text for line in found for text in line[1:]} == {"", "0", "0/0", NOTHING}


def test_the_reporting_event_groups_a_subgroup_by_the_dataset_of_its_variable(study: Study) -> None:
    event = ars.reporting_event(study, [made(study_with(study, RATES), FRAMES)])
    groupings = [g for g in event["analysisGroupings"] if g["groupingVariable"] == "AGEGR1"]
    assert [g["groupingDataset"] for g in groupings] == ["ADSL"]


# --- the liver
LIMITS = {"ALT": 40.0, "AST": 40.0, "BILI": 20.0}
LIVER = {
    "id": "L", "label": "Liver", "dataset": "ADLB",
    "liver": {"transaminases": ["ALT", "AST"], "bilirubin": "BILI"},
}  # fmt: skip


def values(*rows: tuple[str, str, float, float]) -> dict[str, pd.DataFrame]:
    """Participant, parameter, multiple of its limit, day."""
    listed = [(who, code, multiple * LIMITS[code], LIMITS[code], day) for who, code, multiple, day in rows]
    return {"ADSL": PEOPLE, "ADLB": records("USUBJID PARAMCD AVAL ANRHI ADY", *listed)}


@pytest.mark.parametrize(
    ("rows", "alt", "bilirubin", "candidates"),
    [
        ([("ann", "ALT", 3.0, 8.0), ("ann", "BILI", 2.0, 8.0)], "0", "0", "0"),  # at the limits, not above
        ([("ann", "ALT", 3.1, 8.0), ("ann", "BILI", 1.0, 8.0)], "1 (50.0)", "0", "0"),
        ([("ann", "AST", 3.1, 8.0), ("ann", "BILI", 2.1, 40.0)], "1 (50.0)", "1 (50.0)", "1 (50.0)"),
        ([("ann", "ALT", 3.1, 8.0), ("bea", "BILI", 2.1, 8.0)], "1 (50.0)", "1 (50.0)", "0"),  # of two people
        (
            [("ann", "ALT", 9.0, 1.0), ("ann", "BILI", 9.0, 8.0)],
            "0",
            "1 (50.0)",
            "0",
        ),  # on the first day
    ],
)
def test_a_candidate_of_hys_law_has_both_above_their_limits_after_the_first_dose(
    study: Study, rows: list[tuple[str, str, float, float]], alt: str, bilirubin: str, candidates: str
) -> None:
    lines = {line[0].lstrip("."): line[1] for line in shown(study, values(*rows), LIVER)}
    assert lines["ALT or AST above 3 times the upper limit"] == alt
    assert lines["Total bilirubin above 2 times the upper limit"] == bilirubin
    assert lines["Candidates of Hy's law: ALT or AST above 3 times, bilirubin above 2 times"] == candidates


def test_a_value_without_a_limit_of_normal_does_not_count(study: Study) -> None:
    frames = values(("ann", "ALT", 9.0, 8.0))
    without = frames["ADLB"].assign(ANRHI=float("nan"))
    lines = shown(study, {**frames, "ADLB": without}, LIVER)
    assert {text for line in lines for text in line[1:]} == {"", "0"}


def test_a_candidate_is_explained_by_the_values_above_the_limits(study: Study) -> None:
    frames = values(("ann", "ALT", 1.0, 5.0), ("ann", "AST", 4.0, 8.0), ("ann", "BILI", 3.0, 9.0))
    frame = results.frame([made(study_with(study, LIVER), frames)])
    candidates = frame[frame["LINEID"].eq("L/candidates") & frame["COLUMN"].eq(NK)]
    assert set(candidates["RECORDS"]) == {"2-3"}
