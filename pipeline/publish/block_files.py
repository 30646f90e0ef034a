"""The Arrow files in which blocks of subjects leave their datasets, until these are written as a whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mapping.translate import original
from pipeline.records import lookup
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study.models import Dataset, Variable

PART = 50_000  # records that are put in order and stored at a time


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """A folder to fill that gets its name when it is full: what a process leaves that dies meanwhile is no
    block, and of two that made one block, since the first was given up too early, one is kept. They are
    equal.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    filled = Path(mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    yield filled
    try:
        filled.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(filled)


def store(folder: Path, specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame]) -> None:
    """Leaves some datasets of one block of subjects, or of the study as a whole, as Arrow files in the order
    of their sequence numbers, those without them in that of their keys, and then of KEY.

    Takes     the folder of the block, made where there is none; the specs of all datasets; the datasets of
              the block.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        order = lookup.sorted_places(frame[c] for c in dict.fromkeys([*_order(specs[name]), *KEY]))
        table = pa.table({str(c): pa.array(v.array, from_pandas=True) for c, v in frame.items()})
        starts = range(0, max(1, len(frame)), PART)  # a dataset without records has one empty part
        parts = (table.take(order[start : start + PART]) for start in starts)
        first = next(parts)
        with (
            pa.OSFile(str(folder / f"{name}.arrow"), "wb") as file,
            pa.ipc.new_file(file, first.schema) as writer,
        ):
            for part in chain([first], parts):
                writer.write_table(part)
    # Arrow keeps what a block let go of, which is more than the next one may need.
    pa.default_memory_pool().release_unused()


def _order(spec: Dataset) -> tuple[str, ...]:
    """The variables by which the records of a dataset are put in order."""
    numbers = [name for name in (f"{spec.dataset}SEQ", "ASEQ") if name in spec.variables]
    return (SUBJECT, *numbers) if numbers and SUBJECT in spec.keys else spec.keys


def files(dataset: str, blocks: Sequence[Path]) -> list[Path]:
    """The files of a dataset in their order: that of the study as a whole, if it has one, then those of
    blocks of subjects.

    Takes     the name of a dataset; the folders of all blocks, in the order of subjects.
    Returns   the files that are there.
    """
    return [path for path in (block / f"{dataset}.arrow" for block in blocks) if path.is_file()]


def tables(
    dataset: str, blocks: Sequence[Path], columns: Sequence[str], as_collected: bool = False
) -> Iterator[pa.Table]:
    """Some columns of a dataset in its order, at most PART records at a time.

    Takes     whether texts are wanted as they were collected where they have been translated.
    """
    for path in files(dataset, blocks):
        with pa.OSFile(str(path)) as file:
            schema = pa.ipc.open_file(file).schema
            # Only the columns asked for are read. Texts as collected are in columns of other names.
            included = None if as_collected else [schema.get_field_index(c) for c in columns]
            reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=included))
            for number in range(reader.num_record_batches):
                table = pa.Table.from_batches([reader.get_batch(number)])
                yield _as_collected(table, columns) if as_collected else table.select(columns)


def frames(spec: Dataset, blocks: Sequence[Path]) -> Iterator[pd.DataFrame]:
    """The published columns of a dataset, typed by its spec, some records at a time; at least one frame.

    Takes     the spec of a dataset; the folders of all blocks, in the order of subjects.
    Returns   frames that follow one another in the order of the published file.
    """
    names = list(spec.published)
    for table in tables(spec.dataset, blocks, names):
        columns = {name: typed(table[name], v) for name, v in spec.published.items()}
        yield pd.DataFrame(columns, columns=pd.Index(names, dtype="object"), copy=False)
    if not files(spec.dataset, blocks):
        yield pd.DataFrame({name: pd.Series(dtype=v.dtype) for name, v in spec.published.items()})


def translated_columns(dataset: str, blocks: Sequence[Path]) -> set[str]:
    """The columns of a dataset in which a record has a translation and, beside it, the text as collected.

    Takes     the name of a dataset; the folders of all blocks.
    Returns   the names of the columns.
    """
    columns: set[str] = set()
    for path in files(dataset, blocks):
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
            names = reader.schema.names
            columns |= {name for name in names if original(name) in names}
    return columns


def typed(column: pa.ChunkedArray, variable: Variable) -> Any:
    """A stored column as its spec types it."""
    if variable.is_text:
        return pd.array(column, dtype="str")
    return column.to_numpy().astype(variable.dtype, copy=False)


def _as_collected(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    chosen = {}
    for name in columns:
        chosen[name] = table[name]
        if original(name) in table.column_names:
            chosen[name] = pc.coalesce(table[original(name)], table[name])
    return pa.table(chosen)
