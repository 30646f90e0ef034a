"""Single records of a transport file, read where they stand: the file has rows of one width, so no other row
is read.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np

Value = str | int | float | None
_RECORD, _HEAD, _NAMESTR = 80, 7 * 80, 140
_FRACTION = (1 << 56) - 1


@dataclass(frozen=True)
class Column:
    """One variable: where it stands in a row, and how it is to be read."""

    start: int
    width: int
    text: bool
    format: str


class Rows:
    """The rows of one dataset.

    Takes     the file; how many records it holds, since blanks at the end may be padding.
    Source    SAS technical support note TS-140.
    """

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.count = path, count
        with path.open("rb") as file:
            file.seek(_HEAD)
            number = int(file.read(_RECORD)[54:58])
            described = [file.read(_NAMESTR) for _ in range(number)]
        self.columns: Mapping[str, Column] = dict(map(_column, described))
        self.start = _HEAD + _RECORD + math.ceil(number * _NAMESTR / _RECORD) * _RECORD + _RECORD

    @cached_property
    def bytes(self) -> np.ndarray:
        """All rows, a byte a cell; what is not asked for stays on disk."""
        width = sum(c.width for c in self.columns.values())
        if not self.count:
            return np.empty((0, width), np.uint8)
        return np.memmap(self.path, np.uint8, "r", self.start, (self.count, width))

    def values(self, places: Sequence[int] | np.ndarray, name: str) -> list[Value]:
        """The values of one variable at some places, counted from 0; a blank text and a missing number are
        None, dates are ISO 8601.
        """
        column = self.columns[name]
        cells = np.ascontiguousarray(
            self.bytes[np.asarray(places, dtype="int64"), column.start : column.start + column.width]
        )
        if column.text:
            return [bytes(c).decode("ascii").rstrip(" ") or None for c in cells]
        return [_shown(_number(int.from_bytes(bytes(c), "big")), column.format) for c in cells]


def _column(told: bytes) -> tuple[str, Column]:
    kind, _, width, _ = struct.unpack(">4h", told[:8])
    (start,) = struct.unpack(">l", told[84:88])
    return told[8:16].decode("ascii").strip(), Column(
        start, width, kind == 2, told[56:64].decode("ascii").strip()
    )


def _number(bits: int) -> float | None:
    """An IBM double as a number; with no fraction it is zero, or by its first byte a missing value."""
    if not bits & _FRACTION:
        return None if bits else 0.0
    found = math.ldexp(float(bits & _FRACTION), 4 * ((bits >> 56 & 0x7F) - 64) - 56)
    return -found if bits >> 63 else found


def _shown(number: float | None, form: str) -> Value:
    if number is None:
        return None
    if form.startswith("DATETIME"):
        return (datetime(1960, 1, 1) + timedelta(seconds=number)).isoformat()  # noqa: DTZ001  SAS knows no time zone
    if form.startswith("DATE"):
        return (date(1960, 1, 1) + timedelta(days=number)).isoformat()
    return int(number) if number.is_integer() else number
