"""The FDA's technical rejection criteria: each code with the faults for which it rejects, in packages that
another writer wrote.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from typer.testing import CliRunner, Result

from pipeline.checks import submission as preflight
from pipeline.cli import app

SDTM, ADAM = "tabulations/sdtm", "analysis/adam/datasets"
DEFINE = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>'
SUMMARY = {"STUDYID": ["ABC-1", "ABC-1"], "TSPARMCD": ["TITLE", "SSTDTC"], "TSVAL": ["A trial", "2016-03-01"]}


def xpt(path: Path, content: dict[str, list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyreadstat.write_xport(pd.DataFrame(content), path, table_name=path.stem.upper(), file_format_version=5)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two layers in which nothing is wrong."""
    home = tmp_path / "m5" / "datasets" / "abc-1"
    xpt(home / SDTM / "ts.xpt", SUMMARY)
    xpt(home / SDTM / "dm.xpt", {"USUBJID": ["01"]})
    xpt(home / SDTM / "ae.xpt", {"USUBJID": ["01"]})
    xpt(home / ADAM / "adsl.xpt", {"USUBJID": ["01"]})
    for folder in (SDTM, ADAM):
        (home / folder / "define.xml").write_text(DEFINE, encoding="utf-8")
    (home / "analysis/adam/programs").mkdir()
    (home / "analysis/adam/programs/adsl.txt").write_text("text", encoding="ascii")
    return home


def states(told: list[preflight.Criterion]) -> dict[str, str]:
    return {c.code: c.state for c in told}


def records(told: list[preflight.Criterion]) -> list[tuple[str, str, str]]:
    return [(c.code, r.file, r.message) for c in told for r in c.records]


def summary(**changed: list[str] | None) -> Callable[[Path], None]:
    content = {n: v for n, v in {**SUMMARY, **changed}.items() if v is not None}
    return lambda home: xpt(home / SDTM / "ts.xpt", content)


def moved(old: str, new: str) -> Callable[[Path], None]:
    def move(home: Path) -> None:
        (home / new).parent.mkdir(parents=True, exist_ok=True)
        (home / old).rename(home / new)

    return move


def gone(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).unlink()


def text(name: str, content: str) -> Callable[[Path], None]:
    def write(home: Path) -> None:
        (home / name).write_text(content, encoding="utf-8")

    return write


