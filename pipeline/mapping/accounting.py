"""Every raw record is published, or set aside by exactly one entry with its reason; anything else is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline import order
from pipeline.findings import Finding
from pipeline.mapping.interpret import KEY, matches
from pipeline.study import Study


@dataclass(frozen=True)
class Count:
    """What became of the records of one form."""

    read: int
    published: int
    set_aside: tuple[tuple[str, int], ...]  # reason and number

    def __add__(self, other: Count) -> Count:
        reasons = dict(self.set_aside)
        for reason, n in other.set_aside:
            reasons[reason] = reasons.get(reason, 0) + n
        return Count(self.read + other.read, self.published + other.published, tuple(sorted(reasons.items())))


def account(study: Study, raw: Mapping[str, pd.DataFrame], published: Mapping[str, pd.DataFrame]) -> tuple[dict[str, Count], list[Finding]]:
    """The count of each form, and an error for each record that is neither published nor set aside, or is both, or is set aside twice.

    Takes     raw forms and published datasets, both with KEY.
    """
    counts: dict[str, Count] = {}
    findings: list[Finding] = []
    for (form, frame), published_here in zip(raw.items(), _published(raw, published), strict=True):
        used = pd.Series(published_here, index=frame.index)
        taken = pd.Series(0, index=frame.index)
        aside: dict[str, int] = {}
        for entry in study.set_aside:
            if entry.from_ != form:
                continue
            mine = pd.Series(True, index=frame.index)
            for field, wanted in entry.where.items():
                mine &= matches(frame[field], wanted)
            taken += mine.astype(int)
            aside[entry.reason] = aside.get(entry.reason, 0) + int(mine.sum())
        counts[form] = Count(len(frame), int(used.sum()), tuple(sorted((r, n) for r, n in aside.items() if n)))
        findings += _lost(form, frame, used, taken)
    return counts, findings


def _published(raw: Mapping[str, pd.DataFrame], published: Mapping[str, pd.DataFrame]) -> list[np.ndarray]:
    """Of each form, which of its records some dataset has."""
    ends = np.cumsum([len(f) for f in raw.values()])[:-1]
    return np.split(order.among(_identities(raw), _identities(published)) >= 0, ends)


def _identities(frames: Mapping[str, pd.DataFrame]) -> Iterator[pd.Series]:
    """The columns of KEY over all frames, one at a time."""
    none = pd.Series(dtype="str")
    return (pd.concat([none, *(f[k] for f in frames.values())], ignore_index=True) for k in KEY)


def _lost(form: str, frame: pd.DataFrame, used: pd.Series, taken: pd.Series) -> list[Finding]:
    faults = {
        "RECORD-LOST": (
            ~used & taken.eq(0),
            "no dataset holds this record; map it, or set it aside with a reason in mappings/set_aside.yaml",
        ),
        "RECORD-TWICE": (used & taken.gt(0), "this record is published and also set aside; narrow the entry in mappings/set_aside.yaml"),
        "RECORD-ASIDE-TWICE": (taken.gt(1), "two entries of mappings/set_aside.yaml take this record; one record, one reason"),
    }
    return [
        Finding(rule, "error", "", "", "", "", message, f"{form}, {row.USUBJID}, {row.record}")
        for rule, (mask, message) in faults.items()
        if mask.any()
        for row in frame.loc[mask, KEY].itertuples()
    ]
