"""What checks ask of whole columns, as arrays: each distinct value is asked once, and no frame is filtered,
grouped or joined.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.records import dates

Coded = tuple[
    np.ndarray, Sequence[Any]
]  # of a column: where each value stands among the distinct ones, and these


def present(column: pd.Series) -> np.ndarray:
    """Which records have a value."""
    return ~np.asarray(column.array.isna())


def which(column: pd.Series, wanted: Container[Any] | Callable[[Any], Any]) -> np.ndarray:
    """Of which records the value is one of those, or fits; a missing one does not."""
    codes, values = dates.distinct(column)
    found = [bool(wanted(v)) for v in values] if callable(wanted) else [v in wanted for v in values]
    return np.array([*found, False])[codes] if any(found) else np.full(len(codes), False)


def among(wanted: Sequence[Coded], known: Sequence[Coded]) -> np.ndarray:
    """Which records are equal to a known one in all columns, missing values included."""
    number, theirs = (np.zeros(len(columns[0][0]), dtype="int64") for columns in (wanted, known))
    for (codes, values), (others, there) in zip(wanted, known, strict=True):
        place = {v: i for i, v in enumerate(there)}
        same = np.array([*(place.get(v, len(there)) for v in values), -1])[codes]
        number, theirs = number * (len(there) + 2) + same + 1, theirs * (len(there) + 2) + others + 1
    found: np.ndarray = np.isin(number, theirs)
    return found


def beside(subjects: pd.Series, records: pd.DataFrame) -> np.ndarray:
    """The place of each subject's first record among these; one behind the last where there is none."""
    place: dict[Any, int] = {}
    for i, subject in enumerate(records["USUBJID"].tolist()):
        place.setdefault(subject, i)
    codes, values = dates.distinct(subjects)
    found: np.ndarray = np.array([*(place.get(v, len(records)) for v in values), len(records)])[codes]
    return found


def furthest(place: np.ndarray, days: np.ndarray, size: int, last: bool = True) -> np.ndarray:
    """The last or the first day of each place, missing where there is none; and one more, which is missing,
    for those without a place.
    """
    found = np.full(size + 1, np.datetime64("NaT"), dtype=dates.DAY)
    (np.fmax if last else np.fmin).at(found, place, days)
    found[-1] = np.datetime64("NaT")
    return found
