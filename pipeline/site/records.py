"""The published and the raw records of a build, written for its pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pyarrow import parquet

from pipeline.finished.build import Build
from pipeline.formats.xpt import numbers
from pipeline.formats.xpt.read import read
from pipeline.site import chunks
from pipeline.site.chunks import Coded

IDENTITY = {"form": "_form", "record": "_record", "block": "_block"}  # of a record, beside its variables


def published(build: Build, dataset: str) -> dict[str, Coded]:
    """The variables of a dataset, in their order, and of each record its raw record and block of the mapping.

    Returns   dates in ISO 8601; one column for each variable, then those of `IDENTITY`.
    """
    contents = read(build.transport_file(dataset))
    columns: dict[str, Coded] = {}
    for place, column in enumerate(contents.columns):
        if column.text:
            codes, texts = contents.distinct_texts(place)
            columns[column.name] = chunks.of_texts(texts, codes)
        else:
            columns[column.name] = _numbers(contents.values(place), column.time_unit)
    identity = parquet.read_table(build.records_file(dataset), columns=[*IDENTITY], use_threads=False)
    return columns | {name: chunks.of_arrow(identity[of]) for of, name in IDENTITY.items()}


def _numbers(values: NDArray[Any], time_unit: str | None) -> Coded:
    """A column of numbers, or of dates in ISO 8601."""
    column = chunks.of_numbers(values)
    if not time_unit:
        return column
    return Coded([numbers.as_iso(float(n or 0), time_unit) for n in column.values], column.codes)


def collected(build: Build, form: str) -> dict[str, Coded]:
    """The fields of a raw form as they were collected, with USUBJID and record."""
    table = parquet.read_table(build.raw_file(form), use_threads=False)
    return {name: chunks.of_arrow(table[name]) for name in table.column_names}


def lines(build: Build, form: str) -> list[int]:
    """The line of the drop's file on which each record of a form stands; 0 where its file has no lines."""
    table = parquet.read_table(build.lines_file(form), use_threads=False)
    return [line or 0 for line in table["line"].to_pylist()]


def write(columns: Mapping[str, Coded], call: str, name: str, folder: Path) -> list[dict[str, Any]]:
    """Writes the files of a dataset or form.

    Takes     its columns; the function of the pages that takes the records; its name; the folder of data.
    Returns   of each file how many records it has, and the first and the last participant in it.
    """
    rows = len(next(iter(columns.values())).codes)
    files = []
    for number, start in enumerate(chunks.starts(rows)):
        part = chunks.part(columns, start)
        size = min(chunks.ROWS, rows - start)
        chunks.write(
            folder / call / f"{name}-{number}.js", call, f"{name}-{number}", {"rows": size, "columns": part}
        )
        subjects = part.get("USUBJID", [[], 0])[0]
        files.append({"rows": size, "first": min(subjects, default=""), "last": max(subjects, default="")})
    return files
