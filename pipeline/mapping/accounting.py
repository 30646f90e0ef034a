"""Every raw record is published, or set aside by exactly one entry with its reason; anything else is an
error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.records import lookup
from pipeline.records.conditions import meets_all
from pipeline.records.count import Count
from pipeline.records.distinct import codes_and_values
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study import Study

_Identities = list[pd.Series]  # participant and number of each record, of one form


def account(
    study: Study,
    raw: Mapping[str, pd.DataFrame],
    published: Mapping[str, pd.DataFrame],
    after_cutoff: Mapping[str, np.ndarray] | None = None,
    as_it_stood: Mapping[str, np.ndarray] | None = None,
) -> tuple[dict[str, Count], list[Finding]]:
    """What became of the records of each form, and an error for each record that is lost.

    A record is accounted for when it is after the data cut-off, when some dataset holds it, or when exactly
    one entry of mappings/set_aside.yaml takes it; a record of which more than one is true is an error too.

    Takes     raw forms and published datasets, both with KEY; by form, which records are after the cut-off,
              and which of the others are published as they stood on its day.
    Returns   counts by form; findings.
    """
    counts: dict[str, Count] = {}
    findings: list[Finding] = []
    published_from = _by_form(published)
    for form, records in raw.items():
        is_published = _is_published(records, published_from.get(form, []))
        none_is_late = np.zeros(len(records), dtype="bool")
        is_late = (after_cutoff or {}).get(form, none_is_late)
        entries_taking = is_late.astype("int64")  # of each record
        taken_by_reason = {study.protocol.reason_after_cutoff: int(is_late.sum())}
        for entry in study.set_aside:
            if entry.from_ != form:
                continue
            taken = ~is_late & meets_all(records, entry.where).to_numpy()
            entries_taking += taken
            taken_by_reason[entry.reason] = taken_by_reason.get(entry.reason, 0) + int(taken.sum())
        set_aside = sorted((reason, n) for reason, n in taken_by_reason.items() if n)
        restated = is_published & (as_it_stood or {}).get(form, none_is_late)
        counts[form] = Count(len(records), int(is_published.sum()), tuple(set_aside), int(restated.sum()))
        findings += _lost(form, records, is_published, entries_taking)
    return counts, findings


def _by_form(published: Mapping[str, pd.DataFrame]) -> dict[str, list[_Identities]]:
    """The identities of the datasets' records by the form that they come from."""
    by_form: dict[str, list[_Identities]] = {}
    for frame in published.values():
        identities = _identities(frame)
        forms = codes_and_values(frame["form"])[1]
        for form in forms:
            if len(forms) == 1:  # no column is copied, and its distinct values are known
                by_form.setdefault(form, []).append(identities)
            else:
                of_form = lookup.is_one_of(frame["form"], [form])
                by_form.setdefault(form, []).append([column[of_form] for column in identities])
    return by_form


def _is_published(records: pd.DataFrame, published: Sequence[_Identities]) -> np.ndarray:
    """Which records of a form some dataset holds."""
    is_published = np.full(len(records), False)
    for identities in sorted(published, key=lambda columns: len(columns[0]), reverse=True):
        if is_published.all():  # most often the largest dataset holds them all
            break
        is_published |= lookup.is_among(_identities(records), identities)
    return is_published


def _identities(records: pd.DataFrame) -> _Identities:
    return [records[SUBJECT], records["record"]]


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
