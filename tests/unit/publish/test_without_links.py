"""Where symbolic links cannot be made, a file names the current build, and every reader follows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.notebook import build
from pipeline.study import load
from tests.support import small_builds


def no_links(self: Path, target: object, target_is_directory: bool = False) -> None:
    raise OSError("a required privilege is not held by the client")


@pytest.fixture
def pointed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build where links fail, beside its study and its drop."""
    with monkeypatch.context() as without:
        without.setattr(Path, "symlink_to", no_links)
        small_builds.built(tmp_path, "small")
    return tmp_path / "small"


def test_the_current_build_is_named_by_a_file_and_nothing_else_stands_beside_it(pointed: Path) -> None:
    latest = pointed / "out" / "latest"
    assert not latest.is_symlink()
    assert (pointed / "out" / latest.read_text(encoding="utf-8").strip() / "manifest.json").is_file()
    assert sorted(path.name for path in (pointed / "out").iterdir()) == ["builds", "latest"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "out", "--drop", "drop", "--rebuild"),
        ("mapping", "out"),
        ("explain", "out", "DM.SEX", "USUBJID=S1-01"),
        ("impact", "out", "dose.DAY"),
        ("review-change", "out", "out"),
    ],
)
def test_every_reader_of_a_build_follows_the_file(
    pointed: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(pointed)
    monkeypatch.setattr(Path, "symlink_to", no_links)
    outcome = CliRunner().invoke(app, list(arguments))
    assert outcome.exit_code == 0, outcome.output


def test_the_next_build_replaces_the_file_and_a_link_replaces_it_where_links_can_be_made(
    pointed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, study = pointed / "out", load(pointed / "study")
    first = (out / "latest").read_text(encoding="utf-8")
    with monkeypatch.context() as without:
        without.setattr(Path, "symlink_to", no_links)
        build(study, pointed / "drop", out)
        assert (out / "latest").read_text(encoding="utf-8") != first
    build(study, pointed / "drop", out)
    assert (out / "latest").is_symlink()
    assert (out / "m5").is_symlink()


def test_links_of_an_earlier_build_go_where_links_cannot_be_made_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = small_builds.built(tmp_path, "small")
    assert (out / "m5").is_symlink()
    monkeypatch.setattr(Path, "symlink_to", no_links)
    (out / "latest").unlink()
    build(load(tmp_path / "small/study"), tmp_path / "small/drop", out)
    assert sorted(path.name for path in out.iterdir()) == ["builds", "latest"]
