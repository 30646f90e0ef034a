"""What a number in a spreadsheet shows: a number, or under a format of dates and times the day and the time
that it counts to.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Literal

Kind = Literal["number", "date", "time", "moment"]

# Formats that a workbook does not spell out; 27 to 36 and 50 to 58 are those of East Asian editions.
_BUILT_IN: dict[int, Kind] = {
    **dict.fromkeys([*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58], "date"),
    **dict.fromkeys([*range(18, 22), *range(32, 36), *range(45, 48), 55, 56], "time"),
    22: "moment",
}
# Quoted and escaped text, paddings, fillings, and brackets that are no count of hours, minutes or seconds.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_NO_DAY = "holds a day that no calendar has; type the date that was collected"
_DAYS_UNTIL_10000 = 2_958_466
_MILLISECONDS_OF_A_DAY = 86_400_000


def kind(number: int, code: str | None) -> Kind:
    """What a cell of this number format shows.

    Source    ECMA-376, part 1, 18.8.30 (numFmt) and 18.8.31 (its codes).
    """
    if code is None:
        return _BUILT_IN.get(number, "number")
    positive_numbers = code.split(";", 1)[0]
    letters = _LITERAL.sub("", positive_numbers).lower()
    if "general" in letters:
        return "number"
    shows_time = "h" in letters or "s" in letters or "am/pm" in letters
    shows_month = "m" in letters and not shows_time  # beside hours or seconds, m are minutes
    shows_day = "y" in letters or "d" in letters or shows_month
    if shows_day and shows_time:
        return "moment"
    if shows_day:
        return "date"
    return "time" if shows_time else "number"


def value(serial: float, kind: Kind, from_1904: bool) -> date | time | datetime:
    """The day, the time or both that a serial number counts to.

    Day 60 of the system of 1900 is 29 February 1900, which was none. A fraction under a format of dates is a
    time all the same.

    Raises    ValueError where the calendar has no such day.
    """
    milliseconds = round(serial % 1 * _MILLISECONDS_OF_A_DAY)
    days = int(serial // 1) + milliseconds // _MILLISECONDS_OF_A_DAY
    since_midnight = timedelta(milliseconds=milliseconds % _MILLISECONDS_OF_A_DAY)
    if kind == "time" and days == 0:
        return _moment(date(1900, 1, 1), since_midnight).time()
    if not 0 <= days < _DAYS_UNTIL_10000 or (not from_1904 and days in (0, 60)):
        raise ValueError(_NO_DAY)
    if from_1904:
        day_zero = date(1904, 1, 1)
    elif days < 60:
        day_zero = date(1899, 12, 31)
    else:  # behind the day that was none, the system of 1900 counts one too many
        day_zero = date(1899, 12, 30)
    try:
        day = day_zero + timedelta(days=days)
    except OverflowError:
        raise ValueError(_NO_DAY) from None
    return day if kind == "date" and not since_midnight else _moment(day, since_midnight)


def _moment(day: date, since_midnight: timedelta) -> datetime:
    return datetime.combine(day, time()) + since_midnight
