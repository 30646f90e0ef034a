"""What no drop of a trial can say, at the door and in a build: a year before anybody was born. And a drop
that says nothing at all.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from tests.support import small_builds, small_study

YEARS = {
    # what is wrong: (file, text, the one in its place, field)
    "a birth in year 1": ("enrol.csv", "03 FEB 1960", "03 FEB 0001", "enrol.BIRTH"),
    "a birth in an early year, without its day": ("enrol.csv", "UN FEB 1961", "UN FEB 0961", "enrol.BIRTH"),
    "a dose in 1581": ("dose.csv", "01 MAR 2018", "01 MAR 1581", "dose.DAY"),
}
FINDINGS = {"build": "refused/findings.csv", "check-drop": "queries.csv"}


def call(command: str, root: Path) -> Result:
    words = [
        command,
        str(root / "drop"),
        "--study",
        str(root / "study"),
        "--out",
        str(root / "out"),
        "--quiet",
    ]
    result = CliRunner().invoke(app, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def site(root: Path, drop: dict[str, str]) -> Path:
    """The small study and a drop of it."""
    small_study.small_study(root / "study", small_builds.FILES)
    (root / "drop").mkdir()
    for name, content in drop.items():
        (root / "drop" / name).write_text(content, encoding="utf-8")
    return root


@pytest.mark.parametrize("case", YEARS)
@pytest.mark.parametrize("command", FINDINGS)
def test_a_year_before_1900_is_a_finding_in_a_study_that_says_nothing_of_its_dates(
    tmp_path: Path, command: str, case: str
) -> None:
    file, text, instead, field = YEARS[case]
    assert text in small_builds.DROP[file]
    drop = {**small_builds.DROP, file: small_builds.DROP[file].replace(text, instead, 1)}
    assert call(command, site(tmp_path, drop)).exit_code == 1
    with (tmp_path / "out" / FINDINGS[command]).open(encoding="utf-8-sig", newline="") as written:
        rows = [row for row in csv.DictReader(written) if row["rule"] == "RAW-YEAR"]
    assert [(row.get("form") or row["dataset"], row.get("field") or row["variable"]) for row in rows] == [
        tuple(field.split("."))
    ]


@pytest.mark.parametrize("command", FINDINGS)
def test_a_drop_without_participants_is_refused_in_words(tmp_path: Path, command: str) -> None:
    headers = {name: content.split("\n")[0] + "\n" for name, content in small_builds.DROP.items()}
    result = call(command, site(tmp_path, headers))
    assert (result.exit_code, result.stderr) == (
        4,
        "form enrol: has no record with a subject number; a drop has a participant\n",
    )
    assert not (tmp_path / "out" / "latest").exists()
