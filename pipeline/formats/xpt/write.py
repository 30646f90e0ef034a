"""SAS transport files, version 5: written from frames, and read back by a reader that is not the writer."""

from __future__ import annotations

import re
import struct
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyreadstat
from numpy.typing import NDArray

from pipeline.errors import PipelineError
from pipeline.formats.xpt.cells import BLANK, Cells, encoded_fields, floats, ibm, text_fields, texts
from pipeline.records.dates import MONTHS

RECORD = 80
ASCII = "ascii"
_DATASET_BYTES = 7 * RECORD
_BLOCK_ROWS, _BLOCK_BYTES = 8_192, 8_000_000
_FEW_ROWS, _FEW_VARIABLES = 5_500, 10
_KEPT_BYTES = 16_000_000
_NAME = re.compile(r"[A-Z][A-Z0-9]{0,7}")
_FORMAT = re.compile(r"(?=.{2})([A-Z0-9]{0,7}[A-Z])?([1-9]\d?)?\.([1-9]\d?)?")
_TIME_UNITS = {"DATE": "D", "DATETIME": "s"}
_TEXT_TYPES, _NUMBER_TYPES = {"str", "large_string"}, {"float64", "int64", "Int64", "double"}
_TIME_TYPES = {f"{kind}[{unit}]" for kind in ("datetime64", "timestamp") for unit in ("s", "ms", "us", "ns")}

Frame: TypeAlias = pd.DataFrame | pa.Table


@dataclass(frozen=True)
class Column:
    """One variable of a dataset as define.xml states it; width is in bytes, and format is for numbers only."""

    name: str
    label: str
    width: int
    text: bool
    format: str = ""


def write(
    path: Path,
    dataset: str,
    label: str,
    columns: Sequence[Column],
    frames: Iterable[Frame],
    created: datetime,
    encoding: str = ASCII,
) -> int:
    """Write one dataset as a transport file, whole or not at all.

    Nothing is repaired: what version 5 cannot hold, or what a reader could not give back, is refused.

    Takes     frames or Arrow tables that follow one another, one at a time in memory, each with exactly these
              columns in this order: text as `str`, numbers as float64, int64 or Int64, dates as datetime64
              with a DATE or DATETIME format; `created` is the stamp of the file, never the clock; `encoding`
              is that of texts and labels, ASCII for the FDA, and widths are bytes in it.
    Returns   the number of rows written.
    Raises    PipelineError, which names dataset, variable and row; no file is left behind and an earlier one
              stays as it was.
    Source    SAS technical support note TS-140; FDA Study Data Technical Conformance Guide, on file format,
              size and names.
    """
    _check(path, dataset, label, columns, encoding)
    with _whole(path) as out:
        _write_head(out, dataset, label, columns, created, encoding)
        return sum(
            len(block.rows)
            for block in _write_rows(out, dataset, columns, _blocks(dataset, columns, frames, encoding))
        )


def write_and_read_back(
    path: Path,
    dataset: str,
    label: str,
    columns: Sequence[Column],
    frames: Iterable[Frame],
    created: datetime,
    encoding: str = ASCII,
) -> None:
    """As `write` and then `read_back`, but each part of the file is read back as soon as it stands there: the
    frames are taken once.

    Raises    PipelineError as `write` does, and where the file does not give back what was written; then,
              too, none is left behind.
    """
    _check(path, dataset, label, columns, encoding)
    with _whole(path) as out, Path(out.name).open("rb") as file:
        _write_head(out, dataset, label, columns, created, encoding)
        blocks = _write_rows(out, dataset, columns, _blocks(dataset, columns, frames, encoding))
        differences = _differences(file, dataset, label, columns, blocks, encoding)
        _require(
            not differences,
            f"{path.name}: what was read back differs from what was written: {'; '.join(differences[:5])}",
        )


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when all that is done with it has gone well."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def fitting(columns: Sequence[Column], size: int, encoding: str = ASCII) -> int:
    """How many rows of these variables a file of at most so many bytes holds.

    Raises    PipelineError where it holds none.
    """
    room = (size - _DATASET_BYTES - len(_variable_records(columns, encoding))) // RECORD * RECORD
    rows = room // _row_width(columns)
    _require(
        rows > 0,
        f"a file of {size} bytes holds no row of {_row_width(columns)} bytes; raise the limit of size",
    )
    return rows


