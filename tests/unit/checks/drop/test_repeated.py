"""Records of a form that have one name: what a query says of them."""

from __future__ import annotations

from dataclasses import replace

from pipeline.checks.drop.repeated import of_one_name
from pipeline.study import Study
from tests.support.door import drop

ONCE = "The participant has 2 records of this form, which is filled in once. "
REMOVE = "Please remove all but the right one."


def test_two_records_of_a_form_that_is_filled_in_once_are_one_query_with_what_differs(study: Study) -> None:
    deaths = [
        {"RECORD": "1", "DEATH_DATE": "10 APR 2019", "CAUSE": "Disease under study"},
        {"RECORD": "2", "DEATH_DATE": "12 APR 2019", "CAUSE": "Disease under study"},
    ]
    sheet = drop(study, death=deaths).sheets["death"]
    of_one = {"death": replace(sheet, carried=sheet.carried.assign(record="FD-001"))}
    (case,) = of_one_name(of_one, "SUBJECT", [("death", 0), ("death", 1)])
    found = "2 records (lines 1 and 2 of the form) differ in RECORD, DEATH_DATE"
    assert case == ("death", 0, {"found": found, "expected": "SUBJECT alone", "question": ONCE + REMOVE})
