"""--SEQ that stays: a record keeps the number that it had in the build before, and a number is used once.

A record is known by its participant, its raw form, the declared key of its raw record, and the block of the
mapping that makes it; several that one raw record makes in one block are told apart by their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.records import lookup
from pipeline.records.identity import KEY, SUBJECT

RECORD = [*KEY, "block"]  # what tells a published record, but for those that one raw record makes


@dataclass(frozen=True)
class Kept:
    """The numbers of a build before, by dataset."""

    records: Mapping[str, pd.DataFrame] = field(default_factory=dict)  # RECORD and `number`
    highest: Mapping[str, pd.Series] = field(default_factory=dict)  # by USUBJID, the highest ever used

    def of(self, dataset: str, records: pd.DataFrame, fresh: pd.Series) -> pd.Series:
        """The numbers of the records of a dataset.

        (1) A record that was there keeps its number. (2) Others are numbered above the highest number that
        the participant ever had in the dataset, in the order of the fresh numbers.

        Takes     RECORD of each record; their numbers as they would be without a build before.
        Returns   on the index of the records.
        """
        if dataset not in self.records:
            return fresh
        records = records.reset_index(drop=True)
        before = self.records[dataset]
        places = lookup.place_among(_told_apart(records, fresh), _told_apart(before, before["number"]))
        was_there = places >= 0
        numbers = pd.Series(before["number"].array.take(places, allow_fill=True)).to_numpy()
        highest = records[SUBJECT].map(self.highest[dataset]).astype("float64").fillna(0).to_numpy()
        new = pd.Series(np.where(was_there, np.nan, fresh.to_numpy()))
        among_new = new.groupby(records[SUBJECT]).rank().to_numpy()
        return pd.Series(np.where(was_there, numbers, highest + among_new), index=fresh.index)


def _told_apart(records: pd.DataFrame, numbers: pd.Series) -> list[pd.Series]:
    """RECORD, and the number of each among those that agree in it."""
    repeat = numbers.reset_index(drop=True).groupby([records[name] for name in RECORD], dropna=False).rank()
    return [*(records[name] for name in RECORD), repeat.astype("float64")]
