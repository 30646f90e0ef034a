"""What changed between two drops: each planted change is found at its file and line, and none is invented."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.drop_diff import records, told
from pipeline.drop_diff.endpoints import Downstream
from pipeline.drop_diff.records import Change
from pipeline.study import Study
from tests.conftest import ROOT
from tests.support import small_study
from tests.support.door import changed, rows, small
from tests.support.small_builds import DROP

EVENT = {"SUBJECT": "FD-001", "RECORD": "1"}
LESION = {"SUBJECT": "FD-001", "FOLDER": "WEEK 6", "LESION": "T01"}
Plant = Callable[[Path], None]


def changes(study: Study, old: Path, new: Path, loosely: bool = False) -> tuple[Change, ...]:
    return records.changes(study, records.read(study, old, loosely), records.read(study, new, loosely))


def line_of(file: Path, **cells: str) -> int:
    """The line of the one record with these cells; the header is line 1."""
    (number,) = [n for n, row in enumerate(rows(file), 2) if cells.items() <= row.items()]
    return number


def without(drop: Path, file: str, **cells: str) -> None:
    """Removes the one record with these cells."""
    number = line_of(drop / file, **cells)
    lines = (drop / file).read_text(encoding="utf-8").splitlines(keepends=True)
    (drop / file).write_text("".join(lines[: number - 1] + lines[number:]), encoding="utf-8")


def turned(drop: Path) -> None:
    """The records of each file in the reverse order."""
    for file in drop.glob("*.csv"):
        head, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join([head, *reversed(lines)]), encoding="utf-8")


def changing(**cells: str) -> Plant:
    """The lesion with other cells."""
    return lambda drop: changed(drop, "tl.csv", LESION, cells)


def nothing(drop: Path) -> None:
    """The drop as it is."""


T08 = changing(LESION="T08")
NAME = "FD-001|WEEK 6|T01"
PLANTED: dict[str, tuple[Plant, Plant, list[tuple[str, str, str, dict[str, tuple[str, str]]]]]] = {
    # rule: (how the old drop is made, how the new one, [(kind, form, name of the record, cells by field)])
    "nothing": (nothing, nothing, []),
    "the order of records means nothing": (nothing, turned, []),
    "blanks around a cell mean nothing": (nothing, changing(ORGAN=" Axillary lymph node "), []),
    "a size corrected": (
        nothing,
        changing(DIAMETER="99"),
        [("changed", "tl", NAME, {"DIAMETER": ("18", "99")})],
    ),
    "a size taken away": (
        nothing,
        changing(DIAMETER=""),
        [("changed", "tl", NAME, {"DIAMETER": ("18", "")})],
    ),
    "another case is a change": (
        nothing,
        changing(ORGAN="axillary LYMPH node"),
        [("changed", "tl", NAME, {"ORGAN": ("Axillary lymph node", "axillary LYMPH node")})],
    ),
    "a record taken away": (
        nothing,
        lambda drop: without(drop, "tl.csv", **LESION),
        [("gone", "tl", NAME, {})],
    ),
    "a record that came": (
        lambda drop: without(drop, "tl.csv", **LESION),
        nothing,
        [("new", "tl", NAME, {})],
    ),
    "a lesion under another number": (
        nothing,
        changing(LESION="T09"),
        [("re-keyed", "tl", "FD-001|WEEK 6|T09", {"LESION": ("T01", "T09")})],
    ),
    "a record of another participant": (
        T08,
        changing(LESION="T08", SUBJECT="FD-006"),
        [("re-keyed", "tl", "FD-006|WEEK 6|T08", {"SUBJECT": ("FD-001", "FD-006")})],
    ),
    "two records of which little agrees are two": (
        T08,
        changing(
            LESION="T09", ORGAN="Liver", DIAMETER="77", SCAN_DATE="20 AUG 2016", METHOD="MRI", LATERALITY=""
        ),
        [("gone", "tl", "FD-001|WEEK 6|T08", {}), ("new", "tl", "FD-001|WEEK 6|T09", {})],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), PLANTED.values(), ids=PLANTED)
def test_what_is_planted_is_found_and_nothing_else(
    study: Study,
    tmp_path: Path,
    before: Plant,
    after: Plant,
    expected: list[tuple[str, str, str, dict[str, tuple[str, str]]]],
) -> None:
    old, new = small(tmp_path / "old"), small(tmp_path / "new")
    before(old)
    after(new)
    found = changes(study, old, new)
    assert [(c.kind, c.form, c.record, dict(c.cells)) for c in found] == expected


@pytest.fixture(scope="module")
def drops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two drops: a size is corrected, a lesion gets another number, an event is gone, and one is typed in
    another case.
    """
    home = tmp_path_factory.mktemp("drops")
    old, new = small(home / "old"), small(home / "new")
    changed(new, "tl.csv", LESION, {"DIAMETER": "99"})
    changed(new, "tl.csv", {**LESION, "FOLDER": "WEEK 12"}, {"LESION": "T09"})
    without(new, "ae.csv", **EVENT)
    changed(new, "ae.csv", {"SUBJECT": "FD-001", "RECORD": "3"}, {"TERM": "FATIGUE"})
    return old, new


