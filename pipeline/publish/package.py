"""What the package for an agency has beyond the datasets and their documentation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline import publish
from pipeline.mapping.steps import Plan
from pipeline.publish import programs
from pipeline.study import Study
from pipeline.study.models import Dataset

EDITIONS = ("fda",)


def complete(study: Study, plan: Plan, specs: Mapping[str, Dataset], home: Path) -> None:
    """Adds to the written and checked m5 tree of a build what an agency gets with it: programs, and the hash of each file.

    Takes     the build's folder, which keeps specs/ and mappings/ already.
    """
    programs.write(study, plan, specs, home / "lineage" / "study", home / "m5/datasets" / study.protocol.id.lower() / programs.FOLDER)
    _hashes(home / "m5")


def _hashes(folder: Path) -> None:
    """README.txt, each file of the package with its SHA-256, as `sha256sum --check` reads it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    lines = [f"{publish.file_hash(p)}  {p.relative_to(folder).as_posix()}" for p in files]
    (folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
