"""Each check of a schema fires on the fault planted for it, names the record's key and its raw record, and is
silent on clean data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.checks import datasets as validate
from pipeline.checks.datasets import schemas
from pipeline.errors import SpecError
from pipeline.profile import Column, Profile
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Codelist, Dataset
from tests.support.tables import records

SPEC = Dataset.model_validate(
    {
        "dataset": "VS",
        "label": "Vital Signs",
        "class": "FINDINGS",
        "structure": "One record per test",
        "keys": ["STUDYID", "USUBJID", "VSSEQ"],
        "variables": {
            "STUDYID": {"label": "Study", "type": "text", "max_length": 11, "core": "Req"},
            "USUBJID": {"label": "Subject", "type": "text", "max_length": 20, "core": "Req"},
            "VSSEQ": {"label": "Sequence", "type": "integer", "core": "Req"},
            "VSTESTCD": {"label": "Test", "type": "text", "max_length": 8, "core": "Exp", "required": True},
            "VSORRES": {"label": "Result", "type": "text"},
            "VSSTRESN": {"label": "Number", "type": "float"},
            "VSBLFL": {"label": "Baseline", "type": "text", "codelist": "NY"},
            "VSPOS": {"label": "Position", "type": "text", "codelist": "POSITION"},
            "VSDTC": {"label": "Date", "type": "iso"},
            "VSCOM": {"label": "Comment", "type": "text", "supp": True},
        },
    }
)
CODELISTS = {
    "NY": Codelist.model_validate({"name": "No Yes", "terms": {"Y": {}, "N": {}}}),
    "POSITION": Codelist.model_validate({"name": "Position", "extensible": True, "terms": {"SITTING": {}}}),
}


def signs(**changed: Any) -> pd.DataFrame:
    """Three clean records; of the second some values are changed."""
    frame = records(
        "USUBJID STUDYID VSSEQ VSTESTCD VSORRES VSSTRESN VSBLFL VSPOS VSDTC",
        ("one", "S1", 1.0, "WEIGHT", "60.5", 60.5, "Y", "SITTING", "2016-08-12T09:30"),
        ("one", "S1", 2.0, "WEIGHT", "61", 61.0, None, None, "2016-08"),
        (
            "two",
            "S1",
            1.0,
            "HEIGHT",
            None,
            None,
            "N",
            "ON ONE LEG",
            None,
        ),  # a new position is a matter of `terms`
        form="vs",
    )
    for name, value in changed.items():
        frame.loc[1, name] = value
    return frame[["USUBJID", "form", "record", *(n for n in SPEC.published if n != "USUBJID")]][
        ["form", "record", *SPEC.published]
    ].assign(block=0)


def found(frame: pd.DataFrame) -> list[Finding]:
    return schemas.check(SPEC, CODELISTS, frame)


def test_clean_data_have_no_finding() -> None:
    assert found(signs()) == []
    assert found(signs().iloc[:0]) == []


FAULTS = {
    # rule: (what is changed in the second record, rule, variable, value shown, key shown)
    "a required variable is missing": (
        {"VSTESTCD": None},
        "VALUE-REQUIRED",
        "VSTESTCD",
        "",
        "USUBJID=one, VSSEQ=2.0",
    ),
    "what SDTM calls required is missing": ({"VSSEQ": np.nan}, "VALUE-REQUIRED", "VSSEQ", "", "USUBJID=one"),
    "longer than the spec allows": (
        {"VSTESTCD": "TOO_LONG_"},
        "VALUE-LENGTH",
        "VSTESTCD",
        "TOO_LONG_",
        "USUBJID=one, VSSEQ=2.0",
    ),
    "longer than a transport file holds": (
        {"VSORRES": "x" * 201},
        "VALUE-LENGTH",
        "VSORRES",
        "x" * 201,
        "USUBJID=one, VSSEQ=2.0",
    ),
    "too long in bytes, not in characters": (
        {"VSTESTCD": "体重体"},
        "VALUE-LENGTH",
        "VSTESTCD",
        "体重体",
        "USUBJID=one, VSSEQ=2.0",
    ),
    "half of an integer": ({"VSSEQ": 2.5}, "VALUE-WHOLE", "VSSEQ", "2.5", "USUBJID=one, VSSEQ=2.5"),
    "a date that is none": (
        {"VSDTC": "2016-02-30"},
        "VALUE-DATE",
        "VSDTC",
        "2016-02-30",
        "USUBJID=one, VSSEQ=2.0",
    ),
    "a date as collected": (
        {"VSDTC": "12 AUG 2016"},
        "VALUE-DATE",
        "VSDTC",
        "12 AUG 2016",
        "USUBJID=one, VSSEQ=2.0",
    ),
    "a time of 61 seconds": (
        {"VSDTC": "2016-08-12T09:30:61"},
        "VALUE-DATE",
        "VSDTC",
        "2016-08-12T09:30:61",
        "USUBJID=one, VSSEQ=2.0",
    ),
    "a line break": ({"VSORRES": "6\n1"}, "VALUE-CONTROL", "VSORRES", "6\n1", "USUBJID=one, VSSEQ=2.0"),
    "not a term of a closed codelist": (
        {"VSBLFL": "Yes"},
        "VALUE-TERM",
        "VSBLFL",
        "Yes",
        "USUBJID=one, VSSEQ=2.0",
    ),
}


@pytest.mark.parametrize(("changed", "rule", "variable", "value", "key"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_one_finding_that_names_key_and_raw_record(
    changed: dict[str, Any], rule: str, variable: str, value: str, key: str
) -> None:
    [finding] = found(signs(**changed))
    assert (finding.rule, finding.severity, finding.dataset, finding.variable) == (
        rule,
        "error",
        "VS",
        variable,
    )
    assert (finding.key, finding.value, finding.source) == (key, value, "vs, one, 01")
    assert value == "" or value not in finding.message


def test_two_records_with_one_key_are_a_finding_each() -> None:
    found_ = found(signs(VSSEQ=1.0))
    assert [(f.rule, f.variable, f.key, f.source) for f in found_] == [
        ("KEY-UNIQUE", "STUDYID, USUBJID, VSSEQ", "USUBJID=one, VSSEQ=1.0", "vs, one, 00"),
        ("KEY-UNIQUE", "STUDYID, USUBJID, VSSEQ", "USUBJID=one, VSSEQ=1.0", "vs, one, 01"),
    ]


def test_a_key_of_more_combinations_than_a_number_can_count_is_compared_whole() -> None:
    names = [f"KEY{i}" for i in range(8)]  # 301 ** 8 is beyond 2 ** 63
    keyed = SPEC.model_copy(
        update={
            "keys": (*SPEC.keys, *names),
            "variables": SPEC.variables | dict.fromkeys(names, SPEC.variables["VSORRES"]),
        }
    )
    rows = pd.concat([signs().iloc[[0]]] * 300, ignore_index=True).assign(
        record=[f"{i:03d}" for i in range(300)]
    )
    frame = rows.assign(**{n: [f"{n} {i}" for i in range(300)] for n in names})[
        ["form", "record", *keyed.published, "block"]
    ]
    assert schemas.check(keyed, CODELISTS, frame) == []
    frame.loc[7, names[:-1]] = frame.loc[3, names[:-1]]  # all but the last
    assert schemas.check(keyed, CODELISTS, frame) == []
    frame.loc[7, names] = frame.loc[3, names]
    assert [(f.rule, f.source) for f in schemas.check(keyed, CODELISTS, frame)] == [
        ("KEY-UNIQUE", "vs, one, 003"),
        ("KEY-UNIQUE", "vs, one, 007"),
    ]


def test_all_faults_are_found_at_once() -> None:
    frame = signs(VSTESTCD=None, VSDTC="2016-13", VSBLFL="X")
    frame.loc[2, "VSBLFL"] = "MAYBE"
    assert sorted((f.rule, f.source) for f in found(frame)) == [
        ("VALUE-DATE", "vs, one, 01"),
        ("VALUE-REQUIRED", "vs, one, 01"),
        ("VALUE-TERM", "vs, one, 01"),
        ("VALUE-TERM", "vs, two, 02"),
    ]


def test_a_required_variable_that_is_missing_throughout_is_a_finding_a_record() -> None:
    blank = signs().assign(VSTESTCD=pd.Series([None] * 3, dtype="str"))
    assert [f.rule for f in found(blank)] == ["VALUE-REQUIRED"] * 3


def test_in_adam_a_variable_is_required_where_the_spec_says_so() -> None:
    adam = SPEC.model_copy(update={"layer": "adam"})
    assert not schemas.required(adam, SPEC.variables["VSSEQ"])
    assert schemas.required(adam, SPEC.variables["VSTESTCD"])
    assert schemas.required(SPEC, SPEC.variables["VSSEQ"])


SHAPES = {
    "a column too few": lambda f: f.drop(columns="VSORRES"),
    "a number for text": lambda f: f.assign(VSORRES=1.5),
    "text for a number": lambda f: f.assign(VSSTRESN=f["VSORRES"]),
    "objects for text": lambda f: f.assign(VSORRES=f["VSORRES"].astype("object")),
}


@pytest.mark.parametrize("spoil", SHAPES.values(), ids=SHAPES)
def test_a_wrong_shape_is_a_fault_of_the_build_and_not_of_the_data(spoil: Any) -> None:
    for frame in (signs(), signs().iloc[:0]):
        with pytest.raises(SpecError, match=r"^VS: columns or types are not those of specs/sdtm/vs\.yaml"):
            found(spoil(frame))


# --- extensible codelists, for the whole study
def terms(study: Study, **columns: frozenset[str]) -> list[tuple[str, str, str, str]]:
    profile = Profile({"TR": 1}, {("TR", name): Column(1, 1, terms=t) for name, t in columns.items()})
    return [
        (f.rule, f.severity, f"{f.dataset}.{f.variable}", f.value)
        for f in validate.terms(study, {"TR": study.datasets["TR"]}, profile)
    ]


def test_a_value_outside_an_extensible_codelist_is_a_warning_once(study: Study) -> None:
    assert terms(study, TRMETHOD=frozenset({"CT SCAN", "PET-CT", "ULTRASOUND"})) == [
        ("TERM-NEW", "warning", "TR.TRMETHOD", "PET-CT"),
        ("TERM-NEW", "warning", "TR.TRMETHOD", "ULTRASOUND"),
    ]


def test_a_new_value_is_told_with_the_nearest_known_term(study: Study) -> None:
    profile = Profile({"TR": 1}, {("TR", "TRMETHOD"): Column(1, 1, terms=frozenset({"CT SCANN", "QQQ"}))})
    messages = {f.value: f.message for f in validate.terms(study, {"TR": study.datasets["TR"]}, profile)}
    assert messages["CT SCANN"].endswith("; did you mean CT SCAN?")
    assert "did you mean" not in messages["QQQ"]


def test_terms_of_the_list_and_of_closed_lists_are_no_warning(study: Study) -> None:
    assert (
        terms(
            study, TRMETHOD=frozenset({"CT SCAN"}), TRSTAT=frozenset({"NOT ASKED"}), TRORRES=frozenset({"23"})
        )
        == []
    )


# --- one standard unit for one test, for the whole study
def units(
    study: Study, dataset: str, variable: str, terms: dict[str, set[str]]
) -> list[tuple[str, str, str, str]]:
    profile = Profile(
        {dataset: 1},
        {},
        {(dataset, variable, (test,)): Column(1, 1, terms=frozenset(found)) for test, found in terms.items()},
    )
    return [
        (f.rule, f.severity, f.key, f.value)
        for f in validate.units({dataset: study.datasets[dataset]}, profile)
    ]


def test_two_standard_units_of_one_test_are_an_error(study: Study) -> None:
    assert units(study, "LB", "LBSTRESU", {"HGB": {"g/dL", "g/L"}, "ALB": {"g/L"}}) == [
        ("UNIT-ONE", "error", "LBTESTCD=HGB", "g/L, g/dL")
    ]


def test_one_unit_a_test_is_no_finding_nor_are_two_collected_units(study: Study) -> None:
    assert units(study, "LB", "LBSTRESU", {"HGB": {"g/L"}, "ALB": {"g/L"}, "CTC": set()}) == []
    assert units(study, "VS", "VSORRESU", {"WEIGHT": {"kg", "LB"}}) == []
