"""A drop of the second week, changed in fifty ways: what the door and the build make of it, with which exit
code and which files. The drop of the first week was checked and built. docs/changed-drops.md shows the table.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from tests.conftest import ROOT
from tests.support import small_builds, small_study

PLAN = "visits: [{name: V1, number: 1}, {name: V2, number: 2}]"
STUDY = {
    **small_builds.FILES,
    "specs/study.yaml": small_builds.file("specs/study.yaml").replace(
        "visits: [{name: WEEK 6, number: 7}]", f"{PLAN}\nschedule: [{{visits: [V1], forms: [dose, lab]}}]"
    ),
    "specs/raw/dose.yaml": small_builds.file("specs/raw/dose.yaml").replace(
        "Milligrams, type: number", "Milligrams, type: number, unit: mg, min: 50, max: 150"
    ),
    "specs/raw/lab.yaml": """\
form: lab
title: Laboratory
source: Vendor
record: one per test
keys: [FOLDER]
fields:
  VALUE: {question: Value, type: number, required: true}
  UNIT:  {question: Unit, type: code, codes: [mmol/L, mg/dL]}
  BATCH: {question: Batch, type: text, origin: Assigned}
""",
}
LAB = "SUBJECT,FOLDER,VALUE,UNIT,BATCH\n01,V1,5,mmol/L,B\n02,V1,6,mmol/L,B\n03,V1,7,mmol/L,C\n"
WEEK_1 = {name: text.encode() for name, text in {**small_builds.DROP, "lab.csv": LAB}.items()}
Drop = dict[str, bytes]
Change = Callable[[Drop], None]

OF_A_CHECK = {"check.html", "check.json", "check.sarif", "junit.xml", "queries.csv"}
OF_A_BUILD = {
    # exit code: what OUT holds
    "0": {
        "build-info.json",
        "builds",
        "history",
        "latest",
        "lineage",
        "m5",
        "manifest.json",
        "report",
        "site",
    },
    "1": {"builds", "refused"},  # of builds/ its lock alone
    "4": set[str](),
}


# --- changes
def nothing(_: Drop) -> None:
    """Leaves the drop as it was."""


def edit(form: str, old: str, new: str) -> Change:
    """One text of a form becomes another."""

    def change(drop: Drop) -> None:
        assert old.encode() in drop[f"{form}.csv"], old
        drop[f"{form}.csv"] = drop[f"{form}.csv"].replace(old.encode(), new.encode(), 1)

    return change


def add(form: str, line: str) -> Change:
    """The form has a line more."""

    def change(drop: Drop) -> None:
        drop[f"{form}.csv"] += f"{line}\n".encode()

    return change


def becomes(form: str, made: Callable[[bytes], bytes]) -> Change:
    """The file of a form holds something else."""

    def change(drop: Drop) -> None:
        drop[f"{form}.csv"] = made(drop[f"{form}.csv"])

    return change


def each_line(form: str, made: Callable[[list[str]], list[str]]) -> Change:
    """The cells of each line of a form become others."""

    def lines(content: bytes) -> bytes:
        return "".join(
            f"{','.join(made(line.split(',')))}\n" for line in content.decode().splitlines()
        ).encode()

    return becomes(form, lines)


def gone(form: str) -> Change:
    """The form has no file."""

    def change(drop: Drop) -> None:
        del drop[f"{form}.csv"]

    return change


def header_alone(*forms: str) -> Change:
    """The forms have no record."""

    def change(drop: Drop) -> None:
        for form in forms:
            drop[f"{form}.csv"] = drop[f"{form}.csv"].partition(b"\n")[0] + b"\n"

    return change


def file(name: str, content: bytes) -> Change:
    """A file of this name stands in the drop."""
    return lambda drop: drop.update({name: content})


def all_of(*changes: Change) -> Change:
    """Several changes, one after the other."""

    def change(drop: Drop) -> None:
        for one in changes:
            one(drop)

    return change


# --- the table
@dataclass(frozen=True)
class Case:
    """A change, and the exit code and rules of each; a rule that only warns stands in parentheses."""

    change: Change
    door: str
    build: str
    says: str = ""  # what both say of a file that cannot be read
    study: Mapping[str, str] = field(default_factory=dict)  # files of the study that changed with the drop


TWO_OF_DOSE = "02,V1,yes,02 MAR 2018,90,DRUG\n02,V2,No,,,\n"
WHO_IS_3 = "03,,,female,04 MAY 1962\n"
CASES = {
    # --- what is no fault
    "nothing": Case(nothing, "0", "0"),
    "columns in another order": Case(each_line("lab", lambda cells: cells[::-1]), "0", "0"),
    "lines end as Windows ends them": Case(becomes("lab", lambda b: b.replace(b"\n", b"\r\n")), "0", "0"),
    "a file name in capitals": Case(lambda drop: drop.update({"LAB.CSV": drop.pop("lab.csv")}), "0", "0"),
    "an answer in capitals": Case(edit("enrol", "Male", "MALE"), "0", "0"),
    "a line break in a text": Case(edit("dose", "DRUG", '"DR\nUG"'), "0", "0"),
    "a participant more": Case(add("enrol", "04,,,Male,01 JAN 1950"), "0", "0"),
    "an answer corrected": Case(edit("enrol", "Male", "Female"), "0", "0"),
    # --- files
    "a form gone": Case(gone("lab"), "4 RAW-FILE", "4", "lab.csv: the file is missing from the drop"),
    "the form that enrols gone": Case(gone("enrol"), "4 RAW-FILE", "4", "enrol.csv: the file is missing"),
    "a file that no contract names": Case(
        file("moods.csv", b"SUBJECT,MOOD\n"),
        "4 RAW-FILE",
        "4",
        "moods.csv: no form of specs/raw has this name",
    ),
    "an empty file": Case(becomes("lab", lambda _: b""), "4 RAW-FILE", "4", "lab.csv: the file is empty"),
    "a file cut in a line": Case(
        becomes("lab", lambda b: b[:-8]), "4 RAW-FILE", "4", "lab.csv: the last line is not ended"
    ),
    "a page that asks to log in": Case(
        becomes("lab", lambda _: b"<!DOCTYPE html>\n<html>Please log in</html>\n"),
        "4 RAW-FILE",
        "4",
        "lab.csv, line 1: names no column of the contract",
    ),
    "a workbook called .csv": Case(
        becomes("lab", lambda _: b"PK\x03\x04" + bytes(range(256))),
        "4 RAW-FILE",
        "4",
        "lab.csv: the last line",
    ),
    "semicolons": Case(
        becomes("lab", lambda b: b.replace(b",", b";")),
        "4 RAW-FILE",
        "4",
        "lab.csv, line 1: a semicolon separates the columns",
    ),
    "another encoding": Case(
        becomes("dose", lambda b: b.decode().replace("DRUG\n", "药物\n").encode("gb18030")),
        "4 RAW-FILE",
        "4",
        "dose.csv, line 2: not UTF-8",
    ),
    "UTF-16": Case(
        becomes("lab", lambda b: b.decode().encode("utf-16")),
        "4 RAW-FILE",
        "4",
        "lab.csv: begins with a byte-order mark",
    ),
    "a quotation mark that is not closed": Case(
        edit("lab", "B\n02", '"B\n02'), "4 RAW-FILE", "4", "lab.csv, the record from line 2: not CSV"
    ),
    "a number with a comma, unquoted": Case(
        edit("lab", ",5,", ",5,5,"), "4 RAW-FILE", "4", "lab.csv, line 2: 6 cells where the header has 5"
    ),
    # --- columns
    "an unknown column": Case(
        each_line("lab", lambda cells: [*cells, "MOOD" if "VALUE" in cells else "good"]),
        "4 RAW-FILE",
        "4",
        "lab.csv: column MOOD is not in the contract",
    ),
    "a column gone": Case(
        each_line("lab", lambda cells: cells[:-1]), "4 RAW-FILE", "4", "lab.csv: column BATCH is missing"
    ),
    "a column renamed": Case(
        edit("lab", "VALUE", "RESULT"), "4 RAW-FILE", "4", "lab.csv: column VALUE is missing"
    ),
    "a column twice": Case(
        edit("lab", "UNIT", "VALUE"), "4 RAW-FILE", "4", "lab.csv: column VALUE stands in the header twice"
    ),
    "no header": Case(
        becomes("lab", lambda b: b.partition(b"\n")[2]),
        "4 RAW-FILE",
        "4",
        "lab.csv, line 1: names no column of the contract",
    ),
    # --- records and participants
    "no record in any form": Case(
        header_alone("enrol", "dose", "lab"), "4 CHECK-DROP", "4", "form enrol: has no record with a subject"
    ),
    "a form with its header alone": Case(header_alone("lab"), "1 FORM-LOST", "1 FORM-LOST"),
    "half of a form lost": Case(edit("dose", TWO_OF_DOSE, ""), "1 FORM-LOST", "1 FORM-LOST"),
    "a participant gone, with all records": Case(
        all_of(edit("enrol", WHO_IS_3, ""), edit("lab", "03,V1,7,mmol/L,C\n", "")),
        "1 FORM-LOST",
        "1 FORM-LOST",
    ),
    "a participant gone, but not from all forms": Case(
        edit("enrol", WHO_IS_3, ""), "1 FORM-LOST RAW-SUBJECT", "1 FORM-LOST RAW-SUBJECT"
    ),
    "a participant twice": Case(add("enrol", WHO_IS_3.strip()), "1 RAW-DUPLICATE", "1 RAW-DUPLICATE"),
    "an earlier number of nobody": Case(
        edit("enrol", "02,,,", "02,,09,"), "1 RAW-EARLIER-SUBJECT", "1 RAW-EARLIER-SUBJECT"
    ),
    "two records of one key": Case(
        add("dose", "01,V1,Yes,03 MAR 2018,90,DRUG"), "1 RAW-DUPLICATE", "1 RAW-DUPLICATE"
    ),
    "a record under another key": Case(edit("lab", "03,V1", "03,V2"), "0 (KEY-CHANGED)", "0"),
    "a visit that is not planned": Case(
        edit("lab", "01,V1", "01,V7"), "1 (KEY-CHANGED) RAW-VISIT", "1 RAW-VISIT"
    ),
    "a visit taken out of the plan": Case(
        nothing,
        "1 RAW-VISIT",
        "1 RAW-VISIT",
        study={"specs/study.yaml": STUDY["specs/study.yaml"].replace(", {name: V2, number: 2}", "")},
    ),
    "a blank line at the end": Case(add("lab", ""), "1 RAW-REQUIRED RAW-SUBJECT", "1 RAW-SUBJECT"),
    # --- values
    "an answer of no list": Case(edit("enrol", "Male", "Man"), "1 RAW-CODE", "1 RAW-CODE VALUE-TERM"),
    "a unit of no list": Case(edit("lab", "mmol/L", "umol/L"), "1 RAW-CODE", "1 RAW-CODE"),
    "a date that no calendar has": Case(edit("dose", "22 MAR", "31 FEB"), "1 RAW-DATE", "1 RAW-DATE"),
    "a date written otherwise": Case(edit("dose", "22 MAR 2018", "2018-03-22"), "1 RAW-DATE", "1 RAW-DATE"),
    "a date in the future": Case(
        edit("dose", "22 MAR 2018", "22 MAR 2031"), "1 AFTER-CUT-OFF", "1 AFTER-CUT-OFF"
    ),
    "a date in the future, of a dose not given": Case(
        edit("dose", "02,V2,No,,,", "02,V2,No,22 MAR 2031,,"), "0", "0"
    ),
    "a date of long ago": Case(
        edit("dose", "22 MAR 2018", "22 MAR 1581"), "1 RAW-YEAR", "1 RAW-YEAR STARTS-BEFORE-BIRTH"
    ),
    "a number with a comma, quoted": Case(edit("lab", ",5,", ',"5,5",'), "1 RAW-TYPE", "1 RAW-TYPE"),
    "a number with its unit": Case(edit("dose", ",90,", ",90 mg,"), "1 RAW-TYPE", "1 RAW-TYPE"),
    "a number that is not plausible": Case(edit("dose", ",90,", ",900,"), "0 (RAW-RANGE)", "0"),
    "a value that is needed gone": Case(edit("lab", ",5,", ",,"), "1 RAW-REQUIRED", "1 RAW-REQUIRED"),
    "a control character": Case(
        edit("dose", "DRUG", "DR\aUG"), "1 RAW-CONTROL", "1 RAW-CONTROL VALUE-CONTROL"
    ),
    "a text of 300 bytes": Case(edit("dose", "DRUG", "D" * 300), "1 RAW-LENGTH", "1 VALUE-LENGTH"),
}


# --- both commands
def call(command: str, *words: Path | str) -> Result:
    result = CliRunner().invoke(app, [command, *map(str, words), "--quiet"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def written(folder: Path, drop: Drop) -> Path:
    folder.mkdir(parents=True)
    for name, content in drop.items():
        (folder / name).write_bytes(content)
    return folder


def told(code: int, findings: Path, only: str = "") -> str:
    """The exit code, and the rules of the errors and warnings that a list has."""
    rules: set[str] = set()
    if findings.exists():
        with findings.open(encoding="utf-8-sig", newline="") as rows:
            for row in csv.DictReader(rows):
                if row["severity"] == "error":
                    rules.add(row["rule"])
                elif row["severity"] != only:
                    rules.add(f"({row['rule']})")
    return " ".join([str(code), *sorted(rules)])


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study, and the first week: its drop, its check, its build."""
    home = tmp_path_factory.mktemp("weeks")
    small_study.small_study(home / "study", STUDY)
    drop = written(home / "2019-07-01", WEEK_1)
    study = ("--study", home / "study")
    assert call("build", drop, "--out", home / "built", *study).exit_code == 0
    assert call("check-drop", drop, "--out", home / "checked", "--format", "csv", *study).exit_code == 0
    return home


