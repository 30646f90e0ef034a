"""--LOBXFL: Y for the last record with a result before the first dose, of each test and lesion (SDTMIG 3.4,
4.5.9).
"""

from __future__ import annotations

from pipeline.derivations.sdtm.timing import last_before_dose
from tests.support.tables import Value, records, shown

FIRST_DOSE = records(
    "USUBJID RFXSTDTC",
    ("treated", "2016-08-12T09:30"),
    ("day_only", "2016-08-12"),
    ("never_dosed", None),
    ("partial", "2016-08"),
)


def flags(*rows: tuple[Value, ...]) -> list[str | None]:
    return shown(last_before_dose(records("USUBJID TRLNKID TRTESTCD TRDTC TRORRES", *rows), FIRST_DOSE))


def test_the_last_of_several_before_the_first_dose_is_flagged() -> None:
    assert flags(
        ("treated", "T01", "LDIAM", "2016-07-20", "23"),
        ("treated", "T01", "LDIAM", "2016-08-05", "24"),
        ("treated", "T01", "LDIAM", "2016-09-20", "20"),
    ) == [None, "Y", None]


def test_on_the_day_of_the_first_dose_the_times_decide() -> None:  # first dose at 09:30
    assert flags(("treated", "T01", "LDIAM", "2016-08-12T09:29", "23")) == ["Y"]
    assert flags(("treated", "T01", "LDIAM", "2016-08-12T09:30", "23")) == [None]  # prior to RFXSTDTC
    assert flags(("treated", "T01", "LDIAM", "2016-08-12T09:31", "23")) == [None]
    assert flags(("treated", "T01", "LDIAM", "2016-08-13", "23")) == [None]


def test_on_the_day_of_the_first_dose_a_record_without_a_time_counts_as_before() -> None:
    assert flags(("treated", "T01", "LDIAM", "2016-08-12", "23")) == ["Y"]
    assert flags(("day_only", "T01", "LDIAM", "2016-08-12T16:00", "23")) == ["Y"]


def test_the_later_in_time_of_two_records_on_one_day_is_flagged() -> None:
    assert flags(
        ("treated", "T01", "LDIAM", "2016-08-12T08:00", "23"),
        ("treated", "T01", "LDIAM", "2016-08-12T07:00", "24"),
    ) == [
        "Y",
        None,
    ]
    assert flags(
        ("treated", "T01", "LDIAM", "2016-08-12T08:00", "23"),
        ("treated", "T01", "LDIAM", "2016-08-12T10:00", "24"),
    ) == [
        "Y",
        None,
    ]


def test_a_record_without_a_result_is_not_flagged_and_hides_none() -> None:
    assert flags(
        ("treated", "T01", "LDIAM", "2016-07-20", "23"), ("treated", "T01", "LDIAM", "2016-08-05", None)
    ) == ["Y", None]


def test_each_lesion_and_each_test_has_a_flag_of_its_own() -> None:
    assert flags(
        ("treated", "T01", "LDIAM", "2016-07-20", "23"),
        ("treated", "T02", "LDIAM", "2016-07-25", "15"),
        ("treated", "T02", "LPERP", "2016-07-20", "11"),
        ("treated", None, "SUMDIAM", "2016-07-20", "38"),  # a sum belongs to no lesion
        ("treated", None, "SUMDIAM", "2016-07-25", "39"),
    ) == ["Y", "Y", "Y", None, "Y"]


def test_a_partial_or_missing_date_of_the_record_is_never_flagged() -> None:
    assert flags(("treated", "T01", "LDIAM", "2016-07", "23"), ("treated", "T02", "LDIAM", None, "23")) == [
        None,
        None,
    ]


def test_without_a_complete_date_of_first_dose_there_is_no_baseline() -> None:
    assert flags(
        ("never_dosed", "T01", "LDIAM", "2016-07-20", "23"),
        ("partial", "T01", "LDIAM", "2016-07-20", "23"),
        ("screen_failure", "T01", "LDIAM", "2016-07-20", "23"),
    ) == [None, None, None]


def test_the_later_by_identity_of_two_records_on_one_day_is_flagged() -> None:
    assert flags(
        ("treated", "T01", "LDIAM", "2016-08-05", "23"), ("treated", "T01", "LDIAM", "2016-08-05", "24")
    ) == [None, "Y"]


def test_the_order_in_which_records_come_does_not_matter() -> None:
    assert flags(
        ("treated", "T01", "LDIAM", "2016-08-05", "24"), ("treated", "T01", "LDIAM", "2016-07-20", "23")
    ) == ["Y", None]


def test_a_participant_twice_in_dm_is_a_finding_of_dm_and_no_failure_here() -> None:
    twice = records("USUBJID RFXSTDTC", ("treated", "2016-08-12"), ("treated", "2016-08-12"))
    given = records("USUBJID TRLNKID TRTESTCD TRDTC TRORRES", ("treated", "T01", "LDIAM", "2016-08-05", "24"))
    assert shown(last_before_dose(given, twice)) == ["Y"]


def test_without_records_there_are_no_flags() -> None:
    empty = records("USUBJID TRLNKID TRTESTCD TRDTC TRORRES")
    assert last_before_dose(empty, FIRST_DOSE).tolist() == []


def test_a_study_may_leave_out_what_may_have_been_done_after_the_first_dose_on_its_day() -> None:
    rows = records(
        "USUBJID TRLNKID TRTESTCD TRDTC TRORRES",
        ("treated", "T01", "LDIAM", "2016-08-11", "23"),
        ("treated", "T01", "LDIAM", "2016-08-12", "24"),  # no time: perhaps after 09:30
        ("treated", "T02", "LDIAM", "2016-08-12T09:00", "25"),
        ("day_only", "T01", "LDIAM", "2016-08-12T08:00", "26"),
    )
    flagged = last_before_dose(rows, FIRST_DOSE, on_the_day=False)
    assert shown(flagged) == ["Y", None, "Y", None]
