"""Whole columns from the bytes of a transport file: the cells of all variables of some rows at once.

Nothing here is shared with the writer, whose files it proves: a text is what stands before the blanks at the
end of its field, a number is worked out from its fraction and its power of 16.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.formats.xpt.blocks import Block
from pipeline.formats.xpt.layout import Column, row_width
from pipeline.formats.xpt.numbers import to_doubles_from_ibm

_HELD_AS_THEY_ARE = ("ascii", "utf-8")  # encodings whose bytes Arrow holds as a text


def block(data: bytes, columns: Sequence[Column], encoding: str) -> Block:
    """The cells of the whole rows among these bytes.

    Takes     the bytes of rows; the variables as the head of the file describes them.
    Raises    UnicodeDecodeError for a text that is not in the encoding; in ASCII and UTF-8 it is given as it
              stands, and equals no text.
    Source    SAS technical support note TS-140.
    """
    width = row_width(columns)
    rows = np.frombuffer(data, np.uint8, len(data) // width * width).reshape(-1, width)
    text_fields = list(_fields(rows, columns, text=True))
    number_fields = [np.empty((0, 8), np.uint8), *_fields(rows, columns, text=False)]
    layout = np.dtype((np.void, width))
    return Block(
        _texts(text_fields, encoding),
        to_doubles_from_ibm(np.concatenate(number_fields)),
        np.ascontiguousarray(rows).view(layout).ravel(),
    )


def _fields(rows: NDArray[np.uint8], columns: Sequence[Column], text: bool) -> Iterator[NDArray[np.uint8]]:
    """The bytes of the texts or of the numbers, variable by variable."""
    start = 0
    for column in columns:
        if column.text == text:
            yield rows[:, start : start + column.width]
        start += column.width


def _texts(fields: Sequence[NDArray[np.uint8]], encoding: str) -> pa.LargeStringArray:
    sizes = [np.full(len(field), field.shape[1], np.int64) for field in fields]
    ends = np.concatenate([np.zeros(1, np.int64), *sizes]).cumsum()
    letters = np.concatenate([np.empty(0, np.uint8), *(field.ravel() for field in fields)])
    buffers = pa.py_buffer(ends), pa.py_buffer(letters)
    padded = pa.LargeStringArray.from_buffers(len(ends) - 1, *buffers)
    texts = pc.ascii_rtrim(padded, characters=" ")
    if encoding.lower() in _HELD_AS_THEY_ARE:
        return texts
    distinct = texts.dictionary_encode()
    encoded = distinct.dictionary.view(pa.large_binary()).to_pylist()
    return pa.array([field.decode(encoding) for field in encoded], pa.large_string()).take(distinct.indices)
