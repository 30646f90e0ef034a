"""Reads CDISC Dataset-JSON 1.1, as one object (.json) or as lines (.ndjson): metadata first, then one array
for each record.

Source    CDISC Dataset-JSON 1.1: top-level attributes, columns, rows, representation as NDJSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from pipeline.formats import UnreadableError

INTEGER = re.compile(r"-?\d+", re.ASCII)
NUMBER_TYPES = ("integer", "float", "double")
DATE_TYPES = ("date", "time", "datetime")
TYPES = ("string", "decimal", "boolean", "URI", *NUMBER_TYPES, *DATE_TYPES)
_VERSION = re.compile(r"1\.1(\.\d+)?")
_ANY_VERSION = re.compile(r"\d{1,3}(\.\d{1,3}){0,3}", re.ASCII)
_UNREAD = "it is cut short, damaged or of another kind: export it again"
_LONGEST = 400  # digits of a whole number that is written with an exponent; a double has at most 309


class Number(str):
    """A JSON number as it was written, so that its digits are kept."""

    __slots__ = ()


def whole(number: str) -> str | None:
    """The digits of a whole number, which JSON may write 2, 2.0 or 2e0; None where it has a part of one."""
    if INTEGER.fullmatch(number):
        return number
    if math.isinf(float(number)):
        return None
    value = Decimal(number)
    if abs(value.adjusted()) > _LONGEST or value != value.to_integral_value():
        return None
    return str(int(value))


@dataclass(frozen=True)
class Column:
    """One column as the metadata state it."""

    name: str
    label: str
    type: str
    format: str = ""  # of SAS, in which a number is to be shown

    def fits(self, value: object) -> bool:
        """Whether a value that is not null is of the column's type."""
        if self.type == "boolean":
            return isinstance(value, bool)
        if self.type not in NUMBER_TYPES:
            return isinstance(value, str) and not isinstance(value, Number)
        if not isinstance(value, Number):
            return False
        return self.type != "integer" or whole(value) is not None


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
        if not isinstance(version, str) or not _ANY_VERSION.fullmatch(version):
            refuse("its attribute datasetJSONVersion states no version")
        if not _VERSION.fullmatch(version):
            refuse(f"Dataset-JSON {version}, where 1.1 is read")

    def refuse_other_number(self, records: int) -> None:
        """Refuse a file that announces another number of records than it holds."""
        announced = self.metadata.get("records")
        if not isinstance(announced, Number) or whole(announced) != str(records):
            refuse(
                f"holds {records} records where its attribute records says otherwise; it is cut short or"
                " damaged"
            )


@contextmanager
def opened(path: Path) -> Iterator[Dataset]:
    """The dataset of a file, whose records may be read while it is open.

    Raises    UnreadableError for a file that is no whole JSON, also from within the block, when a record is
              reached that cannot be read; it names the record and no value.
    """
    try:
        # A byte-order mark says nothing here, and a reader of JSON may pass over it (RFC 8259, 8.1).
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            if path.suffix.lower() == ".ndjson":
                metadata = _metadata(_parsed(next(lines, "")))
                yield Dataset(metadata, _parsed_lines(lines))
            else:
                metadata = _metadata(_parsed(lines.read()))
                records = metadata.pop("rows", [])  # a dataset without records may leave them out
                if not isinstance(records, list):
                    refuse("rows is no array of records")
                yield Dataset(metadata, records)
    except UnicodeDecodeError:
        raise UnreadableError("not in UTF-8, as JSON is; export it in UTF-8") from None
    except RecursionError:
        raise UnreadableError(f"brackets within brackets without end; {_UNREAD}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"no JSON at {where}; {_UNREAD}") from None


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


def _parsed_lines(lines: Iterable[str]) -> Iterator[Any]:
    """The records in the lines behind the first; a blank line holds none."""
    for number, line in enumerate(lines, start=2):
        if not line.strip(" \t\r\n"):
            continue
        try:
            record = _parsed(line)
        except json.JSONDecodeError as error:
            where = f"line {number}, column {error.colno}"
            raise UnreadableError(f"no JSON at {where}; {_UNREAD}") from None
        yield record


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
        texts = [str(attributes.get(attribute) or "") for attribute in ("label", "displayFormat")]
        columns[name] = Column(name, texts[0], type_, texts[1])
    return [*columns.values()]
