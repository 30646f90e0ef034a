"""The report of a build: findings as CSV, the counts as JSON, and a short page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.formats.csv import write as csv
from pipeline.formats.templates import template
from pipeline.publish.define.model import Package
from pipeline.records import findings
from pipeline.records.findings import Finding

SHOWN = 500  # findings on the page; findings.csv has all


def content(package: Package, state: str) -> dict[str, Any]:
    """The report as plain data: datasets, accounting, findings by rule.

    Takes     what is or would be published; "published" or "refused".
    """
    protocol, profile = package.study.protocol, package.profile
    datasets = [
        {
            "dataset": name,
            "label": spec.label,
            "layer": spec.layer,
            "records": profile.records.get(name, 0),
            "variables": len(spec.published),
        }
        for name, spec in package.specs.items()
    ]
    accounting = [
        {
            "form": form,
            "read": c.read,
            "published": c.published,
            "set_aside": dict(c.set_aside),
            "as_it_stood": c.as_it_stood,
        }
        for form, c in sorted(profile.accounting.items())
    ]
    by_severity = Counter(f.severity for f in profile.findings)
    return {
        "study": protocol.id,
        "title": protocol.title,
        "notice": protocol.synthetic,
        "cutoff": protocol.cutoff.isoformat(),
        "state": state,
        "datasets": datasets,
        "accounting": accounting,
        "findings": {
            "errors": by_severity["error"],
            "warnings": by_severity["warning"],
            "waived": by_severity["waived"],
            "by_rule": by_rule(profile.findings),
        },
    }


def by_rule(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """How many records each rule tells of, by severity, rule, dataset, variable and message.

    Takes     all findings.
    Returns   one entry per rule, dataset, variable and message, with the number of records.
    """
    names = ("severity", "rule", "dataset", "variable", "message")
    counts = Counter[tuple[str, ...]]()
    for f in found:
        counts[f.severity, f.rule, f.dataset, f.variable, f.message] += f.records
    return [{**dict(zip(names, key, strict=True)), "records": n} for key, n in sorted(counts.items())]


def write(package: Package, state: str, home: Path) -> dict[str, Any]:
    """Writes report.json, findings.csv and report.html, and returns what report.json says.

    Takes     a package with all findings; published or refused; the folder that is to hold the report.
    Returns   the content of report.json, without participants' values.
    """
    home.mkdir(parents=True, exist_ok=True)
    report = content(package, state)
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    (home / "report.json").write_text(text, encoding="utf-8")
    rows = findings.table(package.profile.findings)
    csv.write(rows, home / "findings.csv")
    shown = rows.head(SHOWN)
    first = shown.where(shown.notna(), "").to_dict("records")
    page = template("pipeline.publish", "report.html.j2")
    text = page.render(report=report, findings=first, shown=SHOWN)
    (home / "report.html").write_text(text, encoding="utf-8")
    return report
