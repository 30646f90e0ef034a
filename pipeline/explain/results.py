"""A number of a display: its statistics, the method of each, and the records that it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.displays.methods import METHODS
from pipeline.displays.results import from_ranges
from pipeline.displays.write import FOLDER
from pipeline.errors import UsageError
from pipeline.explain import find, related
from pipeline.finished.build import Build, Record
from pipeline.formats.xpt.rows import Value
from pipeline.study.located import nearest

_ID = re.compile(r"[TFL]\d+(-\d+)*", re.IGNORECASE)


@dataclass(frozen=True)
class Counted:
    """A published record that a number counts, and the raw record that it is of."""

    dataset: str
    identity: Mapping[str, Value]
    form: str
    place: str  # file:line of the raw record; "" where none is its own

    @property
    def address(self) -> str:
        """The record as `explain` takes it after a variable."""
        keys = " ".join(
            f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in self.identity.items()
        )
        return f"{self.dataset} {keys}"


@dataclass(frozen=True)
class Number:
    """A place of a display with its statistics."""

    display: str
    line: str
    label: str
    column: str
    population: str
    participants: int
    statistics: Sequence[Mapping[str, Any]]  # operation, value, text
    method: str
    sentence: str
    records: Sequence[Counted]

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        records = [
            {"dataset": r.dataset, "identity": dict(r.identity), "form": r.form, "place": r.place}
            for r in self.records
        ]
        return {**vars(self), "statistics": [dict(s) for s in self.statistics], "records": records}


def is_display(target: str) -> bool:
    """Whether what was asked for is a display, such as T14-3-1-2, and not a cell of a dataset."""
    return bool(_ID.fullmatch(target))


def explain(out: Path, target: str, keys: Sequence[str]) -> Number:
    """The number of a display that row=... and column=... name.

    A row is named by its label or, where several lines have one label, by its id: AE/Investigations/Anaemia.

    Takes     the folder of builds; the id of the display; row=LINE and column=COLUMN.
    Raises    UsageError where the build has no displays, for an unknown name, for a label of several lines.
    """
    build = Build.opened(out)
    results = _results(build)
    of_display = results[results["DISPLAY"].eq(target.upper())]
    if of_display.empty:
        hint = nearest(target.upper(), results["DISPLAY"].unique())
        raise UsageError(f"{target}: no display of this build has numbers under that name{hint}")
    asked = find.values_by_key(keys)
    for key in asked:
        if key not in ("ROW", "COLUMN"):
            raise UsageError(
                f"a number of a display is named by row=... and column=..., not by {key.lower()}="
            )
    of_line = _line(of_display, asked.get("ROW"))
    of_cell = _column(of_line, asked.get("COLUMN"))
    first = of_cell.iloc[0]
    numbers = [None if pd.isna(value) else value for value in of_cell["VALUE"]]
    statistics = [
        {"operation": METHODS[first["METHOD"]].operations[operation], "value": value, "text": text}
        for operation, value, text in zip(of_cell["OPER"], numbers, of_cell["TEXT"], strict=True)
    ]
    return Number(
        display=first["DISPLAY"],
        line=first["LINEID"],
        label=first["LABEL"],
        column=first["COLUMN"],
        population=first["POPUL"],
        participants=int(first["NSUBJ"]),
        statistics=statistics,
        method=METHODS[first["METHOD"]].name,
        sentence=METHODS[first["METHOD"]].sentence,
        records=_counted(build, first["DATASET"], from_ranges(first["RECORDS"])),
    )


def _results(build: Build) -> pd.DataFrame:
    name = f"{FOLDER}/results.parquet"
    if not build.has(name):
        raise UsageError(
            f"{build.home}: this build has no displays; build with --edition, of a study with displays.yaml"
        )
    return pd.read_parquet(build.file(name))


def _line(results: pd.DataFrame, asked: str | None) -> pd.DataFrame:
    """The results of one line, by its id or its label."""
    labels = dict(zip(results["LINEID"], results["LABEL"], strict=True))
    if asked is None:
        raise UsageError(f"name a row, row=...; one of {'; '.join(dict.fromkeys(labels.values()))}")
    wanted = asked.casefold()
    found = [line for line in labels if line.casefold() == wanted]
    found = found or [line for line, label in labels.items() if label.casefold() == wanted]
    if not found:
        hint = nearest(asked, {*labels, *labels.values()})
        raise UsageError(f"{results['DISPLAY'].iloc[0]} has no row of that label or id{hint}")
    if len(found) > 1:
        raise UsageError(f"{len(found)} rows have that label; name one by its id: {'; '.join(found)}")
    return results[results["LINEID"].eq(found[0])]


def _column(results: pd.DataFrame, asked: str | None) -> pd.DataFrame:
    """The results of one column, by its head."""
    columns = list(dict.fromkeys(results["COLUMN"]))
    if asked is None:
        if len(columns) > 1:
            raise UsageError(f"name a column, column=...; one of {'; '.join(columns)}")
        return results
    found = [column for column in columns if column.casefold() == asked.casefold()]
    if not found:
        hint = nearest(asked, columns)
        raise UsageError(f"the row has no column of that name{hint}; one of {'; '.join(columns)}")
    return results[results["COLUMN"].eq(found[0])]


def _counted(build: Build, dataset: str, places: Sequence[int]) -> list[Counted]:
    records = build.records(dataset)
    return [_of_record(build, records[place - 1]) for place in places]


def _of_record(build: Build, record: Record) -> Counted:
    raw = build.raw_record(record.form, record.usubjid, record.record)
    identity = related.identity(build, record)
    return Counted(record.dataset, identity, record.form, raw.place if raw else "")
