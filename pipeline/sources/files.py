"""The files of a drop as frames of text: one CSV a form, or one ODM-XML file. What cannot be read as the contracts say is refused."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.study import Study
from pipeline.study.located import nearest

TEXT = pd.StringDtype(na_value=np.nan)
PIECE = 1_000_000  # bytes of a file that are looked at together


def read(study: Study, drop: Path) -> dict[str, pd.DataFrame]:
    """Each form's records as collected, columns in contract order, an empty cell missing.

    Raises    DropError that lists every file that is missing, unknown or unreadable, with what to do.
    """
    columns = {f.form: list(f.fields) for f in study.forms.values()}
    files = _files(study, drop)
    documents = [p for n, p in files.items() if n.endswith(".xml")]
    faults: list[str] = []
    frames: dict[str, pd.DataFrame] = {}
    if len(documents) == 1 and not any(n.endswith(".csv") for n in files):
        from pipeline.sources import odm

        frames = odm.read(documents[0], columns)
        told = {form: _column_faults([str(c) for c in f], columns[form]) for form, f in frames.items()}
        told |= {
            form: ["not in the document's definition; export the form, if only with its definition"]
            for form in columns
            if form not in frames
        }
        faults = [f"{documents[0].name}: form {form}: {fault}" for form in columns for fault in told[form]]
    else:
        for name, path in files.items():
            form = name.removesuffix(".csv")
            if form not in columns or not name.endswith(".csv"):
                faults.append(f"{name}: no form of specs/raw is called so{nearest(form, columns)}; remove the file or write its contract")
                continue
            try:
                frames[form] = read_csv(path, columns[form])
            except DropError as e:
                faults.append(str(e))
        missing = [form for form in columns if f"{form}.csv" not in files]
        faults += [
            f"{form}.csv: the file is missing from the drop; export the form, with its header line alone if it has no record"
            for form in missing
        ]
    if faults:
        raise DropError("\n".join(faults))
    return {form: frames[form][names] for form, names in columns.items()}


def _files(study: Study, drop: Path) -> dict[str, Path]:
    """The files of the drop by name; a companion the study declares is not one of them."""
    if not drop.is_dir():
        raise DropError(f"{drop}: no such folder; a drop is a folder with one file a form, or with one ODM-XML file")
    try:
        paths = sorted(drop.iterdir())
    except OSError as e:
        raise DropError(f"{drop}: cannot be read ({e.strerror}); check that the folder may be opened") from None
    home = drop.resolve()
    faults = []
    for path in paths:
        if not path.is_file():
            faults.append(f"{path.name}: not a file; a drop is one folder of files")
        elif not path.resolve().is_relative_to(home):
            faults.append(f"{path.name}: leads out of the drop folder; copy the file itself into the drop")
    if faults:
        raise DropError("\n".join(faults))
    return {p.name: p for p in paths if p.name not in study.protocol.companions}


def of_forms(study: Study, drop: Path) -> dict[str, str]:
    """The name of the file that holds each form."""
    documents = [n for n in _files(study, drop) if n.endswith(".xml")]
    return {form: documents[0] if documents else f"{form}.csv" for form in study.forms}


def lines(path: Path, form: pd.DataFrame) -> np.ndarray | None:
    """The line of its file on which each record begins, the header being line 1; None where a file does not hold a record a line.

    Takes     a file that was read, and its records in the order of the file.
    """
    if path.suffix != ".csv":
        return None
    first = np.arange(2, len(form) + 2)
    if path.read_bytes().count(b"\n") == len(form) + 1:
        return first
    breaks = np.zeros(len(form), dtype="int64")  # a cell may hold line ends of its own
    for name in form:
        breaks += form[name].str.count("\n").fillna(0).to_numpy("int64")
    found: np.ndarray = first + np.cumsum(breaks) - breaks
    return found


def hashes(drop: Path) -> dict[str, str]:
    """SHA-256 of each file of the drop."""
    found: dict[str, str] = {}
    for path in sorted(drop.iterdir()):
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def read_csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """One form's CSV: UTF-8 without byte-order mark, comma, one header line, every line ended.

    Takes     the columns of the contract; the file may have them in any order, and no other.
    Raises    DropError for an empty, cut, wrongly encoded or misshapen file; it names the line and no value.
    """
    from pyarrow import ArrowInvalid
    from pyarrow import csv as arrow

    try:
        with path.open("rb") as f:
            head = f.readline()
            f.seek(max(0, path.stat().st_size - 1))
            ends = f.read(1) == b"\n"
    except OSError as e:
        raise DropError(f"{path.name}: cannot be read ({e.strerror}); check that the file may be opened") from None
    if not head:
        raise DropError(f"{path.name}: the file is empty; it needs at least its header line")
    if head.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise DropError(f"{path.name}: begins with a byte-order mark; export it as UTF-8 without one")
    if not ends:
        raise DropError(f"{path.name}: the last line is not ended, so the file may be cut; export it again")
    try:
        names = next(csv.reader([head.decode("utf-8")], strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        raise DropError(f"{path.name}, line 1: not a header line in UTF-8; export the form again as UTF-8 CSV") from None
    if not set(names) & set(columns):  # else each cell of a first record would be told as a column
        raise DropError(f"{path.name}, line 1: names no column of the contract; export the form with its header line")
    faults = _column_faults(names, columns)
    if faults:
        raise DropError("\n".join(f"{path.name}: {f}" for f in faults))
    try:
        table = arrow.read_csv(
            path,
            parse_options=arrow.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=arrow.ConvertOptions(column_types=_arrow_text(names), strings_can_be_null=True, null_values=[""]),
        )
    except ArrowInvalid:
        raise DropError(_diagnosis(path, len(names))) from None
    frame: pd.DataFrame = table.to_pandas(types_mapper=lambda _: TEXT)
    if _ends_inside_quotes(path):
        raise DropError(_diagnosis(path, len(names)))
    return frame[list(columns)]


def _arrow_text(names: Sequence[str]) -> dict[str, object]:
    import pyarrow as pa

    return dict.fromkeys(names, pa.string())


def _ends_inside_quotes(path: Path) -> bool:
    """Whether a quote that opens is never closed: the reader would take the rest of the file for one cell."""
    with path.open("rb") as file:
        return sum(piece.count(b'"') for piece in iter(partial(file.read, PIECE), b"")) % 2 == 1


def _column_faults(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    twice = sorted({n for n in names if list(names).count(n) > 1})
    missing = [c for c in columns if c not in names]
    extra = [n for n in names if n not in columns]
    return [
        *(f"column {c} is missing{nearest(c, extra)}; export it, or change specs/raw" for c in missing),
        *(f"column {n} is not in the contract{nearest(n, missing)}; add it to specs/raw so that it is not lost in silence" for n in extra),
        *(f"column {n} stands in the header twice" for n in twice),
    ]


def _diagnosis(path: Path, width: int) -> str:
    """Which line of a file cannot be read, and why; without what it holds."""
    content = path.read_bytes()
    try:
        lines = list(io.StringIO(content.decode("utf-8"), newline=""))
    except UnicodeDecodeError as e:
        line = content.count(b"\n", 0, e.start) + 1
        return f"{path.name}, line {line}: not UTF-8; export the file as UTF-8"
    reader, first = csv.reader(lines, strict=True), 0
    try:
        for row in reader:
            if len(row) != width:
                return f"{path.name}, line {first + 1}: {len(row)} cells where the header has {width}; export the file again"
            if sum(text.count('"') for text in lines[first : reader.line_num]) % 2:
                return f"{path.name}, line {first + 1}: a quotation mark without its partner; export the file again"
            first = reader.line_num
    except csv.Error as e:
        return f"{path.name}, the record from line {first + 1}: not CSV ({e}); export the file again"
    return f"{path.name}: not CSV as the contract says; export the file again as UTF-8 CSV"
