"""CSV for people: a spreadsheet takes a cell that begins with one of a few signs for a formula, and would run
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(frame: pd.DataFrame, path: Path) -> None:
    """A frame of text as UTF-8 CSV, each cell that looks like a formula behind an apostrophe, which a
    spreadsheet does not show.
    """
    write_parts([frame], path)


def write_parts(frames: Iterable[pd.DataFrame], path: Path) -> None:
    """Frames of text with the same columns as one file, otherwise as `write`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(frames):
            escaped_columns = {name: escaped(column) for name, column in frame.items()}
            safe = pd.DataFrame(escaped_columns, columns=frame.columns)
            safe.to_csv(file, index=False, header=number == 0, lineterminator="\n")


def escaped(text: pd.Series) -> pd.Series:
    is_formula = text.str.startswith(FORMULA).fillna(False).astype("bool")
    return text.where(~is_formula, "'" + text)
