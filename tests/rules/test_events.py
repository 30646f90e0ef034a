"""What goes on, in whose words the study or a treatment ended, and what an adverse event means for each
product.
"""

from __future__ import annotations

from pipeline.derivations.sdtm.identifiers import line_of_form
from pipeline.derivations.sdtm.ongoing import reference_of_end, relation_of_end, visit_of_end
from pipeline.derivations.sdtm.terms import detail_or_reason
from pipeline.study.models import Visit
from tests.support.tables import records, shown, text
from tests.support.tabulated_sample import rows

VISITS = (Visit(name="SCREENING", number=1),)


def test_an_event_that_goes_on_is_ongoing_at_the_last_contact_and_one_that_ended_is_not() -> None:
    relation = relation_of_end(text("Yes", "YES", "No", None))
    assert shown(relation) == ["ONGOING", "ONGOING", None, None]
    assert shown(reference_of_end(relation, text("2018-01-05", None, "2018-01-05", "2018-01-05"))) == [
        "2018-01-05",
        None,
        None,
        None,
    ]


def test_what_a_form_of_one_visit_calls_ongoing_is_ongoing_at_that_visit() -> None:
    held = records(
        "USUBJID SUBJECT FOLDER DONE VISIT_DATE",
        ("screened_again", "FD-009", "SCREENING", "Yes", "2016-08-30"),
        ("screened_again", "FD-014", "SCREENING", "Yes", "2016-10-08"),
    )
    found = visit_of_end(
        text("ONGOING", None, "ONGOING"),
        text("FD-014", "FD-014", "FD-009"),
        text(*[" screening "] * 3),
        held,
        VISITS,
    )
    assert shown(found) == ["SCREENING", None, "SCREENING, EARLIER 1"]


def test_a_record_is_found_again_by_subject_number_and_line() -> None:
    assert shown(line_of_form(text("FD-009", "FD-014"), text("1", "12"))) == ["FD-009-1", "FD-014-12"]


def test_the_reported_term_is_the_detail_and_without_one_the_reason() -> None:
    found = detail_or_reason(
        text("Withdrawal by subject", "Completed", None), text("Moved to another city", None, None)
    )
    assert shown(found) == ["Moved to another city", "COMPLETED", None]


def test_relation_and_action_stand_for_each_product() -> None:
    ((number, relation, action),) = rows("AE", "AESEQ AEREL AEACN", USUBJID="FD-001", AESPID="3")
    assert (relation, action) == ("NOT RELATED", "DOSE NOT CHANGED")
    said = rows("SUPPAE", "QNAM QVAL", USUBJID="FD-001", IDVARVAL=f"{number:.0f}")
    assert [s for s in said if s[0] != "AECOM"] == [
        ("AEACNNK", "DOSE NOT CHANGED"),
        ("AEACNTRA", "DOSE NOT CHANGED"),
        ("AERELNK", "PROBABLY RELATED"),
        ("AERELTRA", "NOT RELATED"),
    ]
