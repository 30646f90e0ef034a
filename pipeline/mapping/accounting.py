"""Every raw record is published, or set aside by exactly one entry with its reason; anything else is an
error.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.mapping.interpret import matches
from pipeline.records import lookup
from pipeline.records.count import Count
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study import Study


def account(
    study: Study,
    raw: Mapping[str, pd.DataFrame],
    published: Mapping[str, pd.DataFrame],
    after_cutoff: Mapping[str, np.ndarray] | None = None,
) -> tuple[dict[str, Count], list[Finding]]:
    """What became of the records of each form, and an error for each record that is lost.

    A record is accounted for when it is after the data cut-off, when some dataset holds it, or when exactly
    one entry of mappings/set_aside.yaml takes it; a record of which more than one is true is an error too.

    Takes     raw forms and published datasets, both with KEY; by form, which records are after the cut-off.
    Returns   counts by form; findings.
    """
    counts: dict[str, Count] = {}
    findings: list[Finding] = []
    for (form, records), is_published in zip(raw.items(), _published(raw, published), strict=True):
        none_is_late = np.zeros(len(records), dtype="bool")
        is_late = (after_cutoff or {}).get(form, none_is_late)
        entries_taking = is_late.astype("int64")  # of each record
        taken_by_reason = {study.protocol.reason_after_cutoff: int(is_late.sum())}
        for entry in study.set_aside:
            if entry.from_ != form:
                continue
            taken = ~is_late
            for field, condition in entry.where.items():
                taken &= matches(records[field], condition).to_numpy()
            entries_taking += taken
            taken_by_reason[entry.reason] = taken_by_reason.get(entry.reason, 0) + int(taken.sum())
        set_aside = sorted((reason, n) for reason, n in taken_by_reason.items() if n)
        counts[form] = Count(len(records), int(is_published.sum()), tuple(set_aside))
        findings += _lost(form, records, is_published, entries_taking)
    return counts, findings


def _published(raw: Mapping[str, pd.DataFrame], published: Mapping[str, pd.DataFrame]) -> list[np.ndarray]:
    """For each form, which of its records some dataset holds."""
    # all forms at once: the records of the datasets are many, and are then gone through once
    collected = [pd.concat([frame[name] for frame in raw.values()]) for name in KEY]
    held = [pd.concat([column[:0], *(f[column.name] for f in published.values())]) for column in collected]
    is_published = lookup.is_among(collected, held)
    ends = np.cumsum([len(frame) for frame in raw.values()])
    return np.split(is_published, ends[:-1])


def _lost(
    form: str, records: pd.DataFrame, is_published: np.ndarray, entries_taking: np.ndarray
) -> list[Finding]:
    """An error for each record that is not accounted for exactly once."""
    faults = [
        (
            "RECORD-LOST",
            ~is_published & (entries_taking == 0),
            "no dataset holds this record; map it, or set it aside with a reason in mappings/set_aside.yaml",
        ),
        (
            "RECORD-TWICE",
            is_published & (entries_taking > 0),
            "this record is published and also set aside; narrow the entry in mappings/set_aside.yaml",
        ),
        (
            "RECORD-ASIDE-TWICE",
            entries_taking > 1,
            "two entries of mappings/set_aside.yaml take this record; one record, one reason",
        ),
    ]
    findings = []
    for rule, breaks, message in faults:
        for record in records.loc[breaks, KEY].itertuples() if breaks.any() else ():
            source = f"{form}, {record.USUBJID}, {record.record}"
            findings.append(Finding(rule, "error", "", "", "", "", message, source))
    return findings
