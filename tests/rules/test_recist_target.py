"""RECIST 1.1, target lesions: bounds, nodes, lesions not measured, lesions that come back, split and merge.
Courses are written as in
`tests/support/scans.py`.
"""

from __future__ import annotations

import pytest

from pipeline.derivations.oncology.recist import Recist
from tests.support.scans import Together, line, read

BOUNDS = {
    # rule: (course, target responses after baseline)
    "30 % less than baseline is a partial response": ({"T01": "50 35"}, "PR"),
    "a hundredth of a millimetre more is not": ({"T01": "50 35.01"}, "SD"),
    "a hundredth less is": ({"T01": "50 34.99"}, "PR"),
    "as floats 0.7 x 23.9 is below 16.73: still a partial response": ({"T01": "23.9 16.73"}, "PR"),
    "10.1 + 20.2 + 30.3 is not 60.6 as floats": (
        {"T01": "10.1 7.07", "T02": "20.2 14.14", "T03": "30.3 21.21"},
        "PR",
    ),
    "20 % more than the nadir and 5 mm is progression": ({"T01": "50 60"}, "PD"),
    "a hundredth below 20 % is not": ({"T01": "50 59.99"}, "SD"),
    "a hundredth above is": ({"T01": "50 60.01"}, "PD"),
    "as floats 1.2 x 33.7 is above 40.44: still progression": ({"T01": "33.7 40.44"}, "PD"),
    "5 mm more of a small sum is progression": ({"T01": "20 25"}, "PD"),
    "20 % more but only 4.99 mm is none": ({"T01": "20 24.99"}, "SD"),
    "5.01 mm more is": ({"T01": "20 25.01"}, "PD"),
    "6.2 to 11.2 is 5 mm, though not as floats": ({"T01": "6.2 11.2"}, "PD"),
    "progression is measured from the nadir, not from baseline": ({"T01": "50 30 40"}, "PR PD"),
    "the nadir is the smallest sum so far, not the last": ({"T01": "50 30 33 36"}, "PR PR PD"),
    "baseline can be the nadir": ({"T01": "40 45 48"}, "SD PD"),
    "partial response is measured from baseline, not from the nadir": ({"T01": "50 60 40 35"}, "PD SD PR"),
    "3.2 to 8.2, of which the floats are no whole hundredths": ({"T01": "3.2 8.2"}, "PD"),
    "baseline is no response": ({"T01": "50"}, ""),
}


@pytest.mark.parametrize(("lines", "expected"), BOUNDS.values(), ids=BOUNDS)
def test_bounds_of_the_sum_are_met_exactly(lines: dict[str, str], expected: str) -> None:
    assert line(AFTER_BASELINE(lines), "target") == expected


NODES = {
    "all gone is complete": ({"T01": "50 0"}, "CR"),
    "a node below 10 mm is normal": ({"T01n": "15 9.99"}, "CR"),
    "a node of 10 mm is not": ({"T01n": "15 10"}, "PR"),
    "nor one of 10.01 mm": ({"T01n": "15 10.01"}, "PR"),
    "all gone but a normal node is complete, the sum need not be 0": ({"T01": "30 0", "T02n": "20 8"}, "CR"),
    "a lesion of 0.01 mm is no complete response": ({"T01": "50 0.01", "T02n": "20 8"}, "PR"),
    "one lesion left": ({"T01": "50 0", "T02": "30 4"}, "PR"),
    "normal nodes that grow by 5 mm stay normal": ({"T01n": "15 2 8"}, "CR CR"),
    "grown to 10 mm they do not": ({"T01n": "15 2 10"}, "CR PD"),
    "too small to measure is 5 mm and not gone": ({"T01": "50 tiny"}, "PR"),
    "too small counts 5 mm of the sum": ({"T01": "50 tiny", "T02": "50 65.01"}, "SD"),
    "with 65 mm of another lesion it is 70 %": ({"T01": "50 tiny", "T02": "50 65"}, "PR"),
    "a figure given counts though it is small": ({"T01": "50 2", "T02": "50 68"}, "PR"),
}


