"""Single records of a transport file, read where they stand: the file has rows of one width, so no other row
is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from pipeline.formats.xpt import layout, numbers
from pipeline.formats.xpt.layout import Column

Value = str | int | float | None


class Rows:
    """The rows of one dataset.

    Takes     the file; how many records it holds, since blanks at the end may be padding.
    Source    SAS technical support note TS-140.
    """

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.count = path, count
        with path.open("rb") as file:
            columns, starts = layout.read_columns(file)
            self._first_row = file.tell()
        self.columns: Mapping[str, Column] = {column.name: column for column in columns}
        self._starts = dict(zip(self.columns, starts, strict=True))

    @cached_property
    def _bytes(self) -> np.ndarray:
        """All rows, a byte a cell; what is not asked for stays on disk."""
        width = layout.row_width([*self.columns.values()])
        if not self.count:
            return np.empty((0, width), np.uint8)
        return np.memmap(self.path, np.uint8, "r", self._first_row, (self.count, width))

    def values(self, places: Sequence[int] | np.ndarray, name: str) -> list[Value]:
        """The values of one variable at some places, counted from 0; a blank text and a missing number are
        None, dates are ISO 8601.
        """
        column, start = self.columns[name], self._starts[name]
        cells = self._bytes[np.asarray(places, dtype="int64"), start : start + column.width]
        return [_value(cell.tobytes(), column) for cell in cells]


def _value(field: bytes, column: Column) -> Value:
    if column.text:
        return field.decode("ascii").rstrip(" ") or None
    number = numbers.from_ibm(field)
    if number is None:
        return None
    if column.time_unit:
        return numbers.as_iso(number, column.time_unit)
    return int(number) if number.is_integer() else number
