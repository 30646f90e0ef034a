"""Transport files held against the frames that they were written from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.formats.xpt import read_back
from pipeline.formats.xpt.blocks import Frame, blocks
from pipeline.formats.xpt.layout import ASCII, Column


def compared(
    path: Path,
    dataset: str,
    label: str,
    columns: Sequence[Column],
    frames: Iterable[Frame],
    encoding: str = ASCII,
) -> list[str]:
    """What a build would object to when it reads this file back."""
    due = blocks(dataset, columns, frames, encoding)
    with path.open("rb") as file:
        return read_back.differences(file, dataset, label, columns, due, encoding)