def _check(path: Path, dataset: str, label: str, columns: Sequence[Column], encoding: str) -> None:
    _require(
        _NAME.fullmatch(dataset),
        f"dataset {dataset}: a name is 1 to 8 upper-case letters and digits, first a letter; rename it",
    )
    _require(
        path.name == f"{dataset.lower()}.xpt",
        f"{dataset}: the file is named {dataset.lower()}.xpt, not {path.name}",
    )
    _check_label(dataset, label, encoding)
    names = [column.name for column in columns]
    _require(0 < len(names) <= 9999, f"{dataset}: a dataset has 1 to 9999 variables, not {len(names)}")
    for name, times in Counter(names).items():
        _require(times == 1, f"{dataset}.{name}: the variable is there more than once; keep one")
    for column in columns:
        _check_column(f"{dataset}.{column.name}", column, encoding)


def _check_column(where: str, column: Column, encoding: str) -> None:
    _require(
        _NAME.fullmatch(column.name),
        f"{where}: a name is 1 to 8 upper-case letters and digits, first a letter; rename it",
    )
    _check_label(where, column.label, encoding)
    if column.text:
        _require(
            1 <= column.width <= 200,
            f"{where}: a text is 1 to 200 bytes wide, not {column.width}; continue longer text in SUPP--",
        )
        _require(not column.format, f"{where}: a text has no format; take {column.format} away")
    else:
        _require(column.width == 8, f"{where}: a number is 8 bytes wide, not {column.width}")
        known = not column.format or _FORMAT.fullmatch(column.format)
        _require(known, f"{where}: {column.format} is not a SAS format; write it as DATE9. or 8.2")


def _check_label(where: str, label: str, encoding: str) -> None:
    if encoding == ASCII:
        _require(
            re.fullmatch(r"[ -~]*", label),
            f"{where}: the label holds a character that is not printable ASCII; put it in English",
        )
    _require(label.isprintable(), f"{where}: the label holds a character that nothing prints; take it away")
    size = len(label.encode(encoding))
    _require(size <= 40, f"{where}: the label has {size} bytes and at most 40 fit; shorten it")
    _require(label == label.strip(), f"{where}: the label begins or ends with a blank; take it away")
    marks, shorter = "", re.sub(r"[^()\[\]{}]", "", label)
    while marks != shorter:
        marks, shorter = shorter, re.sub(r"\(\)|\[\]|\{\}", "", shorter)
    paired = not marks and label.count("'") % 2 == 0 and label.count('"') % 2 == 0
    _require(paired, f"{where}: a quote or a bracket of the label is not closed; close it or take it away")


def _require(kept: object, message: str) -> None:
    if not kept:
        raise PipelineError(message)


def _dataset_records(dataset: str, label: str, created: datetime, encoding: str) -> bytes:
    stamp = f"{created:%d}{MONTHS[created.month - 1]}{created:%y:%H:%M:%S}"
    # No SAS wrote the file: release and system are those of the example in TS-140, which every reader knows.
    origin = f"{'6.06':8}{'bsd4.2':8}{'':24}{stamp}"
    library = f"{_mark('LIBRARY', '0' * 30)}{'SAS':8}{'SAS':8}{'SASLIB':8}{origin}{stamp:80}"
    member = f"{_mark('MEMBER', '000000000000000001600000000140')}{_mark('DSCRPTR', '0' * 30)}"
    described = f"{library}{member}{'SAS':8}{dataset:8}{'SASDATA':8}{origin}{stamp:32}"
    return described.encode("ascii") + label.encode(encoding).ljust(40) + b" " * 8


