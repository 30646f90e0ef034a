"""Every raw record is published, or set aside by exactly one entry with its reason; anything else is an
error.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.mapping.interpret import matches
from pipeline.records.count import Count
from pipeline.records.distinct import codes_and_values
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study import Study


def account(
    study: Study, raw: Mapping[str, pd.DataFrame], published: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, Count], list[Finding]]:
    """The count of each form, and an error for each record that is neither published nor set aside, or is
    both, or is set aside twice.

    Takes     raw forms and published datasets, both with KEY.
    """
    counts: dict[str, Count] = {}
    findings: list[Finding] = []
    for (form, frame), used in zip(raw.items(), _published(raw, published), strict=True):
        taken = np.zeros(len(frame), dtype="int64")
        aside: dict[str, int] = {}
        for entry in study.set_aside:
            if entry.from_ != form:
                continue
            mine = np.full(len(frame), True)
            for field, wanted in entry.where.items():
                mine &= matches(frame[field], wanted).to_numpy()
            taken += mine
            aside[entry.reason] = aside.get(entry.reason, 0) + int(mine.sum())
        counts[form] = Count(
            len(frame), int(used.sum()), tuple(sorted((r, n) for r, n in aside.items() if n))
        )
        findings += _lost(form, frame, used, taken)
    return counts, findings


def _published(raw: Mapping[str, pd.DataFrame], published: Mapping[str, pd.DataFrame]) -> list[np.ndarray]:
    """Of each form, which of its records some dataset has."""
    frames = [*raw.values(), *published.values()]
    of_record, records = pd.concat([f["record"] for f in frames], ignore_index=True).array.factorize()
    places = [*(_places([f[k] for f in frames]) for k in KEY[:2]), (of_record + 1, len(records) + 1)]
    number = np.ravel_multi_index([place for place, _ in places], [size for _, size in places])
    ends = np.cumsum([len(f) for f in frames])[: len(raw)]
    return np.split(pd.Series(number[: ends[-1]]).isin(number[ends[-1] :]).to_numpy(), ends[:-1])


def _places(columns: list[pd.Series]) -> tuple[np.ndarray, int]:
    """The place of each value of some columns among those of all, 0 where it is missing, and the number of
    places; for few values.
    """
    known: dict[str, int] = {}
    found = []
    for codes, values in map(codes_and_values, columns):
        found.append(np.array([*(known.setdefault(v, len(known) + 1) for v in values), 0])[codes])
    return np.concatenate(found), len(known) + 1


def _lost(form: str, frame: pd.DataFrame, used: np.ndarray, taken: np.ndarray) -> list[Finding]:
    faults = {
        "RECORD-LOST": (
            ~used & (taken == 0),
            "no dataset holds this record; map it, or set it aside with a reason in mappings/set_aside.yaml",
        ),
        "RECORD-TWICE": (
            used & (taken > 0),
            "this record is published and also set aside; narrow the entry in mappings/set_aside.yaml",
        ),
        "RECORD-ASIDE-TWICE": (
            taken > 1,
            "two entries of mappings/set_aside.yaml take this record; one record, one reason",
        ),
    }
    return [
        Finding(rule, "error", "", "", "", "", message, f"{form}, {row.USUBJID}, {row.record}")
        for rule, (mask, message) in faults.items()
        if mask.any()
        for row in frame.loc[mask, KEY].itertuples()
    ]
