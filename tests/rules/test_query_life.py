"""A query from the first time that it is asked to the day on which it is closed: the lists that go to the
sites, and what comes back.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.checks.drop import answers, check, sites
from pipeline.errors import UsageError
from pipeline.records.queries import Answer
from tests.conftest import quiet
from tests.support import small_builds, small_study
from tests.support.door import Row, rows
from tests.support.small_builds import DROP

SITE = {  # the small study with a site, and an amount that is asked about
    **small_builds.FILES,
    "specs/raw/enrol.yaml": small_builds.file("specs/raw/enrol.yaml")
    + "  SITE:    {question: Site, type: text}\n",
    "specs/raw/dose.yaml": small_builds.file("specs/raw/dose.yaml").replace(
        "Milligrams, type: number}", "Milligrams, type: number, max: 95}"
    ),
    "specs/sdtm/dm.yaml": small_builds.file("specs/sdtm/dm.yaml") + "  SITEID:  {label: Site, type: text}\n",
    "mappings/sdtm/dm.yaml": small_builds.file("mappings/sdtm/dm.yaml") + "  SITEID:  {copy: SITE}\n",
}
ENROL = """\
SUBJECT,FOLDER,EARLIER,GENDER,BIRTH,SITE
01,,,Female,03 FEB 1960,A
02,,,Male,UN FEB 1961,B/2
03,,,female,04 MAY 1962,A
"""
# 100 mg of 01 at V1 and V2 are asked about; of 02 an answer is in no list
DOSE = DROP["dose.csv"].replace("02,V1,yes", "02,V1,perhaps")
Checked = Callable[..., list[Row]]


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """A check of a drop of a name, after the one before: its list."""
    study = small_study.small_study(tmp_path / "study", SITE)

    def check_drop(name: str, against: str = "", returned: Path | None = None, dose: str = DOSE) -> list[Row]:
        drop = tmp_path / "drops" / name
        drop.mkdir(parents=True)
        for file, text in {**DROP, "enrol.csv": ENROL, "dose.csv": dose}.items():
            (drop / file).write_text(text, encoding="utf-8")
        out = tmp_path / "checks" / name
        last = tmp_path / "checks" / against if against else None
        request = check.Request(out, ("csv", "xlsx", "sites"), last, answers=returned)
        check.check(study, tmp_path / "study", drop, request, quiet)
        return rows(out / "queries.csv")

    return check_drop


def returned(path: Path, listed: list[Row], cells: Mapping[str, Row]) -> Path:
    """The list with what a site filled in, by subject and visit."""
    filled = [row | cells.get(f"{row['subject']} {row['visit']}", {}) for row in listed]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(listed[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(filled)
    return path


def states(listed: list[Row]) -> dict[str, tuple[str, str, str]]:
    return {f"{q['subject']} {q['visit']}": (q["state"], q["first_asked"], q["age_days"]) for q in listed}


def test_a_query_lives_from_drop_to_drop(checked: Checked, tmp_path: Path) -> None:
    first = checked("2018-01-01")
    assert states(first) == {
        "01 V1": ("new", "2018-01-01", "0"),
        "01 V2": ("new", "2018-01-01", "0"),
        "02 V1": ("new", "2018-01-01", "0"),
    }
    filled = {
        "01 V1": {"status": "closed", "answer": "right", "answer_date": "2018-01-05", "owner": "Site A"},
        "01 V2": {"status": "answered", "answer": "is 90", "answer_date": "2018-01-05", "owner": "Site A"},
        "02 V1": {"status": "closed", "answer": "right", "answer_date": "2018-01-06", "owner": "Site B"},
    }
    file = returned(tmp_path / "returned.csv", first, filled)
    second = checked("2018-01-08", "2018-01-01", file)
    assert states(second) == {
        "01 V1": ("closed", "2018-01-01", "7"),
        "01 V2": ("answered, still there", "2018-01-01", "7"),
        "02 V1": ("answered, still there", "2018-01-01", "7"),  # an error is not closed by words
    }
    noted = {q["visit"]: (q["owner"], q["answer"], q["answer_date"]) for q in second if q["subject"] == "01"}
    assert noted == {"V1": ("Site A", "right", "2018-01-05"), "V2": ("Site A", "is 90", "2018-01-05")}

    # V1 has another amount, which nobody has answered for; V2 is as it was said to be; 02 is corrected
    changed = DROP["dose.csv"].replace("MAR 2018,100,DRUG\n01,V2", "MAR 2018,120,DRUG\n01,V2")
    changed = changed.replace("22 MAR 2018,100", "22 MAR 2018,90")
    third = checked("2018-01-15", "2018-01-08", dose=changed)
    assert states(third) == {
        "01 V1": ("open", "2018-01-01", "14"),
        "01 V2": ("answered", "2018-01-01", "14"),
        "02 V1": ("answered", "2018-01-01", "14"),
    }


def test_a_site_gets_its_own_list(checked: Checked, tmp_path: Path) -> None:
    checked("2018-01-01")
    home = tmp_path / "checks" / "2018-01-01"
    by_site = {path.name: {q["subject"] for q in rows(path)} for path in (home / "sites").iterdir()}
    assert by_site == {"queries-A.csv": {"01"}, "queries-B-2.csv": {"02"}}
    book = load_workbook(home / "queries.xlsx", read_only=True)
    assert book.sheetnames == ["A", "B-2"]
    names, *of_a = book["A"].iter_rows(values_only=True)
    row = dict(zip(names, of_a[0], strict=True))
    asked = {name: row[name] for name in ("file", "line", "field", "value", "expected", "site")}
    assert asked == {
        "file": "dose.csv",
        "line": "2",
        "field": "MG",
        "value": "100",
        "expected": "at most 95",
        "site": "A",
    }
    assert "Milligrams" in str(row["question"])


def test_the_workbook_is_read_back_and_has_the_same_bytes_each_time(checked: Checked, tmp_path: Path) -> None:
    listed = checked("2018-01-01")
    checked("2018-01-02")
    once, again = (tmp_path / "checks" / name / "queries.xlsx" for name in ("2018-01-01", "2018-01-02"))
    book = load_workbook(once)
    sheet = book["A"]
    column = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, column["answer"], "right")
    sheet.cell(2, column["status"], "Answered")
    book.save(tmp_path / "returned.xlsx")
    known = {q["query"] for q in listed}
    answer = answers.read(tmp_path / "returned.xlsx", known)[str(sheet.cell(2, 1).value)]
    assert answer == Answer("", "answered", "right", "")
    assert set(answers.read(again, known).values()) == {Answer("", "", "", "")}


HEAD = "query,owner,status,answer,answer_date\n"
REFUSED = {
    "another query": (
        HEAD + "Q-2,,,right,\n",
        "returned.csv:2: Q-2: no query of this check or of the last one",
    ),
    "another status": (
        HEAD + "Q-1,,done,right,\n",
        "returned.csv:2: Q-1: the status is none of open, answered,",
    ),
    "two answers": (HEAD + "Q-1,,,a,\nQ-1,,,b,\n", "returned.csv:3: Q-1: answered before in this file"),
    "no column": ("query,answer\n", "returned.csv: has no column owner, status, answer_date"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_a_list_that_cannot_be_taken_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "returned.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        answers.read(path, {"Q-1"})
    assert told in str(refused.value)


def test_a_list_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "returned.xlsx").write_text("no workbook", encoding="utf-8")
    for name in ("returned.xlsx", "missing.csv"):
        with pytest.raises(UsageError, match="cannot be read as a list of queries"):
            answers.read(tmp_path / name, set())


@pytest.mark.parametrize(
    ("first", "now", "days"),
    [("2018-01-01", "2018-03-01", "59"), ("incoming", "2018-03-01", ""), ("2018-01-01", "incoming", "")],
)
def test_age_is_told_by_the_names_of_drops(first: str, now: str, days: str) -> None:
    assert sites.age(first, now) == days
