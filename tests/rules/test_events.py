"""AE and DS: how an event that goes on is told, and in whose words the study or a treatment ended."""

from __future__ import annotations

from mappings.sdtm import ae, ds
from tests.support.tables import shown, text


def test_an_event_that_goes_on_is_ongoing_at_the_last_contact_and_one_that_ended_is_not() -> None:
    relation = ae.relation_of_end(text("Yes", "YES", "No", None))
    assert shown(relation) == ["ONGOING", "ONGOING", None, None]
    assert shown(ae.reference_of_end(relation, text("2018-01-05", None, "2018-01-05", "2018-01-05"))) == ["2018-01-05", None, None, None]


def test_the_reported_term_is_the_detail_and_without_one_the_reason() -> None:
    found = ds.reported_term(text("Withdrawal by subject", "Completed", None), text("Moved to another city", None, None))
    assert shown(found) == ["Moved to another city", "COMPLETED", None]
