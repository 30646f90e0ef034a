"""The forms of a drop on disk as collected, in the order of their records' identity: a run of subjects reads
its own records.

So a drop is never held in memory, and lineage has the raw records that a build was made of.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from pipeline.records.distinct import encoded
from pipeline.records.lost import Size
from pipeline.sources.collected import TEXT
from pipeline.sources.identity import Identified
from pipeline.study.models import Form

GROUP = 50_000  # records that are read together: who asks for one participant reads one group or two

Run = Mapping[str, tuple[int, int]]  # form -> its first record, and the one after its last


@dataclass(frozen=True)
class Subjects:
    """The subjects of a form in order, and after how many of its records those of each end."""

    usubjid: Sequence[str]
    ends: Sequence[int]

    @property
    def size(self) -> Size:
        """How many records and subjects the form has."""
        return Size(self.ends[-1] if self.ends else 0, len(self.usubjid))

    def records_up_to(self, last: str) -> int:
        """How many records belong to this subject and those before."""
        number = bisect_right(self.usubjid, last)
        return self.ends[number - 1] if number else 0


@dataclass
class Writer:
    """Writes raw/<form>.parquet, and in lines/ which line of which file each of its records begins on.

    lines/ is of the files and not of what they say: another order of lines, or another format, changes lines/
    alone.
    """

    folder: Path
    subjects: dict[str, Subjects] = field(default_factory=dict)  # by form

    def write_form(
        self, form: Form, collected: pd.DataFrame, identified: Identified, lines: np.ndarray | None
    ) -> None:
        """Store a form's records of enrolled persons: USUBJID, record and the cells as collected; and apart
        from them their lines.

        Takes     no lines where a file does not hold a record a line.
        """
        raw, of_lines = self.folder / "raw", self.folder / "lines"
        for folder in (raw, of_lines):
            folder.mkdir(parents=True, exist_ok=True)
        places = identified.places
        schema = pa.schema([(name, pa.string()) for name in ("USUBJID", "record", *form.fields)])
        # Group by group, so that no second form in the order of identity is held beside the first.
        with parquet.ParquetWriter(raw / f"{form.form}.parquet", schema, store_schema=False) as file:
            for first in range(0, max(1, len(places)), GROUP):
                group = slice(first, first + GROUP)
                columns = [identified.usubjid[group], identified.record[group]]
                columns += [collected[name].array.take(places[group]) for name in form.fields]
                arrays = [pa.array(column).cast(pa.string()) for column in columns]
                file.write_table(pa.table(arrays, schema=schema))
        line = pa.nulls(len(places), pa.int64()) if lines is None else pa.array(lines[places].astype("int64"))
        parquet.write_table(
            pa.table({"line": line}),
            of_lines / f"{form.form}.parquet",
            row_group_size=GROUP,
            store_schema=False,
        )
        # A subject's records stand together, so its last is where the next code differs.
        codes = encoded(pd.Series(identified.usubjid)).codes
        last_records = np.flatnonzero(np.diff(codes, append=-2))
        self.subjects[form.form] = Subjects(
            list(identified.usubjid[last_records]), (last_records + 1).tolist()
        )
        pa.default_memory_pool().release_unused()  # what reading the form took

    def write_file_names(self, files: Mapping[str, str]) -> None:
        """Write lines/files.json, the name of the file that holds each form."""
        names = json.dumps(dict(files), indent=1, ensure_ascii=False) + "\n"
        (self.folder / "lines" / "files.json").write_text(names, encoding="utf-8")

    def runs(self, last_subjects: Sequence[str]) -> list[Run]:
        """Where the records of each run of subjects stand, the runs ending with these subjects."""
        runs: list[Run] = []
        first = dict.fromkeys(self.subjects, 0)
        for last in last_subjects:
            stop = {form: subjects.records_up_to(last) for form, subjects in self.subjects.items()}
            runs.append({form: (first[form], stop[form]) for form in self.subjects})
            first = stop
        return runs


def load(folder: Path, form: str, first: int, stop: int) -> pd.DataFrame:
    """These records of a form as collected, with KEY."""
    first_group, end_group = first // GROUP, -(-stop // GROUP)
    groups = list(range(first_group, end_group))
    with parquet.ParquetFile(folder / "raw" / f"{form}.parquet") as file:
        nothing = file.schema_arrow.empty_table()
        table = file.read_row_groups(groups, use_threads=False) if groups else nothing
    start = first - first_group * GROUP if groups else 0
    columns: dict[str, Any] = {
        name: pd.array(table.column(name).slice(start, stop - first), dtype=TEXT)
        for name in table.column_names
    }
    form_name = pd.array([form], dtype="str").take(np.zeros(stop - first, dtype="int64"))
    return pd.DataFrame({"USUBJID": columns.pop("USUBJID"), "form": form_name, **columns}, copy=False)
