"""The build that another one continues: how much its forms held, and the numbers that it gave to records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from pipeline.errors import UsageError
from pipeline.finished.folder import Folder, current
from pipeline.mapping.kept_numbers import RECORD, Kept
from pipeline.records.lost import Size, Sizes

HIGHEST = "lineage/numbers.parquet"  # the numbers that records had which are gone


@dataclass(frozen=True)
class Previous:
    """A finished build, as one that continues it asks for it."""

    home: Path  # of the build itself: OUT may get another current build meanwhile

    @classmethod
    def opened(cls, out: Path, study: str) -> Self:
        """The current build of a folder of builds, or the build that the folder itself is.

        Takes     the folder; the identifier of the study.
        Raises    UsageError where there is no finished build, or one of another study; MachineError where
                  a file of it that is asked for was damaged.
        """
        folder = Folder.opened(out)
        if folder.study_id != study:
            message = f"a build of study {folder.study_id}, which {study} cannot continue"
            raise UsageError(f"{out}: {message}; name a build of the same study")
        for name in (*folder.names("lineage/raw", ".parquet"), *folder.names("lineage/records", ".parquet")):
            folder.file(name)
        if folder.has(HIGHEST):
            folder.file(HIGHEST)
        return cls(current(out).resolve())

    def sizes(self) -> Sizes:
        """How much each form held."""
        found = {}
        for path in sorted(self.home.glob("lineage/raw/*.parquet")):
            subjects = parquet.read_table(path, columns=["USUBJID"], use_threads=False)["USUBJID"]
            found[path.stem] = Size(len(subjects), pc.count_distinct(subjects).as_py())
        return found

    def kept(self, first: str, last: str) -> Kept:
        """The numbers of the records of SDTM, of the participants from one to another.

        Takes     USUBJID of the first and of the last.
        """
        within = [("USUBJID", ">=", first), ("USUBJID", "<=", last)]
        records, highest = {}, {}
        gone = _gone(self.home)
        for dataset in self.numbered():
            columns = ["USUBJID", "form", "record", "block", f"{dataset}SEQ"]
            of_dataset = _frame(self._records(dataset), columns, within)
            of_dataset = of_dataset.rename(columns={f"{dataset}SEQ": "number"})
            records[dataset] = of_dataset[[*RECORD, "number"]]
            used = pd.concat([of_dataset, gone[gone["dataset"].eq(dataset)]])
            highest[dataset] = used.groupby("USUBJID")["number"].max()
        return Kept(records, highest)

    def numbered(self) -> list[str]:
        """The datasets of SDTM whose records a participant has by number."""
        names = [path.stem.upper() for path in sorted(self.home.glob("lineage/records/*.parquet"))]
        schemas = {name: parquet.read_schema(self._records(name)).names for name in names}
        return [name for name in names if {"USUBJID", f"{name}SEQ"} <= {*schemas[name]}]

    def _records(self, dataset: str) -> Path:
        return self.home / "lineage" / "records" / f"{dataset.lower()}.parquet"


def keep_highest(previous: Previous, home: Path) -> None:
    """Writes the highest number of each participant and dataset that no record has any more, so that no later
    build gives it again; nothing where there is none.

    Takes     the build that is continued; the folder of the one that continues it, whose records are written.
    """
    now = Previous(home)
    used = pd.concat([_gone(previous.home), *(_highest(previous, name) for name in previous.numbered())])
    had = used.groupby(["dataset", "USUBJID"])["number"].max()
    has = pd.concat([_highest(now, name) for name in now.numbered()]).groupby(["dataset", "USUBJID"])
    left = had[had > has["number"].max().reindex(had.index).fillna(0)].reset_index()
    if len(left):
        table = pa.Table.from_pandas(left, preserve_index=False).replace_schema_metadata(None)
        parquet.write_table(table, home / HIGHEST, store_schema=False)


def _highest(build: Previous, dataset: str) -> pd.DataFrame:
    columns = ["USUBJID", f"{dataset}SEQ"]
    numbers = _frame(build.home / "lineage" / "records" / f"{dataset.lower()}.parquet", columns)
    highest = numbers.groupby("USUBJID")[f"{dataset}SEQ"].max()
    return highest.rename("number").reset_index().assign(dataset=dataset)


def _gone(home: Path) -> pd.DataFrame:
    if (home / HIGHEST).is_file():
        return _frame(home / HIGHEST, ["dataset", "USUBJID", "number"])
    none = {"dataset": pd.Series(dtype="str"), "USUBJID": pd.Series(dtype="str")}
    return pd.DataFrame({**none, "number": pd.Series(dtype=np.float64)})


def _frame(path: Path, columns: list[str], filters: list[tuple[str, str, str]] | None = None) -> pd.DataFrame:
    frame: pd.DataFrame = parquet.read_table(path, columns=columns, filters=filters).to_pandas()
    texts = [name for name in columns if name in ("USUBJID", "form", "record", "dataset")]
    return frame.astype(dict.fromkeys(texts, "str"))
