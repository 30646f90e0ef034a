"""Outputs appear whole or not at all: a refused build leaves the last good one, and two are kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from pipeline import stages as run
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.support.outputs import tree


def test_a_refused_build_changes_nothing_but_its_own_folder(
    study: Study, built: Path, tmp_path: Path, spoilt: Callable[..., Path]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(built, out, symlinks=True)
    before = tree(out)
    report = run.build(
        study, ROOT, spoilt("ae.csv", lambda t: t.replace("Grade 1", "Grade 9", 1)), out, Workers(), quiet
    )
    assert report.refused
    assert {n: h for n, h in tree(out).items() if not n.startswith("refused/")} == before
    assert (out / "refused" / "findings.csv").is_file()
    shown = (out / "refused" / "not-for-use" / "ae.csv").read_text(encoding="utf-8")
    assert "Grade 9" in shown, "what is wrong can be seen in its dataset"


def test_only_the_last_two_builds_are_kept(study: Study, few: Path, few_built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(few_built, out, symlinks=True)
    for _ in range(2):
        run.build(study, ROOT, few, out, Workers(), quiet)
    assert len([p for p in (out / "builds").iterdir() if p.is_dir()]) == 2
    assert (out / "latest").resolve().is_dir()
