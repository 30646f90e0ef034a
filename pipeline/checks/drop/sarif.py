"""SARIF 2.1.0 of a check. Machines of others read it, so it holds no participant's value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline.checks.drop.junit import line
from pipeline.records.queries import ANSWERED, NEW, OPEN, Asked, Query

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
BASELINE = {NEW: "new", OPEN: "unchanged", ANSWERED: "absent"}


def sarif(raised: Sequence[Query], asked: Sequence[Asked], *, compared: bool) -> str:
    """All queries as results, each under its number.

    Takes     the queries; all that was asked; whether the check was compared with the last one: then each
              result says whether it is new, unchanged or absent.
    Source    OASIS SARIF 2.1.0, 3.27 (result), 3.27.16 (partialFingerprints), 3.27.24 (baselineState).
    """
    levels = {a.rule: a.severity for a in asked} | {q.rule: q.severity for q in raised}
    rules = sorted(levels)
    shown = [q for q in raised if compared or q.state != ANSWERED]
    driver = {"name": "cdisc-pipeline", "rules": [_rule(r, levels[r], raised) for r in rules]}
    run = {
        "tool": {"driver": driver},
        "results": [_result(q, rules.index(q.rule), compared=compared) for q in shown],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _rule(rule: str, level: str, raised: Sequence[Query]) -> dict[str, Any]:
    descriptor: dict[str, Any] = {
        "id": rule,
        "defaultConfiguration": {"level": level},
        "shortDescription": {"text": rule.replace("-", " ").capitalize()},
    }
    question = next((q.question for q in raised if q.rule == rule), "")
    if question:
        descriptor["help"] = {"text": question}
    return descriptor


def _result(query: Query, rule_index: int, *, compared: bool) -> dict[str, Any]:
    location = {
        "name": query.field or query.form,
        "fullyQualifiedName": f"{query.form}.{query.field}".rstrip("."),
        "kind": "member",
    }
    result: dict[str, Any] = {
        "ruleId": query.rule,
        "ruleIndex": rule_index,
        "level": query.severity,
        "message": {"text": f"{query.question} ({line(query)})"},
        "locations": [{"logicalLocations": [location]}],
        "partialFingerprints": {"query/v1": query.id},
    }
    if compared:
        result["baselineState"] = BASELINE[query.state]
    result["properties"] = {
        "form": query.form,
        "field": query.field,
        "recordNumber": query.place,
        "valueClass": query.value_class,
    }
    return result
