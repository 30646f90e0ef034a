"""Anybody's dataset as a frame with what its file says of each variable: a transport file of version 5 or 8,
a SAS dataset, or Dataset-JSON 1.1.

A number is as SAS has it: a date that Dataset-JSON writes as ISO 8601 for a number (targetDataType) counts
days or seconds from 1960. Special missing values (.A to .Z) are missing. Names are in capitals, since SAS
takes no account of case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.formats import UnreadableError
from pipeline.formats.dataset_json import read as dataset_json
from pipeline.formats.sas import dataset as sas
from pipeline.formats.tables import counted_from_1960, decoded
from pipeline.formats.xpt import read as xpt

SUFFIXES = (".xpt", ".sas7bdat", ".json", ".ndjson")
_NUMBERS = (*dataset_json.NUMBER_TYPES, "decimal")
_COUNTED = ("integer", "decimal")  # target data types of a date that is a number


@dataclass(frozen=True)
class Variable:
    """What a file says of a variable; what it does not say is None."""

    name: str
    label: str
    text: bool
    length: int | None
    format: str

    @property
    def type(self) -> str:
        return "text" if self.text else "number"


@dataclass(frozen=True)
class Table:
    """One dataset: a text is "" and a number NaN where it is missing."""

    file: Path
    name: str
    label: str
    variables: Mapping[str, Variable]
    frame: pd.DataFrame


def read(path: Path) -> Table:
    """The one dataset of a file, whose kind its suffix says.

    Raises    DropError where it cannot be read; the message names no value.
    """
    readers = {".xpt": _of_transport_file, ".sas7bdat": _of_sas_dataset}
    try:
        return readers.get(path.suffix.lower(), _of_dataset_json)(path)
    except UnreadableError as error:
        raise DropError(f"{path.name}: {error}") from None
    except OSError as error:
        raise DropError(f"{path.name}: cannot be read ({error.strerror})") from None


def _of_transport_file(path: Path) -> Table:
    contents = xpt.read(path)
    variables = [
        Variable(c.name.upper(), decoded(c.label), c.text, c.width, _format(c.format))
        for c in contents.columns
    ]
    columns = [
        _texts(contents.values(place), "") if variable.text else contents.values(place)
        for place, variable in enumerate(variables)
    ]
    name = contents.name.upper() or path.stem.upper()
    return _table(path, name, decoded(contents.label), variables, columns)


def _of_sas_dataset(path: Path) -> Table:
    contents = sas.read(path)
    codec = contents.encoding.codec if contents.encoding else ""
    variables = [
        Variable(c.name.upper(), decoded(c.label), c.text, c.width, _format(c.format))
        for c in contents.columns
    ]
    columns = [
        _texts(np.array([*values, None], dtype=object)[:-1], codec)
        if variable.text
        else np.array(values, dtype="float64")
        for variable, values in zip(variables, contents.values, strict=True)
    ]
    # SAS calls a dataset by its file; the name within may be another after the file was renamed
    return _table(path, path.stem.upper(), decoded(contents.label), variables, columns)


def _of_dataset_json(path: Path) -> Table:
    with dataset_json.opened(path) as dataset:
        dataset.refuse_other_version()
        stated = dataset.columns
        records = list(dataset.records())
        if "records" in dataset.metadata:
            dataset.refuse_other_number(len(records))
        attributes: Sequence[Mapping[str, Any]] = dataset.metadata["columns"]
        name, label = dataset.name.upper() or path.stem.upper(), dataset.label
    values = [*zip(*records, strict=True)] if records else [()] * len(stated)
    variables, columns = [], []
    for column, more, cells in zip(stated, attributes, values, strict=True):
        counted = column.type in dataset_json.DATE_TYPES and more.get("targetDataType") in _COUNTED
        text = column.type not in _NUMBERS and not counted
        length = int(more["length"]) if text and more.get("length") else None
        variables.append(Variable(column.name.upper(), column.label, text, length, _format(column.format)))
        columns.append(_texts_of_json(cells) if text else _numbers_of_json(cells, column.name, counted))
    return _table(path, name, label, variables, columns)


def _table(path: Path, name: str, label: str, variables: Iterable[Variable], columns: Iterable[Any]) -> Table:
    by_name = {variable.name: variable for variable in variables}
    frame = {
        variable.name: pd.Series(values, dtype="str" if variable.text else "float64")
        for variable, values in zip(by_name.values(), columns, strict=True)
    }
    return Table(path, name, label, by_name, pd.DataFrame(frame, copy=False))


def _format(format_: str) -> str:
    """A format of SAS without what may be left out: the `$` and the point at its end, capitals throughout."""
    return format_.strip().upper().removesuffix(".").removeprefix("$")


def _texts(values: np.ndarray, codec: str) -> np.ndarray:
    """Texts whose bytes were read as Latin-1, in their encoding and without the blanks behind them; each
    distinct one is looked at once.
    """
    codes, distinct = pd.factorize(values)
    read_as = [_in_encoding(text, codec).rstrip(" ") for text in distinct]
    return np.array([*read_as, ""], dtype=object)[codes]


def _in_encoding(text: str, codec: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode(codec) if codec else decoded(text)
    except UnicodeDecodeError:
        raise UnreadableError("holds text that is not in the encoding it states; export it again") from None


def _texts_of_json(cells: Sequence[object]) -> list[str]:
    spelled = {True: "true", False: "false", None: ""}
    return [spelled[c] if c is None or isinstance(c, bool) else str(c).rstrip(" ") for c in cells]


def _numbers_of_json(cells: Sequence[object], name: str, counted: bool) -> np.ndarray:
    values = [counted_from_1960(cell) for cell in cells] if counted else cells
    try:
        return np.array([np.nan if v is None or v == "" else float(str(v)) for v in values], dtype="float64")
    except ValueError:
        what = "a date that is not complete, where numbers are announced" if counted else "what is no number"
        raise UnreadableError(f"column {name} holds {what}; export it again") from None
