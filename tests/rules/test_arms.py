"""DM: which record of a person counts, the reference dates, planned and actual arm (SDTMIG 3.4, DM)."""

from __future__ import annotations

import pandas as pd
import pytest

from mappings.sdtm import dm
from pipeline.derivations.sdtm import arms, subjects
from pipeline.derivations.sdtm.terms import arm_name
from pipeline.study.models import Arm
from tests.support.tables import records, shown, text

ARMS = (Arm(code="NKT", name="Trastuzumab and NK immunotherapy"), Arm(code="T", name="Trastuzumab"))


# --- enrolment
def test_dm_holds_the_last_enrolment_of_a_person_screened_again() -> None:
    enrol = records(
        "USUBJID SUBJECT EARLIER_SUBJECT",
        ("once", "FD-001", None),
        ("screened_again", "FD-002", None),
        ("screened_again", "FD-009", "FD-002"),
        ("screened_three_times", "FD-003", None),
        ("screened_three_times", "FD-010", "FD-003"),
        ("screened_three_times", "FD-020", "FD-010"),
    )
    found = subjects.last_screening(enrol)
    assert found["USUBJID"].tolist() == ["once", "screened_again", "screened_three_times"]
    assert found["record"].tolist() == ["00", "02", "05"], "the records of FD-001, FD-009 and FD-020"


# --- arms
ARM_RULES = {
    # rule: (randomized to, treatments received, ARMCD, ACTARMCD, ARMNRS)
    "received what was planned, with NK cells": ("NKT", ["TRASTUZUMAB", "NK CELLS"], "NKT", "NKT", None),
    "received what was planned, without": ("T", ["TRASTUZUMAB", "TRASTUZUMAB"], "T", "T", None),
    "a comparator given NK cells is actually in the other arm": (
        "T",
        ["TRASTUZUMAB", "NK CELLS"],
        "T",
        "NKT",
        None,
    ),
    "planned for NK cells and never given any": ("NKT", ["TRASTUZUMAB"], "NKT", "T", None),
    "NK cells alone": ("NKT", ["NK CELLS"], "NKT", "NKT", None),
    "randomized and never dosed": ("T", [], "T", None, "ASSIGNED, NOT TREATED"),
    "a screen failure has no arm at all": (None, [], None, None, "SCREEN FAILURE"),
    "dosed without randomization is no arm of the study": (
        None,
        ["TRASTUZUMAB"],
        None,
        None,
        "SCREEN FAILURE",
    ),
}


@pytest.mark.parametrize(
    ("drawn", "received", "planned", "actual", "reason"), ARM_RULES.values(), ids=ARM_RULES
)
def test_the_planned_arm_is_the_one_drawn_and_the_actual_arm_the_one_received(
    drawn: str | None, received: list[str], planned: str | None, actual: str | None, reason: str | None
) -> None:
    who = text("dosed")
    rand = records("USUBJID ARM_CODE", ("another", "T"), *((("dosed", drawn),) if drawn else ()))
    exposure = records(
        "USUBJID EXTRT", ("another", "NK CELLS"), *(("dosed", treatment) for treatment in received)
    )
    armcd = arms.planned_arm(who, rand)
    actarmcd = dm.actual_arm(who, armcd, exposure)
    assert shown(armcd) == [planned]
    assert shown(actarmcd) == [actual]
    assert shown(arms.reason_arm_is_null(armcd, actarmcd)) == [reason]


COLLECTED = {
    # rule: (the arm as collected, words for no arm, ARMCD)
    "its code": ("NKT", None, "NKT"),
    "its name, whatever its case and the blanks around it": (" trastuzumab ", None, "T"),
    "a word for no arm": ("Screen failure", ["SCREEN FAILURE"], None),
    "such a word where the study names none stays, for a check to report": (
        "Screen failure",
        None,
        "Screen failure",
    ),
    "no arm of the study stays, without the blanks around it": (" Placebo ", ["SCREEN FAILURE"], "Placebo"),
    "nothing collected": (None, ["SCREEN FAILURE"], None),
}


