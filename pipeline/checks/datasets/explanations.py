"""Warnings that specs/guides.yaml does not explain: the reviewer's guide would have to say so."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.reader import GUIDES

UNEXPLAINED = "GUIDE-UNEXPLAINED"


def missing(study: Study, findings: Iterable[Finding]) -> set[Finding]:
    """A warning for each rule, dataset and variable with warnings that specs/guides.yaml does not explain. A
    rule that the study made a warning has its reason in the message.

    It is not an error: the data may be published, and the guide says that the explanation is missing.

    Takes     all findings of the whole study, waivers applied; a waived one has its reason.
    Source    PHUSE, Clinical Study Data Reviewer's Guide, Issues Summary: an explanation of each issue.
    """
    to_explain = {(f.rule, f.dataset, f.variable) for f in findings if f.severity == "warning"}
    message = f"{GUIDES} does not explain the findings of this rule; write why under `explanations`"
    return {
        Finding(UNEXPLAINED, "warning", dataset, variable, rule, "", message, "")
        for rule, dataset, variable in to_explain
        if not study.guides.explanation(rule, dataset, variable) and rule not in study.severities
    }
