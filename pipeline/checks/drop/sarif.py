"""SARIF 2.1.0 of a check. It goes to machines of others, so no participant's value is in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline.checks.drop.junit import line
from pipeline.records.queries import ANSWERED, NEW, OPEN, Asked, Query

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
BASELINE = {NEW: "new", OPEN: "unchanged", ANSWERED: "absent"}


def sarif(found: Sequence[Query], asked: Sequence[Asked], *, compared: bool) -> str:
    """All queries as results, each under its number; `compared` with the last check, each says whether it is
    new.

    Source    OASIS SARIF 2.1.0, 3.27 (result), 3.27.16 (partialFingerprints), 3.27.24 (baselineState).
    """
    levels = {a.rule: a.severity for a in asked} | {q.rule: q.severity for q in found}
    rules = sorted(levels)
    run = {
        "tool": {"driver": {"name": "cdisc-pipeline", "rules": [_rule(r, levels[r], found) for r in rules]}},
        "results": [
            _result(q, rules.index(q.rule), compared=compared)
            for q in found
            if compared or q.state != ANSWERED
        ],
    }
    return (
        json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)
        + "\n"
    )


def _rule(rule: str, level: str, found: Sequence[Query]) -> dict[str, Any]:
    question = next((q.question for q in found if q.rule == rule), "")
    told = {"id": rule, "defaultConfiguration": {"level": level}}
    return {
        **told,
        "shortDescription": {"text": rule.replace("-", " ").capitalize()},
        **({"help": {"text": question}} if question else {}),
    }


def _result(query: Query, index: int, *, compared: bool) -> dict[str, Any]:
    place = {
        "name": query.field or query.form,
        "fullyQualifiedName": f"{query.form}.{query.field}".rstrip("."),
        "kind": "member",
    }
    return {
        "ruleId": query.rule,
        "ruleIndex": index,
        "level": query.severity,
        "message": {"text": f"{query.question} ({line(query)})"},
        "locations": [{"logicalLocations": [place]}],
        "partialFingerprints": {"query/v1": query.id},
        **({"baselineState": BASELINE[query.state]} if compared else {}),
        "properties": {
            "form": query.form,
            "field": query.field,
            "recordNumber": query.place,
            "valueClass": query.value_class,
        },
    }
