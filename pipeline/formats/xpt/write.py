"""Writes a dataset as a transport file of version 5, and reads each part of it back with other code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.formats.xpt import limits, read_back
from pipeline.formats.xpt.blocks import Block, Frame, blocks
from pipeline.formats.xpt.cells import BLANK
from pipeline.formats.xpt.layout import (
    ASCII,
    RECORD,
    Column,
    dataset_records,
    padding,
    row_width,
    variable_records,
)


def write(
    path: Path,
    dataset: str,
    label: str,
    columns: Sequence[Column],
    frames: Iterable[Frame],
    created: datetime,
    encoding: str = ASCII,
    in_full: bool = False,
) -> None:
    """Write one dataset as a transport file and read it back, whole or not at all.

    Nothing is repaired: what version 5 cannot hold, or what a reader could not give back, is refused. Each
    part of the file is read back as soon as it is written, so the frames are gone through once.

    Takes     frames or Arrow tables that follow one another, one at a time in memory, each with exactly these
              columns in this order: text as `str`, numbers as float64, int64 or Int64, dates as datetime64
              with a DATE or DATETIME format; `created` is the stamp of the file, never the clock; `encoding`
              is that of texts and labels, ASCII for the FDA, and widths are bytes in it; `in_full` has
              pyreadstat read back every part of the file and not a sample of them.
    Raises    PipelineError, which names dataset, variable and row, also where the file does not give back
              what was written; no file is left behind and an earlier one stays as it was.
    Source    SAS technical support note TS-140; FDA Study Data Technical Conformance Guide, on file format,
              size and names.
    """
    limits.check(path, dataset, label, columns, encoding)
    with _whole_file(path) as out, Path(out.name).open("rb") as file:
        write_head(out, dataset, label, columns, created, encoding)
        written = write_rows(out, dataset, columns, blocks(dataset, columns, frames, encoding))
        differences = read_back.differences(file, dataset, label, columns, written, encoding, in_full)
        limits.require(
            not differences,
            f"{path.name}: what was read back differs from what was written: {'; '.join(differences[:5])}",
        )


@contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when all that is done with it has gone well."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_head(
    out: BinaryIO, dataset: str, label: str, columns: Sequence[Column], created: datetime, encoding: str
) -> None:
    """Write the header records of a dataset."""
    out.write(dataset_records(dataset, label, created, encoding) + variable_records(columns, encoding))
    out.flush()


def write_rows(
    out: BinaryIO, dataset: str, columns: Sequence[Column], blocks: Iterable[Block]
) -> Iterator[Block]:
    """Write the blocks and give each back when it stands in the file.

    Raises    PipelineError where the last row is blank and would be read as padding.
    """
    width = row_width(columns)
    rows = 0
    last_row = np.zeros(1, np.uint8)
    for block in blocks:
        data = block.rows.view(np.uint8)
        rows, last_row = rows + len(block.rows), data[-width:]
        out.write(data.data)
        out.flush()
        yield block
    # A reader takes blanks at the end for padding: it can tell them from a row only when the row is no
    # shorter than a record.
    read_as_padding = width < RECORD and bool((last_row == BLANK).all())
    limits.require(
        not read_as_padding,
        f"{dataset}, row {rows}: the last row is all blank and would be read as padding; leave it out or fill"
        " its keys",
    )
    out.write(padding(rows * width))
    out.flush()
