"""Reads a transport file with readers that are not the writer, and compares it with what was due.

Every cell is decoded from its bytes (`header`, `decode`) by what shares no step with the writer. pyreadstat,
which nobody here wrote, reads the head of each file, and the rows of parts that the bytes themselves choose.
Reading every part with pyreadstat took a quarter of the time of a build of 3,000 participants.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import accumulate
from typing import Any, BinaryIO
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyreadstat

from pipeline.formats.xpt import decode, header
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
_PARTS_FOR_ONE = 16  # parts of a build for each that pyreadstat reads too


def differences(
    file: BinaryIO,
    dataset: str,
    label: str,
    columns: Sequence[Column],
    blocks: Iterable[Block],
    encoding: str,
    in_full: bool = False,
) -> list[str]:
    """Read a transport file and compare everything in it with what was to be written.

    1. pyreadstat reads the head of the file.
    2. Every byte and every cell of the rows is compared, as the reader of anybody's files decodes it.
    3. pyreadstat reads the cells of one part in 16, which the bytes of the part choose, or of all parts.

    The rows are given to pyreadstat in windows, each behind the head of the file: it would read all rows
    before a window again. The two stamps are not compared. Blank rows at the end of a window, which
    pyreadstat drops, and the bits that it does not show, are compared as bytes.

    Takes     the open file; the blocks of rows that it should hold; whether pyreadstat reads all parts.
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
        return [*unlike, *_row_differences(file, head, dataset, columns, blocks, encoding, in_full)]
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
def _row_differences(
    file: BinaryIO,
    head: bytes,
    dataset: str,
    columns: Sequence[Column],
    blocks: Iterable[Block],
    encoding: str,
    in_full: bool,
) -> Iterator[str]:
    in_file = header.read(head).columns
    rows = 0
    for due in blocks:
        data = file.read(due.rows.nbytes)
        decoded = decode.block(data, in_file, encoding)
        if not _same(due, data, decoded):
            by_name = {column.name: values for column, values in decoded.values(in_file)}
            unlike = list(_cell_differences(dataset, columns, due, by_name, rows + 1))
            yield from unlike or _byte_differences(dataset, columns, due, data, rows + 1)
        elif in_full or _is_chosen(data):
            cells = _cells_by_pyreadstat(head, data, columns, len(due.rows), encoding)
            yield from _cell_differences(dataset, columns, due, cells, rows + 1)
        rows += len(due.rows)
    due_at_end = padding(rows * row_width(columns))
    if file.read(len(due_at_end) + 1) != due_at_end:
        yield f"{dataset}: the file does not end with the padding that {rows} rows need."


def _same(due: Block, data: bytes, decoded: Block) -> bool:
    """Whether all bytes and all cells of some rows are as they were to be; they nearly always are, and
    another function says what differs.
    """
    return (
        pa.py_buffer(data).equals(pa.py_buffer(due.rows.view(np.uint8)))
        and decoded.texts.equals(due.texts)
        and np.array_equal(decoded.numbers, due.numbers, equal_nan=True)
    )


def _is_chosen(data: bytes) -> bool:
    """Whether pyreadstat reads these rows too: their bytes decide, so that the same build asks the same, and
    no part can count on not being asked.
    """
    return crc32(data) % _PARTS_FOR_ONE == 0


def _cells_by_pyreadstat(
    head: bytes, data: bytes, columns: Sequence[Column], rows: int, encoding: str
) -> Mapping[str, Sequence[Any]]:
    names = [column.name for column in columns]
    at_a_time = _FEW_VARIABLES if rows <= _FEW_ROWS else len(names)
    cells: dict[str, list[Any]] = {}
    for start in range(0, len(names), at_a_time):
        some_cells, _ = _by_pyreadstat(head + data, encoding, usecols=names[start : start + at_a_time])
        cells |= some_cells
    return cells


def _cell_differences(
    dataset: str, columns: Sequence[Column], due: Block, cells: Mapping[str, Sequence[Any]], first_row: int
) -> Iterator[str]:
    """Compare some rows; pyreadstat gives back no all-blank rows at their end, so those alone may be missing
    from what it read.
    """
    for column, values in due.values(columns):
        in_file = cells[column.name]
        rows = len(in_file)
        if column.text:
            unequal = pc.not_equal(values[:rows], pa.array(in_file, pa.large_string()))
            differs = unequal.to_numpy(zero_copy_only=False)
            rows_missing = bool(pc.any(pc.not_equal(values[rows:], "")).as_py())
        else:
            numbers = np.array(in_file, np.float64)
            both_missing = np.isnan(values[:rows]) & np.isnan(numbers)
            differs = (values[:rows] != numbers) & ~both_missing
            rows_missing = len(values) > rows
        where = f"{dataset}.{column.name}, row"
        if differs.any():
            row = first_row + int(differs.argmax())
            yield f"{where} {row}: the file holds another value (rows that differ: {differs.sum()})."
        if rows_missing:
            yield f"{where} {first_row + rows}: the row is missing from the file."


def _byte_differences(
    dataset: str, columns: Sequence[Column], due: Block, data: bytes, first_row: int
) -> Iterator[str]:
    """Compare what no value shows: blank rows at the end, the lowest bits of a number, the letter of a
    special missing value.
    """
    in_file = np.frombuffer(data.ljust(due.rows.nbytes, b"\0"), np.uint8)
    unlike = np.flatnonzero(in_file != due.rows.view(np.uint8))
    if not len(unlike):
        return
    row, place = divmod(int(unlike[0]), due.rows.itemsize)
    ends = list(accumulate(column.width for column in columns))
    name = columns[bisect(ends, place)].name
    yield f"{dataset}.{name}, row {first_row + row}: the file holds other bytes than were to be written."
