"""The analysis results as one dataset: a record for each statistic of each display."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from pipeline.displays.content import Cell, Column, Content, Line, Table
from pipeline.formats.dataset_json.write import write as write_dataset
from pipeline.study import Study

NAME, LABEL = "RESULTS", "Analysis Results"
# name -> type and label
COLUMNS = {
    "DISPLAY": ("text", "Display"),
    "LINENO": ("integer", "Number of the Line in the Display"),
    "ROWID": ("text", "Row of the Specification"),
    "LINEID": ("text", "Line of the Display"),
    "LABEL": ("text", "Label of the Line"),
    "COLNO": ("integer", "Number of the Column"),
    "COLUMN": ("text", "Column"),
    "POPUL": ("text", "Population"),
    "DATASET": ("text", "Dataset"),
    "METHOD": ("text", "Method"),
    "OPER": ("text", "Operation of the Method"),
    "VALUE": ("float", "Value"),
    "TEXT": ("text", "Value as Shown"),
    "NSUBJ": ("integer", "Participants Counted"),
    "NREC": ("integer", "Records Counted"),
    "RECORDS": ("text", "Records Counted, by Place in the Dataset"),
}


def frame(contents: Iterable[Content]) -> pd.DataFrame:
    """A record for each statistic, in the order of displays, lines, columns and operations.

    A number has twelve significant digits: the last bits of a computation may differ between processors. A
    value that cannot be estimated is missing. Records are told by their place in the published dataset, from
    1: 1-3 7.

    Takes     displays with their results; a listing has none.
    """
    records = [r for content in contents if isinstance(content, Table) for r in _of_table(content)]
    types = {
        name: {"text": "str", "integer": "int64", "float": "float64"}[t] for name, (t, _) in COLUMNS.items()
    }
    return pd.DataFrame(records, columns=pd.Index(COLUMNS)).astype(types)


def _of_table(table: Table) -> Iterator[tuple[Any, ...]]:
    for number, line in enumerate(table.lines, start=1):
        for place, column in enumerate(table.columns, start=1):
            if column in line.cells:
                yield from _of_cell(table, (number, line), (place, column), line.cells[column])


def _of_cell(
    table: Table, numbered: tuple[int, Line], placed: tuple[int, Column], cell: Cell
) -> Iterator[tuple[Any, ...]]:
    (number, line), (place, column) = numbered, placed
    ranges = as_ranges(cell.places)
    of_line = (table.display.id, number, line.row, line.id, line.label, place, column.label)
    for statistic in cell.statistics:
        value = None if statistic.value is None else float(f"{statistic.value:.12g}")
        of_statistic = (line.method, statistic.operation, value, statistic.text)
        yield (
            *of_line,
            table.population,
            line.dataset,
            *of_statistic,
            cell.participants,
            len(cell.places),
            ranges,
        )


def as_ranges(places: np.ndarray) -> str:
    """Whole numbers as a short text: 1-3 7."""
    places = np.unique(places)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def from_ranges(text: str) -> list[int]:
    """The numbers of a short text."""
    ends = [part.split("-") for part in text.split()]
    return [number for run in ends for number in range(int(run[0]), int(run[-1]) + 1)]


def write(study: Study, results: pd.DataFrame, folder: Path) -> None:
    """Writes results.parquet and results.json (Dataset-JSON 1.1).

    Takes     the study; what `frame` returns; the folder.
    """
    table = pa.table({name: pa.array(results[name].array, from_pandas=True) for name in COLUMNS})
    parquet.write_table(table, folder / "results.parquet")
    protocol = study.protocol
    attributes = {
        "datasetJSONCreationDateTime": protocol.declared_build_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{protocol.id}.{NAME}",
        "originator": protocol.sponsor,
        "studyOID": f"STDY.{protocol.id}",
        "metaDataVersionOID": f"MDV.{protocol.id}.{NAME}",
        "itemGroupOID": f"IG.{NAME}",
        "records": len(results),
        "name": NAME,
        "label": LABEL,
        "columns": [
            {
                "itemOID": f"IT.{NAME}.{name}",
                "name": name,
                "label": label,
                "dataType": _JSON_TYPES.get(type_, type_),
            }
            for name, (type_, label) in COLUMNS.items()
        ],
    }
    types = {name: type_ for name, (type_, _) in COLUMNS.items()}
    with (folder / "results.json").open("wb") as file:
        write_dataset(file, attributes, types, [results])


_JSON_TYPES = {"text": "string"}