@pytest.mark.parametrize(("lines", "expected"), NODES.values(), ids=NODES)
def test_nodes_and_lesions_too_small(lines: dict[str, str], expected: str) -> None:
    assert line(AFTER_BASELINE(lines), "target") == expected


MISSING = {
    "a lesion not done is not evaluable": ({"T01": "50 40", "T02": "50 ND"}, "NE", "MISSING"),
    "so is one without any record": ({"T01": "50 40", "T02": "50 ."}, "NE", "MISSING"),
    "however small the rest": ({"T01": "50 0", "T02": "50 ND"}, "NE", "MISSING"),
    "progression is certain if those measured are 20 % above the nadir": (
        {"T01": "50 120", "T02": "50 ND"},
        "PD",
        "NADIR",
    ),
    "and not below it": ({"T01": "50 119.99", "T02": "50 ND"}, "NE", "MISSING"),
    "5 mm count there too": ({"T01": "10 25", "T02": "10 ND"}, "PD", "NADIR"),
    "4.99 mm do not": ({"T01": "10 24.99", "T02": "10 ND"}, "NE", "MISSING"),
    "normal nodes alone make nothing certain: the other may be gone": (
        {"T01n": "15 2 9", "T02n": "15 0 ND"},
        "CR NE",
        "NODE MISSING",
    ),
    "an incomplete sum is no nadir": ({"T01": "50 10 40", "T02": "50 ND 60"}, "NE SD", "MISSING SUM"),
    "after it the nadir is the one before": ({"T01": "50 ND 60"}, "NE PD", "MISSING NADIR"),
    "a target not done at baseline leaves no sum at baseline": (
        {"T01": "50 30", "T02": "ND 10"},
        "NE",
        "BASELINE",
    ),
    "yet all gone is gone": ({"T01": "50 0", "T02": "ND 0"}, "CR", "GONE"),
    "and a later sum is a nadir": ({"T01": "50 30 40", "T02": "ND 10 10"}, "NE PD", "BASELINE NADIR"),
    "a target first recorded later has no baseline": ({"T01": "50 30", "T02": ". 10"}, "NE", "BASELINE"),
    "no baseline at all": ({"T01": ". 30 10"}, "NE NE", "BASELINE BASELINE"),
}


@pytest.mark.parametrize(("lines", "expected", "why"), MISSING.values(), ids=MISSING)
def test_a_target_not_measured_is_not_evaluable_unless_progression_is_certain(
    lines: dict[str, str], expected: str, why: str
) -> None:
    assessed = AFTER_BASELINE(lines)
    assert line(assessed, "target") == expected
    assert line(assessed, "target_why") == why


def test_a_sum_over_missing_lesions_is_never_a_sum() -> None:
    assessed = read({"T01": "50 40 30", "T02": "50 ND 30"})
    assert line(assessed, "sum") == ". 60"
    assert line(assessed, "sum_measured") == "40 60"
    assert line(assessed, "n_expected") == "2 2"
    assert line(assessed, "n_assessed") == "1 2"
    assert line(assessed, "nadir") == "100 100"
    assert line(assessed, "chg") == ". -40"
    assert line(assessed, "pchg") == ". -40"


def test_changes_are_from_baseline_and_from_the_nadir_before() -> None:
    assessed = read({"T01": "50 25 30 0 10"})
    assert line(assessed, "baseline") == "50 50 50 50"
    assert line(assessed, "nadir") == "50 25 25 0"
    assert line(assessed, "chg") == "-25 -20 -50 -40"
    assert line(assessed, "pchg") == "-50 -40 -100 -80"
    assert line(assessed, "chg_nadir") == "-25 5 -25 10"
    assert line(assessed, "pchg_nadir") == "-50 20 -100 .", "no percent of nothing"


