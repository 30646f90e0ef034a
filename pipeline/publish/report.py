"""What a build tells its user: findings as CSV, the whole as JSON, and a short page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.formats import csv as spreadsheet
from pipeline.profile import Profile
from pipeline.records import findings
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Dataset


def content(study: Study, specs: Mapping[str, Dataset], profile: Profile, build: str) -> dict[str, Any]:
    """The report as plain data: datasets, accounting, findings by rule.

    Takes     "published", "refused" or a build's state in words of its own.
    """
    by_rule = counted(profile.findings)
    return {
        "study": study.protocol.id,
        "title": study.protocol.title,
        "notice": study.protocol.synthetic,
        "cutoff": study.protocol.cutoff.isoformat(),
        "state": build,
        "datasets": [
            {"dataset": n, "label": s.label, "layer": s.layer, "records": profile.records.get(n, 0), "variables": len(s.published)}
            for n, s in specs.items()
        ],
        "accounting": [
            {"form": form, "read": c.read, "published": c.published, "set_aside": dict(c.set_aside)}
            for form, c in sorted(profile.accounting.items())
        ],
        "findings": {"errors": sum(r["records"] for r in by_rule if r["severity"] == "error"),
                     "warnings": sum(r["records"] for r in by_rule if r["severity"] == "warning"),
                     "waived": sum(r["records"] for r in by_rule if r["severity"] == "waived"),
                     "by_rule": by_rule},
    }  # fmt: skip


def counted(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """How many records each rule objects to, by dataset, variable and message."""
    counts: dict[tuple[str, str, str, str, str], int] = {}
    for one in found:
        key = (one.severity, one.rule, one.dataset, one.variable, one.message)
        counts[key] = counts.get(key, 0) + 1
    names = ("severity", "rule", "dataset", "variable", "message")
    return [{**dict(zip(names, key, strict=True)), "records": n} for key, n in sorted(counts.items())]


def write(told: Mapping[str, Any], found: Iterable[Finding], home: Path) -> None:
    """report.json, findings.csv and report.html."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    home.mkdir(parents=True, exist_ok=True)
    rows = findings.table(found)
    spreadsheet.write(rows, home / "findings.csv")
    (home / "report.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    templates = Environment(
        loader=PackageLoader("pipeline.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = templates.get_template("report.html.j2").render(
        report=told, findings=rows.where(rows.notna(), "").to_dict("records")[:500], shown=500
    )
    (home / "report.html").write_text(page, encoding="utf-8")
