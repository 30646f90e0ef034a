"""Reads CDISC Dataset-JSON 1.1, as one object (.json) or as lines (.ndjson): metadata first, then one array
for each record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from pipeline.formats import UnreadableError

INTEGER = re.compile(r"-?\d+", re.ASCII)
NUMBER_TYPES = ("integer", "float", "double")
DATE_TYPES = ("date", "time", "datetime")
TYPES = ("string", "decimal", "boolean", "URI", *NUMBER_TYPES, *DATE_TYPES)
_VERSION = re.compile(r"1\.1(\.\d+)?")


class Number(str):
    """A JSON number as it was written, so that its digits are kept."""

    __slots__ = ()


@dataclass(frozen=True)
class Column:
    """One column as the metadata state it."""

    name: str
    label: str
    type: str

    def fits(self, value: object) -> bool:
        """Whether a value that is not null is of the column's type."""
        if self.type == "boolean":
            return isinstance(value, bool)
        if self.type not in NUMBER_TYPES:
            return isinstance(value, str) and not isinstance(value, Number)
        if not isinstance(value, Number):
            return False
        return self.type != "integer" or INTEGER.fullmatch(value) is not None


@dataclass(frozen=True)
class Dataset:
    """A dataset: its metadata as they stand, and its records as the file is read."""

    metadata: Mapping[str, Any]
    _records: Iterable[Any]

    @property
    def name(self) -> str:
        """The name of the dataset, empty where the file does not say it."""
        return str(self.metadata.get("name") or "")

    @property
    def label(self) -> str:
        """The label of the dataset, empty where the file does not say it."""
        return str(self.metadata.get("label") or "")

    @cached_property
    def columns(self) -> Sequence[Column]:
        """Its columns, each with a name of its own and a type of the standard."""
        return _columns(self.metadata.get("columns"))

    def records(self) -> Iterator[Sequence[Any]]:
        """Its records one by one, each with as many values as there are columns."""
        width = len(self.columns)
        for number, record in enumerate(self._records, start=1):
            if not isinstance(record, list) or len(record) != width:
                refuse(f"record {number} is no array of {width} values, as many as there are columns")
            yield record

    def refuse_other_version(self) -> None:
        """Refuse a file that does not say that it is Dataset-JSON 1.1."""
        version = self.metadata.get("datasetJSONVersion")
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            refuse("datasetJSONVersion is not 1.1")

    def refuse_other_number(self, records: int) -> None:
        """Refuse a file that announces another number of records than it holds."""
        if self.metadata.get("records") != str(records):
            refuse(
                f"holds {records} records where its attribute records says otherwise; it is cut short or"
                " damaged"
            )


@contextmanager
def opened(path: Path) -> Iterator[Dataset]:
    """The dataset of a file, whose records may be read while it is open.

    Raises    UnreadableError for a file that is no whole JSON, also from within the block, when a record is
              reached that cannot be read; it names the record and no value.
    Source    CDISC Dataset-JSON 1.1: top-level attributes, columns, rows, representation as NDJSON.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            if path.suffix == ".ndjson":
                metadata = _metadata(_parsed(next(lines, "")))
                yield Dataset(metadata, map(_parsed, lines))
            else:
                metadata = _metadata(_parsed(lines.read()))
                records = metadata.pop("rows", [])  # a dataset without records may leave them out
                if not isinstance(records, list):
                    refuse("rows is no array of records")
                yield Dataset(metadata, records)
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError):
        raise UnreadableError(
            "not JSON in UTF-8; the file is cut short or damaged: export it again"
        ) from None


def refuse(what: str) -> NoReturn:
    """Refuse a file for what it is or holds.

    Raises    UnreadableError.
    """
    raise UnreadableError(f"{what}; export it as Dataset-JSON 1.1")


def _parsed(text: str) -> Any:
    return json.loads(
        text,
        parse_float=Number,
        parse_int=Number,
        parse_constant=_refuse_constant,
        object_pairs_hook=_object,
    )


def _refuse_constant(_: str) -> NoReturn:
    refuse("holds NaN or infinity, which JSON does not have")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        refuse("an object holds the same name twice")
    return members


def _metadata(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        refuse("does not begin with an object of metadata")
    return content


def _columns(stated: Any) -> list[Column]:
    if not isinstance(stated, list) or not stated:
        refuse("columns is no array of columns")
    columns: dict[str, Column] = {}
    for number, column in enumerate(stated, start=1):
        attributes = column if isinstance(column, dict) else {}
        name, type_ = attributes.get("name"), attributes.get("dataType")
        if not isinstance(name, str) or isinstance(name, Number) or name in columns:
            refuse(f"column {number} has no name of its own")
        if type_ not in TYPES:
            refuse(f"column {name} has no dataType; expected one of {', '.join(TYPES)}")
        columns[name] = Column(name, str(attributes.get("label") or ""), type_)
    return [*columns.values()]
