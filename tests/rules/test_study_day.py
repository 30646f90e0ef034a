"""The reference date is day 1, the day before it day -1, and there is no day 0 (SDTMIG 3.4, 4.4.4); a date is
as precise as collected.
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.derivations.sdtm.timing import date_time, study_day
from pipeline.records.dates import days_between
from tests.support.tables import days, shown, text

STUDY_DAY = {
    # rule: (date of the record, reference date, study day)
    "the reference date is day 1": ("2016-08-12", "2016-08-12", 1),
    "the day after it is day 2": ("2016-08-13", "2016-08-12", 2),
    "the day before it is day -1, there is no day 0": ("2016-08-11", "2016-08-12", -1),
    "two days before it is day -2": ("2016-08-10", "2016-08-12", -2),
    "cycle 2 begins on day 22": ("2016-09-02", "2016-08-12", 22),
    "screening begins on day -28": ("2016-07-15", "2016-08-12", -28),
    "a leap year has a 29 February": ("2016-03-01", "2016-02-28", 3),
    "another year has none": ("2015-03-01", "2015-02-28", 2),
    "over new year": ("2017-01-01", "2016-12-31", 2),
    "the time of day does not count": ("2016-08-12T08:00", "2016-08-12T09:30", 1),
    "late one evening to early next morning is one day": ("2016-08-13T00:10", "2016-08-12T23:50", 2),
    "a date without its day has no study day": ("2016-08", "2016-08-12", None),
    "a date without its month has no study day": ("2016", "2016-08-12", None),
    "a partial reference gives none": ("2016-08-12", "2016-08", None),
    "a participant never dosed has no reference": ("2016-08-12", None, None),
    "no date, no day": (None, "2016-08-12", None),
}


@pytest.mark.parametrize(("date_", "reference", "expected"), STUDY_DAY.values(), ids=STUDY_DAY)
def test_the_reference_date_is_day_1_and_the_day_before_it_day_minus_1(
    date_: str | None, reference: str | None, expected: int | None
) -> None:
    assert shown(study_day(text(date_), text(reference))) == [expected]


def test_the_study_days_of_several_records_keep_their_order() -> None:
    assert shown(
        study_day(text("2016-08-13", None, "2016-08-11"), text("2016-08-12", "2016-08-12", "2016-08-12"))
    ) == [2, None, -1]


DATES = st.dates(date(1990, 1, 1), date(2040, 1, 1))


@settings(deadline=None, max_examples=50)
@given(DATES, DATES)
def test_days_are_counted_as_the_calendar_does_and_none_is_day_0(start: date, end: date) -> None:
    apart = (end - start).days
    assert shown(days_between(days(start.isoformat()), days(end.isoformat()))) == [
        apart + 1 if apart >= 0 else apart
    ]


DATE_TIME = {
    # rule: (date, time, both)
    "a time goes behind a complete date": ("2016-08-12", "09:30", "2016-08-12T09:30"),
    "no time was collected": ("2016-08-12", None, "2016-08-12"),
    "no time behind a date without its day": ("2016-08", "09:30", "2016-08"),
    "a time alone is no date": (None, "09:30", None),
    "nothing": (None, None, None),
}


@pytest.mark.parametrize(("date_", "time", "expected"), DATE_TIME.values(), ids=DATE_TIME)
def test_date_and_time_are_as_precise_as_collected(
    date_: str | None, time: str | None, expected: str | None
) -> None:
    assert shown(date_time(text(date_), text(time))) == [expected]


def test_without_records_there_are_no_days() -> None:
    assert study_day(text(), text()).dtype == "float64"
    assert date_time(text(), text()).dtype == "str"
