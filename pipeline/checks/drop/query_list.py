"""The reports of the check of a drop: a page, a list to send to the site, JUnit and SARIF for machines, and
what the next check remembers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.checks.drop.junit import junit
from pipeline.checks.drop.sarif import sarif
from pipeline.formats.csv import write as csv
from pipeline.records import queries
from pipeline.records.queries import ANSWERED, Asked, Query
from pipeline.study import Study

FORMATS = {"html": "check.html", "csv": "queries.csv", "junit": "junit.xml", "sarif": "check.sarif"}
MEMORY = "check.json"
LIST = {  # column of the list -> part of a query
    "query": "id",
    "state": "state",
    "severity": "severity",
    "subject": "subject",
    "visit": "visit",
    "form": "form",
    "record": "record",
    "field": "field",
    "rule": "rule",
    "question": "question",
    "value": "value",
    "expected": "expected",
    "found": "found",
    "identity": "name",
}
SHOWN = 2000  # queries on the page; the list holds all


def content(
    study: Study, about: Mapping[str, Any], raised: Sequence[Query], asked: Sequence[Asked]
) -> dict[str, Any]:
    """The outcome as plain data without participants' values: what --json prints.

    Takes     what is known of the drop: its name, its hash, whether it was seen before; all queries; all
              that was asked.
    """
    return {
        "study": study.protocol.id,
        "title": study.protocol.title,
        "notice": study.protocol.synthetic,
        **about,
        "state": "stopped" if any(q.stops for q in raised) else "passed",
        "queries": _counted(raised),
        "asked": {"expectations": len(asked), "cases": sum(a.cases for a in asked)},
        "by_rule": _by_rule(raised, asked),
        "by_form": _by(raised, "form"),
    }


def _counted(raised: Iterable[Query]) -> dict[str, int]:
    """Errors and warnings that are not answered, and all queries by state."""
    raised = list(raised)
    unanswered = [q for q in raised if q.state != ANSWERED]
    errors = sum(q.severity == "error" for q in unanswered)
    states = Counter(q.state for q in raised)
    by_state = {state: states[state] for state in (queries.NEW, queries.OPEN, queries.ANSWERED)}
    return {"errors": errors, "warnings": len(unanswered) - errors, **by_state}


def _by_rule(raised: Sequence[Query], asked: Sequence[Asked]) -> list[dict[str, Any]]:
    cases: Counter[tuple[str, str]] = Counter()
    for question in asked:
        cases[question.severity, question.rule] += question.cases
    rows = []
    for severity, rule in sorted({*cases, *((q.severity, q.rule) for q in raised)}):
        of_rule = [q for q in raised if (q.severity, q.rule) == (severity, rule)]
        rows.append({"severity": severity, "rule": rule, "cases": cases[severity, rule], **_counted(of_rule)})
    return rows


def _by(raised: Sequence[Query], part: str) -> list[dict[str, Any]]:
    """Counts by one part of the queries, such as the form."""
    names = sorted({str(getattr(q, part)) for q in raised})
    return [{part: name, **_counted(q for q in raised if getattr(q, part) == name)} for name in names]


def write(
    outcome: Mapping[str, Any],
    raised: Sequence[Query],
    asked: Sequence[Asked],
    home: Path,
    formats: Iterable[str],
) -> None:
    """Writes the reports of the formats into a folder, each whole or not at all."""
    home.mkdir(parents=True, exist_ok=True)
    for name in formats:
        path = home / FORMATS[name]
        part = path.with_name(f".{path.name}.part")
        if name == "html":
            part.write_text(page(outcome, raised), encoding="utf-8")
        elif name == "csv":
            rows = queries.table(raised)[list(LIST.values())]
            csv.write(rows.set_axis(list(LIST), axis="columns"), part)
        elif name == "junit":
            part.write_text(junit(raised, asked), encoding="utf-8")
        else:
            part.write_text(sarif(raised, asked, compared="against" in outcome), encoding="utf-8")
        part.replace(path)


def page(outcome: Mapping[str, Any], raised: Sequence[Query]) -> str:
    """The page: by rule, by form, by participant, and each query. Nothing is loaded from elsewhere."""
    from pipeline.formats.templates import template

    in_order = sorted(
        raised, key=lambda q: (q.state == ANSWERED, q.severity, q.subject, q.form, q.rule, q.id)
    )
    return template("pipeline.checks.drop", "check.html.j2").render(
        outcome=outcome,
        queries=in_order[:SHOWN],
        total=len(raised),
        shown=SHOWN,
        questions={q.rule: q.question for q in raised},
        by_subject=_by(raised, "subject"),
    )


def remember(
    outcome: Mapping[str, Any],
    raised: Iterable[Query],
    ledger: Mapping[str, Mapping[str, str]],
    home: Path,
) -> None:
    """Writes check.json: the outcome, the queries with their numbers, and the hashes of every file of every
    drop that was ever checked.
    """
    memory = {**outcome, "ledger": ledger, "list": [asdict(q) for q in raised]}
    part = home / f".{MEMORY}.part"
    part.write_text(json.dumps(memory, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(home / MEMORY)
