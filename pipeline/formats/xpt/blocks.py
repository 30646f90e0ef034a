"""The rows of a dataset as the bytes that a transport file has of them, some megabytes at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, pairwise
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.formats.xpt.cells import Cells, encoded_fields, joined_texts, text_fields
from pipeline.formats.xpt.layout import ASCII, Column
from pipeline.formats.xpt.limits import require
from pipeline.formats.xpt.numbers import to_doubles, to_ibm

# A block bounds the memory that writing and reading back take, however long the frames are.
_BLOCK_ROWS, _BLOCK_BYTES = 8_192, 8_000_000
_TEXT_TYPES = {"str", "large_string"}
_NUMBER_TYPES = {"float64", "int64", "Int64", "double"}
_TIME_TYPES = {f"{kind}[{unit}]" for kind in ("datetime64", "timestamp") for unit in ("s", "ms", "us", "ns")}

Frame: TypeAlias = pd.DataFrame | pa.Table


@dataclass(frozen=True)
class Block:
    """Some rows: their texts and their numbers, each variable's behind those of the one before, and the bytes
    that the file has of them.
    """

    texts: pa.LargeStringArray
    numbers: NDArray[np.float64]
    rows: NDArray[np.void]

    def values(self, columns: Sequence[Column]) -> Iterator[tuple[Column, Any]]:
        """Each variable with its values."""
        size = len(self.rows)
        text_starts, number_starts = count(0, size), count(0, size)
        for column in columns:
            if column.text:
                start = next(text_starts)
                yield column, self.texts[start : start + size]
            else:
                start = next(number_starts)
                yield column, self.numbers[start : start + size]


def blocks(
    dataset: str, columns: Sequence[Column], frames: Iterable[Frame], encoding: str
) -> Iterator[Block]:
    """The rows of the frames in blocks, those of one frame of equal size.

    Raises    PipelineError for a frame with other columns than stated, and for a value that version 5 cannot
              hold; it names dataset, variable and row.
    """
    layout = np.dtype([(column.name, f"S{column.width}" if column.text else ">u8") for column in columns])
    most_rows = min(_BLOCK_ROWS, max(1, _BLOCK_BYTES // layout.itemsize))
    first_row = 1
    for frame in frames:
        _check_frame(dataset, columns, frame)
        table = frame if isinstance(frame, pa.Table) else _table(columns, frame)
        number_of_blocks = -(-len(table) // most_rows)
        cuts = np.linspace(0, len(table), number_of_blocks + 1, dtype=int).tolist()
        for start, end in pairwise(cuts):
            rows = np.empty(end - start, layout)
            yield _block(dataset, columns, table[start:end], rows, first_row + start, encoding)
        first_row += len(table)


def _table(columns: Sequence[Column], frame: pd.DataFrame) -> pa.Table:
    arrays = {}
    for column, (_, values) in zip(columns, frame.items(), strict=True):
        arrays[column.name] = pa.array(values, pa.large_string() if column.text else None)
    return pa.table(arrays)


def _block(
    dataset: str,
    columns: Sequence[Column],
    table: pa.Table,
    rows: NDArray[np.void],
    first_row: int,
    encoding: str,
) -> Block:
    """These rows, whose bytes are put into `rows`."""

    def cells(some: Sequence[Column], values: Any) -> Cells:
        return Cells(dataset, [column.name for column in some], values, len(rows), first_row)

    text_columns = [column for column in columns if column.text]
    texts = cells(text_columns, joined_texts(table[column.name] for column in text_columns))
    as_fields = text_fields if encoding == ASCII else partial(encoded_fields, encoding=encoding)
    fields = as_fields(texts, [column.width for column in text_columns])
    for column, field in zip(text_columns, fields, strict=True):
        rows[column.name] = field

    number_columns = [column for column in columns if not column.text]
    doubles = [to_doubles(cells([c], table[c.name]), c.time_unit) for c in number_columns]
    numbers = cells(number_columns, np.concatenate([np.empty(0), *doubles]))
    for column, ibm in zip(number_columns, to_ibm(numbers).reshape(-1, len(rows)), strict=True):
        rows[column.name] = ibm
    return Block(texts.values, numbers.values, rows)


def _check_frame(dataset: str, columns: Sequence[Column], frame: Frame) -> None:
    if isinstance(frame, pa.Table):
        names, types = frame.column_names, frame.schema.types
    else:
        names, types = list(frame.columns), list(frame.dtypes)
    expected = [column.name for column in columns]
    differences = [f"{name} missing" for name in expected if name not in names]
    differences += [f"{name} not expected" for name in names if name not in expected]
    why = ", ".join(differences) or "another order, or a column twice"
    require(
        names == expected,
        f"{dataset}: the columns are not those of the specification ({why}); select them in its order",
    )
    for column, type_ in zip(columns, map(str, types), strict=True):
        if column.text:
            allowed, words = _TEXT_TYPES, "str"
        else:
            allowed = _NUMBER_TYPES | _TIME_TYPES if column.time_unit else _NUMBER_TYPES
            words = "float64, int64, Int64, or datetime64 with a DATE or DATETIME format"
        require(type_ in allowed, f"{dataset}.{column.name}: the column is {type_}; convert it to {words}")
