"""Reads a transport file with a reader that is not the writer, and compares it with what was due."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate, chain
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyreadstat

from pipeline.formats.xpt.blocks import Block
from pipeline.formats.xpt.layout import (
    ASCII,
    DATASET_BYTES,
    Column,
    padding,
    row_width,
    variable_records,
)

# pyreadstat takes 800 kB for each variable that it reads, however few the rows. Where rows are few, going
# through them once for each run of variables costs little time and saves that memory.
_FEW_ROWS, _FEW_VARIABLES = 5_500, 10
_KEPT_BYTES = 16_000_000


def differences(
    file: BinaryIO,
    dataset: str,
    label: str,
    columns: Sequence[Column],
    blocks: Iterable[Block],
    encoding: str,
) -> list[str]:
    """Read a transport file with pyreadstat and compare everything in it with what was to be written.

    The rows are given to pyreadstat in windows, each behind the head of the file: it would read all rows
    before a window again. The two stamps are not compared. Blank rows at the end of a window, which
    pyreadstat drops, and the bits that it does not show, are compared as bytes.

    Takes     the open file; the blocks of rows that it should hold.
    Returns   a sentence for each difference, with variable and row number and no value; none when the file
              says the same.
    Source    SAS technical support note TS-140.
    """
    # Most of pyreadstat's time would go into getting that memory from the system and giving it back. Once a
    # piece of this size has been freed, the C library keeps up to twice as much for the next time.
    np.empty(_KEPT_BYTES, np.uint8)
    file_name = f"{dataset.lower()}.xpt"
    try:
        variables = variable_records(columns, encoding)
        head = file.read(DATASET_BYTES + len(variables))
        _, meta = _by_pyreadstat(head, encoding, metadataonly=True)
        unlike = list(_header_differences(meta, dataset, label, columns))
        if unlike:
            return unlike
        if head[DATASET_BYTES:] != variables:
            unlike.append(f"{dataset}: the descriptions of the variables in the file hold other bytes.")
        return [*unlike, *_row_differences(file, head, dataset, columns, blocks, encoding)]
    except pyreadstat.ReadstatError as error:
        return [f"{file_name}: pyreadstat cannot read the file: {error}."]
    except UnicodeDecodeError:
        return [f"{file_name}: the file holds text that is not in {encoding}."]


def _by_pyreadstat(data: bytes, encoding: str, **options: Any) -> tuple[dict[str, list[Any]], Any]:
    """What pyreadstat reads in a file: the cells by variable, and what its head says."""

    def cells_and_head(encoding: str) -> tuple[dict[str, list[Any]], Any]:
        cells, head = pyreadstat.read_xport(
            BytesIO(data),
            encoding=encoding,
            disable_datetime_conversion=True,
            output_format="dict",
            **options,
        )
        return cells, head

    if encoding != ASCII:
        return cells_and_head(encoding)
    try:
        return cells_and_head("UTF-8")  # into which ASCII needs no conversion
    except UnicodeDecodeError:
        # A byte that is not ASCII: Latin-1 has each byte, so that the difference is found in its place.
        return cells_and_head("ISO-8859-1")


# --- head
def _header_differences(meta: Any, dataset: str, label: str, columns: Sequence[Column]) -> Iterator[str]:
    if meta.column_names != [column.name for column in columns]:
        yield f"{dataset}: the names or the order of the variables in the file differ."
        return
    compared: list[tuple[str, str, str, str]] = [
        (dataset, "name of the dataset", dataset, meta.table_name),
        (dataset, "label of the dataset", label, meta.file_label or ""),
    ]
    for column in columns:
        name, where = column.name, f"{dataset}.{column.name}"
        type_ = "string" if column.text else "double"
        format_ = column.format.removesuffix(".")
        compared += [
            (where, "label", column.label, meta.column_names_to_labels[name] or ""),
            (where, "type", type_, meta.readstat_variable_types[name]),
            (where, "width", str(column.width), str(meta.variable_storage_width[name])),
            (where, "format", format_, meta.original_variable_types[name] or ""),
        ]
    for where, what, due, in_file in compared:
        if in_file != due:
            yield f"{where}: the {what} in the file is {in_file!r}, not {due!r}."


# --- rows
@dataclass(frozen=True)
class _Window:
    """Some rows: as they were to be written, their bytes in the file, and what pyreadstat reads in them
    behind the head of the file.
    """

    due: Block
    data: bytes
    cells: Mapping[str, list[Any]]


def _row_differences(
    file: BinaryIO,
    head: bytes,
    dataset: str,
    columns: Sequence[Column],
    blocks: Iterable[Block],
    encoding: str,
) -> Iterator[str]:
    rows = 0
    for block in blocks:
        window = _window(file, head, columns, block, encoding)
        if not _same(columns, window):
            unlike = list(_cell_differences(dataset, columns, window, rows + 1))
            yield from unlike or _byte_differences(dataset, columns, window, rows + 1)
        rows += len(block.rows)
    due = padding(rows * row_width(columns))
    if file.read(len(due) + 1) != due:
        yield f"{dataset}: the file does not end with the padding that {rows} rows need."


def _window(file: BinaryIO, head: bytes, columns: Sequence[Column], due: Block, encoding: str) -> _Window:
    """The next rows of the file."""
    data = file.read(due.rows.nbytes)
    names = [column.name for column in columns]
    at_a_time = _FEW_VARIABLES if len(due.rows) <= _FEW_ROWS else len(names)
    cells: dict[str, list[Any]] = {}
    for start in range(0, len(names), at_a_time):
        some_cells, _ = _by_pyreadstat(head + data, encoding, usecols=names[start : start + at_a_time])
        cells |= some_cells
    return _Window(due, data, cells)


def _same(columns: Sequence[Column], window: _Window) -> bool:
    """Whether all bytes and all cells of some rows are as they were to be; they nearly always are, and
    another function says what differs.
    """
    due, cells = window.due, window.cells
    size = len(due.rows)
    if not pa.py_buffer(window.data).equals(pa.py_buffer(due.rows.view(np.uint8))):
        return False
    if any(len(values) != size for values in cells.values()):
        return False
    # The texts of a variable are compared as one, since no text of a transport file has a line end.
    ends = pa.array(range(0, len(due.texts) + 1, size), pa.int32())
    line_end = pa.scalar("\n", pa.large_string())
    joined = pc.binary_join(pa.ListArray.from_arrays(ends, due.texts), line_end).to_pylist()
    if joined != ["\n".join(cells[column.name]) for column in columns if column.text]:
        return False
    numbers = chain.from_iterable(cells[column.name] for column in columns if not column.text)
    return np.array_equal(due.numbers, np.array([*numbers], np.float64), equal_nan=True)


def _cell_differences(
    dataset: str, columns: Sequence[Column], window: _Window, first_row: int
) -> Iterator[str]:
    """Compare some rows; pyreadstat gives back no all-blank rows at their end, so those alone may be missing
    from what it read.
    """
    for column, due in window.due.values(columns):
        in_file = window.cells[column.name]
        rows = len(in_file)
        if column.text:
            unequal = pc.not_equal(due[:rows], pa.array(in_file, pa.large_string()))
            differs = unequal.to_numpy(zero_copy_only=False)
            rows_missing = bool(pc.any(pc.not_equal(due[rows:], "")).as_py())
        else:
            numbers = np.array(in_file, np.float64)
            both_missing = np.isnan(due[:rows]) & np.isnan(numbers)
            differs = (due[:rows] != numbers) & ~both_missing
            rows_missing = len(due) > rows
        where = f"{dataset}.{column.name}, row"
        if differs.any():
            row = first_row + int(differs.argmax())
            yield f"{where} {row}: the file holds another value (rows that differ: {differs.sum()})."
        if rows_missing:
            yield f"{where} {first_row + rows}: the row is missing from the file."


def _byte_differences(
    dataset: str, columns: Sequence[Column], window: _Window, first_row: int
) -> Iterator[str]:
    """Compare what pyreadstat cannot show: blank rows at the end, the lowest bits of a number, the letter of
    a special missing value.
    """
    due = window.due.rows
    in_file = np.frombuffer(window.data.ljust(due.nbytes, b"\0"), np.uint8)
    unlike = np.flatnonzero(in_file != due.view(np.uint8))
    if not len(unlike):
        return
    row, place = divmod(int(unlike[0]), due.itemsize)
    ends = list(accumulate(column.width for column in columns))
    name = columns[bisect(ends, place)].name
    yield f"{dataset}.{name}, row {first_row + row}: the file holds other bytes than were to be written."
