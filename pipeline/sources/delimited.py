"""A form as one file of delimited text, in the delimiter and the encoding that its contract declares."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from pipeline.errors import DropError
from pipeline.formats.csv import read as csv_file
from pipeline.sources import columns
from pipeline.study.models import Form

DELIMITERS = {",": "a comma", ";": "a semicolon", "|": "a bar", "\t": "a tab"}


def read(path: Path, form: Form) -> pd.DataFrame:
    """One form's records: one header line, every line ended, columns of the contract in any order, and no
    other.

    Returns   the columns in contract order, an empty cell missing.
    Raises    DropError for an empty, cut, wrongly encoded or misshapen file; it names the line and no value.
    """
    header = csv_file.header(path, form.file.encoding)
    delimiter = form.file.delimiter or ("\t" if path.suffix.lower() == ".tsv" else ",")
    names = _names(path, header, delimiter, form)
    fields = columns.fields(path.name, names, form, ", line 1")
    frame = csv_file.table(path, names, delimiter, form.file.encoding).set_axis(fields, axis="columns")
    in_order = list(form.fields)
    return frame if fields == in_order else frame[in_order]


def _names(path: Path, header: bytes, delimiter: str, form: Form) -> list[str]:
    encoding = "UTF-8" if form.file.encoding in csv_file.UTF_8 else form.file.encoding
    try:
        text = header.decode(encoding)
        names = next(csv.reader([text], delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        raise DropError(
            f"{path.name}, line 1: not a header line in {encoding}; export the form again as {encoding} CSV"
        ) from None
    expected = {form.file.columns.get(field, field) for field in form.fields}
    if not expected & set(names):
        for other, shown in DELIMITERS.items():
            if len(expected & set(text.strip().split(other))) > 1:
                declared = DELIMITERS[delimiter]
                raise DropError(
                    f"{path.name}, line 1: {shown} separates the columns, where {declared} is declared;"
                    f" export the form with {declared}, or declare the delimiter in specs/raw"
                )
    return names
