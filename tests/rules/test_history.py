"""OUT/history tells every build that was published in a folder, and what changed from each to the next."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from tests.support import outputs, small_builds

OLD, NEW = "02,V1,yes,02 MAR 2018,90,DRUG", "02,V1,yes,02 MAR 2018,80,DRUG"  # a dose that was corrected


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three builds in one folder: the first, the same drop again, one dose corrected; then a refused one."""
    home = tmp_path_factory.mktemp("history")
    small_builds.built(home, "small")
    shutil.rmtree(home / "small" / "out")
    for change in (("", ""), ("", ""), (OLD, NEW), ("01,V1,Yes,01 MAR 2018", "01,V1,Yes,41 MAR 2018")):
        file = home / "small" / "drop" / "dose.csv"
        file.write_text(file.read_text("utf-8").replace(*change) if change[0] else file.read_text("utf-8"))
        CliRunner().invoke(app, ["build", *paths(home), "--quiet"])
    return home / "small" / "out"


def paths(home: Path) -> list[str]:
    small = home / "small"
    return [str(small / "drop"), "--study", str(small / "study"), "--out", str(small / "out")]


def test_each_published_build_is_told_and_a_refused_one_is_not(folder: Path) -> None:
    builds = json.loads((folder / "history" / "builds.json").read_text("utf-8"))["builds"]
    told = [(b["number"], b["changed"], bool(b["before"]), bool(b["page"])) for b in builds]
    assert told == [(1, False, False, False), (2, False, True, True), (3, True, True, True)]
    assert builds[2]["before"] == builds[1]["build"]
    assert builds[2]["build"] == (folder / "latest").resolve().name


def test_the_page_has_the_newest_first_and_leads_to_what_changed(folder: Path) -> None:
    index = (folder / "history" / "index.html").read_text("utf-8")
    assert index.index('<td class="n">3</td>') < index.index('<td class="n">1</td>')
    builds = json.loads((folder / "history" / "builds.json").read_text("utf-8"))["builds"]
    page = (folder / "history" / builds[2]["page"]).read_text("utf-8")
    assert f'href="{builds[2]["page"]}"' in index
    assert "EXDOSE" in page
    assert "Nothing changed." in (folder / "history" / builds[1]["page"]).read_text("utf-8")


def test_no_value_of_a_participant_stands_in_the_history(folder: Path) -> None:
    texts = [path.read_text("utf-8") for path in (folder / "history").iterdir()]
    assert not [text for text in texts if "S1-02" in text or ">80<" in text]


def test_a_history_that_cannot_be_read_begins_anew_and_stops_no_build(folder: Path) -> None:
    (folder / "history" / "builds.json").write_text("{", encoding="utf-8")
    home = folder.parent.parent
    file = home / "small" / "drop" / "dose.csv"
    file.write_text(file.read_text("utf-8").replace("41 MAR", "01 MAR"))
    assert CliRunner().invoke(app, ["build", *paths(home), "--quiet"]).exit_code == 0
    builds = json.loads((folder / "history" / "builds.json").read_text("utf-8"))["builds"]
    assert [b["number"] for b in builds] == [1]


def test_a_build_of_an_earlier_version_stops_no_build(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "history"
    shutil.copytree(folder.parent.parent, home, symlinks=True)
    before = (home / "small" / "out" / "latest").resolve()
    (before / "lineage" / "guides.json").unlink()
    outputs.declare_as_built(before)
    named = before.with_name(f"{hashlib.sha256((before / 'manifest.json').read_bytes()).hexdigest()[:12]}-1")
    before.rename(named)
    latest = home / "small" / "out" / "latest"
    latest.unlink()
    latest.symlink_to(f"builds/{named.name}")
    assert CliRunner().invoke(app, ["build", *paths(home), "--quiet"]).exit_code == 0
    builds = json.loads((home / "small/out/history/builds.json").read_text("utf-8"))["builds"]
    assert (builds[-1]["before"], builds[-1]["page"]) == ("", "")


def test_verify_knows_nothing_of_the_history(folder: Path) -> None:
    assert CliRunner().invoke(app, ["verify", str(folder)]).exit_code == 0
