"""Rules across records and datasets: each is a row of a table, a shape with its arguments, and returns the
records that break it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.checks.datasets.rules import records, subjects
from pipeline.checks.datasets.rules.rule import Rule
from pipeline.checks.datasets.rules.whole import one_to_one, related_datasets
from pipeline.records.findings import Finding
from pipeline.study import Study

RULES = (*subjects.RULES, *records.RULES)

__all__ = ["RULES", "Rule", "check", "one_to_one", "related_datasets"]

_OTHER_KEYS = ("RDOMAIN", "IDVAR", "IDVARVAL", "QNAM", "RELID")  # of SUPP--, which no spec describes


def check(study: Study, frames: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Every record that breaks a rule, over one block of subjects.

    Takes     all datasets with KEY, SUPP-- included.
    """
    found = []
    for rule in RULES:
        for dataset, variable, broken in rule.shape(study, frames, **rule.arguments):
            if broken.empty:
                continue
            spec = study.datasets.get(dataset)
            keys = [k for k in (spec.keys if spec else _OTHER_KEYS) if k in broken and k != "STUDYID"]
            for row in broken.to_dict("records"):
                key = ", ".join(f"{k}={row[k]}" for k in keys if pd.notna(row[k]))
                source = f"{row['form']}, {row['USUBJID']}, {row['record']}"
                value = row.get(variable)
                shown = "" if pd.isna(value) else str(value)
                found.append(
                    Finding(rule.id, rule.severity, dataset, variable, key, shown, rule.told, source)
                )
    return found
