"""Findings that the study has explained: they stay in the report and do not stop publication."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Waiver

UNUSED = "WAIVER-UNUSED"


def applied(study: Study, found: Iterable[Finding]) -> frozenset[Finding]:
    """The findings, those that a waiver takes with severity `waived` and its reason; a waiver that takes none is a finding itself.

    Takes     all findings of the whole study.
    """
    left = set(found)
    told: set[Finding] = set()
    for number, waiver in enumerate(study.waivers):
        taken = {f for f in left if _takes(waiver, f)}
        left -= taken
        told |= {replace(f, severity="waived", message=f"{f.message}. Waived: {waiver.reason}") for f in taken}
        if not taken:
            place = study.located["specs/waivers.yaml"].at(("waivers", number))
            message = "this waiver takes no finding; take it away, or correct what it names"
            told.add(Finding(UNUSED, "warning", waiver.dataset, waiver.variable, waiver.rule, "", message, place))
    return frozenset(left | told)


def _takes(waiver: Waiver, finding: Finding) -> bool:
    named = (finding.rule, finding.dataset, finding.variable) == (waiver.rule, waiver.dataset, waiver.variable)
    parts = set(finding.key.split(", "))
    return named and all(f"{k}={v}" in parts for k, v in waiver.where.items())
