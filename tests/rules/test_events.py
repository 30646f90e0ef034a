"""What goes on, in whose words the study or a treatment ended, and what an adverse event means for each
product.
"""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.identifiers import line_of_form, line_of_visit
from pipeline.derivations.sdtm.ongoing import reference_of_end, relation_of_end, visit_of_end
from pipeline.derivations.sdtm.products import answer_for_both_products
from pipeline.derivations.sdtm.terms import detail_or_reason
from pipeline.study.models import Visit
from tests.support.tables import records, shown, text
from tests.support.tabulated_sample import rows, tabulated

VISITS = (Visit(name="SCREENING", number=1),)


def test_what_goes_on_is_ongoing_at_the_last_contact_and_what_ended_is_not() -> None:
    relation = relation_of_end(text("Yes", "YES", "No", None))
    assert shown(relation) == ["ONGOING", "ONGOING", None, None]
    last_contact, alive = text("2018-01-05", None, "2018-01-05", "2018-01-05"), text(*[None] * 4)
    assert shown(reference_of_end(relation, last_contact, alive)) == ["2018-01-05", None, None, None]


AT_DEATH = {
    # rule: (relation of the end, last contact, death, end reference time point)
    "a death that was learnt later": ("ONGOING", "2018-03-10", "2018-01-05", "2018-01-05"),
    "a death of which the month is known": ("ONGOING", "2018-03-10", "2018-01", "2018-01"),
    "a death on the day of the last contact": ("ONGOING", "2018-01-05", "2018-01-05", "2018-01-05"),
    "what had ended": (None, "2018-03-10", "2018-01-05", None),
}


@pytest.mark.parametrize(("relation", "contact", "death", "expected"), AT_DEATH.values(), ids=AT_DEATH)
def test_nothing_goes_on_after_death(
    relation: str | None, contact: str, death: str, expected: str | None
) -> None:
    assert shown(reference_of_end(text(relation), text(contact), text(death))) == [expected]


def test_in_the_sample_what_was_ongoing_when_a_participant_died_went_on_to_the_death() -> None:
    frames = tabulated()
    death = frames["DM"].set_index("USUBJID")["DTHDTC"]
    ongoing = {}
    for name in ("AE", "CM", "PR"):
        frame, end = frames[name], f"{name}ENTPT"
        of_the_dead = frame[frame[end].str[:4].str.isdigit().eq(True) & frame["USUBJID"].map(death).notna()]
        assert of_the_dead[end].eq(of_the_dead["USUBJID"].map(death)).all()
        ongoing[name] = len(of_the_dead)
    assert ongoing == {"AE": 6, "CM": 10, "PR": 0}


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


def test_a_record_is_found_again_by_form_subject_number_and_line() -> None:
    form, subject, line = text("AE", "Ae", "CM"), text("FD-009", "FD-014", "FD-014"), text("1", "12", "12")
    assert shown(line_of_form(form, subject, line)) == ["AE-FD-009-1", "AE-FD-014-12", "CM-FD-014-12"]


def test_where_lines_begin_at_1_at_each_visit_the_visit_is_part_of_the_identifier() -> None:
    found = line_of_visit(
        text("IMG", "IMG", "IMG"),
        text("FD-001", "FD-001", "FD-001"),
        text("screening", "UNSCHEDULED 02", "WEEK 7"),
        text("3", "1", "1"),
        (*VISITS, Visit(name="UNSCHEDULED", number=900, series=True)),
    )
    assert shown(found) == ["IMG-FD-001-1-3", "IMG-FD-001-902-1", None]


@pytest.mark.parametrize("dataset", ["AE", "CM", "DS", "DV", "MH", "PR", "SS"])
def test_a_sponsor_identifier_identifies_one_record_of_a_participant(dataset: str) -> None:
    identifiers = tabulated()[dataset][["USUBJID", f"{dataset}SPID"]]
    assert identifiers[f"{dataset}SPID"].notna().all()
    assert not identifiers.duplicated().any()


def test_the_reported_term_is_the_detail_and_without_one_the_reason() -> None:
    found = detail_or_reason(
        text("Withdrawal by subject", "Completed", None), text("Moved to another city", None, None)
    )
    assert shown(found) == ["Moved to another city", "COMPLETED", None]


ANSWERS = {
    # rule: (answer for trastuzumab, answer for NK cells, the answer of the record)
    "one answer for both": ("POSSIBLY RELATED", "POSSIBLY RELATED", "POSSIBLY RELATED"),
    "different answers": ("NOT RELATED", "PROBABLY RELATED", "MULTIPLE"),
    "the stronger answer wins nothing": ("RELATED", "UNLIKELY RELATED", "MULTIPLE"),
    "unknown is an answer": ("UNKNOWN", "DOSE NOT CHANGED", "MULTIPLE"),
    "a product that was not being given": ("DRUG WITHDRAWN", "NOT APPLICABLE", "DRUG WITHDRAWN"),
    "the other one was not being given": ("NOT APPLICABLE", "DOSE NOT CHANGED", "DOSE NOT CHANGED"),
    "neither was being given": ("NOT APPLICABLE", "NOT APPLICABLE", "NOT APPLICABLE"),
    "one was not being given, the other is unanswered": (None, "NOT APPLICABLE", "NOT APPLICABLE"),
    "a product that was never planned": ("POSSIBLY RELATED", None, "POSSIBLY RELATED"),
    "unanswered": (None, None, None),
}


@pytest.mark.parametrize(("trastuzumab", "cells", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_products_with_different_answers_make_multiple_and_what_does_not_apply_counts_for_nothing(
    trastuzumab: str | None, cells: str | None, expected: str | None
) -> None:
    assert shown(answer_for_both_products(text(trastuzumab), text(cells))) == [expected]


def test_the_withdrawal_of_one_product_is_multiple_and_still_related_to_the_end_of_treatment() -> None:
    ((subject, number, relation),) = rows("AE", "USUBJID AESEQ AEREL", AEACN="MULTIPLE")
    who = subject.removeprefix("NCT02843126-")
    qualifiers = rows("SUPPAE", "QNAM QVAL", USUBJID=who, IDVARVAL=f"{number:.0f}")
    assert ("AEACNTRA", "DRUG WITHDRAWN") in qualifiers
    assert ("AEACNNK", "DOSE NOT CHANGED") in qualifiers
    assert ("AE", "AESEQ", f"{number:.0f}") in rows(
        "RELREC", "RDOMAIN IDVAR IDVARVAL", USUBJID=who, RELID="WITHDRAWAL"
    )
    assert relation is not None


def test_relation_and_action_stand_for_each_product() -> None:
    ((number, relation, action),) = rows("AE", "AESEQ AEREL AEACN", USUBJID="FD-001", AESPID="AE-FD-001-3")
    assert (relation, action) == ("MULTIPLE", "DOSE NOT CHANGED")
    said = rows("SUPPAE", "QNAM QVAL", USUBJID="FD-001", IDVARVAL=f"{number:.0f}")
    assert [s for s in said if s[0] != "AECOM"] == [
        ("AEACNNK", "DOSE NOT CHANGED"),
        ("AEACNTRA", "DOSE NOT CHANGED"),
        ("AERELNK", "PROBABLY RELATED"),
        ("AERELTRA", "NOT RELATED"),
    ]