def bytes_of(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def write(home: Path) -> None:
        (home / name).write_bytes(change((home / name).read_bytes()))

    return write


def simplified(home: Path) -> None:
    """Leaves the trial summary alone."""
    for path in [p for p in home.rglob("*") if p.is_file() and p.name != "ts.xpt"]:
        path.unlink()


def both(*plants: Callable[[Path], None]) -> Callable[[Path], None]:
    def plant(home: Path) -> None:
        for one in plants:
            one(home)

    return plant


DATE = "expected a whole date of the calendar in ISO 8601, such as 2016-03-01"
FAULTS = [
    ("1734", gone(f"{SDTM}/ts.xpt"), f"{SDTM}/ts.xpt", "the dataset is missing"),
    (
        "1734",
        moved(f"{SDTM}/ts.xpt", f"{SDTM}/ts_xpt.xpt"),
        f"{SDTM}/ts.xpt",
        "the dataset is missing; ts_xpt.xpt is not its name",
    ),
    (
        "1734",
        moved(f"{SDTM}/ts.xpt", f"{SDTM}/TS.XPT"),
        f"{SDTM}/ts.xpt",
        "the dataset is missing; TS.XPT is not its name",
    ),
    ("1734", moved(f"{SDTM}/ts.xpt", f"{ADAM}/ts.xpt"), f"{SDTM}/ts.xpt", "the dataset is missing"),
    (
        "1734",
        text(f"{SDTM}/ts.xpt", "STUDYID,TSPARMCD\n"),
        f"{SDTM}/ts.xpt",
        "is no SAS transport file of version 5",
    ),
    ("1734", text(f"{SDTM}/ts.xpt", ""), f"{SDTM}/ts.xpt", "is no SAS transport file of version 5"),
    ("1734", summary(TSVAL=None), f"{SDTM}/ts.xpt", "has no TSVAL"),
    (
        "1734",
        summary(STUDYID=["ABC-2", "ABC-1"]),
        f"{SDTM}/ts.xpt",
        "STUDYID is 'ABC-2' in 1 of 2 records, and the",
    ),
    (
        "1734",
        summary(STUDYID=["", ""]),
        f"{SDTM}/ts.xpt",
        "STUDYID is '' in 2 of 2 records, and the study's number is 'abc-1'",
    ),
    (
        "1734",
        summary(TSPARMCD=["TITLE", "SENDTC"]),
        f"{SDTM}/ts.xpt",
        "no record has TSPARMCD SSTDTC, the study's start date",
    ),
    (
        "1734",
        summary(TSPARMCD=["TITLE", "sstdtc"]),
        f"{SDTM}/ts.xpt",
        "no record has TSPARMCD SSTDTC, the study's start date",
    ),
    ("1734", summary(TSVAL=["A trial", ""]), f"{SDTM}/ts.xpt", f"record 2: TSVAL of SSTDTC is ''; {DATE}"),
    (
        "1734",
        summary(TSVAL=["A trial", "2016-03"]),
        f"{SDTM}/ts.xpt",
        f"record 2: TSVAL of SSTDTC is '2016-03'; {DATE}",
    ),
    (
        "1734",
        summary(TSVAL=["A trial", "01MAR2016"]),
        f"{SDTM}/ts.xpt",
        f"record 2: TSVAL of SSTDTC is '01MAR2016'; {DATE}",
    ),
    (
        "1734",
        summary(TSVAL=["A trial", "20160301"]),
        f"{SDTM}/ts.xpt",
        f"record 2: TSVAL of SSTDTC is '20160301'; {DATE}",
    ),
    (
        "1734",
        summary(TSVAL=["A trial", "2017-02-29"]),
        f"{SDTM}/ts.xpt",
        f"record 2: TSVAL of SSTDTC is '2017-02-29'; {DATE}",
    ),
    # TSVALNF has the FDA's one exception, in a simplified trial summary, where TSVAL is empty
    (
        "1734",
        summary(TSVAL=["A trial", ""], TSVALNF=["", "NA"]),
        f"{SDTM}/ts.xpt",
        "record 2: TSVAL of SSTDTC is ''; TSVALNF NA stands for it only in a simplified ts.xpt, which no"
        f" other dataset is beside; {DATE}",
    ),
    (
        "1734",
        both(summary(TSVAL=["A trial", ""], TSVALNF=["", "UNK"]), simplified),
        f"{SDTM}/ts.xpt",
        f"record 2: TSVAL of SSTDTC is ''; TSVALNF UNK is no exception that the FDA knows; {DATE}, or NA",
    ),
    (
        "1734",
        both(summary(TSVAL=["A trial", "2016"], TSVALNF=["", "NA"]), simplified),
        f"{SDTM}/ts.xpt",
        "record 2: TSVAL of SSTDTC is '2016'",
    ),
    # a blank before a value is part of it
    (
        "1734",
        summary(STUDYID=[" ABC-1", " ABC-1"]),
        f"{SDTM}/ts.xpt",
        "STUDYID is ' ABC-1' in 2 of 2 records, and the study's number is 'abc-1'; it begins with a blank",
    ),
    (
        "1734",
        summary(TSVAL=["A trial", " 2016-03-01"]),
        f"{SDTM}/ts.xpt",
        f"record 2: TSVAL of SSTDTC is ' 2016-03-01'; it begins or ends with a blank; {DATE}",
    ),
    # the sponsor's reference stands for one STUDYID, and has to be the study's number
    (
        "1734",
        summary(
            STUDYID=["X", "X", "X"], TSPARMCD=["TITLE", "SSTDTC", "SPREFID"], TSVAL=["T", "2016-03-01", "Y"]
        ),
        f"{SDTM}/ts.xpt",
        "STUDYID is 'X' in 3 of 3 records, and the study's number is 'abc-1'",
    ),
    # a file that is cut short
    (
        "1734",
        both(
            summary(TSVAL=["A trial " * 20, "2016-03-01"]),
            bytes_of(f"{SDTM}/ts.xpt", lambda b: b[:-80]),
        ),
        f"{SDTM}/ts.xpt",
        "ends within a row; it is cut short: export it again",
    ),
    (
        "1734",
        bytes_of(f"{SDTM}/ts.xpt", lambda b: b[:-7]),
        f"{SDTM}/ts.xpt",
        "ends within a record of 80 bytes",
    ),
    ("1734", bytes_of(f"{SDTM}/ts.xpt", lambda b: b + b[240:]), f"{SDTM}/ts.xpt", "holds 2 datasets"),
    (
        "1735",
        bytes_of(f"{SDTM}/ae.xpt", lambda b: b[:-60]),
        f"{SDTM}/ae.xpt",
        "ends within a record of 80 bytes",
    ),
    ("1735", text(f"{SDTM}/ae.xpt", ""), f"{SDTM}/ae.xpt", "is no SAS transport file of version 5"),
    (
        "1736",
        bytes_of(f"{SDTM}/dm.xpt", lambda b: b[:900]),
        f"{SDTM}/dm.xpt",
        "ends within a record of 80 bytes",
    ),
    ("1736", bytes_of(f"{ADAM}/adsl.xpt", lambda b: b[:640]), f"{ADAM}/adsl.xpt", "ends within its head"),
    (
        "1735",
        moved(f"{SDTM}/ae.xpt", "tabulations/ae.xpt"),
        "tabulations/ae.xpt",
        "no file-tag exists for a dataset in this folder",
    ),
    (
        "1735",
        moved(f"{SDTM}/ae.xpt", "analysis/adam/programs/ae.xpt"),
        "analysis/adam/programs/ae.xpt",
        "no file-tag exists for a dataset",
    ),
    (
        "1735",
        moved(f"{SDTM}/define.xml", "tabulations/define.xml"),
        "tabulations/define.xml",
        "no file-tag exists for a define.xml in this",
    ),
    (
        "1735",
        moved(f"{ADAM}/define.xml", f"{ADAM}/define2-1.xml"),
        f"{ADAM}/define2-1.xml",
        "is for define.xml, by this name",
    ),
    (
        "1735",
        moved(f"{SDTM}/define.xml", f"{SDTM}/DEFINE.XML"),
        f"{SDTM}/DEFINE.XML",
        "is for define.xml, by this name",
    ),
    (
        "1735",
        moved(f"{SDTM}/ae.xpt", f"{SDTM}/AE.xpt"),
        f"{SDTM}/AE.xpt",
        "the name of a dataset's file is in lower case",
    ),
    (
        "1735",
        moved(f"{ADAM}/adsl.xpt", f"{SDTM}/adsl.xpt"),
        f"{SDTM}/adsl.xpt",
        "an analysis dataset under the file-tag data-tab",
    ),
    (
        "1735",
        moved(f"{SDTM}/ae.xpt", f"{ADAM}/ae.xpt"),
        f"{ADAM}/ae.xpt",
        "no analysis dataset, whose name begins with ad",
    ),
    ("1736", gone(f"{SDTM}/dm.xpt"), f"{SDTM}/dm.xpt", "the dataset is missing"),
    ("1736", text(f"{SDTM}/dm.xpt", ""), f"{SDTM}/dm.xpt", "is no SAS transport file of version 5"),
    ("1736", gone(f"{SDTM}/define.xml"), f"{SDTM}/define.xml", "the file is missing"),
    ("1736", moved(f"{ADAM}/adsl.xpt", f"{ADAM}/adtte.xpt"), f"{ADAM}/adsl.xpt", "the dataset is missing"),
    ("1736", gone(f"{ADAM}/define.xml"), f"{ADAM}/define.xml", "the file is missing"),
    (
        "1736",
        text(f"{ADAM}/define.xml", ""),
        f"{ADAM}/define.xml",
        "is no XML document with the root element ODM",
    ),
    (
        "1736",
        text(f"{ADAM}/define.xml", "<html/>"),
        f"{ADAM}/define.xml",
        "is no XML document with the root element ODM",
    ),
]


@pytest.mark.parametrize(("code", "plant", "file", "message"), FAULTS)
def test_each_fault_is_told_under_its_code_and_what_stands_behind_it_is_not_reached(
    package: Path, code: str, plant: Callable[[Path], None], file: str, message: str
) -> None:
    plant(package)
    told = preflight.judge(package)
    [(found, at, said)] = records(told)
    assert (found, at) == (code, file)
    assert message in said
    order = ["1734", "1735", "1736"]
    due = {c: "passed" if c < code else "failed" if c == code else "not reached" for c in order}
    assert states(told) == {"1789": "not judged", **due}


def test_a_package_without_fault_passes(package: Path) -> None:
    assert states(preflight.judge(package)) == {
        "1789": "not judged",
        "1734": "passed",
        "1735": "passed",
        "1736": "passed",
    }


def test_all_records_of_the_first_code_that_fails_are_told_and_none_of_the_others(package: Path) -> None:
    xpt(package / SDTM / "ts.xpt", {**SUMMARY, "STUDYID": ["X", "Y"], "TSVAL": ["", "2016"]})
    (package / SDTM / "dm.xpt").unlink()
    (package / SDTM / "ae.xpt").rename(package / "tabulations/ae.xpt")
    assert [
        (code, said.split(" in 1")[0].split(";")[0]) for code, _, said in records(preflight.judge(package))
    ] == [
        ("1734", "STUDYID is 'X'"),
        ("1734", "STUDYID is 'Y'"),
        ("1734", "record 2: TSVAL of SSTDTC is '2016'"),
    ]


def test_a_simplified_trial_summary_alone_is_enough(package: Path) -> None:
    for path in [p for p in package.rglob("*") if p.is_file() and p.name != "ts.xpt"]:
        path.unlink()
    xpt(
        package / SDTM / "ts.xpt",
        {
            "STUDYID": ["abc-1"],
            "TSPARMCD": ["SSTDTC"],
            "TSVAL": ["2016-03-01T08:00:00+01:00"],
            "TSVALNF": [""],
        },
    )
    assert not preflight.failed(preflight.judge(package))


PASSES = {
    "without a start date, as the FDA excepts it": both(
        summary(TSVAL=["A trial", ""], TSVALNF=["", "NA"]), simplified
    ),
    "with the study's number as the sponsor's reference": summary(
        STUDYID=["X", "X", "X"], TSPARMCD=["TITLE", "SSTDTC", "SPREFID"], TSVAL=["T", "2016-03-01", "ABC-1"]
    ),
    "with zero bytes behind its records": bytes_of(
        f"{SDTM}/ts.xpt", lambda b: b.rstrip(b" ") + b"\0" * (len(b) - len(b.rstrip(b" ")))
    ),
    "with blanks behind its records": summary(),
}


@pytest.mark.parametrize("plant", PASSES.values(), ids=PASSES.keys())
def test_a_trial_summary_is_accepted(package: Path, plant: Callable[[Path], None]) -> None:
    plant(package)
    assert records(preflight.judge(package)) == []


def test_a_folder_by_the_name_of_a_file_is_no_file(package: Path) -> None:
    for name in (f"{SDTM}/ts.xpt", f"{SDTM}/ae.xpt"):
        (package / name).unlink()
        (package / name).mkdir()
    assert records(preflight.judge(package)) == [("1734", f"{SDTM}/ts.xpt", "the dataset is missing")]


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))


