"""Writes CDISC Dataset-JSON 1.1: one object, its metadata first, then a line for each record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import PipelineError

_ESCAPED = r'[\x00-\x1f"\\]'  # what JSON wants escaped


def write(
    file: BinaryIO,
    metadata: Mapping[str, Any],
    types: Mapping[str, str],
    frames: Iterable[pd.DataFrame],
) -> None:
    """Write one dataset.

    Numbers have the fewest digits that give the same double back; a whole number is written as an integer. A
    date or time is ISO 8601. A missing value is null.

    Takes     the attributes of the dataset and of its columns; the type of each column: text, iso, integer,
              float, date, datetime (datetime64 both) or time (seconds of the day); frames that follow one
              another, each with these columns.
    Raises    PipelineError for a number that JSON does not have and for a time that is none of the day; it
              names the column and no value.
    Source    CDISC Dataset-JSON 1.1: top-level attributes, columns, supported combinations of data types,
              rows.
    """
    head = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    file.write(f'{head[:-1]},"rows":['.encode())
    line_end = b"\n"
    for records in _records(str(metadata["name"]), types, frames):
        if len(records):
            first, *others = records.to_pylist()
            # All but the brackets between the records was written by Arrow.
            file.write(line_end + "],\n[".join(["[" + first, *others]).encode() + b"]")
            line_end = b",\n"
    file.write(b"\n]}\n")


def _records(dataset: str, types: Mapping[str, str], frames: Iterable[pd.DataFrame]) -> Iterator[pa.Array]:
    """The records of each frame as JSON text without its brackets."""
    for frame in frames:
        cells = [_cells(f"{dataset}.{name}", type_, frame[name]) for name, type_ in types.items()]
        yield pc.binary_join_element_wise(*cells, _text(","))


def _cells(where: str, type_: str, column: pd.Series) -> pa.Array:
    """One variable as JSON values."""
    values = pa.array(column.array, from_pandas=True)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    try:
        if type_ in ("text", "iso"):
            cells = _strings(values)
        elif type_ in ("integer", "float"):
            cells = _numbers(values)
        else:
            cells = _dates_and_times(values, type_)
    except ValueError as error:
        raise PipelineError(f"{where}: {error}") from None
    return pc.fill_null(cells, "null")


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())


def _quoted(texts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(_text('"'), texts, _text('"'), _text(""))


def _strings(values: pa.Array) -> pa.Array:
    texts = values.cast(pa.large_string())
    plain = pc.fill_null(pc.invert(pc.match_substring_regex(texts, _ESCAPED)), True)
    if pc.all(plain).as_py() is not False:
        return _quoted(texts)
    # Texts to escape are few, so Python's encoder may take them one by one.
    to_escape = pc.invert(plain)
    escaped = [json.dumps(text, ensure_ascii=False) for text in texts.filter(to_escape).to_pylist()]
    return pc.replace_with_mask(_quoted(texts), to_escape, pa.array(escaped, pa.large_string()))


def _numbers(numbers: pa.Array) -> pa.Array:
    if pc.any(pc.invert(pc.is_finite(numbers))).as_py():
        raise ValueError("a number is infinite, which JSON does not have; correct it")
    in_range = pc.less(pc.abs(numbers), 2.0**63)
    is_whole = pc.and_(pc.equal(pc.floor(numbers), numbers), in_range)
    integers = pc.if_else(is_whole, numbers, 0.0).cast(pa.int64())
    return pc.if_else(is_whole, integers.cast(pa.large_string()), numbers.cast(pa.large_string()))


def _dates_and_times(values: pa.Array, type_: str) -> pa.Array:
    if type_ == "date":
        return _quoted(values.cast(pa.date32()).cast(pa.large_string()))
    if type_ == "datetime":
        moments = pc.strftime(values.cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%S")
        return _quoted(moments.cast(pa.large_string()))
    in_a_day = pc.and_(pc.greater_equal(values, 0.0), pc.less(values, 86_400.0))
    whole_seconds = pc.equal(pc.floor(values), values)
    if not pc.all(pc.and_(in_a_day, whole_seconds)).as_py():
        raise ValueError("a time is not within a day, in whole seconds; ISO 8601 has no other")
    return _quoted(values.cast(pa.int32()).cast(pa.time32("s")).cast(pa.large_string()))
