"""ADSL: treatment, how treatment and study ended, death and last known alive."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from mappings.adam import adsl
from pipeline.derivations.adam import milestones, subject
from pipeline.study.models import Arm
from tests.support.tables import days, numbers, records, shown, text

ARMS = (
    Arm(code="NKT", name="Trastuzumab and NK immunotherapy", treatments=("TRASTUZUMAB", "NK CELLS")),
    Arm(code="T", name="Trastuzumab", treatments=("TRASTUZUMAB",)),
)


# --- age and arm
@pytest.mark.parametrize(
    ("age", "group", "number"),
    [
        (30, "<50", 1),
        (49, "<50", 1),
        (50, "50-64", 2),
        (64, "50-64", 2),
        (65, ">=65", 3),
        (70, ">=65", 3),
        (None, None, None),
    ],
)
def test_age_groups_begin_at_50_and_65(age: float | None, group: str | None, number: int | None) -> None:
    assert shown(adsl.age_group(numbers(age))) == [group]
    assert shown(adsl.age_group_number(text(group))) == [number]


@pytest.mark.parametrize(
    ("age", "group"), [(64, "<65"), (65, "65-80"), (80, "65-80"), (81, ">80"), (None, None)]
)
def test_a_number_on_the_limit_of_a_group_belongs_to_the_next(age: float | None, group: str | None) -> None:
    limits = {81.0: "65-80", 65.0: "<65"}  # the order in which a study writes them does not matter
    assert shown(subject.group(numbers(age), limits, ">80")) == [group]


def test_treatments_are_numbered_in_the_order_of_the_arms() -> None:
    treatments = text("Trastuzumab", None, "Trastuzumab and NK immunotherapy")
    assert shown(subject.treatment_number(treatments, ARMS)) == [2, None, 1]


# --- dates
def test_a_date_of_analysis_is_complete_or_missing() -> None:
    collected = text("2016-08-12T09:30", "2016-08", None)
    assert shown(milestones.calendar_day(collected)) == ["2016-08-12", None, None]


def test_a_time_of_analysis_was_collected_and_is_never_imputed() -> None:
    collected = text("2016-08-12T09:30", "2016-08-12", "2016-08", None)
    moments = milestones.date_and_time(collected)
    assert moments.isna().tolist() == [False, True, True, True]
    assert moments[0] == pd.Timestamp("2016-08-12 09:30:00")


def test_scans_are_scheduled_from_randomization() -> None:
    assert shown(adsl.scan_schedule_anchor(days("2016-08-12", None))) == ["2016-08-12", None]


def test_a_treatment_of_one_day_lasts_one_day() -> None:
    first = days("2016-08-12", "2016-08-12", "2016-08-12")
    last = days("2016-08-12", "2017-01-06", None)
    assert shown(subject.treatment_duration(first, last)) == [1, 148, None]


def test_randomization_is_a_milestone_of_disposition() -> None:
    disposition = records(
        "USUBJID DSDECOD DSSTDTC",
        ("randomized", "INFORMED CONSENT OBTAINED", "2016-07-20"),
        ("randomized", "RANDOMIZED", "2016-08-10"),
        ("screen_failure", "INFORMED CONSENT OBTAINED", "2016-07-20"),
    )
    participants = text("randomized", "screen_failure")
    assert shown(milestones.randomization_date(participants, disposition)) == ["2016-08-10", None]
    assert shown(milestones.randomization_date(text("screen_failure"), disposition.iloc[:0])) == [None]


# --- how treatment ended
TRASTUZUMAB, NK, STUDY = "STUDY TREATMENT - TRASTUZUMAB", "STUDY TREATMENT - NK CELLS", "STUDY PARTICIPATION"
DISPOSITION = records(
    "USUBJID DSSCAT DSDECOD DSSTDTC",
    ("completed", TRASTUZUMAB, "COMPLETED", "2017-01-06"),
    ("completed", NK, "COMPLETED", "2016-09-09"),
    ("stopped_one_product", TRASTUZUMAB, "COMPLETED", "2017-01-06"),
    ("stopped_one_product", NK, "ADVERSE EVENT", "2016-08-19"),
    ("stopped_both", TRASTUZUMAB, "PROGRESSIVE DISEASE", "2016-09-20"),
    ("stopped_both", NK, "ADVERSE EVENT", "2016-08-19"),  # the first of the two gives the reason
    ("never_dosed", TRASTUZUMAB, "NEVER DOSED", "2016-08-20"),
    ("on_treatment", None, "RANDOMIZED", "2016-08-10"),
    ("still_on_one_product", NK, "COMPLETED", "2016-09-09"),
    ("given_the_other_arms_product_by_mistake", NK, "PHYSICIAN DECISION", "2016-08-14"),
    ("given_the_other_arms_product_by_mistake", TRASTUZUMAB, "COMPLETED", "2017-01-06"),
    ("given_it_and_stopped", NK, "PHYSICIAN DECISION", "2016-08-14"),
    ("given_it_and_stopped", TRASTUZUMAB, "ADVERSE EVENT", "2016-11-06"),
)
PLANNED = {
    "given_the_other_arms_product_by_mistake": "T",
    "given_it_and_stopped": "T",
    "screen_failure": None,
}
TREATED = {"never_dosed": None, "screen_failure": None}


@pytest.mark.parametrize(
    ("who", "status", "reason"),
    [
        ("completed", "COMPLETED", None),
        ("stopped_one_product", "DISCONTINUED", "ADVERSE EVENT"),
        ("stopped_both", "DISCONTINUED", "ADVERSE EVENT"),
        ("on_treatment", "ONGOING", None),
        ("still_on_one_product", "ONGOING", None),
        ("given_the_other_arms_product_by_mistake", "COMPLETED", None),
        ("given_it_and_stopped", "DISCONTINUED", "ADVERSE EVENT"),
        ("never_dosed", None, None),
        ("screen_failure", None, None),
    ],
)
def test_treatment_is_completed_when_each_product_of_the_planned_arm_is(
    who: str, status: str | None, reason: str | None
) -> None:
    treated = days(TREATED.get(who, "2016-08-12"))
    arm = text(PLANNED.get(who, "NKT"))
    assert shown(subject.treatment_status(text(who), treated, arm, DISPOSITION, ARMS)) == [status]
    assert shown(subject.reason_off_treatment(text(who), treated, arm, DISPOSITION, ARMS)) == [reason]


@pytest.mark.parametrize(
    ("who", "day"),
    [
        ("completed", "2017-01-06"),  # the later of the two products
        ("stopped_one_product", "2017-01-06"),
        ("stopped_both", "2016-09-20"),
        ("on_treatment", None),
        ("still_on_one_product", None),
        ("given_the_other_arms_product_by_mistake", "2017-01-06"),
        ("stopped_as_a_whole", "2016-10-02"),
        ("stopped_some_day_in_october", None),
        ("never_dosed", None),
        ("screen_failure", None),
    ],
)
def test_treatment_ends_with_the_last_product_of_the_planned_arm(who: str, day: str | None) -> None:
    others = records(
        "USUBJID DSSCAT DSDECOD DSSTDTC",
        ("stopped_as_a_whole", "STUDY TREATMENT", "ADVERSE EVENT", "2016-10-02"),
        ("stopped_some_day_in_october", TRASTUZUMAB, "ADVERSE EVENT", "2016-10"),
        ("stopped_some_day_in_october", NK, "COMPLETED", "2016-09-09"),
    )
    ends = pd.concat([DISPOSITION, others], ignore_index=True)
    treated = days(TREATED.get(who, "2016-08-12"))
    arm = text(PLANNED.get(who, "NKT"))
    assert shown(subject.end_of_treatment_date(text(who), treated, arm, ends, ARMS)) == [day]


# --- how the study ended
ENDS = records(
    "USUBJID DSSCAT DSDECOD DSSTDTC",
    ("completed", STUDY, "COMPLETED", "2019-06-01"),
    # the end of a treatment is not that of the study
    ("completed", TRASTUZUMAB, "PROGRESSIVE DISEASE", "2019-06-20"),
    ("lost", STUDY, "LOST TO FOLLOW-UP", "2018-02-03"),
    ("died", STUDY, "DEATH", "2017-05"),
    ("screen_failure", STUDY, "SCREEN FAILURE", "2016-07-15"),
    ("screened_again", STUDY, "SCREEN FAILURE", "2016-07-15"),
    ("screened_again", STUDY, "COMPLETED", "2019-06-01"),
    # as text, 2016 comes before the day of the screening
    ("screened_again_and_died_some_day_in_2016", STUDY, "DEATH", "2016"),
    ("screened_again_and_died_some_day_in_2016", STUDY, "SCREEN FAILURE", "2016-07-15"),
    ("screened_again_and_in_the_study", STUDY, "SCREEN FAILURE", "2016-07-15"),
    ("screened_again_and_in_the_study", None, "RANDOMIZED", "2016-08-10"),
)


@pytest.mark.parametrize(
    ("who", "status", "day", "reason"),
    [
        ("completed", "COMPLETED", "2019-06-01", None),
        ("lost", "DISCONTINUED", "2018-02-03", "LOST TO FOLLOW-UP"),
        ("died", "DISCONTINUED", None, "DEATH"),  # the day is not known
        ("in_the_study", "ONGOING", None, None),
        ("screen_failure", None, "2016-07-15", "SCREEN FAILURE"),
        ("screened_again", "COMPLETED", "2019-06-01", None),
        ("screened_again_and_in_the_study", "ONGOING", None, None),
        ("screened_again_and_died_some_day_in_2016", "DISCONTINUED", None, "DEATH"),
    ],
)
def test_the_last_end_of_study_counts(
    who: str, status: str | None, day: str | None, reason: str | None
) -> None:
    assert shown(subject.study_status(text(who), ENDS)) == [status]
    assert shown(subject.end_of_study_date(text(who), ENDS, days(None))) == [day]
    assert shown(subject.reason_off_study(text(who), ENDS)) == [reason]


@pytest.mark.parametrize(
    ("who", "died", "day", "flag"),
    [
        ("died", "2017-05-20", "2017-05-20", "D"),  # as DTHDT was imputed
        ("screened_again_and_died_some_day_in_2016", "2016-09-01", "2016-09-01", "M"),
        ("died_on_a_known_day", "2017-05-09", "2017-05-09", None),
        ("left_some_day_in_2018", None, None, None),
        ("completed", None, "2019-06-01", None),
    ],
)
def test_a_study_that_ended_by_death_ended_on_the_date_of_death(
    who: str, died: str | None, day: str | None, flag: str | None
) -> None:
    others = records(
        "USUBJID DSSCAT DSDECOD DSSTDTC",
        ("died_on_a_known_day", STUDY, "DEATH", "2017-05-09"),
        ("left_some_day_in_2018", STUDY, "WITHDRAWAL BY SUBJECT", "2018"),
    )
    ends = pd.concat([ENDS, others], ignore_index=True)
    ended = subject.end_of_study_date(text(who), ends, days(died))
    assert shown(ended) == [day]
    assert shown(subject.end_of_study_imputation_flag(text(who), ended, ends)) == [flag]


# --- alive and dead
DATED = {  # what last_known_alive asks of each dataset
    "visits": "VISITNUM SVOCCUR SVSTDTC SVENDTC",
    "contacts": "SSTESTCD SSSTRESC SSDTC VISITNUM",
    "disposition": "DSDECOD DSSTDTC DSLSTALV",
    "events": "AEOUT AESTDTC AEENDTC",
    "medications": "CMSTDTC CMENDTC",
    "procedures": "PROCCUR PRSTDTC PRENDTC",
    "doses": "EXSTDTC EXENDTC",
    "vital_signs": "VSDTC",
    "samples": "LBDTC",
    "lesions": "TRDTC TREVAL",
}
ENDED_WITHOUT_CONTACT = ["DEATH", "LOST TO FOLLOW-UP", "STUDY TERMINATED BY SPONSOR"]
SEEN, PHONED, MONTH = (
    ("15", "Y", "2018-01-05", "2018-01-05"),
    ("502", "Y", "2018-04-02", "2018-04-02"),
    "2018-03",
)
ALIVE_OR_NOT: dict[str, tuple[dict[str, list[tuple[str | None, ...]]], str | None]] = {
    "a visit": ({"visits": [SEEN]}, "2018-01-05"),
    "the last day of a visit": ({"visits": [("15", "Y", "2018-01-05", "2018-01-07")]}, "2018-01-07"),
    "a visit that did not take place": ({"visits": [SEEN, ("16", "N", "2018-03-05", None)]}, "2018-01-05"),
    "an unscheduled visit, of which no occurrence is asked": (
        {"visits": [("901", None, "2018-02-01", "2018-02-01")]},
        "2018-02-01",
    ),
    "a contact with the living": (
        {"visits": [SEEN, PHONED], "contacts": [("SURVSTAT", "ALIVE", "2018-04-02", "502")]},
        "2018-04-02",
    ),
    "a contact at which nobody was reached": (
        {"visits": [SEEN, PHONED], "contacts": [("SURVSTAT", "UNKNOWN", "2018-04-02", "502")]},
        "2018-01-05",
    ),
    "a contact that told of the death": (
        {"visits": [SEEN, PHONED], "contacts": [("SURVSTAT", "DEAD", "2018-04-02", "502")]},
        "2018-01-05",
    ),
    "the end-of-study form's date last known to be alive": (
        {"disposition": [("DEATH", "2018-09-01", "2018-08-09")]},
        "2018-08-09",
    ),
    "the day on which consent was withdrawn": (
        {"visits": [SEEN], "disposition": [("WITHDRAWAL BY SUBJECT", "2018-01-09", "2018-01-05")]},
        "2018-01-09",
    ),
    "the end of a treatment": ({"disposition": [("PROGRESSIVE DISEASE", "2018-01-09", None)]}, "2018-01-09"),
    "the day on which the site gave up": (
        {"visits": [SEEN], "disposition": [("LOST TO FOLLOW-UP", "2018-09-01", None)]},
        "2018-01-05",
    ),
    "the day on which the sponsor ended the study": (
        {"visits": [SEEN], "disposition": [("STUDY TERMINATED BY SPONSOR", "2018-09-01", None)]},
        "2018-01-05",
    ),
    "the start of an adverse event": ({"events": [("NOT RECOVERED", "2018-05-01", None)]}, "2018-05-01"),
    "the end of one": ({"events": [("RECOVERED", "2018-05-01", "2018-05-20")]}, "2018-05-20"),
    "the end of a fatal one": ({"events": [("FATAL", "2018-05-01", "2018-05-20")]}, "2018-05-01"),
    "a medication, while it was taken": ({"medications": [("2018-05-10", "2018-08-09")]}, "2018-08-09"),
    "a procedure": ({"procedures": [(None, "2018-02-12", "2018-02-26")]}, "2018-02-26"),
    "a procedure that was not carried out": (
        {"visits": [SEEN], "procedures": [("N", "2018-02-12", None)]},
        "2018-01-05",
    ),
    "a dose": ({"doses": [("2018-02-12T10:00", "2018-02-12T11:30")]}, "2018-02-12"),
    "vital signs": ({"vital_signs": [("2018-02-13",)]}, "2018-02-13"),
    "a sample": ({"samples": [("2018-02-14T08:00",)]}, "2018-02-14"),
    "a scan": ({"lesions": [("2018-02-15", "INVESTIGATOR")]}, "2018-02-15"),
    "a scan without an evaluator": ({"lesions": [("2018-02-15", None)]}, "2018-02-15"),
    "a scan as a reader dates it": (
        {"visits": [SEEN], "lesions": [("2018-02-15", "INDEPENDENT ASSESSOR")]},
        "2018-01-05",
    ),
    "a partial date": ({"visits": [SEEN], "medications": [(MONTH, None)]}, "2018-01-05"),
    "the day of the cut-off": ({"samples": [("2019-07-01",), ("2019-07-02",)]}, "2019-07-01"),
    "nothing dated": ({}, None),
}


@pytest.mark.parametrize(("rows", "expected"), ALIVE_OR_NOT.values(), ids=ALIVE_OR_NOT)
def test_the_last_day_on_which_the_participant_was_seen_or_heard_of(
    rows: dict[str, list[tuple[str | None, ...]]], expected: str | None
) -> None:
    frames = {
        name: records(f"USUBJID {columns}", *(("participant", *row) for row in rows.get(name, [])))
        for name, columns in DATED.items()
    }
    alive = milestones.last_known_alive(
        text("participant", "another"),
        **frames,
        cutoff=date(2019, 7, 1),
        disposition_without_contact=ENDED_WITHOUT_CONTACT,
    )
    assert shown(alive) == [expected, None]
    assert alive.dtype == "datetime64[s]"


def test_a_contact_with_the_living_need_not_be_at_a_visit() -> None:
    alive = milestones.last_known_alive(
        text("participant"),
        visits=records("USUBJID VISITNUM SVOCCUR SVSTDTC SVENDTC", ("participant", *SEEN)),
        contacts=records(
            "USUBJID SSTESTCD SSSTRESC SSDTC", ("participant", "SURVSTAT", "ALIVE", "2018-04-02")
        ),
        disposition_without_contact=ENDED_WITHOUT_CONTACT,
    )
    assert shown(alive) == ["2018-04-02"]


DEATHS = {
    # rule: (date as collected, last known alive, DTHDT, DTHDTF)
    "a complete date stands": ("2017-05-09", "2017-04-01", "2017-05-09", None),
    "even where it contradicts (a check reports it)": ("2017-05-09", "2017-06-01", "2017-05-09", None),
    "the first day of the month": ("2017-05", "2017-04-01", "2017-05-01", "D"),
    "or the day last known alive, if that is later": ("2017-05", "2017-05-20", "2017-05-20", "D"),
    "on the last day of the month too": ("2017-05", "2017-05-31", "2017-05-31", "D"),
    "a month before the participant was seen alive contradicts: its first day": (
        "2017-05",
        "2017-06-01",
        "2017-05-01",
        "D",
    ),
    "the first day of the year": ("2017", "2016-12-24", "2017-01-01", "M"),
    "or the day last known alive in it": ("2017", "2017-03-02", "2017-03-02", "M"),
    "never seen alive": ("2017-05", None, "2017-05-01", "D"),
    "not known to have died": (None, "2017-05-20", None, None),
}


@pytest.mark.parametrize(("collected", "alive", "expected", "flag"), DEATHS.values(), ids=DEATHS)
def test_a_partial_date_of_death_is_never_before_last_known_alive(
    collected: str | None, alive: str | None, expected: str | None, flag: str | None
) -> None:
    assert shown(milestones.date_of_death(text(collected), days(alive))) == [expected]
    assert shown(milestones.imputation_flag(text(collected))) == [flag]


def test_each_subject_stands_alone() -> None:
    everyone = text(*dict.fromkeys(ENDS["USUBJID"]))
    statuses = shown(subject.study_status(everyone, ENDS))
    died = days(*[None] * len(everyone))
    days_of_end = shown(subject.end_of_study_date(everyone, ENDS, died))
    for who, status, day in zip(everyone, statuses, days_of_end, strict=True):
        own = ENDS[ENDS["USUBJID"].eq(who)]
        assert shown(subject.study_status(text(who), own)) == [status]
        assert shown(subject.end_of_study_date(text(who), own, days(None))) == [day]


# --- at baseline, what this study's own functions give
HER2 = {
    # rule: (category by immunohistochemistry, by FISH, status)
    "positive by staining": ("POSITIVE", None, "POSITIVE"),
    "negative by staining, whatever the gene": ("NEGATIVE", "AMPLIFIED", "NEGATIVE"),
    "equivocal, and the gene is amplified": ("EQUIVOCAL", "AMPLIFIED", "POSITIVE"),
    "equivocal, and the gene is not": ("EQUIVOCAL", "NOT AMPLIFIED", "NEGATIVE"),
    "equivocal, and the gene was not counted": ("EQUIVOCAL", None, "EQUIVOCAL"),
    "the gene alone": (None, "AMPLIFIED", "POSITIVE"),
    "neither": (None, None, None),
}


@pytest.mark.parametrize(("stained", "counted", "expected"), HER2.values(), ids=HER2)
def test_her2_is_decided_by_staining_and_where_that_is_equivocal_by_the_gene(
    stained: str | None, counted: str | None, expected: str | None
) -> None:
    staining = ("participant", "HER2", stained, "2+", "2016-01-02")
    mi = records("USUBJID MITESTCD MIRESCAT MISTRESC MIDTC", staining)
    counts = [("participant", "CPNUMVAR", counted, "7.2")] if counted else []
    gf = records("USUBJID GFTESTCD GFRESCAT GFSTRESC", *counts)
    assert shown(adsl.her2_status(text("participant"), mi, gf)) == [expected]


def test_the_last_receptor_result_counts_and_the_result_itself_where_it_is_the_category() -> None:
    mi = records(
        "USUBJID MITESTCD MIRESCAT MISTRESC MIDTC",
        ("participant", "ESTRCPT", "NEGATIVE", "0", "2012-01-02"),
        ("participant", "ESTRCPT", "POSITIVE", "80", "2016-01-02"),
        ("participant", "PROGESTR", None, "Negative", "2016-01-02"),
    )
    assert shown(adsl.estrogen_receptor(text("participant", "other"), mi)) == ["POSITIVE", None]
    assert shown(adsl.progesterone_receptor(text("participant"), mi)) == ["NEGATIVE"]


def test_doses_received_are_counted_and_added_up_by_product() -> None:
    ex = records(
        "USUBJID EXTRT EXDOSE",
        ("participant", "TRASTUZUMAB", 8.01),
        ("participant", "TRASTUZUMAB", 6.02),
        ("participant", "NK CELLS", 10.2),
    )
    who = text("participant", "never_dosed")
    assert shown(adsl.trastuzumab_doses(who, ex)) == [2, 0]
    assert shown(adsl.trastuzumab_total(who, ex)) == [14.03, 0]
    assert shown(adsl.nk_infusions(who, ex)) == [1, 0]
    assert shown(adsl.nk_total(who, ex)) == [10.2, 0]


# --- new therapy and follow-up
THERAPY = {
    # rule: (last dose, starts of drugs, starts of procedures, date, flag)
    "the earliest of drugs and procedures": (
        "2016-12-01",
        ["2017-03-04"],
        ["2017-02-01"],
        "2017-02-01",
        None,
    ),
    "the first day that a partial date can mean": ("2016-12-01", ["2017-03"], [], "2017-03-01", "D"),
    "not before the last dose": ("2017-03-10", ["2017-03"], [], "2017-03-10", "D"),
    "a year alone": ("2016-12-01", ["2017"], [], "2017-01-01", "M"),
    "a full date on the imputed day": ("2016-12-01", ["2017-03", "2017-03-01"], [], "2017-03-01", None),
    "never dosed": (None, ["2017-03"], [], "2017-03-01", "D"),
    "none": ("2016-12-01", [], [], None, None),
}


@pytest.mark.parametrize(("dosed", "drugs", "procedures", "expected", "flag"), THERAPY.values(), ids=THERAPY)
def test_the_first_new_anticancer_therapy(
    dosed: str | None, drugs: list[str], procedures: list[str], expected: str | None, flag: str | None
) -> None:
    new = "SUBSEQUENT ANTI-CANCER THERAPY"
    cm = records(
        "USUBJID CMCAT CMSTDTC",
        *(("participant", new, on) for on in drugs),
        ("participant", "PRIOR ANTI-CANCER THERAPY", "2014-01-01"),
    )
    pr = records(
        "USUBJID PRCAT PRSTDTC",
        *(("participant", new, on) for on in procedures),
        ("participant", "IMAGING", "2016-07-01"),
    )
    participant, last_dose = text("participant"), days(dosed)
    start = milestones.new_therapy_date(participant, last_dose, cm, pr)
    imputed = milestones.new_therapy_imputation_flag(participant, start, last_dose, cm, pr)
    assert shown(start) == [expected]
    assert shown(imputed) == [flag]


def test_follow_up_ends_with_death_or_the_last_day_known_alive() -> None:
    assert shown(milestones.follow_up_duration(days("2016-08-10"), days("2016-11-02"), days(None))) == [85]
    assert shown(
        milestones.follow_up_duration(days("2016-08-10"), days("2016-11-02"), days("2017-08-10"))
    ) == [366]
    assert shown(milestones.follow_up_duration(days(None), days("2016-11-02"), days(None))) == [None]
