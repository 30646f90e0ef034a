"""One contract, two readers: what a build refuses the door refuses too, with the same exit code, and of each
cell both say the same.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import simulator
from pipeline.cli import app
from pipeline.study import Study
from pipeline.study import faults as planted
from tests.conftest import DROP, ROOT
from tests.support import reading, small_builds, small_study
from tests.support.door import changed, checked, small

Spoil = Callable[[Path], object]


def replaced(name: str, old: str, new: str) -> Spoil:
    def spoil(drop: Path) -> None:
        text = (drop / name).read_text(encoding="utf-8")
        assert old in text
        (drop / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def recoded(name: str, change: Callable[[bytes], bytes]) -> Spoil:
    return lambda drop: (drop / name).write_bytes(change((drop / name).read_bytes()))


def again(name: str, **cells: str) -> Spoil:
    """The first record once more, with other values in some cells."""

    def spoil(drop: Path) -> None:
        lines = (drop / name).read_text(encoding="utf-8").splitlines()
        record = dict(zip(lines[0].split(","), lines[1].split(","), strict=True)) | cells
        (drop / name).write_text("\n".join([*lines, ",".join(record.values())]) + "\n", encoding="utf-8")

    return spoil


STRUCTURAL: dict[str, tuple[Spoil, int]] = {
    "a missing column": (replaced("dose.csv", ",MG,", ",MGS,"), 4),
    "an extra column": (
        recoded("lab.csv", lambda b: b.replace(b"H\n", b"H,MORE\n").replace(b"B\n", b"B,\n")),
        4,
    ),
    "a missing form": (lambda drop: (drop / "lab.csv").unlink(), 4),
    "a file that is no form": (lambda drop: (drop / "other.csv").write_text("A\n1\n"), 4),
    "another encoding": (recoded("dose.csv", lambda b: b + "王".encode("gb18030") + b"\n"), 4),
    "a cut file": (recoded("dose.csv", lambda b: b[:-9]), 4),
    "a folder in the drop": (lambda drop: (drop / "more").mkdir(), 4),
    "no drop at all": (shutil.rmtree, 4),
    "a duplicate key": (again("dose.csv"), 1),
    "a subject nobody enrolled": (again("dose.csv", SUBJECT="99"), 1),
    "an impossible date": (replaced("dose.csv", "01 MAR", "31 FEB"), 1),
    "a label outside a closed list": (replaced("enrol.csv", ",Male,", ",Mail,"), 1),
    "a required value left blank": (replaced("enrol.csv", ",Male,", ",,"), 1),
}
REQUIRED = small_builds.file("specs/raw/enrol.yaml").replace("Male]", "Male], required: true")


@pytest.mark.parametrize(("spoil", "code"), STRUCTURAL.values(), ids=STRUCTURAL.keys())
def test_a_structural_fault_is_refused_by_the_build_and_at_the_door(
    tmp_path: Path, spoil: Spoil, code: int
) -> None:
    small_study.small_study(tmp_path / "study", {**small_builds.FILES, "specs/raw/enrol.yaml": REQUIRED})
    drop = tmp_path / "drop"
    drop.mkdir()
    for name, content in small_builds.DROP.items():
        (drop / name).write_text(content, encoding="utf-8")
    spoil(drop)
    for command in ("build", "check-drop"):
        words = [command, str(drop), "--out", str(tmp_path / command), "--study", str(tmp_path / "study")]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == code, (command, result.output)
    assert (tmp_path / "check-drop" / "check.json").is_file(), "the outcome is written whatever the drop"
    assert (tmp_path / "check-drop" / "check.html").is_file()
    assert not (tmp_path / "build" / "latest").exists()


def test_both_readers_object_to_the_same_cells(study: Study, tmp_path: Path) -> None:
    simulator.simulate(study, tmp_path / "drop", 30, 2843126, planted.load(ROOT, study))
    found = checked(study, tmp_path / "drop", tmp_path / "out")
    door = {(q["rule"], q["form"], q["field"], q["identity"]) for q in found.queries if q["rule"] in CELLS}
    read = reading.read(study, tmp_path / "drop")
    build = {
        (f.rule, f.dataset, f.variable, f.source.split(", ")[-1]) for f in read.findings if f.rule in CELLS
    }
    assert door == build
    assert {rule for rule, *_ in door} == CELLS
    records = {"RAW-DUPLICATE", "RAW-REPEATED", "RAW-ONCE", "RAW-SUBJECT", "RAW-EARLIER-SUBJECT"}
    assert {(q["rule"], q["form"]) for q in found.queries if q["rule"] in records} == {
        (f.rule, f.dataset) for f in read.findings if f.rule in records
    }


def test_a_code_that_stands_for_no_value_is_a_blank_at_the_door_and_in_a_build(
    study: Study, tmp_path: Path
) -> None:
    drop = small(tmp_path / "drop")
    visit = {"SUBJECT": "FD-001", "FOLDER": "CYCLE 3 DAY 1"}
    changed(drop, "vs.csv", visit, {"TEMP": "-999", "PULSE": "UNK"})
    changed(drop, "ae.csv", {"SUBJECT": "FD-001", "RECORD": "1"}, {"TERM": "NULL"})
    declared = {"-999": "Not done", "UNK": "Unknown", "NULL": "Not entered"}
    forms = {n: f.model_copy(update={"missing": declared}) for n, f in study.forms.items()}
    rules = ("RAW-TYPE", "RAW-RANGE")
    for of, asked, refused in (
        (study, {"TEMP", "PULSE"}, {"PULSE"}),  # -999 is a number until it is declared
        (replace(study, forms=forms), set(), set()),
    ):
        found = checked(of, drop, tmp_path / "out")
        assert {q["field"] for q in found.queries if q["rule"] in rules} == asked
        build = reading.read(of, drop).findings
        assert {f.variable for f in build if f.rule == "RAW-TYPE"} == refused
        words = [f.variable for f in build if f.rule == "RAW-WORD-FOR-MISSING"]
        assert words == [q["field"] for q in found.queries if q["rule"] == "RAW-WORD-FOR-MISSING"]
        assert words == (["TERM"] if asked else [])


CELLS = {
    *("RAW-REQUIRED", "RAW-DATE", "RAW-TYPE", "RAW-CODE", "RAW-CODE-NEW", "RAW-VISIT", "RAW-YEAR"),
    "RAW-CONTROL",
    "RESULT-NO-NUMBER",
}


def test_a_value_out_of_range_is_asked_about_and_does_not_stop(study: Study, tmp_path: Path) -> None:
    drop = small(tmp_path / "drop")
    changed(drop, "vs.csv", {"SUBJECT": "FD-001", "FOLDER": "CYCLE 3 DAY 1"}, {"TEMP": "47.1"})
    found = checked(study, drop, tmp_path / "out")
    (query,) = [q for q in found.queries if q["rule"] == "RAW-RANGE"]
    assert (query["field"], query["value"], query["expected"]) == ("TEMP", "47.1", "34 to 42 C")
    assert found.outcome["state"] == "passed"


ALONE = """
import socket, sys
def refuse(*_): raise AssertionError("network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from pipeline.cli import app
app([*sys.argv[1:]], standalone_mode=False)
print("great_expectations" in sys.modules)
"""


def alone(tmp_path: Path, *words: str) -> str:
    """A command in a process of its own without network, with a home and a folder of temporary files of its
    own.
    """
    for name in ("home", "temporary"):
        (tmp_path / name).mkdir(exist_ok=True)
    places = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *words],
        cwd=tmp_path,
        env=places,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_check_works_offline_and_writes_nothing_outside_out(tmp_path: Path) -> None:
    assert alone(tmp_path, "check-drop", str(DROP), "--out", "out", "--study", str(ROOT), "--quiet") == "True"
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert files == {"out/check.html", "out/queries.csv", "out/check.json"}


def test_a_build_does_not_import_great_expectations(tmp_path: Path) -> None:
    drop = small(tmp_path / "drop")
    assert alone(tmp_path, "build", str(drop), "--out", "out", "--study", str(ROOT), "--quiet") == "False"
