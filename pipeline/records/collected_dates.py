"""The formats in which a date is collected: one table. By it the door and the build read a date, and a typed
value becomes the text that its form would have shown.

A format is named by its parts: YYYY is the year, MM or MON the month in digits or by the first three letters
of its English name, DD the day, HH:MM the time of day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

from pipeline.records import dates
from pipeline.records.dates import MONTHS

UNKNOWN: Final = ("UNK", "UN", "UK", "NK", "XX", "--")  # what stands for an unknown day or month

_NOTHING: Final = (*UNKNOWN, "-", "", None)
_DATES: Final = (
    "YYYY-MM-DD",
    "MM/DD/YYYY",
    "DD/MM/YYYY",
    "MM-DD-YYYY",
    "DD-MM-YYYY",
    "DD.MM.YYYY",
    "DD-MON-YYYY",
    "DD/MON/YYYY",
    "DDMONYYYY",
    "YYYY/MM/DD",
    "YYYYMMDD",
    "dd MON yyyy",
    "yyyy/m/d",
)
_BEFORE_THE_TIME: Final = {"YYYY-MM-DD": ("T", " "), "DDMONYYYY": (":", " ")}
# ASCII digits only: an input method for Chinese types full-width ones, which int() would read and a transport
# file cannot hold
_PART = {"YYYY": r"(?P<year>\d{4})", "MM": r"\d{1,2}", "MON": r"[A-Z]{3}", "DD": r"\d{1,2}"}
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2}))?"


@dataclass(frozen=True)
class Format:
    """One format: the order of its parts, and what stands between them."""

    name: str
    parts: tuple[str, str, str]  # of YYYY, MM or MON, DD
    mark: str
    before_time: str | None  # what stands between date and time; none: the format has no time

    @property
    def has_time(self) -> bool:
        return self.before_time is not None

    @property
    def is_short(self) -> bool:
        """Whether day and month have as few digits as they need."""
        return self.name.startswith("yyyy/m/d")


def _formats() -> Mapping[str, Format]:
    found = {}
    for name in _DATES:
        of_name = re.findall(r"Y+|MON|M+|D+", name.upper())
        parts = tuple(
            {"Y": "YYYY", "D": "DD"}.get(part[0], "MON" if part == "MON" else "MM") for part in of_name
        )
        mark = (re.findall(r"[^A-Za-z]", name) or [""])[0]
        year_month_day = (parts[0], parts[1], parts[2])
        found[name] = Format(name, year_month_day, mark, None)
        for between in _BEFORE_THE_TIME.get(name, (" ",)):
            with_time = f"{name}{between}HH:MM"
            found[with_time] = Format(with_time, year_month_day, mark, between)
    return found


FORMATS: Final = _formats()
_BY_CAPITALS: Final = {name.upper(): name for name in FORMATS}


def named(name: str) -> str | None:
    """The format of this name, without regard to case; one with seconds is that of its minutes, which reads
    them where they are written. None where there is none.
    """
    return _BY_CAPITALS.get(name.upper().removesuffix(":SS"))


# what other programs call some of the formats
_OF_SAS: Final = {
    "DATE9": "DDMONYYYY",
    "DATE11": "DD-MON-YYYY",
    "YYMMDD10": "YYYY-MM-DD",
    "YYMMDDN8": "YYYYMMDD",
    "E8601DA": "YYYY-MM-DD",
    "B8601DA": "YYYYMMDD",
    "MMDDYY10": "MM/DD/YYYY",
    "DDMMYY10": "DD/MM/YYYY",
    "DATETIME20": "DDMONYYYY:HH:MM",
    "ISO8601": "YYYY-MM-DD",
    "ISO 8601": "YYYY-MM-DD",
}


def called_elsewhere(name: str) -> str | None:
    """The format that somebody means by a name of SAS, or by MMM for a month in letters; None for others."""
    return _OF_SAS.get(name.upper().rstrip(".")) or named(re.sub("MMM", "MON", name.upper()))


# --- reading
def iso_from(collected: str, form: str, partial: bool = True) -> str | None:
    """A collected date as ISO 8601, as precise as it was collected.

    1. Day and month may have one digit where something stands between the parts, except in ISO 8601 itself.
    2. A partial date has no day, or neither day nor month: they are left out (AUG 2016, 2016), or a word
       stands for them (UN AUG 2016, --/--/2016). Of a date with a time the time may be missing too.
    3. A day of an unknown month keeps its day (12 UNK 2016, 2016---12): 2016---12.

    Takes     the text, in any case; the name of its format; whether the form allows a partial date.
    Returns   ISO 8601 text; None for what is no date of that format or not in the calendar.
    Source    SDTMIG 3.4, 4.4.2 (precision); ISO 8601.
    """
    match = _pattern(form, partial).fullmatch(collected.strip().upper())
    if match is None:
        return None
    parts = match.groupdict()
    day = _date(parts["year"], parts["month"], parts["day"])
    if day is None or (dates.lacks_month(day) and not partial):
        return None
    if parts.get("hour") is None:
        return day
    return _with_time(day, parts["hour"], parts["minute"], parts["second"])


def _date(year: str, month_as_written: str | None, day: str | None) -> str | None:
    month, day_unknown = _month(month_as_written), day in _NOTHING
    if month is None:
        if month_as_written not in _NOTHING or not int(year):
            return None
        of_no_month = year if day_unknown else f"{year}---{int(str(day)):02d}"
        return of_no_month if dates.exists(of_no_month) else None
    try:
        found = date(int(year), month, 1 if day_unknown else int(str(day))).isoformat()
    except ValueError:
        return None
    return found[:7] if day_unknown else found


def _month(text: str | None) -> int | None:
    if text in MONTHS:
        return MONTHS.index(text) + 1
    return int(text) if text and text.isdigit() else None


def _with_time(day: str, hour: str, minute: str, second: str | None) -> str | None:
    clock = f"{int(hour):02d}:{minute}" + (f":{second}" if second else "")
    try:
        time.fromisoformat(clock)
    except ValueError:
        return None
    return f"{day}T{clock}" if len(day) == 10 else None


@lru_cache(maxsize=128)
def _pattern(form: str, partial: bool) -> re.Pattern[str]:
    """What a text of the format looks like, with its parts by name."""
    of = FORMATS[form]
    mark = re.escape(of.mark)
    words = "|".join(map(re.escape, UNKNOWN)) + ("|" if of.mark else "")
    digits = {**_PART, "MM": r"\d{2}", "DD": r"\d{2}"} if of.name.startswith("YYYY-") or not mark else _PART
    month_part = "MON" if "MON" in of.parts else "MM"
    no_month = f"{words}|-" if of.name.startswith("YYYY-") else words  # ISO 8601 itself: 2016---12
    month = f"(?P<month>{digits[month_part]}{f'|{no_month}' if partial else ''})"
    day = f"(?P<day>{digits['DD']}{f'|{words}' if partial else ''})"
    may_lack = "?" if partial else ""
    if of.parts[0] == "YYYY":
        pattern = f"{_PART['YYYY']}(?:{mark}{month}(?:{mark}{day}){may_lack}){may_lack}"
    elif of.parts[0] == "DD":
        pattern = f"(?:(?:{day}{mark}){may_lack}{month}{mark}){may_lack}{_PART['YYYY']}"
    else:
        pattern = f"(?:{month}{mark}(?:{day}{mark}){may_lack}){may_lack}{_PART['YYYY']}"
    if of.before_time is not None:
        pattern += f"(?:{re.escape(of.before_time)}{_TIME}){may_lack}"
    return re.compile(pattern, re.ASCII)


def is_complete(iso: str, form: str) -> bool:
    """Whether a date has all the parts of its format."""
    return len(iso) >= (16 if FORMATS[form].has_time else 10)


# --- what a format does not fit
def objection(collected: str, form: str, partial: bool) -> str:
    """Why a text is no date of the format, in words that tell nothing of the text."""
    text = collected.strip().upper()
    if not partial and iso_from(text, form) is not None:
        return "a part is unknown"
    match = _pattern(form, True).fullmatch(text)
    if match is None:
        return "another form"
    month = match["month"] or ""
    if month.isdigit() and int(month) > 12:
        return "month over 12"
    if month.isalpha() and month not in MONTHS and month not in UNKNOWN:
        return "no English month"
    return "not in the calendar"


def that_fit(texts: Iterable[str]) -> list[tuple[str, bool]]:
    """The formats that every text has, those of complete dates first, and whether some dates are partial; a
    format that no text has whole is none of them.
    """
    given = list(texts)
    return [
        (form, partial)
        for partial in (False, True)
        for form in FORMATS
        if all(iso_from(text, form, partial) is not None for text in given)
        and any(iso_from(text, form, partial=False) is not None for text in given)
    ]


# --- writing
def written(value: date, form: str) -> str:
    """A day, or a moment where the format has a time, as a form of this format shows it."""
    of = FORMATS[form]
    width = "" if of.is_short else "02"
    shown = {
        "YYYY": f"{value.year:04d}",
        "MM": f"{value.month:{width}d}",
        "MON": MONTHS[value.month - 1],
        "DD": f"{value.day:{width}d}",
    }
    day = of.mark.join(shown[part] for part in of.parts)
    if not of.has_time or not isinstance(value, datetime):
        return day
    has_seconds = value.second or value.microsecond
    return f"{day}{of.before_time}{value.time().isoformat('auto' if has_seconds else 'minutes')}"


def written_partial(year: str, month: str | None, form: str) -> str:
    """A month of a year, or a year alone, as a form of this format shows it: with UN for the day and UNK for
    a month by name; parts in digits are left out.
    """
    of = FORMATS[form]
    if "MON" in of.parts:
        shown = {"YYYY": year, "MON": MONTHS[int(month) - 1] if month else "UNK", "DD": "UN"}
        return of.mark.join(shown[part] for part in of.parts)
    shown = {"YYYY": year, "MM": (month or "").lstrip("0") if of.is_short else month or ""}
    return of.mark.join(shown[part] for part in of.parts if shown.get(part))
