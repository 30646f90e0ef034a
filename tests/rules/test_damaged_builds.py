"""Of a finished build that was damaged, every command names the file and ends: it shows no traceback, and
nothing that the build did not write.

A command reads few files of a build. Which these are is found first: with all others damaged at once, it must
say what it said before. Then some of those that it reads are damaged, one by one; with --prove all, in each
way.
"""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.finished.folder import Folder
from tests.support import small_builds
from tests.support.damage import damaged as spoil

DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "gone": lambda _: None,
    "cut": lambda content: content[: len(content) // 2],
    "garbage": lambda content: bytes(n * 7 % 251 for n in range(len(content) + 64)),
    "other JSON": lambda _: b'{"format": 1, "datasets": []}',
}
CELL = ("USUBJID=S1-01", "EXSEQ=1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "open": ("open", "OUT", "--address"),
    "explain": ("explain", "OUT", "EX.EXDOSE", *CELL),
    "explain of an analysis": ("explain", "OUT", "ADSL.HOURS", "USUBJID=S1-01"),
    "explain as a page": ("explain", "OUT", "EX.EXSTDY", *CELL, "--html", "-"),
    "impact": ("impact", "OUT", "dose.MG", "USUBJID=S1-01"),
    "mapping": ("mapping", "OUT", "EX.EXDOSE"),
    "mapping of fields that are not read": ("mapping", "OUT", "--unread"),
    "mapping as a specification": ("mapping", "OUT", "--spec", "TMP/x.xlsx"),
    "review-change from it": ("review-change", "OUT", "OTHER"),
    "review-change to it": ("review-change", "OTHER", "OUT"),
    "compare": ("compare", "OUT", "OTHER/m5"),
}
OF_DISPLAYS: dict[str, tuple[str, ...]] = {
    "explain of a number": ("explain", "OUT", "T14-1-1", "row=Randomized", "column=Total"),
    "impact on displays": ("impact", "OUT", "ae.TERM"),
}
OF_ANYBODY = {
    "check-define": ("check-define", "OUT/m5/datasets/s1/tabulations/sdtm/define.xml", "--data", "SDTM"),
    "compare with it": ("compare", "OTHER", "SDTM"),
    "preflight": ("preflight", "OUT/m5"),
}


@dataclass(frozen=True)
class Site:
    """A finished build to damage, another one of the same study, and a folder to write into."""

    out: Path
    other: Path
    tmp: Path

    @property
    def home(self) -> Path:
        return self.out.joinpath("latest").resolve()

    def call(self, words: tuple[str, ...]) -> Result:
        sdtm = str(self.home / "m5/datasets/s1/tabulations/sdtm")
        places = {"OUT": str(self.out), "OTHER": str(self.other), "TMP": str(self.tmp), "SDTM": sdtm}
        called = []
        for word in words:
            first, *rest = word.split("/")
            called.append("/".join([places.get(first, first), *rest]))
        result = CliRunner().invoke(app, called)
        told = (called, result.exception, result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit), told
        assert "Traceback" not in result.output, told
        return result


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("damaged")
    other = small_builds.DROP["lab.csv"].replace("V1,5", "V1,6")
    out = small_builds.built(root, "damaged", editions=("fda",))
    return Site(out, small_builds.built(root, "other", drop={"lab.csv": other}), root)


@pytest.fixture(scope="module")
def site_of_displays(few_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("damaged_displays")
    shutil.copytree(few_built, root / "out", symlinks=True)
    return Site(root / "out", few_built, root)


@contextmanager
def damaged(home: Path, names: list[str], damage: Callable[[bytes], bytes | None]) -> Iterator[None]:
    """Some files of a build damaged, and whole again afterwards."""
    whole = {home / name: (home / name).read_bytes() for name in names}
    try:
        for path, content in whole.items():
            spoilt = damage(content)
            path.unlink() if spoilt is None else path.write_bytes(spoilt)
        yield
    finally:
        for path, content in whole.items():
            path.write_bytes(content)


def files_read(site: Site, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], str]:
    """The files of the damaged build that a command asks for, and what it prints of the whole one."""
    names: set[str] = set()
    file = Folder.file

    def noted(folder: Folder, name: str) -> Path:
        if folder.home.resolve() == site.home:
            names.add(name)
        return file(folder, name)

    with monkeypatch.context() as watched:
        watched.setattr(Folder, "file", noted)
        return names, site.call(words).output


