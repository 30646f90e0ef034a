"""The forms of a drop on disk as collected, in the order of their records' identity: a block of subjects
reads its own run of records.

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
from pipeline.sources.collected import TEXT
from pipeline.sources.identity import Identified
from pipeline.study.models import Form

GROUP = 50_000  # records that are read together: who asks for one participant reads one group or two

Run = Mapping[str, tuple[int, int]]  # form -> its first record, and the one after its last


@dataclass
class Stored:
    """Writes raw/<form>.parquet, and in lines/ which line of which file each of its records begins on.

    lines/ is of the files and not of what they say: another order of lines, or another format, changes lines/
    alone.
    """

    folder: Path
    subjects: dict[str, tuple[list[str], list[int]]] = field(
        default_factory=dict
    )  # form -> its subjects, and where each one's records end

    def keep(self, form: Form, frame: pd.DataFrame, found: Identified, lines: np.ndarray | None) -> None:
        """Stores a form's records of known persons: USUBJID, record and the cells as they were typed; and
        apart from them their lines.

        Takes     no lines where a file does not hold a record a line.
        """
        for name in ("raw", "lines"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        places = found.at
        schema = pa.schema([(n, pa.string()) for n in ("USUBJID", "record", *form.fields)])
        with parquet.ParquetWriter(
            self.folder / "raw" / f"{form.form}.parquet", schema, store_schema=False
        ) as file:
            for first in range(0, max(1, len(places)), GROUP):
                part = slice(first, first + GROUP)
                cells = [frame[n].array.take(places[part]) for n in form.fields]
                columns = (
                    pa.array(c).cast(pa.string()) for c in (found.usubjid[part], found.record[part], *cells)
                )
                file.write_table(pa.table(list(columns), schema=schema))
        line = pa.nulls(len(places), pa.int64()) if lines is None else pa.array(lines[places].astype("int64"))
        parquet.write_table(
            pa.table({"line": line}),
            self.folder / "lines" / f"{form.form}.parquet",
            row_group_size=GROUP,
            store_schema=False,
        )
        last = np.flatnonzero(
            np.diff(encoded(pd.Series(found.usubjid)).codes, append=-2)
        )  # a subject's records stand together
        self.subjects[form.form] = (list(found.usubjid[last]), (last + 1).tolist())
        pa.default_memory_pool().release_unused()  # what reading the form took

    def name_files(self, files: Mapping[str, str]) -> None:
        """Writes lines/files.json, the name of the file that holds each form."""
        told = json.dumps(dict(files), indent=1, ensure_ascii=False) + "\n"
        (self.folder / "lines" / "files.json").write_text(told, encoding="utf-8")

    def runs(self, ends: Sequence[str]) -> list[Run]:
        """Where the records of each run of subjects stand, the runs ending with these subjects."""
        stops = {form: [0, *(_stop(known, end) for end in ends)] for form, known in self.subjects.items()}
        return [{form: (at[i], at[i + 1]) for form, at in stops.items()} for i in range(len(ends))]


def _stop(known: tuple[list[str], list[int]], end: str) -> int:
    names, stops = known
    before = bisect_right(names, end)
    return stops[before - 1] if before else 0


def load(folder: Path, form: str, first: int, stop: int) -> pd.DataFrame:
    """These records of a form as collected, with KEY."""
    with parquet.ParquetFile(folder / "raw" / f"{form}.parquet") as file:
        group = range(first // GROUP, -(-stop // GROUP))
        table = (
            file.read_row_groups(list(group), use_threads=False) if group else file.schema_arrow.empty_table()
        )
    start = first - group.start * GROUP if group else 0
    columns: dict[str, Any] = {
        n: pd.array(table.column(n).slice(start, stop - first), dtype=TEXT) for n in table.column_names
    }
    named = pd.array([form], dtype="str").take(np.zeros(stop - first, dtype="int64"))
    return pd.DataFrame({"USUBJID": columns.pop("USUBJID"), "form": named, **columns}, copy=False)
