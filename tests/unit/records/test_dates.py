"""Dates as collected become ISO 8601 as precise as collected; what is no date of the calendar becomes none;
missing stays missing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pandas as pd
import pytest

from pipeline.records import dates
from tests.support.tables import days, numbers, shown, text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2016", True),
        ("2016-08", True),
        ("2016-08-12", True),
        ("2016---12", True),
        ("2016---32", False),
        ("2016-08-12T09:30", True),
        ("2016-08-12T23:59:59", True),
        ("2016-02-29", True),
        ("2015-02-29", False),
        ("2016-13", False),
        ("2016-8-12", False),
        ("2016-08-12T9:30", False),
        ("2016-08-12T24:00", False),
        ("2016-08-12T09:60", False),
        ("2016-08-12T09:30:99", False),
        ("2016-08-12 09:30", False),
        ("2016-08T09:30", False),
        ("12 AUG 2016", False),
        ("２０１６", False),
        ("", False),
    ],
)
def test_iso_8601_is_a_date_that_exists_and_a_time_of_24_hours(value: str, expected: bool) -> None:
    assert dates.is_iso(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("00:00", True),
        (" 23:59 ", True),
        ("24:00", False),
        ("9:30", False),
        ("09:60", False),
        ("09:30:00", False),
    ],
)
def test_a_time_of_day_is_two_digits_a_colon_and_two_digits(value: str, expected: bool) -> None:
    assert dates.is_clock(value) is expected


# given -> the day it is, the first and the last day it can mean, what an imputation has to add
PRECISION = {
    "a full date": ("2016-08-12", "2016-08-12", "2016-08-12", "2016-08-12", None),
    "with a time, the day": ("2016-08-12T09:30", "2016-08-12", "2016-08-12", "2016-08-12", None),
    "a day of an unknown month": ("2016---31", None, "2016-01-31", "2016-12-31", "M"),
    "a month of 31 days": ("2016-08", None, "2016-08-01", "2016-08-31", "D"),
    "February of a leap year": ("2016-02", None, "2016-02-01", "2016-02-29", "D"),
    "February of another year": ("2015-02", None, "2015-02-01", "2015-02-28", "D"),
    "December": ("2016-12", None, "2016-12-01", "2016-12-31", "D"),
    "a year": ("2016", None, "2016-01-01", "2016-12-31", "M"),
    "missing": (None, None, None, None, None),
}


@pytest.mark.parametrize(("given", "day", "first", "last", "flag"), PRECISION.values(), ids=PRECISION)
def test_a_partial_date_is_no_day_but_has_a_first_and_a_last_one(
    given: str | None, day: str | None, first: str | None, last: str | None, flag: str | None
) -> None:
    value = text(given)
    assert shown(dates.day(value)) == [day]
    assert shown(dates.first_day(value)) == [first]
    assert shown(dates.last_day(value)) == [last]
    assert shown(dates.imputed(value)) == [flag]


def test_a_day_is_written_as_iso_8601() -> None:
    assert shown(dates.to_iso(days("2016-08-12", None, "2016-02-29"))) == ["2016-08-12", None, "2016-02-29"]


def test_the_index_that_comes_in_goes_out_and_the_type_does_not_depend_on_the_values() -> None:
    at = [7, 3, 3]
    given = pd.Series(["2016", None, "2016-08-12"], index=at, dtype="str")
    for empty, value in ((text(), given), (text(None), given)):
        assert dates.day(value).index.tolist() == at
        assert dates.day(value).dtype == dates.day(empty).dtype == "datetime64[s]"
        assert dates.imputed(value).dtype == dates.imputed(empty).dtype == "str"
    assert dates.to_iso(days()).dtype == "str"


def test_a_text_that_is_no_date_means_no_day() -> None:
    given = text("2016-08", "BASELINE", "2016-02-30", None)
    assert dates.to_iso(dates.first_day_of_text(given)).fillna("none").tolist() == [
        "2016-08-01",
        "none",
        "none",
        "none",
    ]
    assert dates.to_iso(dates.last_day_of_text(given)).fillna("none").tolist() == [
        "2016-08-31",
        "none",
        "none",
        "none",
    ]


def test_a_moment_is_the_day_and_the_time_where_there_is_one() -> None:
    found = dates.moment(text("2016-08-12T09:30", "2016-08-12", "2016-08", None))
    assert [None if pd.isna(v) else v.isoformat() for v in found] == [
        "2016-08-12T09:30:00",
        "2016-08-12T00:00:00",
        None,
        None,
    ]
    last = dates.last_moment(text("2016-08-12T09:30", "2016-08-12", "2016-08", None))
    assert [None if pd.isna(v) else v.isoformat() for v in last] == [
        "2016-08-12T09:30:00",
        "2016-08-12T23:59:59",
        None,
        None,
    ]
    assert dates.has_time(text("2016-08-12T09:30", "2016-08-12", "2016-08", None)).tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_the_day_that_bears_a_number_is_the_one_that_days_between_would_give_it() -> None:
    start = days("2016-08-12", "2016-08-12", "2016-08-12", None, "2016-08-12")
    number = numbers(1, 22, -1, 1, None)
    assert shown(dates.on_day(start, number)) == ["2016-08-12", "2016-09-02", "2016-08-11", None, None]


@pytest.mark.parametrize(
    ("collected", "expected"),
    [
        ("2016-08-12", date(2016, 8, 12)),
        ("09:30", time(9, 30)),
        ("09:30:15", time(9, 30, 15)),
        ("2016-08-12T09:30:00", datetime(2016, 8, 12, 9, 30)),  # noqa: DTZ001
        ("2016-08-12 09:30", datetime(2016, 8, 12, 9, 30)),  # noqa: DTZ001
        ("2016-08-12T09:30:00Z", datetime(2016, 8, 12, 9, 30, tzinfo=UTC)),
        ("2016", None),  # and no time of 20:16
        ("2016-08", None),
        ("20160812", None),
        ("2016-W32-5", None),
        ("2016-02-30", None),
        ("24:00", None),
        ("12 AUG 2016", None),
        ("２０１６-08-12", None),
    ],
)
def test_a_text_in_iso_8601_is_the_day_and_the_time_that_it_says(collected: str, expected: object) -> None:
    assert dates.iso_value(collected) == expected