def test_each_change_has_file_and_line_in_both_drops(study: Study, drops: tuple[Path, Path]) -> None:
    old, new = drops
    found = {(c.kind, c.form): (c.old, c.new) for c in changes(study, old, new)}
    event, renamed = {"SUBJECT": "FD-001", "RECORD": "3"}, {**LESION, "FOLDER": "WEEK 12"}

    def places(file: str, before: dict[str, str], after: dict[str, str]) -> tuple[str, str]:
        return f"{file}:{line_of(old / file, **before)}", f"{file}:{line_of(new / file, **after)}"

    assert found == {
        ("changed", "ae"): places("ae.csv", event, event),
        ("gone", "ae"): (f"ae.csv:{line_of(old / 'ae.csv', **EVENT)}", ""),
        ("changed", "tl"): places("tl.csv", LESION, LESION),
        ("re-keyed", "tl"): places("tl.csv", renamed, {**renamed, "LESION": "T09"}),
    }


def test_case_and_blanks_can_be_left_out(study: Study, drops: tuple[Path, Path]) -> None:
    found = changes(study, *drops, loosely=True)
    assert {(c.kind, c.form) for c in found} == {("gone", "ae"), ("changed", "tl"), ("re-keyed", "tl")}


def told_of(study: Study, drops: tuple[Path, Path]) -> told.Difference:
    """The difference of the records alone."""
    return told.Difference(study, "old", "new", changes(study, *drops), Downstream())


def test_the_difference_is_told_in_lines_in_json_and_as_a_page_to_sign(
    study: Study, drops: tuple[Path, Path]
) -> None:
    found = told_of(study, drops)
    lines = [*told.lines(found)]
    assert lines[:3] == ["old -> new", "Endpoints: 0 changes", "ae: 1 gone, 1 changed"]
    assert "tl: 1 changed, 1 re-keyed" in lines
    assert any(
        "re-keyed FD-001|WEEK 12|T09 (tl.csv:" in line and "LESION T01 -> T09" in line for line in lines
    )
    assert found.as_data()["forms"] == {
        "ae": {"new": 0, "gone": 1, "changed": 1, "re-keyed": 0},
        "tl": {"new": 0, "gone": 0, "changed": 1, "re-keyed": 1},
    }
    summary = [*told.summary(found)]
    assert summary[0] == "# old -> new"
    assert len([line for line in summary if line.startswith("- [ ] ")]) == 4
    page = html.fromstring(told.page(found))
    (heading,) = page.iterfind(".//h3[@id='tl']")
    table = heading.getnext()
    assert table is not None
    assert len(table.findall(".//tr")) == 3  # the names of the columns, and two records


# --- the command, on a study without endpoints
@pytest.mark.parametrize(
    ("old", "new", "fail_on", "code"),
    [
        ("", "", "any", 0),
        ("02,V1,yes,02 MAR 2018,90", "02,V1,yes,02 MAR 2018,91", "any", 1),
        ("02,V1,yes,02 MAR 2018,90", "02,V1,yes,02 MAR 2018,91", "removed", 0),
        ("02,V1,yes,02 MAR 2018,90", "02,V1,yes,02 MAR 2018,91", "endpoints", 0),
        ("02,V1,yes", "02,V3,yes", "removed", 1),
        ("02,V1,yes,02 MAR 2018,90,DRUG\n", "", "removed", 1),
    ],
    ids=["equal", "changed, any", "changed, removed", "changed, endpoints", "re-keyed", "gone"],
)
def test_the_exit_code_is_what_was_asked_for(
    tmp_path: Path, old: str, new: str, fail_on: str, code: int
) -> None:
    small_study.small_study(tmp_path / "study")
    for name, files in (("old", DROP), ("new", {**DROP, "dose.csv": DROP["dose.csv"].replace(old, new)})):
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_text(content, encoding="utf-8")
    words = ["diff", *(str(tmp_path / name) for name in ("old", "new")), "--study", str(tmp_path / "study")]
    page, summary = tmp_path / "diff.html", tmp_path / "diff.md"
    written = ["--html", str(page), "--summary", str(summary)]
    result = CliRunner().invoke(app, [*words, *written, "--fail-on", fail_on])
    assert (result.exit_code, result.stdout) == (code, "")
    assert summary.read_text(encoding="utf-8").startswith("# old -> new\n")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    result = CliRunner().invoke(app, [*words, "--json"])
    assert (result.exit_code, json.loads(result.stdout)["state"]) == (0, "differs" if new != old else "equal")


def test_a_drop_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    words = [small(tmp_path / "old"), tmp_path / "new", "--study", ROOT]
    result = CliRunner().invoke(app, ["diff", *map(str, words)])
    assert result.exit_code == 4
    assert "no such folder" in result.stderr
