"""Every raw record is published, or set aside by exactly one entry with its reason; anything else is an
error.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.mapping.interpret import matches
from pipeline.records import dates
from pipeline.records.count import Count
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study import Study


def account(
    study: Study, raw: Mapping[str, pd.DataFrame], published: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, Count], list[Finding]]:
    """What became of the records of each form, and an error for each record that is lost.

    A record is accounted for when some dataset holds it, or when exactly one entry of
    mappings/set_aside.yaml takes it; a record of which both are true is an error too.

    Takes     raw forms and published datasets, both with KEY.
    Returns   counts by form; findings.
    """
    counts: dict[str, Count] = {}
    findings: list[Finding] = []
    for (form, records), is_published in zip(raw.items(), _published(raw, published), strict=True):
        entries_taking = np.zeros(len(records), dtype="int64")  # of each record
        taken_by_reason: dict[str, int] = {}
        for entry in study.set_aside:
            if entry.from_ != form:
                continue
            taken = np.full(len(records), True)
            for field, condition in entry.where.items():
                taken &= matches(records[field], condition).to_numpy()
            entries_taking += taken
            taken_by_reason[entry.reason] = taken_by_reason.get(entry.reason, 0) + int(taken.sum())
        set_aside = sorted((reason, n) for reason, n in taken_by_reason.items() if n)
        counts[form] = Count(len(records), int(is_published.sum()), tuple(set_aside))
        findings += _lost(form, records, is_published, entries_taking)
    return counts, findings


def _published(raw: Mapping[str, pd.DataFrame], published: Mapping[str, pd.DataFrame]) -> list[np.ndarray]:
    """For each form, which of its records some dataset holds.

    Each identity becomes one number, so that the records of all forms are looked up in those of all datasets
    at once: two columns of identity have few distinct values, and only `record` has to be hashed.
    """
    frames = [*raw.values(), *published.values()]
    codes, records = pd.concat([f["record"] for f in frames], ignore_index=True).array.factorize()
    parts = [_codes([f[name] for f in frames]) for name in KEY[:2]]
    parts.append((codes + 1, len(records) + 1))
    identity = np.ravel_multi_index([part for part, _ in parts], [size for _, size in parts])
    ends = np.cumsum([len(f) for f in frames])[: len(raw)]
    of_raw, of_published = identity[: ends[-1]], identity[ends[-1] :]
    return np.split(pd.Series(of_raw).isin(of_published).to_numpy(), ends[:-1])


def _codes(columns: list[pd.Series]) -> tuple[np.ndarray, int]:
    """A number for each distinct value over all columns, 0 where it is missing, and how many numbers there
    are.
    """
    numbers: dict[str, int] = {}
    codes = []
    for column in columns:
        of_column, values = dates.distinct(column)
        # the code of a missing value is -1, so its number is the last
        number = np.array([*(numbers.setdefault(value, len(numbers) + 1) for value in values), 0])
        codes.append(number[of_column])
    return np.concatenate(codes), len(numbers) + 1


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
