"""docs/mistakes.md: each mistake is made in a copy of examples/minimal, and what is told of it is exactly
what the page shows: file:line:column, what, the nearest word, what to do.
"""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.lint import lint
from tests.conftest import ROOT
from tests.support.minimal import EXAMPLE

PAGE = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"### ([^\n]+)\n\n`([^\n]+)`\n\n```diff\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
AT_LEAST = 60
SPEC_FAULT, UNREADABLE = 3, 4


@dataclass(frozen=True)
class Mistake:
    """A mistake as the page shows it: lines of a file and those in their place, and what is told."""

    title: str
    file: str
    before: str
    after: str
    told: list[str]

    def make(self, study: Path) -> None:
        path = study / self.file
        if self.before == "(the whole file)\n":
            path.write_text("") if self.after else path.unlink()
        elif self.before:
            text = path.read_text(encoding="utf-8")
            assert text.count(self.before) >= 1, f"the example has changed: {self.before}"
            text = text.replace(self.before, self.after, 1)
            path.write_text(text, encoding="utf-8")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.after, encoding="utf-8")


def _mistakes(part: str) -> list[Mistake]:
    return [
        Mistake(
            title,
            file,
            "".join(f"{line[1:]}\n" for line in lines.splitlines() if line.startswith("-")),
            "".join(f"{line[1:]}\n" for line in lines.splitlines() if line.startswith("+")),
            told.splitlines(),
        )
        for title, file, lines, told in ENTRY.findall(part)
    ]


_OF_FILES, _OF_DROP = PAGE.split("## The drop\n")
OF_FILES, OF_DROP = _mistakes(_OF_FILES), _mistakes(_OF_DROP)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the example, to make a mistake in."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "study"))


def test_the_page_shows_at_least_sixty_mistakes() -> None:
    assert len({mistake.title for mistake in (*OF_FILES, *OF_DROP)}) == PAGE.count("\n### ")
    assert PAGE.count("\n### ") >= AT_LEAST


def test_the_example_itself_is_free_of_them(study: Path) -> None:
    assert lint(study) == []


@pytest.mark.parametrize("mistake", OF_FILES, ids=lambda mistake: mistake.title)
def test_a_mistake_in_the_files_of_a_study_is_told_without_data(mistake: Mistake, study: Path) -> None:
    mistake.make(study)
    told = [message.replace(f"{study.as_posix()}/", "") for message in lint(study)]
    assert told == mistake.told
    assert all(re.match(r"[\w./]+:\d+:\d+: ", message) for message in told)


def test_lint_ends_with_its_exit_code(study: Path) -> None:
    OF_FILES[0].make(study)
    assert CliRunner().invoke(app, ["lint", "--study", str(study)]).exit_code == SPEC_FAULT


@pytest.mark.parametrize("mistake", OF_DROP, ids=lambda mistake: mistake.title)
def test_a_mistake_that_only_data_show_is_told_by_the_build(mistake: Mistake, study: Path) -> None:
    mistake.make(study)
    out = study / "out"
    command = ["build", str(study / "drop"), "--study", str(study), "--out", str(out), "--quiet"]
    result = CliRunner().invoke(app, command)
    if result.exit_code == UNREADABLE:
        assert result.output.strip().splitlines() == mistake.told
        return
    assert result.exit_code == 1
    with (out / "refused" / "findings.csv").open(encoding="utf-8") as file:
        errors = [row for row in csv.DictReader(file) if row["severity"] == "error"]
    told = {
        f"{' '.join(filter(None, (e['rule'], e['dataset'], e['variable'])))}: {e['message']}" for e in errors
    }
    assert sorted(told) == sorted(mistake.told)
