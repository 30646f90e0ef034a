"""SV: a subject has each visit number once; planned visits say whether they took place; a visit spans what
was collected under it (SDTMIG 3.4, 5.5).
"""

from __future__ import annotations

from typing import Any

import pytest

from mappings.sdtm import sv
from pipeline.derivations.sdtm.visits import (
    contacts_held,
    occurred,
    visit_name_held,
    visit_number_held,
    visits_held,
)
from pipeline.study import Study
from tests.support.tables import numbers, records, shown, text
from tests.support.tabulated_sample import rows, tabulated

VISITS = records(
    "USUBJID FOLDER DONE VISIT_DATE",
    ("screened_again", "screening", "Yes", "2016-10-08"),
    ("screened_again", "SCREENING", "Yes", "2016-08-30"),
    ("screened_again", "SCREENING ", "Yes", "2016-09-15"),
    ("missed", "WEEK 24", "No", None),
    ("missed_then_held", "WEEK 24", "No", "2017-05-09"),
    ("missed_then_held", "WEEK 24", "Yes", "2017-05-02"),
    ("unscheduled", "UNSCHEDULED 01", "Yes", "2017-06-29"),
    ("unknown", "WEEK 7", "Yes", "2017-06-29"),
)
NUMBERED = {
    # record: (VISITNUM, VISIT, planned)
    "00": (1, "SCREENING", "Y"),  # the one held last is the visit of the plan
    "01": (1.01, "SCREENING, EARLIER 1", None),
    "02": (1.02, "SCREENING, EARLIER 2", None),
    "03": (15, "WEEK 24", "Y"),
    "04": (15.01, "WEEK 24, EARLIER 1", None),  # whatever its date: it was not held
    "05": (15, "WEEK 24", "Y"),
    "06": (901, "UNSCHEDULED 01", None),
    "07": (None, None, None),  # the schema refuses it
}


@pytest.mark.parametrize(("record", "expected"), NUMBERED.items(), ids=NUMBERED)
def test_the_visit_held_last_keeps_its_number_and_earlier_ones_take_hundredths(
    study: Study, record: str, expected: tuple[float | None, str | None, str | None]
) -> None:
    found = visits_held(VISITS, study.visits)
    (at,) = found.index[found["record"].eq(record)]
    assert tuple(shown(found.loc[[at], c])[0] for c in ("VISITNUM", "VISIT", "PLANNED")) == expected


def test_no_record_is_lost_by_numbering(study: Study) -> None:
    assert sorted(visits_held(VISITS, study.visits)["record"]) == sorted(VISITS["record"])


def test_survival_contacts_are_planned_as_far_as_the_protocol_plans_them(study: Study) -> None:
    contacts = records(
        "USUBJID FOLDER CONTACT_DATE",
        ("screened_again", "SURVIVAL FOLLOW-UP 13", "2019-06-01"),
        ("screened_again", "SURVIVAL FOLLOW-UP 14", "2019-06-20"),
    )
    found = contacts_held(contacts, study.visits)
    assert shown(found["VISITNUM"]) == [513, 514]
    assert shown(found["PLANNED"]) == ["Y", None]


def test_a_participant_without_visits_has_no_records(study: Study) -> None:
    assert len(visits_held(VISITS.iloc[:0], study.visits)) == 0


def test_only_a_planned_visit_says_whether_it_took_place() -> None:
    assert shown(occurred(text("Y", "Y", None, None), text("Yes", "No", "Yes", "No"))) == [
        "Y",
        "N",
        None,
        None,
    ]
    assert shown(sv.occurred_as_recorded(text("Y", None))) == ["Y", None]


