"""Which records of two builds are the same, and which of their cells differ. Records are known by raw record
and key, never by --SEQ alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.finished import tables
from pipeline.finished.folder import Folder
from pipeline.records import lookup
from pipeline.records.identity import KEY

NOWHERE = -1  # the place of a record that the old build does not have
_TIMES = ("DTC", "DT", "DTM", "DY")  # endings of variables that say when


@dataclass(frozen=True)
class Compared:
    """A dataset in both builds, its records paired."""

    name: str
    old: pd.DataFrame
    new: pd.DataFrame
    old_places: np.ndarray  # of each record of `new`, its place in `old`, or NOWHERE
    changed: dict[str, np.ndarray]  # by variable, which records of `new` have another value than before

    @property
    def added(self) -> pd.DataFrame:
        """The records that only the new build has."""
        records: pd.DataFrame = self.new[self.old_places == NOWHERE]
        return records

    @property
    def removed(self) -> pd.DataFrame:
        """The records that only the old build has."""
        return self.old[~np.isin(np.arange(len(self.old)), self.old_places)]

    def before_and_after(self, chosen: np.ndarray | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The records that both builds have, as they were and as they are, in the same order.

        Takes     which records of `new`; None for all that are paired.
        """
        paired = self.old_places != NOWHERE
        chosen = paired if chosen is None else chosen & paired
        return self.old.iloc[self.old_places[chosen]], self.new[chosen]


def compared(name: str, old: Folder, new: Folder) -> Compared | None:
    """The dataset's records in both builds, paired and compared; None where the files are the same.

    Takes     the name of a dataset; two finished builds.
    Returns   records by raw record and key; --SEQ alone never pairs two.
    """
    is_in_old = name in old.mapping_book["datasets"]
    is_in_new = name in new.mapping_book["datasets"]
    if is_in_old and is_in_new:
        if tables.hashes(old, name) == tables.hashes(new, name):
            return None
        keys = new.mapping_book["datasets"][name]["keys"]
        return _compared(name, tables.published(old, name), tables.published(new, name), keys)
    if is_in_new:
        after = tables.published(new, name)
        return Compared(name, after.iloc[:0], after, np.full(len(after), NOWHERE), {})
    before = tables.published(old, name)
    return Compared(name, before, before.iloc[:0], np.empty(0, "int64"), {})


def _compared(name: str, old: pd.DataFrame, new: pd.DataFrame, keys: Sequence[str]) -> Compared:
    places = old_places(old, new, [key for key in keys if key in old and key in new], name)
    paired = places != NOWHERE
    changed: dict[str, np.ndarray] = {}
    for variable in map(str, new.columns):
        if variable not in old or variable in tables.IDENTITY:
            continue
        differs = np.full(len(new), False)
        before, after = old[variable].iloc[places[paired]], new[variable][paired]
        differs[paired] = differing(before, after)
        if differs.any():
            changed[variable] = differs
    return Compared(name, old, new, places, changed)


def differing(before: pd.Series, after: pd.Series) -> np.ndarray:
    """Whether two columns differ, place by place; two missing values do not.

    Takes     a column of two builds, its records paired.
    Returns   true or false per pair.
    """
    old, new = before.to_numpy(dtype=object), after.to_numpy(dtype=object)
    same: np.ndarray = (old == new) | (pd.isna(old) & pd.isna(new))
    return ~same


def old_places(old: pd.DataFrame, new: pd.DataFrame, keys: Sequence[str], name: str = "") -> np.ndarray:
    """The place that each record of `new` has in `old`, or NOWHERE.

    (1) Records that agree in raw record and key are paired; (2) of the rest those that agree in raw record
    and in the parts of the key that are no time; (3) of the rest those that agree in the raw record; (4) of
    the rest those that agree in the key alone, since a function may now have picked another raw record.
    Records that agree are paired in their order, and only where both builds have as many of them.

    Takes     the records with KEY; the keys of the dataset and its name.
    """
    natural = [key for key in keys if not _is_number_of_a_record(key, name, new)]
    lasting = [key for key in natural if not (key.endswith(_TIMES) or key.startswith("VISIT"))]
    identity = [column for column in KEY if column in old and column in new]
    attempts = [[*identity, *natural], [*identity, *lasting], identity]
    tells_records_apart = bool(set(natural) - {"STUDYID", "USUBJID"})
    if len(natural) == len(keys) or tells_records_apart:
        attempts.append(natural)

    places = np.full(len(new), NOWHERE)
    is_free = np.full(len(old), True)
    for columns in attempts:
        unpaired, free = np.flatnonzero(places == NOWHERE), np.flatnonzero(is_free)
        if len(unpaired) and len(free):
            among_free = _agreeing(old.iloc[free], new.iloc[unpaired], list(dict.fromkeys(columns)))
            places[unpaired] = np.where(among_free == NOWHERE, NOWHERE, free[among_free])
            is_free[places[places != NOWHERE]] = False
    return places


def _agreeing(old: pd.DataFrame, new: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """The place in `old` of the record that agrees with each record of `new` in these columns, where both
    have as many that do; NOWHERE elsewhere.
    """
    return lookup.place_among(_numbered(new, columns), _numbered(old, columns))


def _numbered(records: pd.DataFrame, columns: list[str]) -> list[pd.Series]:
    """The columns, the number of each record among those that agree in them, and how many these are."""
    groups = records.groupby(columns, dropna=False, sort=False)
    numbers = groups.cumcount().astype("float64")
    sizes = groups[columns[0]].transform("size").astype("float64")
    return [*(records[column] for column in columns), numbers, sizes]


def _is_number_of_a_record(key: str, name: str, records: pd.DataFrame) -> bool:
    """Whether a key is a number that a build gives its records, or refers to one."""
    if key == "IDVARVAL" and "IDVAR" in records:
        return bool(records["IDVAR"].astype("str").str.endswith("SEQ").any())
    return key == "IDVARVAL" or key.endswith("SEQ")
