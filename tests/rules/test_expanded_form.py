"""What a study writes in few words is kept in the long form that was built, with the place and rule of each
line, and the long form alone gives the same package.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import stages as run
from pipeline.cli import app
from pipeline.finished.manifest import file_hash
from pipeline.study import Study, load
from pipeline.workers import Workers
from tests.support.minimal import EXAMPLE


def build_of(study: Path, out: Path) -> Path:
    """The folder of a finished build of the example's drop."""
    report = run.build(load(study), study, EXAMPLE / "drop", out, Workers(1), lambda _: None)
    assert not report.refused
    return report.home


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_of(EXAMPLE, tmp_path_factory.mktemp("short"))


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (
            "mappings/sdtm/dm.yaml",
            "  SEX: {codelist: SEX, of: IT.SEX}  # mappings/sdtm/dm.yaml:12:3 + rule 3",
        ),
        (
            "mappings/sdtm/dm.yaml",
            "  RFXSTDTC: {derive: first_date, of: {usubjid: USUBJID, records: [EX.EXSTDTC]}}"
            "  # mappings/sdtm/dm.yaml + rule 5",
        ),
        ("mappings/sdtm/ae.yaml", "  AELLTCD: {copy: AELLTCD}  # mappings/sdtm/ae.yaml:4:15"),
        ("mappings/sdtm/ds.yaml", "    DSSTDTC: {date: IC_DT}  # mappings/sdtm/ds.yaml:5:112"),
        (
            "specs/sdtm/ae.yaml",
            "  AESEV: {label: Severity/Intensity, type: text, core: Perm, role: Record Qualifier,"
            " codelist: AESEV}  # mappings/sdtm/ae.yaml:7:3",
        ),
        ("specs/codelists.yaml", "  code: C66769  # specs/codelists.yaml + rule 3"),
    ],
)
def test_each_line_of_the_long_form_is_kept_with_its_place_and_its_rule(
    built: Path, file: str, line: str
) -> None:
    assert line in (built / "lineage/expanded" / file).read_text(encoding="utf-8").split("\n")


def test_the_long_form_is_hashed_in_the_manifest(built: Path) -> None:
    outputs = json.loads((built / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    name = "lineage/expanded/mappings/sdtm/dm.yaml"
    assert outputs[name] == file_hash(built / name)


def test_the_long_form_in_place_of_the_short_one_gives_the_same_datasets(built: Path, tmp_path: Path) -> None:
    study = tmp_path / "long"
    shutil.copytree(EXAMPLE, study, ignore=shutil.ignore_patterns("drop"))
    shutil.rmtree(study / "mappings")
    for part in ("mappings", "specs/sdtm", "specs/adam"):
        shutil.copytree(built / "lineage/expanded" / part, study / part)
    shutil.copy(built / "lineage/expanded/specs/codelists.yaml", study / "specs/codelists.yaml")
    again = build_of(study, tmp_path / "out")
    files = sorted(path.relative_to(built) for path in built.rglob("*.xpt"))
    assert {file.stem for file in files} == {"adsl", "ae", "dm", "ds", "ex", "se", "ta", "te"}
    assert [file for file in files if (again / file).read_bytes() != (built / file).read_bytes()] == []


def test_a_study_in_the_long_form_has_nothing_to_expand(study: Study) -> None:
    assert [name for name, file in study.located.items() if file.is_expanded or file.rules] == []


def test_mapping_names_the_rule_beside_the_line_and_how_a_term_was_found(built: Path) -> None:
    printed = CliRunner().invoke(app, ["mapping", str(built), "DM.SEX"]).stdout
    assert "mappings/sdtm/dm.yaml:12:3 + rule 3" in printed
    assert "Female -> F: 7 (preferred term)" in printed
    whole = CliRunner().invoke(app, ["mapping", str(built), "DM"]).stdout
    assert "mappings/sdtm/dm.yaml + rule 5" in whole
    assert "partial = no (default)" in whole


def test_fields_that_no_line_reads_are_listed(built: Path) -> None:
    printed = CliRunner().invoke(app, ["mapping", str(built), "--unread"]).stdout
    assert printed.splitlines() == [
        "ae_raw: STUDY, FOLDER, FOLDERL, AEDTCOL",
        "dm_raw: STUDY, PLANNED_ARM, ACTUAL_ARM",
        "ds_raw: STUDY, SITENM, INSTANCE, FORM, FORML",
        "ec_raw: STUDY, VISITNAME, FOLDER, FOLDERL, IT.ECREFID",
    ]


def test_explain_names_the_rule(built: Path) -> None:
    printed = CliRunner().invoke(app, ["explain", str(built), "DM.RFXSTDTC", "USUBJID=01-701-1001"]).stdout
    assert "mappings/sdtm/dm.yaml + rule 5" in printed