@pytest.mark.parametrize(("collected", "no_arm", "code"), COLLECTED.values(), ids=COLLECTED)
def test_the_arm_is_collected_by_its_code_or_its_name(
    collected: str | None, no_arm: list[str] | None, code: str | None
) -> None:
    assert shown(arms.arm_code(text(collected), ARMS, no_arm)) == [code]


def test_the_name_of_an_arm_goes_with_its_code() -> None:
    assert shown(arm_name(text("T", None, "NKT"), ARMS)) == [
        "Trastuzumab",
        None,
        "Trastuzumab and NK immunotherapy",
    ]
    assert arm_name(text(None), ARMS).dtype == "str"


# --- without randomization
ENROLLED = records(
    "USUBJID ENROLLED_ON",
    ("enrolled", "2021-03-04"),
    ("enrolled_some_day_in_march", "2021-03"),
    ("date_left_blank", None),
)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("enrolled", "A"),
        ("enrolled_some_day_in_march", "A"),
        ("date_left_blank", None),
        ("screen_failure", None),
    ],
)
def test_who_was_enrolled_has_the_arm_into_which_all_are(who: str, expected: str | None) -> None:
    assert shown(arms.arm_of_enrolled(text(who), ENROLLED, "A")) == [expected]


COHORTS = (
    Arm(code="LOW", name="Drug A 10 mg", treatments=("DRUG A LOW",)),
    Arm(code="HIGH", name="Drug A 30 mg", treatments=("DRUG A HIGH", "STEROID")),
    Arm(code="BOTH", name="Drug A and B", treatments=("DRUG B", "STEROID")),
)
FIRST_TREATMENTS = {
    # what was given, by date: the code of the arm
    "by the name of the arm": ([("Drug A 10 mg", "2021-03-04")], "LOW"),
    "by its code, whatever the case, with blanks": ([(" high ", "2021-03-04")], "HIGH"),
    "by a treatment that is planned in it": ([("Drug B", "2021-03-04")], "BOTH"),
    "by what is listed for it": ([("Trialinib 10", "2021-03-04")], "LOW"),
    "a later treatment changes nothing": (
        [("Drug A high", "2021-04-01"), ("Drug A low", "2021-03-04")],
        "LOW",
    ),
    "a dose without a complete date does not count": (
        [("Drug A high", "2021-03"), ("Drug A low", "2021-03-04")],
        "LOW",
    ),
    "of treatments that begin together the one of an arm": (
        [("Steroid", "2021-03-04"), ("Drug B", "2021-03-04")],
        "BOTH",
    ),
    "a treatment of two arms is of none, and stays for a check": ([("Steroid", "2021-03-04")], "Steroid"),
    "a treatment of no arm stays for a check": ([("Placebo", "2021-03-04")], "Placebo"),
    "a dose without a name does not count": ([(None, "2021-03-04")], None),
    "never dosed": ([], None),
}


@pytest.mark.parametrize(("given", "expected"), FIRST_TREATMENTS.values(), ids=FIRST_TREATMENTS)
def test_the_first_treatment_decides_the_arm(
    given: list[tuple[str | None, str]], expected: str | None
) -> None:
    doses = records(
        "USUBJID EXTRT EXSTDTC",
        ("another", "Drug A high", "2020-01-01"),
        *(("participant", *dose) for dose in given),
    )
    code = arms.arm_of_first_treatment(text("participant"), doses, COHORTS, {"LOW": ["Trialinib 10"]})
    assert shown(code) == [expected]


# --- reference dates
EXPOSURE = records(
    "USUBJID EXSTDTC EXENDTC",
    ("treated", "2016-09-02T09:00", "2016-09-02T10:00"),
    ("treated", "2016-08-12T09:30", "2016-08-12T11:00"),
    ("no_time_of_end", "2016-08-12T09:30", None),
    ("no_day", "2016-08", None),  # as text it would sort before every day of August
    ("no_day", "2016-08-12", "2016-08-12"),
    ("only_no_day", "2016-08", "2016-08"),
)


