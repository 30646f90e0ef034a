"""Records that are one and the same under another key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

MOST: Final = 0.75  # of the fields of two records that agree: they are one record


def pairs(number: str, gone: pd.DataFrame, come: pd.DataFrame, telling: Sequence[str]) -> dict[str, str]:
    """The names of records that are gone, each with that under which the record is there again: of one
    participant, with most of the telling fields in common; or with all but the participant's number.

    Takes     the field of the participant's number; the records that only one side has, as text, on their
              names; the fields that do not say the same in every record.
    """
    found: dict[str, str] = {}
    for subject, of_subject in gone.groupby(number):
        candidates = come[come[number].eq(subject)]
        found |= _most_alike(of_subject[list(telling)], candidates[list(telling)])
    others = [name for name in gone if name != number]
    left = come[~come.index.isin(list(found.values()))]
    by_content = dict(zip(_contents(left[others]), left.index, strict=True))
    for name, content in zip(gone.index, _contents(gone[others]), strict=True):
        if name not in found and content in by_content:
            found[name] = by_content.pop(content)
    return found


def _contents(records: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    return records.itertuples(index=False, name=None)


def _most_alike(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """Each record with the one in which most of its fields agree, the best pair first."""
    was, now = before.to_numpy(), after.to_numpy()
    filled = (was[:, None, :] != "") | (now[None, :, :] != "")
    agrees = filled & (was[:, None, :] == now[None, :, :])
    share = agrees.sum(axis=2) / np.maximum(filled.sum(axis=2), 1)
    pairs: dict[str, str] = {}
    while share.size and share.max() >= MOST:
        row, column = np.unravel_index(share.argmax(), share.shape)
        pairs[str(before.index[row])] = str(after.index[column])
        share[row, :] = share[:, column] = -1
    return pairs
