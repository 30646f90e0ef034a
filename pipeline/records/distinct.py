"""The distinct values of a column, found once while the column is there: it goes unchanged through
derivation, checks and profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from weakref import ref

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Encoded:
    """The place of each value among the distinct values, -1 where it is missing; the distinct values in the
    order in which they come.
    """

    codes: np.ndarray
    values: Any  # an Arrow array of text, or an array of another type

    @cached_property
    def known(self) -> Sequence[Any]:
        """The distinct values."""
        found: Sequence[Any] = (
            self.values.to_pylist() if hasattr(self.values, "to_pylist") else self.values.tolist()
        )
        return found

    @cached_property
    def rank(self) -> np.ndarray:
        """A number for each value of the column that puts them in order; the highest for a missing one."""
        size = len(self.values)
        values = pd.array(self.values, dtype="str") if hasattr(self.values, "to_pylist") else self.values
        ranks = np.full(size + 1, size)
        ranks[values.argsort()] = np.arange(size)
        return _fixed(ranks[self.codes])


def encoded(column: pd.Series) -> Encoded:
    """The column by its distinct values; of text the answer is kept while the column lives."""
    if not isinstance(column.dtype, pd.StringDtype):
        return Encoded(
            *pd.factorize(column.to_numpy() if column.dtype == "float64" else column.array)
        )  # NumPy lists its own at once
    held = column.array.__arrow_array__()
    known = _known.get(id(held))
    if known is None:
        known = _known[id(held)] = (_of_text(held), ref(held, partial(_forget, id(held))))
    return known[0]


# by the identity of the Arrow array that a column is held in, while it lives
_known: dict[int, tuple[Encoded, ref[Any]]] = {}


def _forget(held: int, _: ref[Any]) -> None:
    del _known[held]


def _of_text(held: Any) -> Encoded:
    whole = held.chunk(0) if held.num_chunks == 1 else held.combine_chunks()
    found = whole.dictionary_encode()
    values = (
        whole if len(found.dictionary) == len(whole) else found.dictionary
    )  # what is distinct already is not held twice
    return Encoded(_fixed(found.indices.fill_null(-1).to_numpy().astype("int64")), values)


def _fixed(shared: np.ndarray) -> np.ndarray:
    shared.flags.writeable = False  # as several may get it
    return shared
