"""SV: a subject has each visit number once; planned visits say whether they took place (SDTMIG 3.4, 5.4)."""

from __future__ import annotations

import pytest

from mappings.sdtm import sv
from pipeline.sdtm.visits import contacts_held, occurred, visits_held
from pipeline.study import Study
from tests.support.tables import records, shown, text

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
def test_visits(study: Study, record: str, expected: tuple[float | None, str | None, str | None]) -> None:
    found = visits_held(VISITS, study.visits)
    (at,) = found.index[found["record"].eq(record)]
    assert tuple(shown(found.loc[[at], c])[0] for c in ("VISITNUM", "VISIT", "PLANNED")) == expected


def test_no_record_is_lost_by_numbering(study: Study) -> None:
    assert sorted(visits_held(VISITS, study.visits)["record"]) == sorted(VISITS["record"])


def test_survival_contacts_are_planned_as_far_as_the_protocol_plans_them(study: Study) -> None:
    contacts = records(
        "USUBJID FOLDER CONTACT_DATE", ("her", "SURVIVAL FOLLOW-UP 13", "2019-06-01"), ("her", "SURVIVAL FOLLOW-UP 14", "2019-06-20")
    )
    found = contacts_held(contacts, study.visits)
    assert shown(found["VISITNUM"]) == [513, 514]
    assert shown(found["PLANNED"]) == ["Y", None]


def test_who_has_no_visits_has_no_records(study: Study) -> None:
    assert len(visits_held(VISITS.iloc[:0], study.visits)) == 0


def test_only_a_planned_visit_says_whether_it_took_place() -> None:
    assert shown(occurred(text("Y", "Y", None, None), text("Yes", "No", "Yes", "No"))) == ["Y", "N", None, None]
    assert shown(sv.same_as_planned(text("Y", None))) == ["Y", None]
