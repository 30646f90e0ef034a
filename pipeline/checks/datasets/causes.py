"""Findings that tell the same of many records, none of which needs an action of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pipeline.records.findings import Finding

# Each record with such a finding is as it should be: the study or its guide says why, once for all of them.
NO_ACTION: Final = frozenset({"CUT-OFF-ANSWER", "CUT-OFF-DATE", "EPOCH-ABSENT", "LIMIT-OF-CENSORED"})
SHOWN: Final = 3


def told_once(findings: Iterable[Finding]) -> frozenset[Finding]:
    """The findings, those that ask for no action as one for each cause: rule, variable and message. It counts
    its records and names the first of them.

    An error keeps its record, for it is to be corrected there.

    Takes     all findings of the whole study, waivers applied.
    """
    told: set[Finding] = set()
    by_cause: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        if finding.rule in NO_ACTION and finding.severity != "error":
            cause = (finding.severity, finding.rule, finding.dataset, finding.variable, finding.message)
            by_cause.setdefault(cause, []).append(finding)
        else:
            told.add(finding)
    return frozenset(told | {_one(of_cause) for of_cause in by_cause.values()})


def _one(findings: list[Finding]) -> Finding:
    if len(findings) == 1:
        return findings[0]
    first = sorted(findings)[:SHOWN]
    more = len(findings) - len(first)
    and_more = f"; and {more:,} more" if more else ""
    return replace(
        first[0],
        key="; ".join(finding.key for finding in first if finding.key) + and_more,
        value="",
        source="; ".join(finding.source for finding in first) + and_more,
        records=sum(finding.records for finding in findings),
    )