@pytest.mark.parametrize(
    "content",
    [
        b"<ODM a='\xc8\xe9'/>",
        b"\x00\x01",
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><ODM a="&l11;"/>'.encode(),
        b"<ODM>",
    ],
)
def test_a_define_that_is_no_xml_is_told_and_never_read_to_the_end(package: Path, content: bytes) -> None:
    (package / SDTM / "define.xml").write_bytes(content)
    assert records(preflight.judge(package)) == [
        ("1736", f"{SDTM}/define.xml", "is no XML document with the root element ODM")
    ]


def test_the_parts_of_a_large_dataset_stand_in_split(package: Path) -> None:
    xpt(package / SDTM / "split" / "ae1.xpt", {"USUBJID": ["01"]})
    xpt(package / ADAM / "split" / "adsl1.xpt", {"USUBJID": ["01"]})
    assert not preflight.failed(preflight.judge(package))


def test_a_number_that_is_given_is_held_to_the_letter_and_the_name_of_a_folder_is_not(package: Path) -> None:
    assert not preflight.failed(preflight.judge(package, "ABC-1"))
    assert (
        records(preflight.judge(package, "ABC-01"))[0][2]
        == "STUDYID is 'ABC-1' in 2 of 2 records, and the study's number is 'ABC-01'"
    )