BACK = {
    "after an overall complete response any lesion is progression": (
        {"T01": "50 0 3"},
        "CR PD",
        "GONE REAPPEARED",
    ),
    "even one of a hundredth": ({"T01": "50 0 0.01"}, "CR PD", "GONE REAPPEARED"),
    "a node comes back at 10 mm": ({"T01n": "15 8 10"}, "CR PD", "NODE REAPPEARED"),
    "not at 9.99 mm": ({"T01n": "15 8 9.99"}, "CR CR", "NODE NODE"),
    "without a complete response the sum decides": (
        {"T01": "50 0 4", "T02": "50 40 36"},
        "PR PR",
        "SUM SUM",
    ),
    "and it may decide for progression": ({"T01": "50 0 20", "T02": "50 40 36"}, "PR PD", "SUM NADIR"),
    "the targets gone is not enough: the overall response must have been complete": (
        {"T01": "50 0 3", "NT01": "+ + +"},
        "CR PR",
        "GONE SUM",
    ),
    "5 mm after complete response is progression by the sum": ({"T01": "50 0 5"}, "CR PD", "GONE NADIR"),
    "one lesion back is certain though another is not measured": (
        {"T01": "50 0 3", "T02": "50 0 ND"},
        "CR PD",
        "GONE REAPPEARED",
    ),
    "an assessment that evaluated nothing does not undo the complete response": (
        {"T01": "50 0 ND 3"},
        "CR NE PD",
        "GONE MISSING REAPPEARED",
    ),
    "after progression it counts no more": ({"T01": "50 0 3 2"}, "CR PD PR", "GONE REAPPEARED SUM"),
}


@pytest.mark.parametrize(("lines", "expected", "why"), BACK.values(), ids=BACK)
def test_a_lesion_that_comes_back(lines: dict[str, str], expected: str, why: str) -> None:
    assessed = AFTER_BASELINE(lines)
    assert line(assessed, "target") == expected
    assert line(assessed, "target_why") == why


PERSISTS = {
    # course, with pr_persists, without
    "drifting above 70 %": ({"T01": "100 60 71"}, "PR PR", "PR SD"),
    "and on, until progression": ({"T01": "100 70 75 80 84"}, "PR PR PR PD", "PR SD SD PD"),
    "over an assessment not evaluable": ({"T01": "100 70 ND 75"}, "PR NE PR", "PR NE SD"),
    "not from stable disease": ({"T01": "100 75 76"}, "SD SD", "SD SD"),
    "not over progression": ({"T01": "100 60 80 75"}, "PR PD PD", "PR PD PD"),
    "after progression it must be reached again": ({"T01": "100 70 84 80"}, "PR PD SD", "PR PD SD"),
    "complete response ends it too": ({"T01": "15 10 0 10.6", "NT01": "+ + + +"}, "PR CR PD", "PR CR PD"),
}


@pytest.mark.parametrize(("lines", "persisting", "without"), PERSISTS.values(), ids=PERSISTS)
def test_a_partial_response_persists_or_not(lines: dict[str, str], persisting: str, without: str) -> None:
    assert line(AFTER_BASELINE(lines), "target") == persisting
    assert line(NOT_PERSISTING(lines), "target") == without


def test_a_partial_response_that_persists_says_so() -> None:
    assert line(read({"T01": "100 60 71"}), "why") == "SUM PERSISTS"


CONFIRMED = {
    "one partial response alone does not persist": ("100 60 71", "PR SD"),
    "the second, 42 days later, does": ("100 60 60 71", "PR PR PR"),
    "exactly 28 days later": ("100 60@14 60 71", "PR PR PR"),
    "27 days later does not": ("100 60@15 60 71", "PR PR SD"),
    "an assessment not evaluable between is passed over": ("100 60 ND 60 71", "PR NE PR PR"),
    "stable disease between begins anew": ("100 60 71 60 71", "PR SD PR SD"),
    "without a date nothing is confirmed": ("100 60@x 60 71", "PR PR SD"),
}


@pytest.mark.parametrize(("lines", "expected"), CONFIRMED.values(), ids=CONFIRMED)
def test_where_confirmation_is_required_only_a_confirmed_partial_response_persists(
    lines: str, expected: str
) -> None:
    assert line(CONFIRMING({"T01": lines}), "target") == expected