# --- start and end of a visit
NONE = records("USUBJID VISITNUM DTC").iloc[:0]
IMAGES = records(
    "USUBJID VISITNUM PRSTDTC",
    ("imaged_early", 10.0, "2016-11-01"),
    ("imaged_late", 10.0, "2016-11-05"),
    ("imaged_late", 10.0, "2016-11-09"),
    ("imaged_late", 15.0, "2017-01-31"),  # of another visit
    ("imaged_in_a_month", 10.0, "2016-11"),
    ("without_visit_date", 10.0, "2016-11-05"),
    ("missed", 10.0, "2016-11-05"),
    ("screened", 1.0, "2016-08-09"),
)
SAMPLES = records(
    "USUBJID VISITNUM LBDTC",
    ("imaged_early", 10.0, "2016-11-03T08:15"),
    ("screened", 1.0, "2016-07-31T08:00"),  # the day before consent
    ("screened", 1.0, "2016-08-02T08:00"),
    ("consented_later", 1.0, "2012-03-05"),  # of an earlier operation
)
SPANS = {
    # rule: (participant, VISITNUM, SVOCCUR, date of the visit, date of consent, SVSTDTC, SVENDTC)
    "only the visit itself": (
        "only_visited", 10, "Y", "2016-11-03", "2016-08-01", "2016-11-03", "2016-11-03"),
    "imaged before the visit": (
        "imaged_early", 10, "Y", "2016-11-03", "2016-08-01", "2016-11-01", "2016-11-03"),
    "imaged twice after the visit": (
        "imaged_late", 10, "Y", "2016-11-03", "2016-08-01", "2016-11-03", "2016-11-09"),
    "an unplanned visit too": (
        "imaged_late", 10, None, "2016-11-03", "2016-08-01", "2016-11-03", "2016-11-09"),
    "a partial date is none of the visit": (
        "imaged_in_a_month", 10, "Y", "2016-11-03", "2016-08-01", "2016-11-03", "2016-11-03"),
    "the visit itself has no date": (
        "without_visit_date", 10, "Y", None, "2016-08-01", "2016-11-05", "2016-11-05"),
    "a visit that did not take place": ("missed", 10, "N", None, "2016-08-01", None, None),
    "screening begins with what was collected from consent on": (
        "screened", 1, "Y", "2016-08-04", "2016-08-01", "2016-08-02", "2016-08-09"),
    "a sample from before consent, where the visit is on its day": (
        "consented_later", 1, "Y", "2016-08-01", "2016-08-01", "2016-08-01", "2016-08-01"),
    "a visit dated before consent keeps its own date: a query": (
        "only_visited", 1, "Y", "2016-07-31", "2016-08-01", "2016-07-31", "2016-07-31"),
    "no date at all": ("only_visited", 10, "Y", None, "2016-08-01", None, None),
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "visit", "took_place", "date", "consent", "first", "last"), SPANS.values(), ids=SPANS
)
def test_a_visit_spans_what_was_collected_under_it_from_consent_on(
    who: str,
    visit: float,
    took_place: str | None,
    date: str | None,
    consent: str,
    first: str | None,
    last: str | None,
) -> None:
    of_visit = (text(who), numbers(visit), text(took_place), text(date), text(consent))
    others: dict[str, Any] = dict.fromkeys(("cp", "ec", "gf", "ie", "mi", "rs", "tr", "tu", "vs"), NONE)
    assert shown(sv.start_of_visit(*of_visit, lb=SAMPLES, pr=IMAGES, **others)) == [first]
    assert shown(sv.end_of_visit(*of_visit, lb=SAMPLES, pr=IMAGES, **others)) == [last]


def test_an_infusion_past_midnight_ends_its_visit_on_the_next_day() -> None:
    doses = records(
        "USUBJID VISITNUM ECSTDTC ECENDTC", ("treated", 3.0, "2016-08-19T23:20", "2016-08-20T00:25")
    )
    of_visit = (text("treated"), numbers(3), text("Y"), text("2016-08-19"), text("2016-08-01"))
    others: dict[str, Any] = dict.fromkeys(("cp", "gf", "ie", "lb", "mi", "pr", "rs", "tr", "tu", "vs"), NONE)
    assert shown(sv.start_of_visit(*of_visit, ec=doses, **others)) == ["2016-08-19"]
    assert shown(sv.end_of_visit(*of_visit, ec=doses, **others)) == ["2016-08-20"]


def test_in_the_sample_every_visit_spans_what_was_collected_under_it() -> None:
    """FD-001 was scanned 6 days after the visit of screening; its tissue is of 2009."""
    assert rows("SV", "SVSTDTC SVENDTC", USUBJID="FD-001", VISIT="SCREENING") == [
        ("2016-07-01", "2016-07-07")
    ]
    frames = tabulated()
    changed = frames["SV"]["SVSTDTC"].ne(frames["SV"]["SVENDTC"]) & frames["SV"]["SVSTDTC"].notna()
    assert int(changed.sum()) == 46


def test_a_survival_contact_is_made_on_one_day() -> None:
    assert shown(sv.day_of_contact(text("2017-03-21", None))) == ["2017-03-21", None]