def _variable_records(columns: Sequence[Column], encoding: str) -> bytes:
    starts = accumulate((column.width for column in columns), initial=0)
    namestrs = b"".join(
        _namestr(n, start, column, encoding)
        for n, (column, start) in enumerate(zip(columns, starts, strict=False), 1)
    )
    count = _mark("NAMESTR", f"{len(columns):010}" + "0" * 20)
    return (
        count.encode("ascii") + namestrs + b" " * _gap(len(namestrs)) + _mark("OBS", "0" * 30).encode("ascii")
    )


def _mark(kind: str, digits: str) -> str:
    return f"HEADER RECORD*******{kind:8}HEADER RECORD!!!!!!!{digits}  "


def _namestr(number: int, start: int, column: Column, encoding: str) -> bytes:
    kind, right = (2, 0) if column.text else (1, 1)
    form, width, decimals = _parts(column)
    words = (
        f"{column.name:8}".encode("ascii")
        + column.label.encode(encoding).ljust(40)
        + f"{form:8}".encode("ascii")
    )
    no_informat = b" " * 8 + bytes(4)
    return struct.pack(
        ">4h56s3h2x12sl52x", kind, 0, column.width, number, words, width, decimals, right, no_informat, start
    )


def _parts(column: Column) -> tuple[str, int, int]:
    found = _FORMAT.fullmatch(column.format)
    return (found[1] or "", int(found[2] or 0), int(found[3] or 0)) if found else ("", 0, 0)


def _unit(column: Column) -> str:
    return _TIME_UNITS.get(_parts(column)[0], "")


def _row_width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns)


def _gap(size: int) -> int:
    return -size % RECORD


def _write_head(
    out: BinaryIO, dataset: str, label: str, columns: Sequence[Column], created: datetime, encoding: str
) -> None:
    out.write(_dataset_records(dataset, label, created, encoding) + _variable_records(columns, encoding))
    out.flush()


@dataclass(frozen=True)
class _Block:
    """Some rows: their texts and their numbers, each variable's behind those of the one before, and the bytes
    that the file has of them.
    """

    texts: pa.LargeStringArray
    numbers: NDArray[np.float64]
    rows: NDArray[np.void]

    def columns(self, columns: Sequence[Column]) -> Iterator[tuple[Column, Any]]:
        """Each variable with its values."""
        size = len(self.rows)
        numbers, texts = (iter(range(0, len(values), size)) for values in (self.numbers, self.texts))
        for column in columns:
            values, start = (self.texts, next(texts)) if column.text else (self.numbers, next(numbers))
            yield column, values[start : start + size]


def _write_rows(
    out: BinaryIO, dataset: str, columns: Sequence[Column], blocks: Iterable[_Block]
) -> Iterator[_Block]:
    """The blocks again, each when it stands in the file."""
    rows, last = 0, np.zeros(1, np.uint8)
    width = _row_width(columns)
    for block in blocks:
        data = block.rows.view(np.uint8)
        rows, last = rows + len(block.rows), data[-width:]
        out.write(data.data)
        out.flush()
        yield block
    # A reader takes blanks at the end for padding: it can tell them from a row only when the row is no
    # shorter than a record.
    lost = width < RECORD and bool((last == BLANK).all())
    _require(
        not lost,
        f"{dataset}, row {rows}: the last row is all blank and would be read as padding; leave it out or fill"
        " its keys",
    )
    out.write(b" " * _gap(rows * width))
    out.flush()


