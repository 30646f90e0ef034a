"""Designs other than a randomized trial of parallel arms, each a tiny study that is built whole: what its
design decides is typed here from the records of its drop.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline import Study, build
from pipeline.cli import app
from pipeline.notebook import Built
from tests.conftest import ROOT
from tests.support.odm_writer import to_odm

STUDIES = ROOT / "tests" / "studies"
DESIGNS = ("single_arm", "dose_escalation", "cross_over", "screen_failures", "healthy_volunteers", "helios")
ALONE = {"helios"}  # studies with forms of their own, beside nothing of `common`


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """The build of a design for the FDA; its study and its drop stand beside it."""

    @cache
    def of_design(design: str) -> Built:
        home = tmp_path_factory.mktemp(design)
        for part in (design,) if design in ALONE else ("common", design):
            shutil.copytree(STUDIES / part, home, dirs_exist_ok=True)
        return build(Study.load(home), home / "drop", home / "out", ("fda",))

    return of_design


def values(built: Built, dataset: str, *columns: str) -> list[str]:
    """The records of a dataset by participant: a line each, with a dash where there is no value."""
    frame = built.dataset(dataset)
    frame = frame.assign(USUBJID=frame["USUBJID"].str[-3:])[["USUBJID", *columns]]
    return [" | ".join(map(_shown, row)) for row in frame.itertuples(index=False, name=None)]


def _shown(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "-"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("design", DESIGNS)
def test_each_design_is_published_without_an_error(built: Callable[[str], Built], design: str) -> None:
    outcome = built(design)
    assert not outcome.refused, outcome.findings.to_string()
    expected = {"DM REASON-WITH-END"} if design in ("dose_escalation", "helios") else set()
    told = {f"{f.dataset} {f.rule}" for f in outcome.findings.itertuples()}
    assert told <= expected, outcome.findings.to_string()


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", "--study", "."),
        ("check-drop", "drop", "--study", ".", "--out", "check"),
        ("mapping", "out"),
        ("explain", "out", "DM.SEX", "USUBJID={first}"),
        ("review-change", "out", "out"),
        ("verify", "out"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_command_copes_with_each_design(
    built: Callable[[str], Built], monkeypatch: pytest.MonkeyPatch, design: str, arguments: tuple[str, ...]
) -> None:
    outcome = built(design)
    first = str(outcome.dataset("DM")["USUBJID"].iloc[0])
    monkeypatch.chdir(outcome.study.folder)
    result = CliRunner().invoke(app, [argument.format(first=first) for argument in arguments])
    assert result.exit_code == 0, result.output


def test_in_a_single_arm_without_randomization_the_first_dose_decides(built: Callable[[str], Built]) -> None:
    study = built("single_arm")
    assert values(study, "ADSL", "TRT01P", "TRT01A", "TRTSDT", "SAFFL", "ARMNRS", "EOSSTT", "DTHDT") == [
        "001 | Drug A | Drug A | 2020-01-10 | Y | - | DISCONTINUED | 2020-03-10",
        "002 | Drug A | Drug A | 2020-01-13 | Y | - | COMPLETED | -",
        "003 | - | - | - | N | SCREEN FAILURE | - | -",
    ]
    assert "RANDDT" not in study.dataset("ADSL")
    # study days are counted from the first dose: 10 March is day 61 of who was dosed on 10 January
    assert values(study, "DS", "DSDECOD", "DSSTDY")[0] == "001 | DEATH | 61"


def test_in_a_dose_escalation_the_cohort_is_the_arm_and_a_later_dose_changes_nothing(
    built: Callable[[str], Built],
) -> None:
    study = built("dose_escalation")
    assert values(study, "DM", "ARMCD", "ACTARMCD", "ARMNRS", "RFENDTC") == [
        "001 | C1 | C1 | - | 2020-06-01",
        "002 | C1 | C1 | - | 2020-02-20",
        "003 | C2 | C2 | - | 2020-08-01",
        "004 | C2 | - | ASSIGNED, NOT TREATED | 2020-03-13",
    ]
    # the first participant of the first cohort went on with the dose of the second
    assert values(study, "EX", "EXDOSE", "EXSTDY")[:2] == ["001 | 10 | 1", "001 | 30 | 61"]
    assert values(study, "ADSL", "TRT01P", "TRTEDT", "SAFFL", "EOSSTT") == [
        "001 | Drug A 10 mg | 2020-03-10 | Y | COMPLETED",
        "002 | Drug A 10 mg | 2020-01-11 | Y | DISCONTINUED",
        "003 | Drug A 30 mg | 2020-03-12 | Y | DISCONTINUED",
        "004 | Drug A 30 mg | - | N | DISCONTINUED",
    ]


def test_in_a_cross_over_each_arm_has_its_treatments_in_another_period(
    built: Callable[[str], Built],
) -> None:
    study = built("cross_over")
    treatments = ("TRT01P", "TRT02P", "TRT01A", "TRT02A", "TR01SDT", "TR02SDT")
    assert values(study, "ADSL", *treatments) == [
        "001 | Drug A | Drug B | Drug A | Drug B | 2020-01-10 | 2020-02-10",
        "002 | Drug B | Drug A | Drug B | Drug A | 2020-01-12 | 2020-02-12",
        "003 | Drug A | Drug B | Drug A | - | 2020-01-13 | -",  # left in the first period
        "004 | - | - | - | - | - | -",
    ]
    assert values(study, "SE", "ETCD", "EPOCH", "TAETORD", "SESTDTC", "SEENDTC") == [
        "001 | SCRN | SCREENING | 1 | 2020-01-02 | 2020-01-10",
        "001 | A | TREATMENT 1 | 2 | 2020-01-10 | 2020-02-10",
        "001 | B | TREATMENT 2 | 3 | 2020-02-10 | 2020-03-10",
        "002 | SCRN | SCREENING | 1 | 2020-01-03 | 2020-01-12",
        "002 | B | TREATMENT 1 | 2 | 2020-01-12 | 2020-02-12",
        "002 | A | TREATMENT 2 | 3 | 2020-02-12 | 2020-03-12",
        "003 | SCRN | SCREENING | 1 | 2020-01-04 | 2020-01-13",
        "003 | A | TREATMENT 1 | 2 | 2020-01-13 | 2020-01-20",
        "004 | SCRN | SCREENING | 1 | 2020-01-05 | 2020-01-08",
    ]
    assert values(study, "EX", "EXTRT", "EPOCH") == [
        "001 | Drug A | TREATMENT 1",
        "001 | Drug A | TREATMENT 1",
        "001 | Drug B | TREATMENT 2",
        "002 | Drug A | TREATMENT 2",
        "002 | Drug B | TREATMENT 1",
        "003 | Drug A | TREATMENT 1",
    ]
    ta = study.dataset("TA")
    assert list(ta["ARMCD"] + " " + ta["ETCD"] + " " + ta["EPOCH"]) == [
        "AB SCRN SCREENING",
        "AB A TREATMENT 1",
        "AB B TREATMENT 2",
        "BA SCRN SCREENING",
        "BA B TREATMENT 1",
        "BA A TREATMENT 2",
    ]


def test_where_nobody_passed_screening_there_are_no_doses_and_no_treatments(
    built: Callable[[str], Built],
) -> None:
    study = built("screen_failures")
    assert values(study, "ADSL", "ARMNRS", "TRT01P", "TRTSDT", "SAFFL", "EOSSTT") == [
        "001 | SCREEN FAILURE | - | - | N | -",
        "002 | SCREEN FAILURE | - | - | N | -",
        "003 | SCREEN FAILURE | - | - | N | -",
    ]
    assert study.dataset("EX").empty
    assert values(study, "DM", "RFSTDTC", "RFENDTC", "RFPENDTC") == [
        "001 | - | - | 2020-01-05",
        "002 | - | - | 2020-01-06",
        "003 | - | - | 2020-01-07",
    ]


def test_healthy_volunteers_have_vital_signs_and_no_tumours(built: Callable[[str], Built]) -> None:
    study = built("healthy_volunteers")
    assert study.datasets == ("TV", "DM", "DS", "EX", "VS", "ADSL")
    assert values(study, "VS", "VSTEST", "VISITNUM", "VSSTRESN", "VSLOBXFL", "VSDY") == [
        "001 | Pulse Rate | 1 | 60 | Y | 1",
        "001 | Pulse Rate | 2 | 62 | - | 2",
        "001 | Systolic Blood Pressure | 1 | 120 | Y | 1",
        "001 | Systolic Blood Pressure | 2 | 118 | - | 2",
        "002 | Systolic Blood Pressure | 1 | 130 | Y | 1",
        "003 | Pulse Rate | 1 | 70 | Y | 1",
        "003 | Systolic Blood Pressure | 1 | 125 | Y | 1",
    ]


def test_in_a_single_arm_of_a_solid_tumour_the_arm_is_that_of_who_was_enrolled_or_treated(
    built: Callable[[str], Built],
) -> None:
    study = built("helios")
    assert values(study, "ADSL", "ARMCD", "ACTARMCD", "ARMNRS", "ENRLDT", "TRTSDT", "SAFFL") == [
        "-01 | A | A | - | 2021-01-29 | 2021-02-01 | Y",
        "-02 | A | A | - | 2021-02-05 | 2021-02-08 | Y",
        "-03 | A | - | ASSIGNED, NOT TREATED | 2021-02-12 | - | N",
        "-04 | - | - | SCREEN FAILURE | - | - | N",
        "-05 | A | A | - | 2021-02-26 | 2021-03-01 | Y",
        "-06 | A | A | - | 2021-03-05 | 2021-03-08 | Y",
    ]


def test_in_a_single_arm_of_a_solid_tumour_progression_is_counted_from_the_first_dose(
    built: Callable[[str], Built],
) -> None:
    study = built("helios")
    # sums 60, 36, 30, 45 (and a non-target clearly worse); death between visits; a new lesion at week 8;
    # stable until the last scan before new therapy
    assert values(study, "ADTTE", "PARAMCD", "STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC") == [
        "-01 | OS | 2021-01-29 | 2021-09-01 | 216 | 1 | ALIVE AT LAST CONTACT",
        "-01 | PFS | 2021-02-01 | 2021-07-19 | 169 | 0 | PROGRESSIVE DISEASE",
        "-02 | OS | 2021-02-05 | 2021-05-01 | 86 | 0 | DEATH",
        "-02 | PFS | 2021-02-08 | 2021-05-01 | 83 | 0 | DEATH",
        "-03 | OS | 2021-02-12 | 2021-02-20 | 9 | 1 | ALIVE AT LAST CONTACT",
        "-05 | OS | 2021-02-26 | 2021-06-01 | 96 | 1 | ALIVE AT LAST CONTACT",
        "-05 | PFS | 2021-03-01 | 2021-04-26 | 57 | 0 | PROGRESSIVE DISEASE",
        "-06 | OS | 2021-03-05 | 2021-10-01 | 211 | 1 | ALIVE AT LAST CONTACT",
        "-06 | PFS | 2021-03-08 | 2021-06-28 | 113 | 3 | NEW ANTICANCER THERAPY",
    ]


def test_in_a_single_arm_of_a_solid_tumour_the_response_needs_no_randomization(
    built: Callable[[str], Built],
) -> None:
    responses = values(built("helios"), "ADRS", "PARAMCD", "AVALC")
    assert [r for r in responses if "| BOR |" in r] == [
        "-01 | BOR | PR",
        "-02 | BOR | SD",
        "-05 | BOR | PD",
        "-06 | BOR | SD",
    ]
    assert [r for r in responses if "| CBOR |" in r] == [
        "-01 | CBOR | PR",
        "-02 | CBOR | SD",
        "-05 | CBOR | PD",
        "-06 | CBOR | SD",
    ]
    assert [r for r in responses if "| RSP |" in r] == [
        "-01 | RSP | Y",
        "-02 | RSP | N",
        "-05 | RSP | N",
        "-06 | RSP | N",
    ]


def test_the_specs_and_mappings_of_each_design_are_few() -> None:
    """What a design adds to what all of them have: lines of YAML without comments and blanks."""
    for design in DESIGNS:
        most = 230 if design in ALONE else 75
        files: list[Path] = sorted((STUDIES / design).rglob("*.yaml"))
        lines = [line for f in files for line in f.read_text(encoding="utf-8").splitlines()]
        assert len([line for line in lines if line.strip() and not line.strip().startswith("#")]) <= most, (
            design
        )


def test_a_visit_is_asked_for_by_its_name_in_the_plan(tmp_path: Path) -> None:
    shutil.copytree(STUDIES / "helios", tmp_path, dirs_exist_ok=True)
    for file, old, new in (
        ("specs/study.yaml", "{name: WEEK 8, ", "{name: WEEK 8, also: [W8], "),
        (
            "mappings/sdtm/rs.yaml",
            "from: response\n",
            "from: response\nwhere: {TIME_POINT: [w8, Week 8, WEAK 16]}\n",
        ),
    ):
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    result = CliRunner().invoke(app, ["lint", "--study", str(tmp_path)])
    told = result.stderr.replace(f"{tmp_path.as_posix()}/", "").splitlines()
    assert told == [
        "mappings/sdtm/rs.yaml:3:22: w8 is read as WEEK 8, so no record has it; write WEEK 8",
        "mappings/sdtm/rs.yaml:3:34: WEAK 16 is not a visit of specs/study.yaml; did you mean WEEK 16?",
    ]


def test_a_name_that_is_a_field_and_a_variable_is_told_where_it_leads_in_a_circle(tmp_path: Path) -> None:
    for part in ("common", "single_arm"):
        shutil.copytree(STUDIES / part, tmp_path, dirs_exist_ok=True)
    mapping = tmp_path / "mappings/sdtm/dm.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("subj.ARM", "ARM"), encoding="utf-8")
    result = CliRunner().invoke(app, ["lint", "--study", str(tmp_path)])
    assert result.exit_code == 3
    assert "DM.ARM -> DM.ARMCD -> DM.ARM; a field of the form is written subj.ARM" in result.stderr


def test_a_list_of_dates_that_names_none_is_told(tmp_path: Path) -> None:
    for part in ("common", "single_arm"):
        shutil.copytree(STUDIES / part, tmp_path, dirs_exist_ok=True)
    mapping = tmp_path / "mappings/adam/adsl.yaml"
    text = mapping.read_text(encoding="utf-8")
    assert "DTHDT:  {derive: first_day, of: {records: [DS.DSDECOD, DS.DSSTDTC]}" in text
    mapping.write_text(
        text.replace(
            "DTHDT:  {derive: first_day, of: {records: [DS.DSDECOD, DS.DSSTDTC]}",
            "DTHDT:  {derive: first_day, of: {records: [DS.DSDECOD]}",
        ),
        encoding="utf-8",
    )
    result = CliRunner().invoke(app, ["lint", "--study", str(tmp_path)])
    assert result.exit_code == 3
    assert "mappings/adam/adsl.yaml:11:" in result.stderr
    assert (
        "first_day reads of records dates, and the columns of conditions; the list names no date"
        in result.stderr
    )


def test_a_document_of_odm_needs_no_field_called_subject(tmp_path: Path) -> None:
    for part in ("common", "single_arm"):
        shutil.copytree(STUDIES / part, tmp_path, dirs_exist_ok=True)
    forms = {}
    for file in sorted((tmp_path / "drop").glob("*.csv")):
        records = pd.read_csv(file, dtype="str").rename(columns={"SUBJ": "SUBJECT"})
        numbers = [str(number) for number in range(1, len(records) + 1)]
        forms[file.stem] = records.assign(SITE="01", FOLDER=None, FORM=file.stem, RECORD=numbers)
        file.unlink()
    to_odm(forms, tmp_path / "drop" / "study.xml", "SINGLE")
    study = build(Study.load(tmp_path), tmp_path / "drop", tmp_path / "out")
    assert values(study, "ADSL", "TRT01P", "TRTSDT", "EOSSTT") == [
        "001 | Drug A | 2020-01-10 | DISCONTINUED",
        "002 | Drug A | 2020-01-13 | COMPLETED",
        "003 | - | - | -",
    ]
