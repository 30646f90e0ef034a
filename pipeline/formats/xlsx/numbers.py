"""What a number in a spreadsheet shows under its format: a number, a day, a time, or a text around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

Kind = Literal["number", "percentage", "date", "time", "part of an hour", "moment"]

# Formats that a workbook does not spell out; 27 to 36 and 50 to 58 are those of East Asian editions, 67 to 81
# those of the Thai one.
_BUILT_IN: dict[int, Kind] = {
    **dict.fromkeys([*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58, *range(71, 75), 81], "date"),
    **dict.fromkeys([*range(18, 22), *range(32, 36), 46, 55, 56, 75, 76, 79], "time"),
    **dict.fromkeys([45, 47, 78, 80], "part of an hour"),
    **dict.fromkeys([22, 77], "moment"),
    **dict.fromkeys([9, 10, 67, 68], "percentage"),
}
_QUOTED = r'"[^"]*"|\\.'
_PADDING = r"_.|\*."
# Brackets that are no count of hours, minutes or seconds: a colour, a language, a condition.
_BRACKETED = r"\[(?!h+\]|m+\]|s+\])[^\]]*\]"
_LITERAL = re.compile(f"{_QUOTED}|{_PADDING}|{_BRACKETED}", re.IGNORECASE)
_UNSEEN = re.compile(f"{_PADDING}|{_BRACKETED}", re.IGNORECASE)
_FRACTION_OF_SECOND = re.compile(r"(?<=s)[.,]0+|(?<=s\])[.,]0+")
_DIGIT = re.compile(r"[0#?]")
# One run of zeros, with texts before and behind it: 00000, "FD-"000.
_PADDED = re.compile(rf"((?:{_QUOTED}|-)*)(0+)((?:{_QUOTED})*)")
# Digits, with blanks, brackets and signs around them and nothing else.
_AROUND = r'(?:[\s()+-]|\\[\s()+-]|"[\s()+-]*")*'
_PLAIN = re.compile(rf"{_AROUND}(general|@|[#0?.,\s]*(e[+-][#0?]+)?){_AROUND}", re.IGNORECASE)

_EXPORT_AS_TEXT = "export the column as text"
_NO_DAY = "holds a day that no calendar has; type the date that was collected"
_NO_TIME = "holds a time of 24 hours or more, or below 0; type the time of day, 00:00 to 23:59"
_NO_HOURS = "shows minutes and seconds without hours; type the time of day, HH:MM"
_PERCENTAGE = (
    "holds a percentage, of which the file keeps a hundredth; type the number without %, in the unit that the"
    " form asks for"
)
_INEXACT = f"holds a number of more digits than a spreadsheet keeps exactly; {_EXPORT_AS_TEXT}"
_DAYS_UNTIL_10000 = 2_958_466
# Below so many days a number under a format of times is no date and time of this study, but a count of hours.
_DAYS_OF_HOURS = 61
_MILLISECONDS_OF_A_DAY = 86_400_000
_EXACT = 10**15


@dataclass(frozen=True)
class Shown:
    """A number that its format shows with a text around it: the text, or None where it cannot be told."""

    number: int | float
    text: str | None


@dataclass(frozen=True)
class NumberFormat:
    """What a number of a cell style shows: itself, or with leading zeros or other characters around it."""

    kind: Kind = "number"
    is_plain: bool = True
    padded: tuple[str, int, str] | None = None  # the text before, how many digits at least, the text behind

    def value(self, written: str, from_1904: bool) -> int | float | Shown | date | time | datetime:
        """What the number, as the file writes it, shows.

        Raises    ValueError, whose message may be shown, where that is not certain.
        """
        if self.kind == "percentage":
            raise ValueError(_PERCENTAGE)
        if self.kind != "number":
            return _counted(float(written), self.kind, from_1904)
        number = _number(written)
        if self.is_plain:
            return number
        if self.padded is None or not isinstance(number, int) or number < 0:
            return Shown(number, None)
        before, digits, behind = self.padded
        return Shown(number, f"{before}{number:0{digits}d}{behind}")


def number_format(number: int, code: str | None) -> NumberFormat:
    """The number format of this number and code.

    Source    ECMA-376, part 1, 18.8.30 (numFmt) and 18.8.31 (its codes).
    """
    if not code:
        return NumberFormat(_BUILT_IN.get(number, "number"))
    kind = _kind(code)
    return _of_numbers(code) if kind == "number" else NumberFormat(kind)


def _kind(code: str) -> Kind:
    letters = _FRACTION_OF_SECOND.sub("", _LITERAL.sub("", code).split(";", 1)[0].lower())
    if "%" in letters:
        return "percentage"
    if "general" in letters or _DIGIT.search(letters):
        return "number"
    has_hours = "h" in letters
    shows_time = has_hours or "s" in letters or "am/pm" in letters
    shows_month = "m" in letters and not shows_time  # beside hours or seconds, m are minutes
    if "y" in letters or "d" in letters or shows_month:
        return "moment" if shows_time else "date"
    if shows_time:
        return "time" if has_hours else "part of an hour"
    return "number"


def _of_numbers(code: str) -> NumberFormat:
    seen = _UNSEEN.sub("", code).split(";", 1)[0]
    has_leading_zeros = seen.startswith("00") and seen.strip("0") == ""
    if _PLAIN.fullmatch(seen) and not has_leading_zeros:
        return NumberFormat()
    padded = _PADDED.fullmatch(seen)
    if padded is None:
        return NumberFormat(is_plain=False)
    before, zeros, behind = padded.groups()
    return NumberFormat(is_plain=False, padded=(_unquoted(before), len(zeros), _unquoted(behind)))


def _unquoted(text: str) -> str:
    return text.replace('"', "").replace("\\", "")


def _number(written: str) -> int | float:
    """The number digit for digit where it is written as a whole one."""
    if re.fullmatch(r"-?\d+", written, re.ASCII):
        return int(written)
    number = float(written)
    if abs(number) >= _EXACT:
        raise ValueError(_INEXACT)
    return int(number) if number.is_integer() else number


def _counted(serial: float, kind: Kind, from_1904: bool) -> date | time | datetime:
    """The day, the time or both that a serial number counts to.

    Day 60 of the system of 1900 is 29 February 1900, which was none. A fraction under a format of dates is a
    time all the same. What lies within a millisecond of a whole second is that second: nobody types less, and
    a double or a writer's rounding is not surer.
    """
    if kind == "part of an hour":
        raise ValueError(_NO_HOURS)
    milliseconds = round(serial % 1 * _MILLISECONDS_OF_A_DAY)
    if (milliseconds + 1) % 1000 <= 2:
        milliseconds = round(milliseconds, -3)
    days = int(serial // 1) + milliseconds // _MILLISECONDS_OF_A_DAY
    since_midnight = timedelta(milliseconds=milliseconds % _MILLISECONDS_OF_A_DAY)
    if kind == "time" and days == 0:
        return _moment(date(1900, 1, 1), since_midnight).time()
    if kind == "time" and days < _DAYS_OF_HOURS:
        raise ValueError(_NO_TIME)
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
