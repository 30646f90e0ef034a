"""A value that a file holds as a number or a date, as the text that the contract's form would have shown.

So the next step reads one thing, text as collected, whatever the format of the drop. A value of no sensible
text is refused here: a date in a field of free text is what a spreadsheet makes of "1-2", and nobody can say
what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.formats.csv.read import TEXT as TEXT
from pipeline.records import collected_dates
from pipeline.study.models import RawField


class UnfitError(Exception):
    """A value that no text of the field can stand for; the message says what it is and what to do, never the
    value.
    """


def text(value: object, field: RawField) -> str | None:
    """The value as collected text; missing values and empty texts are None.

    A date reads in the contract's format, a time as HH:MM (with its seconds where it has any, which the
    contract then refuses), a number with the 15 digits that a double is sure of, so 6.1 and not
    6.1000000000000005, and with the contract's decimal mark.

    Raises    UnfitError for a date, time or moment in a field that holds none, for infinity, and for what is
              no single value.
    """
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | Decimal | np.integer | np.floating):
        return number(value).replace(".", field.marks.decimal)
    if isinstance(value, datetime):
        return _moment(value, field)
    if isinstance(value, date):
        return _day(value, field)
    if isinstance(value, timedelta):
        value = _time_of_day(value)
    if isinstance(value, time):
        return _time(value, field)
    raise UnfitError("holds no single text, number or date; export it as text")


def number(value: float | Decimal | np.integer | np.floating) -> str:
    """The number without an exponent: exact where it is whole or decimal, with 15 digits where it is a double
    with a part.

    Raises    UnfitError for infinity.
    """
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, np.float32):
        return np.format_float_positional(value, trim="-")
    if isinstance(value, Decimal):
        exact = value
    elif value.is_integer():  # a double holds whole numbers of more than 15 digits
        exact = Decimal(repr(float(value))).to_integral_value()
    else:
        exact = Decimal(f"{value:.15g}")
    if not exact.is_finite():
        raise UnfitError("holds infinity, which is no number; export it as text")
    shown = format(exact, "f")
    return "0" if shown == "-0" else shown


def _day(value: date, field: RawField) -> str:
    if field.type == "stamp":
        return value.isoformat()  # no time was collected, and none is made up: the contract objects to it
    if field.type != "date":
        raise UnfitError(f"holds a date where the contract says {field.type}; export the column as text")
    return collected_dates.written(value, str(field.format))


def _moment(value: datetime, field: RawField) -> str:
    if value.tzinfo is not None:
        raise UnfitError("holds a moment with a time zone; export it as the clock on site showed it")
    if field.type == "date" and collected_dates.FORMATS[str(field.format)].has_time:
        return collected_dates.written(value, str(field.format))
    if field.type == "date" and value.time() == time():
        return _day(value.date(), field)
    if field.type != "stamp":
        raise UnfitError(
            f"holds a date with a time where the contract says {field.type}; export what the form asks for"
        )
    has_seconds = value.second or value.microsecond
    return value.isoformat(sep=" ", timespec="auto" if has_seconds else "minutes")


def _time(value: time, field: RawField) -> str:
    if value.tzinfo is not None:
        raise UnfitError("holds a time with a time zone; export it as the clock on site showed it")
    if field.type != "time":
        raise UnfitError(
            f"holds a time of day where the contract says {field.type}; export the column as text"
        )
    has_seconds = value.second or value.microsecond
    return value.isoformat(timespec="auto" if has_seconds else "minutes")


def _time_of_day(since_midnight: timedelta) -> time:
    if not timedelta(0) <= since_midnight < timedelta(days=1):
        raise UnfitError("holds a duration and no time of day; export the column as text")
    minutes, seconds = divmod(since_midnight.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return time(hours, minutes, seconds, since_midnight.microseconds)


def text_column(
    codes: np.ndarray,
    values: Sequence[Any],
    field: RawField,
    where: tuple[str, str],
    before: int = 0,
    meaning: Callable[[Any], object] = lambda value: value,
) -> pd.Series:
    """A column of text from its distinct values and the place of each record's value among them.

    Takes     the places, -1 where a value is missing; `where`, the names of the file and of the column, and
              the number of records before the first: for the refusal; `meaning`, what a value of the file
              stands for, which may be unfit too.
    Raises    DropError that names file, record and column where a value has no text.
    """
    texts: list[str | None] = []
    for code, value in enumerate(values):
        try:
            texts.append(text(meaning(value), field))
        except UnfitError as error:
            file, column = where
            record = before + int(np.argmax(codes == code)) + 1
            raise DropError(f"{file}, record {record}: column {column} {error}") from None
    return pd.Series(pd.array([*texts, None], dtype=TEXT).take(codes))
