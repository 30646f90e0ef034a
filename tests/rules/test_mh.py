"""MH: the cancer's diagnosis and relapse, each dated by what MHEVDTYP names, and other conditions."""

from __future__ import annotations

from collections import Counter

from tests.support.tabulated_sample import rows


def test_diagnosis_and_relapse_name_the_event_that_their_date_is_of_and_conditions_do_not() -> None:
    assert Counter(rows("MH", "MHCAT MHEVDTYP")) == {
        ("GENERAL MEDICAL HISTORY", None): 21,
        ("PRIMARY DIAGNOSIS", "DIAGNOSIS"): 35,
        ("PRIMARY DIAGNOSIS", "DISEASE RELAPSE"): 35,
    }


def test_a_diagnosis_is_coded_and_dated_as_precisely_as_collected() -> None:
    assert rows(
        "MH", "MHTERM MHDECOD MHPTCD MHSOCCD MHSTDTC", USUBJID="FD-033", MHEVDTYP="DISEASE RELAPSE"
    ) == [
        ("Recurrent breast cancer", "Breast cancer recurrent", 90000002, 90100001, "2015"),
    ]


def test_a_condition_that_goes_on_is_ongoing_at_the_visit_of_the_form() -> None:
    assert rows(
        "MH", "MHTERM MHDECOD MHENRTPT MHENTPT", USUBJID="FD-006", MHCAT="GENERAL MEDICAL HISTORY"
    ) == [
        ("Chronic hepatitis B carrier", "Hepatitis B", "ONGOING", "SCREENING"),
        ("High blood pressure", "Hypertension", "ONGOING", "SCREENING"),
    ]


def test_a_person_screened_twice_has_the_history_of_both_screenings_each_with_its_number() -> None:
    found = rows("MH", "MHSPID MHEVDTYP", USUBJID="FD-009", MHCAT="PRIMARY DIAGNOSIS")
    assert sorted(found) == [
        ("MHX-FD-009-1", "DIAGNOSIS"),
        ("MHX-FD-009-2", "DISEASE RELAPSE"),
        ("MHX-FD-014-1", "DIAGNOSIS"),
        ("MHX-FD-014-2", "DISEASE RELAPSE"),
    ]