# --- the other domains call a visit what SV calls it
HELD = records(
    "USUBJID SUBJECT FOLDER DONE VISIT_DATE",
    ("screened_again", "FD-009", "SCREENING", "Yes", "2016-08-30"),
    ("screened_again", "FD-014", "screening", "Yes", "2016-10-08"),
    ("screened_again", "FD-014", "CYCLE 1 DAY 1", "Yes", "2016-10-28"),
    ("other", "FD-010", "SCREENING", "Yes", "2016-09-02"),
    ("other", "FD-010", "WEEK 24", "No", None),
    ("other", "FD-010", "week 24", "Yes", "2017-03-02"),
)
CALLED = {
    # rule: (subject number, visit as typed, VISITNUM, VISIT)
    "the earlier screening": ("FD-009", " Screening", 1.01, "SCREENING, EARLIER 1"),
    "the screening that led to enrolment": ("FD-014", "SCREENING", 1, "SCREENING"),
    "a visit held once": ("FD-014", "cycle 1 day 1", 2, "CYCLE 1 DAY 1"),
    "somebody else's screening": ("FD-010", "SCREENING", 1, "SCREENING"),
    "one number's visit typed twice: its records go with the one that was held": (
        "FD-010",
        "WEEK 24",
        15,
        "WEEK 24",
    ),
    "a visit without a visit form": ("FD-009", "UNSCHEDULED 02", 902, "UNSCHEDULED 02"),
    "no visit of the study": ("FD-009", "WEEK 7", None, None),
    "nothing typed": ("FD-009", None, None, None),
}


@pytest.mark.parametrize(("subject", "typed", "number", "name"), CALLED.values(), ids=CALLED)
def test_a_record_belongs_to_the_visit_of_its_subject_number(
    study: Study, subject: str, typed: str | None, number: float | None, name: str | None
) -> None:
    found = visit_number_held(text(subject), text(typed), HELD, study.visits)
    assert shown(found) == [number]
    assert shown(visit_name_held(found, study.visits)) == [name]


def test_a_contact_has_the_name_that_sv_gives_it(study: Study) -> None:
    held = records(
        "USUBJID SUBJECT FOLDER CONTACT_DATE",
        ("screened_again", "FD-009", "SURVIVAL FOLLOW-UP 01", "2016-09-20"),
        ("screened_again", "FD-014", "SURVIVAL FOLLOW-UP 01", "2017-05-02"),
    )
    found = visit_number_held(
        text("FD-009", "FD-014"), text(*["Survival follow-up 1"] * 2), held, study.visits
    )
    assert shown(found) == [501.01, 501]
    assert shown(visit_name_held(found, study.visits)) == [
        "SURVIVAL FOLLOW-UP 01, EARLIER 1",
        "SURVIVAL FOLLOW-UP 01",
    ]


def test_a_participant_without_a_visit_form_has_the_visits_of_the_plan(study: Study) -> None:
    assert shown(visit_number_held(text("FD-009"), text("SCREENING"), HELD.iloc[:0], study.visits)) == [1]
    assert shown(visit_name_held(numbers(None), study.visits)) == [None]


def test_in_each_domain_the_earlier_screening_of_the_sample_is_the_visit_that_sv_has() -> None:
    """Subject number FD-009 is the first screening of the person enrolled as FD-014."""
    columns = ["VISITNUM", "VISIT", "VISITDY"]
    first = {
        n: f[f["record"].str.startswith("FD-009|") & f["VISITNUM"].notna()]
        for n, f in tabulated().items()
        if set(columns) <= set(f)
    }
    assert {n: set(f["VISIT"]) for n, f in first.items() if len(f)} == {
        n: {"SCREENING, EARLIER 1"} for n in ("SV", "VS", "RS", "IE")
    }
    assert {n: set(f["VISITNUM"]) for n, f in first.items() if len(f)} == {
        n: {1.01} for n in ("SV", "VS", "RS", "IE")
    }
    assert all(f["VISITDY"].isna().all() for f in first.values())


def test_each_visit_of_a_record_is_a_visit_of_the_participant_in_sv() -> None:
    frames = tabulated()
    known = set(frames["SV"][["USUBJID", "VISITNUM", "VISIT"]].itertuples(index=False, name=None))
    with_visits = [
        name
        for name, frame in frames.items()
        if {"USUBJID", "VISITNUM", "VISIT"} <= set(frame) and name != "SV"
    ]
    assert len(with_visits) >= 11
    for name in with_visits:
        visits = frames[name][["USUBJID", "VISITNUM", "VISIT"]].dropna(subset="VISITNUM")
        assert set(visits.itertuples(index=False, name=None)) <= known, name
