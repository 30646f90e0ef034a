"""A finished build against its manifest: each kind of change is named, and a build that is made again is the
same, or the difference is named.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline import verify
from pipeline.cli import app
from pipeline.errors import MachineError
from pipeline.finished.manifest import file_hash
from pipeline.verify import Difference
from tests.support import small_builds

DM, STUDY = "m5/datasets/s1/tabulations/sdtm/dm.xpt", "lineage/study/specs/study.yaml"
Change = Callable[[Path, Path], object]  # of the build's folder, and of the drop


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study, its drop and a build of it for the FDA; read only."""
    return small_builds.built(tmp_path_factory.mktemp("original"), "small", editions=("fda",)).parent


@pytest.fixture
def small(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "small", symlinks=True))


def quiet(_: str) -> None:
    """Reports no stages."""


def differences(small: Path, rebuild: bool = False) -> list[tuple[str, str, str]]:
    return [
        (d.where, d.what, d.file)
        for d in verify.verify(small / "out", small / "drop", rebuild, quiet).differences
    ]


def flip(name: str) -> Change:
    def change(home: Path, _: Path) -> None:
        data = bytearray((home / name).read_bytes())
        data[len(data) // 2] ^= 1
        (home / name).write_bytes(data)

    return change


def test_a_build_that_nobody_touched_is_verified(small: Path) -> None:
    outcome = verify.verify(small / "out", None, False, quiet)
    manifest = json.loads((small / "out/manifest.json").read_text(encoding="utf-8"))
    assert (outcome.differences, outcome.rebuilt) == ((), False)
    assert outcome.files == len(manifest["outputs"]) + len(manifest["lines"])
    assert verify.verify((small / "out/latest").resolve(), small / "drop", False, quiet).differences == ()


def add(name: str) -> Change:
    return lambda home, _: (home / name).write_text("x", encoding="utf-8")


def to_fit(home: Path, drop: Path) -> None:
    """A changed file, and its hash in the manifest changed with it."""
    flip(DM)(home, drop)
    manifest = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"][DM] = file_hash(home / DM)
    (home / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def copied(home: Path, _: Path) -> None:
    """A copy of the package in the place of the link to it."""
    shown = home.parent.parent / "m5"
    shown.unlink()
    shutil.copytree(home / "m5", shown)


def write(name: str, content: str) -> Change:
    """A change of the drop."""
    return lambda _, drop: (drop / name).write_text(content, encoding="utf-8")


def exchange(home: Path, _: Path) -> None:
    (home / DM).write_bytes((home / DM).with_name("ex.xpt").read_bytes())


RAW, LINES = "lineage/raw/dose.parquet", "lineage/lines/dose.parquet"
REPORT = ("report/findings.csv", "report/report.html", "report/report.json")
CHANGES: dict[str, tuple[Change, list[tuple[str, str, str]]]] = {
    "a byte of a dataset": (flip(DM), [("build", "changed", DM)]),
    "a byte of a raw record": (flip(RAW), [("build", "changed", RAW)]),
    "a byte of the lines": (flip(LINES), [("build", "changed", LINES)]),
    "a byte of the report": (flip("report/report.html"), [("build", "changed", "report/report.html")]),
    "a dataset gone": (lambda home, _: (home / DM).unlink(), [("build", "missing", DM)]),
    "a folder gone": (
        lambda home, _: shutil.rmtree(home / "report"), [("build", "missing", name) for name in REPORT],
    ),
    "one more file": (add("m5/notes.txt"), [("build", "added", "m5/notes.txt")]),
    "one more hidden file": (add("m5/.DS_Store"), [("build", "added", "m5/.DS_Store")]),
    "an empty dataset": (lambda home, _: (home / DM).write_bytes(b""), [("build", "changed", DM)]),
    "two files exchanged": (exchange, [("build", "changed", DM)]),
    "a kept spec": (add(STUDY), [("build", "changed", STUDY)]),
    "a manifest made to fit": (to_fit, [("build", "changed", "manifest.json")]),
    "a copy in place of the link": (copied, [("build", "changed", "m5")]),
    "a link gone": (
        lambda home, _: (home.parent.parent / "report").unlink(), [("build", "missing", "report")],
    ),
    "an input": (write("dose.csv", "x"), [("inputs", "changed", "dose.csv")]),
    "an input gone": (lambda _, drop: (drop / "lab.csv").unlink(), [("inputs", "missing", "lab.csv")]),
    "one more input": (write("more.csv", "x"), [("inputs", "added", "more.csv")]),
    "a folder in the drop": (lambda _, drop: (drop / "more").mkdir(), [("inputs", "added", "more")]),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_each_change_is_named_and_nothing_else(
    small: Path, change: Change, expected: list[tuple[str, str, str]]
) -> None:
    change((small / "out/latest").resolve(), small / "drop")
    assert differences(small) == expected


# --- a rebuild
def test_a_rebuild_from_the_kept_specs_and_the_drop_is_the_same(small: Path) -> None:
    shutil.rmtree(small / "study")  # the build keeps what it needs
    before = sorted((small / "out").rglob("*"))
    outcome = verify.verify(small / "out", small / "drop", True, quiet)
    assert (outcome.differences, outcome.rebuilt, outcome.program) == ((), True, ())
    assert sorted((small / "out").rglob("*")) == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda home, drop: (drop / "lab.csv").unlink(), ("inputs", "missing", "lab.csv")),
        (add(STUDY), ("build", "changed", STUDY)),
        (to_fit, ("build", "changed", "manifest.json")),
    ],
    ids=["another drop", "another spec", "another manifest"],
)
def test_nothing_is_rebuilt_from_other_inputs_than_those_of_the_build(
    small: Path, change: Change, expected: tuple[str, str, str]
) -> None:
    change((small / "out/latest").resolve(), small / "drop")
    outcome = verify.verify(small / "out", small / "drop", True, quiet)
    assert not outcome.rebuilt
    assert outcome.differences == (Difference(expected[0], expected[2], expected[1]),)


