"""The minimal example, as it stands or with files of it changed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.errors import SpecError
from pipeline.study import Study, load

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "minimal"


def folder(
    tmp_path: Path,
    files: Mapping[str, str] | None = None,
    replaced: Mapping[str, tuple[str, str]] | None = None,
) -> Path:
    """A copy of the example with other files, and with a text of a mapping replaced.

    Takes     the whole texts of files by name; by dataset a text of its mapping and the one in its place.
    """
    study = tmp_path / "study"
    shutil.copytree(EXAMPLE, study, ignore=shutil.ignore_patterns("drop"))
    for name, text in (files or {}).items():
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text(text, encoding="utf-8")
    for dataset, (old, new) in (replaced or {}).items():
        path = next(study.glob(f"mappings/*/{dataset}.yaml"))
        text = path.read_text(encoding="utf-8")
        assert old in text, "the example has changed"
        path.write_text(text.replace(old, new), encoding="utf-8")
    return study


def study(
    tmp_path: Path,
    files: Mapping[str, str] | None = None,
    replaced: Mapping[str, tuple[str, str]] | None = None,
) -> Study:
    """The same, loaded."""
    return load(folder(tmp_path, files, replaced))


def faults(tmp_path: Path, files: Mapping[str, str]) -> list[str]:
    """What is told of the example with other files, without the folder of the study."""
    root = folder(tmp_path, files)
    with pytest.raises(SpecError) as refused:
        load(root)
    return str(refused.value).replace(f"{root.as_posix()}/", "").split("\n")
