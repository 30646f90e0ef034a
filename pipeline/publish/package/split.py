"""Where a dataset that is too large for one file is cut into parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

FOLDER = "split"


def cuts(participants: Iterable[np.ndarray], most: int) -> list[tuple[int, int]]:
    """First and last record, the last not included, of parts of at most so many records.

    A part ends behind a participant; only a participant with more records than a part holds is cut.

    Takes     the participant of each record, in the order of the dataset, in pieces; how many records a part
              may have.
    """
    begins, total = _first_records(participants)
    ends = [0]
    while total - ends[-1] > most:
        full = ends[-1] + most
        last_begin = int(begins[np.searchsorted(begins, full, side="right") - 1])
        ends.append(last_begin if last_begin > ends[-1] else full)
    return list(pairwise([*ends, total]))


def _first_records(participants: Iterable[np.ndarray]) -> tuple[np.ndarray, int]:
    """The position of each participant's first record, and the number of all records."""
    begins: list[np.ndarray] = [np.empty(0, np.int64)]
    total = 0
    previous = None  # participant of the record before this piece
    for piece in participants:
        if len(piece):
            continues = previous is not None and piece[0] == previous
            is_new = np.append(not continues, np.not_equal(piece[1:], piece[:-1]))
            begins.append(total + np.flatnonzero(is_new))
            total += len(piece)
            previous = piece[-1]
    return np.concatenate(begins), total


def between(tables: Iterable[pa.Table], start: int, end: int) -> Iterator[pa.Table]:
    """The records from one position to another, the last not included, of successive Arrow tables.

    Takes     Arrow tables that follow one another; positions from 0.
    Returns   Arrow tables that follow one another.
    """
    first = 0  # position of the table's first record
    for table in tables:
        part = table[max(0, start - first) : max(0, end - first)]
        if len(part):
            yield part
        first += len(table)
