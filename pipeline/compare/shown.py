"""A value as a reader sees it: a date of SAS as ISO 8601, a number without needless digits."""

from __future__ import annotations

import math

from pipeline.compare.tables import Table
from pipeline.formats.sas import meaning


def shown(table: Table, name: str, place: int) -> str | int | float | None:
    """The value of a variable in the record at a place.

    Returns   text, a number, or ISO 8601 text where the variable has a format of dates or times; None where
              it is missing.
    """
    value = table.frame[name].iloc[place]
    if isinstance(value, str):
        return value or None
    number = float(value)
    if math.isnan(number):
        return None
    return _of_time(number, table.variables[name].format) or _plain(number)


def _of_time(number: float, format_: str) -> str | None:
    try:
        meant = meaning.value(number, meaning.kind(format_))
    except (meaning.UnknownTimeError, ValueError):
        return None
    return None if isinstance(meant, float) else meant.isoformat()


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