def judge(site: Site, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, every: bool) -> None:
    """Holds a command to what it must do: every damage of every file that it reads, or one damage of some."""
    read, printed = files_read(site, words, monkeypatch)
    present = {p.relative_to(site.home).as_posix() for p in site.home.rglob("*") if p.is_file()}
    assert read
    assert read < present
    with damaged(site.home, sorted(present - read - {"manifest.json"}), DAMAGES["garbage"]):
        assert site.call(words).output == printed, "a file is read that is not held against the manifest"
    names = sorted(read)
    pairs = [*itertools.product(names, DAMAGES)]
    some = zip(names[:: -(-len(names) // 4)], itertools.cycle(DAMAGES), strict=False)
    for name, kind in pairs if every else some:
        with damaged(site.home, [name], DAMAGES[kind]):
            result = site.call(words)
        how = "gone from the build" if kind == "gone" else "changed after the build"
        assert (result.exit_code, result.stdout) == (5, ""), (name, kind, result.output)
        assert result.stderr.startswith(f"{site.out / 'latest' / name}: {how}"), (name, kind)
    for kind, damage in DAMAGES.items():
        with damaged(site.home, ["manifest.json"], damage):
            result = site.call(words)
        assert result.exit_code == (2 if kind == "gone" else 5), (kind, result.output)
        assert str(site.out / "latest") in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_names_the_file_that_was_damaged(
    site: Site, command: str, monkeypatch: pytest.MonkeyPatch, prove: bool
) -> None:
    judge(site, COMMANDS[command], monkeypatch, prove)


@pytest.mark.parametrize("command", OF_DISPLAYS)
def test_a_command_on_displays_names_the_file_that_was_damaged(
    site_of_displays: Site, command: str, monkeypatch: pytest.MonkeyPatch, prove: bool
) -> None:
    if command == "impact on displays" and not prove:
        pytest.skip("it reads the whole build for each file: make prove")
    judge(site_of_displays, OF_DISPLAYS[command], monkeypatch, prove)


@pytest.mark.parametrize("command", OF_ANYBODY)
def test_a_command_on_files_of_anybody_ends_in_words(site: Site, command: str) -> None:
    folder = site.home / "m5/datasets/s1/tabulations/sdtm"
    for path in sorted([*folder.glob("*.xpt"), folder / "define.xml"]):
        for kind, damage in DAMAGES.items():
            with damaged(folder, [path.name], damage):
                result = site.call(OF_ANYBODY[command])
            assert result.exit_code in (0, 1, 2, 4), (path.name, kind, result.output)


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_tells_each_file_that_was_damaged(site: Site, damage: str) -> None:
    outside = ("manifest.json", "build-info.json")
    names = sorted(p.relative_to(site.home).as_posix() for p in site.home.rglob("*") if p.is_file())
    names = [name for name in names if name not in outside]
    with damaged(site.home, names, DAMAGES[damage]):
        told = site.call(("verify", "OUT"))
    what = "missing" if damage == "gone" else "changed"
    assert told.exit_code == 1
    assert told.stdout.splitlines()[:-1] == [f"build    {what}  {name}" for name in names]
    with damaged(site.home, ["manifest.json"], DAMAGES[damage]):
        assert site.call(("verify", "OUT")).exit_code == (2 if damage == "gone" else 5)
    with damaged(site.home, ["build-info.json"], DAMAGES[damage]):
        assert site.call(("verify", "OUT")).exit_code == 0


@pytest.mark.parametrize(
    "content", [b"", b"builds/nowhere\n", b"\x00\xff", b"builds/\x00", b"builds/" + b"x" * 300]
)
def test_a_file_in_the_place_of_the_link_that_leads_nowhere_is_no_build(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "latest").write_bytes(content)
    for words in (*COMMANDS.values(), ("verify", "OUT")):
        result = Site(tmp_path, tmp_path, tmp_path).call(words)
        assert result.exit_code in (2, 5), result.output
        assert result.stderr.count("\n") == 1


# --- files that a command is given beside a build
@pytest.mark.parametrize("option", ["--spec", "--define"])
def test_a_damaged_specification_is_refused_or_drafted(
    site: Site, option: str, seed: int, prove: bool
) -> None:
    drawn = random.Random(f"{seed} {option}")
    site.call(("mapping", "OUT", "--spec", "TMP/whole.xlsx"))
    whole = {
        "--spec": site.tmp / "whole.xlsx",
        "--define": site.home / "m5/datasets/s1/tabulations/sdtm/define.xml",
    }[option]
    spoilt = site.tmp / f"spoilt{whole.suffix}"
    for number in range(300 if prove else 30):
        spoilt.write_bytes(spoil(whole.read_bytes(), drawn))
        shutil.rmtree(site.tmp / "new", ignore_errors=True)
        result = site.call(("init", "TMP/new", option, f"TMP/{spoilt.name}"))
        assert result.exit_code in (0, 2), (seed, number, result.output)
