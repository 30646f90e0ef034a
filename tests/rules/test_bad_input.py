"""Whatever is wrong with a drop is reported with file, record and field and the right exit code, and leaves
the last good build as it was.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from tests.conftest import ROOT
from tests.support.drops import of_subjects

KEPT = ("FD-001", "FD-006")  # of the sample: one with many records, one who died
SECRET = "Wang Xiulan"
Spoil = Callable[[Path], object]


def build(drop: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["build", str(drop), "--out", str(out), "--study", str(ROOT), *more])


def tree(out: Path) -> dict[str, str]:
    """What is under OUT but for the refusal and the lock: each file by hash, each link by target."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file() and not name.startswith("refused/") and name != "builds/.lock":
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def written(path: Path, records: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, list(records[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(records)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample drop with the records of two participants."""
    return of_subjects(tmp_path_factory.mktemp("small") / "drop", *KEPT)


@pytest.fixture(scope="session")
def good(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """OUT after one good build: what a later refusal must leave as it is."""
    out = tmp_path_factory.mktemp("good")
    result = build(small, out, "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert {"latest", "m5", "manifest.json"} <= set(tree(out))
    return out


@pytest.fixture
def drop(small: Path, tmp_path: Path) -> Path:
    """A copy of the small drop to spoil, with a participant's name in the first adverse event."""
    copy = tmp_path / "drop"
    shutil.copytree(small, copy)
    text = (copy / "ae.csv").read_text(encoding="utf-8")
    (copy / "ae.csv").write_text(text.replace(",ALT raised,", f",{SECRET},", 1), encoding="utf-8")
    return copy


def test_a_sound_drop_is_published_with_exit_code_0(good: Path) -> None:
    assert (good / "latest").is_symlink()
    assert not (good / "refused").exists()


# --- files that cannot be read
def replaced(name: str, old: str, new: str) -> Spoil:
    def spoil(drop: Path) -> None:
        text = (drop / name).read_text(encoding="utf-8")
        assert old in text
        (drop / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def reshaped(name: str, change: Callable[[bytes], bytes]) -> Spoil:
    return lambda drop: (drop / name).write_bytes(change((drop / name).read_bytes()))


def linked_out(drop: Path) -> None:
    outside = drop.parent / "ae.csv"
    (drop / "ae.csv").rename(outside)
    (drop / "ae.csv").symlink_to(outside)


def linked_to_itself(drop: Path) -> None:
    (drop / "ae.csv").unlink()
    (drop / "ae.csv").symlink_to("ae.csv")


def three_broken(drop: Path) -> None:
    (drop / "ae.csv").write_text("")
    (drop / "tl.csv").unlink()
    (drop / "vs.csv").write_text(SECRET)


def as_xml(head: str, body: str) -> Spoil:
    """The drop becomes one ODM-XML file."""

    def spoil(drop: Path) -> None:
        shutil.rmtree(drop)
        drop.mkdir()
        odm = 'xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot"'
        (drop / "trial.xml").write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>{head}<ODM {odm}>{body}', encoding="utf-8"
        )

    return spoil


def in_place(suffix: str, content: bytes) -> Spoil:
    """The form of adverse events comes as another kind of file, with this in it."""

    def spoil(drop: Path) -> None:
        (drop / "ae.csv").unlink()
        (drop / f"ae.{suffix}").write_bytes(content)

    return spoil


def packed(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def history(act: str) -> Spoil:
    """A history in which a record is changed that nobody inserted."""
    definition = (
        "<StudyEventDef OID='E' Name='V' Repeating='Yes' Type='Common'/>"
        "<FormDef OID='F' Name='AE' Repeating='No'><ItemGroupRef ItemGroupOID='G' Mandatory='No'/></FormDef>"
        "<ItemGroupDef OID='G' Name='AE' Repeating='Yes'><ItemRef ItemOID='I' Mandatory='No'/></ItemGroupDef>"
        "<ItemDef OID='I' Name='TERM' DataType='text' Length='9'/>"
    )
    data = (
        "<StudyEventData StudyEventOID='E' StudyEventRepeatKey='V'><FormData FormOID='F'><ItemGroupData"
        f" ItemGroupOID='G' ItemGroupRepeatKey='3' TransactionType='{act}'><ItemData ItemOID='I'"
        f" Value='{SECRET}'/></ItemGroupData></FormData></StudyEventData>"
    )
    study = f"<Study OID='S'><MetaDataVersion OID='V' Name='1'>{definition}</MetaDataVersion></Study>"
    clinical = (
        "<ClinicalData StudyOID='S' MetaDataVersionOID='V'><SubjectData"
        f" SubjectKey='FD-001'>{data}</SubjectData></ClinicalData>"
    )

    def spoil(drop: Path) -> None:
        as_xml("", f"{study}{clinical}</ODM>")(drop)
        text = (drop / "trial.xml").read_text(encoding="utf-8")
        (drop / "trial.xml").write_text(text.replace("Snapshot", "Transactional"), encoding="utf-8")

    return spoil


def records_alone(drop: Path) -> None:
    (drop / "ae.csv").rename(drop / "Trial_DATA_2019-07-01_1200.csv")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOMB = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
UNREADABLE: dict[str, tuple[Spoil, list[str]]] = {
    "a missing form": (
        lambda drop: (drop / "ae.csv").unlink(),
        ["ae.csv: the file is missing from the drop; export the form"],
    ),
    "a missing column": (replaced("ae.csv", ",GRADE,", ","), ["ae.csv: column GRADE is missing; export it"]),
    "an extra column": (
        replaced("ae.csv", ",GRADE,", ",GRADE,MOOD,"),
        ["ae.csv: column MOOD is not in the contract; add it to specs/raw"],
    ),
    "a misspelt column": (
        replaced("ae.csv", ",GRADE,", ",GRAED,"),
        [
            "ae.csv: column GRADE is missing; did you mean GRAED?",
            "ae.csv: column GRAED is not in the contract; did you mean GRADE?",
        ],
    ),
    "a column that stands twice": (
        replaced("ae.csv", ",COMMENT\n", ",TERM\n"),
        ["ae.csv: column TERM stands in the header twice"],
    ),
    "no header line": (
        reshaped("ae.csv", lambda b: b.split(b"\n", 1)[1]),
        ["ae.csv, line 1: names no column of the contract"],
    ),
    "an empty file": (
        reshaped("ae.csv", lambda _: b""),
        ["ae.csv: the file is empty; it needs at least its header line"],
    ),
    "a truncated file": (
        reshaped("ae.csv", lambda b: b[:-9]),
        ["ae.csv: the last line is not ended, so the file may be cut"],
    ),
    "a record with too few cells": (
        replaced("ae.csv", f"{SECRET},", SECRET),
        ["ae.csv, line 2: 34 cells where the header has 35"],
    ),
    "a quotation mark that never closes": (
        replaced("ae.csv", SECRET, f'"{SECRET}'),
        ["ae.csv, the record from line 2: not CSV"],
    ),
    "a quotation mark without its partner": (
        replaced("ae.csv", SECRET, f'{SECRET}"'),
        ["ae.csv, line 2: a quotation mark without its partner"],
    ),
    "text in another encoding": (
        reshaped("ae.csv", lambda b: b.replace(SECRET.encode(), f"{SECRET} 王秀兰".encode("gb18030"))),
        ["ae.csv, line 2: not UTF-8; export the file as UTF-8"],
    ),
    "UTF-16": (
        reshaped("ae.csv", lambda b: b.decode().encode("utf-16")),
        ["ae.csv: begins with a byte-order mark"],
    ),
    "a file that is no form": (
        lambda drop: (drop / "aes.csv").write_text(f"{SECRET}\n"),
        ["aes.csv: no form of specs/raw has this name; did you mean ae?"],
    ),
    "a folder in the drop": (
        lambda drop: (drop / "more").mkdir(),
        ["more: not a file; a drop is one folder of files"],
    ),
    "a path that escapes the drop folder": (
        linked_out,
        ["ae.csv: leads out of the drop folder; copy the file itself into the drop"],
    ),
    "a link to itself": (
        linked_to_itself,
        ["ae.csv: not a file; a drop is one folder of files"],
    ),
    "no such drop": (shutil.rmtree, ["drop: no such folder; a drop is a folder with one file per form"]),
    "a DOCTYPE bomb in ODM": (
        as_xml(f'<!DOCTYPE ODM [<!ENTITY a "{SECRET}">{BOMB}]>', "<Study OID='&j;'/></ODM>"),
        ["trial.xml", "export it"],
    ),
    "a DOCTYPE that reads another file": (
        as_xml('<!DOCTYPE ODM [<!ENTITY a SYSTEM "ae.csv">]>', "<Study OID='S'>&a;</Study></ODM>"),
        ["trial.xml: has a DOCTYPE, which ODM does not use"],
    ),
    "a truncated ODM file": (
        as_xml("", f"<Study OID='S'>{SECRET}"),
        ["trial.xml: line 1, column ", "the file is cut short or damaged"],
    ),
    "semicolons where commas are declared": (
        reshaped("ae.csv", lambda b: b.replace(b",", b";")),
        ["ae.csv, line 1: a semicolon separates the columns, where a comma is declared"],
    ),
    "two files for one form": (
        lambda drop: shutil.copy(drop / "ae.csv", drop / "ae.tsv"),
        ["ae.csv, ae.tsv: form ae stands in 2 files; leave the one that is meant"],
    ),
    "a kind of file that is not read": (
        lambda drop: (drop / "ae.csv").rename(drop / "ae.xls"),
        ["ae.xls: no reader for this kind of file"],
    ),
    "no workbook": (in_place("xlsx", SECRET.encode()), ["ae.xlsx: not a whole XLSX workbook"]),
    "a workbook with a password": (
        in_place("xlsx", OLE + bytes(999)),
        ["ae.xlsx: is encrypted, or of before 2007"],
    ),
    "a zip bomb": (
        in_place("xlsx", packed(**{"_rels/.rels": bytes(90_000_000)})),
        ["ae.xlsx: unpacks to far more than a form can hold"],
    ),
    "no transport file": (
        in_place("xpt", SECRET.encode()),
        ["ae.xpt: no SAS transport file"],
    ),
    "no SAS dataset": (
        in_place("sas7bdat", SECRET.encode()),
        ["ae.sas7bdat: no SAS dataset"],
    ),
    "no Parquet file": (
        in_place("parquet", SECRET.encode()),
        ["ae.parquet: not a whole Parquet file"],
    ),
    "Dataset-JSON cut short": (
        in_place("json", b'{"datasetJSONVersion": "1.1.0"'),
        ["ae.json: no JSON at line 1, column 31; it is cut short"],
    ),
    "Dataset-JSON of another version": (
        in_place("ndjson", b'{"datasetJSONVersion": "1.0"}'),
        ["ae.ndjson: Dataset-JSON 1.0, where 1.1 is read"],
    ),
    "an ODM history without its beginning": (
        history("Update"),
        [
            "trial.xml: form ae, subject FD-001, record 3: changed or removed before it is inserted: export"
            " the history from its beginning"
        ],
    ),
    "REDCap records without their dictionary": (
        records_alone,
        ["a REDCap drop is one raw export of records and one data dictionary"],
    ),
    "all broken files at once": (
        three_broken,
        ["ae.csv: the file is empty", "tl.csv: the file is missing", "vs.csv: the last line is not ended"],
    ),
}


@pytest.mark.parametrize(("spoil", "told"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_drop_that_cannot_be_read_is_refused_with_exit_code_4(
    drop: Path, good: Path, spoil: Spoil, told: list[str]
) -> None:
    spoil(drop)
    before = tree(good)
    result = build(drop, good)
    assert result.exit_code == 4
    assert [t for t in told if t not in result.stderr] == []
    assert SECRET not in result.output
    assert tree(good) == before


def test_an_unreadable_drop_leaves_nothing_behind_where_nothing_was(drop: Path, tmp_path: Path) -> None:
    (drop / "ae.csv").unlink()
    assert build(drop, tmp_path / "out").exit_code == 4
    assert not (tmp_path / "out").exists()


# --- records that break a contract or a rule
@dataclass(frozen=True)
class Plant:
    """A fault of one record, and the finding that must name it."""

    form: str
    subject: str
    record: str
    cells: Mapping[str, str]
    finding: tuple[str, str, str]  # rule, dataset, variable
    source: str
    message: str
    again: bool = False  # a second record beside the first
    folder: str = ""


def ae(record: str, cells: Mapping[str, str], rule: str, variable: str, message: str) -> Plant:
    source = f"ae, NCT02843126-FD-001, FD-001|{record}"
    return Plant("ae", "FD-001", record, cells, (rule, "ae", variable), source, message)


LABEL = "not one of the labels that the contract lists"
FOREIGN = "not ASCII and not in specs/translations.yaml"
DAY = "no date of the calendar in the form dd MON yyyy"
PLANTS = {
    "an impossible date": ae("1", {"START_DATE": "31 FEB 2016"}, "RAW-DATE", "START_DATE", DAY),
    "a date in another order": ae("2", {"END_DATE": "07/08/2016"}, "RAW-DATE", "END_DATE", DAY),
    "a value outside a closed codelist": ae("3", {"GRADE": f"{SECRET} 3"}, "RAW-CODE", "GRADE", LABEL),
    "a near miss of a label": ae("4", {"GRADE": "Grade 33"}, "RAW-CODE", "GRADE", "did you mean Grade 3?"),
    "a name where a code belongs": ae("5", {"PT_CODE": SECRET}, "RAW-TYPE", "PT_CODE",
        "not a whole number; query the site"),
    "a required value left blank": ae("6", {"TERM": "  "}, "RAW-REQUIRED", "TERM",
        "the contract requires a value"),
    "a day that full-width digits hide": ae("7", {"START_DATE": "１２ DEC 2016"}, "RAW-DATE", "START_DATE",
        DAY),
    "a time of entry that is no time": ae("8", {"ENTERED_AT": "2017-01-07 25:42"}, "RAW-TYPE", "ENTERED_AT",
        "not yyyy-mm-dd hh:mm"),
    "records equal in everything": Plant(
        "ae", "FD-006", "1", {}, ("RAW-REPEATED", "ae", "SUBJECT, RECORD"),
            "ae, NCT02843126-FD-006, FD-006|1#2",
        "equal in everything to another record; one goes on; remove the other", again=True,
    ),
    "a duplicate key": Plant(
        "ae", "FD-006", "2", {"TERM": SECRET}, ("RAW-DUPLICATE", "ae", "SUBJECT, RECORD"),
            "ae, NCT02843126-FD-006, FD-006|2#1",
        "the same SUBJECT, RECORD as another record; query the site", again=True,
    ),
    "a subject who is not in enrol": Plant(
        "ae", "FD-006", "1", {"SUBJECT": "FD-999", "TERM": SECRET}, ("RAW-SUBJECT", "ae", "SUBJECT"),
            "ae, FD-999|1",
        "the subject has no record in form enrol; add the enrolment or correct the number", again=True,
    ),
    "no subject at all": Plant(
        "ae", "FD-006", "1", {"SUBJECT": "", "RECORD": "77"}, ("RAW-SUBJECT", "ae", "SUBJECT"),
            "ae, (no subject number)|77",
        "the subject has no record in form enrol", again=True,
    ),
    "an earlier subject number that nobody has": Plant(
        "enrol", "FD-006", "1", {"EARLIER_SUBJECT": "FD-998"}, ("RAW-EARLIER-SUBJECT", "enrol",
            "EARLIER_SUBJECT"), "enrol, FD-006",
        "the earlier subject number must be another number of this form; query the site",
    ),
    "a name where an age belongs": Plant(
        "enrol", "FD-001", "1", {"AGE": SECRET}, ("RAW-TYPE", "enrol", "AGE"),
            "enrol, NCT02843126-FD-001, FD-001", "not a whole number",
    ),
    "a time of day that does not exist": Plant(
        "tras", "FD-001", "1", {"START_TIME": "24:10"}, ("RAW-TYPE", "tras", "START_TIME"),
        "tras, NCT02843126-FD-001, FD-001|CYCLE 1 DAY 1|1", "not a time of day, HH:MM",
            folder="CYCLE 1 DAY 1",
    ),
    "a number with a comma": Plant(
        "tras", "FD-001", "1", {"GIVEN_MG": "328,5"}, ("RAW-TYPE", "tras", "GIVEN_MG"),
        "tras, NCT02843126-FD-001, FD-001|CYCLE 2 DAY 1|1", "not a number; query the site",
            folder="CYCLE 2 DAY 1",
    ),
    "a text in another script without its translation": Plant(
        "ae", "FD-006", "1", {"TERM": "王秀兰"}, ("TEXT-TRANSLATION", "AE", "AETERM"),
            "ae, NCT02843126-FD-006, FD-006|1#1", FOREIGN,
    ),
    "a second such text is listed too": Plant(
        "enrol", "FD-006", "1", {"COMMENT": "兰秀王"}, ("TEXT-TRANSLATION", "CO", "COVAL"),
            "enrol, NCT02843126-FD-006, FD-006", FOREIGN,
    ),
    "a control character in a text": Plant(
        "tras", "FD-001", "1", {"ADJUSTED": "late\x02start"}, ("VALUE-CONTROL", "EX", "EXADJ"),
        "tras, NCT02843126-FD-001, FD-001|CYCLE 3 DAY 1|1", "holds a control character",
            folder="CYCLE 3 DAY 1",
    ),
    "a death without any date": Plant(
        "death", "FD-006", "1", {"DEATH_DATE": ""}, ("DEATH-WITHOUT-DATE", "DM", "DTHDTC"),
            "enrol, NCT02843126-FD-006, FD-006",
        "a death without any date cannot be an event and is not a censoring; query the date",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    result: Result
    before: dict[str, str]
    after: dict[str, str]
    findings: list[dict[str, str]]
    listed: str


@pytest.fixture(scope="module")
def refusal(small: Path, good: Path, tmp_path_factory: pytest.TempPathFactory) -> Refusal:
    """All these faults in one drop, built once over a good build."""
    drop = tmp_path_factory.mktemp("planted") / "drop"
    shutil.copytree(small, drop)
    for form in sorted({p.form for p in PLANTS.values()}):
        records = rows(drop / f"{form}.csv")
        more = []
        for plant in (p for p in PLANTS.values() if p.form == form):
            where = {"SUBJECT": plant.subject, "RECORD": plant.record}
            if plant.folder:
                where["FOLDER"] = plant.folder
            (record,) = [r for r in records if where.items() <= r.items()]
            if plant.again:
                more.append((record, plant.cells))
            else:
                record.update(plant.cells)
        written(drop / f"{form}.csv", records + [{**record, **cells} for record, cells in more])
    before = tree(good)
    result = build(drop, good, "--json")
    listed = good / "refused" / "findings.csv"
    return Refusal(result, before, tree(good), rows(listed), listed.read_text(encoding="utf-8"))


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_a_faulty_record_is_a_finding_that_names_form_record_and_field(
    refusal: Refusal, plant: Plant
) -> None:
    (message,) = [
        f["message"]
        for f in refusal.findings
        if (f["rule"], f["dataset"], f["variable"]) == plant.finding
        and f["source"] == plant.source
        and f["severity"] == "error"
    ]
    assert plant.message in message


def test_findings_that_stop_publication_end_with_exit_code_1(refusal: Refusal) -> None:
    assert refusal.result.exit_code == 1
    last = refusal.result.stderr.splitlines()[-1]
    assert last.startswith("refused: ")
    assert last.endswith("findings.csv lists each with its record")


def test_a_refused_build_changes_nothing_but_its_refusal(refusal: Refusal) -> None:
    assert refusal.after == refusal.before


def test_values_of_participants_are_in_the_list_of_findings_alone(refusal: Refusal) -> None:
    assert json.loads(refusal.result.stdout)["state"] == "refused"
    for value in (SECRET, "王秀兰", "兰秀王", "31 FEB 2016", "07/08/2016", "328,5"):
        assert value in refusal.listed
        assert value not in refusal.result.output


def test_the_refusal_is_also_a_page_and_json(refusal: Refusal, good: Path) -> None:
    assert refusal.findings
    assert {p.name for p in (good / "refused").iterdir()} == {
        "findings.csv",
        "not-for-use",
        "report.html",
        "report.json",
    }
