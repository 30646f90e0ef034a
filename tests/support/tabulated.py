"""Datasets of a few participants of the committed drop, worked out by the study's own mappings, and rows of
them as plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from pipeline import sources
from pipeline import stages as run
from pipeline.records.findings import Finding
from pipeline.study import Study

Change = Callable[[pd.DataFrame], pd.DataFrame]


def forms(sample: sources.Drop, *subjects: str, **changes: Change) -> dict[str, pd.DataFrame]:
    """The raw records of some participants; a form that is named is changed first."""
    of_subjects = {
        n: f[f["USUBJID"].str.endswith(subjects)].reset_index(drop=True) for n, f in sample.forms.items()
    }
    return {n: changes[n](f) if n in changes else f for n, f in of_subjects.items()}


def datasets(study: Study, raw: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return run.datasets_of(study, raw)[0]


def objections(study: Study, raw: dict[str, pd.DataFrame]) -> list[Finding]:
    """What the build objects to in these records."""
    return run.one_block(study, raw)[2]


def rows(frame: pd.DataFrame, columns: str, **where: str | float) -> list[tuple[Any, ...]]:
    """The named columns of the records that meet the condition, in its order; None where missing."""
    chosen = pd.Series(True, index=frame.index)
    for name, value in where.items():
        chosen &= frame[name].eq(value)
    values: Sequence[Sequence[Any]] = frame.loc[chosen, columns.split()].astype("object").to_numpy().tolist()
    return [tuple(None if pd.isna(value) else value for value in row) for row in values]
