"""Where a dataset that is too large for one file is cut into parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

FOLDER = "split"


def cuts(subjects: Iterable[np.ndarray], most: int) -> list[tuple[int, int]]:
    """First and last place, the last not included, of parts of at most so many records.

    A part ends behind a participant; only one who has more records than a part holds is cut.

    Takes     the participant of each record, in the order of the dataset, in pieces; how many records a part
              may have.
    """
    found, at, before = [np.empty(0, np.int64)], 0, None
    for piece in subjects:
        if len(piece):
            found.append(
                at
                + np.flatnonzero(
                    np.append(before is None or piece[0] != before, np.not_equal(piece[1:], piece[:-1]))
                )
            )
            at, before = at + len(piece), piece[-1]
    begins, ends = np.concatenate(found), [0]
    while at - ends[-1] > most:
        last = ends[-1] + most
        behind = int(begins[np.searchsorted(begins, last, side="right") - 1])
        ends.append(behind if behind > ends[-1] else last)
    return list(pairwise([*ends, at]))


def between(tables: Iterable[pa.Table], start: int, end: int) -> Iterator[pa.Table]:
    """The records from one place to another, the last not included, of Arrow tables that follow one another."""
    at = 0
    for table in tables:
        part = table[max(0, start - at) : max(0, end - at)]
        if len(part):
            yield part
        at += len(table)
