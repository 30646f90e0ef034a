"""What the check of a drop tells: a page, a list to send to the site, JUnit and SARIF for machines, and what
the next check remembers.
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
from pipeline.formats import csv as spreadsheet
from pipeline.records import queries
from pipeline.records.queries import ANSWERED, Asked, Query
from pipeline.study import Study

FORMATS = {"html": "check.html", "csv": "queries.csv", "junit": "junit.xml", "sarif": "check.sarif"}
MEMORY = "check.json"
LIST = {  # column of the list -> part of a query
    "query": "id", "state": "state", "severity": "severity", "subject": "subject", "visit": "visit", "form": "form",
    "record": "record", "field": "field", "rule": "rule", "question": "question", "value": "value", "expected": "expected",
    "found": "found", "identity": "name",
}  # fmt: skip
SHOWN = 2000


def content(
    study: Study, drop: Mapping[str, Any], found: Sequence[Query], asked: Sequence[Asked]
) -> dict[str, Any]:
    """The outcome as plain data without participants' values: what --json prints.

    Takes     the drop as told: its name, its hash, what is known of it; all queries; all that was asked.
    """
    live = [q for q in found if q.state != ANSWERED]
    errors = sum(q.severity == "error" for q in live)
    return {
        "study": study.protocol.id,
        "title": study.protocol.title,
        "notice": study.protocol.synthetic,
        **drop,
        "state": "stopped" if errors else "passed",
        "queries": {"errors": errors, "warnings": len(live) - errors, **_states(found)},
        "asked": {"expectations": len(asked), "cases": sum(a.cases for a in asked)},
        "by_rule": _by_rule(found, asked),
        "by_form": _by(found, "form"),
    }


def _states(found: Iterable[Query]) -> dict[str, int]:
    count = Counter(q.state for q in found)
    return {state: count[state] for state in (queries.NEW, queries.OPEN, queries.ANSWERED)}


def _by_rule(found: Sequence[Query], asked: Sequence[Asked]) -> list[dict[str, Any]]:
    cases: Counter[tuple[str, str]] = Counter()
    for one in asked:
        cases[one.severity, one.rule] += one.cases
    names = sorted({*cases, *((q.severity, q.rule) for q in found)})
    return [
        {
            "severity": s,
            "rule": r,
            "cases": cases[s, r],
            **_counted(q for q in found if (q.severity, q.rule) == (s, r)),
        }
        for s, r in names
    ]


def _by(found: Sequence[Query], part: str) -> list[dict[str, Any]]:
    names = sorted({str(getattr(q, part)) for q in found})
    return [{part: name, **_counted(q for q in found if getattr(q, part) == name)} for name in names]


def _counted(found: Iterable[Query]) -> dict[str, int]:
    mine = list(found)
    live = [q for q in mine if q.state != ANSWERED]
    errors = sum(q.severity == "error" for q in live)
    return {"errors": errors, "warnings": len(live) - errors, **_states(mine)}


def write(
    told: Mapping[str, Any],
    found: Sequence[Query],
    asked: Sequence[Asked],
    home: Path,
    formats: Iterable[str],
) -> None:
    """The files of the formats into `home`, each whole or not at all."""
    home.mkdir(parents=True, exist_ok=True)
    for name in formats:
        path = home / FORMATS[name]
        aside = path.with_name(f".{path.name}.part")
        if name == "html":
            aside.write_text(page(told, found), encoding="utf-8")
        elif name == "csv":
            spreadsheet.write(
                queries.table(found)[list(LIST.values())].set_axis(list(LIST), axis="columns"), aside
            )
        else:
            aside.write_text(
                junit(found, asked) if name == "junit" else sarif(found, asked, compared="against" in told),
                encoding="utf-8",
            )
        aside.replace(path)


def page(told: Mapping[str, Any], found: Sequence[Query]) -> str:
    """The page: by rule, by form, by subject, and each query. Nothing is loaded from elsewhere."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("pipeline.checks.drop"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    questions = {q.rule: q.question for q in found}
    order = sorted(found, key=lambda q: (q.state == ANSWERED, q.severity, q.subject, q.form, q.rule, q.id))
    return templates.get_template("check.html.j2").render(
        told=told,
        queries=order[:SHOWN],
        total=len(found),
        shown=SHOWN,
        questions=questions,
        by_subject=_by(found, "subject"),
    )


def remember(
    told: Mapping[str, Any], found: Iterable[Query], ledger: Mapping[str, Mapping[str, str]], home: Path
) -> None:
    """check.json: the outcome, the queries with their numbers, and the hashes of every file of every drop
    that was ever checked.
    """
    whole = {**told, "ledger": ledger, "list": [asdict(q) for q in found]}
    aside = home / f".{MEMORY}.part"
    aside.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    aside.replace(home / MEMORY)
