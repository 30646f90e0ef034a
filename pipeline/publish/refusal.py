"""The datasets of a refused build as plain tables: to see what is wrong, and for no other use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline.formats.csv import write as csv
from pipeline.publish import block_files
from pipeline.study.models import Dataset

FOLDER = "not-for-use"
MOST = 20_000  # records of a dataset: a person looks at no more


def write_datasets(specs: Mapping[str, Dataset], blocks: Sequence[Path], refused: Path) -> None:
    """Writes the first records of each dataset as CSV into refused/not-for-use, under its own name.

    Takes     the specs of what would be published; the folders of all blocks, in the order of subjects; the
              folder of the refusal.
    """
    folder = refused / FOLDER
    folder.mkdir(parents=True)
    for name, spec in specs.items():
        csv.write_parts(_first(block_files.frames(spec, blocks)), folder / f"{name.lower()}.csv")


def _first(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    left = MOST
    for frame in frames:
        yield pd.DataFrame({name: _as_text(column) for name, column in frame.head(left).items()})
        left -= len(frame)
        if left <= 0:
            return


def _as_text(column: pd.Series) -> pd.Series:
    """Values as a person reads them: days and moments in ISO 8601, whole numbers without a point."""
    if column.dtype.kind == "M":
        days = column.dropna().dt.normalize()
        form = "%Y-%m-%d" if days.eq(column.dropna()).all() else "%Y-%m-%dT%H:%M:%S"
        text: pd.Series = column.dt.strftime(form).astype("str")
        return text
    if column.dtype.kind == "f":
        return column.map(lambda number: f"{number:.15g}", na_action="ignore").astype("str")
    return column
