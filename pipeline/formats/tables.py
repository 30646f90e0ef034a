"""Anybody's datasets as columns of texts and numbers: transport files of version 5 and 8, or Dataset-JSON as
one object or as lines.

A number is as SAS has it: a date that Dataset-JSON writes as ISO 8601 for a number (targetDataType) counts
days or seconds from 1960, and a double has the 15 significant digits that it surely holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import numpy as np

from pipeline.formats import UnreadableError
from pipeline.formats.dataset_json import read as dataset_json
from pipeline.formats.xpt import read as xpt

SUFFIXES = (".xpt", ".json", ".ndjson")  # of one dataset in several of them, the first counts
_TEXT_TYPES = ("string", "date", "datetime", "time", "URI", "boolean")
_COUNTED = ("integer", "decimal")  # target data types of a date that is a number
_EPOCH = datetime(1960, 1, 1)  # noqa: DTZ001 a SAS date has no time zone
_PRECISE = 15  # significant digits that every double gives back


@dataclass(frozen=True)
class Column:
    """One variable: what its file says of it, and its values; a missing one is None."""

    label: str
    text: bool
    width: int | None  # bytes that the file keeps for a text, where it says so
    values: np.ndarray  # of objects


@dataclass(frozen=True)
class Table:
    """One dataset."""

    name: str
    label: str
    columns: Mapping[str, Column]
    records: int


def read(path: Path) -> Table:
    """One dataset of a file, whose kind its suffix says.

    Raises    UnreadableError where the file is none.
    """
    if path.suffix.lower() == ".xpt":
        return _of_transport_file(path)
    return _of_dataset_json(path)


# --- transport files
def _of_transport_file(path: Path) -> Table:
    contents = xpt.read(path)
    columns = {}
    for place, variable in enumerate(contents.columns):
        values = contents.values(place).astype(object)
        values = _each_distinct(values, _decoded_text if variable.text else _number)
        width = variable.width if variable.text else None
        columns[variable.name] = Column(decoded(variable.label), variable.text, width, values)
    name = contents.name or path.stem.upper()
    return Table(name, decoded(contents.label), columns, contents.rows)


def decoded(text: str) -> str:
    """A text whose bytes were read as Latin-1, in the first encoding in which they are a text."""
    raw = text.encode("latin-1")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text


def _decoded_text(value: object) -> str | None:
    return decoded(value) or None if isinstance(value, str) else None


def _each_distinct(values: np.ndarray, function: Callable[[object], object]) -> np.ndarray:
    results = {value: function(value) for value in set(values)}
    return np.array([results[value] for value in values], dtype=object)


# --- Dataset-JSON
def _of_dataset_json(path: Path) -> Table:
    try:
        with dataset_json.opened(path) as dataset:
            name, label, stated = dataset.name, dataset.label, dataset.columns
            targets = [column.get("targetDataType") for column in dataset.metadata["columns"]]
            records = list(dataset.records())
            if "records" in dataset.metadata:
                dataset.refuse_other_number(len(records))
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror})") from None
    columns = {}
    for place, (column, target) in enumerate(zip(stated, targets, strict=True)):
        counted = column.type in dataset_json.DATE_TYPES and target in _COUNTED
        text = column.type in _TEXT_TYPES and not counted
        value_of = _text if text else counted_from_1960 if counted else _number
        values = np.array([value_of(record[place]) for record in records], dtype=object)
        columns[column.name] = Column(column.label, text, None, values)
    return Table(name, label, columns, len(records))


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value) or None


def counted_from_1960(value: object) -> int | float | str | None:
    """Days or seconds from 1960, or seconds of the day, that an ISO 8601 text stands for; a text that is
    none stays as it is.
    """
    text = _text(value)
    if text is None:
        return None
    try:
        if "T" in text:
            return _number((datetime.fromisoformat(text).replace(tzinfo=None) - _EPOCH).total_seconds())
        if ":" in text:
            moment = time.fromisoformat(text)
            return moment.hour * 3600 + moment.minute * 60 + moment.second
        return (datetime.fromisoformat(text) - _EPOCH).days
    except ValueError:
        return text


# --- both
def _number(value: object) -> int | float | str | None:
    """A number as it is written in a code list, 1 and not 1.0; a text that is none stays as it is."""
    if isinstance(value, str):  # as JSON writes it, or a decimal of Dataset-JSON
        try:
            value = int(value) if dataset_json.INTEGER.fullmatch(value) else float(value)
        except ValueError:
            return str(value) or None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = float(f"{value:.{_PRECISE}g}")
        return int(value) if value.is_integer() else value
    return int(value) if isinstance(value, int) else None
