"""OUT/history: every build that was published here, and what changed from each to the next.

It stands outside the builds, whose manifests hold nothing of what was built before. Old builds are removed;
what changed from one to the next stays. It has no participant's values.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import MachineError, UsageError
from pipeline.finished import manifest as manifests
from pipeline.finished import pages
from pipeline.finished.folder import Folder, current
from pipeline.review import text
from pipeline.review.compare import review

FOLDER = "history"
_LIST = "builds.json"


@dataclass(frozen=True)
class Entry:
    """A published build, and how it differs from the one that was published before it."""

    number: int  # of the builds in this folder, from 1
    build: str
    study: str
    cutoff: str
    revision: str  # of the study's folder; empty where it has none
    datasets: int
    records: int
    warnings: int
    before: str  # the build with which it was compared; empty for the first
    changed: bool
    endpoints: list[str]
    page: str  # the page of the comparison; empty where there is none


def before(out: Path) -> Folder | None:
    """The build that is current before another is published; None where there is none that can be read."""
    try:
        home = current(out).resolve()
        return Folder.opened(home)
    except (OSError, UsageError, MachineError):
        return None


def add(out: Path, earlier: Folder | None) -> None:
    """Adds the build that has just become current to the history, and writes the pages.

    Takes     the folder of builds; the build that was current before, which is still there.
    """
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    entries = _read(folder)
    build = Folder.opened(Folder.opened(out).home.resolve())
    entries.append(_entry(build, earlier, len(entries) + 1, folder))
    content = {"format": 1, "builds": [asdict(entry) for entry in entries]}
    (folder / _LIST).write_text(f"{json.dumps(content, ensure_ascii=False, indent=1)}\n", encoding="utf-8")
    newest_first = entries[::-1]
    page = pages.rendered("pipeline.review", "history.html.j2", builds=newest_first)
    pages.save(page.encode(), folder / "index.html")


def _read(folder: Path) -> list[Entry]:
    """The builds told so far; none where the list cannot be read, as a history is no part of any build."""
    try:
        content = json.loads((folder / _LIST).read_text(encoding="utf-8"))
        return [Entry(**entry) for entry in content["builds"]]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _entry(build: Folder, earlier: Folder | None, number: int, folder: Path) -> Entry:
    report = build.document("report/report.json")
    changed, endpoints, page = False, [], ""
    outcome = _compared(earlier, build)
    if outcome is not None:
        changed, endpoints = outcome["changed"], outcome["endpoints"]
        page = f"{number:04d}-{build.name}.html"
        _write_page(folder / page, outcome)
    return Entry(
        number=number,
        build=build.name,
        study=build.study_id,
        cutoff=report["cutoff"] or "",
        revision=manifests.build_info(build.home).get("revision") or "",
        datasets=len(report["datasets"]),
        records=sum(dataset["records"] for dataset in report["datasets"]),
        warnings=report["findings"]["warnings"],
        before=earlier.name if earlier is not None and outcome is not None else "",
        changed=changed,
        endpoints=endpoints,
        page=page,
    )


def _compared(earlier: Folder | None, build: Folder) -> dict[str, Any] | None:
    """What changed; None where there is no build before, or it is of another study, damaged, or of a version
    whose builds are not read any more: the new one is published all the same.
    """
    try:
        if earlier is None or earlier.study_id != build.study_id:
            return None
        return dict(review(earlier, build).content)
    except (MachineError, UsageError):
        return None


def _write_page(path: Path, outcome: dict[str, Any]) -> None:
    page = pages.rendered(
        "pipeline.review", "review.html.j2", review=outcome, cells=[], all_cells=0, table="", text=text
    )
    pages.save(page.encode(), path)
