"""A published build, opened to be asked: its rules, the records of one participant, the raw records as they
were collected.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from pyarrow import parquet

from pipeline.errors import UsageError
from pipeline.formats.xpt.rows import Rows, Value
from pipeline.study.located import nearest

STUDY = "specs/study.yaml"
SHARE = " (any record of the subject)"


@dataclass(frozen=True)
class Record:
    """A published record: where it stands in its dataset, the raw record it is of, the block of the mapping
    that made it.
    """

    dataset: str
    place: int
    usubjid: str
    form: str
    record: str
    block: int


@dataclass(frozen=True)
class Raw:
    """A raw record as it was collected."""

    form: str
    usubjid: str
    record: str
    place: str  # file:line
    values: Mapping[str, Value] = field(compare=False)


class Published:
    """A build that was published.

    Raises    UsageError where there is none.
    """

    def __init__(self, out: Path) -> None:
        self.home = out / "latest"
        if not (self.home / "lineage" / "study.json").is_file():
            raise UsageError(f"{out}: no finished build here; name the folder given to build as --out")
        self._rows: dict[str, Rows] = {}
        self._records: dict[tuple[str, str], Sequence[Record]] = {}
        self._raw: dict[tuple[str, str], Sequence[Raw]] = {}
        self._begun: dict[str, np.ndarray] = {}

    @cached_property
    def study(self) -> Mapping[str, Any]:
        """What the rules speak of."""
        return self._told("study.json")

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """Each variable's rules."""
        return self._told("variables.json")

    def _told(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads((self.home / "lineage" / name).read_text(encoding="utf-8"))
        return found

    @cached_property
    def study_lines(self) -> list[str]:
        """specs/study.yaml as the build read it."""
        return (self.home / "lineage" / "study" / STUDY).read_text(encoding="utf-8").splitlines()

    def dataset(self, name: str) -> Mapping[str, Any]:
        """What is said of a published dataset.

        Raises    UsageError with the nearest name.
        """
        known = self.study["datasets"]
        if name not in known:
            raise UsageError(f"{name} is no dataset of this build{nearest(name, known)}")
        found: Mapping[str, Any] = known[name]
        return found

    def form(self, name: str) -> Mapping[str, Any]:
        """What is said of a raw form.

        Raises    UsageError with the nearest name.
        """
        known = self.study["forms"]
        if name not in known:
            raise UsageError(f"{name} is no raw form of this study{nearest(name, known)}")
        found: Mapping[str, Any] = known[name]
        return found

    # --- published records
    def records(self, dataset: str, usubjid: str | None = None) -> Sequence[Record]:
        """The records of a participant, or all of them, in the order of the dataset."""
        if usubjid is None:
            return self._read_records(dataset, None)
        if (dataset, usubjid) not in self._records:
            self._records[dataset, usubjid] = self._read_records(dataset, usubjid)
        return self._records[dataset, usubjid]

    def _read_records(self, dataset: str, usubjid: str | None) -> Sequence[Record]:
        file = parquet.ParquetFile(self.home / "lineage" / "records" / f"{dataset.lower()}.parquet")
        columns = ["USUBJID", "form", "record", "block"]
        return [
            Record(dataset, at, row["USUBJID"] or "", row["form"], row["record"], row["block"])
            for at, row in _of_subject(file, columns, usubjid)
        ]

    def rows(self, dataset: str) -> Rows:
        """The transport file."""
        if dataset not in self._rows:
            count = parquet.read_metadata(
                self.home / "lineage" / "records" / f"{dataset.lower()}.parquet"
            ).num_rows
            self._rows[dataset] = Rows(self.home / self.study["datasets"][dataset]["file"], count)
        return self._rows[dataset]

    def values(self, records: Sequence[Record], variable: str) -> list[Value]:
        """The values of a variable in some records of one dataset; a supplemental one is looked up in SUPP--,
        a long one joined.
        """
        if not records:
            return []
        told = self.study["datasets"][records[0].dataset]["variables"].get(variable, {})
        shown: list[Value] = [None] * len(records)
        if not told.get("supp"):
            shown = self.rows(records[0].dataset).values([r.place for r in records], variable)
        if told.get("supp") or told.get("long"):
            return [_joined(v, self._supplemental(r, variable)) for r, v in zip(records, shown, strict=True)]
        return shown

    def value(self, record: Record, variable: str) -> Value:
        """The published value of a cell."""
        return self.values([record], variable)[0]

    def _supplemental(self, record: Record, variable: str) -> list[Value]:
        name = f"SUPP{record.dataset}"
        if name not in self.study["datasets"]:
            return []
        behind = self.variables[name]["qualifiers"]
        mine = [
            r
            for r in self.records(name, record.usubjid)
            if (r.form, r.record, r.block) == (record.form, record.record, record.block)
        ]
        named = zip(mine, self.values(mine, "QNAM"), strict=True)
        chosen = [r for r, q in named if behind[str(q)]["of"] == variable]
        return self.values(chosen, "QVAL")

    # --- raw records
    def raw(self, form: str, usubjid: str) -> Sequence[Raw]:
        """A participant's records of a form, as collected."""
        if (form, usubjid) not in self._raw:
            self._raw[form, usubjid] = self.all_raw(form, usubjid)
        return self._raw[form, usubjid]

    def all_raw(self, form: str, usubjid: str | None = None) -> Sequence[Raw]:
        """The records of a form, as collected."""
        file = parquet.ParquetFile(self.home / "lineage" / "raw" / f"{form}.parquet")
        return [
            Raw(form, row.pop("USUBJID"), row.pop("record"), f"{self.files[form]}{self._line(form, at)}", row)
            for at, row in _of_subject(file, None, usubjid)
        ]

    @cached_property
    def files(self) -> Mapping[str, Any]:
        """The file of the drop that held each form."""
        return self._told("lines/files.json")

    def _line(self, form: str, at: int) -> str:
        """`:line` of a record of a form; nothing where the file did not hold a record a line."""
        if form not in self._begun:
            read = parquet.read_table(self.home / "lineage" / "lines" / f"{form}.parquet", use_threads=False)[
                "line"
            ]
            self._begun[form] = pc.fill_null(read, 0).to_numpy()
        return f":{line}" if (line := self._begun[form][at]) else ""

    def raw_record(self, form: str, usubjid: str, record: str) -> Raw | None:
        """One raw record by its identity."""
        return (
            next((r for r in self.raw(form, usubjid) if r.record == record), None)
            if form in self.study["forms"]
            else None
        )


def _joined(first: Value, more: Sequence[Value]) -> Value:
    parts = [p for p in (first, *more) if p is not None]
    return " ".join(map(str, parts)) if len(parts) > 1 else parts[0] if parts else None


def _of_subject(
    file: parquet.ParquetFile, columns: list[str] | None, usubjid: str | None
) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a participant, or all, with their places; a group of rows that cannot hold the participant
    is not read.
    """
    found: list[tuple[int, dict[str, Any]]] = []
    first = 0
    for group in range(file.num_row_groups):
        about = file.metadata.row_group(group)
        limits = about.column(file.schema.names.index("USUBJID")).statistics
        if usubjid is None or limits is None or not limits.has_min_max or limits.min <= usubjid <= limits.max:
            table = file.read_row_group(group, columns, use_threads=False)
            places = np.arange(table.num_rows)
            if usubjid is not None:
                chosen = pc.fill_null(pc.equal(table["USUBJID"], usubjid), False)
                places, table = np.flatnonzero(chosen.to_numpy()), table.filter(chosen)
            found += zip((places + first).tolist(), table.to_pylist(), strict=True)
        first += about.num_rows
    return found
