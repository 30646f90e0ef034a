"""A form as one file of CDISC Dataset-JSON 1.1, as one object (.json) or as lines (.ndjson).

A number has no trailing zeros, as in any JSON: a value that must keep them is a `decimal`, which is a text.
Dates, times and moments are ISO 8601 there and are read in the contract's format; a number is one of them
where its displayFormat says so, as in files that were SAS's before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.formats import UnreadableError
from pipeline.formats.dataset_json.read import (
    DATE_TYPES,
    INTEGER,
    NUMBER_TYPES,
    Column,
    Dataset,
    opened,
    refuse,
    whole,
)
from pipeline.formats.sas import meaning
from pipeline.formats.sas.meaning import Kind, UnknownTimeError
from pipeline.records import collected_dates
from pipeline.sources import collected, columns
from pipeline.study.models import Form, RawField

# Records that are packed at a time: lists of text cost several times what a packed column costs.
PIECE = 20_000
_OF_NUMBERS = ("number", "integer")  # types of fields
# A comma in a decimal stands between thousands (Dataset-JSON 1.1, columns, dataType).
_THOUSANDS = re.compile(r" *[+-]?\d{1,3}(,\d{3})+(\.\d+)? *", re.ASCII)
# ISO 8601 as CDISC writes it: with hyphens and colons, and neither weeks nor 24:00. Under datetime a day may
# stand alone, and then no hour was collected.
_DAY = r"\d{4}-\d\d-\d\d"
_PART_OF_A_DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?", re.ASCII)
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?"
_Form = tuple[re.Pattern[str], Callable[[str], object]]
_A_DAY: _Form = (re.compile(_DAY, re.ASCII), date.fromisoformat)
_OF_TIME: dict[str, tuple[_Form, ...]] = {
    "date": (_A_DAY,),
    "time": ((re.compile(_CLOCK, re.ASCII), time.fromisoformat),),
    "datetime": (_A_DAY, (re.compile(f"{_DAY}T{_CLOCK}", re.ASCII), datetime.fromisoformat)),
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
    kind: Kind = "number"
    if column.type in NUMBER_TYPES and len(distinct):
        try:
            kind = meaning.kind(column.format)
        except UnknownTimeError as error:
            raise DropError(f"{file}: column {column.name} has the format {column.format}, {error}") from None

    def typed(value: Any) -> object:
        if column.type == "decimal" and field.type in _OF_NUMBERS and _THOUSANDS.fullmatch(value):
            return value.replace(",", "")
        if column.type in DATE_TYPES and field.format is not None:
            value = _with_unknown_parts(value, field.format)
        if kind == "number":
            return _typed(value, column.type)
        try:
            return meaning.value(float(value), kind)
        except (ValueError, OverflowError) as error:
            raise collected.UnfitError(str(error)) from None

    return collected.text_column(codes, [*distinct], field, (file, column.name), first - 1, typed)


def _with_unknown_parts(value: str, form: str) -> str:
    """A month or a year of ISO 8601 as the form would have shown it; any other text as it is."""
    match = _PART_OF_A_DATE.fullmatch(value)
    return value if match is None else collected_dates.written_partial(match[1], match[2], form)


def _typed(value: Any, type_: str) -> object:
    """The value as what it is; what is no day of the calendar in the form of the standard stays text, and the
    contract objects to it.
    """
    if type_ in NUMBER_TYPES:
        return whole(value) if type_ == "integer" else _number(value)
    if type_ not in _OF_TIME or not isinstance(value, str):
        return value
    for form, read in _OF_TIME[type_]:
        if form.fullmatch(value):
            try:
                return read(value)
            except ValueError:
                return value
    return value


def _number(value: str) -> object:
    return value if INTEGER.fullmatch(value) else float(value)
