"""The list of rules that a study may waive or explain has every rule that can be found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.checks.datasets import known

PACKAGE = Path(known.__file__).parents[2]
# Findings of define.xml are made after waivers are applied; those of a submission folder and of what waivers
# themselves leave undone are about no data.
NOT_OF_DATA = ("DEF-", "WAIVER-", "GUIDE-")
NAMED = re.compile(r'(?:Finding|_errors)\(\s*\*?\(?"([A-Z]+(?:-[A-Z]+)+)"')


def test_every_rule_that_a_finding_names_is_known() -> None:
    named = set()
    for file in PACKAGE.rglob("*.py"):
        named |= set(NAMED.findall(file.read_text(encoding="utf-8")))
    assert "RAW-REQUIRED" in named, "the pattern still finds what it looks for"
    unknown = {rule for rule in named if not rule.startswith(NOT_OF_DATA)} - known.ids()
    assert unknown == set()


@pytest.mark.parametrize(
    "rule",
    ["REASON-WITH-END", "VALUE-TERM", "DEV-LIMIT", "RECIST-NADIR", "RECORD-LOST", "RAW-TYPE", "TERM-NEW"],
)
def test_rules_of_each_kind_are_known(rule: str) -> None:
    assert rule in known.ids()
