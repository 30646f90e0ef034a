"""Partial dates, study days, imputation. Nothing else in the project counts days.

A date in the project is ISO 8601 text as precise as it was collected: 2016, 2016-08, 2016-08-12,
2016-08-12T09:30. As text a partial date sorts before the days it contains, so whatever compares dates takes
`day`, which is missing for a partial one, or imputes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from pipeline.records.distinct import encoded

MONTHS = {
    m: i
    for i, m in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], start=1
    )
}
DAY: Final = "datetime64[s]"

# ASCII digits only: an input method for Chinese types full-width ones, which int() would read and a transport
# file cannot hold
_DD_MON_YYYY = re.compile(r"(\d{1,2}|UN|UNK) ([A-Z]{3}) (\d{4})", re.ASCII)
_YYYY_M_D = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2}(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?)?)?", re.ASCII)


def each(
    values: pd.Series,
    function: Callable[[Any], Any],
    dtype: Literal["str", "float64", "datetime64[s]"] = "str",
) -> pd.Series:
    """The function of each distinct text, once; missing stays missing and None becomes missing."""
    codes, texts = distinct(values)
    found = [*map(function, texts), None]
    if dtype == "str":
        return pd.Series(pd.array(found, dtype="str").take(codes), index=values.index)
    return pd.Series(
        np.array(found, dtype)[codes], index=values.index
    )  # the code of a missing value is -1: the last, which is None


def distinct(values: pd.Series) -> tuple[np.ndarray, Sequence[Any]]:
    """The place of each value among the distinct values, -1 where it is missing; the distinct values in the
    order in which they come.
    """
    found = encoded(values)
    return found.codes, found.known


def pairs(left: pd.Series, right: pd.Series) -> dict[tuple[str, str], int]:
    """The values that stand together in a record, with the number of records; a missing one stands with
    nothing.
    """
    (codes, texts), (others, theirs) = distinct(left), distinct(right)
    both = (codes * len(theirs) + others)[(codes >= 0) & (others >= 0)]
    found, counts = np.unique(both, return_counts=True)
    named = ((str(texts[p // len(theirs)]), str(theirs[p % len(theirs)])) for p in found.tolist())
    return dict(zip(named, counts.tolist(), strict=True))


def together(left: pd.Series, right: pd.Series, function: Callable[[Any, Any], str | None]) -> pd.Series:
    """The function of each distinct pair of values that stand together in a record, once; a missing value is
    handed over as None.
    """
    (codes, texts), (others, theirs) = distinct(left), distinct(right)
    width = len(theirs) + 1
    at, held = pd.factorize((codes + 1) * width + others + 1)
    one, other = [None, *texts], [None, *theirs]
    values = [function(one[pair // width], other[pair % width]) for pair in held.tolist()]
    return pd.Series(pd.array(values, dtype="str").take(at), index=left.index)


def iso_from(collected: str, form: str, partial: bool = True) -> str | None:
    """A collected date as ISO 8601, as precise as collected; None where it is no date of that format.

    Takes     `12 AUG 2016`, `UN AUG 2016`, `UN UNK 2016` (form "dd MON yyyy") or `2016/8/12` (form
              "yyyy/m/d"), any case.
    Source    SDTMIG 3.4, 4.4.2 (precision), ISO 8601.
    """
    text = collected.strip().upper()
    if form == "yyyy/m/d":
        match = _YYYY_M_D.fullmatch(text)
        return _valid(int(match[1]), int(match[2]), int(match[3])) if match else None
    match = _DD_MON_YYYY.fullmatch(text)
    if not match:
        return None
    day, month, year = match.groups()
    known_day = day not in ("UN", "UNK")
    if month == "UNK":
        return year if partial and not known_day else None
    if month not in MONTHS:
        return None
    if not known_day:
        return f"{year}-{MONTHS[month]:02d}" if partial else None
    return _valid(int(year), MONTHS[month], int(day))


def _valid(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def is_iso(text: str) -> bool:
    """Whether the text is a date or date and time of ISO 8601 as SDTM writes it, and exists in the calendar."""
    if not _ISO.fullmatch(text):
        return False
    return exists(text[:10])


@lru_cache(maxsize=2**14)
def exists(text: str) -> bool:
    """Whether a date, a month or a year in the form of ISO 8601 is one of the calendar."""
    parts = [int(p) for p in text.split("-")]
    year, month, dom = [*parts, 1, 1][:3]
    return _valid(year, month, dom) is not None


def is_clock(text: str) -> bool:
    """Whether the text is a time of day, HH:MM of 24 hours."""
    return _CLOCK.fullmatch(text.strip()) is not None


def day(iso: pd.Series) -> pd.Series:
    """The calendar day of each complete date; missing for a partial one.

    Takes     ISO 8601 text.
    Returns   datetime64[s] at midnight on the same index.
    """
    return each(iso, lambda t: t[:10] if len(t) >= 10 else None, DAY)


def moment(iso: pd.Series) -> pd.Series:
    """The date and time of each complete date, midnight where no time was collected; missing for a partial
    date.
    """
    return each(iso, lambda t: t if len(t) >= 10 else None, DAY)


def has_time(iso: pd.Series) -> pd.Series:
    """Whether a time of day was collected with the date."""
    return iso.str.len().gt(10)


def first_day(iso: pd.Series) -> pd.Series:
    """The first day that each date, partial or not, can mean: for a comparison, or an imputation that may not
    be late.
    """
    return each(iso, lambda t: (t[:10] + "-01-01")[:10] if len(t) < 7 else (t[:10] + "-01")[:10], DAY)


def last_day(iso: pd.Series) -> pd.Series:
    """The last day that each date, partial or not, can mean."""
    return each(iso, _last, DAY)


def _last(text: str) -> str:
    if len(text) >= 10:
        return text[:10]
    year, month = int(text[:4]), int(text[5:7]) if len(text) >= 7 else 12
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last.isoformat()


def imputed(iso: pd.Series) -> pd.Series:
    """What an imputation had to add: D the day, M the month and the day; missing for a complete date.

    Source    ADaMIG 1.3, 3.3.4 (date imputation flags).
    """
    return each(iso, lambda t: None if len(t) >= 10 else "D" if len(t) >= 7 else "M")


def to_iso(days: pd.Series) -> pd.Series:
    """Calendar days as ISO 8601 text."""
    codes, distinct = pd.factorize(days)
    text = pd.Series(np.datetime_as_string(np.asarray(distinct, DAY), unit="D"), dtype="str")
    return (
        text.take(codes).where(codes >= 0).set_axis(days.index)
        if len(distinct)
        else pd.Series(index=days.index, dtype="str")
    )


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from start to end, both counted: the same day is 1, and there is no day 0 (before the start: -1,
    -2 ...).

    Takes     datetime64 of the same records.
    Returns   float, missing where either is missing.
    Source    SDTMIG 3.4, 4.4.4; ADaMIG 1.3, 3.3.3.
    """
    gone = np.floor((end.to_numpy() - start.to_numpy()) / np.timedelta64(1, "D"))  # missing: NaN
    return pd.Series(np.where(gone < 0, gone, gone + 1), index=start.index)


def on_day(start: pd.Series, number: pd.Series) -> pd.Series:
    """The calendar day that bears a number counted from the start, which is day 1; the day before it is day
    -1: `days_between` undone.

    Takes     datetime64; whole days.
    Returns   datetime64[s], missing where either is missing.
    """
    return (start + pd.to_timedelta(number.where(number < 0, number - 1), unit="D")).astype(DAY)
