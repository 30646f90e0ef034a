"""Writes each dataset as XPT version 5 from the blocks of subjects, reads it back, and compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline import facts as f
from pipeline import order
from pipeline.errors import PipelineError
from pipeline.mapping.interpret import KEY
from pipeline.publish import xpt
from pipeline.study import Study
from pipeline.study.models import Dataset, Variable

PART = 50_000  # records that are put in order and stored at a time
WHOLE = 100_000  # records of a dataset that is held in memory as a whole
FOLDERS = {"sdtm": "tabulations/sdtm", "adam": "analysis/adam/datasets"}


def folder(study: Study, home: Path, layer: str) -> Path:
    """Where the datasets of a layer stand in the m5 tree."""
    return home / "m5" / "datasets" / study.protocol.id.lower() / FOLDERS[layer]


def write(study: Study, specs: Mapping[str, Dataset], facts: f.Facts, blocks: Sequence[Path], home: Path) -> None:
    """One XPT file a dataset, each read back with an independent reader and compared cell by cell.

    Takes     folders with one Arrow file a dataset, in the order of subjects.
    Raises    PipelineError where a file does not give back what was written.
    """
    widths = f.widths(specs, facts)
    for name, spec in specs.items():
        path = folder(study, home, spec.layer) / f"{name.lower()}.xpt"
        columns = [xpt.Column(n, v.label, widths[name, n], v.is_text, v.format or "") for n, v in spec.published.items()]
        once = list(frames(spec, blocks)) if facts.records.get(name, 0) <= WHOLE else None  # read once what is small
        xpt.write(path, name, spec.label, columns, once or frames(spec, blocks), study.protocol.declared_build_time)
        differences = xpt.read_back(path, name, spec.label, columns, once or frames(spec, blocks))
        if differences:
            raise PipelineError(f"{path.name}: what was read back differs from what was written: {'; '.join(differences[:5])}")
        del once
        pa.default_memory_pool().release_unused()


def frames(spec: Dataset, blocks: Sequence[Path]) -> Iterator[pd.DataFrame]:
    """The published columns of a dataset, some records at a time, at least one frame."""
    names = list(spec.published)
    for table in stored(spec.dataset, blocks, names):
        held = {n: _held(table[n], v) for n, v in spec.published.items()}
        yield pd.DataFrame(held, columns=pd.Index(names, dtype="object"), copy=False)
    if not files(spec.dataset, blocks):
        yield pd.DataFrame({n: pd.Series(dtype=v.dtype) for n, v in spec.published.items()})


def stored(dataset: str, blocks: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of a dataset in its order, PART records at most at a time."""
    for path in files(dataset, blocks):
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as parts:
            for part in range(parts.num_record_batches):
                yield pa.Table.from_batches([parts.get_batch(part)]).select(columns)


def _held(column: pa.ChunkedArray, variable: Variable) -> Any:
    """A stored column as its spec types it."""
    return pd.array(column, dtype="str") if variable.is_text else column.to_numpy().astype(variable.dtype, copy=False)


def store(folder: Path, specs: Mapping[str, Dataset], made: Mapping[str, pd.DataFrame]) -> None:
    """Leaves some datasets of one block of subjects, or of the study as a whole, as Arrow files in the order of their keys and then KEY."""
    folder.mkdir(parents=True)
    for name, frame in made.items():
        ordered = order.positions(frame[c] for c in dict.fromkeys([*specs[name].keys, *KEY]))
        parts = (_part(frame, ordered[start : start + PART]) for start in range(0, max(1, len(frame)), PART))
        first = next(parts)
        with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as file, pa.ipc.new_file(file, first.schema) as out:
            for part in chain([first], parts):
                out.write_table(part)
    pa.default_memory_pool().release_unused()  # Arrow keeps what a block let go of, which is more than the next one may need


def _part(frame: pd.DataFrame, places: np.ndarray) -> pa.Table:
    return pa.table({str(c): pa.array(v.array.take(places), from_pandas=True) for c, v in frame.items()})


def files(dataset: str, blocks: Sequence[Path]) -> list[Path]:
    """The parts of a dataset in their order: what is told of the study as a whole has one, and blocks of subjects have the others."""
    return [path for path in (block / f"{dataset}.arrow" for block in blocks) if path.is_file()]
