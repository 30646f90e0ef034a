"""Rows that count participants."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.study import Study
from tests.support.displayed import NK, T, participants, records, shown

FOUR = participants(ann=NK, bea=NK, cleo=NK, dora=T)
EVENTS = records(
    "USUBJID AEBODSYS AEDECOD AETOXGR",
    ("ann", "Infections", "Cold", "1"),
    ("ann", "Infections", "Cold", "3"),
    ("ann", "Infections", "Cystitis", "2"),
    ("bea", "Blood", "Anaemia", "2"),
    ("cleo", "Infections", "Cystitis", "1"),
    ("dora", "Infections", "Cold", "2"),
    ("nobody of the population", "Blood", "Anaemia", "5"),
)
FRAMES = {"ADSL": FOUR, "AE": EVENTS}


def test_a_participant_with_several_records_counts_once_and_each_record_once(study: Study) -> None:
    row = {"id": "ANY", "label": "Any event", "dataset": "AE", "records": True}
    assert shown(study, FRAMES, row) == [("Any event", "3 (100.0) 5", "1 (100.0) 1", "4 (100.0) 6")]


def test_nobody_with_a_record_is_a_zero(study: Study) -> None:
    row = {
        "id": "COLD5",
        "label": "Fatal cold",
        "dataset": "AE",
        "where": {"AEDECOD": "Cold", "AETOXGR": "5"},
    }
    assert shown(study, FRAMES, row) == [("Fatal cold", "0", "0", "0")]


def test_an_arm_without_participants_has_a_zero_and_no_share(study: Study) -> None:
    only = {"ADSL": participants(ann=NK), "AE": EVENTS}
    assert shown(study, only, {"id": "ANY", "label": "Any", "dataset": "AE"}) == [
        ("Any", "1 (100.0)", "0", "1 (100.0)")
    ]


def test_events_per_100_years_are_of_the_days_of_all_participants_of_the_column(study: Study) -> None:
    """2 of 3 participants in 300 days: 2 * 36525 / 300 = 243.5; nobody of 100 days; 2 in 400 days: 182.6."""
    row = {
        "id": "CYST", "label": "Cystitis", "dataset": "AE", "where": {"AEDECOD": "Cystitis"},
        "exposure": "TRTDURD",
    }  # fmt: skip
    assert shown(study, FRAMES, row) == [
        ("Cystitis", "2 (66.7)", "0", "2 (50.0)"),
        ("..per 100 patient-years", "243.5", "0.0", "182.6"),
    ]


def test_categories_stand_in_the_order_of_their_list_and_missing_values_last(study: Study) -> None:
    adsl = FOUR.assign(AGEGR1=pd.Series([">=65", "<50", None, "<50"], dtype="str"))
    assert shown(
        study, {"ADSL": adsl}, {"id": "G", "label": "Age", "categories": {"variable": "AGEGR1"}}
    ) == [
        ("Age", "", "", ""),
        ("..<50", "1 (33.3)", "1 (100.0)", "2 (50.0)"),
        ("..>=65", "1 (33.3)", "0", "1 (25.0)"),
        ("..Missing", "1 (33.3)", "0", "1 (25.0)"),
    ]


def test_a_listed_category_that_nobody_has_is_a_zero(study: Study) -> None:
    adsl = FOUR.assign(AGEGR1=["<50"] * 4)
    asked = {"variable": "AGEGR1", "values": ["<50", "50-64"]}
    assert shown(study, {"ADSL": adsl}, {"id": "G", "label": "Age", "categories": asked})[2] == (
        "..50-64", "0", "0", "0",
    )  # fmt: skip


def test_categories_of_a_number_stand_in_the_order_of_numbers(study: Study) -> None:
    adsl = FOUR.assign(KPSBL=[100.0, 80.0, 90.0, 90.0])
    lines = shown(study, {"ADSL": adsl}, {"id": "K", "label": "KPS", "categories": {"variable": "KPSBL"}})
    assert [label for label, *_ in lines] == ["KPS", "..80", "..90", "..100"]


def test_classes_and_terms_stand_by_frequency_and_a_participant_counts_once_in_each(study: Study) -> None:
    row = {
        "id": "AE", "label": "Any event", "dataset": "AE", "levels": {"variables": ["AEBODSYS", "AEDECOD"]}
    }  # fmt: skip
    assert shown(study, FRAMES, row) == [
        ("Any event", "3 (100.0)", "1 (100.0)", "4 (100.0)"),
        ("..Infections", "2 (66.7)", "1 (100.0)", "3 (75.0)"),
        ("....Cold", "1 (33.3)", "1 (100.0)", "2 (50.0)"),
        ("....Cystitis", "2 (66.7)", "0", "2 (50.0)"),
        ("..Blood", "1 (33.3)", "0", "1 (25.0)"),
        ("....Anaemia", "1 (33.3)", "0", "1 (25.0)"),
    ]


def test_a_record_without_a_grade_is_the_worst_only_of_who_has_no_other(study: Study) -> None:
    events = records(
        "USUBJID AEBODSYS AETOXGR",
        ("ann", "Infections", None),
        ("ann", "Infections", "2"),
        ("bea", "Infections", None),
        ("cleo", "Infections", "10"),
        ("cleo", "Infections", "9"),
    )
    row = {
        "id": "AE", "label": "Any event", "dataset": "AE",
        "levels": {"variables": ["AEBODSYS"], "worst": "AETOXGR"},
    }  # fmt: skip
    lines = shown(study, {"ADSL": FOUR, "AE": events}, row)
    assert lines[:4] == [
        ("Any event", "3 (100.0)", "0", "3 (75.0)"),
        ("..Grade 2", "1 (33.3)", "0", "1 (25.0)"),
        ("..Grade 10", "1 (33.3)", "0", "1 (25.0)"),
        ("..Missing", "1 (33.3)", "0", "1 (25.0)"),
    ]


def test_by_worst_grade_a_participant_counts_once_a_term_with_the_greatest_grade(study: Study) -> None:
    row = {
        "id": "AE", "label": "Any event", "dataset": "AE",
        "levels": {"variables": ["AEBODSYS"], "worst": "AETOXGR"},
    }  # fmt: skip
    assert shown(study, FRAMES, row) == [
        ("Any event", "3 (100.0)", "1 (100.0)", "4 (100.0)"),
        ("..Grade 1", "1 (33.3)", "0", "1 (25.0)"),
        ("..Grade 2", "1 (33.3)", "1 (100.0)", "2 (50.0)"),
        ("..Grade 3", "1 (33.3)", "0", "1 (25.0)"),
        ("..Infections", "2 (66.7)", "1 (100.0)", "3 (75.0)"),
        ("....Grade 1", "1 (33.3)", "0", "1 (25.0)"),
        ("....Grade 2", "0", "1 (100.0)", "1 (25.0)"),
        ("....Grade 3", "1 (33.3)", "0", "1 (25.0)"),
        ("..Blood", "1 (33.3)", "0", "1 (25.0)"),
        ("....Grade 2", "1 (33.3)", "0", "1 (25.0)"),
    ]


def test_a_term_stays_where_it_reaches_the_share_in_any_arm(study: Study) -> None:
    """Anaemia: 33.3 % of one arm; cystitis: 66.7 %; cold: all of the other."""
    row = {
        "id": "AE", "label": "Any event", "dataset": "AE",
        "levels": {"variables": ["AEDECOD"], "at_least": 50},
    }  # fmt: skip
    assert shown(study, FRAMES, row) == [
        ("Any event", "2 (66.7)", "1 (100.0)", "3 (75.0)"),
        ("..Cold", "1 (33.3)", "1 (100.0)", "2 (50.0)"),
        ("..Cystitis", "2 (66.7)", "0", "2 (50.0)"),
    ]


@pytest.mark.parametrize(
    ("in_order", "lines"), [(True, ["..2", "..10", "..Missing"]), (False, ["..10", "..2", "..Missing"])]
)
def test_values_stand_in_their_order_where_the_row_asks_for_it(
    study: Study, in_order: bool, lines: list[str]
) -> None:
    ae = records("USUBJID CODE", ("ann", "10"), ("bea", "10"), ("cleo", "2"), ("dora", None))
    levels = {"variables": ["CODE"], "in_order": in_order}
    row = {"id": "AE", "label": "Any", "dataset": "AE", "levels": levels}
    found = shown(study, {"ADSL": participants(ann=NK, bea=NK, cleo=T, dora=T), "AE": ae}, row)
    assert [line[0] for line in found][1:] == lines


def test_no_event_at_all_is_a_line_of_zeros(study: Study) -> None:
    row = {"id": "AE", "label": "Any event", "dataset": "AE"}
    levels = row | {"levels": {"variables": ["AEBODSYS", "AEDECOD"], "worst": "AETOXGR", "at_least": 5}}
    nothing = {"ADSL": FOUR, "AE": EVENTS.iloc[:0]}
    assert shown(study, nothing, levels) == [("Any event", "0", "0", "0")]


def test_conditions_ask_for_a_value_for_one_of_several_and_for_any_or_none(study: Study) -> None:
    days = FOUR.assign(NACTDT=pd.to_datetime(["2016-01-02", "", "", "2016-01-03"]), AGE=[40.0, 50, 60, 70])
    wanted = [{"NACTDT": "present"}, {"NACTDT": "absent"}, {"AGE": ["40", "70"]}, {"TRT01P": T}]
    rows = [{"id": f"R{n}", "label": str(n), "where": where} for n, where in enumerate(wanted)]
    assert [total for *_, total in shown(study, {"ADSL": days}, *rows)] == [
        "2 (50.0)", "2 (50.0)", "2 (50.0)", "1 (25.0)",
    ]  # fmt: skip
