"""Records in order, and records found again: missing values come last, equals stay as they stood, and one
record has one place.
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.records import lookup
from tests.support.tables import days, numbers, records, shown, text

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
def test_records_are_sorted_by_each_column_in_turn_and_missing_values_are_last(
    columns: list[object], expected: list[int]
) -> None:
    assert lookup.sorted_places(columns).tolist() == expected  # type: ignore[arg-type]


FOUND = {
    # rule: (records, known records, place of each among them)
    "equal in all columns": (([text("a", "a")], [text("b", "a")]), [1, 1]),
    "equal in one column is not enough": (([text("a"), text("x")], [text("a"), text("y")]), [-1]),
    "the last of two equal ones": (([text("a")], [text("a", "a")]), [1]),
    "what is missing in both is equal": (([text("a"), text(None)], [text("a"), text(None)]), [0]),
    "numbers": (([numbers(2.0, 3.0)], [numbers(1.0, 2.0)]), [1, -1]),
    "nothing known": (([text("a")], [text()]), [-1]),
    "no records": (([text()], [text("a")]), []),
}


@pytest.mark.parametrize(("given", "expected"), FOUND.values(), ids=FOUND)
def test_a_record_is_found_among_the_known_ones_by_all_its_columns(
    given: tuple[list[object], list[object]], expected: list[int]
) -> None:
    wanted, known = given
    assert lookup.place_among(wanted, known).tolist() == expected  # type: ignore[arg-type]
    assert lookup.is_among(wanted, known).tolist() == [place >= 0 for place in expected]  # type: ignore[arg-type]


ELEMENTS = records("USUBJID began", ("a", "2016-08-01"), ("a", "2016-08-03"), ("b", "2016-08-02"))
AS_OF = {
    "on the day on which it begins": ("a", "2016-08-03", 1),
    "between two beginnings": ("a", "2016-08-02", 0),
    "after the last one": ("a", "2017-01-01", 1),
    "before the first one there is none": ("b", "2016-08-01", -1),
    "a subject without records": ("c", "2016-08-03", -1),
    "a missing date": ("a", None, -1),
}


@pytest.mark.parametrize(("who", "date", "place"), AS_OF.values(), ids=AS_OF)
def test_as_of_a_date_the_last_record_that_has_begun_counts(who: str, date: str | None, place: int) -> None:
    begun = ELEMENTS.assign(began=days(*ELEMENTS["began"]))
    assert lookup.as_of(text(who), days(date), begun, "began").tolist() == [place]


ON_OR_AFTER = {
    "on its day": ("a", "2016-08-01", "2016-08-01"),
    "between two records the later one": ("a", "2016-08-02", "2016-08-03"),
    "after the last one there is none, though another subject has one": ("a", "2016-08-04", None),
    "before the first one": ("b", "2015-01-01", "2016-08-02"),
    "a subject without records": ("c", "2016-08-01", None),
    "a missing date": ("a", None, None),
}


@pytest.mark.parametrize(("who", "date", "first"), ON_OR_AFTER.values(), ids=ON_OR_AFTER)
def test_the_first_record_on_or_after_a_date_is_of_the_subject(
    who: str, date: str | None, first: str | None
) -> None:
    begun = ELEMENTS.assign(began=days(*ELEMENTS["began"]))
    after = lookup.first_on_or_after(text(who).set_axis([7]), days(date), begun, "began")
    assert after.index.tolist() == [7]
    assert [None if pd.isna(day) else str(day.date()) for day in after["began"]] == [first]


def test_of_several_records_that_match_the_first_one_gives_the_value() -> None:
    lesions = records("USUBJID lesion", ("a", "T1"), ("b", "T1"), ("a", None)).set_index(pd.Index([5, 3, 1]))
    sizes = records("USUBJID lesion size", ("a", "T1", 1.0), ("a", "T1", 2.0), ("a", None, 3.0))
    size = lookup.value_of_match(lesions, sizes, ["USUBJID", "lesion"], "size")
    assert size.index.tolist() == [5, 3, 1]
    assert size.fillna(0).tolist() == [1, 0, 3]


def test_thousands_of_distinct_texts_are_found_as_a_few_are() -> None:
    texts = [str(n) for n in range(3000)]
    asked, known = text(*texts, None, "none"), text(None, *reversed(texts))
    assert lookup.place_among([asked], [known]).tolist() == [*range(3000, 0, -1), 0, -1]


def test_records_are_numbered_within_their_subject_in_the_order_of_the_columns() -> None:
    visits = records("USUBJID day", ("b", 2.0), ("a", 9.0), ("b", 1.0), ("b", 1.0)).set_index(
        pd.Index([7, 5, 3, 1])
    )
    numbered = lookup.number_within_subject(visits, "day")
    assert numbered.tolist() == [3, 1, 1, 2]
    assert numbered.index.tolist() == [7, 5, 3, 1]


def test_the_first_record_of_a_subject_counts_and_a_subject_without_one_has_no_place() -> None:
    doses = records("USUBJID dose", ("a", 1.0), ("b", 2.0), ("a", 3.0))
    assert lookup.place_of_subject(text("b", "a", "c", None), doses).tolist() == [1, 0, -1, -1]
    assert shown(lookup.value_of_subject(text("b", "a", "c", None), doses, "dose")) == [2.0, 1.0, None, None]


def test_a_missing_value_is_none_of_the_values_and_meets_no_condition() -> None:
    column = text("a", "b", None)
    assert lookup.is_one_of(column, ["a", None]).tolist() == [True, False, False]
    assert lookup.meets(column, lambda value: value != "a").tolist() == [False, True, False]
    assert lookup.has_value(column).tolist() == [True, True, False]
