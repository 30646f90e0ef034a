"""How people and machines write dates, times and numbers in a raw export."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from pipeline.records.dates import MONTHS
from pipeline.simulator.draw import Draw


@dataclass
class Line:
    """One record as someone fills it in: the form, the visit, the day, the fields, and the stream that says
    when it was entered.
    """

    form: str
    folder: str
    on: date
    values: dict[str, str] = field(default_factory=dict)
    stream: Draw | None = None  # None: the participant's own


def day(on: date) -> str:
    return f"{on.day:02d} {MONTHS[on.month - 1]} {on.year}"


def vendor_day(on: date) -> str:
    return f"{on.year}/{on.month}/{on.day}"


def clock(minutes: int) -> str:
    """Minutes after midnight as HH:MM."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def decimal(units: int, digits: int) -> str:
    """A whole number of last digits as text: decimal(245, 1) is 24.5. No float takes part."""
    if digits == 0:
        return str(units)
    return f"{units // 10**digits}.{units % 10**digits:0{digits}d}"


def later(on: date, days: int) -> date:
    return on + timedelta(days=days)
