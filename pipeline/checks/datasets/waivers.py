"""Findings that the study has accepted, and rules that it takes less or more seriously: all findings stay in
the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Waiver
from pipeline.study.reader import WAIVERS

UNUSED, EXPIRED = "WAIVER-UNUSED", "WAIVER-EXPIRED"
OF_CORE = re.compile(r"CORE-\d{6}", re.ASCII)  # a rule of CDISC's engine, for `conform`


def applied(study: Study, findings: Iterable[Finding]) -> frozenset[Finding]:
    """The findings, in which those that a waiver accepts have the severity `waived` and its reason; a waiver
    that accepts none is a finding itself.

    An expired waiver accepts nothing any more and stops publication: what was accepted for a time must be
    looked at again. The declared build time decides whether it has expired, so that a build of today can be
    repeated in ten years.

    Takes     all findings of the whole study.
    """
    open_findings = set(findings)
    closed: set[Finding] = set()
    for number, waiver in enumerate(study.waivers):
        if OF_CORE.fullmatch(waiver.rule):
            continue  # it answers what CDISC's engine tells, which a build does not ask
        if expired(study, waiver):
            advice = "this waiver has expired; renew it with its reason and date, or remove it"
            closed.add(_about(study, number, EXPIRED, "error", advice))
            continue
        accepted = {f for f in open_findings if _accepts(waiver, f)}
        open_findings -= accepted
        for finding in accepted:
            message = f"{finding.message}. Waived: {waiver.reason}"
            closed.add(replace(finding, severity="waived", message=message))
        if not accepted:
            advice = "this waiver accepts no finding; remove it, or correct what it names"
            closed.add(_about(study, number, UNUSED, "warning", advice))
    return frozenset(open_findings | closed)


def with_severities(study: Study, findings: Iterable[Finding]) -> frozenset[Finding]:
    """The findings with the severity that the study gives their rule, and its reason in their message.

    Takes     all findings of the whole study.
    """
    return frozenset(_judged(study, finding) for finding in findings)


def _judged(study: Study, finding: Finding) -> Finding:
    chosen = study.severities.get(finding.rule)
    if chosen is None or chosen.is_ == finding.severity:
        return finding
    message = f"{finding.message}. {chosen.is_.capitalize()} in this study: {chosen.reason}"
    return replace(finding, severity=chosen.is_, message=message)


def expired(study: Study, waiver: Waiver) -> bool:
    """Whether its last day lies before the day, in UTC, of the declared build time."""
    return waiver.expires < study.protocol.declared_build_time.date()


def _accepts(waiver: Waiver, finding: Finding) -> bool:
    if (finding.rule, finding.dataset, finding.variable) != (waiver.rule, waiver.dataset, waiver.variable):
        return False
    key = set(finding.key.split(", "))
    return all(f"{name}={value}" in key for name, value in waiver.where.items())


def _about(study: Study, number: int, rule: str, severity: str, message: str) -> Finding:
    waiver = study.waivers[number]
    place = study.located[WAIVERS].at(("waivers", number))
    return Finding(rule, severity, waiver.dataset, waiver.variable, waiver.rule, "", message, place)
