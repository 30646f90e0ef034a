"""Records in order, and records found again: missing values come last, equals stay as they stood, and one
record has one place.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.records import lookup
from tests.support.tables import days, numbers, text

ORDERS = {
    # rule: (columns, places of the records in order)
    "by the first column": ([text("b", "a", "c")], [1, 0, 2]),
    "then by the next": ([text("b", "a", "b"), numbers(2.0, 9.0, 1.0)], [1, 2, 0]),
    "by the last where the others leave some records tied": (
        [text("b", "a", "b"), text("x", "y", "x"), numbers(2.0, 9.0, 1.0)],
        [1, 2, 0],
    ),
    "not by the last where they leave none": (
        [text("b", "a", "b"), text("x", "y", "w"), numbers(1.0, 9.0, 2.0)],
        [1, 2, 0],
    ),
    "what is missing is tied": (
        [text(None, "a", None), text("x", "y", "x"), numbers(2.0, 9.0, 1.0)],
        [1, 2, 0],
    ),
    "what is missing comes last": ([text(None, "a", None)], [1, 0, 2]),
    "a missing number comes last": ([numbers(None, 2.0, 1.0)], [2, 1, 0]),
    "days are in the order of the calendar": ([days("2016-08-12", None, "2016-08-09")], [2, 0, 1]),
    "capitals before small letters, and both before other scripts": ([text("病", "a", "B")], [2, 1, 0]),
    "equals stay as they stood": ([text("a", "a", "a")], [0, 1, 2]),
    "no records": ([text()], []),
}


@pytest.mark.parametrize(("columns", "expected"), ORDERS.values(), ids=ORDERS)
def test_order(columns: list[object], expected: list[int]) -> None:
    assert lookup.positions(columns).tolist() == expected  # type: ignore[arg-type]


FOUND = {
    # rule: (records, known records, place of each among them)
    "equal in all columns": (([text("a", "a")], [text("b", "a")]), [1, 1]),
    "equal in one column is not enough": (([text("a"), text("x")], [text("a"), text("y")]), [-1]),
    "of two equal ones the last": (([text("a")], [text("a", "a")]), [1]),
    "what is missing in both is equal": (([text("a"), text(None)], [text("a"), text(None)]), [0]),
    "numbers": (([numbers(2.0, 3.0)], [numbers(1.0, 2.0)]), [1, -1]),
    "nothing known": (([text("a")], [text()]), [-1]),
    "no records": (([text()], [text("a")]), []),
}


@pytest.mark.parametrize(("given", "expected"), FOUND.values(), ids=FOUND)
def test_records_found_again(given: tuple[list[object], list[object]], expected: list[int]) -> None:
    wanted, known = given
    assert lookup.among(wanted, known).tolist() == expected  # type: ignore[arg-type]


def test_the_place_within_a_group_begins_anew_with_each_group() -> None:
    assert lookup.within(np.array([0, 0, 3, 3, 3, 7])).tolist() == [0, 1, 0, 1, 2, 0]
