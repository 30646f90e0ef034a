"""examples/minimal: DM, AE, EX, DS and ADSL of 12 invented participants, from 115 lines of YAML alone."""

from __future__ import annotations

from pathlib import Path

import pyreadstat
import pytest

from pipeline import stages as run
from pipeline.study import load
from pipeline.workers import Workers
from tests.support.minimal import EXAMPLE

MOST_LINES = 125


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished build."""
    out = tmp_path_factory.mktemp("minimal")
    report = run.build(load(EXAMPLE), EXAMPLE, EXAMPLE / "drop", out, Workers(1), lambda _: None)
    assert not report.refused
    return report.home


def published(built: Path, dataset: str, *columns: str) -> list[tuple[object, ...]]:
    """The values of some columns in each record; a missing text is ""."""
    path = next((built / "m5").rglob(f"{dataset.lower()}.xpt"))
    frame, _ = pyreadstat.read_xport(path)
    return list(frame[list(columns)].itertuples(index=False, name=None))


def test_the_study_is_written_in_few_lines_without_python() -> None:
    lines = [
        line
        for path in [*EXAMPLE.glob("specs/**/*.yaml"), *EXAMPLE.glob("mappings/**/*.yaml")]
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    assert len(lines) <= MOST_LINES
    assert not list(EXAMPLE.rglob("*.py"))


def test_it_is_published_with_a_define_xml_of_each_layer_and_without_an_error(built: Path) -> None:
    findings = (built / "report" / "findings.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line for line in findings if ",error," in line] == []
    assert len(list((built / "m5").rglob("define.xml"))) == 2


def test_reference_dates_and_arms_by_rule(built: Path) -> None:
    columns = ("SUBJID", "RFSTDTC", "RFXENDTC", "RFENDTC", "DTHFL", "ARMCD", "ARM", "ACTARM", "ARMNRS")
    records = {record[0]: record[1:] for record in published(built, "DM", *columns)}
    high, low = "Xanomeline High Dose", "Xanomeline Low Dose"
    # completed: first and last dose of EX, and the last disposition event
    assert records["1001"] == (
        *("2014-01-20", "2014-07-20", "2014-07-21", "", "Pbo", "Placebo", "Placebo", ""),
    )
    # planned and actual arm differ
    assert records["1005"] == ("2014-02-17", "2014-05-09", "2014-05-12", "", "Xan_Hi", high, low, "")
    # a screen failure has no arm, no dose and no end
    assert records["1004"] == ("", "", "", "", "", "", "", "SCREEN FAILURE")
    # died
    assert records["1006"][3] == "Y"
    # the end of the last dose was not collected: its start counts
    assert records["1008"][:2] == ("2014-03-10", "2014-03-10")


def test_terms_from_spellings_of_terminology_and_study(built: Path) -> None:
    columns = ("AETERM", "AESEV", "AESER", "AEREL", "AEOUT", "AESTDTC", "AESTDY")
    events = published(built, "AE", *columns)
    assert events[0] == ("Diarrhoea", "MILD", "N", "REMOTE", "RECOVERED/RESOLVED", "2014-02-01", 13.0)
    assert events[6][:5] == ("Myocardial Infarction", "SEVERE", "Y", "NONE", "FATAL")
    assert [event[5] for event in events if event[0] in ("Headache", "Nausea")] == ["2014-03", "2014"]
    doses = published(built, "EX", "EXDOSU", "EXDOSFRM", "EXDOSFRQ", "EXROUTE")
    assert set(doses) == {("mg", "PATCH", "QD", "TRANSDERMAL")}


def test_two_equal_rows_are_two_records(built: Path) -> None:
    pruritus = [e for e in published(built, "AE", "USUBJID", "AESEQ", "AETERM") if "Pruritus" in str(e[2])]
    assert [(who, number) for who, number, _ in pruritus] == [("01-704-1011", 1.0), ("01-704-1011", 2.0)]


def test_the_category_of_a_disposition_is_that_of_its_terms_list(built: Path) -> None:
    records = published(built, "DS", "USUBJID", "DSDECOD", "DSCAT", "DSDTC")
    assert [record[1:] for record in records if record[0] == "01-701-1003"] == [
        ("ADVERSE EVENT", "DISPOSITION EVENT", "2014-03-31"),
        ("FINAL LAB VISIT", "OTHER EVENT", "2014-03-31T09:30"),
        ("FINAL RETRIEVAL VISIT", "OTHER EVENT", "2014-08-04"),
        ("INFORMED CONSENT OBTAINED", "PROTOCOL MILESTONE", ""),
        ("RANDOMIZED", "PROTOCOL MILESTONE", "2014-02-03"),
    ]


def test_subject_level(built: Path) -> None:
    columns = ("SUBJID", "AGEGR1", "TRTDURD", "RANDFL", "SAFFL", "EOSSTT", "DCSREAS")
    records = {record[0]: record[1:] for record in published(built, "ADSL", *columns)}
    assert records["1001"] == ("<65", 182.0, "Y", "Y", "COMPLETED", "")
    assert records["1002"][0] == "65-80"
    assert records["1006"] == (">80", 112.0, "Y", "Y", "DISCONTINUED", "DEATH")
    assert records["1004"][2:5] == ("N", "N", "")
