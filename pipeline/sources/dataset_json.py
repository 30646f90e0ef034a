"""A form as one file of CDISC Dataset-JSON 1.1, as one object (.json) or as lines (.ndjson): metadata first,
then one array a record.

A number has no trailing zeros, as in any JSON: what must keep them is a `decimal`, which is a text. Dates,
times and moments are ISO 8601 there and read in the contract's format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.sources import collected, columns
from pipeline.study.models import Form, RawField

_WHOLE = re.compile(r"-?\d+", re.ASCII)
VERSION = re.compile(r"1\.1(\.\d+)?")
NUMBERS = ("integer", "float", "double")
MOMENTS = {"date": date.fromisoformat, "time": time.fromisoformat, "datetime": datetime.fromisoformat}
TYPES = ("string", "decimal", "boolean", "URI", *NUMBERS, *MOMENTS)
PIECE = (
    20_000  # records that are packed at a time: lists of text cost several times what a packed column costs
)


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class _FaultError(Exception):
    """What the file is not; the message goes behind the file's name."""


def read(path: Path, form: Form) -> pd.DataFrame:
    """Every record as text, columns in contract order.

    Raises    DropError for a file that is not whole or not Dataset-JSON 1.1, a wrong column, and a value that
              is not of its column's type; it names the record and the column and no value.
    Source    CDISC Dataset-JSON 1.1: top-level attributes, columns, rows, representation as NDJSON.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            if path.suffix == ".ndjson":
                return _frame(path.name, form, _object(_loaded(next(lines, ""))), map(_loaded, lines))
            content = _object(_loaded(lines.read()))
        rows = content.pop("rows", [])  # a dataset without records may leave them out
        return _frame(
            path.name,
            form,
            content,
            rows if isinstance(rows, list) else _refuse("rows is no array of records"),
        )
    except OSError as e:
        raise DropError(
            f"{path.name}: cannot be read ({e.strerror}); check that the file may be opened"
        ) from None
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError):
        raise DropError(
            f"{path.name}: not JSON in UTF-8; the file is cut short or damaged: export it again"
        ) from None
    except _FaultError as e:
        raise DropError(f"{path.name}: {e}; export it as Dataset-JSON 1.1") from None


def _loaded(text: str) -> Any:
    return json.loads(
        text, parse_float=_Number, parse_int=_Number, parse_constant=_constant, object_pairs_hook=_unique
    )


def _constant(_: str) -> NoReturn:
    raise _FaultError("holds NaN or infinity, which JSON does not have")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _refuse("an object holds the same name twice")


def _object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        _refuse("begins with no object of metadata")
    version = content.get("datasetJSONVersion")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        _refuse("datasetJSONVersion is not 1.1")
    return content


def _refuse(what: str) -> NoReturn:
    raise _FaultError(what)


def _frame(file: str, form: Form, metadata: Mapping[str, Any], rows: Iterable[Any]) -> pd.DataFrame:
    types = _types(metadata.get("columns"))
    fields = columns.fields(file, list(types), form)
    told = list(zip(types.items(), fields, strict=True))
    pieces = [_packed(file, form, piece, told, before) for before, piece in _pieces(rows, len(types))]
    frame = pd.concat(pieces, ignore_index=True)
    if metadata.get("records") != str(len(frame)):
        _refuse(
            f"holds {len(frame)} records where its attribute records says otherwise; it is cut short or"
            " damaged"
        )
    return frame[list(form.fields)]


def _types(given: Any) -> dict[str, str]:
    """The type of each column by its name."""
    if not isinstance(given, list) or not given:
        _refuse("columns is no array of columns")
    found: dict[str, str] = {}
    for at, one in enumerate(given, start=1):
        name, type_ = (one.get("name"), one.get("dataType")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or isinstance(name, _Number) or name in found:
            _refuse(f"column {at} has no name of its own")
        if type_ not in TYPES:
            _refuse(f"column {name} has no dataType; expected one of {', '.join(TYPES)}")
        found[name] = type_
    return found


def _pieces(rows: Iterable[Any], width: int) -> Iterator[tuple[int, list[Sequence[Any]]]]:
    """The records in runs, each with the number of records before it; at least one run."""
    piece: list[Sequence[Any]] = []
    at = 0
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != width:
            _refuse(f"record {number} is no array of {width} values, as many as there are columns")
        piece.append(row)
        if len(piece) == PIECE:
            yield at, piece
            at, piece = number, []
    yield at, piece


def _packed(
    file: str, form: Form, piece: list[Sequence[Any]], told: list[tuple[tuple[str, str], str]], before: int
) -> pd.DataFrame:
    values = list(zip(*piece, strict=True)) if piece else [()] * len(told)
    found = {
        f: _text(v, type_, form.fields[f], (file, name), before)
        for v, ((name, type_), f) in zip(values, told, strict=True)
    }
    return pd.DataFrame(found, copy=False)


def _text(
    values: Sequence[Any], type_: str, field: RawField, where: tuple[str, str], before: int
) -> pd.Series:
    """One column of a run of records; each distinct value is read once."""
    for at, value in enumerate(values):
        if value is not None and not _fits(value, type_):
            _refuse(f"record {before + at + 1}: column {where[1]} holds no {type_}, as its dataType says")
    codes, distinct = pd.factorize(np.array([*values, None], dtype=object)[:-1])
    return collected.spread(codes, [_typed(v, type_) for v in distinct], field, where, before)


def _fits(value: object, type_: str) -> bool:
    if type_ == "boolean":
        return isinstance(value, bool)
    if type_ not in NUMBERS:
        return isinstance(value, str) and not isinstance(value, _Number)
    return isinstance(value, _Number) and (type_ != "integer" or _WHOLE.fullmatch(value) is not None)


def _typed(value: Any, type_: str) -> object:
    """The value as what it is; what is no day of the calendar goes on as text, and the contract tells it."""
    if type_ in NUMBERS:
        return str(value) if _WHOLE.fullmatch(value) else float(value)
    if type_ not in MOMENTS:
        return value
    try:
        return MOMENTS[type_](value)
    except ValueError:
        return value
