"""Records in order, and records found again, by some of their columns: each distinct value is compared once,
and no frame is copied.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

import numpy as np
import pandas as pd

from pipeline.records.distinct import encoded


def positions(columns: Iterable[pd.Series]) -> np.ndarray:
    """The places of records in order: by the first column, then by the next; what is missing comes last, and
    equals stay as they stood.
    """
    *first, last = columns
    ranks = [rank(c) for c in first][::-1]
    # often the others tell all records apart; the last, which has the most values, then need not be put in
    # order
    if ranks and prod(int(r.max(initial=0)) + 1 for r in ranks) >= len(last):
        found = np.lexsort(ranks)
        if not np.logical_and.reduce([r[found[1:]] == r[found[:-1]] for r in ranks]).any():
            return found
    return np.lexsort([rank(last), *ranks])


def rank(column: pd.Series) -> np.ndarray:
    """A number for each value that puts them in order; the highest for a missing one."""
    return encoded(column).rank


def within(groups: np.ndarray) -> np.ndarray:
    """The place of each record within its group, from 0; records of a group stand together, and groups in
    order.
    """
    place: np.ndarray = np.arange(len(groups)) - np.searchsorted(groups, groups)
    return place


def among(wanted: Iterable[pd.Series], known: Iterable[pd.Series]) -> np.ndarray:
    """The place of each record among the known ones: of the last that is equal to it in all columns, missing
    ones included; -1 for none.

    Takes     the columns of both, at least one; they are gone through once, one at a time.
    """
    number, size = np.zeros(1, dtype="int64"), 0
    for column, other in zip(wanted, known, strict=True):
        size = len(column)
        codes, distinct = pd.concat([column, other], ignore_index=True).array.factorize()
        number, _ = pd.factorize(number * (len(distinct) + 1) + codes + 1)
    places = np.full(len(number) + 1, -1)
    places[number[size:]] = np.arange(len(number) - size)
    found: np.ndarray = places[number[:size]]
    return found
