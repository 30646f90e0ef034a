"""RECIST 1.1, overall response: every combination of target, non-target and new lesion; dates; what follows
progression.
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.derivations.oncology.recist import Recist, assessments
from pipeline.derivations.oncology.table import COLUMNS
from tests.support.scans import Together, course, line, read

TARGET = {"CR": "50 0", "PR": "50 35", "SD": "50 50", "PD": "50 60", "NE": "50 ND", "none": None}
OTHER = {"CR": "+ -", "NON-CR/NON-PD": "+ +", "PD": "+ worse", "NE": "+ ND", "none": None}
NEW = {"no": None, "equivocal": ". ?", "yes": ". !"}

# Rows: target; columns: non-target CR, NON-CR/NON-PD, PD, NE, none. A point is no response: no disease at
# baseline.
WITHOUT_NEW = """
    CR    CR  PR             PD  PR  CR
    PR    PR  PR             PD  PR  PR
    SD    SD  SD             PD  SD  SD
    PD    PD  PD             PD  PD  PD
    NE    NE  NE             PD  NE  NE
    none  CR  NON-CR/NON-PD  PD  NE  .
"""
WITH_NEW = """
    CR    PD  PD  PD  PD  PD
    PR    PD  PD  PD  PD  PD
    SD    PD  PD  PD  PD  PD
    PD    PD  PD  PD  PD  PD
    NE    PD  PD  PD  PD  PD
    none  PD  PD  PD  PD  PD
