"""A finished build, opened to be asked: its documents, its published records, and the raw records as they
were collected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow.compute as pc
from pyarrow import parquet

from pipeline.errors import UsageError
from pipeline.finished.folder import Folder
from pipeline.formats.xpt.rows import Rows, Value
from pipeline.study.located import nearest

STUDY = "specs/study.yaml"  # the form of a record that the protocol gives


@dataclass(frozen=True)
class Record:
    """A published record: its place in the dataset, its raw record, and the block of the mapping that made
    it.
    """

    dataset: str
    place: int
    usubjid: str
    form: str
    record: str
    block: int


@dataclass(frozen=True)
class RawRecord:
    """A raw record as it was collected, and what the build read of it."""

    form: str
    usubjid: str
    record: str
    place: str  # file:line
    values: Mapping[str, Value] = field(compare=False)
    # fields that speak of the time after the data cut-off, with what was so on its day
    as_it_stood: Mapping[str, Value] = field(default_factory=dict, compare=False)

    def read_as(self, name: str) -> Value:
        """What the build read in a field."""
        return self.as_it_stood.get(name, self.values.get(name))


@dataclass(frozen=True)
class Build(Folder):
    """A finished build; what it holds is read when it is asked for, and once."""

    _transport_files: dict[str, Rows] = field(default_factory=dict, init=False, compare=False)
    _records: dict[tuple[str, str], Sequence[Record]] = field(default_factory=dict, init=False, compare=False)
    _raw_records: dict[tuple[str, str], Sequence[RawRecord]] = field(
        default_factory=dict, init=False, compare=False
    )
    _lines: dict[str, np.ndarray] = field(default_factory=dict, init=False, compare=False)

    def dataset(self, name: str) -> Mapping[str, Any]:
        """What study.json says of a published dataset.

        Raises    UsageError with the nearest name.
        """
        datasets: Mapping[str, Mapping[str, Any]] = self.study_facts["datasets"]
        if name not in datasets:
            raise UsageError(f"{name} is not a dataset of this build{nearest(name, datasets)}")
        return datasets[name]

    def form(self, name: str) -> Mapping[str, Any]:
        """What study.json says of a raw form.

        Raises    UsageError with the nearest name.
        """
        forms: Mapping[str, Mapping[str, Any]] = self.study_facts["forms"]
        if name not in forms:
            raise UsageError(f"{name} is not a raw form of this study{nearest(name, forms)}")
        return forms[name]

    # --- published records
    def records(self, dataset: str, usubjid: str | None = None) -> Sequence[Record]:
        """The records of a participant, or all of them, in the order of the dataset."""
        if usubjid is None:
            return self._read_records(dataset, None)
        if (dataset, usubjid) not in self._records:
            self._records[dataset, usubjid] = self._read_records(dataset, usubjid)
        return self._records[dataset, usubjid]

    def value(self, record: Record, variable: str) -> Value:
        """The published value of a cell."""
        return self.values([record], variable)[0]

    def values(self, records: Sequence[Record], variable: str) -> list[Value]:
        """The values of a variable in some records of one dataset; a supplemental one is looked up in SUPP--,
        and the parts of a long one are joined.
        """
        if not records:
            return []
        dataset = records[0].dataset
        properties = self.study_facts["datasets"][dataset]["variables"].get(variable, {})
        values: list[Value] = [None] * len(records)
        if not properties.get("supp"):
            values = self._transport_file(dataset).values([r.place for r in records], variable)
        if properties.get("supp") or properties.get("long"):
            values = [
                _one_text([value, *self._supplemental_values(record, variable)])
                for record, value in zip(records, values, strict=True)
            ]
        return values

    def _read_records(self, dataset: str, usubjid: str | None) -> Sequence[Record]:
        file = parquet.ParquetFile(self.records_file(dataset))
        rows = _rows_of_subject(file, ["USUBJID", "form", "record", "block"], usubjid)
        return [
            Record(dataset, place, row["USUBJID"] or "", row["form"], row["record"], row["block"])
            for place, row in rows
        ]

    def _transport_file(self, dataset: str) -> Rows:
        if dataset not in self._transport_files:
            count = parquet.read_metadata(self.records_file(dataset)).num_rows
            self._transport_files[dataset] = Rows(self.transport_file(dataset), count)
        return self._transport_files[dataset]

    def _supplemental_values(self, parent: Record, variable: str) -> list[Value]:
        """The values of a variable in the SUPP-- records of a record."""
        supplement = f"SUPP{parent.dataset}"
        if supplement not in self.study_facts["datasets"]:
            return []
        qualifiers = self.variables[supplement]["qualifiers"]
        identity = (parent.form, parent.record, parent.block)
        records = [
            r for r in self.records(supplement, parent.usubjid) if (r.form, r.record, r.block) == identity
        ]
        names = self.values(records, "QNAM")
        chosen = [
            record
            for record, name in zip(records, names, strict=True)
            if qualifiers[str(name)]["of"] == variable
        ]
        return self.values(chosen, "QVAL")

    # --- raw records
    def raw_records(self, form: str, usubjid: str | None = None) -> Sequence[RawRecord]:
        """The records of a form that the build read: those of a participant, or all of them. Without those
        that the data cut-off sets aside.
        """
        return [r for r in self._collected(form, usubjid) if None not in self._cutoff_of(r)]

    def set_aside(self, form: str, usubjid: str | None = None) -> Sequence[RawRecord]:
        """The records of a form that the data cut-off sets aside."""
        return [r for r in self._collected(form, usubjid) if None in self._cutoff_of(r)]

    def _collected(self, form: str, usubjid: str | None) -> Sequence[RawRecord]:
        if usubjid is None:
            return self._read_raw_records(form, None)
        if (form, usubjid) not in self._raw_records:
            self._raw_records[form, usubjid] = self._read_raw_records(form, usubjid)
        return self._raw_records[form, usubjid]

    def _cutoff_of(self, raw: RawRecord) -> Mapping[str | None, Value]:
        return self._cutoff.get((raw.form, raw.usubjid, raw.record), {})

    @cached_property
    def _cutoff(self) -> Mapping[tuple[str, str, str], Mapping[str | None, Value]]:
        """What the data cut-off changes of each raw record: by field what was read, and for no field that the
        record is set aside.
        """
        changes: dict[tuple[str, str, str], dict[str | None, Value]] = {}
        cutoff = self.cutoff_file()
        if cutoff is not None:
            for row in parquet.read_table(cutoff, use_threads=False).to_pylist():
                identity = (row["form"], row["USUBJID"], row["record"])
                changes.setdefault(identity, {})[row["field"]] = row["value"]
        return changes

    def raw_record(self, form: str, usubjid: str, record: str) -> RawRecord | None:
        """One raw record by its identity; None where there is none."""
        if form not in self.study_facts["forms"]:
            return None
        return next((r for r in self.raw_records(form, usubjid) if r.record == record), None)

    def _read_raw_records(self, form: str, usubjid: str | None) -> Sequence[RawRecord]:
        file = parquet.ParquetFile(self.raw_file(form))
        records = []
        for place, row in _rows_of_subject(file, None, usubjid):
            subject, record = row.pop("USUBJID"), row.pop("record")
            file_and_line = f"{self.files_of_forms[form]}{self._line(form, place)}"
            raw = RawRecord(form, subject, record, file_and_line, row)
            as_it_stood = {name: v for name, v in self._cutoff_of(raw).items() if name is not None}
            records.append(replace(raw, as_it_stood=as_it_stood))
        return records

    @cached_property
    def files_of_forms(self) -> Mapping[str, Any]:
        """The file of the drop that held each form."""
        return self.document("lineage/lines/files.json")

    def _line(self, form: str, place: int) -> str:
        """`:line` of a record of a form; nothing where the file does not hold one record a line."""
        if form not in self._lines:
            table = parquet.read_table(self.lines_file(form), use_threads=False)
            self._lines[form] = pc.fill_null(table["line"], 0).to_numpy()
        line = self._lines[form][place]
        return f":{line}" if line else ""


def _one_text(parts: Sequence[Value]) -> Value:
    """The parts of a long text joined; a single part is the value itself."""
    present = [part for part in parts if part is not None]
    if len(present) > 1:
        return " ".join(map(str, present))
    return present[0] if present else None


def _rows_of_subject(
    file: parquet.ParquetFile, columns: list[str] | None, usubjid: str | None
) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a participant, or all, with their places.

    A group of rows that cannot hold the participant is not read: of 1,000,000 laboratory records that is all
    but one or two groups.
    """
    rows: list[tuple[int, dict[str, Any]]] = []
    first_place = 0
    subject_column = file.schema.names.index("USUBJID")
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        if usubjid is None or _may_hold(group.column(subject_column).statistics, usubjid):
            table = file.read_row_group(number, columns, use_threads=False)
            places = np.arange(table.num_rows)
            if usubjid is not None:
                is_subject = pc.fill_null(pc.equal(table["USUBJID"], usubjid), False)
                places, table = np.flatnonzero(is_subject.to_numpy()), table.filter(is_subject)
            rows += zip((places + first_place).tolist(), table.to_pylist(), strict=True)
        first_place += group.num_rows
    return rows


def _may_hold(statistics: Any, usubjid: str) -> bool:
    """Whether the participant lies between the least and the greatest value of a column."""
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= usubjid <= statistics.max)
