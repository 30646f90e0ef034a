"""Which record of the one file is which of the other: by the keys of the dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.compare.tables import Table
from pipeline.compare.values import Tolerance, differing
from pipeline.records.count import counted
from pipeline.records.distinct import map_distinct
from pipeline.records.lookup import place_among

_DIGITS = 15  # significant digits of a number in a key
_MOST_THAT_DIFFER = 0.1  # of the records that are paired, in a variable that tells others apart


@dataclass(frozen=True)
class Pairs:
    """The places of the records that are in both, and by what they were paired."""

    ours: np.ndarray
    theirs: np.ndarray
    keys: Sequence[str]  # those that are in both files with one type
    notes: Sequence[str]  # what a reader must know of the pairing

    def only_in_ours(self, size: int) -> np.ndarray:
        """The places of the records of the build that have no partner."""
        return np.setdiff1d(np.arange(size), self.ours)

    def only_in_theirs(self, size: int) -> np.ndarray:
        """The places of the records of the other file that have no partner."""
        return np.setdiff1d(np.arange(size), self.theirs)


def paired(ours: Table, theirs: Table, keys: Sequence[str]) -> Pairs:
    """The records of two files that are the same.

    (1) Records that agree in all keys are the same. (2) A number that each program gives its records (--SEQ,
    ASEQ) is no key where other keys tell records apart. (3) A key that one file does not have, or has with
    another type, is left out. (4) Of several records with equal keys those that agree in the other variables
    are paired first, and the rest in the order of the files. (5) Without a key the records are paired in the
    order of the files. Each of 3, 4 and 5 that happens is a note.

    Takes     the build's dataset and the other one; the keys of the dataset.
    """
    natural = _without_numbers(keys, ours.name)
    usable = [key for key in natural if _comparable(ours, theirs, key)]
    notes = _notes_on_keys(theirs, natural, usable)
    if not usable:
        both = np.arange(min(len(ours.frame), len(theirs.frame)))
        return Pairs(both, both, usable, notes)
    our_keys = [_rounded(ours.frame[key]) for key in usable]
    their_keys = [_rounded(theirs.frame[key]) for key in usable]
    our_numbers, their_numbers = _number_among_equals(our_keys), _number_among_equals(their_keys)
    ours_again, theirs_again = int(our_numbers.gt(0).sum()), int(their_numbers.gt(0).sum())
    places = place_among(our_keys, their_keys)
    if ours_again or theirs_again:
        notes.append(
            f"keys are not unique: {counted(ours_again, 'record')} of the build and {theirs_again} of"
            f" {theirs.file.name} repeat a key; records of equal keys are paired where they agree in the"
            " other variables, and then in the order of the files"
        )
        once = _stand_once(our_keys) & _stand_once(their_keys)[places] & (places >= 0)
        telling = _telling(ours, theirs, usable, (np.flatnonzero(once), places[once]))
        places[~once] = -1
        our_values = [*our_keys, *(_rounded(ours.frame[name]) for name in telling)]
        their_values = [*their_keys, *(_rounded(theirs.frame[name]) for name in telling)]
        _pair_the_rest(places, our_values, their_values)
        _pair_the_rest(places, our_keys, their_keys)
    found = np.flatnonzero(places >= 0)
    return Pairs(found, places[found], usable, notes)


def _without_numbers(keys: Sequence[str], dataset: str) -> list[str]:
    """The keys without the numbers that each program gives its records, where others tell records apart."""
    natural = [key for key in keys if key not in (f"{dataset}SEQ", "ASEQ")]
    return natural if set(natural) - {"STUDYID", "USUBJID"} else list(keys)


def _stand_once(keys: Sequence[pd.Series]) -> np.ndarray:
    """Whether no other record has the keys of a record."""
    places = pd.Series(place_among(keys, keys))
    return np.asarray(places.groupby(places, sort=False).transform("size").eq(1))


def _telling(
    ours: Table, theirs: Table, keys: Sequence[str], pairs: tuple[np.ndarray, np.ndarray]
) -> list[str]:
    """The other variables by which records of equal keys can be told apart: those that agree in most of the
    records that are paired already. One that is in capitals here and not there would tell none apart.
    """
    telling = []
    for name in ours.variables:
        if name in keys or not _comparable(ours, theirs, name):
            continue
        left, right = _rounded(ours.frame[name]), _rounded(theirs.frame[name])
        differ = differing(left.iloc[pairs[0]], right.iloc[pairs[1]], Tolerance())
        if not len(differ) or differ.mean() <= _MOST_THAT_DIFFER:
            telling.append(name)
    return telling


def _comparable(ours: Table, theirs: Table, name: str) -> bool:
    both = name in ours.variables and name in theirs.variables
    return both and ours.variables[name].text == theirs.variables[name].text


def _notes_on_keys(theirs: Table, keys: Sequence[str], usable: Sequence[str]) -> list[str]:
    notes = [
        f"the key {key} is not in both files with one type, and was left out"
        for key in keys
        if key not in usable
    ]
    if not usable:
        return [*notes, f"no key is in {theirs.file.name}: records are paired in the order of the files"]
    return notes


def _rounded(column: pd.Series) -> pd.Series:
    """Numbers at the digits that every double surely holds; texts as they are."""
    if column.dtype != "float64":
        return column
    return map_distinct(column, lambda value: float(f"{value:.{_DIGITS}g}"), "float64")


def _number_among_equals(columns: Sequence[pd.Series]) -> pd.Series:
    """The number of each record among those that are equal to it in all columns, from 0."""
    places = pd.Series(place_among(columns, columns, keep="first"))
    return places.groupby(places, sort=False).cumcount().astype("float64")


def _pair_the_rest(
    places: np.ndarray, our_columns: Sequence[pd.Series], their_columns: Sequence[pd.Series]
) -> None:
    """Pairs the records without a partner that agree in these columns, in the order of the files."""
    our_rest = np.flatnonzero(places < 0)
    their_rest = np.setdiff1d(np.arange(len(their_columns[0])), places)
    ours = [column.iloc[our_rest].reset_index(drop=True) for column in our_columns]
    theirs = [column.iloc[their_rest].reset_index(drop=True) for column in their_columns]
    if not len(our_rest) or not len(their_rest):
        return
    ours.append(_number_among_equals(ours))
    theirs.append(_number_among_equals(theirs))
    among_rest = place_among(ours, theirs)
    places[our_rest] = np.where(among_rest >= 0, their_rest[among_rest], -1)