def _blocks(
    dataset: str, columns: Sequence[Column], frames: Iterable[Frame], encoding: str
) -> Iterator[_Block]:
    """The rows of the frames in parts of some megabytes, those of a frame of equal size."""
    layout = np.dtype([(column.name, f"S{column.width}" if column.text else ">u8") for column in columns])
    step = min(_BLOCK_ROWS, max(1, _BLOCK_BYTES // layout.itemsize))
    first_row = 1
    for frame in frames:
        _check_frame(dataset, columns, frame)
        table = frame if isinstance(frame, pa.Table) else _table(columns, frame)
        parts = -(-len(table) // step)
        for start, end in pairwise(np.linspace(0, len(table), parts + 1, dtype=int).tolist()):
            yield _block(
                dataset, columns, table[start:end], np.empty(end - start, layout), first_row + start, encoding
            )
        first_row += len(table)


def _table(columns: Sequence[Column], frame: pd.DataFrame) -> pa.Table:
    held = zip(columns, frame.items(), strict=True)
    return pa.table(
        {
            column.name: pa.array(values, pa.large_string() if column.text else None)
            for column, (_, values) in held
        }
    )


def _block(
    dataset: str,
    columns: Sequence[Column],
    table: pa.Table,
    rows: NDArray[np.void],
    first_row: int,
    encoding: str,
) -> _Block:
    """These rows, whose bytes are put into `rows`."""
    of_text, of_numbers = ([c for c in columns if c.text == text] for text in (True, False))
    text = Cells(
        dataset, [c.name for c in of_text], texts(table[c.name] for c in of_text), len(rows), first_row
    )
    fields = text_fields if encoding == ASCII else partial(encoded_fields, encoding=encoding)
    for column, field in zip(of_text, fields(text, [c.width for c in of_text]), strict=True):
        rows[column.name] = field
    doubles = [
        floats(Cells(dataset, [c.name], table[c.name], len(rows), first_row), _unit(c)) for c in of_numbers
    ]
    number = Cells(
        dataset, [c.name for c in of_numbers], np.concatenate([np.empty(0), *doubles]), len(rows), first_row
    )
    for column, coded in zip(of_numbers, ibm(number).reshape(-1, len(rows)), strict=True):
        rows[column.name] = coded
    return _Block(text.values, number.values, rows)


def _check_frame(dataset: str, columns: Sequence[Column], frame: Frame) -> None:
    arrow = isinstance(frame, pa.Table)
    found, types = (
        (frame.column_names, frame.schema.types) if arrow else (list(frame.columns), list(frame.dtypes))
    )
    expected = [column.name for column in columns]
    odd = [f"{name} missing" for name in expected if name not in found] + [
        f"{name} not expected" for name in found if name not in expected
    ]
    why = ", ".join(odd) or "another order, or a column twice"
    _require(
        found == expected,
        f"{dataset}: the columns are not those of the specification ({why}); select them in its order",
    )
    for column, found_type in zip(columns, map(str, types), strict=True):
        allowed = (
            _TEXT_TYPES if column.text else _NUMBER_TYPES | _TIME_TYPES if _unit(column) else _NUMBER_TYPES
        )
        words = (
            "str" if column.text else "float64, int64, Int64, or datetime64 with a DATE or DATETIME format"
        )
        _require(
            found_type in allowed,
            f"{dataset}.{column.name}: the column is {found_type}; convert it to {words}",
        )


def read_back(
    path: Path,
    dataset: str,
    label: str,
    columns: Sequence[Column],
    frames: Iterable[Frame],
    encoding: str = ASCII,
) -> list[str]:
    """Read a transport file with pyreadstat and compare everything in it with what was to be written.

    The rows are given to pyreadstat in windows, each behind the head of the file: it would read all rows
    before a window again. The two stamps are not compared. Blank rows at the end of a window, which
    pyreadstat drops, and the bits that it does not show, are compared as bytes.

    Takes     what `write` was given; the frames a second time.
    Returns   a sentence for each difference, with variable and row number and no value; none when the file
              says the same.
    Raises    PipelineError when the frames are such that `write` refuses them.
    Source    SAS technical support note TS-140.
    """
    with path.open("rb") as file:
        return _differences(
            file, dataset, label, columns, _blocks(dataset, columns, frames, encoding), encoding
        )


def _differences(
    file: BinaryIO,
    dataset: str,
    label: str,
    columns: Sequence[Column],
    blocks: Iterable[_Block],
    encoding: str,
) -> list[str]:
    # pyreadstat takes 800 kB a variable each time. Most of its time would go into getting them from the
    # system and giving them back; once a piece of this size was let go of, the C library keeps up to twice as
    # much of what is let go of for the next time.
    np.empty(_KEPT_BYTES, np.uint8)
    try:
        described = _variable_records(columns, encoding)
        head = file.read(_DATASET_BYTES + len(described))
        _, meta = _read(head, encoding, metadataonly=True)
        differences = _header_differences(meta, dataset, label, columns)
        if differences:
            return differences
        if head[_DATASET_BYTES:] != described:
            differences.append(
                f"{dataset}: the variables are not described in the file byte for byte as they were to be."
            )
        return differences + _row_differences(file, head, dataset, columns, blocks, encoding)
    except pyreadstat.ReadstatError as error:
        return [f"{dataset.lower()}.xpt: pyreadstat cannot read the file: {error}."]
    except UnicodeDecodeError:
        return [f"{dataset.lower()}.xpt: the file holds text that is not in {encoding}."]


@dataclass(frozen=True)
class _Window:
    """Some rows: as they were to be written, their bytes in the file, and what pyreadstat reads in them
    behind the head of the file.
    """

    due: _Block
    data: bytes
    found: Mapping[str, list[Any]]


def _window(file: BinaryIO, head: bytes, columns: Sequence[Column], due: _Block, encoding: str) -> _Window:
    """The next rows of the file, of which pyreadstat takes some variables at a time where that costs little."""
    data = file.read(due.rows.nbytes)
    names = [column.name for column in columns]
    step = _FEW_VARIABLES if len(due.rows) <= _FEW_ROWS else len(names)
    found: dict[str, list[Any]] = {}
    for start in range(0, len(names), step):
        found |= _read(head + data, encoding, usecols=names[start : start + step])[0]
    return _Window(due, data, found)


def _read(data: bytes, encoding: str, **wanted: Any) -> tuple[dict[str, list[Any]], Any]:
    """What pyreadstat reads in a file: the cells, and what its head says."""
    read: Any = partial(
        pyreadstat.read_xport, disable_datetime_conversion=True, output_format="dict", **wanted
    )
    found: tuple[dict[str, list[Any]], Any]
    try:
        found = read(
            BytesIO(data), encoding="UTF-8" if encoding == ASCII else encoding
        )  # ASCII needs no conversion into UTF-8
    except UnicodeDecodeError:
        if encoding != ASCII:
            raise
        found = read(
            BytesIO(data), encoding="ISO-8859-1"
        )  # which has each byte, so that the place of one that is not ASCII can be told
    return found


def _header_differences(meta: Any, dataset: str, label: str, columns: Sequence[Column]) -> list[str]:
    if meta.column_names != [column.name for column in columns]:
        return [f"{dataset}: the names or the order of the variables in the file differ."]
    checks = [
        (dataset, "name of the dataset", dataset, meta.table_name),
        (dataset, "label of the dataset", label, meta.file_label or ""),
    ]
    for column in columns:
        where = f"{dataset}.{column.name}"
        kind = "string" if column.text else "double"
        checks += [
            (where, "label", column.label, meta.column_names_to_labels[column.name] or ""),
            (where, "type", kind, meta.readstat_variable_types[column.name]),
            (where, "width", str(column.width), str(meta.variable_storage_width[column.name])),
            (
                where,
                "format",
                column.format.removesuffix("."),
                meta.original_variable_types[column.name] or "",
            ),
        ]
    return [
        f"{where}: the {what} in the file is {found!r}, not {due!r}."
        for where, what, due, found in checks
        if found != due
    ]


def _row_differences(
    file: BinaryIO,
    head: bytes,
    dataset: str,
    columns: Sequence[Column],
    blocks: Iterable[_Block],
    encoding: str,
) -> list[str]:
    differences: list[str] = []
    rows = 0
    for block in blocks:
        differences += _window_differences(
            dataset, columns, _window(file, head, columns, block, encoding), rows + 1
        )
        rows += len(block.rows)
    gap = _gap(rows * _row_width(columns))
    if file.read(gap + 1) != b" " * gap:
        differences.append(f"{dataset}: the file does not end with the padding that {rows} rows need.")
    return differences


def _window_differences(
    dataset: str, columns: Sequence[Column], window: _Window, first_row: int
) -> list[str]:
    if _same(columns, window):
        return []
    unlike = _cell_differences(dataset, columns, window, first_row)
    return unlike or _byte_differences(window.data, window.due.rows, dataset, columns, first_row)


def _same(columns: Sequence[Column], window: _Window) -> bool:
    """Whether all bytes and all cells of some rows are as they were to be; they nearly always are, and what
    differs is told by others.
    """
    due = window.due
    if not pa.py_buffer(window.data).equals(pa.py_buffer(due.rows.view(np.uint8))):
        return False
    if {*map(len, window.found.values())} != {len(due.rows)}:
        return False
    # the texts of a variable as one, since none of a transport file has a line end
    ends = pa.array(range(0, len(due.texts) + 1, len(due.rows)), pa.int32())
    joined = pc.binary_join(
        pa.ListArray.from_arrays(ends, due.texts), pa.scalar("\n", pa.large_string())
    ).to_pylist()
    if joined != ["\n".join(window.found[column.name]) for column in columns if column.text]:
        return False
    numbers = chain.from_iterable(window.found[column.name] for column in columns if not column.text)
    return np.array_equal(due.numbers, np.array([*numbers], np.float64), equal_nan=True)


def _cell_differences(dataset: str, columns: Sequence[Column], window: _Window, first_row: int) -> list[str]:
    """Compare some rows; pyreadstat gives back no all-blank rows at their end, so those alone may be missing
    from what it found.
    """
    differences = []
    for column, values in window.due.columns(columns):
        given = window.found[column.name]
        rows = len(given)
        if column.text:
            differs = pc.not_equal(values[:rows], pa.array(given, pa.large_string())).to_numpy(
                zero_copy_only=False
            )
            lost = bool(pc.any(pc.not_equal(values[rows:], "")).as_py())
        else:
            others = np.array(given, np.float64)
            differs = (values[:rows] != others) & ~(np.isnan(values[:rows]) & np.isnan(others))
            lost = len(values) > rows
        if differs.any():
            row = first_row + int(differs.argmax())
            differences.append(
                f"{dataset}.{column.name}, row {row}: the file holds another value (rows that differ:"
                f" {differs.sum()})."
            )
        if lost:
            differences.append(
                f"{dataset}.{column.name}, row {first_row + rows}: the row is missing from the file."
            )
    return differences


def _byte_differences(
    data: bytes, due: NDArray[np.void], dataset: str, columns: Sequence[Column], first_row: int
) -> list[str]:
    """Compare what pyreadstat cannot show: blank rows at the end, the lowest bits of a number, the letter of
    a special missing value.
    """
    found = np.frombuffer(data.ljust(due.nbytes, b"\0"), np.uint8)
    unlike = np.flatnonzero(found != due.view(np.uint8))
    if not len(unlike):
        return []
    row, place = divmod(int(unlike[0]), due.itemsize)
    name = columns[bisect(list(accumulate(column.width for column in columns)), place)].name
    return [f"{dataset}.{name}, row {first_row + row}: the file holds other bytes than were to be written."]