def test_what_another_version_makes_differently_is_named_with_the_versions(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.publish.manifest.LIBRARIES", ("numpy",))
    monkeypatch.setattr(
        "pipeline.publish.report.content",
        lambda *_: {"findings": {"errors": 0, "warnings": 0, "waived": 0, "by_rule": []}} | EMPTY,
    )
    outcome = verify.verify(small / "out", small / "drop", True, quiet)
    folder = "m5/datasets/s1"
    guides = (f"{folder}/analysis/adam/datasets/adrg", f"{folder}/tabulations/sdtm/csdrg")
    changed = ["lineage/guides.json", "m5/README.txt", "report/report.html", "report/report.json"]
    changed += ["site/findings.html", "site/index.html"]  # the pages that show the report
    changed += [f"{guide}.{kind}" for guide in guides for kind in ("html", "pdf")]  # a guide gives versions
    assert {(d.where, d.what, d.file) for d in outcome.differences} == {
        ("rebuild", "changed", name) for name in changed
    }
    assert any(line.startswith("pandas: 3.") and line.endswith(" -> None") for line in outcome.program)


EMPTY = {
    "study": "S1",
    "title": "",
    "notice": "",
    "cutoff": "",
    "state": "published",
    "datasets": [],
    "accounting": [],
}


def test_a_rebuild_leaves_nothing_behind(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    verify.verify(small / "out", small / "drop", True, quiet)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_build_of_the_whole_study_is_the_same_when_it_is_made_again(
    few: Path, few_built: Path, prove: bool
) -> None:
    assert verify.verify(few_built, few, prove, quiet).differences == ()


# --- the command
def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["verify", *(str(w) for w in words)])


def test_the_command_ends_with_0_1_or_2(small: Path, tmp_path: Path) -> None:
    fine = call(small / "out", "--rebuild", "--drop", small / "drop")
    assert fine.exit_code == 0
    assert fine.stdout.endswith("0 differ; the rebuild is the same\n")
    assert call(small / "out", "--rebuild").exit_code == 2
    assert call(tmp_path / "nowhere").exit_code == 2
    assert call(small / "out", "--drop", tmp_path / "nowhere").exit_code == 2
    flip(DM)((small / "out/latest").resolve(), small)
    differs = call(small / "out")
    assert differs.exit_code == 1
    assert f"build    changed  {DM}\n" in differs.stdout
    assert json.loads(call(small / "out", "--json").stdout)["differences"] == [
        {"where": "build", "file": DM, "what": "changed"}
    ]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"inputs": [], "lines": {}, "study": {}, "outputs": {}, "editions": []}']
)
def test_a_damaged_manifest_is_refused(small: Path, content: str) -> None:
    (small / "out/latest/manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(MachineError, match="not the manifest of a build"):
        verify.verify(small / "out", None, False, quiet)
