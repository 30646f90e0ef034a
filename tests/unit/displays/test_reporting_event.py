"""The reporting event fits the schema of CDISC's Analysis Results Standard, and its references lead to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest

from pipeline.displays import ars
from pipeline.study import Study
from tests.conftest import ROOT
from tests.support.displayed import NK, T, made, participants, records, study_with

SCHEMA = json.loads((ROOT / "tests/external/ars_1.0.schema.json").read_text("utf-8"))
EVENTS = records("USUBJID AEBODSYS AESER", ("ann", "Blood", "Y"), ("dora", "Infections", "N"))
FRAMES = {
    "ADSL": participants(ann=NK, bea=NK, dora=T),
    "AE": EVENTS,
    "ADRS": records("USUBJID AVALC", ("ann", "Y"), ("bea", "N"), ("dora", "N")),
}
SERIOUS = {"AESER": "Y", "AEBODSYS": ["Blood", "Skin"]}
ROWS: tuple[dict[str, Any], ...] = (
    {
        "id": "SER",
        "label": "Serious",
        "dataset": "AE",
        "where": {"AESER": "Y", "AEBODSYS": ["Blood", "Skin"]},
    },
    {"id": "AE", "label": "Any event", "dataset": "AE", "levels": {"variables": ["AEBODSYS"]}},
    {"id": "RSP", "label": "Response", "dataset": "ADRS", "rate": {"variable": "AVALC", "is": "Y"}},
)


@pytest.fixture(scope="module")
def event(study: Study) -> dict[str, Any]:
    """The reporting event of one table."""
    told = study_with(study, *ROWS)
    return json.loads(json.dumps(ars.reporting_event(told, [made(told, FRAMES)])))  # type: ignore[no-any-return]


def valid(content: dict[str, Any]) -> None:
    jsonschema.validators.validator_for(SCHEMA)(SCHEMA).validate(content)


def by_name(event: dict[str, Any], name: str) -> dict[str, Any]:
    [analysis] = [a for a in event["analyses"] if a["name"] == f"Table 14.9.9: {name}"]
    return analysis  # type: ignore[no-any-return]


def test_the_event_of_a_table_fits_the_schema(event: dict[str, Any]) -> None:
    valid(event)


def test_the_event_of_a_build_fits_the_schema_and_has_every_statistic(few_built: Path) -> None:
    folder = few_built / "latest" / "tlf"
    content = json.loads((folder / "ars.json").read_text("utf-8"))
    valid(content)
    statistics = [r["formattedValue"] for a in content["analyses"] for r in a["results"]]
    assert sorted(statistics) == sorted(pd.read_parquet(folder / "results.parquet")["TEXT"])


@pytest.mark.parametrize("part", ["methodId", "purpose", "name"])
def test_the_schema_refuses_an_analysis_without_a_part_that_it_needs(
    event: dict[str, Any], part: str
) -> None:
    content = json.loads(json.dumps(event))
    del content["analyses"][0][part]
    with pytest.raises(jsonschema.ValidationError):
        valid(content)


def references(node: Any, key: str) -> Iterator[str]:
    """What every element names under a key."""
    if isinstance(node, dict):
        if isinstance(node.get(key), str):
            yield node[key]
        for part in node.values():
            yield from references(part, key)
    elif isinstance(node, list):
        for part in node:
            yield from references(part, key)


@pytest.mark.parametrize(
    ("key", "home"),
    [
        ("analysisSetId", "analysisSets"), ("dataSubsetId", "dataSubsets"), ("methodId", "methods"),
        ("groupingId", "analysisGroupings"), ("analysisId", "analyses"), ("outputId", "outputs"),
        ("referenceDocumentId", "referenceDocuments"),
    ],
)  # fmt: skip
def test_every_reference_leads_to_an_element_of_the_event(event: dict[str, Any], key: str, home: str) -> None:
    named = {*references(event, key)}
    assert named
    assert named <= {element["id"] for element in event[home]}


def test_an_analysis_has_a_result_for_each_operation_and_column(event: dict[str, Any]) -> None:
    results = by_name(event, "Serious")["results"]
    assert [
        (r["operationId"], *(g["groupId"] for g in r["resultGroups"]), r["rawValue"], r["formattedValue"])
        for r in results
    ] == [
        ("participants.count", "GF.planned.1", "1", "1"),
        ("participants.percent", "GF.planned.1", "50", "50.0"),
        ("participants.count", "GF.planned.2", "0", "0"),
        ("participants.percent", "GF.planned.2", "0", "0.0"),
        ("participants.count", "1", "1"),
        ("participants.percent", "33.3333333333", "33.3"),
    ]


def test_a_group_without_events_is_a_zero_of_its_class(event: dict[str, Any]) -> None:
    found = {
        (r["resultGroups"][0]["groupId"], r["resultGroups"][-1]["groupValue"]): r["rawValue"]
        for r in by_name(event, "Any event, by AEBODSYS")["results"]
        if r["operationId"] == "participants.count" and len(r["resultGroups"]) == 2
    }
    assert found == {
        ("GF.planned.1", "Blood"): "1", ("GF.planned.2", "Blood"): "0",
        ("GF.planned.1", "Infections"): "0", ("GF.planned.2", "Infections"): "1",
    }  # fmt: skip


def test_a_comparison_is_of_both_arms(event: dict[str, Any]) -> None:
    [result] = by_name(event, "Response, Fisher's exact test, p")["results"]
    assert [group["groupId"] for group in result["resultGroups"]] == ["GF.planned.1", "GF.planned.2"]
    assert (result["operationId"], result["formattedValue"]) == ("fisher.p", "1.0000")


def test_a_condition_of_several_parts_is_joined(event: dict[str, Any]) -> None:
    [subset] = event["dataSubsets"]
    serious = {"dataset": "AE", "variable": "AESER", "comparator": "EQ", "value": ["Y"]}
    classes = {"dataset": "AE", "variable": "AEBODSYS", "comparator": "IN", "value": ["Blood", "Skin"]}
    assert subset["compoundExpression"] == {
        "logicalOperator": "AND",
        "whereClauses": [
            {"level": 2, "order": 1, "condition": serious},
            {"level": 2, "order": 2, "condition": classes},
        ],
    }
