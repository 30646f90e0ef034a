"""RP: menopause status, a finding of the reproductive system, at each screening (SDTMIG 3.4, RP; C106541)."""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.visits import date_of_visit
from pipeline.study.models import Visit
from tests.support.tables import records, shown, text
from tests.support.tabulated_sample import rows, tabulated


def test_menopause_status_is_a_finding_of_each_screening() -> None:
    finding = "RPTESTCD RPTEST RPORRES RPSTRESC RPLOBXFL VISITNUM VISIT VISITDY EPOCH RPDTC RPDY"
    assert rows("RP", finding, USUBJID="FD-021") == [
        (
            "MENOSTAT",
            "Menopause Status",
            "Postmenopausal",
            "POSTMENOPAUSAL",
            "Y",
            1,
            "SCREENING",
            -28,
            "SCREENING",
            "2016-12-01",
            -14,
        )
    ]


def test_a_person_screened_again_has_a_finding_of_each_screening() -> None:
    assert rows("RP", "VISIT RPDTC RPORRES RPLOBXFL", USUBJID="FD-009") == [
        ("SCREENING", "2016-10-08", "Postmenopausal", "Y"),
        ("SCREENING, EARLIER 1", "2016-08-30", "Postmenopausal", None),
    ]


def test_everyone_who_was_asked_has_a_finding_and_no_dataset_repeats_it() -> None:
    assert tabulated()["RP"]["RPSTRESC"].value_counts().to_dict() == {
        "PREMENOPAUSAL": 13,
        "POSTMENOPAUSAL": 13,
        "PERIMENOPAUSAL": 9,
    }
    for supplemental in ("SUPPDM", "SUPPDC"):
        assert "MENOSTAT" not in set(tabulated()[supplemental]["QNAM"])


VISITS = (Visit(name="SCREENING", number=1), Visit(name="WEEK 6", number=7))
HELD = records(
    "USUBJID SUBJECT FOLDER DONE VISIT_DATE",
    ("screened_again", "FD-009", "SCREENING", "Yes", "2016-08-30"),
    ("screened_again", "FD-014", "screening", "YES", "2016-10-08"),
    ("came_twice", "FD-020", "SCREENING", "Yes", "2016-11-02"),
    ("came_twice", "FD-020", "SCREENING", "Yes", "2016-11-01"),
    ("did_not_come", "FD-030", "SCREENING", "No", "2016-12-01"),
)


@pytest.mark.parametrize(
    ("subject", "folder", "date"),
    [
        ("FD-009", "SCREENING", "2016-08-30"),
        ("FD-014", " Screening", "2016-10-08"),
        ("FD-020", "SCREENING", "2016-11-02"),  # of a visit recorded twice the later date
        ("FD-009", "WEEK 6", None),
        ("FD-030", "SCREENING", None),  # the visit did not take place
        ("FD-040", "SCREENING", None),
        ("FD-009", "WEEK 7", None),  # the study has no such visit
    ],
)
def test_a_form_without_a_date_has_that_of_its_visit(subject: str, folder: str, date: str | None) -> None:
    assert shown(date_of_visit(text(subject), text(folder), HELD, VISITS)) == [date]
