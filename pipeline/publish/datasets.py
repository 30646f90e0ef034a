"""Writes each dataset as XPT version 5 from the blocks of subjects, reads it back, and compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.formats.xpt.layout import ASCII, Column
from pipeline.formats.xpt.limits import rows_that_fit
from pipeline.formats.xpt.write import write as write_transport_file
from pipeline.mapping.translate import original
from pipeline.profile import Profile, widths
from pipeline.publish.package import split
from pipeline.records import lookup
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study.models import Dataset, Variable

PART = 50_000  # records that are put in order and stored at a time
LARGEST = 5_000_000_000  # bytes of a file that the FDA takes without its parts beside it
FOLDERS = {"sdtm": "tabulations/sdtm", "adam": "analysis/adam/datasets"}


def folder(study: Study, home: Path, layer: str) -> Path:
    """Where the datasets of a layer stand in the m5 tree."""
    return home / "m5" / "datasets" / study.protocol.id.lower() / FOLDERS[layer]


def write(
    study: Study,
    specs: Mapping[str, Dataset],
    profile: Profile,
    blocks: Sequence[Path],
    home: Path,
    encoding: str = ASCII,
) -> None:
    """One XPT file a dataset, each read back with an independent reader and compared cell by cell.

    A file over the limit of size stays, whole, and its records stand once more in split/, in files within the
    limit and of the same widths: lb1.xpt, lb2.xpt and so on, cut between participants.

    Takes     folders with one Arrow file a dataset, in the order of subjects; the encoding of text, and
              unless it is ASCII texts are written as collected; the profile whose widths are counted in it.
    Raises    PipelineError where a file does not give back what was written.
    Source    FDA Study Data Technical Conformance Guide, 3.3.2 (dataset size: the split datasets beside the
              whole one, in folder split).
    """
    width = widths(specs, profile)
    for name, spec in specs.items():
        place = folder(study, home, spec.layer)
        columns = [
            Column(n, v.label, width[name, n], v.is_text, v.format or "") for n, v in spec.published.items()
        ]
        tables = partial(stored, name, blocks, list(spec.published), encoding != ASCII)
        created = study.protocol.declared_build_time
        write_transport_file(
            place / f"{name.lower()}.xpt", name, spec.label, columns, tables(), created, encoding
        )
        if (place / f"{name.lower()}.xpt").stat().st_size > LARGEST:
            (place / split.FOLDER).mkdir(exist_ok=True)
            for number, (start, end) in enumerate(
                split.cuts(_subjects(spec, blocks), rows_that_fit(columns, LARGEST, encoding)), start=1
            ):
                part, path = (
                    split.between(tables(), start, end),
                    place / split.FOLDER / f"{name.lower()}{number}.xpt",
                )
                write_transport_file(path, f"{name}{number}", spec.label, columns, part, created, encoding)
        pa.default_memory_pool().release_unused()


def _subjects(spec: Dataset, blocks: Sequence[Path]) -> Iterator[np.ndarray]:
    """The participant of each record; where records are of none, each stands alone."""
    at = 0
    for table in stored(
        spec.dataset, blocks, ["USUBJID"] if "USUBJID" in spec.published else list(spec.published)[:1]
    ):
        yield table["USUBJID"].to_numpy() if "USUBJID" in spec.published else np.arange(at, at + len(table))
        at += len(table)


def frames(spec: Dataset, blocks: Sequence[Path], collected: bool = False) -> Iterator[pd.DataFrame]:
    """The published columns of a dataset, some records at a time, at least one frame; texts in translation,
    or as collected.
    """
    names = list(spec.published)
    for table in stored(spec.dataset, blocks, names, collected):
        columns = {n: held(table[n], v) for n, v in spec.published.items()}
        yield pd.DataFrame(columns, columns=pd.Index(names, dtype="object"), copy=False)
    if not files(spec.dataset, blocks):
        yield pd.DataFrame({n: pd.Series(dtype=v.dtype) for n, v in spec.published.items()})


def stored(
    dataset: str, blocks: Sequence[Path], columns: Sequence[str], collected: bool = False
) -> Iterator[pa.Table]:
    """Some columns of a dataset in its order, PART records at most at a time; translated texts as they were
    collected, if asked.
    """
    for path in files(dataset, blocks):
        with pa.OSFile(str(path)) as file:
            known = pa.ipc.open_file(file).schema
            wanted = (
                None if collected else [known.get_field_index(c) for c in columns]
            )  # the others are not read
            parts = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=wanted))
            for part in range(parts.num_record_batches):
                whole = pa.Table.from_batches([parts.get_batch(part)])
                yield _as_collected(whole, columns) if collected else whole.select(columns)


def _as_collected(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    held = table.column_names
    return pa.table(
        {c: pc.coalesce(table[original(c)], table[c]) if original(c) in held else table[c] for c in columns}
    )


def collected(dataset: str, blocks: Sequence[Path]) -> set[str]:
    """The columns of a dataset of which some record has a translation, and the text as collected beside it."""
    found: set[str] = set()
    for path in files(dataset, blocks):
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as parts:
            found |= {n for n in parts.schema.names if original(n) in parts.schema.names}
    return found


def held(column: pa.ChunkedArray, variable: Variable) -> Any:
    """A stored column as its spec types it."""
    return (
        pd.array(column, dtype="str")
        if variable.is_text
        else column.to_numpy().astype(variable.dtype, copy=False)
    )


def store(folder: Path, specs: Mapping[str, Dataset], made: Mapping[str, pd.DataFrame]) -> None:
    """Leaves some datasets of one block of subjects, or of the study as a whole, as Arrow files in the order
    of their keys and then KEY.
    """
    folder.mkdir(parents=True)
    for name, frame in made.items():
        ordered = lookup.sorted_places(frame[c] for c in dict.fromkeys([*specs[name].keys, *KEY]))
        whole = pa.table({str(c): pa.array(v.array, from_pandas=True) for c, v in frame.items()})
        parts = (whole.take(ordered[start : start + PART]) for start in range(0, max(1, len(frame)), PART))
        first = next(parts)
        with (
            pa.OSFile(str(folder / f"{name}.arrow"), "wb") as file,
            pa.ipc.new_file(file, first.schema) as out,
        ):
            for part in chain([first], parts):
                out.write_table(part)
    # Arrow keeps what a block let go of, which is more than the next one may need
    pa.default_memory_pool().release_unused()


def files(dataset: str, blocks: Sequence[Path]) -> list[Path]:
    """The parts of a dataset in their order: what is told of the study as a whole has one, and blocks of
    subjects have the others.
    """
    return [path for path in (block / f"{dataset}.arrow" for block in blocks) if path.is_file()]
