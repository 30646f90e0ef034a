"""A whole transport file of version 5 or 8 as anybody wrote it.

Read here and not by pyreadstat, which leaves out what does not fill a row at the end of a cut file, every
blank row at its end, and the last bytes of a text that are no whole character. (pyreadstat reads back what
this project writes.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.formats import UnreadableError
from pipeline.formats.xpt import header, numbers
from pipeline.formats.xpt.layout import RECORD, Column

_BLANK, _ZERO = ord(" "), 0


@dataclass(frozen=True)
class Contents:
    """What a transport file holds. Names, labels and texts are its bytes read as Latin-1, which has each
    byte.
    """

    version: int
    name: str
    label: str
    columns: Sequence[Column]
    rows: int
    _cells: NDArray[np.uint8]  # a byte a cell

    def values(self, place: int) -> NDArray[np.object_] | NDArray[np.float64]:
        """The values of the variable at this place, counted from 0: texts without the blanks behind them, or
        numbers as doubles, NaN where one is missing.
        """
        if self.columns[place].text:
            codes, texts = self.distinct_texts(place)
            decoded = np.array([*texts, None], dtype=object)
            return decoded[codes]
        return numbers.to_doubles_from_ibm(self._fields(place))

    def distinct_texts(self, place: int) -> tuple[NDArray[np.intp], list[str]]:
        """The distinct texts of the variable at this place, without the blanks behind them, and for each
        record the place of its text among them.
        """
        # numpy takes the zero bytes at the end of a text for filling, as some writers mean them.
        fields = self._fields(place).view(f"S{self.columns[place].width}").ravel()
        codes, distinct = pd.factorize(np.char.rstrip(fields, b" ").astype(object))
        return codes, [text.decode(header.LATIN_1) for text in distinct]

    def _fields(self, place: int) -> NDArray[np.uint8]:
        """The bytes of the variable at this place, a row for each record."""
        start = sum(column.width for column in self.columns[:place])
        return np.ascontiguousarray(self._cells[:, start : start + self.columns[place].width])


def read(path: Path) -> Contents:
    """The one dataset of a transport file.

    Raises    UnreadableError for what is no whole transport file of one dataset; the text names no value.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise UnreadableError(why) from None
    head = header.read(content)
    width = sum(column.width for column in head.columns)
    cells = np.frombuffer(content, np.uint8)[head.first_row :]
    has_text = any(column.text for column in head.columns)
    rows = _count_of_rows(cells, width, head.announced_rows, has_text)
    table = cells[: rows * width].reshape(rows, width)
    return Contents(head.version, head.name, head.label, head.columns, rows, table)


def _count_of_rows(cells: NDArray[np.uint8], width: int, announced: int | None, has_text: bool) -> int:
    """How many rows these bytes hold: as many as the file announces, else up to the blanks that fill its last
    record.

    A blank row among those last blanks, less than a record of them, cannot be told from filling. Some writers
    fill with zero bytes, which are no text; a row of numbers alone may be zero.
    """
    size = len(cells)
    filler = _ZERO if has_text and size and cells[-1] == _ZERO else _BLANK
    if not width:
        raise UnreadableError("describes no variable; export it again")
    if size % RECORD:
        raise UnreadableError("ends within a record of 80 bytes; it is cut short: export it again")
    most = size // width
    if announced is not None and most < announced:
        raise UnreadableError(
            f"holds {most} of the {announced} records that it announces; it is cut short: export it again"
        )
    if announced is None:
        filled = np.flatnonzero(cells[-RECORD:] != filler)
        used = size - min(size, RECORD) + (int(filled[-1]) + 1 if len(filled) else 0)
        fewest = -(-max(0, size - RECORD + 1) // width)  # less than a record is filling
        announced = max(fewest, -(-used // width))
        if announced > most:
            raise UnreadableError("ends within a row; it is cut short: export it again")
    filling = cells[announced * width :]
    if len(filling) >= RECORD or (filling != filler).any():
        raise UnreadableError(
            f"holds more behind the {announced} records that it announces; it is damaged: export it again"
        )
    return announced
