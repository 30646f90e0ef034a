"""The reports of the check of a drop: a page, a list to send to the site, JUnit and SARIF for machines, and
what the next check remembers.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from pipeline.checks.drop import sites
from pipeline.checks.drop.junit import junit
from pipeline.checks.drop.sarif import sarif
from pipeline.errors import DropError
from pipeline.formats.csv import write as csv
from pipeline.records import queries
from pipeline.records.lost import Sizes
from pipeline.records.queries import SETTLED, Asked, Query
from pipeline.study import Study

FORMATS = {
    "html": "check.html",
    "csv": "queries.csv",
    "xlsx": "queries.xlsx",
    "sites": "sites",  # a folder
    "junit": "junit.xml",
    "sarif": "check.sarif",
}
MEMORY = "check.json"
UNREAD = "RAW-FILE"  # a file of the drop cannot be read: a build could not read the drop either
LIST = {  # column of the list -> part of a query
    "query": "id",
    "state": "state",
    "severity": "severity",
    "subject": "subject",
    "visit": "visit",
    "form": "form",
    "file": "file",
    "line": "line",
    "record": "record",
    "field": "field",
    "rule": "rule",
    "question": "question",
    "value": "value",
    "expected": "expected",
    "found": "found",
    "identity": "name",
    "site": "site",
    "first_asked": "first",
    "owner": "owner",
    "status": "status",
    "answer": "answer",
    "answer_date": "answered_on",
}
FIRST = 10  # queries that a terminal shows
SHOWN = 2000  # queries on the page; the list holds all


@dataclass(frozen=True)
class Told:
    """All that a check has to tell."""

    study: Study | None  # none where it could not be loaded
    about: Mapping[str, Any]  # the drop: its name, path and hash, and whether it was seen before
    raised: Sequence[Query]
    asked: Sequence[Asked]
    hashes: Mapping[str, str]  # SHA-256 of each file of the drop
    warnings_stop: bool = False

    def content(self) -> dict[str, Any]:
        """The outcome as plain data without participants' values: what --json prints."""
        protocol = self.study.protocol if self.study else None
        stopping = self._that_stop()
        is_unread = any(query.rule == UNREAD for query in self.raised)
        outcome = {
            "study": protocol.id if protocol else "",
            "title": protocol.title if protocol else "",
            "notice": protocol.synthetic if protocol else "",
            "state": "stopped" if stopping else "passed",
            "exit_code": DropError.exit_code if is_unread else int(bool(stopping)),
            "queries": _counted(self.raised),
            "errors": [_in_a_line(q) for q in stopping[:FIRST]],
            "stops": len(stopping),
            "asked": {"expectations": len(self.asked), "cases": sum(a.cases for a in self.asked)},
            "by_rule": _by_rule(self.raised, self.asked),
            "by_form": _by(self.raised, "form"),
        }
        return outcome | dict(self.about)

    def _that_stop(self) -> list[Query]:
        """The queries for which the check stops, in the order of files and lines."""
        severities = ("error", "warning") if self.warnings_stop else ("error",)
        stopping = [q for q in self.raised if q.severity in severities and q.state not in SETTLED]
        return sorted(stopping, key=_in_order_of_urgency)


def _in_order_of_urgency(query: Query) -> tuple[Any, ...]:
    """First the files that cannot be read, then errors, then warnings, as they stand in the files."""
    place = (query.file, query.line, query.place)
    return query.rule != UNREAD, query.severity, *place, query.rule, query.id


def _in_a_line(query: Query) -> str:
    """A query as a terminal shows it: where, which rule, who, and what to do; without a value."""
    if query.rule == UNREAD:
        return f"{query.file}: {query.question}"
    who = query.subject if query.known else "subject unknown"
    about = ", ".join(part for part in (who, query.field) if part)
    return f"{query.at}: {query.rule}: {about + ': ' if about else ''}{query.question}"


def of_file(
    rule: str,
    form: str,
    file: str,
    question: str,
    found: str = "",
    expected: str = "",
    line: int = 0,
    severity: Literal["error", "warning"] = "error",
) -> Query:
    """A query of a whole file, or of a line of it that holds no record."""
    return Query(
        severity=severity,
        rule=rule,
        form=form,
        subject="",
        visit="",
        record="",
        field="",
        value="",
        value_class="file",
        found=found,
        expected=expected,
        question=question,
        name=file,
        place=0,
        known=True,
        file=file,
        line=line,
    )


def _counted(raised: Iterable[Query]) -> dict[str, int]:
    """Errors and warnings that are not settled, and all queries by state."""
    raised = list(raised)
    unanswered = [q for q in raised if q.state not in SETTLED]
    errors = sum(q.severity == "error" for q in unanswered)
    states = Counter(q.state for q in raised)
    by_state = {state.replace(", ", "_").replace(" ", "_"): states[state] for state in queries.STATES}
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


def write(told: Told, home: Path, formats: Iterable[str]) -> dict[str, Any]:
    """Writes the reports of the formats into a folder, each whole or not at all, and returns the outcome."""
    outcome, raised = told.content(), told.raised
    home.mkdir(parents=True, exist_ok=True)
    for name in formats:
        path = home / FORMATS[name]
        part = path.with_name(f".{path.name}.part")
        if name == "html":
            part.write_text(page(outcome, raised), encoding="utf-8")
        elif name == "csv":
            csv.write(_list(outcome, raised), part)
        elif name == "xlsx":
            sites.write_workbook(_list(outcome, raised), part)
        elif name == "sites":
            sites.write_folder(_list(outcome, raised), part)
            shutil.rmtree(path, ignore_errors=True)
        elif name == "junit":
            part.write_text(junit(raised, told.asked, outcome["path"], told.warnings_stop), encoding="utf-8")
        else:
            part.write_text(sarif(outcome, raised, told.asked, told.hashes), encoding="utf-8")
        part.replace(path)
    return outcome


def _list(outcome: Mapping[str, Any], raised: Sequence[Query]) -> pd.DataFrame:
    """The queries as rows to send, with the days since each was first asked."""
    rows = queries.table(raised)[list(LIST.values())].set_axis(list(LIST), axis="columns")
    ages = [sites.age(query.first, str(outcome["drop"])) for query in raised]
    rows.insert(list(LIST).index("owner"), "age_days", pd.Series(ages, dtype="str"))
    return rows.assign(line=rows["line"].where(rows["line"].ne("0"), ""))


def page(outcome: Mapping[str, Any], raised: Sequence[Query]) -> str:
    """The page: by rule, by form, by participant, and each query. Nothing is loaded from elsewhere."""
    from pipeline.formats.templates import template

    in_order = sorted(raised, key=lambda q: (q.state in SETTLED, q.severity, q.subject, q.form, q.rule, q.id))
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
    sizes: Sizes,
) -> None:
    """Writes check.json: the outcome, the queries with their numbers, how much each form holds, the hashes
    of every file of every drop that was ever checked.
    """
    of_forms = {form: asdict(size) for form, size in sizes.items()}
    memory = {**outcome, "forms": of_forms, "ledger": ledger, "list": [asdict(q) for q in raised]}
    part = home / f".{MEMORY}.part"
    part.write_text(json.dumps(memory, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(home / MEMORY)