@pytest.mark.parametrize("name", CASES)
def test_a_changed_drop_at_the_door_and_in_the_build(tmp_path: Path, last: Path, name: str) -> None:
    case = CASES[name]
    content = dict(WEEK_1)
    case.change(content)
    drop = written(tmp_path / "2019-07-08", content)
    study = last / "study"
    if case.study:
        study = tmp_path / "study"
        small_study.small_study(study, {**STUDY, **case.study})

    built, checked = last / "built", last / "checked"
    out = tmp_path / "check"
    asked = call(
        *("check-drop", drop, "--out", out, "--study", study, "--format", "html,csv,junit,sarif"),
        *("--built", built, "--against", checked),
    )
    assert told(asked.exit_code, out / "queries.csv") == case.door
    assert case.says in asked.stderr
    assert {path.name for path in out.iterdir()} == OF_A_CHECK

    out = tmp_path / "out"
    made = call("build", drop, "--out", out, "--study", study, "--previous", built)
    assert told(made.exit_code, out / "refused" / "findings.csv", only="warning") == case.build
    assert case.says in made.stderr
    assert {path.name for path in out.glob("*")} == OF_A_BUILD[case.build[0]]


def test_what_a_build_refuses_stops_at_the_door_with_the_same_exit_code() -> None:
    assert [name for name, case in CASES.items() if case.door[0] != case.build[0]] == []


def test_the_page_shows_the_table() -> None:
    page = (ROOT / "docs" / "changed-drops.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in page if line.startswith("| ")][2:] == [
        f"| {name} | {case.door} | {case.build} | {case.says} |" for name, case in CASES.items()
    ]
