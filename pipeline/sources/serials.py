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
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_NO_DAY = "holds a day that no calendar has; type the date that was collected"


def kind(number: int, code: str | None) -> Kind:
    """What a cell of this number format shows.

    Source    ECMA-376, part 1, 18.8.30 (numFmt) and 18.8.31 (its codes).
    """
    if code is None:
        return _BUILT_IN.get(number, "number")
    shown = _LITERAL.sub("", code.split(";", 1)[0]).lower()
    if "general" in shown:
        return "number"
    clock = bool({"h", "s"} & set(shown)) or "am/pm" in shown
    day = bool({"y", "d"} & set(shown)) or ("m" in shown and not clock)
    return "moment" if day and clock else "date" if day else "time" if clock else "number"


def value(serial: float, kind: Kind, from_1904: bool) -> date | time | datetime:
    """The day, the time or both that a serial number counts to.

    Day 60 of the system of 1900 is 29 February 1900, which was none. A fraction under a format of dates is a
    time all the same.

    Raises    ValueError where the calendar has no such day.
    """
    milliseconds = round(serial % 1 * 86_400_000)
    days = int(serial // 1) + milliseconds // 86_400_000
    clock = timedelta(milliseconds=milliseconds % 86_400_000)
    if kind == "time" and days == 0:
        return _moment(date(1900, 1, 1), clock).time()
    if not 0 <= days < 2_958_466 or (not from_1904 and days in (0, 60)):
        raise ValueError(_NO_DAY)
    first = date(1904, 1, 1) if from_1904 else date(1899, 12, 31) if days < 60 else date(1899, 12, 30)
    try:
        day = first + timedelta(days=days)
    except OverflowError:
        raise ValueError(_NO_DAY) from None
    return day if kind == "date" and not clock else _moment(day, clock)


def _moment(day: date, clock: timedelta) -> datetime:
    return datetime.combine(day, time()) + clock
