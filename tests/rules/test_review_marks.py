"""A line of the mapping that was reviewed is marked, and the mark tells when the line says another thing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.finished.build import Build
from pipeline.finished.reviewed import CHANGED, content_hash
from pipeline.site import facts
from pipeline.study import load
from tests.support import small_builds


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study, built once; its folder has study, drop and out."""
    home = tmp_path_factory.mktemp("marks")
    small_builds.built(home, "small")
    return home / "small"


def marked(study: Path, target: str, by: str = "Statistician") -> None:
    result = CliRunner().invoke(app, ["review-mark", str(study), target, "--by", by])
    assert result.exit_code == 0, result.stderr


def test_a_mark_names_the_role_and_what_the_line_said(small: Path, tmp_path: Path) -> None:
    study = shutil.copytree(small / "study", tmp_path / "study")
    marked(study, "ADSL.HOURS")
    marked(study, "EX", "Data manager")
    marked(study, "ADSL.HOURS", "Lead statistician")
    marks = yaml.safe_load((study / "specs" / "reviews.yaml").read_text("utf-8"))
    assert {line: mark["by"] for line, mark in marks.items()} == {
        "ADSL.HOURS": "Lead statistician",
        "EX": "Data manager",
    }
    book = Build.opened(small / "out").mapping_book
    assert marks["ADSL.HOURS"]["content"] == content_hash(book, "ADSL.HOURS")
    load(study)  # the file is one of the study's


CHANGES = {
    # what changes: (file, text, the one in its place, what the mark of ADSL.HOURS says then)
    "nothing": ("specs/study.yaml", "", "", "reviewed"),
    "the value of a parameter": ("specs/study.yaml", "per_day: {value: 24", "per_day: {value: 2", CHANGED),
    "the source of the function": ("mappings/adam/adsl.py", ".count() *", ".size() *", CHANGED),
    "the label": ("specs/adam/adsl.yaml", "label: Hours", "label: Hours of Dosing", CHANGED),
    "the reason of a parameter": ("specs/study.yaml", "reason: Hours of a day", "reason: A day", "reviewed"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "state"), CHANGES.values(), ids=CHANGES)
def test_the_pages_say_whether_the_line_still_says_the_same(
    small: Path, tmp_path: Path, file: str, old: str, new: str, state: str
) -> None:
    study = shutil.copytree(small / "study", tmp_path / "study")
    marked(study, "ADSL.HOURS")
    text = (study / file).read_text("utf-8")
    assert old in text
    (study / file).write_text(text.replace(old, new) if old else text, encoding="utf-8")
    out = tmp_path / "out"
    asked = ["build", str(small / "drop"), "--study", str(study), "--out", str(out), "--quiet"]
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert facts.reviews(Build.opened(out)) == {"ADSL.HOURS": {"by": "Statistician", "state": state}}


def test_a_line_that_there_is_not_is_refused_with_the_nearest(small: Path, tmp_path: Path) -> None:
    study = shutil.copytree(small / "study", tmp_path / "study")
    result = CliRunner().invoke(app, ["review-mark", str(study), "ADSL.HOUR", "--by", "Statistician"])
    assert result.exit_code == 2
    assert result.stderr == "ADSL.HOUR is no line of the mapping; did you mean ADSL.HOURS?\n"
    assert not (study / "specs" / "reviews.yaml").exists()
