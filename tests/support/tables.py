"""Small tables of participants as frames, and results as plain values, so that tests read as given and
expected.
"""

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
    """Records as a derivation gets them: identity, then the columns named; a number makes its column one of
    numbers.
    """
    names = columns.split()
    found = {
        "USUBJID": text(*(str(r[0]) for r in rows)),
        "form": text(*(form for _ in rows)),
        "record": text(*(f"{i:02d}" for i in range(len(rows)))),
    }
    for at, name in enumerate(names):
        values = [r[at] for r in rows]
        number = any(isinstance(v, int | float) for v in values)
        found[name] = pd.Series(values, dtype="float64" if number else "str")
    return pd.DataFrame(found)


def shown(values: pd.Series) -> list[Any]:
    """What a Series holds: missing is None, a date is its ISO 8601 text."""
    if values.dtype.kind == "M":
        values = values.dt.strftime("%Y-%m-%d")
    return [None if pd.isna(v) else v for v in values.tolist()]
