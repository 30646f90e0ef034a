"""Outputs appear whole or not at all: a refused build leaves the last good one, and two are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import stages as run
from pipeline.study import load
from pipeline.workers import Workers
from tests.conftest import quiet
from tests.support import small_builds
from tests.support.outputs import tree


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of the small study, its drop, and OUT after one build."""
    return small_builds.built(tmp_path, "small").parent


def build_again(home: Path) -> run.Report:
    return run.build(load(home / "study"), home / "study", home / "drop", home / "out", Workers(), quiet)


def test_a_refused_build_changes_nothing_but_its_own_folder(home: Path) -> None:
    before = tree(home / "out")
    persons = home / "drop" / "enrol.csv"
    persons.write_text(persons.read_text(encoding="utf-8").replace(",Male,", ",Mole,"))
    assert build_again(home).refused
    found = tree(home / "out")
    assert {n: h for n, h in found.items() if not n.startswith("refused/")} == before
    assert (home / "out" / "refused" / "findings.csv").is_file()
    shown = (home / "out" / "refused" / "not-for-use" / "dm.csv").read_text(encoding="utf-8")
    assert "Mole" in shown, "what is wrong can be seen in its dataset"


def test_only_the_last_two_builds_are_kept(home: Path) -> None:
    for _ in range(2):
        build_again(home)
    out = home / "out"
    assert len([p for p in (out / "builds").iterdir() if p.is_dir()]) == 2
    assert (out / "latest").resolve().is_dir()
