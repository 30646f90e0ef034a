"""JSON Schema of a study's files: every file of every study here is valid by it, and a mistake is not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from pipeline import yaml_schemas
from pipeline.cli import app
from pipeline.drafting import command
from pipeline.errors import UsageError
from pipeline.study import load, located
from tests.conftest import ROOT

STUDIES = [ROOT, *sorted(path.parent.parent for path in ROOT.glob("*/*/specs/study.yaml"))]
STUDIES += sorted(path.parent.parent for path in (ROOT / "tests" / "studies").glob("*/specs/study.yaml"))
SAMPLE = ROOT / "pipeline" / "drafting" / "sample"


def files(study: Path) -> list[str]:
    paths = [path for folder in ("specs", "mappings") for path in (study / folder).rglob("*.yaml")]
    return sorted(path.relative_to(study).as_posix() for path in paths)


def content(study: Path, file: str) -> Any:
    value: Any = located.read(study, file).value
    return json.loads(json.dumps(value))


def faults(schema: Any, value: Any) -> list[str]:
    checker = jsonschema.Draft202012Validator(schema)
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in checker.iter_errors(value)]


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return {kind: yaml_schemas.schema(kind) for kind in yaml_schemas.KINDS}


@pytest.mark.parametrize("study", [*dict.fromkeys([*STUDIES, SAMPLE])], ids=lambda path: path.name)
def test_every_file_of_a_study_is_valid_by_its_schema(study: Path, schemas: dict[str, Any]) -> None:
    assert files(study)
    for file in files(study):
        kind = yaml_schemas.kind_of(file)
        assert kind is not None, file
        assert not faults(schemas[kind], content(study, file)), file


@pytest.mark.parametrize(
    ("file", "path", "wrong"),
    [
        ("specs/study.yaml", ["titel"], "a key that there is not"),
        ("specs/raw/dm.yaml", ["date", "DD-MON-YYYY"], 7),
        ("specs/raw/dm.yaml", ["keys"], "rows"),
        ("mappings/sdtm/dm.yaml", ["variables", "SEX"], {"kopy": "SEX"}),
        ("mappings/sdtm/dm.yaml", ["datasets"], "DM"),
    ],
)
def test_a_mistake_is_not_valid(file: str, path: list[str], wrong: object, schemas: dict[str, Any]) -> None:
    value = copy.deepcopy(content(SAMPLE, file))
    part = value
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = wrong
    kind = yaml_schemas.kind_of(file)
    assert faults(schemas[str(kind)], value)


def test_functions_fields_and_datasets_of_a_study_are_offered() -> None:
    rule = yaml_schemas.schema("mapping", load(SAMPLE))["$defs"]["Rule"]["properties"]
    assert "study_day" in rule["derive"]["anyOf"][0]["enum"]
    assert {"CONSENT_DATE", "dm.CONSENT_DATE"} <= set(rule["date"]["anyOf"][0]["enum"])
    assert {"DM.RFSTDTC", "DRUG"} <= set(rule["copy"]["anyOf"][0]["enum"])


def test_the_command_writes_a_schema_or_all_of_them(tmp_path: Path) -> None:
    one = CliRunner().invoke(app, ["schema", "form"])
    assert json.loads(one.stdout)["$schema"] == yaml_schemas.DIALECT
    all_of_them = CliRunner().invoke(app, ["schema", "--out", str(tmp_path)])
    assert all_of_them.exit_code == 0
    assert {path.stem for path in tmp_path.iterdir()} == set(yaml_schemas.KINDS)
    assert CliRunner().invoke(app, ["schema"]).exit_code == 2
    with pytest.raises(UsageError, match="did you mean mapping"):
        yaml_schemas.schema("maping")


def test_each_file_of_init_names_the_schema_of_its_kind(tmp_path: Path) -> None:
    command.sample(tmp_path / "study")
    for file in files(tmp_path / "study"):
        first = (tmp_path / "study" / file).read_text("utf-8").splitlines()[0]
        depth = "../" * file.count("/")
        assert first == f"# yaml-language-server: $schema={depth}schemas/{yaml_schemas.kind_of(file)}.json"


@pytest.mark.parametrize(
    ("where", "is_valid"),
    [
        ("else", True),
        ({"else": ["CM"]}, True),
        ({"GROUP": {"not": ["Target", "New"]}}, True),
        ({"GROUP": {"nott": "Target"}}, False),
        ("others", False),
    ],
)
def test_an_editor_knows_the_conditions_of_a_block(
    where: Any, is_valid: bool, schemas: dict[str, Any]
) -> None:
    mapping = {"dataset": "AE", "records": [{"from": "ae_raw", "where": where}]}
    assert (not faults(schemas["mapping"], mapping)) is is_valid
    assert (not faults(schemas["mapping"], {"dataset": "AE", "from": "ae_raw", "where": where})) is is_valid
