"""Partial dates, study days and imputation.

A date is ISO 8601 text, as precise as it was collected: 2016, 2016-08, 2016-08-12, 2016-08-12T09:30, and
2016---12 where the day is known and the month is not. As text a partial date sorts before the days that it
contains, so code that compares dates takes `day`, which is missing for a partial one, or `first_day` and
`last_day`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from pipeline.records.distinct import codes_and_values, map_distinct

MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAY: Final = "datetime64[s]"

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_ISO_DATE, _ISO_TIME = r"\d{4}-\d{2}-\d{2}", r"\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?"
_ISO = re.compile(r"\d{4}(---\d{2}|-\d{2}(-\d{2}(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?)?)?", re.ASCII)
_NO_MONTH: Final = "---"  # stands in the place of the month, SDTMIG 3.4, 4.4.2


def _valid(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def is_iso(text: str) -> bool:
    """Whether the text is a date, or a date and time, of ISO 8601 as this program writes it in SDTM, and in
    the calendar.

    SDTM can write more: an hour alone, fractions of a second, an offset, an interval, a date without a year.
    Nothing collected here is one of these, and no rule could compare it, so it is refused and not misread.
    """
    return _ISO.fullmatch(text) is not None and exists(text[:10])


@lru_cache(maxsize=2**14)
def exists(text: str) -> bool:
    """Whether a date, a month, a year, or a day of an unknown month in the form of ISO 8601 is in the
    calendar.
    """
    if lacks_month(text):
        text = text.replace(_NO_MONTH, "-01-")  # January has every number that a day can have
    year, *month_and_day = (int(part) for part in text.split("-"))
    month, day_of_month = [*month_and_day, 1, 1][:2]
    return _valid(year, month, day_of_month) is not None


def lacks_month(iso: str) -> bool:
    """Whether a date has a day and no month: 2016---12."""
    return _NO_MONTH in iso


def iso_value(text: str) -> date | time | datetime | None:
    """The day, the time or both that a text in ISO 8601 says; None for what is none of them, such as 2019.

    Source    ISO 8601, extended format.
    """
    readers = ((_ISO_DATE, date), (_ISO_TIME, time), (f"{_ISO_DATE}[T ]{_ISO_TIME}", datetime))
    for pattern, kind in readers:
        if re.fullmatch(pattern, text, re.ASCII):
            try:
                return kind.fromisoformat(text)
            except ValueError:
                return None
    return None


def is_clock(text: str) -> bool:
    """Whether the text is a time of day, HH:MM of 24 hours."""
    return _CLOCK.fullmatch(text.strip()) is not None


def stops_next_day(start: pd.Series, stop: pd.Series, longest_hours: float) -> pd.Series:
    """Whether what started at a time of day and stopped at an earlier one by the clock went on past midnight:
    then it took no longer than so many hours.

    Takes     HH:MM of each record.
    Returns   true or false; false where either time is missing.
    """
    minutes = _minutes(stop) - _minutes(start)
    return minutes.lt(0) & (minutes + 24 * 60).le(60 * longest_hours)


def _minutes(clock: pd.Series) -> pd.Series:
    """Minutes since midnight."""
    return map_distinct(clock, lambda text: int(text[:-3]) * 60 + int(text[-2:]), "float64")


def day(iso: pd.Series) -> pd.Series:
    """The calendar day of each complete date; missing for a partial one.

    Takes     ISO 8601 text.
    Returns   datetime64[s] at midnight on the same index.
    """
    return map_distinct(iso, _day, DAY, keep=True)


def _day(text: str) -> str | None:
    return text[:10] if len(text) >= 10 else None


def moment(iso: pd.Series) -> pd.Series:
    """The date and time of each complete date, midnight where no time was collected; missing for a partial
    date.
    """
    return map_distinct(iso, _moment, DAY, keep=True)


def _moment(text: str) -> str | None:
    return text if len(text) >= 10 else None


def last_moment(iso: pd.Series) -> pd.Series:
    """The last moment that each complete date can mean: its time, or the end of its day where no time was
    collected; missing for a partial date.
    """
    return map_distinct(iso, _last_moment, DAY, keep=True)


def _last_moment(text: str) -> str | None:
    if len(text) > 10:
        return text
    return f"{text}T23:59:59" if len(text) == 10 else None


def has_time(iso: pd.Series) -> pd.Series:
    """Whether a time of day was collected with the date."""
    codes, texts = codes_and_values(iso)
    # the code of a missing value is -1, so the last answer is that of a missing value
    return pd.Series(np.array([*(len(text) > 10 for text in texts), False])[codes], index=iso.index)


def before(iso: pd.Series, limit: pd.Series, *, on_the_day: bool = True) -> pd.Series:
    """Whether each complete date is before its limit.

    It is of an earlier day, or of the same day and an earlier time. On one day without a time of both, what
    may have been before or after counts as before where `on_the_day` is true.

    Takes     ISO 8601 text of both.
    Returns   true or false; false where either date is partial or missing.
    """
    earlier_day = day(iso).lt(day(limit))
    same_day = day(iso).eq(day(limit))
    times_known = has_time(iso) & has_time(limit)
    on_day = (moment(iso).lt(moment(limit)) & times_known) | (~times_known & on_the_day)
    return earlier_day | (same_day & on_day)


def first_day(iso: pd.Series) -> pd.Series:
    """The first day that each date, partial or not, can mean: for comparisons, and for an imputation that
    must not be late.
    """
    return map_distinct(iso, _first_day, DAY, keep=True)


def last_day(iso: pd.Series) -> pd.Series:
    """The last day that each date, partial or not, can mean."""
    return map_distinct(iso, _last_day, DAY, keep=True)


def first_day_of_text(text: pd.Series) -> pd.Series:
    """As `first_day`, of texts that need not be dates; missing for what is none."""
    return map_distinct(text, _first_day_of_text, DAY, keep=True)


def last_day_of_text(text: pd.Series) -> pd.Series:
    """As `last_day`, of texts that need not be dates; missing for what is none."""
    return map_distinct(text, _last_day_of_text, DAY, keep=True)


def _first_day_of_text(text: str) -> str | None:
    return _first_day(text) if is_iso(text) else None


def _last_day_of_text(text: str) -> str | None:
    return _last_day(text) if is_iso(text) else None


def _first_day(text: str) -> str:
    if lacks_month(text):
        return text.replace(_NO_MONTH, "-01-")
    if len(text) >= 10:
        return text[:10]
    return f"{text}-01" if len(text) >= 7 else f"{text}-01-01"


def _last_day(text: str) -> str:
    if lacks_month(text):
        return text.replace(_NO_MONTH, "-12-")
    if len(text) >= 10:
        return text[:10]
    year = int(text[:4])
    month = int(text[5:7]) if len(text) >= 7 else 12
    first_of_next_month = date(year + month // 12, month % 12 + 1, 1)
    return (first_of_next_month - timedelta(days=1)).isoformat()


def imputed(iso: pd.Series) -> pd.Series:
    """What an imputation had to add: D the day, M the month, with the day or without; missing for a complete
    date.

    Source    ADaMIG 1.3, 3.1.3 (date imputation flags).
    """
    return map_distinct(iso, _imputed)


def _imputed(text: str) -> str | None:
    if len(text) >= 10:
        return None
    return "M" if lacks_month(text) or len(text) < 7 else "D"


def to_iso(days: pd.Series) -> pd.Series:
    """Calendar days as ISO 8601 text."""
    codes, distinct_days = pd.factorize(days)
    texts = np.datetime_as_string(np.asarray(distinct_days, DAY), unit="D").tolist()
    return pd.Series(pd.array([*texts, None], dtype="str").take(codes), index=days.index)


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from start to end, both counted: the same day is 1, the day before it -1, and no day is 0.

    Takes     datetime64 of the same records.
    Returns   float, missing where either is missing.
    Source    SDTMIG 3.4, 4.4.4; ADaMIG 1.3, 3.3.3.
    """
    elapsed = np.floor((end.to_numpy() - start.to_numpy()) / np.timedelta64(1, "D"))  # missing: NaN
    return pd.Series(np.where(elapsed < 0, elapsed, elapsed + 1), index=start.index)


def on_day(start: pd.Series, number: pd.Series) -> pd.Series:
    """The calendar day with a study day's number, where the start is day 1 and the day before it is day -1:
    the inverse of `days_between`.

    Takes     datetime64; whole days.
    Returns   datetime64[s], missing where either is missing.
    """
    elapsed = number.where(number < 0, number - 1)
    return (start + pd.to_timedelta(elapsed, unit="D")).astype(DAY)


def later_study_day(number: int, days: int) -> int:
    """The number of the study day so many days later, or earlier for a negative number: there is no day 0."""
    elapsed = (number if number < 0 else number - 1) + days
    return elapsed if elapsed < 0 else elapsed + 1
