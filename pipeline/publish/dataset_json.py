"""CDISC Dataset-JSON 1.1 beside the transport files: the same cells, and the names that define.xml gives to
datasets and variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.formats.dataset_json.write import write as write_dataset
from pipeline.publish import block_files, datasets
from pipeline.publish.define.content import content
from pipeline.publish.define.model import Group, Item, Layer, Package
from pipeline.study.models import Dataset, Variable

FOLDER = "dataset-json"
# define.xml has types of their own for dates that are partial in some record; Dataset-JSON knows dates only
# where each is complete.
_TYPES = {"text": "string", "partialDate": "string", "partialDatetime": "string"}


def write(package: Package, blocks: Sequence[Path], home: Path) -> None:
    """Write <layer>/<dataset>.json for every dataset, as the transport files have them.

    A date or time that the transport file counts from 1960 is ISO 8601 here, with `targetDataType` integer.

    Takes     folders with one Arrow file a dataset, in the order of subjects, which the transport files were
              written from.
    Raises    PipelineError for a number that JSON does not have and for a time that is none of the day; it
              names no value.
    Source    CDISC Dataset-JSON 1.1: top-level attributes, columns, supported combinations of data types.
    """
    for layer in package.layers:
        folder = home / FOLDER / layer
        folder.mkdir(parents=True)
        for group in content(package, layer).groups:
            spec = package.specs[group.name]
            attributes = _attributes(package, layer, group, spec)
            types = {name: variable.type for name, variable in spec.published.items()}
            with (folder / f"{group.name.lower()}.json").open("wb") as file:
                write_dataset(file, attributes, types, block_files.frames(spec, blocks))


def _attributes(package: Package, layer: Layer, group: Group, spec: Dataset) -> dict[str, Any]:
    """The attributes of a dataset and of its columns."""
    protocol = package.study.protocol
    oid = f"{protocol.id}.{layer.upper()}"
    define = datasets.folder(package.study, Path(), layer) / "define.xml"
    return {
        "datasetJSONCreationDateTime": protocol.declared_build_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{oid}.{group.name}",
        "originator": protocol.sponsor,
        "sourceSystem": {"name": "cdisc-pipeline", "version": metadata.version("cdisc-pipeline")},
        "studyOID": f"STDY.{protocol.id}",
        "metaDataVersionOID": f"MDV.{oid}",
        "metaDataRef": f"../../{define.as_posix()}",
        "itemGroupOID": group.oid,
        "records": package.profile.records.get(group.name, 0),
        "name": group.name,
        "label": group.label,
        "columns": [_column(item, spec.variables[item.name]) for item in group.items],
    }


def _column(item: Item, variable: Variable) -> dict[str, Any]:
    counted = variable.type in ("date", "datetime", "time")  # from 1960, in the transport file
    attributes = {
        "itemOID": item.oid,
        "name": item.name,
        "label": item.label,
        "dataType": variable.type if counted else _TYPES.get(item.type, item.type),
        "targetDataType": "integer" if counted else None,
        "length": item.length if variable.type == "text" else None,
        "displayFormat": item.format or None,
        "keySequence": item.key,
    }
    return {name: value for name, value in attributes.items() if value is not None}
