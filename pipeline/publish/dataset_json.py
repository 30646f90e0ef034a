"""CDISC Dataset-JSON 1.1 beside the transport files: the same cells, and the names that define.xml gives to
datasets and variables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import PipelineError
from pipeline.publish import block_files, datasets
from pipeline.publish.define.content import content
from pipeline.publish.define.model import Group, Item, Layer, Package
from pipeline.study.models import Dataset, Variable

FOLDER = "dataset-json"
LAYERS: tuple[Layer, ...] = ("sdtm", "adam")
_ESCAPED = r'[\x00-\x1f"\\]'  # what JSON wants escaped
# define.xml tells dates that are not whole in every record from those that are; Dataset-JSON knows only the
# latter as dates.
_TYPES = {"text": "string", "partialDate": "string", "partialDatetime": "string"}


def write(package: Package, blocks: Sequence[Path], home: Path) -> None:
    """Writes <layer>/<dataset>.json for every dataset: one object, its metadata first, a line a record.

    Numbers have the fewest digits that give the same double back. A date or time that the transport file
    counts from 1960 is ISO 8601 here, with `targetDataType` integer. A missing value is null.

    Takes     folders with one Arrow file a dataset, in the order of subjects, which the transport files were
              written from.
    Raises    PipelineError for a number that JSON does not have and for a time that is none of the day; it
              names no value.
    Source    CDISC Dataset-JSON 1.1: top-level attributes, columns, supported combinations of data types,
              rows.
    """
    for layer in LAYERS:
        folder = home / FOLDER / layer
        folder.mkdir(parents=True)
        for group in content(package, layer).groups:
            spec = package.specs[group.name]
            with (folder / f"{group.name.lower()}.json").open("wb") as file:
                _write(file, _told(package, layer, group, spec), rows(spec, block_files.frames(spec, blocks)))


def _write(file: BinaryIO, told: dict[str, Any], encoded: Iterable[pa.Array]) -> None:
    head = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    file.write(f'{head[:-1]},"rows":['.encode())
    before = b"\n"
    for part in encoded:
        if len(part):
            file.write(before + "],\n[".join(["[" + part[0].as_py(), *part[1:].to_pylist()]).encode() + b"]")
            before = b",\n"
    file.write(b"\n]}\n")


def _told(package: Package, layer: Layer, group: Group, spec: Dataset) -> dict[str, Any]:
    """The attributes of a dataset and of its columns."""
    protocol = package.study.protocol
    oid = f"{protocol.id}.{layer.upper()}"
    documented = datasets.folder(package.study, Path(), layer) / "define.xml"
    return {
        "datasetJSONCreationDateTime": protocol.declared_build_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{oid}.{group.name}",
        "originator": protocol.sponsor,
        "sourceSystem": {"name": "cdisc-pipeline", "version": metadata.version("cdisc-pipeline")},
        "studyOID": f"STDY.{protocol.id}",
        "metaDataVersionOID": f"MDV.{oid}",
        "metaDataRef": f"../../{documented.as_posix()}",
        "itemGroupOID": group.oid,
        "records": package.profile.records.get(group.name, 0),
        "name": group.name,
        "label": group.label,
        "columns": [_column(item, spec.variables[item.name]) for item in group.items],
    }


def _column(item: Item, variable: Variable) -> dict[str, Any]:
    counted = variable.type in ("date", "datetime", "time")
    told = {
        "itemOID": item.oid,
        "name": item.name,
        "label": item.label,
        "dataType": variable.type if counted else _TYPES.get(item.type, item.type),
        "targetDataType": "integer" if counted else None,
        "length": item.length if variable.type == "text" else None,
        "displayFormat": item.format or None,
        "keySequence": item.key,
    }
    return {n: v for n, v in told.items() if v is not None}


# --- rows
def rows(spec: Dataset, frames: Iterable[pd.DataFrame]) -> Iterator[pa.Array]:
    """The records of each frame as JSON text without its brackets."""
    for frame in frames:
        cells = [_cells(spec, name, frame[name]) for name in spec.published]
        yield pc.binary_join_element_wise(*cells, _text(","))


def _cells(spec: Dataset, name: str, values: pd.Series) -> pa.Array:
    """One variable as JSON values."""
    kind = spec.variables[name].type
    given = pa.array(values.array, from_pandas=True)
    whole = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    try:
        written = (
            _strings(whole)
            if kind in ("text", "iso")
            else _numbers(whole)
            if kind in ("integer", "float")
            else _moments(whole, kind)
        )
    except ValueError as e:
        raise PipelineError(f"{spec.dataset}.{name}: {e}") from None
    return pc.fill_null(written, "null")


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())


def _quoted(texts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(_text('"'), texts, _text('"'), _text(""))


def _strings(texts: pa.Array) -> pa.Array:
    found = texts.cast(pa.large_string())
    plain = pc.fill_null(pc.invert(pc.match_substring_regex(found, _ESCAPED)), True)
    if pc.all(plain).as_py() is not False:
        return _quoted(found)
    escaped = pa.array(
        [json.dumps(v, ensure_ascii=False) for v in found.filter(pc.invert(plain)).to_pylist()],
        pa.large_string(),
    )
    return pc.replace_with_mask(_quoted(found), pc.invert(plain), escaped)


def _numbers(numbers: pa.Array) -> pa.Array:
    """Whole numbers as integers, others with the fewest digits that give the same double back."""
    if pc.any(pc.invert(pc.is_finite(numbers))).as_py():
        raise ValueError("a number is infinite, which JSON does not have; correct it")
    whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), 2.0**63))
    integers = pc.if_else(whole, numbers, 0.0).cast(pa.int64())
    return pc.if_else(whole, integers.cast(pa.large_string()), numbers.cast(pa.large_string()))


def _moments(values: pa.Array, kind: str) -> pa.Array:
    """Dates and times of the day in ISO 8601."""
    if kind == "date":
        return _quoted(values.cast(pa.date32()).cast(pa.large_string()))
    if kind == "datetime":
        return _quoted(
            pc.strftime(values.cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%S").cast(pa.large_string())
        )
    day = pc.and_(pc.greater_equal(values, 0.0), pc.less(values, 86_400.0))
    if not pc.all(pc.and_(day, pc.equal(pc.floor(values), values))).as_py():
        raise ValueError("a time is not within a day, in whole seconds; ISO 8601 has no other")
    return _quoted(values.cast(pa.int32()).cast(pa.time32("s")).cast(pa.large_string()))