SPLIT = {
    # course, sums, responses
    "parts are added and the parent is expected no more": (
        {"T01": "50 40 . .", "T01.1": ". . 18 15", "T01.2": ". . 17 10"},
        "40 35 25",
        "SD PR PR",
    ),
    "the parent's record does not count once there are parts": (
        {"T01": "50 40", "T01.1": ". 18", "T01.2": ". 17"},
        "35",
        "PR",
    ),
    "a part not measured leaves the sum open": (
        {"T01": "50 . .", "T01.1": ". 18 20", "T01.2": ". ND 17"},
        ". 37",
        "NE SD",
    ),
    "once a part was seen the parent alone is not enough": (
        {"T01": "50 . 40", "T01.1": ". 30 .", "T01.2": ". 15 ."},
        "45 .",
        "SD NE",
    ),
    "a part that splits again": (
        {"T01": "60 . .", "T01.1": ". 30 .", "T01.2": ". 20 20", "T01.1.1": ". . 12", "T01.1.2": ". . 8"},
        "50 40",
        "SD PR",
    ),
    "merged lesions count once": (
        {"T01": "30 30 .", "T02": "30 30 .", "T01/T02": ". . 40"},
        "60 40",
        "SD PR",
    ),
    "a merged lesion counts with the others": (
        {"T01": "20 .", "T02": "20 .", "T01/T02": ". 30", "T03": "20 15"},
        "45",
        "SD",
    ),
    "a merged lesion not measured": ({"T01": "30 .", "T02": "30 .", "T01/T02": ". ND"}, ".", "NE"),
    "merged ones apart again are added again": (
        {"T01": "30 . 20", "T02": "30 . 20", "T01/T02": ". 40 ."},
        "40 40",
        "PR PR",
    ),
    "apart again, and one of them not measured": (
        {"T01": "30 . 20 20", "T02": "30 . ND 20", "T01/T02": ". 40 . ."},
        "40 . 40",
        "PR NE PR",
    ),
    "apart again and progressed": (
        {"T01": "30 . 20", "T02": "30 . 28", "T01/T02": ". 40 ."},
        "40 48",
        "PR PD",
    ),
    "merged, apart and merged anew": (
        {"T01": "30 . 20 .", "T02": "30 . 20 .", "T01/T02": ". 40 . 35"},
        "40 40 35",
        "PR PR PR",
    ),
    "apart in what was said before and not measured says nothing": (
        {"T01": "30 . ND .", "T02": "30 . ND .", "T01/T02": ". 40 . 41"},
        "40 . 41",
        "PR NE PR",
    ),
    "recorded both ways at one assessment they are merged": (
        {"T01": "30 . 20", "T02": "30 . 20", "T01/T02": ". 40 40"},
        "40 40",
        "PR PR",
    ),
    "two that merged merge with a third": (
        {"T01": "30 . .", "T02": "30 . .", "T03": "20 20 .", "T01/T02": ". 40 .", "T01/T02/T03": ". . 55"},
        "60 55",
        "SD PR",
    ),
    "and the third separates": (
        {
            "T01": "30 . . .",
            "T02": "30 . . .",
            "T03": "20 20 . 18",
            "T01/T02": ". 40 . 38",
            "T01/T02/T03": ". . 55 .",
        },
        "60 55 56",
        "SD PR PR",
    ),
    "a merged lesion that split in parts separates": (
        {
            "T01": "30 . . 20",
            "T02": "30 . . 22",
            "T01/T02": ". 50 . .",
            "T01/T02.1": ". . 20 .",
            "T01/T02.2": ". . 22 .",
        },
        "50 42 42",
        "SD PR PR",
    ),
    "parts by letter": ({"T01": "50 . .", "T01a": ". 18 15", "T01b": ". 17 10"}, "35 25", "PR PR"),
    "parts by capital letter": ({"T01": "50 .", "T01A": ". 18", "T01B": ". 17"}, "35", "PR"),
    "parts by letter behind a point": ({"T01": "50 .", "T01.a": ". 18", "T01.b": ". 17"}, "35", "PR"),
    "parts by number behind a hyphen": ({"T01": "50 .", "T01-1": ". 18", "T01-2": ". 17"}, "35", "PR"),
    "merged by a plus sign": ({"T01": "30 .", "T02": "30 .", "T01+T02": ". 40"}, "40", "PR"),
    "merged with blanks": ({"T01": "30 .", "T02": "30 .", "T01 + T02": ". 40"}, "40", "PR"),
    "merged by an ampersand": ({"T01": "30 .", "T02": "30 .", "T01&T02": ". 40"}, "40", "PR"),
    "merged by a comma": ({"T01": "30 .", "T02": "30 .", "T01, T02": ". 40"}, "40", "PR"),
    "merged by a hyphen": ({"T01": "30 .", "T02": "30 .", "T01-T02": ". 40"}, "40", "PR"),
    "merged by a word": ({"T01": "30 .", "T02": "30 .", "T01 and T02": ". 40"}, "40", "PR"),
    "merged, the letter written once": ({"T01": "30 .", "T02": "30 .", "T01/02": ". 40"}, "40", "PR"),
    "merged, numbers written short": ({"T01": "30 .", "T02": "30 .", "T1/T2": ". 40"}, "40", "PR"),
    "merged with a lesion that is not there is only a name": (
        {"T01": "30 20", "T02": "30 20", "T01/T09": ". 25"},
        "65",
        "NE",
    ),
    "parts in brackets": ({"T01": "50 .", "T01(1)": ". 18", "T01(2)": ". 17"}, "35", "PR"),
    "parts in small letters": ({"T01": "50 .", "t01a": ". 18", "t01b": ". 17"}, "35", "PR"),
    "parts by letter that merge again": (
        {"T01": "50 . .", "T01a": ". 30 .", "T01b": ". 25 .", "T01a/T01b": ". . 35"},
        "55 35",
        "SD PR",
    ),
    "merged by a plus sign and apart again": (
        {"T01": "30 . 20", "T02": "30 . 20", "T01+T02": ". 40 ."},
        "40 40",
        "PR PR",
    ),
    "a letter at the end of a name that has no whole is only a name": ({"T01a": "50 35"}, "35", "PR"),
    "at baseline nothing has split": ({"T01": "30 21", "T01a": "20 14"}, "35", "PR"),
    "parts that merge again": (
        {"T01": "50 . .", "T01.1": ". 30 .", "T01.2": ". 25 .", "T01.1/T01.2": ". . 35"},
        "55 35",
        "SD PR",
    ),
    "the parts of a merged lesion": (
        {"T01": "30 . .", "T02": "30 . .", "T01/T02": ". 50 .", "T01/T02.1": ". . 20", "T01/T02.2": ". . 22"},
        "50 42",
        "SD PR",
    ),
    "a name that could be read both ways is a part": (
        {"T01": "30 . .", "T02": "30 . .", "T01/T02": ". 50 .", "T01/T02.1": ". . 20", "T02.1": ". . 10"},
        "50 30",
        "SD PR",
    ),
    "a point in the name of a lesion that has no parent is only a name": ({"T01.1": "50 35"}, "35", "PR"),
    "so is a slash": ({"A/B": "50 35"}, "35", "PR"),
}


TABLES = (BOUNDS, NODES, MISSING, BACK, PERSISTS, SPLIT)
AFTER_BASELINE = Together(row[0] for table in TABLES for row in table.values())
NOT_PERSISTING = Together((row[0] for row in PERSISTS.values()), Recist(pr_persists=False))
CONFIRMING = Together(({"T01": row[0]} for row in CONFIRMED.values()), Recist(pr_needs_confirmation=True))


@pytest.mark.parametrize(("lines", "sums", "expected"), SPLIT.values(), ids=SPLIT)
def test_lesions_that_split_or_merge(lines: dict[str, str], sums: str, expected: str) -> None:
    assessed = AFTER_BASELINE(lines)
    assert line(assessed, "sum") == sums
    assert line(assessed, "target") == expected


def test_a_whole_recorded_only_after_its_part_is_not_expected() -> None:
    assessed = read(
        {"T01": "50 40 40", "T02": "30 . .", "T03": "30 . .", "T02/T03.1": ". 20 .", "T02/T03": ". . 30"}
    )
    assert line(assessed, "n_expected") == "4 2"
    assert line(assessed, "n_assessed") == "2 1"
