"""What a number in a SAS file counts, by the format that it is shown in.

SAS keeps days, moments and times of day as plain numbers, and the format alone says which. Formats that show
a whole day, a whole moment or a time of day are listed here. Every other format of time is refused by its
name: of MONYY7. nobody can say whether the day was collected or filled in, and the format of a duration or of
another time zone shows no clock on site. Under any other format, those of the user's own among them, a number
is itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

Kind = Literal["number", "day", "moment", "day of a moment", "time"]

_PART_OF_A_DAY = "which shows a part of a day; export it as text"
_PART_OF_A_MOMENT = "which shows a part of a moment; export it as text"
_PART_OF_A_TIME = "which shows a part of a time; export it as text"
_PARTS: dict[Kind, str] = {"time": _PART_OF_A_TIME, "moment": _PART_OF_A_MOMENT}
_ZONE = "which shows the clock of another time zone; export it as text, as the clock on site showed it"
_DURATION = "which shows a duration and no time of day; export it as text"
_OTHER = "a format of time that is not read; export it as text, or under DATE9., DATETIME20. or TIME8."


@dataclass(frozen=True)
class Family:
    """The formats of one name, whatever their width."""

    kind: Kind
    width: int  # where the format states none
    least: int  # in fewer characters SAS leaves a part of the value out


# Widths: SAS 9.4 Formats and Informats: Reference, and National Language Support (NLS): Reference Guide.
_YEAR_MONTH_DAY = Family("day", 8, 6)
FAMILIES: dict[str, Family] = {
    "DATE": Family("day", 7, 7),
    **{
        f"{order}{mark}": _YEAR_MONTH_DAY
        for order in ("DDMMYY", "MMDDYY", "YYMMDD")
        for mark in ["", *"BCDNPS"]
    },
    **dict.fromkeys(("E8601DA", "B8601DA", "IS8601DA"), Family("day", 10, 8)),
    "JULIAN": Family("day", 5, 5),  # the year and which of its days
    **dict.fromkeys(("WEEKDATE", "WEEKDATX"), Family("day", 29, 15)),
    **dict.fromkeys(("WORDDATE", "WORDDATX"), Family("day", 18, 12)),
    **dict.fromkeys(
        ("WEEKU", "WEEKV", "WEEKW"), Family("day", 11, 7)
    ),  # the year, which week, which of its days
    **dict.fromkeys(("NLDATE", "NLDATEL", "NLDATEM", "NLDATES", "NLDATEW"), Family("day", 20, 10)),
    "EURDFDD": Family("day", 8, 6),
    "EURDFDE": Family("day", 7, 7),
    **dict.fromkeys(("EURDFWDX", "EURDFWKX"), Family("day", 29, 15)),
    "NENGO": Family("day", 10, 9),
    "MINGUO": Family("day", 8, 7),
    **dict.fromkeys(("HDATE", "HEBDATE"), Family("day", 17, 9)),
    **dict.fromkeys(("DATETIME", "EURDFDT"), Family("moment", 16, 13)),
    **dict.fromkeys(("DATEAMPM", "MDYAMPM"), Family("moment", 19, 16)),
    **dict.fromkeys(("E8601DT", "B8601DT", "IS8601DT"), Family("moment", 19, 13)),
    **dict.fromkeys(
        ("NLDATM", "NLDATML", "NLDATMM", "NLDATMS", "NLDATMW", "NLDATMAP"), Family("moment", 30, 16)
    ),
    "DTDATE": Family("day of a moment", 7, 7),
    **dict.fromkeys(("E8601DN", "B8601DN", "IS8601DN"), Family("day of a moment", 10, 8)),
    "DTWKDATX": Family("day of a moment", 29, 15),
    **dict.fromkeys(("TIME", "TOD"), Family("time", 8, 5)),
    "HHMM": Family("time", 5, 5),
    "TIMEAMPM": Family("time", 11, 8),
    **dict.fromkeys(("E8601TM", "B8601TM", "IS8601TM"), Family("time", 8, 5)),
    **dict.fromkeys(("NLTIME", "NLTIMAP"), Family("time", 20, 5)),
}
_REFUSED: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"DAY|DOWNAME|JULDAY|MONNAME|MONTH|MONYY|MMYY[A-Z]?|QTRR?|WEEKDAY|YEAR|YYMM[A-Z]?|YYMON|YYQR?[A-Z]?"
            r"|YYWEEK[UVW]|DTMONYY|DTYEAR|DTYYQC|EURDF(DN|DWN|MN|MY)|NLDAT[EM](MD|MN|WN|YM|YQ|YR|YW)[A-Z]*"
        ),
        _PART_OF_A_DAY,
    ),
    (re.compile(r"HOUR|NLDATMTM"), _PART_OF_A_TIME),
    (re.compile(r"([BE]|IS|ND)8601(DX|DZ|LX|LZ|TX|TZ)|NLDATM[A-Z]*Z"), _ZONE),
    (re.compile(r"MMSS|[$N]+[BEHX]?8601[A-Z]*"), _DURATION),
    (
        re.compile(r"PDJUL[GI]|TWMDY|[A-Z]*8601[A-Z]*|(EURDF|NLDAT|NLTIM)[A-Z]*|(DDMMYY|MMDDYY|YYMMDD)[A-Z]"),
        _OTHER,
    ),
)
# The formats of one language are those of Europe's, under its own name: DEUDFDE9. is EURDFDE9. in German.
_LANGUAGE = re.compile(
    r"(AFR|CAT|CRO|CSY|DAN|DES|DEU|ENG|ESP|FIN|FRA|FRS|HUN|ITA|MAC|NLD|NOR|POL|PTG|RUS|SLO|SVE)DF"
)
_FORMAT = re.compile(r"(?P<name>\$?[A-Z_](?:[A-Z0-9_]*[A-Z_])?)?(?P<width>\d*)(?:\.\d*)?", re.ASCII)

_FIRST_DAY, _LAST_DAY = date(1582, 1, 1), date(3999, 12, 31)
_EPOCH = date(1960, 1, 1)
_MICROSECONDS_OF_A_DAY = 86_400_000_000
_OUTSIDE = 1e12  # days or seconds: in no calendar, and few enough to be counted in microseconds


class UnknownTimeError(Exception):
    """A format of time whose values cannot be read; the message says what it shows and what to do."""


def kind(format_: str) -> Kind:
    """What a number under this format is.

    Takes     the format as SAS writes it, with or without its width and its point: DATE9., DATETIME22.3, 8.2.
    Raises    UnknownTimeError for a format of time that shows no whole day, no whole moment and no time of
              day.
    """
    match = _FORMAT.fullmatch(format_.strip().upper())
    if match is None or not match["name"]:
        return "number"
    name = _LANGUAGE.sub("EURDF", match["name"])
    family = FAMILIES.get(name)
    if family:
        if int(match["width"] or family.width) < family.least:
            raise UnknownTimeError(_PARTS.get(family.kind, _PART_OF_A_DAY))
        return family.kind
    for pattern, why in _REFUSED:
        if pattern.fullmatch(name):
            raise UnknownTimeError(why)
    return "number"


def value(number: float, kind: Kind) -> float | date | datetime | time:
    """What the number counts to: days or seconds since 1960-01-01, or seconds since midnight.

    A moment at midnight under a format that shows its day alone is that day: no time was collected.

    Raises    ValueError for a part of a day, for a day on which the calendar of SAS is not everyone's, and
              for what is no time of day.
    """
    if kind == "number":
        return number
    number = max(-_OUTSIDE, min(number, _OUTSIDE))
    if kind == "day":
        if number % 1:
            raise ValueError(
                "holds a part of a day beside the day; export the day alone, or export it as text"
            )
        return _day(number)
    microseconds = round(number * 1_000_000)
    days, rest = divmod(microseconds, _MICROSECONDS_OF_A_DAY)
    if kind == "time":
        if days:
            raise ValueError(
                "holds a time that is not from 00:00 to 23:59, which is no time of day; export it as text"
            )
        return (datetime.combine(_EPOCH, time()) + timedelta(microseconds=rest)).time()
    day = _day(days)
    if kind == "day of a moment" and not rest:
        return day
    return datetime.combine(day, time()) + timedelta(microseconds=rest)


def _day(days: float) -> date:
    """The day so many days after 1960-01-01.

    SAS counts no day before 1582, and no leap day in the years 4000 and 8000, which the calendar has.
    """
    if not (_FIRST_DAY - _EPOCH).days <= days <= (_LAST_DAY - _EPOCH).days:
        raise ValueError("holds a day that is not within 1582 to 3999; type the date that was collected")
    return _EPOCH + timedelta(days=int(days))
