"""SARIF 2.1.0 of a check, as GitHub's code scanning takes it. Machines of others read it, so it holds no
participant's value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from pipeline.checks.drop.junit import line, path
from pipeline.records.queries import ANSWERED, CLOSED, NEW, OPEN, STILL, Asked, Query

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
BASELINE = {NEW: "new", OPEN: "unchanged", STILL: "unchanged", ANSWERED: "absent", CLOSED: "absent"}
ROOT = "%SRCROOT%"  # where the command runs: the root of the repository


def sarif(
    outcome: Mapping[str, Any],
    raised: Sequence[Query],
    asked: Sequence[Asked],
    hashes: Mapping[str, str],
) -> str:
    """All queries as results, each under its number, at its file and line.

    Takes     the outcome, which names the folder of the drop, and the drop of the last check where the check
              was compared with one: then each result says whether it is new, unchanged or absent; the
              queries; all that was asked; SHA-256 of each file of the drop.
    Source    OASIS SARIF 2.1.0, 3.24 (artifact), 3.27 (result), 3.27.16 (partialFingerprints), 3.27.24
              (baselineState), 3.29 (physicalLocation); what GitHub's code scanning asks of an upload.
    """
    compared = "against" in outcome
    shown = [q for q in raised if compared or q.state not in (ANSWERED, CLOSED)]
    rules = _rules(raised, asked)
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    artifacts = _Artifacts(outcome["path"], hashes, shown)
    driver = {"name": "cdisc-pipeline", "semanticVersion": version("cdisc-pipeline"), "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {"executionSuccessful": outcome["state"] != "error", "exitCode": outcome["exit_code"]}
        ],
        "artifacts": artifacts.listed(),
        "results": [_result(q, numbers[q.rule], artifacts, compared=compared) for q in shown],
        "columnKind": "unicodeCodePoints",
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _rules(raised: Sequence[Query], asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Each rule that was asked, or that a query of the last check has, with what to ask the site."""
    known: dict[str, tuple[str, str]] = {}
    for question in asked:
        known.setdefault(question.rule, (question.severity, question.question))
    for query in raised:
        known.setdefault(query.rule, (query.severity, query.question))
    return [_rule(rule, *known[rule]) for rule in sorted(known)]


def _rule(rule: str, level: str, question: str) -> dict[str, Any]:
    name = rule.replace("-", " ").capitalize()
    return {
        "id": rule,
        "name": rule,
        "shortDescription": {"text": name},
        "fullDescription": {"text": question or name},
        "help": {"text": f"{question or name} (docs/findings.md lists the rules of the contracts.)"},
        "defaultConfiguration": {"level": level},
        "properties": {"precision": "very-high", "problem.severity": level, "tags": ["data"]},
    }


class _Artifacts:
    """The files of the drop, in the order of their names, and those that only a query names."""

    def __init__(self, folder: str, hashes: Mapping[str, str], raised: Sequence[Query]) -> None:
        self.folder, self.hashes = folder, hashes
        self.files = sorted({*hashes, *(q.file for q in raised)})

    def location(self, file: str) -> dict[str, Any]:
        return {
            "uri": quote(path(self.folder, file)),
            "uriBaseId": ROOT,
            "index": self.files.index(file),
        }

    def listed(self) -> list[dict[str, Any]]:
        artifacts = []
        for file in self.files:
            artifact: dict[str, Any] = {"location": self.location(file), "roles": ["analysisTarget"]}
            if file in self.hashes:
                artifact["hashes"] = {"sha-256": self.hashes[file]}
            artifacts.append(artifact)
        return artifacts


def _result(query: Query, rule_index: int, artifacts: _Artifacts, *, compared: bool) -> dict[str, Any]:
    logical = {
        "name": query.field or query.form,
        "fullyQualifiedName": f"{query.form}.{query.field}".rstrip("."),
        "kind": "member",
    }
    # of the line its first character alone: what else stands in it may be a participant's value
    start = query.line or 1
    region = {"startLine": start, "startColumn": 1, "endLine": start, "endColumn": 2}
    physical = {"artifactLocation": artifacts.location(query.file), "region": region}
    result: dict[str, Any] = {
        "ruleId": query.rule,
        "ruleIndex": rule_index,
        "level": query.severity,
        "message": {"text": f"{query.question} ({line(query)})"},
        "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
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
