"""What the package for an agency has beyond the datasets and their documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.publish import dataset_json
from pipeline.publish.define.model import Package
from pipeline.publish.manifest import file_hash
from pipeline.publish.package import programs

EDITIONS = {"fda": ("fda",), "nmpa": ("nmpa",), "both": ("fda", "nmpa")}  # by the name on the command line


def complete(package: Package, blocks: Sequence[Path], home: Path) -> None:
    """Adds to the written and checked m5 tree of a package its programs and the hash of each file, and beside
    the FDA's Dataset-JSON.

    Takes     the folders of Arrow files that the datasets were written from; the build's folder, which keeps
              specs/ and mappings/ already.
    """
    study = package.study
    m5 = package.tree(home) / "m5"
    programs.write(
        study,
        package.plan,
        package.specs,
        home / "lineage/study",
        m5 / "datasets" / study.protocol.id.lower() / programs.FOLDER,
    )
    if package.edition is None:
        dataset_json.write(package, blocks, home)
    _hashes(m5, f"# {package.edition.statement}\n" if package.edition else "")


def _hashes(folder: Path, said: str) -> None:
    """README.txt, each file of the package with its SHA-256, as `sha256sum --check` reads it; it passes over
    a line with #.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    lines = [f"{file_hash(p)}  {p.relative_to(folder).as_posix()}" for p in files]
    (folder / "README.txt").write_text(said + "\n".join(lines) + "\n", encoding="ascii")
