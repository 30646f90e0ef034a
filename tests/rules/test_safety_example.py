"""examples/safety: safety data as an EDC and a laboratory export them, up to ADAE and ADLB. The values are
typed from the raw files and the rules; docs/safety.md quotes the study and nothing else.
"""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pyreadstat
import pytest
from typer.testing import CliRunner

from pipeline import stages as run
from pipeline.cli import app
from pipeline.lint import lint
from pipeline.study import load
from pipeline.workers import Workers
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "safety"
MOST_LINES, MOST_OF_PYTHON = 350, 20
FILES = [*EXAMPLE.glob("specs/**/*.yaml"), *EXAMPLE.glob("mappings/**/*.yaml")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished build."""
    out = tmp_path_factory.mktemp("safety")
    report = run.build(load(EXAMPLE), EXAMPLE, EXAMPLE / "drop", out, Workers(1), lambda _: None)
    assert not report.refused
    return report.home


def published(built: Path, dataset: str, *columns: str) -> list[tuple[object, ...]]:
    """The values of some columns in each record, without the study in USUBJID; a missing text is ""."""
    frame, _ = pyreadstat.read_xport(next((built / "m5").rglob(f"{dataset.lower()}.xpt")))
    frame["USUBJID"] = frame["USUBJID"].str.removeprefix("SAF-01-")
    dates = {c: frame[c].astype("str") for c in columns if c.endswith("DT")}
    return list(frame.assign(**dates)[["USUBJID", *columns]].itertuples(index=False, name=None))


def test_the_study_is_written_in_few_lines() -> None:
    lines = [line for path in FILES for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES
    code = (EXAMPLE / "mappings" / "sdtm" / "sv.py").read_text(encoding="utf-8")
    statements = re.sub(r'""".*?"""', "", code, flags=re.DOTALL).splitlines()
    assert len([line for line in statements if line.strip()]) <= MOST_OF_PYTHON


def test_each_block_of_the_page_stands_in_the_study() -> None:
    page = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
    texts = [path.read_text(encoding="utf-8") for path in FILES]
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) > 15
    assert [block for block in blocks if not any(block in text for text in texts)] == []
    code = (EXAMPLE / "mappings" / "sdtm" / "sv.py").read_text(encoding="utf-8")
    assert code.partition("\n\n")[2] in (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")


def test_numbers_of_two_columns_tell_participants_of_two_sites_apart(built: Path) -> None:
    assert published(built, "DM", "SITEID", "SUBJID", "ARMCD", "ACTARMCD", "ARMNRS") == [
        ("104-001", "104", "001", "A", "A", ""),
        ("104-002", "104", "002", "B", "B", ""),
        ("211-001", "211", "001", "A", "A", ""),
        ("211-002", "211", "002", "", "", "SCREEN FAILURE"),
        ("211-003", "211", "003", "B", "", "ASSIGNED, NOT TREATED"),
    ]
    assert published(built, "SUPPDM", "QNAM", "QVAL") == [("104-002", "RACEOTH", "Mestizo")]
    assert published(built, "SUPPDV", "QNAM", "QVAL") == [
        ("104-002", "DVIMP", "Y"),
        ("211-001", "DVIMP", "N"),
    ]


def test_criteria_that_were_not_met(built: Path) -> None:
    assert published(built, "IE", "IETESTCD", "IECAT", "IEORRES", "IETEST") == [
        ("104-002", "INCL02", "INCLUSION", "N", "Adequate renal function"),
        ("211-002", "EXCL01", "EXCLUSION", "Y", "Prior docetaxel"),
        ("211-002", "INCL02", "INCLUSION", "N", "Adequate renal function"),
    ]


def test_a_visit_ends_with_its_last_sample_and_an_unscheduled_one_was_not_planned(built: Path) -> None:
    visits = published(built, "SV", "VISIT", "SVPRESP", "SVOCCUR", "SVSTDTC", "SVENDTC")
    assert [visit[1:] for visit in visits if visit[0] == "104-001"] == [
        ("SCREENING", "Y", "Y", "2021-01-15", "2021-01-15"),
        ("CYCLE 1 DAY 1", "Y", "Y", "2021-01-21", "2021-01-21"),
        ("CYCLE 2 DAY 1", "Y", "Y", "2021-02-11", "2021-02-12"),  # the blood was drawn the day after
        ("UNSCHEDULED", "", "", "2021-01-20", "2021-01-20"),
    ]


def test_treatment_emergent_events_the_first_and_the_worst(built: Path) -> None:
    events = published(
        built, "ADAE", "AEDECOD", "ASTDT", "ASTDTF", "TRTEMFL", "AOCCFL", "AOCCPFL", "AOCCPIFL"
    )
    assert events == [
        ("104-001", "Fatigue", "2021-01-19", "", "", "", "", ""),  # before the first dose
        ("104-001", "Rash", "2021-01-25", "", "Y", "Y", "Y", ""),
        ("104-001", "Rash", "2021-02-01", "D", "Y", "", "", "Y"),  # grade 3 after grade 1
        ("104-002", "Neutropenia", "2021-01-28", "", "Y", "Y", "Y", "Y"),  # on the day of the first dose
        ("211-001", "Nausea", "2021-03-20", "", "", "", "", ""),  # 57 days after the last dose
        ("211-003", "Headache", "2021-02-04", "", "", "", "", ""),  # never dosed
    ]


def test_baseline_is_the_last_result_before_the_dose_by_the_clock(built: Path) -> None:
    results = published(built, "ADLB", "PARAMCD", "LBDTC", "LBSTRESC", "AVAL", "ABLFL", "CHG", "ATOXGRL")
    found = [
        (*record[2:6], "" if record[6] != record[6] else record[6], record[7])
        for record in results
        if record[:2] == ("104-001", "HGB")
    ]
    assert found == [
        ("2021-01-15T08:15", "121", 121.0, "", "", "0"),
        ("2021-01-20T16:30", "114", 114.0, "", "", "0"),
        ("2021-01-21T07:40", "110", 110.0, "Y", "", "0"),  # 07:40, the dose at 10:20
        ("2021-01-21T18:55", "106", 106.0, "", -4.0, "1"),  # after the dose, at the same visit
        ("2021-02-12T07:40", "92", 92.0, "", -18.0, "2"),  # CTCAE 5.0: below 100 g/L
    ]
    assert [record[3:5] for record in results if record[1] == "CRP"] == [("<5", 2.5)]  # half of the limit


def test_what_was_not_done_says_so(built: Path) -> None:
    asked = published(built, "VS", "VSTESTCD", "VSSTAT")
    assert [record for record in asked if record[2]] == [("104-001", "VSALL", "NOT DONE")]
    asked = published(built, "LB", "LBTESTCD", "LBSTAT", "LBREASND")
    assert [record for record in asked if record[2]] == [
        ("104-001", "BILI", "NOT DONE", "Quantity not sufficient")
    ]


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ("RACE: {beside: {MULTIPLE: several were ticked}}\n", []),
        (
            "RACE: {besides: [MULTIPLE]}\n",
            ["codelists.yaml:1:8: besides is no term of RACE, a list that is not"],
        ),
    ],
    ids=["a value beside the whole list", "a slip in the lists is told, and nothing that follows from it"],
)
def test_a_list_of_the_terminology_with_a_value_beside_it(tmp_path: Path, slip: str, told: list[str]) -> None:
    study = tmp_path / "study"
    shutil.copytree(EXAMPLE, study)
    lists = study / "specs" / "codelists.yaml"
    lists.write_text(slip + lists.read_text(encoding="utf-8"), encoding="utf-8")
    faults = lint(study)
    assert len(faults) == len(told)
    assert all(text in fault for text, fault in zip(told, faults, strict=True))


def test_a_drop_is_asked_across_forms(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    shutil.copytree(EXAMPLE / "drop", drop)
    rand, ae = drop / "rand.csv", drop / "ae.csv"
    rand.write_text(rand.read_text().replace("104,002,RAND,27 JAN 2021,Arm B\n", ""))
    ae.write_text(ae.read_text().replace("19 JAN 2021,20 JAN 2021", "09 JAN 2021,20 JAN 2021"))
    arguments = [
        "check-drop",
        str(drop),
        "--study",
        str(EXAMPLE),
        "--out",
        str(tmp_path / "check"),
        "--quiet",
    ]
    assert CliRunner().invoke(app, arguments).exit_code == 1
    with (tmp_path / "check" / "queries.csv").open(encoding="utf-8") as file:
        found = {(row["rule"], row["subject"], row["file"]) for row in csv.DictReader(file)}
    assert found == {
        ("DOSED-NOT-RANDOMIZED", "104-002", "dose.csv"),
        ("EVENT-BEFORE-CONSENT", "104-001", "ae.csv"),
    }
