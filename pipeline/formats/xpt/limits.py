"""What the header of a transport file may say by version 5 and by the FDA, and how many rows fit a size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.formats.xpt.layout import (
    ASCII,
    DATASET_BYTES,
    FORMAT,
    RECORD,
    Column,
    row_width,
    variable_records,
)

_NAME = re.compile(r"[A-Z][A-Z0-9]{0,7}")
_NAME_RULE = "a name is 1 to 8 upper-case letters and digits, first a letter; rename it"
_PRINTABLE_ASCII = re.compile(r"[ -~]*")


def check(path: Path, dataset: str, label: str, columns: Sequence[Column], encoding: str) -> None:
    """Refuse what the header could not say: nothing is renamed, cut or repaired.

    Raises    PipelineError that names dataset and variable.
    Source    SAS technical support note TS-140; FDA Study Data Technical Conformance Guide, on file format,
              size and names.
    """
    require(_NAME.fullmatch(dataset), f"dataset {dataset}: {_NAME_RULE}")
    file_name = f"{dataset.lower()}.xpt"
    require(path.name == file_name, f"{dataset}: the file is named {file_name}, not {path.name}")
    _check_label(dataset, label, encoding)
    # The header counts the variables in four digits.
    number = len(columns)
    require(0 < number <= 9999, f"{dataset}: a dataset has 1 to 9999 variables, not {number}")
    for name, times in Counter(column.name for column in columns).items():
        require(times == 1, f"{dataset}.{name}: the variable is there more than once; keep one")
    for column in columns:
        _check_column(f"{dataset}.{column.name}", column, encoding)


def rows_that_fit(columns: Sequence[Column], size: int, encoding: str = ASCII) -> int:
    """How many rows of these variables a file of at most so many bytes holds.

    Raises    PipelineError where it holds none.
    """
    width = row_width(columns)
    bytes_for_rows = size - DATASET_BYTES - len(variable_records(columns, encoding))
    rows = bytes_for_rows // RECORD * RECORD // width
    require(rows > 0, f"a file of {size} bytes holds no row of {width} bytes; raise the limit of size")
    return rows


def require(condition: object, message: str) -> None:
    """Refuse, with this message, what does not meet the condition."""
    if not condition:
        raise PipelineError(message)


def _check_column(where: str, column: Column, encoding: str) -> None:
    width, format_ = column.width, column.format
    require(_NAME.fullmatch(column.name), f"{where}: {_NAME_RULE}")
    _check_label(where, column.label, encoding)
    if column.text:
        long_text = "continue longer text in SUPP--"
        require(1 <= width <= 200, f"{where}: a text is 1 to 200 bytes wide, not {width}; {long_text}")
        require(not format_, f"{where}: a text has no format; take {format_} away")
    else:
        require(width == 8, f"{where}: a number is 8 bytes wide, not {width}")
        known = not format_ or FORMAT.fullmatch(format_)
        require(known, f"{where}: {format_} is not a SAS format; write it as DATE9. or 8.2")


def _check_label(where: str, label: str, encoding: str) -> None:
    if encoding == ASCII:
        not_ascii = "the label holds a character that is not printable ASCII; put it in English"
        require(_PRINTABLE_ASCII.fullmatch(label), f"{where}: {not_ascii}")
    require(label.isprintable(), f"{where}: the label holds a character that cannot be printed; remove it")
    size = len(label.encode(encoding))
    require(size <= 40, f"{where}: the label has {size} bytes and at most 40 fit; shorten it")
    require(label == label.strip(), f"{where}: the label begins or ends with a blank; remove it")
    unclosed = f"{where}: a quote or a bracket of the label is not closed; close it or remove it"
    require(_brackets_close(label) and label.count("'") % 2 == 0 and label.count('"') % 2 == 0, unclosed)


def _brackets_close(label: str) -> bool:
    brackets = re.sub(r"[^()\[\]{}]", "", label)
    before = ""
    while brackets != before:
        before, brackets = brackets, re.sub(r"\(\)|\[\]|\{\}", "", brackets)
    return not brackets