@pytest.mark.parametrize(
    ("who", "first", "last"),
    [
        ("treated", "2016-08-12T09:30", "2016-09-02T10:00"),
        ("no_time_of_end", "2016-08-12T09:30", "2016-08-12T09:30"),
        ("no_day", "2016-08-12", "2016-08-12"),
        ("only_no_day", None, None),
        ("never_dosed", None, None),
    ],
)
def test_the_first_dose_starts_and_the_last_dose_ends_on_complete_dates(
    who: str, first: str | None, last: str | None
) -> None:
    assert shown(subjects.start_of_first_dose(text(who), EXPOSURE)) == [first]
    assert shown(subjects.end_of_last_dose(text(who), EXPOSURE)) == [last]


RAND = records(
    "USUBJID RAND_DATE",
    *(
        (who, "2016-08-10")
        for who in ("completed", "died", "screened_again", "in_follow_up", "screened_again_in_follow_up")
    ),
    ("left_at_once", "2016-08-10"),
)
EOS = records(
    "USUBJID END_DATE LAST_CONTACT",
    ("completed", "2019-06-01", "2019-06-01"),
    ("died", "2017", "2017-03-02"),
    ("screened_again", "2016-07-15", "2016-07-15"),
    ("screened_again", "2018-02-03", "2018-02-03"),
    ("screened_again_in_follow_up", "2016-07-15", "2016-07-15"),
    ("screen_failure", "2016-07-15", "2016-07-15"),
    ("left_at_once", "2016-08-10", "2016-08-10"),
)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("completed", "2019-06-01"),
        ("left_at_once", "2016-08-10"),  # on the day of randomization
        ("died", "2017"),  # as precise as it is known
        ("screened_again", "2018-02-03"),  # the end of the earlier screening does not count
        ("screened_again_in_follow_up", None),
        ("in_follow_up", None),
        ("screen_failure", None),
    ],
)
def test_the_reference_period_ends_when_a_randomized_participant_leaves_the_study(
    who: str, expected: str | None
) -> None:
    assert shown(subjects.end_of_study(text(who), EOS.drop(columns="LAST_CONTACT"), RAND)) == [expected]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("completed", "2019-06-01"),
        ("in_follow_up", "2018-04-02"),  # the last contact
        ("screened_again_in_follow_up", "2016-09-21"),  # the last visit
        ("died", "2017"),
        ("screen_failure", None),
    ],
)
def test_who_is_still_in_the_study_is_in_it_to_the_last_contact(who: str, expected: str | None) -> None:
    contact = text({"in_follow_up": "2018-04-02"}.get(who))
    visits = records(
        "USUBJID VISIT_DATE",
        ("in_follow_up", "2016-09-21"),
        ("screened_again_in_follow_up", "2016-09-21"),
        ("screen_failure", "2016-07-15"),
    )
    ends = EOS.drop(columns="LAST_CONTACT")
    assert shown(subjects.end_of_reference_period(text(who), ends, RAND, contact, visits)) == [expected]


def none(columns: str) -> pd.DataFrame:
    return records(columns)


def test_where_nobody_was_randomized_dosed_or_died_all_is_missing() -> None:
    who = text("screen_failure")
    assert shown(arms.planned_arm(who, none("USUBJID ARM_CODE"))) == [None]
    assert shown(dm.actual_arm(who, text(None), none("USUBJID EXTRT"))) == [None]
    assert shown(subjects.start_of_first_dose(who, none("USUBJID EXSTDTC"))) == [None]
    assert shown(subjects.end_of_last_dose(who, none("USUBJID EXSTDTC EXENDTC"))) == [None]
    assert shown(subjects.end_of_study(who, EOS.drop(columns="LAST_CONTACT"), none("USUBJID RAND_DATE"))) == [
        None
    ]
    assert shown(subjects.date_of_death(who, none("USUBJID DEATH_DATE"))) == [None]
    assert shown(subjects.death_flag(who, none("USUBJID DEATH_DATE"))) == [None]


