"""The engine over the SDTM of a finished build, or its recorded report, as text, data and JUnit XML."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.checks.core import engine
from pipeline.checks.core.judge import Built, Outcome, Told, judge
from pipeline.errors import UsageError
from pipeline.finished.folder import STUDY, Folder

_FINDINGS = "report/findings.csv"


def conform(out: Path, core: Path | None, report: Path | None, record: Path | None) -> Outcome:
    """What CORE says of the current build.

    Takes     the folder of builds; the folder of the engine, or a report that was recorded; the file in which
              the engine's report is kept.
    Raises    UsageError, MachineError as `engine.run`, `judge` and `Folder` do.
    """
    if (core is None) == (report is None):
        raise UsageError("give either --core HOME or --report FILE")
    from pipeline.study import load

    folder = Folder.opened(out)
    study = load(folder.home / STUDY)
    if core is not None:
        defines = [name for name in folder.names("m5", "define.xml") if "/sdtm/" in name]
        versions = [s.version for s in study.protocol.standards if s.name == "SDTMIG"]
        if not defines or not versions:
            raise UsageError(f"{out}: no SDTM by a version of SDTMIG, which the engine judges")
        recorded = engine.run(core, folder.file(defines[0]).parent, versions[0])
        if record is not None:
            record.write_text(json.dumps(recorded, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    elif report is not None:
        recorded = _recorded(report)
    content = folder.document("report/report.json")
    built = {d["dataset"]: d["records"] for d in content["datasets"] if d["layer"] == "sdtm"}
    with folder.file(_FINDINGS).open(encoding="utf-8-sig", newline="") as rows:
        findings = list(csv.DictReader(rows))
    variables = {name: frozenset(study.datasets[name].variables) for name in built if name in study.datasets}
    day = study.protocol.declared_build_time.date()
    return judge(Built(variables, built, findings, study.waivers, day), recorded)


def _recorded(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{file}: no file, or not JSON; --record writes one") from None


def as_data(outcome: Outcome) -> dict[str, Any]:
    return {
        "state": "stopped" if outcome.stops else "passed",
        "rules": outcome.rules,
        "passed": outcome.passed,
        "out_of_scope": outcome.out_of_scope,
        "told": [_data(told) for told in outcome.told],
    }


def _data(told: Told) -> dict[str, Any]:
    data = asdict(told)
    return {**data, "as": data.pop("as_"), "stops": told.stops}


def lines(outcome: Outcome) -> Iterator[str]:
    """What is new first, then what ours answers, then the counts."""
    for told in sorted(outcome.told, key=lambda t: (not t.stops, t)):
        yield f"{'new' if told.stops else told.as_.partition(':')[0]}: {line(told)}"
    kinds = Counter(told.kind for told in outcome.told)
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in ("issue", "error", "skipped", "not run"))
    new = sum(told.stops for told in outcome.told)
    yield (
        f"{outcome.rules} rules: {outcome.passed} passed, {outcome.out_of_scope} had nothing to judge;"
        f" {counts}; {new} new"
    )


def line(told: Told) -> str:
    ids = f" ({', '.join(told.published)})" if told.published else ""
    of = f"{told.dataset}.{'/'.join(told.variables)}" if told.variables else told.dataset
    number = f", {told.records} records" if told.records else ""
    return f"{told.rule}{ids}, {of}: {told.kind}{number}: {told.message}"


def junit(outcome: Outcome) -> str:
    """JUnit XML: a case for each thing that the engine tells; what is new fails."""
    from lxml import etree

    counts = {
        "tests": str(len(outcome.told)),
        "failures": str(sum(told.stops for told in outcome.told)),
        "errors": "0",
    }
    root = etree.Element("testsuites", {"name": "conform", **counts})
    suite = etree.SubElement(root, "testsuite", {"name": "CORE", **counts})
    for told in outcome.told:
        name = f"{told.rule} {told.kind}"
        case = etree.SubElement(suite, "testcase", classname=told.dataset, name=name)
        kind = "failure" if told.stops else "system-out"
        element = etree.SubElement(case, kind, {"message": line(told)} if told.stops else {})
        element.text = line(told) if told.stops else f"{line(told)} ({told.as_})"
    etree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="unicode") + "\n"
