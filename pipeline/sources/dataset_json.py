"""A form as one file of CDISC Dataset-JSON 1.1, as one object (.json) or as lines (.ndjson).

A number has no trailing zeros, as in any JSON: a value that must keep them is a `decimal`, which is a text.
Dates, times and moments are ISO 8601 there and are read in the contract's format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.formats import UnreadableError
from pipeline.formats.dataset_json.read import INTEGER, NUMBER_TYPES, Column, Dataset, opened, refuse
from pipeline.sources import collected, columns
from pipeline.study.models import Form, RawField

# Records that are packed at a time: lists of text cost several times what a packed column costs.
PIECE = 20_000
_READ_ISO: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def read(path: Path, form: Form) -> pd.DataFrame:
    """Every record as text, columns in contract order.

    Raises    DropError for a file that is not whole or not Dataset-JSON 1.1, a wrong column, and a value that
              is not of its column's type; it names the record and the column and no value.
    """
    try:
        with opened(path) as dataset:
            return _frame(path.name, form, dataset)
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise DropError(f"{path.name}: {why}") from None
    except UnreadableError as error:
        raise DropError(f"{path.name}: {error}") from None


def _frame(file: str, form: Form, dataset: Dataset) -> pd.DataFrame:
    dataset.refuse_other_version()
    fields = columns.fields(file, [column.name for column in dataset.columns], form)
    pieces = []
    first = 1
    for records in _pieces(dataset.records()):
        values = zip(*records, strict=True) if records else [()] * len(fields)
        texts = {}
        for column, field, column_values in zip(dataset.columns, fields, values, strict=True):
            texts[field] = _texts(file, column, column_values, form.fields[field], first)
        pieces.append(pd.DataFrame(texts, copy=False))
        first += len(records)
    dataset.refuse_other_number(first - 1)
    return pd.concat(pieces, ignore_index=True)[list(form.fields)]


def _pieces(records: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """The records in runs, at least one run."""
    piece: list[Sequence[Any]] = []
    for record in records:
        piece.append(record)
        if len(piece) == PIECE:
            yield piece
            piece = []
    yield piece


def _texts(file: str, column: Column, values: Sequence[Any], field: RawField, first: int) -> pd.Series:
    """One column of a run of records, of which `first` is the number of the first; each distinct value is
    read once.
    """
    for number, value in enumerate(values, start=first):
        if value is not None and not column.fits(value):
            refuse(f"record {number}: column {column.name} holds no {column.type}, as its dataType says")
    # The None at the end keeps numpy from making one array of values that are lists.
    codes, distinct = pd.factorize(np.array([*values, None], dtype=object)[:-1])
    typed = [_typed(value, column.type) for value in distinct]
    return collected.text_column(codes, typed, field, (file, column.name), first - 1)


def _typed(value: Any, type_: str) -> object:
    """The value as what it is; what is no day of the calendar stays text, and the contract objects to it."""
    if type_ in NUMBER_TYPES:
        return str(value) if INTEGER.fullmatch(value) else float(value)
    if type_ not in _READ_ISO:
        return value
    try:
        return _READ_ISO[type_](value)
    except ValueError:
        return value
