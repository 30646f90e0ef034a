"""A machine that does not serve is told in one line and with exit code 5, without a traceback: a full disk, a
folder that cannot be written, a file where a folder should be, a name that is too long, no folder for
temporary files. Nothing is left that looks like a result.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from tests.conftest import ROOT
from tests.support import small_builds

FOLDERS = {
    "a file where a folder should be": "FILE",
    "a file above the folder": "FILE/below",
    "a name that is too long": "TMP/" + "x" * 300,
    "a path that is too long": "TMP/" + "/".join(["x" * 200] * 30),
    "a folder that nothing can be written into": "/proc/nothing",
}
COMMANDS: dict[str, tuple[str, ...]] = {  # PLACE is where it writes, or reads
    "build": ("build", "DROP", "--study", "STUDY", "--out", "PLACE", "--quiet"),
    "check-drop": ("check-drop", "DROP", "--study", "STUDY", "--out", "PLACE", "--quiet"),
    "simulate": ("simulate", "PLACE", "--study", "STUDY", "--subjects", "1", "--quiet"),
    "init": ("init", "PLACE"),
    "schema": ("schema", "--out", "PLACE"),
    "explain": ("explain", "OUT", "DM.SEX", "USUBJID=S1-01", "--html", "PLACE/x.html"),
    "mapping": ("mapping", "OUT", "--xlsx", "PLACE/x.xlsx"),
    "mapping as a specification": ("mapping", "OUT", "--spec", "PLACE/x.xlsx"),
    "review-change": ("review-change", "OUT", "OUT", "--html", "PLACE/x.html"),
    "compare": ("compare", "OUT", "OUT/m5", "--html", "PLACE/x.html"),
    "diff": ("diff", "DROP", "DROP", "--study", "STUDY", "--summary", "PLACE/x.md"),
}

WORKBOOKS = ("mapping", "mapping as a specification")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the small study, beside its study and its drop."""
    root = tmp_path_factory.mktemp("small")
    small_builds.built(root, "small")
    return root / "small"


def call(small: Path, words: tuple[str, ...], place: str) -> Result:
    folders = {"DROP": small / "drop", "STUDY": small / "study", "OUT": small / "out", "PLACE": place}
    called = []
    for word in words:
        first, *rest = word.split("/")
        called.append("/".join([str(folders.get(first, first)), *rest]))
    result = CliRunner().invoke(app, called)
    told = (called, result.exception, result.output)
    assert result.exception is None or isinstance(result.exception, SystemExit), told
    return result


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file can grow beyond a size: as on a full disk, the system refuses to write more of it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_that_cannot_be_written_is_told_in_one_line(
    small: Path, tmp_path: Path, command: str, folder: str
) -> None:
    (tmp_path / "file").write_text("as it was", encoding="ascii")
    place = FOLDERS[folder].replace("FILE", str(tmp_path / "file")).replace("TMP", str(tmp_path))
    result = call(small, COMMANDS[command], place)
    # these two ask for a folder that is empty or new, and say so of anything else
    code = 2 if command in ("init", "simulate") and place == str(tmp_path / "file") else 5
    assert (result.exit_code, result.stderr.count("\n")) == (code, 1), result.output
    assert [(path.name, path.read_text(encoding="ascii")) for path in tmp_path.iterdir()] == [
        ("file", "as it was")
    ]


@pytest.mark.parametrize("size", [0, 1_000, 5_000, 20_000, 60_000])
def test_a_disk_that_is_full_ends_a_build_and_leaves_the_last_good_one(small: Path, size: int) -> None:
    before = {path: path.read_bytes() for path in small.rglob("*") if path.is_file()}
    with largest_file(size):
        result = call(small, COMMANDS["build"], str(small / "out"))
    assert (result.exit_code, result.stderr.count("\n")) == (5, 1), result.output
    assert "cannot be read or written (File too large)" in result.stderr
    assert {path: path.read_bytes() for path in small.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("build", *WORKBOOKS)])
def test_a_disk_that_is_full_is_told_by_every_command(small: Path, tmp_path: Path, command: str) -> None:
    with largest_file(10):
        result = call(small, COMMANDS[command], str(tmp_path / "new"))
    assert (result.exit_code, result.stderr.count("\n")) == (5, 1), result.output


@pytest.mark.parametrize("option", ["--xlsx", "--spec"])
def test_a_disk_that_is_full_is_told_of_a_workbook(small: Path, tmp_path: Path, option: str) -> None:
    """In a process of its own: what openpyxl leaves unfinished is complained of when it is cleared away."""
    words = ["mapping", str(small / "out"), option, str(tmp_path / "x")]
    with largest_file(10):
        ended = subprocess.run(
            [sys.executable, "-B", "-m", "pipeline", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stderr.count("\n")) == (5, 1), ended.stderr


@pytest.mark.parametrize("command", ["build", "check-drop", "diff", "verify"])
def test_no_folder_for_temporary_files_is_told_in_one_line(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    rebuild = ("verify", "OUT", "--rebuild", "--drop", "DROP", "--quiet")
    result = call(small, rebuild if command == "verify" else COMMANDS[command], str(tmp_path / "new"))
    assert (result.exit_code, result.stderr.count("\n")) in ((0, 0), (5, 1)), result.output
    assert command == "build" or result.exit_code == 5
