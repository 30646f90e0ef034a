"""ADTR and its like: parameter, baseline, change, and what a record takes from its assessment (ADaMIG 1.3,
3.3).
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.derivations.adam import basic
from pipeline.derivations.sequence import sequence
from pipeline.study.models import Codelist, Term
from tests.support.tables import days, numbers, records, shown, text


def test_a_lesion_is_numbered_among_the_targets_of_its_participant_and_a_node_has_its_own_parameter() -> None:
    lesions = records(
        "USUBJID TRGRPID TRLNKID",
        ("participant", "TARGET", "T02"),
        ("participant", "TARGET", "T01"),
        ("participant", "TARGET", "T01"),
        ("participant", "NON-TARGET", "NT01"),
        ("other", "TARGET", "T02"),
    )
    tests, participants = text("LDIAM", "LPERP", "LDIAM"), text("participant", "participant", "other")
    parameters = basic.lesion_parameter(tests, participants, text("T02", "T01", "T02"), lesions)
    assert shown(parameters) == ["LDIAM2", "NLDIAM1", "LDIAM1"]


def test_baseline_is_the_value_of_the_flagged_record_of_the_same_parameter() -> None:
    adtr = records(
        "USUBJID PARAMCD ABLFL AVAL",
        ("participant", "SDIAM", "Y", 40.0),
        ("participant", "SDIAM", None, 30.0),
        ("participant", "LDIAM1", "Y", 25.0),
        ("unmeasured", "SDIAM", "Y", None),
        ("unmeasured", "SDIAM", None, 30.0),
    )
    assert shown(basic.baseline_value(adtr)) == [40, 40, 25, None, None]


def test_change_begins_after_baseline_and_is_no_percentage_of_zero() -> None:
    value, base, flag = numbers(40, 30, 5, None), numbers(40, 40, 0, 40), text("Y", None, None, None)
    change = basic.change(value, base, flag)
    assert shown(change) == [None, -10, 5, None]
    assert shown(basic.percent_change(change, base)) == [None, -25, None, None]


@pytest.mark.parametrize(
    ("date", "expected"),
    [("2017-03-02", 2), ("2017-03-01", 1), ("2017-02-28", -1), ("2017-02-01", -28), (None, None)],
)
def test_the_reference_day_is_day_1_and_no_day_is_0(date: str | None, expected: int | None) -> None:
    assert shown(basic.analysis_day(days(date), days("2017-03-01"))) == [expected]


def test_the_best_change_is_the_lowest_of_each_parameter_and_of_several_the_earliest() -> None:
    changes = records(
        "USUBJID PARAMCD ADT PCHG",
        ("participant", "SDIAM", "2017-01-01", None),  # baseline
        ("participant", "SDIAM", "2017-05-01", -30.0),
        ("participant", "SDIAM", "2017-03-01", -30.0),
        ("participant", "SDIAM", "2017-07-01", 10.0),
        ("participant", "LDIAM1", "2017-05-01", 5.0),
        ("grew", "SDIAM", "2017-03-01", 20.0),
        ("grew", "SDIAM", "2017-05-01", 12.5),
        ("baseline_alone", "SDIAM", "2017-01-01", None),
    )
    changes["ADT"] = days(*changes["ADT"])
    assert shown(basic.best_change(changes)) == [None, None, "Y", None, "Y", None, "Y", None]


def test_a_record_without_a_value_is_not_analysed() -> None:
    assert shown(basic.analysis_flag(numbers(0, None))) == ["Y", None]


def test_a_record_takes_the_value_of_its_assessment() -> None:
    adta = records(
        "USUBJID ASMT AVISIT",
        ("participant", "A1", "BASELINE"),
        ("participant", "A2", "WEEK 6"),
        ("other", "A2", "WEEK 12"),
    )
    participants, assessments = text("participant", "other", "participant"), text("A2", "A2", None)
    visits = basic.value_of_assessment(participants, assessments, adta)
    assert shown(visits) == ["WEEK 6", "WEEK 12", None]


def test_records_are_numbered_within_the_participant_in_the_order_of_their_keys() -> None:
    adtr = records("USUBJID PARAMCD", ("participant", "SDIAM"), ("participant", "LDIAM1"), ("other", "SDIAM"))
    assert shown(sequence(adtr)) == [2, 1, 1]


def test_a_parameter_has_the_name_and_the_category_of_its_lists() -> None:
    names = Codelist(name="n", terms={"OVR": Term(decode="Overall Response")})
    groups = Codelist(
        name="c", terms={"BY INVESTIGATOR": Term(collected=("OVR",)), "DERIVED": Term(collected=("BOR",))}
    )
    assert shown(basic.parameter_name(text("OVR", "XYZ"), names)) == ["Overall Response", None]
    categories = basic.parameter_category(text("OVR", "BOR", "XYZ"), groups)
    assert shown(categories) == ["BY INVESTIGATOR", "DERIVED", None]


def test_a_flag_is_y_or_missing() -> None:
    assert shown(basic.record_flag(pd.Series([True, False]))) == ["Y", None]


def test_a_parameter_has_the_number_of_its_place_in_the_list() -> None:
    parameters = Codelist(name="Parameters", terms={"OS": Term(), "PFS": Term()})
    assert shown(basic.parameter_number(text("PFS", "OS", "DOR"), parameters)) == [2, 1, None]


def test_a_response_is_analysed_up_to_and_including_the_first_progression() -> None:
    assessments = records(
        "USUBJID ASMT ASMTN AFTPDFL",
        ("participant", "A2", 1.0, None),
        ("participant", "A3", 2.0, None),  # the progression
        ("participant", "A4", 3.0, "Y"),
    )
    # A1 is before baseline and so not in ADTA; the last record is of a parameter that there is once
    labels = text("A1", "A2", "A3", "A4", None)
    participants = text(*["participant"] * 5)
    assert shown(basic.until_progression_flag(participants, labels, assessments)) == [
        None,
        "Y",
        "Y",
        None,
        "Y",
    ]


def test_a_date_has_the_imputation_flag_of_the_date_that_it_was_taken_from() -> None:
    flags = records("USUBJID DTHDTF NACTDTF", ("died", "D", "M"), ("other", None, None))
    participants = text("died", "died", "died", "other")
    datasets, variables = text("ADSL", "ADTA", "ADSL", "ADSL"), text("DTHDT", "AENDT", "RANDDT", "DTHDT")
    assert shown(basic.imputation_flag_of_source(participants, datasets, variables, flags)) == [
        "D",
        None,
        None,
        None,
    ]
