"""An infusion that stopped earlier by the clock than it started: the dosing forms ask for one date."""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.dosing import end_of_infusion
from tests.support.tables import shown, text

INFUSIONS = {
    # rule: (date, start, stop, end)
    "on one day": ("2016-07-21", "13:23", "14:21", "2016-07-21T14:21"),
    "past midnight": ("2016-07-21", "23:20", "00:25", "2016-07-22T00:25"),
    "past midnight on the last day of the year": ("2016-12-31", "22:00", "01:10", "2017-01-01T01:10"),
    "as long as an infusion takes at most": ("2016-07-21", "23:00", "05:00", "2016-07-22T05:00"),
    "a minute longer is a wrong time": ("2016-07-21", "23:00", "05:01", "2016-07-21T05:01"),
    "a stop in the morning of a start at noon": ("2016-07-21", "12:00", "10:00", "2016-07-21T10:00"),
    "start and stop at one minute": ("2016-07-21", "09:00", "09:00", "2016-07-21T09:00"),
    "at midnight": ("2016-07-21", "23:30", "00:00", "2016-07-22T00:00"),
    "without a start": ("2016-07-21", None, "00:25", "2016-07-21T00:25"),
    "without a stop": ("2016-07-21", "23:20", None, "2016-07-21"),
    "a date without its day": ("2016-07", "23:20", "00:25", "2016-07"),
    "no date": (None, "23:20", "00:25", None),
}


@pytest.mark.parametrize(("date", "start", "stop", "end"), INFUSIONS.values(), ids=INFUSIONS)
def test_a_stop_before_the_start_by_the_clock_is_of_the_next_day_where_an_infusion_takes_no_longer(
    date: str | None, start: str | None, stop: str | None, end: str | None
) -> None:
    assert shown(end_of_infusion(text(date), text(start), text(stop), longest_hours=6)) == [end]
