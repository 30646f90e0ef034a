"""JUnit XML of a check: one suite per form, one case per expectation. Machines of others read it, so it holds
no participant's value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lxml import etree

from pipeline.records.queries import ANSWERED, Asked, Query

SHOWN = 50  # records listed for one case
Case = tuple[str, str, list[Query]]  # rule, field, the queries that it raised


def junit(raised: Sequence[Query], asked: Sequence[Asked]) -> str:
    """The check as JUnit XML.

    An error fails its case. A warning stands in the output of a case that passes, so that what fails is what
    stops a build.
    """
    suites = _suites(raised, asked)
    all_cases = [case for cases in suites.values() for case in cases]
    root = etree.Element("testsuites", {"name": "check-drop", **_counts(all_cases)})
    for name in sorted(suites):
        cases = sorted(suites[name], key=lambda case: case[:2])
        suite = etree.SubElement(root, "testsuite", {"name": name, **_counts(cases)})
        for case in cases:
            _add_case(suite, name, case)
    etree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="unicode") + "\n"


def _suites(raised: Sequence[Query], asked: Sequence[Asked]) -> dict[str, list[Case]]:
    """The cases of each suite: those that raised queries, and those that did not."""
    broken: dict[tuple[str, str, str], list[Query]] = defaultdict(list)
    for query in raised:
        if query.state != ANSWERED:
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


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    failures = sum(_fails(queries) for _, _, queries in cases)
    return {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}


def _fails(queries: Sequence[Query]) -> bool:
    return any(q.severity == "error" for q in queries)


def _add_case(suite: etree._Element, classname: str, case: Case) -> None:
    rule, field, queries = case
    element = etree.SubElement(suite, "testcase", classname=classname, name=f"{rule} {field}".strip())
    if not queries:
        return
    lines = [line(q) for q in queries[:SHOWN]]
    if len(queries) > SHOWN:
        lines.append(f"and {len(queries) - SHOWN} more")
    if _fails(queries):
        number = "1 record" if len(queries) == 1 else f"{len(queries)} records"
        message = f"{number}: {queries[0].question}"
        output = etree.SubElement(element, "failure", type=queries[0].rule, message=message)
    else:
        output = etree.SubElement(element, "system-out")
    output.text = "\n".join(lines)


def line(query: Query) -> str:
    """A query without a value: the participant, the place in the file, and the kind of value there."""
    subject = query.subject if query.known else "subject unknown"
    return (
        f"{query.id}, {query.severity}, {subject}, record {query.place} of {query.form},"
        f" {query.field or 'record'}: {query.value_class}"
    )
