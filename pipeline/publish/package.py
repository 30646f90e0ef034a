"""What the package for an agency has beyond the datasets and their documentation."""

from __future__ import annotations

from pathlib import Path

from pipeline import publish

EDITIONS = ("fda",)


def complete(home: Path) -> None:
    """Adds to the written and checked m5 tree of a build what an agency gets with it."""
    _hashes(home / "m5")


def _hashes(folder: Path) -> None:
    """README.txt, each file of the package with its SHA-256, as `sha256sum --check` reads it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    lines = [f"{publish.file_hash(p)}  {p.relative_to(folder).as_posix()}" for p in files]
    (folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
