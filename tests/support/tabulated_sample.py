"""The datasets of the committed drop, and records of them as plain rows, so that a test reads as the form it
was typed from.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from pipeline import stages as run
from pipeline.study import load
from tests.conftest import DROP, ROOT
from tests.support import reading


@cache
def tabulated() -> dict[str, pd.DataFrame]:
    """All datasets of the drop, worked out once a session."""
    study = load(ROOT)
    return run.datasets_of(study, reading.read(study, DROP).forms)[0]


def rows(dataset: str, columns: str, **where: str | float) -> list[tuple[Any, ...]]:
    """Records of a dataset that hold these values, in the order of their sequence: the columns named, missing
    as None.

    Takes     dataset; names of columns; values by column, where USUBJID may be the subject number alone.
    """
    frame = tabulated()[dataset]
    for column, value in where.items():
        frame = frame[frame[column].eq(f"NCT02843126-{value}" if column == "USUBJID" else value)]
    order = [c for c in (f"{dataset}SEQ", "IDVARVAL", "QNAM") if c in frame]
    chosen = frame.sort_values(["USUBJID", *order])[columns.split()]
    return [tuple(None if pd.isna(v) else v for v in row) for row in chosen.itertuples(index=False)]
