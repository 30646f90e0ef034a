"""A form as one file of delimited text, in the delimiter and the encoding that its contract declares; neither
is ever guessed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline.errors import DropError
from pipeline.sources import columns
from pipeline.sources.collected import TEXT
from pipeline.study.models import Form

BOM = b"\xef\xbb\xbf"
PIECE = 1_000_000  # bytes of a file that are looked at together
UTF_8 = ("UTF-8", "UTF-8 with BOM")
DELIMITERS = (",", ";", "|", "\t")
SHOWN = {",": "a comma", ";": "a semicolon", "|": "a bar", "\t": "a tab"}


def read(path: Path, form: Form) -> pd.DataFrame:
    """One form's records: one header line, every line ended, columns of the contract in any order, and no
    other.

    Returns   the columns in contract order, an empty cell missing.
    Raises    DropError for an empty, cut, wrongly encoded or misshapen file; it names the line and no value.
    """
    head = _head(path, form)
    delimiter = form.file.delimiter or ("\t" if path.suffix.lower() == ".tsv" else ",")
    names = _names(path, head, delimiter, form)
    fields = columns.fields(path.name, names, form, ", line 1")
    frame = table(path, names, delimiter, form.file.encoding)
    named = frame.set_axis(fields, axis="columns")
    return named if fields == list(form.fields) else named[list(form.fields)]


def table(path: Path, names: Sequence[str], delimiter: str = ",", encoding: str = "UTF-8") -> pd.DataFrame:
    """The records under a header of these names as text, an empty cell missing."""
    from pyarrow import ArrowInvalid
    from pyarrow import csv as arrow

    utf_8 = encoding in UTF_8
    try:
        read = arrow.read_csv(
            path,
            read_options=arrow.ReadOptions(use_threads=False, encoding="utf8" if utf_8 else "gb18030"),
            parse_options=arrow.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=arrow.ConvertOptions(
                column_types=_arrow_text(names), strings_can_be_null=True, null_values=[""]
            ),
        )
    except (ArrowInvalid, UnicodeDecodeError):
        raise DropError(_diagnosis(path, len(names), delimiter, encoding)) from None
    if not utf_8:
        _refuse_utf_8(path)
    if _ends_inside_quotes(path):
        raise DropError(_diagnosis(path, len(names), delimiter, encoding))
    frame: pd.DataFrame = read.to_pandas(
        types_mapper=lambda _: TEXT, use_threads=False
    )  # each thread would keep memory of its own
    return frame


def _head(path: Path, form: Form) -> bytes:
    """The first line without the byte-order mark that the contract declares."""
    try:
        with path.open("rb") as f:
            head = f.readline()
            f.seek(max(0, path.stat().st_size - 1))
            ends = f.read(1) == b"\n"
    except OSError as e:
        raise DropError(
            f"{path.name}: cannot be read ({e.strerror}); check that the file may be opened"
        ) from None
    if not head:
        raise DropError(f"{path.name}: the file is empty; it needs at least its header line")
    marked, declared = head.startswith(BOM), form.file.encoding == "UTF-8 with BOM"
    if (marked and not declared) or head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x84\x31\x95\x33")):
        other = ", or declare encoding: UTF-8 with BOM in specs/raw" if marked else ""
        raise DropError(
            f"{path.name}: begins with a byte-order mark; export it as {form.file.encoding} without"
            f" one{other}"
        )
    if declared and not marked:
        raise DropError(
            f"{path.name}: begins without the byte-order mark that specs/raw declares; export it with one, or"
            " declare UTF-8"
        )
    if not ends:
        raise DropError(f"{path.name}: the last line is not ended, so the file may be cut; export it again")
    return head.removeprefix(BOM)


def _names(path: Path, head: bytes, delimiter: str, form: Form) -> list[str]:
    encoding = "UTF-8" if form.file.encoding in UTF_8 else form.file.encoding
    try:
        text = head.decode(encoding)
        names = next(csv.reader([text], delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        raise DropError(
            f"{path.name}, line 1: not a header line in {encoding}; export the form again as {encoding} CSV"
        ) from None
    expected = {form.file.columns.get(f, f) for f in form.fields}
    if not expected & set(names):
        for other in DELIMITERS:
            if len(expected & set(text.strip().split(other))) > 1:
                raise DropError(
                    f"{path.name}, line 1: the columns stand between {SHOWN[other]} each, where"
                    f" {SHOWN[delimiter]} is declared; export the form with {SHOWN[delimiter]}, or declare"
                    " the delimiter in specs/raw"
                )
    return names


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


def _arrow_text(names: Sequence[str]) -> dict[str, object]:
    import pyarrow as pa

    return dict.fromkeys(names, pa.large_string())  # as pandas holds text, so that nothing is copied


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
        lines = list(io.StringIO(content.removeprefix(BOM).decode(encoding), newline=""))
    except UnicodeDecodeError as e:
        line = content.count(b"\n", 0, e.start) + 1
        return f"{path.name}, line {line}: not {encoding}; export the file as {encoding}"
    reader, first = csv.reader(lines, delimiter=delimiter, strict=True), 0
    try:
        for row in reader:
            if len(row) != width:
                return (
                    f"{path.name}, line {first + 1}: {len(row)} cells where the header has {width}; export"
                    " the file again"
                )
            if sum(text.count('"') for text in lines[first : reader.line_num]) % 2:
                return (
                    f"{path.name}, line {first + 1}: a quotation mark without its partner; export the file"
                    " again"
                )
            first = reader.line_num
    except csv.Error as e:
        return f"{path.name}, the record from line {first + 1}: not CSV ({e}); export the file again"
    return f"{path.name}: not CSV as the contract says; export the file again as {encoding} CSV"
