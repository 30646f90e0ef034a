"""`not` and `else`: the records that a block leaves to others, in the data and where the mapping is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import stages
from pipeline.explain import rules, words
from pipeline.finished.build import Build
from pipeline.lint import lint
from pipeline.mapping_book.book import sheets
from pipeline.plan import plan_of
from pipeline.publish.acrf.annotations import annotations_of
from pipeline.study import load
from pipeline.workers import Workers
from tests.support import minimal

AE, CE, DS = (f"mappings/sdtm/{name}.yaml" for name in ("ae", "ce", "ds"))
SEVERE = "Severe Adverse Event"
REST = {"ds": ("where: {OTHERSP: present}", "where: else")}
NOT_SEVERE = {"ae": ("from: ae_raw", f"from: ae_raw\nwhere: {{IT.AESEV: {{not: {SEVERE}}}}}")}
ASIDE = f"entries:\n  - {{from: ae_raw, where: {{IT.AESEV: {SEVERE}}}, reason: Elsewhere}}\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The minimal example with all events but the severe ones, and with the rest of a form in a block."""
    tmp_path = tmp_path_factory.mktemp("conditions")
    root = minimal.folder(tmp_path, {"mappings/set_aside.yaml": ASIDE}, {**REST, **NOT_SEVERE})
    out = tmp_path / "out"
    report = stages.build(load(root), root, minimal.EXAMPLE / "drop", out, Workers(1), lambda _: None)
    assert not report.refused
    return Build.opened(out)


def test_not_leaves_the_records_that_meet_it_and_else_takes_what_no_other_block_takes(built: Build) -> None:
    report = json.loads((built.home / "report" / "report.json").read_text(encoding="utf-8"))
    counts = {c["form"]: (c["read"], c["published"], c["set_aside"]) for c in report["accounting"]}
    assert counts["ae_raw"] == (12, 10, {"Elsewhere": 2})
    assert counts["ds_raw"] == (29, 29, {})


def test_the_book_says_each_condition(built: Build) -> None:
    of_dataset = {name: [row.where for row in next(iter(sheets(built, name))).rows] for name in ("AE", "DS")}
    assert of_dataset == {
        "AE": [(f"IT.AESEV is not {SEVERE}",)],
        "DS": [("IC_DT is present",), ("IT.DSDECOD is present",), ("IT.DSDECOD is absent",)],
    }


def test_the_fields_of_the_conditions_are_of_the_lineage(built: Build) -> None:
    blocks = built.mapping_book["datasets"]["DS"]["blocks"]
    assert blocks[2]["of"] == {"where": ["ds_raw.IT.DSDECOD"]}


def test_explain_says_the_condition(built: Build) -> None:
    said = [words.condition(rules.shown(built, rule)) for rule in built.variables["DS"]["rules"]]
    assert said == [
        "; where IC_DT is present",
        "; where IT.DSDECOD is present",
        "; where IT.DSDECOD is absent",
    ]


# --- what a mapping may say, without a build
TWO = """\
dataset: {dataset}
from: ae_raw
where: {where}
variables:
  {dataset}TERM: {{copy: IT.AETERM}}
"""


def ae(where: str) -> str:
    text = (minimal.EXAMPLE / AE).read_text(encoding="utf-8")
    return text.replace("from: ae_raw", f"from: ae_raw\nwhere: {where}")


def blocks(tmp_path: Path, files: dict[str, str], file: str) -> list[dict[str, Any]]:
    records = minimal.study(tmp_path, files).located[file].part(("records",))
    return [{key: block[key] for key in ("where", "unless") if key in block} for block in records]


def test_else_of_other_mappings_is_written_out_as_their_conditions(tmp_path: Path) -> None:
    ce = TWO.format(dataset="CE", where="{IT.AESER: Yes, IT.AESEV: Severe}")
    assert blocks(tmp_path, {AE: ae("{else: CE}"), CE: ce}, AE) == [
        {"unless": [{"IT.AESER": "Yes", "IT.AESEV": "Severe"}]}
    ]


VITAL_SIGNS = """\
title: Vital signs
keys: [PATNUM, DAY, POSITION]
text: [PATNUM, POSITION]
number: [SYS]
date: {YYYY-MM-DD: [DAY]}
"""
VS = """\
dataset: VS
records:
  - from: vs_raw
    where: {POSITION: Supine}
    variables: {VSTESTCD: {constant: SYSBP}, VSORRES: {copy: SYS}, VSPOS: {constant: SUPINE}}
  - from: vs_raw
    where: else
    each: [{VSTESTCD: SYSBP, VSORRES: SYS}]
variables:
  VSDTC: {date: DAY}
  VSORRESU: {constant: mmHg}
not_collected: {VISITNUM: One visit only, VISIT: One visit only, VISITDY: One visit only}
"""


def test_else_beside_each_leaves_out_the_records_without_a_result_as_well(tmp_path: Path) -> None:
    file = "mappings/sdtm/vs.yaml"
    rest = blocks(tmp_path, {"specs/raw/vs_raw.yaml": VITAL_SIGNS, file: VS}, file)[1]
    assert rest == {"where": {"SYS": "present"}, "unless": [{"POSITION": "Supine"}]}


REFUSED = {
    # name: (the condition of AE, what is told)
    "a value that no record has": ("{IT.AESER: {not: Maybe}}", "Maybe is not a value of ae_raw.IT.AESER"),
    "another word than not": ("{IT.AESER: {nott: Yes}}", "or {not: ...} of them"),
    "no other block": ("else", "no other block of AE takes records of ae_raw, so `else` means all of them"),
    "a dataset without a mapping": ("{else: CF}", "else: CF is no dataset with a mapping"),
    "a misspelt field": ("{AESEVV: {not: Mild}}", "AESEVV is not a field of ae_raw"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_condition_that_could_not_be_met_as_meant_is_refused_at_its_line(tmp_path: Path, name: str) -> None:
    where, message = REFUSED[name]
    codes = (minimal.EXAMPLE / "specs/raw/ae_raw.yaml").read_text(encoding="utf-8")
    contract = codes.rstrip("\n") + "\ncodes: {IT.AESER: [Yes, No]}\n"
    root = minimal.folder(tmp_path, {AE: ae(where), "specs/raw/ae_raw.yaml": contract})
    told = [str(found) for found in lint(root)]
    assert [line for line in told if f"{AE}:4:" in line and message in line], told


def test_else_beside_a_block_of_all_records_is_refused(tmp_path: Path) -> None:
    text = (minimal.EXAMPLE / DS).read_text(encoding="utf-8")
    text = text.replace("{OTHERSP: present}", "else").replace("    where: {IT.DSDECOD: present}\n", "")
    (told,) = minimal.faults(tmp_path, {DS: text})
    assert told.startswith("mappings/sdtm/ds.yaml:10:5: a block of DS takes every record of ds_raw")


def test_the_annotated_form_says_the_condition(tmp_path: Path) -> None:
    study = minimal.study(tmp_path, {AE: ae(f"{{IT.AESEV: {{not: {SEVERE}}}}}")})
    heading = annotations_of(study, plan_of(study)).where("AE", 0)
    assert heading == f"IT.AESEV not {SEVERE}"
