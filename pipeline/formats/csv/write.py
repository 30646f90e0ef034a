"""CSV for people: a spreadsheet takes a cell that begins with one of a few signs for a formula, and would run
it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(frame: pd.DataFrame, path: Path) -> None:
    """A frame of text as UTF-8 CSV, each cell that looks like a formula behind an apostrophe, which a
    spreadsheet does not show.
    """
    escaped_columns = {name: escaped(column) for name, column in frame.items()}
    safe = pd.DataFrame(escaped_columns, columns=frame.columns)
    safe.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def escaped(text: pd.Series) -> pd.Series:
    is_formula = text.str.startswith(FORMULA).fillna(False).astype("bool")
    return text.where(~is_formula, "'" + text)