NO_RECORDS = {
    "randomized": none("USUBJID RAND_DATE"),
    "treatment": none("USUBJID END_DATE"),
    "visits": none("USUBJID VISIT_DATE"),
    "scans": none("USUBJID SCAN_DATE"),
    "events": none("USUBJID START_DATE END_DATE"),
    "medications": none("USUBJID START_DATE END_DATE"),
}


def test_participation_ends_with_the_last_contact_at_which_survival_was_known() -> None:
    surv = records(
        "USUBJID STATUS CONTACT_DATE",
        ("completed", "Alive", "2019-06-20"),
        ("completed", "Unknown", "2019-06-28"),  # nobody was reached
        ("died", "Dead", "2017-09-01"),  # the day on which the site learnt it
        ("in_follow_up", "Alive", "2018-01-05"),
    )
    death = records("USUBJID DEATH_DATE", ("died", "2017-05-09"))
    who = text("completed", "died", "in_follow_up", "screen_failure", "only_enrolled")
    partial = dm.last_contact(who, EOS, surv, death, **NO_RECORDS)
    assert shown(partial) == [
        "2019-06-20",
        "2017",
        "2018-01-05",
        "2016-07-15",
        None,
    ], "2017 can mean a day after that contact"
    complete = EOS.assign(END_DATE=EOS["END_DATE"].replace("2017", "2017-05-09"))
    assert shown(dm.last_contact(who, complete, surv, death, **NO_RECORDS))[1] == "2017-09-01"


def test_the_most_precise_of_dates_that_end_on_the_same_day_is_kept() -> None:
    eos = records("USUBJID END_DATE LAST_CONTACT", ("died", "2017-05", None), ("died", "2017-05-31", None))
    surv, death = none("USUBJID STATUS CONTACT_DATE"), none("USUBJID DEATH_DATE")
    assert shown(dm.last_contact(text("died"), eos, surv, death, **NO_RECORDS)) == ["2017-05-31"]


@pytest.mark.parametrize(
    ("end", "death", "expected"),
    [
        (None, None, "2017-03-04"),  # the start of the event, the last complete date of all
        ("2017-01-20", None, "2017-01-20"),  # a later record of who has left is a query
        ("2016-12-30", None, "2017-03-04"),  # an earlier screening ended then
        (None, "2017-02-20", "2017-02-20"),
    ],
)
def test_who_is_still_in_the_study_participates_to_the_last_record(
    end: str | None, death: str | None, expected: str
) -> None:
    records_of = {
        "visits": records("USUBJID VISIT_DATE", ("participant", "2017-02-01")),
        "scans": records("USUBJID SCAN_DATE", ("participant", "2017-02-02")),
        "events": records("USUBJID START_DATE END_DATE", ("participant", "2017-03-04", "2017-04")),
        "medications": records("USUBJID START_DATE END_DATE", ("participant", "2016", "2017-03-04")),
        "randomized": records("USUBJID RAND_DATE", ("participant", "2017-01-05")),
        "treatment": records("USUBJID END_DATE", ("participant", "2017-03-03")),
        "surv": records("USUBJID STATUS CONTACT_DATE", ("participant", "Alive", "2017-01-15")),
    }
    ends = [("participant", end, None)] if end else []
    deaths = [("participant", death)] if death else []
    contact = dm.last_contact(
        text("participant"),
        records("USUBJID END_DATE LAST_CONTACT", *ends),
        death=records("USUBJID DEATH_DATE", *deaths),
        **records_of,
    )
    assert shown(contact) == [expected]


# --- death
def test_death_is_as_precise_as_its_form_and_flagged_whatever_its_date() -> None:
    death = records(
        "USUBJID DEATH_DATE",
        ("died", "2017-05-09"),
        ("died_one_day_in_may", "2017-05"),
        ("died_without_date", None),
    )
    who = text("died", "died_one_day_in_may", "died_without_date", "alive")
    assert shown(subjects.date_of_death(who, death)) == ["2017-05-09", "2017-05", None, None]
    assert shown(subjects.death_flag(who, death)) == ["Y", "Y", "Y", None]