def test_each_study_of_a_submission_is_judged(package: Path) -> None:
    shutil.copytree(package, package.with_name("abc-2"))
    told = preflight.judge(package.parent.parent)
    assert {(r.study, r.file) for c in told for r in c.records} == {("abc-2", f"{SDTM}/ts.xpt")}


def test_what_a_build_makes_passes(few_built: Path) -> None:
    for folder in (few_built, few_built / "m5", few_built / "m5/datasets/nct02843126"):
        assert not preflight.failed(preflight.judge(folder, "NCT02843126"))


# --- the command
def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["preflight", *(str(w) for w in words)])


def test_the_command_ends_with_0_1_or_2(package: Path, tmp_path: Path) -> None:
    fine = call(package)
    assert fine.exit_code == 0
    assert "1789  not judged " in fine.stdout
    (package / SDTM / "dm.xpt").unlink()
    rejected = call(package)
    assert rejected.exit_code == 1
    assert "1736  failed " in rejected.stdout
    assert f"      abc-1/{SDTM}/dm.xpt: the dataset is missing\n" in rejected.stdout
    assert call(tmp_path / "nowhere").exit_code == 2
    assert call(tmp_path / "m5" / "datasets" / "abc-1" / "tabulations").exit_code == 2
    shutil.copytree(package, package.with_name("abc-2"))
    assert call(tmp_path / "m5", "--study-id", "ABC-1").exit_code == 2


def test_the_command_tells_it_as_json(package: Path) -> None:
    (package / SDTM / "dm.xpt").unlink()
    told = json.loads(call(package, "--json").stdout)
    assert told["state"] == "failed"
    assert told["criteria"][3]["records"] == [
        {"study": "abc-1", "file": f"{SDTM}/dm.xpt", "message": "the dataset is missing"}
    ]
