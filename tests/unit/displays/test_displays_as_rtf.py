"""Tables and listings as RTF: what stands on each page, heads repeated, texts no code, same bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.displays import rtf
from pipeline.study import Study
from tests.support import small_builds
from tests.support.displayed import NK, made, participants, study_with

MANY = participants(**{f"participant {n:03d}": NK for n in range(60)}).assign(AGE=range(60))
ROWS = (
    {"id": "ALL", "label": "All {of} them \\ 甲 ≥ 龘"},
    {"id": "AGE", "label": "Age", "categories": {"variable": "AGE"}},
)


def written(study: Study, folder: Path) -> str:
    rtf.write(study, [made(study_with(study, *ROWS), {"ADSL": MANY})], folder)
    [path] = folder.iterdir()
    assert path.name == "T14-9-9.rtf"
    return path.read_text("ascii")


def test_a_long_table_is_told_on_each_page_and_its_bytes_are_the_same(study: Study, tmp_path: Path) -> None:
    pytest.importorskip("rtflite")
    text = written(study, tmp_path / "one")
    header, footer = (re.search(rf"{{\\{part}.*}}}}", text) for part in ("header", "footer"))
    assert header and footer
    for told, where in {
        "A Table": header,
        "All Randomized Participants": header, "All participant data are synthetic": footer,
        "Data cut-off: 2019-07-01": footer, "Program: cdisc-pipeline": footer,
    }.items():  # fmt: skip
        assert told in where.group()
    assert text.count("\\page") >= 2
    assert text.count("(N=60)") == 2 * (text.count("\\page") + 1)  # heads of the arm and the total, each page
    assert [n for n in range(60) if f" {n}}}\\cell" not in text] == []
    assert text == written(study, tmp_path / "two")


def test_no_character_of_a_text_is_a_code_of_rtf(study: Study, tmp_path: Path) -> None:
    """甲 is U+7532, ≥ U+2265, 龘 U+9F98: above 32767 a number is written negative."""
    pytest.importorskip("rtflite")
    assert "All \\{of\\} them \\\\ \\uc1\\u30002* \\uc1\\u8805* \\uc1\\u-24680*" in written(
        study, tmp_path / "a"
    )


@pytest.mark.parametrize(
    ("arguments", "is_installed", "message"),
    [
        (["--edition", "fda"], False, "rtflite is not installed; install cdisc-pipeline[rtf]"),
        ([], True, "displays are made with --edition alone"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_build(
    arguments: list[str], is_installed: bool, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtf, "find_spec", lambda name: object() if is_installed else None)
    result = CliRunner().invoke(
        app, ["build", str(tmp_path), "--out", str(tmp_path / "out"), "--rtf", *arguments]
    )
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (2, True)
    assert not (tmp_path / "out").exists()


DISPLAYS = """
populations: {all: {title: All Participants}}
columns: {by_sex: {variable: SEX, control: F, total: true}}
displays:
  - number: 14.1.1
    title: Participants
    population: all
    columns: by_sex
    rows: [{id: ALL, label: Participants}]
"""


def test_a_build_with_rtf_is_built_again_with_it(tmp_path: Path) -> None:
    pytest.importorskip("rtflite")
    adsl = small_builds.ADSL.replace("{label: Sex, type: text}", "{label: Sex, type: text, codelist: SEX}")
    files = {"specs/displays.yaml": DISPLAYS, "specs/adam/adsl.yaml": adsl}
    home = small_builds.built(tmp_path, "small", files, editions=("fda",)).parent
    words = ["--study", str(home / "study"), "--edition", "fda", "--rtf", "--quiet"]
    made = CliRunner().invoke(app, ["build", str(home / "drop"), "--out", str(home / "out"), *words])
    assert made.exit_code == 0, made.output
    assert [path.name for path in (home / "out/latest/tlf/rtf").iterdir()] == ["T14-1-1.rtf"]
    verified = CliRunner().invoke(
        app, ["verify", str(home / "out"), "--drop", str(home / "drop"), "--rebuild"]
    )
    assert verified.exit_code == 0, verified.output