"""
COMBINATIONS = [
    (target, other, new, expected)
    for new, table in (("no", WITHOUT_NEW), ("equivocal", WITHOUT_NEW), ("yes", WITH_NEW))
    for target, *row in (words.split() for words in table.strip().splitlines())
    for other, expected in zip(OTHER, row, strict=True)
]


def test_the_table_holds_all_combinations() -> None:
    assert len({c[:3] for c in COMBINATIONS}) == len(TARGET) * len(OTHER) * len(NEW) == 90


def combined(target: str, other: str, new: str) -> dict[str, str]:
    lines = {"T01": TARGET[target], "NT01": OTHER[other], "NEW01": NEW[new]}
    return {label: words for label, words in lines.items() if words}


COMBINED = Together((combined(*c[:3]) for c in COMBINATIONS), took_place=(0, 1))


@pytest.mark.parametrize(("target", "other", "new", "expected"), COMBINATIONS)
def test_overall_response(target: str, other: str, new: str, expected: str) -> None:
    assessed = COMBINED(combined(target, other, new))
    assert line(assessed, "target") == ("." if target == "none" else target)
    assert line(assessed, "non_target") == ("." if other == "none" else other)
    assert line(assessed, "new") == {"no": ".", "equivocal": "EQUIVOCAL", "yes": "UNEQUIVOCAL"}[new]
    assert line(assessed, "response") == expected


WHY = {
    "gone": ({"T01": "50 0"}, "GONE"),
    "a normal node is left": ({"T01": "50 0", "T02n": "20 8"}, "NODE"),
    "the sum": ({"T01": "50 30"}, "SUM"),
    "the nadir": ({"T01": "50 60"}, "NADIR"),
    "a target not measured": ({"T01": "50 ND"}, "MISSING"),
    "no sum at baseline": ({"T01": "ND 60"}, "BASELINE"),
    "a non-target lesion keeps a complete response from being one": (
        {"T01": "50 0", "NT01": "+ +"},
        "NON-TARGET",
    ),
    "so does one not assessed": ({"T01": "50 0", "NT01": "+ ND"}, "MISSING"),
    "non-target progression": ({"T01": "50 50", "NT01": "+ worse"}, "NON-TARGET"),
    "a new lesion": ({"T01": "50 50", "NEW01": ". !"}, "NEW LESION"),
    "the target's progression is named before the others": (
        {"T01": "50 60", "NT01": "+ worse", "NEW01": ". !"},
        "NADIR",
    ),
    "then the non-target's": ({"T01": "50 50", "NT01": "+ worse", "NEW01": ". !"}, "NON-TARGET"),
    "non-target disease only": ({"NT01": "+ +"}, "NON-TARGET"),
    "non-target disease only, not assessed": ({"NT01": "+ ND"}, "MISSING"),
}


@pytest.mark.parametrize(("lines", "expected"), WHY.values(), ids=WHY)
def test_each_response_says_what_decided_it(lines: dict[str, str], expected: str) -> None:
    assert line(AFTER_BASELINE(lines), "why") == expected


NON_TARGETS = {
    "all gone": ({"NT01": "+ -", "NT02n": "+ -"}, "CR"),
    "one persists": ({"NT01": "+ -", "NT02n": "+ +"}, "NON-CR/NON-PD"),
    "one progresses unequivocally": ({"NT01": "+ -", "NT02n": "+ worse"}, "PD"),
    "progression is certain though another was not assessed": ({"NT01": "+ ND", "NT02": "+ worse"}, "PD"),
    "one not assessed": ({"NT01": "+ ND", "NT02": "+ -"}, "NE"),
    "one without a record": ({"NT01": "+ .", "NT02": "+ -"}, "NE"),
    "one not assessed and one that persists: not all evaluated": ({"NT01": "+ ND", "NT02": "+ +"}, "NE"),
}


@pytest.mark.parametrize(("lines", "expected"), NON_TARGETS.values(), ids=NON_TARGETS)
def test_non_target_response(lines: dict[str, str], expected: str) -> None:
    assert line(WITH_TARGET({"T01": "50 50", **lines}), "non_target") == expected


def test_one_that_persists_is_enough_where_the_study_says_so() -> None:
    rules = Recist(non_targets_all_needed=False)
    assert line(read({"NT01": "+ ND", "NT02": "+ +"}, rules), "non_target") == "NON-CR/NON-PD"
    assert line(read({"NT01": "+ ND", "NT02": "+ -"}, rules), "non_target") == "NE"


def test_a_non_target_lesion_back_after_complete_response_is_progression() -> None:
    assessed = read({"T01": "50 0 0", "NT01": "+ - +"})
    assert line(assessed, "response") == "CR PD"
    assert line(assessed, "why") == "GONE REAPPEARED"
    assert (
        line(read({"T01": "50 0 0", "NT01": "+ - +"}, Recist(non_target_reappears=False)), "response")
        == "CR PR"
    )
    assert line(read({"T01": "50 40 40", "NT01": "+ - +"}), "response") == "SD SD", (
        "there was no complete response overall"
    )


def test_without_disease_at_baseline_only_a_new_lesion_is_a_response() -> None:
    extra = pd.DataFrame({"USUBJID": pd.Series(["patient"] * 3, dtype="str"), "assessment": [0, 1, 2]})
    assessed = read({"NEW01": ". . !"}, extra=extra)
    assert line(assessed, "disease") == "NONE NONE"
    assert line(assessed, "response") == ". PD"
    assert (
        line(read({"NEW01": ". . !"}, Recist(new_lesion_without_disease=False), extra), "response") == ". ."
    )


def test_the_kind_of_disease_is_stated() -> None:
    assert line(read({"T01": "50 50", "NT01": "+ +"}), "disease") == "TARGET"
    assert line(read({"NT01": "+ +"}), "disease") == "NON-TARGET"


DATES = {
    # course, response dates, progression dates
    "complete response takes the latest scan": ({"T01": "50 0", "T02": "50 0@3"}, "02-15", "."),
    "partial response too": ({"T01": "50 30", "T02": "50 30@3"}, "02-15", "."),
    "stable disease the earliest": ({"T01": "50 50", "T02": "50 50@3"}, "02-12", "."),
    "progression the earliest": ({"T01": "50 60@1", "T02": "50 60@3"}, "02-13", "02-15"),
    "not evaluable the earliest": ({"T01": "50 50@1", "T02": "50 ND@3"}, "02-13", "."),
    "a sum shows progression with the last scan of the lesions measured": (
        {"T01": "50 80@1", "T02": "50 ND@3", "T03": "9 60@2"},
        "02-13",
        "02-14",
    ),
    "a new lesion is dated by its own scan": ({"T01": "50 50@4", "NEW01": ". !@2"}, "02-14", "02-14"),
    "non-target progression by the scan of that lesion": (
        {"T01": "50 50", "NT01": "+ worse@3", "NT02": "+ +@1"},
        "02-12",
        "02-15",
    ),
    "the earliest of several": ({"T01": "50 60@4", "NEW01": ". !@2"}, "02-14", "02-14"),
    "an equivocal lesion proved later dates progression back": (
        {"T01": "50 50 50", "NEW01": ". ?@2 !@1"},
        "02-12 03-25",
        ". 02-14",
    ),
    "one that is never proved does not": ({"T01": "50 50 50", "NEW01": ". ? ?"}, "02-12 03-25", ". ."),
    "another equivocal lesion does not": (
        {"T01": "50 50 50", "NEW01": ". ? .", "NEW02": ". . !"},
        "02-12 03-25",
        ". 03-25",
    ),
    "undated scans give no date": ({"T01": "50 60@x"}, ".", "."),
}


@pytest.mark.parametrize(("lines", "response", "progression"), DATES.values(), ids=DATES)
def test_dates(lines: dict[str, str], response: str, progression: str) -> None:
    assessed = AFTER_BASELINE(lines)
    assert line(assessed, "response_date") == response
    assert line(assessed, "pd_date") == progression


def test_progression_is_dated_to_the_scan_that_proved_it_where_the_study_says_so() -> None:
    assessed = read({"T01": "50 50 50", "NEW01": ". ? !"}, Recist(equivocal_dates_back=False))
    assert line(assessed, "pd_date") == ". 03-25"
    assert line(assessed, "new") == "EQUIVOCAL UNEQUIVOCAL"


def test_an_assessment_without_a_dated_lesion_has_the_date_given_for_it() -> None:
    extra = pd.DataFrame(
        {
            "USUBJID": pd.Series(["patient", "patient"], dtype="str"),
            "assessment": [1, 2],
            "date": pd.to_datetime(["2016-02-20", "2016-03-26"]).astype("datetime64[s]"),
        }
    )
    assessed = read({"T01": "50 40@1 ."}, extra=extra)
    assert line(assessed, "first_date") == "02-13 03-26"
    assert line(assessed, "response") == "SD NE"


AFTER = {
    "each assessment stands by its own comparison": ({"T01": "50 60 40 30"}, "PD SD PR", "False True True"),
    "a new lesion that is still there": ({"T01": "50 50 50", "NEW01": ". ! !"}, "PD PD", "False True"),
    "one that is not": ({"T01": "50 50 50", "NEW01": ". ! ."}, "PD SD", "False True"),
    "the nadir goes on": ({"T01": "50 60 30 36"}, "PD PR PD", "False True True"),
}


AFTER_BASELINE = Together(row[0] for table in (WHY, DATES, AFTER) for row in table.values())
WITH_TARGET = Together({"T01": "50 50", **row[0]} for row in NON_TARGETS.values())


@pytest.mark.parametrize(("lines", "expected", "flags"), AFTER.values(), ids=AFTER)
def test_after_progression_responses_are_derived_and_flagged(
    lines: dict[str, str], expected: str, flags: str
) -> None:
    assessed = AFTER_BASELINE(lines)
    assert line(assessed, "response") == expected
    assert line(assessed, "after_pd") == flags


def test_after_progression_the_response_can_be_carried() -> None:
    assessed = read({"T01": "50 60 40 30"}, Recist(after_pd="carry"))
    assert line(assessed, "response") == "PD PD PD"
    assert line(assessed, "target") == "PD SD PR"
    assert line(assessed, "why") == "NADIR CARRIED CARRIED"
    assert line(assessed, "pd_date") == "02-12 . ."


def test_new_lesions_are_counted_up_to_each_assessment() -> None:
    assessed = read({"T01": "50 50 50 50", "NEW01": ". ! ! .", "NEW02": ". ? ! !", "NEW03": ". . ? 12"})
    assert line(assessed, "n_new") == "1 2 2"
    assert line(assessed, "sum_new_target") == ". . ."


def test_the_result_always_has_the_same_columns_and_types() -> None:
    for lines in ({}, {"T01": "50"}, {"NT01": "+ +"}):
        assessed = assessments(course(lines), None, Recist())
        assert {name: str(kind) for name, kind in assessed.dtypes.items()} == COLUMNS


def test_baseline_has_no_response() -> None:
    assessed = assessments(course({"T01": "50 40", "NEW01": "! !"}), None, Recist())
    assert line(assessed, "response") == ". PD"
    assert line(assessed, "target") == ". SD"
    assert line(assessed, "pd_date") == ". 02-12", "a new lesion at baseline is none"
    assert line(assessed, "sum") == "50 40"
    assert line(assessed, "baseline") == "50 50"
