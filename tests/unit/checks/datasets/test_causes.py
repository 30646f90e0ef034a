"""Findings with one cause are told once, with a count and the first records."""

from __future__ import annotations

import pytest

from pipeline.checks.datasets.causes import told_once
from pipeline.records.findings import Finding


def finding(rule: str, number: int, severity: str = "warning", variable: str = "EPOCH") -> Finding:
    return Finding(
        rule, severity, "CM", variable, f"CMSEQ={number}", str(number), "null", f"cm, S-1, S-1|{number}"
    )


def test_records_that_need_no_action_are_one_finding_with_their_number_and_the_first_three() -> None:
    found = told_once(finding("EPOCH-ABSENT", number) for number in (5, 4, 3, 2, 1))
    assert found == {
        Finding(
            "EPOCH-ABSENT",
            "warning",
            "CM",
            "EPOCH",
            "CMSEQ=1; CMSEQ=2; CMSEQ=3; and 2 more",
            "",
            "null",
            "cm, S-1, S-1|1; cm, S-1, S-1|2; cm, S-1, S-1|3; and 2 more",
            5,
        )
    }


OTHERS = {
    "a query for each record": [finding("DEV-DOSE-MISSED", 1), finding("DEV-DOSE-MISSED", 2)],
    "an error, corrected at each record": [
        finding("EPOCH-ABSENT", 1, "error"),
        finding("EPOCH-ABSENT", 2, "error"),
    ],
    "two causes": [finding("EPOCH-ABSENT", 1), finding("EPOCH-ABSENT", 1, variable="CMSTDTC")],
    "one record": [finding("EPOCH-ABSENT", 1)],
}


@pytest.mark.parametrize("findings", OTHERS.values(), ids=OTHERS)
def test_other_findings_stay_as_they_are(findings: list[Finding]) -> None:
    assert told_once(findings) == set(findings)
