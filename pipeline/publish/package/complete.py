"""What the package for an agency has beyond the datasets and their documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.finished.manifest import file_hash
from pipeline.publish import dataset_json
from pipeline.publish.define.model import Package
from pipeline.publish.package import programs

EDITIONS = {"fda": ("fda",), "nmpa": ("nmpa",), "both": ("fda", "nmpa")}  # by the name on the command line


def complete(package: Package, blocks: Sequence[Path], home: Path) -> None:
    """Adds to the written m5 tree of a package its programs and the hash of each file, and beside the FDA's
    tree Dataset-JSON.

    Takes     the folders of Arrow files that the datasets were written from; the build's folder, which keeps
              specs/ and mappings/ already.
    """
    m5 = package.tree(home) / "m5"
    folder = m5 / "datasets" / package.study.protocol.id.lower() / programs.FOLDER
    if "adam" in package.layers:
        programs.write(package.study, package.plan, package.specs, home / "lineage" / "study", folder)
    if package.edition is None:
        dataset_json.write(package, blocks, home)
    _write_hashes(m5, f"# {package.edition.statement}\n" if package.edition else "")


def _write_hashes(folder: Path, statement: str) -> None:
    """README.txt: each file of the package with its SHA-256, as `sha256sum --check` reads it, which skips a
    line with #.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{file_hash(path)}  {path.relative_to(folder).as_posix()}" for path in files]
    (folder / "README.txt").write_text(statement + "\n".join(lines) + "\n", encoding="ascii")
