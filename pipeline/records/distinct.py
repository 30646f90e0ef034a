"""Columns by their distinct values: a rule that needs a look at each text looks at each distinct one once.

A laboratory column of 1,000,000 records has a few hundred distinct texts, so this is what makes text cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, Literal
from weakref import ref

import numpy as np
import pandas as pd

# The type of text, made once: pandas takes 14 us to find it by the name "str", as long as it takes to make a
# short column of it.
_TEXT: Final = pd.array([], dtype="str").dtype


@dataclass(frozen=True, eq=False)
class Encoded:
    """A column as its distinct values, and the place of each record's value among them."""

    codes: np.ndarray  # the place of each record's value; -1 where it is missing
    # the distinct values in the order in which they come: an Arrow array of text, or a NumPy array
    values: Any
    # what a function returned for each distinct value and, last, for a missing one: see `map_distinct`
    results: dict[tuple[Callable[[Any], Any], str], Any] = field(default_factory=dict)

    @cached_property
    def as_list(self) -> Sequence[Any]:
        """The distinct values as Python objects."""
        values: list[Any] = (
            self.values.to_pylist() if hasattr(self.values, "to_pylist") else self.values.tolist()
        )
        return values

    @cached_property
    def numbers(self) -> Mapping[Any, int]:
        """The distinct values, numbered from 1 in the order in which they come."""
        return {value: number for number, value in enumerate(self.as_list, 1)}

    @cached_property
    def ranks(self) -> np.ndarray:
        """A number for each record that puts the records in order of their values, missing values last."""
        size = len(self.values)
        values = pd.array(self.values, dtype=_TEXT) if hasattr(self.values, "to_pylist") else self.values
        ranks = np.full(size + 1, size)
        ranks[values.argsort()] = np.arange(size)
        return _read_only(ranks[self.codes])


def encoded(column: pd.Series) -> Encoded:
    """The column by its distinct values. For text, the result is kept as long as the column lives."""
    if not isinstance(column.dtype, pd.StringDtype):
        # a plain NumPy array is factorized without a copy
        return Encoded(*pd.factorize(column.to_numpy() if column.dtype == "float64" else column.array))
    text = column.array.__arrow_array__()
    kept = _kept.get(id(text))
    if kept is None:
        kept = _kept[id(text)] = (_encoded_text(text), ref(text, partial(_forget, id(text))))
    return kept[0]


# A column goes unchanged from derivation to checks to the profile of the dataset, and each of them asks for
# its distinct values. Without this memory a build of 3,000 participants takes 37 s of CPU in place of 30 s.
# An Arrow array has no hash, so its id is the key; the entry goes when the array does.
_kept: dict[int, tuple[Encoded, ref[Any]]] = {}


def _forget(array: int, _: ref[Any]) -> None:
    del _kept[array]


def _encoded_text(text: Any) -> Encoded:
    array = text.chunk(0) if text.num_chunks == 1 else text.combine_chunks()
    encoding = array.dictionary_encode()
    all_distinct = len(encoding.dictionary) == len(array)
    values = array if all_distinct else encoding.dictionary  # so that the text is not held twice
    codes = encoding.indices.fill_null(-1) if encoding.null_count else encoding.indices
    return Encoded(_read_only(codes.to_numpy().astype("int64")), values)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False  # it is handed to everyone who asks for the same column
    return array


def codes_and_values(column: pd.Series) -> tuple[np.ndarray, Sequence[Any]]:
    """The place of each value among the distinct values, -1 where it is missing; and the distinct values in
    the order in which they come.
    """
    encoding = encoded(column)
    return encoding.codes, encoding.as_list


def map_distinct(
    column: pd.Series,
    function: Callable[[Any], Any],
    dtype: Literal["str", "float64", "datetime64[s]"] = "str",
    *,
    keep: bool = False,
) -> pd.Series:
    """The result of the function for each value; it is called once for each distinct one, and never for a
    missing one, which stays missing.

    Takes     whether the results are kept as long as the distinct values of the column are, for a function
              of a module that many ask of the same column.
    """
    encoding = encoded(column)
    results = encoding.results.get((function, dtype)) if keep else None
    if results is None:
        # the code of a missing value is -1: the last, which is None
        listed = [*map(function, encoding.as_list), None]
        results = pd.array(listed, dtype=_TEXT) if dtype == "str" else np.array(listed, dtype)
        if keep:
            encoding.results[function, dtype] = results
    return pd.Series(results.take(encoding.codes), index=column.index)


def map_distinct_pairs(
    left: pd.Series, right: pd.Series, function: Callable[[Any, Any], str | None]
) -> pd.Series:
    """The result of the function for each record's pair of values; it is called once for each distinct pair,
    with None for a missing value.
    """
    (left_codes, left_values), (right_codes, right_values) = codes_and_values(left), codes_and_values(right)
    lefts, rights = [None, *left_values], [None, *right_values]
    pair_codes, pairs = pd.factorize((left_codes + 1) * len(rights) + right_codes + 1)
    results = [function(lefts[pair // len(rights)], rights[pair % len(rights)]) for pair in pairs.tolist()]
    return pd.Series(pd.array(results, dtype=_TEXT).take(pair_codes), index=left.index)


def pair_counts(left: pd.Series, right: pd.Series) -> dict[tuple[str, str], int]:
    """The pairs of values that stand in one record, each with its number of records; a record in which either
    is missing does not count.
    """
    (left_codes, left_values), (right_codes, right_values) = codes_and_values(left), codes_and_values(right)
    both = (left_codes >= 0) & (right_codes >= 0)
    pairs, counts = np.unique((left_codes * len(right_values) + right_codes)[both], return_counts=True)
    lefts = (str(left_values[pair // len(right_values)]) for pair in pairs.tolist())
    rights = (str(right_values[pair % len(right_values)]) for pair in pairs.tolist())
    return dict(zip(zip(lefts, rights, strict=True), counts.tolist(), strict=True))
