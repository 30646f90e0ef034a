"""Small tables as frames, and results as plain values, so that tests read as given and expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

Value = str | float | None


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def numbers(*values: float | None) -> pd.Series:
    return pd.Series(list(values), dtype="float64")


def days(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="object").astype("datetime64[s]")


def records(columns: str, *rows: Sequence[Value], form: str = "form") -> pd.DataFrame:
    """Records as a derivation gets them: identity, then these columns; a number makes one numeric."""
    frame = {
        "USUBJID": text(*(str(row[0]) for row in rows)),
        "form": text(*(form for _ in rows)),
        "record": text(*(f"{number:02d}" for number in range(len(rows)))),
    }
    for place, name in enumerate(columns.split()):
        values = [row[place] for row in rows]
        of_numbers = any(isinstance(value, int | float) for value in values)
        frame[name] = pd.Series(values, dtype="float64" if of_numbers else "str")
    return pd.DataFrame(frame)


def shown(values: pd.Series) -> list[Any]:
    """What a Series holds: missing is None, a date is its ISO 8601 text."""
    if values.dtype.kind == "M":
        values = values.dt.strftime("%Y-%m-%d")
    return [None if pd.isna(value) else value for value in values.tolist()]
