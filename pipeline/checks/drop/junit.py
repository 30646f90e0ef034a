"""JUnit XML of a check: one suite per form, one case per expectation. Machines of others read it, so it holds
no participant's value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lxml import etree

from pipeline.records.queries import SETTLED, Asked, Query

SHOWN = 50  # records listed for one case
Case = tuple[str, str, list[Query]]  # rule, field, the queries that it raised


def junit(
    raised: Sequence[Query], asked: Sequence[Asked], folder: str = "", warnings_stop: bool = False
) -> str:
    """The check as JUnit XML.

    An error fails its case. A warning stands in the output of a case that passes, so that what fails is what
    stops a build; where warnings stop the check, it fails too. A case with a query has the file and the line
    of the first.

    Takes     the queries; all that was asked; the folder of the drop, before the names of its files.
    """
    suites = _suites(raised, asked)
    writer = _Writer(folder, ("error", "warning") if warnings_stop else ("error",))
    all_cases = [case for cases in suites.values() for case in cases]
    root = etree.Element("testsuites", {"name": "check-drop", **writer.counts(all_cases)})
    for name in sorted(suites):
        cases = sorted(suites[name], key=lambda case: case[:2])
        suite = etree.SubElement(root, "testsuite", {"name": name, **writer.counts(cases)})
        for case in cases:
            writer.add_case(suite, name, case)
    etree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="unicode") + "\n"


def _suites(raised: Sequence[Query], asked: Sequence[Asked]) -> dict[str, list[Case]]:
    """The cases of each suite: those that raised queries, and those that did not."""
    broken: dict[tuple[str, str, str], list[Query]] = defaultdict(list)
    for query in raised:
        if query.state not in SETTLED:
            broken[query.form, query.rule, query.field].append(query)
    forms = {q.form for q in raised} | {a.suite for a in asked if a.rule == "RAW-COLUMNS"}
    # what is asked across forms, or of the header of all, is reported at the form that broke it
    reported_at_a_form = {(rule, field if rule.startswith("RAW-") else "") for _, rule, field in broken}
    suites: dict[str, list[Case]] = defaultdict(list)
    for question in asked:
        failed_here = (question.suite, question.rule, question.field) in broken
        failed_at_a_form = (question.rule, question.field) in reported_at_a_form
        if not failed_here and (question.suite in forms or not failed_at_a_form):
            suites[question.suite].append((question.rule, question.field, []))
    for (form, rule, field), queries in sorted(broken.items()):
        suites[form].append((rule, field, queries))
    return suites


@dataclass(frozen=True)
class _Writer:
    """Writes cases; `failing` are the severities of a query that fails its case."""

    folder: str
    failing: tuple[str, ...]

    def counts(self, cases: Sequence[Case]) -> dict[str, str]:
        failures = sum(self.fails(queries) for _, _, queries in cases)
        return {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}

    def fails(self, queries: Sequence[Query]) -> bool:
        return any(q.severity in self.failing for q in queries)

    def add_case(self, suite: etree._Element, classname: str, case: Case) -> None:
        rule, field, queries = case
        element = etree.SubElement(suite, "testcase", classname=classname, name=f"{rule} {field}".strip())
        if not queries:
            return
        first = queries[0]
        if first.file:
            element.set("file", path(self.folder, first.file))
            element.set("line", str(first.line or 1))
        lines = [line(q) for q in queries[:SHOWN]]
        if len(queries) > SHOWN:
            lines.append(f"and {len(queries) - SHOWN} more")
        if self.fails(queries):
            number = "1 record" if len(queries) == 1 else f"{len(queries)} records"
            message = f"{number}: {first.question}"
            output = etree.SubElement(element, "failure", type=first.rule, message=message)
        else:
            output = etree.SubElement(element, "system-out")
        output.text = "\n".join(lines)


def path(folder: str, file: str) -> str:
    """A file of the drop from where the command runs, with slashes."""
    return str(PurePosixPath(folder, file))


def line(query: Query) -> str:
    """A query without a value: the participant, the place in the file, and the kind of value there."""
    if not query.place:
        return f"{query.id}, {query.severity}, {query.at}"
    subject = query.subject if query.known else "subject unknown"
    return (
        f"{query.id}, {query.severity}, {query.at}: {subject}, record {query.place} of {query.form},"
        f" {query.field or 'record'}: {query.value_class}"
    )
