"""Findings that the study has accepted: they stay in the report and do not stop publication."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Waiver
from pipeline.study.reader import WAIVERS

UNUSED, EXPIRED = "WAIVER-UNUSED", "WAIVER-EXPIRED"


def applied(study: Study, found: Iterable[Finding]) -> frozenset[Finding]:
    """The findings, those that a waiver takes with severity `waived` and its reason; a waiver that takes none
    is a finding itself.

    An expired waiver takes nothing any more and stops publication: what was accepted for a time must be
    looked at again. Whether it has expired is held against the declared build time, so that a build of today
    can be repeated in ten years.

    Takes     all findings of the whole study.
    """
    left = set(found)
    told: set[Finding] = set()
    for number, waiver in enumerate(study.waivers):
        if expired(study, waiver):
            told.add(
                _about(
                    study,
                    number,
                    EXPIRED,
                    "error",
                    "this waiver has expired; renew it with its reason and date, or take it away",
                )
            )
            continue
        taken = {f for f in left if _takes(waiver, f)}
        left -= taken
        told |= {
            replace(f, severity="waived", message=f"{f.message}. Waived: {waiver.reason}") for f in taken
        }
        if not taken:
            told.add(
                _about(
                    study,
                    number,
                    UNUSED,
                    "warning",
                    "this waiver takes no finding; take it away, or correct what it names",
                )
            )
    return frozenset(left | told)


def expired(study: Study, waiver: Waiver) -> bool:
    """Whether its last day lies before the day, in UTC, of the declared build time."""
    return waiver.expires < study.protocol.declared_build_time.date()


def _takes(waiver: Waiver, finding: Finding) -> bool:
    named = (finding.rule, finding.dataset, finding.variable) == (
        waiver.rule,
        waiver.dataset,
        waiver.variable,
    )
    parts = set(finding.key.split(", "))
    return named and all(f"{k}={v}" in parts for k, v in waiver.where.items())


def _about(study: Study, number: int, rule: str, severity: str, message: str) -> Finding:
    waiver, place = study.waivers[number], study.located[WAIVERS].at(("waivers", number))
    return Finding(rule, severity, waiver.dataset, waiver.variable, waiver.rule, "", message, place)
