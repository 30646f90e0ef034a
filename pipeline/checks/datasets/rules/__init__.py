"""Rules across records and datasets. Each is a row of a table: a shape with its arguments, which returns the
records that break it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.checks.datasets.rules import records, subjects
from pipeline.checks.datasets.rules.rule import Rule
from pipeline.checks.datasets.rules.whole import one_to_one, related_datasets
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study import Study

RULES = (*subjects.RULES, *records.RULES)

__all__ = ["RULES", "Rule", "check", "one_to_one", "related_datasets"]

_KEYS_WITHOUT_SPEC = ("RDOMAIN", "IDVAR", "IDVARVAL", "QNAM", "RELID")  # of SUPP--, which no spec describes


def check(study: Study, frames: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """A finding for every record of one block of subjects that breaks a rule.

    Takes     all datasets with KEY, SUPP-- included.
    """
    findings: list[Finding] = []
    for rule in RULES:
        for dataset, variable, broken in rule.shape(study, frames, **rule.arguments):
            findings += _findings(study, rule, dataset, variable, broken)
    return findings


def _findings(study: Study, rule: Rule, dataset: str, variable: str, broken: pd.DataFrame) -> list[Finding]:
    spec = study.datasets.get(dataset)
    keys = spec.keys if spec else _KEYS_WITHOUT_SPEC
    keys = tuple(k for k in keys if k in broken and k != "STUDYID")
    findings = []
    needed = [c for c in dict.fromkeys([*KEY, *keys, variable]) if c in broken]
    for row in broken[needed].to_dict("records"):
        key = ", ".join(f"{k}={row[k]}" for k in keys if pd.notna(row[k]))
        value = row.get(variable)
        shown = "" if pd.isna(value) else str(value)
        source = f"{row['form']}, {row['USUBJID']}, {row['record']}"
        message = rule.message_with_ids
        findings.append(Finding(rule.id, rule.severity, dataset, variable, key, shown, message, source))
    return findings
