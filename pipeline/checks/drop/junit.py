"""JUnit XML of a check: a suite a form, a case an expectation. It goes to machines of others, so no
participant's value is in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lxml import etree

from pipeline.records.queries import ANSWERED, Asked, Query

SHOWN = 50  # records listed of one case


def junit(found: Sequence[Query], asked: Sequence[Asked]) -> str:
    """An error fails its case; a warning stands in the output of a case that passes, so that what fails is
    what stops a build.
    """
    broken: dict[tuple[str, str, str], list[Query]] = defaultdict(list)
    for query in found:
        if query.state != ANSWERED:
            broken[query.form, query.rule, query.field].append(query)
    forms = {q.form for q in found} | {a.suite for a in asked if a.rule == "RAW-COLUMNS"}
    elsewhere = {
        (rule, field if rule.startswith("RAW-") else "") for _, rule, field in broken
    }  # told at its form, and asked of all
    cases: dict[str, list[tuple[str, str, list[Query]]]] = defaultdict(list)
    for one in asked:
        if (one.suite, one.rule, one.field) not in broken and (
            one.suite in forms or (one.rule, one.field) not in elsewhere
        ):
            cases[one.suite].append((one.rule, one.field, []))
    for (form, rule, field), mine in sorted(broken.items()):
        cases[form].append((rule, field, mine))
    root = etree.Element(
        "testsuites", {"name": "check-drop", **_counts([m for c in cases.values() for _, _, m in c])}
    )
    for suite in sorted(cases):
        told = sorted(cases[suite], key=lambda c: c[:2])
        here = etree.SubElement(root, "testsuite", {"name": suite, **_counts([m for _, _, m in told])})
        for rule, field, mine in told:
            _case(here, suite, f"{rule} {field}".strip(), mine)
    etree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="unicode") + "\n"


def _counts(cases: Sequence[Sequence[Query]]) -> dict[str, str]:
    return {"tests": str(len(cases)), "failures": str(sum(_fails(c) for c in cases)), "errors": "0"}


def _fails(mine: Sequence[Query]) -> bool:
    return any(q.severity == "error" for q in mine)


def _case(suite: etree._Element, classname: str, name: str, mine: Sequence[Query]) -> None:
    case = etree.SubElement(suite, "testcase", classname=classname, name=name)
    if not mine:
        return
    lines = [line(q) for q in mine[:SHOWN]] + ([f"and {len(mine) - SHOWN} more"] if len(mine) > SHOWN else [])
    if _fails(mine):
        told = etree.SubElement(
            case, "failure", type=mine[0].rule, message=f"{len(mine)} records: {mine[0].question}"
        )
    else:
        told = etree.SubElement(case, "system-out")
    told.text = "\n".join(lines)


def line(query: Query) -> str:
    """A query without a value: who, where in the file, and what kind of value stands there."""
    subject = query.subject if query.known else "subject unknown"
    return (
        f"{query.id}, {query.severity}, {subject}, record {query.place} of {query.form},"
        f" {query.field or 'record'}: {query.value_class}"
    )
