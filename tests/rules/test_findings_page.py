"""docs/findings.md lists every id that a build or the check of a drop can tell, with what to do about it."""

from __future__ import annotations

import ast
import re

from pipeline.checks.datasets import deviations, known, messages, rules
from pipeline.checks.datasets.explanations import UNEXPLAINED
from pipeline.checks.drop import changed_keys, failure
from pipeline.checks.drop.check import CHANGED
from pipeline.records.lost import EMPTY
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "findings.md").read_text("utf-8")
ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.splitlines()
    if re.match(r"\| [A-Z0-9]+(-[A-Z0-9]+)+ \|", line)
    and (cells := [cell.strip() for cell in line.strip("|").split("|")])
}


def of_raw_records() -> set[str]:
    """The ids of reading and of the door, as they stand in the code."""
    files = [p for room in ("sources", "checks/drop") for p in (ROOT / "pipeline" / room).glob("*.py")]
    texts = (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    constants = (node.value for node in texts if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str) and re.fullmatch(r"RAW(-[A-Z]+)+", text)} | {
        EMPTY,
        changed_keys.RULE,
    }


def test_every_finding_stands_once_on_the_page_and_no_other_does() -> None:
    ids = known.ids() | {UNEXPLAINED, CHANGED} | {*failure.RULES.values()} | of_raw_records()
    assert len(of_raw_records()) > 10, "the ids are not found in the code any more"
    assert set(ROWS) == ids
    assert all(PAGE.count(f"\n| {id_} |") == 1 for id_ in ids)


def test_a_rule_of_the_tables_says_on_the_page_what_the_report_says() -> None:
    for rule in rules.RULES:
        assert ROWS[rule.id] == [rule.severity, rule.message, " ".join(rule.covers)], rule.id
    for deviation in deviations.RULES:
        assert ROWS[deviation.id] == [deviation.message], deviation.id
    for id_, message in messages.MESSAGES.items():
        assert ROWS[id_] == ["error", message], id_


def test_every_other_finding_says_what_to_do() -> None:
    of_tables = (
        {rule.id for rule in rules.RULES} | {rule.id for rule in deviations.RULES} | {*messages.MESSAGES}
    )
    without = {
        id_ for id_, cells in ROWS.items() if id_ not in of_tables and (len(cells) != 3 or not cells[2])
    }
    assert not without
    assert {cells[0] for id_, cells in ROWS.items() if id_ not in of_tables} == {"error", "warning"}
