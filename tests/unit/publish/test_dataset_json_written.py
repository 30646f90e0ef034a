"""Dataset-JSON of a build: by the standard's own schema, cell by cell what the transport files hold, and by
the names of define.xml.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pyreadstat
import pytest
from lxml import etree

from pipeline.sources import dataset_json as reader
from pipeline.study.models import Form, RawField
from tests.conftest import ROOT

SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "tests/external/dataset_json_1.1.schema.json").read_text(encoding="utf-8")
)
FOLDERS = {"sdtm": "tabulations/sdtm", "adam": "analysis/adam/datasets"}
DEF = {"o": "http://www.cdisc.org/ns/odm/v1.3", "def": "http://www.cdisc.org/ns/def/v2.1"}


def validator() -> Any:
    of_version = jsonschema.validators.validator_for(SCHEMA)
    of_version.check_schema(SCHEMA)
    return of_version(SCHEMA)


def pairs(out: Path) -> Iterator[tuple[Path, Path]]:
    """Each transport file of a build with its Dataset-JSON."""
    for layer, folder in FOLDERS.items():
        for path in sorted((out / "m5/datasets/nct02843126" / folder).glob("*.xpt")):
            yield path, out / "dataset-json" / layer / f"{path.stem}.json"


def loaded(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


def as_sas(value: Any, column: dict[str, Any]) -> str | float | None:
    """A cell as a transport file holds it."""
    if "targetDataType" not in column:
        return "" if value is None and column["dataType"] in ("string", "date", "datetime") else value
    if value is None:
        return None
    since: timedelta = (
        date.fromisoformat(value) - date(1960, 1, 1)
        if column["dataType"] == "date"
        else datetime.fromisoformat(value) - datetime(1960, 1, 1)  # noqa: DTZ001
    )
    return since.total_seconds() / (86_400 if column["dataType"] == "date" else 1)


# --- what a build writes
def test_every_dataset_of_a_build_has_one_and_the_same_cells(few_built: Path) -> None:
    datasets = list(pairs(few_built))
    assert {json_path for _, json_path in datasets} == set((few_built / "dataset-json").rglob("*.json"))
    assert len(datasets) > 40
    for path, json_path in datasets:
        content = loaded(json_path)
        due, meta = pyreadstat.read_xport(path, output_format="dict", disable_datetime_conversion=True)
        assert [c["name"] for c in content["columns"]] == meta.column_names
        assert [c["label"] for c in content["columns"]] == meta.column_labels
        assert content["records"] == len(content["rows"]) == len(next(iter(due.values())))
        for place, column in enumerate(content["columns"]):
            cells = [as_sas(row[place], column) for row in content["rows"]]
            assert cells == due[column["name"]], f"{json_path.name} {column['name']}"


def test_every_dataset_of_a_build_is_valid_by_the_schema_of_the_standard(few_built: Path) -> None:
    schema = validator()
    for _, path in pairs(few_built):
        schema.validate(loaded(path))


def test_a_cell_is_of_the_type_that_its_column_states(few_built: Path) -> None:
    kinds: dict[str, Any] = {
        "string": str,
        "date": str,
        "datetime": str,
        "integer": int,
        "float": (int, float),
    }
    for _, path in pairs(few_built):
        content = loaded(path)
        for at, column in enumerate(content["columns"]):
            assert all(
                row[at] is None or isinstance(row[at], kinds[column["dataType"]]) for row in content["rows"]
            ), (path.name, column)
            if column["dataType"] == "date":
                assert all(row[at] is None or date.fromisoformat(row[at]) for row in content["rows"])


def test_datasets_and_variables_have_the_names_of_define_xml(few_built: Path) -> None:
    for path, json_path in pairs(few_built):
        content = loaded(json_path)
        define = etree.parse(path.with_name("define.xml"))
        [version] = define.findall(".//o:MetaDataVersion", DEF)
        [study] = define.findall(".//o:Study", DEF)
        assert (content["studyOID"], content["metaDataVersionOID"]) == (study.get("OID"), version.get("OID"))
        assert (json_path.parent / content["metaDataRef"]).resolve() == path.with_name("define.xml").resolve()
        [group] = [
            g for g in version.findall("o:ItemGroupDef", DEF) if g.get("OID") == content["itemGroupOID"]
        ]
        assert (group.get("Name"), group.findtext("o:Description/o:TranslatedText", None, DEF)) == (
            content["name"],
            content["label"],
        )
        items = {i.get("OID"): i for i in version.findall("o:ItemDef", DEF)}
        refs = group.findall("o:ItemRef", DEF)
        assert [r.get("ItemOID") for r in refs] == [c["itemOID"] for c in content["columns"]]
        for ref, column in zip(refs, content["columns"], strict=True):
            item = items[column["itemOID"]]
            assert ref.get("KeySequence", "None") == str(column.get("keySequence"))
            assert item.get("Name") == column["name"]
            assert item.findtext("o:Description/o:TranslatedText", None, DEF) == column["label"]
            assert item.get(f"{{{DEF['def']}}}DisplayFormat") == column.get("displayFormat")
            if "length" in column:
                assert (item.get("DataType"), item.get("Length")) == ("text", str(column["length"]))
            elif "targetDataType" not in column:
                said = {"partialDate": "string", "partialDatetime": "string"}.get(
                    str(item.get("DataType")), item.get("DataType")
                )
                assert column["dataType"] == said


def test_the_head_of_a_file_says_who_made_it_and_when(few_built: Path) -> None:
    content = loaded(few_built / "dataset-json/adam/adsl.json")
    assert {
        n: content[n] for n in ("datasetJSONCreationDateTime", "datasetJSONVersion", "fileOID", "originator")
    } == {
        "datasetJSONCreationDateTime": "2019-09-12T00:00:00Z",
        "datasetJSONVersion": "1.1.0",
        "fileOID": "NCT02843126.ADAM.ADSL",
        "originator": "Fuda Cancer Hospital, Guangzhou",
    }
    assert content["sourceSystem"]["name"] == "cdisc-pipeline"
    [started] = [c for c in content["columns"] if c["name"] == "TRTSDT"]
    assert started == {
        "itemOID": "IT.ADSL.TRTSDT",
        "name": "TRTSDT",
        "label": "Date of First Exposure to Treatment",
        "dataType": "date",
        "targetDataType": "integer",
        "displayFormat": "DATE9.",
    }


@pytest.mark.parametrize("name", ["sdtm/dm", "sdtm/ae", "sdtm/lb", "adam/adtte"])
def test_the_projects_own_reader_takes_it_for_dataset_json(few_built: Path, name: str) -> None:
    path = few_built / "dataset-json" / f"{name}.json"
    content = loaded(path)
    fields = {
        c["name"]: RawField(question=c["label"], type="text")
        for c in content["columns"]
        if c["dataType"] == "string"
    }
    form = Form(form=path.stem, title="As published", source="Sponsor", record="one a record", fields=fields)
    texts = {**content, "columns": [], "rows": []}
    at = [i for i, c in enumerate(content["columns"]) if c["name"] in fields]
    texts["columns"] = [content["columns"][i] for i in at]
    texts["rows"] = [[row[i] for i in at] for row in content["rows"]]
    only = few_built.parent / f"read_{path.name}"
    only.write_text(json.dumps(texts), encoding="utf-8")
    found = reader.read(only, form)
    assert [tuple(None if pd.isna(v) else v for v in row) for row in found.itertuples(index=False)] == [
        tuple(r) for r in texts["rows"]
    ]


# --- the schema fires
@pytest.mark.parametrize(
    "change",
    [
        {"records": "1"},
        {"records": -1},
        {"datasetJSONVersion": "1.0.0"},
        {"datasetJSONCreationDateTime": "2019-09-12"},
        {"label": None},
        {"rows": [{"A": 1}]},
        {"sourceSystem": {"name": "x"}},
        {"surplus": 1},
        {"columns": [{"itemOID": "IT.A", "name": "A", "label": "a", "dataType": "text"}]},
        {"columns": [{"itemOID": "IT.A", "name": "A", "label": "a", "dataType": "string", "length": 0}]},
        {"columns": [{"name": "A", "label": "a", "dataType": "string"}]},
        {
            "columns": [
                {"itemOID": "IT.A", "name": "A", "label": "a", "dataType": "date", "targetDataType": "date"}
            ]
        },
    ],
)
def test_the_schema_refuses_what_the_standard_does_not_know(few_built: Path, change: dict[str, Any]) -> None:
    content = loaded(few_built / "dataset-json/sdtm/te.json")
    validator().validate(content)
    with pytest.raises(jsonschema.ValidationError):
        validator().validate({**content, **change})
