"""TU and TR: each lesion once where it was first seen, diameters in millimetres, states, assessments numbered
by their first scan.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.derivations.sdtm import lesions
from pipeline.derivations.sdtm.findings import result_as_number
from pipeline.derivations.sdtm.terms import identification_name, tumour_test_name
from pipeline.derivations.sdtm.tumours import (
    assessment,
    assessments_not_done,
    converted,
    diameter_test,
    first_record_of_lesion,
    lesion_identifier,
    millimetres,
    state_test,
)
from pipeline.errors import SpecError
from pipeline.study import located
from pipeline.study.models import Codelist, Term, Unit
from pipeline.study.short import words
from tests.support.tables import numbers, records, shown, text
from tests.support.tabulated_sample import rows

_OF_PROGRAM = words.lists()["LESION STATUS"]
WORDS = Codelist(
    name=_OF_PROGRAM["name"],
    terms={term: Term(collected=tuple(spellings)) for term, spellings in _OF_PROGRAM["terms"].items()},
)
UNITS = {"cm": Unit(to="mm", factor="10"), "lb": Unit(to="kg", factor="0.45359237")}


def in_mm(status: list[Any], number: list[Any], unit: list[Any], too_small_mm: float = 5) -> pd.Series[str]:
    return lesions.diameter_in_mm(
        text(*number), WORDS, too_small_mm, UNITS, unit=text(*unit), status=text(*status)
    )


# --- TU
LESIONS = records(
    "USUBJID LESION SCAN_DATE",
    ("one", "T01", "2016-09-20"),
    ("one", "T01", "2016-08-01"),
    ("one", "T02", None),  # not assessed, no date
    ("one", "T02", "2016-09-20"),
    ("two", "T01", "2016-10-02"),  # a lesion of another participant
    ("two", "T02", None),  # never dated
)


def test_a_lesion_is_identified_where_it_was_first_seen() -> None:
    found = first_record_of_lesion(LESIONS)
    assert sorted(found["record"]) == ["01", "03", "04", "05"]
    assert list(found) == ["USUBJID", "form", "record", "LESION"], (
        "the identity of the record, and the lesion"
    )


def test_a_record_that_names_no_lesion_is_of_none() -> None:
    asked = records("USUBJID LESION SCAN_DATE", ("one", None, "2016-08-01"), ("one", "1", "2016-09-01"))
    assert first_record_of_lesion(asked)["record"].tolist() == ["01"]


def test_the_lesions_of_a_form_that_numbers_them_from_1_are_told_from_those_of_other_forms() -> None:
    numbers_of_form = text("1", "2", "10", None, "3a")
    assert shown(lesion_identifier(numbers_of_form, "NT")) == ["NT01", "NT02", "NT10", None, "NT3a"]


def test_the_first_by_identity_of_two_records_on_one_day_is_taken() -> None:
    twice = records(
        "USUBJID LESION SCAN_DATE",
        ("one", "T01", "2016-08-01"),
        ("one", "T01", "2016-08-01"),
    )
    assert first_record_of_lesion(twice)["record"].tolist() == ["00"]
    assert first_record_of_lesion(twice.iloc[::-1])["record"].tolist() == ["00"]


def test_a_lesion_of_a_split_or_a_merger_says_so() -> None:
    found = lesions.identification(text("Split", "MERGED", None))
    assert shown(found) == ["TUSPLIT", "TUMERGE", "TUMIDENT"]
    assert shown(identification_name(found)) == ["Tumor Split", "Tumor Merged", "Tumor Identification"]
    assert shown(lesions.identification(text(None))) == ["TUMIDENT"]


# --- TR: diameters of target lesions
DIAMETERS = {
    # rule: (status, number, unit, TRORRES, TRORRESU, TRSTRESC, TRSTRESN, TRSTRESU)
    "millimetres": ("Measured", "23.5", "mm", "23.5", "mm", "23.5", 23.5, "mm"),
    "centimetres become millimetres": ("Measured", "2.35", "cm", "2.35", "cm", "23.5", 23.5, "mm"),
    "exactly, no float touches it": ("Measured", "1.1", "CM", "1.1", "cm", "11", 11.0, "mm"),
    "a whole ten is written in full": ("Measured", "20", "cm", "20", "cm", "200", 200.0, "mm"),
    "a measured 2 mm stays 2 mm": ("Measured", "2", "mm", "2", "mm", "2", 2.0, "mm"),
    "too small, and yet a figure was given: that figure": (
        "Too small to measure",
        "3",
        "mm",
        "3",
        "mm",
        "3",
        3.0,
        "mm",
    ),
    "too small to measure counts as 5 mm": (
        "Too small to measure",
        None,
        None,
        "TOO SMALL TO MEASURE",
        None,
        "5",
        5.0,
        "mm",
    ),
    "gone is 0": ("Disappeared", None, None, "0", None, "0", 0.0, "mm"),
    "a measured 0 is 0": ("Measured", "0.0", "cm", "0.0", "cm", "0", 0.0, "mm"),
    "not assessed has no result": ("Not assessed", None, None, None, None, None, None, None),
    "in any case": ("TOO SMALL TO MEASURE", None, None, "TOO SMALL TO MEASURE", None, "5", 5.0, "mm"),
    "a number without a unit has no standard result": ("Measured", "23", None, "23", None, None, None, None),
    "nor one in a unit of something else": ("Measured", "23", "lb", "23", "lb", None, None, None),
}


@pytest.mark.parametrize(
    ("status", "number", "unit", "orres", "orresu", "stresc", "stresn", "stresu"),
    DIAMETERS.values(),
    ids=DIAMETERS,
)
def test_a_diameter_is_standardized_to_millimetres(
    status: str,
    number: str | None,
    unit: str | None,
    orres: str | None,
    orresu: str | None,
    stresc: str | None,
    stresn: float | None,
    stresu: str | None,
) -> None:
    found = in_mm([status], [number], [unit])
    as_collected = lesions.diameter_as_collected(text(number), WORDS, status=text(status))
    of_number = lesions.unit_of_number(text(number), text(unit), WORDS, status=text(status))
    assert (shown(as_collected), shown(of_number)) == ([orres], [orresu])
    assert shown(found) == [stresc]
    assert shown(result_as_number(found)) == [stresn]
    assert shown(millimetres(result_as_number(found))) == [stresu]


def test_what_counts_for_too_small_is_the_parameter_of_the_study() -> None:
    assert shown(in_mm(["Too small to measure"], [None], [None], too_small_mm=2.5)) == ["2.5"]


def test_all_rules_at_once_stay_in_their_order() -> None:
    status, number, unit, *_, stresc, _, _ = zip(*DIAMETERS.values(), strict=True)
    assert shown(in_mm(list(status), list(number), list(unit))) == list(stresc)


def test_centimetres_need_no_table_of_units_and_a_form_without_a_unit_is_in_millimetres() -> None:
    assert shown(lesions.diameter_in_mm(text("2.35"), WORDS, 5, {}, unit=text("cm"))) == ["23.5"]
    assert shown(lesions.diameter_in_mm(text("23.5", None), WORDS, 5, {})) == ["23.5", None]
    assert shown(lesions.diameter_as_collected(text("23.5", None), WORDS)) == ["23.5", None]


IN_THE_FIELD_OF_THE_NUMBER = {
    # text: (TRORRES, TRORRESU, TRSTRESC in a study in which <5 is too small to measure), the unit being cm
    "2.35": ("2.35", "cm", "23.5"),
    "<5": ("<5", "cm", "5"),
    "Disappeared": ("Disappeared", None, "0"),
    "NE": (None, None, None),
    "confluent with T02": ("confluent with T02", "cm", "confluent with T02"),  # no word of the form
}


@pytest.mark.parametrize(
    ("typed", "orres", "orresu", "stresc"),
    [(typed, *results) for typed, results in IN_THE_FIELD_OF_THE_NUMBER.items()],
    ids=IN_THE_FIELD_OF_THE_NUMBER,
)
@pytest.mark.parametrize("status", [None, "Measured"], ids=["without a status", "against the status"])
def test_a_word_in_the_field_of_the_number_counts_by_its_meaning(
    typed: str, orres: str | None, orresu: str | None, stresc: str | None, status: str | None
) -> None:
    too_small = Term(collected=(*WORDS.terms["TOO SMALL TO MEASURE"].collected, "<5"))
    of_study = WORDS.model_copy(update={"terms": {**WORDS.terms, "TOO SMALL TO MEASURE": too_small}})
    given = None if status is None else text(status)
    in_mm_of_typed = lesions.diameter_in_mm(text(typed), of_study, 5, {}, unit=text("cm"), status=given)
    assert shown(lesions.diameter_as_collected(text(typed), of_study, status=given)) == [orres]
    assert shown(lesions.unit_of_number(text(typed), text("cm"), of_study, status=given)) == [orresu]
    assert shown(in_mm_of_typed) == [stresc]


SPELLED = {
    # spelling: (target lesion in mm, state of a non-target lesion, of a node)
    "Below measurable limit": ("5", "TOO SMALL TO MEASURE", "TOO SMALL TO MEASURE"),
    "resolved": ("0", "ABSENT", "NON-PATHOLOGICAL"),
    " Absent ": ("0", "ABSENT", "NON-PATHOLOGICAL"),
    "Not evaluable": (None, None, None),
    "GONE": ("0", "ABSENT", "NON-PATHOLOGICAL"),
}


@pytest.mark.parametrize(("typed", "expected"), SPELLED.items(), ids=SPELLED)
def test_a_form_may_say_it_in_other_words(typed: str, expected: tuple[str | None, ...]) -> None:
    as_node = lesions.state(text(typed, typed), WORDS, text("No", "Yes"))
    assert (*shown(in_mm([typed], [None], [None])), *shown(as_node)) == expected


CODELISTS = """\
SEX: [F, M]
LESION STATUS: {GONE: [Nil], TOO SMALL TO MEASURE: [Stable]}
"""


def test_a_study_adds_its_own_spellings_and_they_win() -> None:
    long = words.added(located.parsed(CODELISTS, "specs/codelists.yaml", "specs/codelists.yaml"))
    terms = long.value["LESION STATUS"]["terms"]
    assert terms["GONE"][-1] == "Nil"
    assert terms["TOO SMALL TO MEASURE"][-1] == "Stable"
    assert "Stable" not in terms["PRESENT"], "the program's own word, which this study means otherwise"
    assert long.at(("LESION STATUS", "terms", "GONE", 0)) == "specs/codelists.yaml:2:24"


def test_a_term_that_the_list_does_not_have_is_refused_with_the_nearest() -> None:
    spoilt = CODELISTS.replace("GONE", "GON")
    with pytest.raises(SpecError) as refused:
        words.added(located.parsed(spoilt, "specs/codelists.yaml", "specs/codelists.yaml"))
    assert str(refused.value) == (
        "specs/codelists.yaml:2:17: GON is not a term of LESION STATUS; did you mean GONE?"
    )


def test_words_are_no_number() -> None:
    assert shown(result_as_number(text("PRESENT", "5", "0.5", "1.2.3", "²", None))) == [
        None,
        5.0,
        0.5,
        None,
        None,
        None,
    ]


def test_a_node_is_measured_by_its_short_axis() -> None:
    found = diameter_test(text("Yes", "YES", "No"))
    assert shown(found) == ["LPERP", "LPERP", "LDIAM"]
    assert shown(tumour_test_name(found)) == [
        "Longest Perpendicular",
        "Longest Perpendicular",
        "Longest Diameter",
    ]


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [
        ("2.30", "cm", "mm", "23"),  # decimal text times a decimal factor
        ("0.7", "cm", "mm", "7"),  # a float may miss a threshold by its last bit
        ("23.0", "mm", "mm", "23.0"),  # in the unit already: as it stands
        ("132", "lb", "kg", "59.87419284"),
        ("132", "lb", "mm", None),  # pounds lead to no length
        ("23", "inch", "mm", None),
        ("23", None, "mm", None),
        (None, "cm", "mm", None),
    ],
)
def test_units_are_converted_exactly_or_not_at_all(
    value: str | None, unit: str | None, target: str, expected: str | None
) -> None:
    assert shown(converted(text(value), text(unit), target, UNITS)) == [expected]


# --- TR: states of non-target lesions
STATES = {
    # rule: (state, node, TRTESTCD, TRORRES, TRSTRESC)
    "present": ("Present", "No", "TUMSTATE", "Present", "PRESENT"),
    "absent": ("Absent", "No", "TUMSTATE", "Absent", "ABSENT"),
    "a node that is there is pathological": ("Present", "Yes", "LNSTATE", "Present", "PATHOLOGICAL"),
    "a node that is not is non-pathological": ("Absent", "Yes", "LNSTATE", "Absent", "NON-PATHOLOGICAL"),
    "unequivocal progression of a lesion": (
        "Unequivocal progression",
        "No",
        "TUMSTATE",
        "Unequivocal progression",
        "UNEQUIVOCAL PROGRESSION",
    ),
    "and of a node": (
        "Unequivocal progression",
        "Yes",
        "LNSTATE",
        "Unequivocal progression",
        "UNEQUIVOCAL PROGRESSION",
    ),
    "not assessed": ("Not assessed", "No", "TUMSTATE", None, None),
    "a node not assessed": ("NOT ASSESSED", "Yes", "LNSTATE", None, None),
}


@pytest.mark.parametrize(("state", "node", "test", "orres", "stresc"), STATES.values(), ids=STATES)
def test_the_state_of_a_lesion_is_standardized_by_whether_it_is_a_node(
    state: str, node: str, test: str, orres: str | None, stresc: str | None
) -> None:
    assert shown(state_test(text(node))) == [test]
    assert shown(lesions.state_as_collected(text(state), WORDS)) == [orres]
    assert shown(lesions.state(text(state), WORDS, text(node))) == [stresc]


YES_OR_NO = {
    "Yes": True,
    "y": True,
    "1": True,
    "Checked": True,
    "No": False,
    "N": False,
    "0": False,
    None: False,
}


@pytest.mark.parametrize(("node", "is_node"), YES_OR_NO.items(), ids=str)
def test_a_form_may_say_in_any_word_for_yes_that_a_lesion_is_a_node(node: str | None, is_node: bool) -> None:
    stresc = lesions.state(text("Present"), WORDS, text(node))
    assert shown(stresc) == ["PATHOLOGICAL" if is_node else "PRESENT"]


def test_a_form_that_does_not_ask_for_nodes_has_lesions_alone() -> None:
    assert shown(lesions.state(text("Present", "Absent"), WORDS)) == ["PRESENT", "ABSENT"]


def test_only_a_lesion_not_assessed_is_not_done_and_has_a_reason() -> None:
    status, reason = text("Not assessed", "NOT ASSESSED", "Measured"), text("Artefact", None, "Artefact")
    assert shown(lesions.not_done(status, WORDS)) == ["NOT DONE", "NOT DONE", None]
    assert shown(lesions.reason_not_done(status, reason, WORDS)) == ["Artefact", None, None]


# --- assessments
TARGETS = records(
    "USUBJID FOLDER SCAN_DATE",
    ("one", "SCREENING", "2016-08-01"),
    ("one", "WEEK 6", "2016-09-20"),
    ("one", "week  6", "2016-09-19"),  # the same visit, typed another way: its first scan counts
    ("one", "WEEK 12", "2016-11-02"),
    ("two", "SCREENING", "2017-01-05"),
    ("two", "WEEK 6", None),  # not assessed
)
NON_TARGETS = records(
    "USUBJID FOLDER SCAN_DATE",
    ("one", "UNSCHEDULED 01", "2016-10-10"),
    ("non_target_only", "SCREENING", "2016-08-01"),
)
NEW_LESIONS = records(
    "USUBJID FOLDER SCAN_DATE",
    ("new_lesion_alone", "UNSCHEDULED 01", "2016-11-28"),
)
RESPONSES = records(
    "USUBJID FOLDER ASSESS_DATE",
    ("one", "WEEK 24", "2017-01-25"),
    ("one", "UNSCHEDULED 02", "2017-04-03"),
    ("one", "WEEK 36", "2017-04"),
    ("two", "WEEK 12", "2017-03-30"),
)
FORMS = (TARGETS, NON_TARGETS, NEW_LESIONS, RESPONSES)

ASSESSMENTS = {
    # rule: (participant, visit as typed, number)
    "baseline is the first": ("one", "SCREENING", "A1"),
    "the next in the order of scans": ("one", "WEEK 6", "A2"),
    "a new lesion alone is an assessment": ("new_lesion_alone", "UNSCHEDULED 01", "A1"),
    "however the visit was typed": ("one", " Week 6 ", "A2"),
    "with the wide blank of a Chinese keyboard": ("one", "WEEK\u30006", "A2"),
    "an unscheduled scan has its place by its date, not its name": ("one", "UNSCHEDULED 01", "A3"),
    "so the next planned one comes after it": ("one", "WEEK 12", "A4"),
    "an assessment of which only the response is dated": ("one", "WEEK 24", "A5"),
    "a partial date counts as the first day it can mean": ("one", "WEEK 36", "A6"),
    "and a later day comes after it": ("one", "UNSCHEDULED 02", "A7"),
    "each participant begins at A1": ("two", "SCREENING", "A1"),
    "a visit without a dated scan has no number": ("two", "WEEK 6", None),
    "and takes none away": ("two", "WEEK 12", "A2"),
    "non-target lesions alone make an assessment": ("non_target_only", "SCREENING", "A1"),
    "a visit without any tumour record": ("one", "CYCLE 1 DAY 1", None),
    "a participant without any": ("never_scanned", "SCREENING", None),
    "no visit": ("one", None, None),
}


@pytest.mark.parametrize(("who", "folder", "expected"), ASSESSMENTS.values(), ids=ASSESSMENTS)
def test_the_assessments_of_a_participant_are_numbered_by_their_first_scan(
    who: str, folder: str | None, expected: str | None
) -> None:
    assert shown(assessment(text(who), text(folder), *FORMS)) == [expected]


def test_the_assessments_of_all_participants_at_once_keep_their_order() -> None:
    who, folder, expected = zip(*ASSESSMENTS.values(), strict=True)
    assert shown(assessment(text(*who), text(*folder), *FORMS)) == list(expected)


def test_where_nobody_was_scanned_there_is_no_assessment() -> None:
    assert shown(
        assessment(
            text("one"),
            text("WEEK 6"),
            *(form.iloc[:0] for form in FORMS),
        )
    ) == [None]


def test_a_standard_unit_goes_with_a_number_alone() -> None:
    assert shown(millimetres(numbers(5.0, None))) == ["mm", None]


# --- assessments without any image
IMAGES = records(
    "USUBJID SUBJECT FOLDER DONE REASON",
    ("missed", "01", "WEEK 24", "No", "Could not travel"),
    ("missed", "01", "week  24", "no", "Too weak"),  # another region of the same assessment
    ("missed", "01", "WEEK 12", "Yes", None),
    ("one_region", "02", "WEEK 24", "No", "Could not be read"),
    ("one_region", "02", "WEEK 24", "YES", None),
    ("other", "03", "WEEK 24", "No", None),
    (
        "screened_again",
        "04",
        "SCREENING",
        "No",
        "Scanner out of service",
    ),  # missed at the first screening, done at the second
    ("screened_again", "05", "SCREENING", "Yes", None),
)


def test_an_assessment_without_any_image_is_one_record_with_the_first_reason() -> None:
    found = assessments_not_done(IMAGES)
    assert found[["USUBJID", "SUBJECT", "record", "FOLDER"]].to_numpy().tolist() == [
        ["missed", "01", "00", "WEEK 24"],
        ["other", "03", "05", "WEEK 24"],
        ["screened_again", "04", "06", "SCREENING"],
    ]
    assert shown(found["REASON"]) == ["Could not travel", None, "Scanner out of service"]


def test_where_nobody_was_to_be_imaged_nothing_was_missed() -> None:
    assert assessments_not_done(IMAGES.iloc[:0]).empty


def test_a_missed_assessment_is_not_done_and_has_no_result() -> None:
    found = rows(
        "TR", "TRTEST TRORRES TRSTRESC TRSTAT TRREASND VISIT TRLNKID", USUBJID="FD-034", TRTESTCD="TRALL"
    )
    assert found == [
        ("Tumor/Lesion Results", None, None, "NOT DONE", "Participant could not travel", "WEEK 24", None),
        ("Tumor/Lesion Results", None, None, "NOT DONE", "Participant too weak to travel", "WEEK 36", None),
    ]
