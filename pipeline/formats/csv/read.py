"""Delimited text in a declared delimiter and encoding, neither of which is ever guessed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import DropError

TEXT = pd.StringDtype(na_value=np.nan)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x84\x31\x95\x33")  # of UTF-16 and GB18030
PIECE = 1_000_000  # bytes of a file that are looked at together
LONGEST_RECORD = 1_000_000  # characters; Arrow reads no longer one
UTF_8 = ("UTF-8", "UTF-8 with BOM")


def table(path: Path, names: Sequence[str], delimiter: str = ",", encoding: str = "UTF-8") -> pd.DataFrame:
    """The records under a header of these names as text, an empty cell missing.

    Raises    DropError for a cut, wrongly encoded or misshapen file; it names the line and no value.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow

    utf_8 = encoding in UTF_8
    text = dict.fromkeys(names, pa.large_string())  # as pandas holds text, so that nothing is copied
    try:
        read = arrow.read_csv(
            path,
            read_options=arrow.ReadOptions(use_threads=False, encoding="utf8" if utf_8 else "gb18030"),
            parse_options=arrow.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=arrow.ConvertOptions(
                column_types=text, strings_can_be_null=True, null_values=[""]
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        raise DropError(_diagnosis(path, len(names), delimiter, encoding)) from None
    if not utf_8:
        _refuse_utf_8(path)
    if _ends_inside_quotes(path):
        raise DropError(_diagnosis(path, len(names), delimiter, encoding))
    # One thread, since each would keep memory of its own.
    frame: pd.DataFrame = read.to_pandas(types_mapper=lambda _: TEXT, use_threads=False)
    return frame


def header(path: Path, encoding: str) -> bytes:
    """The first line, without its byte-order mark where one is declared.

    Raises    DropError for a file that is empty or cut, or whose byte-order mark is not as declared.
    """
    try:
        with path.open("rb") as file:
            line = file.readline()
            file.seek(max(0, path.stat().st_size - 1))
            last_line_is_ended = file.read(1) == b"\n"
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise DropError(f"{path.name}: {why}") from None
    if not line:
        raise DropError(f"{path.name}: the file is empty; it needs at least its header line")
    marked = line.startswith(BYTE_ORDER_MARK)
    declared = encoding == "UTF-8 with BOM"
    if (marked and not declared) or line.startswith(OTHER_MARKS):
        or_declare = ", or declare encoding: UTF-8 with BOM in specs/raw" if marked else ""
        raise DropError(
            f"{path.name}: begins with a byte-order mark; export it as {encoding} without one{or_declare}"
        )
    if declared and not marked:
        raise DropError(
            f"{path.name}: begins without the byte-order mark that specs/raw declares; export it with one, or"
            " declare UTF-8"
        )
    if b"\r" in line and not line.endswith(b"\r\n") and not last_line_is_ended:
        raise DropError(
            f"{path.name}: its lines end with a carriage return alone; export with those of Windows or Unix"
        )
    if not last_line_is_ended:
        raise DropError(f"{path.name}: the last line is not ended, so the file may be cut; export it again")
    return line.removeprefix(BYTE_ORDER_MARK)


def _refuse_utf_8(path: Path) -> None:
    """Nearly any UTF-8 is GB18030 of other characters too, so it would be read in silence as what nobody
    wrote.
    """
    content = path.read_bytes()
    if content.isascii():
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return
    raise DropError(
        f"{path.name}: its bytes are UTF-8, where specs/raw declares GB18030; export the form as GB18030, or"
        " declare encoding: UTF-8"
    )


def _ends_inside_quotes(path: Path) -> bool:
    """Whether a quote that opens is never closed: the reader would take the rest of the file for one cell.

    Its byte stands for nothing else in either encoding.
    """
    with path.open("rb") as file:
        return sum(piece.count(b'"') for piece in iter(partial(file.read, PIECE), b"")) % 2 == 1


def _diagnosis(path: Path, width: int, delimiter: str, declared: str) -> str:
    """Which line of a file cannot be read, and why; without what it holds."""
    content = path.read_bytes()
    encoding = "UTF-8" if declared in UTF_8 else declared
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"{path.name}, line {line}: not {encoding}; export the file as {encoding}"
    lines = list(io.StringIO(text, newline=""))
    first = 0  # the first line of the record that is read next, from 0
    longest = csv.field_size_limit(len(text) + 1)  # else a long cell is taken for what is no CSV
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        for row in reader:
            where = f"{path.name}, line {first + 1}"
            if len(row) != width:
                return f"{where}: {len(row)} cells where the header has {width}; export the file again"
            quotes = sum(line.count('"') for line in lines[first : reader.line_num])
            if quotes % 2 == 1:
                return f"{where}: a quotation mark without its partner; export the file again"
            if sum(map(len, lines[first : reader.line_num])) > LONGEST_RECORD:
                return f"{where}: a record of more than {LONGEST_RECORD:,} characters; query what is in it"
            first = reader.line_num
    except csv.Error as error:
        return f"{path.name}, the record from line {first + 1}: not CSV ({error}); export the file again"
    finally:
        csv.field_size_limit(longest)
    return f"{path.name}: cannot be read as the contract says; export the file again as {encoding} CSV"
