"""Writes site/: a page for each dataset and each question, and the data that they show."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.finished.build import Build
from pipeline.formats.templates import template
from pipeline.site import chunks, facts, records
from pipeline.site import decisions as time_to_event
from pipeline.site import displays as of_report
from pipeline.site.chunks import Coded

FOLDER = "site"
_STATIC = (
    "site.css",
    "site.js",
    "table.js",
    "cell.js",
    "pages.js",
    "participant.js",
    "display.js",
    "start.js",
)
_TEMPLATES = Path(__file__).parent / "templates"

# of a page that shows what stands behind # in its address: name of the file, and its title
ASKED = {
    "cell": "Why a cell holds its value",
    "variable": "Variable",
    "form": "Form",
    "participant": "Participant",
    "display": "Display",
}
LISTS = {"participants": "Participants", "findings": "Findings"}


@dataclass(frozen=True)
class Page:
    """What the frame of a page needs to know."""

    name: str
    title: str
    root: str = ""  # the way from the page to the folder of the site
    of: str = ""  # the dataset that the page is about


def write(home: Path) -> None:
    """Writes the site of a build into its folder; it depends on nothing but that folder.

    Takes     the folder of a build that is written but for its manifest.
    """
    build = Build(home)
    site = home / FOLDER
    data = site / "data"
    data.mkdir(parents=True)
    files: dict[str, dict[str, Any]] = {"records": {}, "raw": {}}
    mappings: dict[str, dict[str, Any]] = {}
    variables: dict[str, list[str]] = {}
    deciding = time_to_event.sources(build)
    kept: dict[str, Mapping[str, Coded]] = {}  # one dataset at a time is in memory, but for these
    reviewed = facts.reviews(build)
    for name in build.study_facts["datasets"]:
        columns = records.published(build, name)
        files["records"][name] = records.write(columns, "records", name, data)
        mappings[name] = facts.mapping_of(build, name, columns, reviewed)
        chunks.write(data / "mapping" / f"{name}.js", "mapping", name, mappings[name])
        variables[name] = [*columns]
        if name in deciding:
            kept[name] = columns
    for form in build.raw_forms():
        files["raw"][form] = records.write(records.collected(build, form), "raw", form, data)
        lines = {"files": build.files_of_forms[form], "lines": records.lines(build, form)}
        chunks.write(data / "lines" / f"{form}.js", "lines", form, lines)
    study = facts.study(build, variables, files)
    chunks.write(data / "study" / "study.js", "study", "study", study)
    chunks.write(data / "mapping" / "_readers.js", "mapping", "_readers", facts.readers(build))
    for name in build.study_facts["endpoints"]:
        considered = time_to_event.decisions(build, name, kept)
        chunks.write(data / "decisions" / f"{name}.js", "decisions", name, considered)
    found, raw = _findings(build)
    chunks.write(data / "findings" / "findings.js", "findings", "findings", found)
    chunks.write(data / "lines" / "_findings.js", "lines", "_findings", raw)
    shown = of_report.displays(build)
    if shown:
        chunks.write(data / "displays" / "displays.js", "displays", "displays", shown)
        for name, drawing in of_report.drawings(build).items():
            chunks.write(data / "figures" / f"{name}.js", "figures", name, drawing)
    _write_pages(build, mappings, shown, site)


# of a finding on its page; site, form and record are those of the first record that it tells of
_OF_FINDING = (
    *("severity", "owner", "rule", "site", "form", "dataset", "variable", "key", "value", "message"),
    *("record", "records"),
)


def _findings(build: Build) -> tuple[dict[str, Any], tuple[list[str], list[int]]]:
    """All findings, each with who can mend it; and beside them, as lines are no part of the outputs that any
    order of records gives, file and line of the raw record of each.
    """
    site_of = _sites(build)
    rows = [row | _raw_record_of(build, row["source"], site_of) for row in _rows_of_findings(build.home)]
    columns = {name: _coded([row[name] for row in rows]) for name in _OF_FINDING}
    return {"rows": len(rows), "columns": columns}, _coded([row["raw"] for row in rows])


def _sites(build: Build) -> Mapping[str, str]:
    """The site of each participant, where DM is published and has it."""
    if "SITEID" not in build.study_facts["datasets"].get("DM", {"variables": {}})["variables"]:
        return {}
    columns = records.published(build, "DM")
    subjects, sites = columns["USUBJID"], columns["SITEID"]
    pairs = zip(subjects.codes, sites.codes, strict=True)
    return {str(subjects.values[one]): str(sites.values[other]) for one, other in pairs if other >= 0}


def _raw_record_of(build: Build, source: str, site_of: Mapping[str, str]) -> dict[str, str]:
    """Form, record, site and file:line of the first raw record that the source of a finding names.

    Takes     what the report says: form, participant, record; further ones after a semicolon.
    """
    form, _, rest = source.partition(", ")
    participant, _, record = rest.partition("; ")[0].partition(", ")
    raw = build.raw_record(form, participant, record)
    return {
        "form": form if form in build.study_facts["forms"] else "",
        "record": record if raw else "",
        "site": site_of.get(participant, ""),
        "raw": raw.place if raw else source,
    }


def _coded(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """Distinct texts, and for each text its place among them; -1 for an empty one."""
    values = sorted(set(texts) - {""})
    places = {value: place for place, value in enumerate(values)}
    return values, [places.get(text, -1) for text in texts]


def _rows_of_findings(home: Path) -> list[dict[str, str]]:
    with (home / "report" / "findings.csv").open(encoding="utf-8", newline="") as file:
        return [{**row, "owner": owner(row["severity"], row["message"])} for row in csv.DictReader(file)]


def owner(severity: str, message: str) -> str:
    """Who can mend a finding: the site, whoever keeps the study's files, or nobody, where it only tells what
    is so.

    Takes     severity and message of the finding.
    """
    if severity == "waived":
        return "nobody: waived"
    is_query = any(word in message for word in ("query", "confirm", "ask the site", "ask for"))
    if is_query:
        return "site"
    if any(word in message for word in ("specs/", "mapping", "contract")):
        return "study's files"
    return "nobody: for the reviewer"


# --- pages
def _write_pages(
    build: Build,
    mappings: Mapping[str, Mapping[str, Any]],
    shown: Mapping[str, Any] | None,
    site: Path,
) -> None:
    for name in _STATIC:
        shutil.copyfile(_TEMPLATES / name, site / name)
    report = json.loads((build.home / "report" / "report.json").read_text(encoding="utf-8"))
    common = {
        "study": build.mapping_book["study"],
        "report": report,
        "displays": shown["displays"] if shown else [],
    }
    packages = _packages(build.home)
    findings = _rows_of_findings(build.home)
    _render(
        site / "index.html",
        "index.html.j2",
        Page("index", "Overview"),
        **common,
        packages=packages,
        findings=findings,
        forms=build.mapping_book["forms"],
    )
    for name, title in {**ASKED, **LISTS}.items():
        _render(site / f"{name}.html", "asked.html.j2", Page(name, title), **common)
    _render(site / "displays.html", "displays.html.j2", Page("displays", "Displays"), **common)
    (site / "datasets").mkdir()
    for dataset, mapping in mappings.items():
        page = Page("dataset", dataset, "../", dataset)
        described = build.mapping_book["datasets"].get(dataset, {})
        variables = facts.overview(build, dataset, mapping)
        exports = _exports(build, dataset)
        _render(
            site / "datasets" / f"{dataset}.html",
            "dataset.html.j2",
            page,
            **common,
            facts=build.study_facts["datasets"][dataset],
            described=described,
            variables=variables,
            exports=exports,
        )


def _render(path: Path, name: str, page: Page, **content: Any) -> None:
    text = template("pipeline.site", name).render(page=page, scripts=_STATIC[1:], **content)
    path.write_text(text, encoding="utf-8", newline="\n")


def _packages(home: Path) -> list[tuple[str, str]]:
    """Path and name of each document of the packages, from the folder of the site."""
    wanted = ("define.xml", "define.html", "acrf.pdf", "csdrg.pdf", "adrg.pdf", "results.pdf", "displays.pdf")
    found = sorted(
        path for top in ("m5", "nmpa", "tlf") for path in (home / top).rglob("*") if path.name in wanted
    )
    return [(f"../{path.relative_to(home).as_posix()}", path.relative_to(home).as_posix()) for path in found]


def _exports(build: Build, dataset: str) -> Sequence[tuple[str, str]]:
    """Path and name of each file that holds a dataset, from the folder of the dataset's page."""
    layer = build.study_facts["datasets"][dataset]["layer"]
    transport_file = build.transport_file(dataset).relative_to(build.home).as_posix()
    files = [(transport_file, "XPT"), (f"dataset-json/{layer}/{dataset.lower()}.json", "Dataset-JSON")]
    return [(f"../../{path}", name) for path, name in files if (build.home / path).is_file()]
