"""Each check of a schema catches the fault planted for it, names the record's key and its raw record, and is
silent on clean data.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.errors import SchemaErrors

from pipeline import schema
from pipeline.checks import datasets as checks
from pipeline.checks.datasets import schemas
from pipeline.errors import PipelineError, SpecError, UsageError
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
            "VSTPTNUM": {"label": "Time Point Number", "type": "float", "codelist": "TIMES"},
            "VSCOM": {"label": "Comment", "type": "text", "supp": True},
        },
    }
)
CODELISTS = {
    "NY": Codelist.model_validate({"name": "No Yes", "terms": {"Y": {}, "N": {}}}),
    "TIMES": Codelist.model_validate({"name": "Time Points", "terms": {"815": {}, "1.5": {}}}),
    "POSITION": Codelist.model_validate(
        {
            "name": "Position",
            "extensible": True,
            "terms": {"SITTING": {"synonyms": ["Sat up"]}, "FOWLER": {"synonyms": ["SAT UP"]}},
        }
    ),
}


def signs(**changed: Any) -> pd.DataFrame:
    """Three clean records; of the second some values are changed."""
    frame = records(
        "USUBJID STUDYID VSSEQ VSTESTCD VSORRES VSSTRESN VSBLFL VSPOS VSDTC VSTPTNUM",
        ("one", "S1", 1.0, "WEIGHT", "60.5", 60.5, "Y", "SITTING", "2016-08-12T09:30", 815.0),
        ("one", "S1", 2.0, "WEIGHT", "61", 61.0, None, None, "2016-08", 1.5),
        # a new position concerns the study as a whole: see `terms`
        ("two", "S1", 1.0, "HEIGHT", None, None, "N", "ON ONE LEG", None, None),
        form="vs",
    )
    for name, value in changed.items():
        frame.loc[1, name] = value
    return frame[["form", "record", *SPEC.published]].assign(block=0)


def findings_of(frame: pd.DataFrame) -> list[Finding]:
    return schemas.check(SPEC, CODELISTS, frame)


def test_clean_data_have_no_finding() -> None:
    assert findings_of(signs()) == []
    assert findings_of(signs().iloc[:0]) == []


class Fault(NamedTuple):
    changed: dict[str, Any]
    rule: str
    variable: str
    value: str
    key: str = "USUBJID=one, VSSEQ=2.0"


FAULTS = {
    "a required variable is missing": Fault({"VSTESTCD": None}, "VALUE-REQUIRED", "VSTESTCD", ""),
    "what SDTM calls required is missing": Fault(
        {"VSSEQ": np.nan}, "VALUE-REQUIRED", "VSSEQ", "", "USUBJID=one"
    ),
    "longer than the spec allows": Fault(
        {"VSTESTCD": "TOO_LONG_"}, "VALUE-LENGTH", "VSTESTCD", "TOO_LONG_"
    ),
    "longer than a transport file holds": Fault(
        {"VSORRES": "x" * 201}, "VALUE-LENGTH", "VSORRES", "x" * 201
    ),
    "too long in bytes, not in characters": Fault(
        {"VSTESTCD": "体重体"}, "VALUE-LENGTH", "VSTESTCD", "体重体"
    ),
    "a spelling of two terms, exactly that of none": Fault(
        {"VSPOS": "sat up"}, "VALUE-TERM", "VSPOS", "sat up"
    ),
    "half of an integer": Fault(
        {"VSSEQ": 2.5}, "VALUE-WHOLE", "VSSEQ", "2.5", "USUBJID=one, VSSEQ=2.5"
    ),
    "a day that February does not have": Fault(
        {"VSDTC": "2016-02-30"}, "VALUE-DATE", "VSDTC", "2016-02-30"
    ),
    "a date as collected": Fault({"VSDTC": "12 AUG 2016"}, "VALUE-DATE", "VSDTC", "12 AUG 2016"),
    "a time of 61 seconds": Fault(
        {"VSDTC": "2016-08-12T09:30:61"}, "VALUE-DATE", "VSDTC", "2016-08-12T09:30:61"
    ),
    "a line break": Fault({"VSORRES": "6\n1"}, "VALUE-CONTROL", "VSORRES", "6\n1"),
    "a line break in a text that is too long": Fault(
        {"VSTESTCD": "WEI\nGHT IN KG"}, "VALUE-CONTROL", "VSTESTCD", "WEI\nGHT IN KG"
    ),
    "not a term of a closed codelist": Fault({"VSBLFL": "Yes"}, "VALUE-TERM", "VSBLFL", "Yes"),
    "not a number of a closed codelist": Fault({"VSTPTNUM": 816.0}, "VALUE-TERM", "VSTPTNUM", "816.0"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_one_finding_that_names_key_and_raw_record(fault: Fault) -> None:
    [finding] = findings_of(signs(**fault.changed))
    assert (finding.rule, finding.severity, finding.dataset) == (fault.rule, "error", "VS")
    assert (finding.variable, finding.value, finding.key) == (fault.variable, fault.value, fault.key)
    assert finding.source == "vs, one, 01"
    assert fault.value == "" or fault.value not in finding.message


def test_two_records_with_one_key_are_a_finding_each() -> None:
    assert [(f.rule, f.variable, f.key, f.source) for f in findings_of(signs(VSSEQ=1.0))] == [
        ("KEY-UNIQUE", "STUDYID, USUBJID, VSSEQ", "USUBJID=one, VSSEQ=1.0", "vs, one, 00"),
        ("KEY-UNIQUE", "STUDYID, USUBJID, VSSEQ", "USUBJID=one, VSSEQ=1.0", "vs, one, 01"),
    ]


def test_missing_values_of_a_key_are_equal() -> None:
    keyed = SPEC.model_copy(update={"keys": ("USUBJID", "VSBLFL")})
    assert schemas.check(keyed, CODELISTS, signs()) == []
    both_missing = signs().assign(VSBLFL=pd.Series([None, None, "N"], dtype="str"))
    assert [(f.rule, f.source) for f in schemas.check(keyed, CODELISTS, both_missing)] == [
        ("KEY-UNIQUE", "vs, one, 00"),
        ("KEY-UNIQUE", "vs, one, 01"),
    ]


def test_a_key_of_more_combinations_than_a_number_can_count_is_compared_whole() -> None:
    names = [f"KEY{i}" for i in range(8)]  # 301 ** 8 is beyond 2 ** 63
    keyed = SPEC.model_copy(
        update={
            "keys": (*SPEC.keys, *names),
            "variables": SPEC.variables | dict.fromkeys(names, SPEC.variables["VSORRES"]),
        }
    )
    rows = pd.concat([signs().iloc[[0]]] * 300, ignore_index=True)
    rows = rows.assign(record=[f"{i:03d}" for i in range(300)])
    rows = rows.assign(**{n: [f"{n} {i}" for i in range(300)] for n in names})
    frame = rows[["form", "record", *keyed.published, "block"]]
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
    assert sorted((f.rule, f.source) for f in findings_of(frame)) == [
        ("VALUE-DATE", "vs, one, 01"),
        ("VALUE-REQUIRED", "vs, one, 01"),
        ("VALUE-TERM", "vs, one, 01"),
        ("VALUE-TERM", "vs, two, 02"),
    ]


def test_a_required_variable_that_is_missing_throughout_is_a_finding_a_record() -> None:
    blank = signs().assign(VSTESTCD=pd.Series([None] * 3, dtype="str"))
    assert [f.rule for f in findings_of(blank)] == ["VALUE-REQUIRED"] * 3


def test_in_adam_a_variable_is_required_where_the_spec_says_so() -> None:
    adam = SPEC.model_copy(update={"layer": "adam"})
    assert not schemas.required(adam, SPEC.variables["VSSEQ"])
    assert schemas.required(adam, SPEC.variables["VSTESTCD"])
    assert schemas.required(SPEC, SPEC.variables["VSSEQ"])


SHAPES = {
    # what is wrong: (how the frame is spoilt, what the refusal names)
    "a column too few": (lambda f: f.drop(columns="VSORRES"), "VSORRES"),
    "a column too many": (lambda f: f.assign(VSXTRA=1.0), "VSXTRA"),
    "another order": (lambda f: f[[*f.columns[:4], *f.columns[5:], f.columns[4]]], "VSSEQ"),
    "a number for text": (lambda f: f.assign(VSORRES=1.5), "VSORRES"),
    "text for a number": (lambda f: f.assign(VSSTRESN=f["VSORRES"]), "VSSTRESN"),
    "objects for text": (lambda f: f.assign(VSORRES=f["VSORRES"].astype("object")), "VSORRES"),
    "another kind of text": (lambda f: f.assign(VSORRES=f["VSORRES"].astype("string")), "VSORRES"),
}


@pytest.mark.parametrize(("spoil", "named"), SHAPES.values(), ids=SHAPES)
def test_a_wrong_shape_is_a_fault_of_the_build_and_not_of_the_data(spoil: Any, named: str) -> None:
    for frame in (signs(), signs().iloc[:0]):
        with pytest.raises(
            SpecError, match=r"^VS: columns or types are not those of specs/sdtm/vs\.yaml"
        ) as e:
            findings_of(spoil(frame))
        assert named in str(e.value)


def test_a_check_that_crashes_is_an_error_and_neither_a_finding_nor_a_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crash(text: str) -> bool:
        raise ValueError(f"cannot read {text}")

    monkeypatch.setattr("pipeline.records.dates.is_iso", crash)
    with pytest.raises(PipelineError, match=r"^VS\.VSDTC: a check of its schema failed") as e:
        findings_of(signs())
    assert "2016" not in str(e.value)


# --- a schema in the hands of a user
def test_a_printed_schema_shows_each_variable_with_its_label_and_its_checks() -> None:
    printed = str(schemas.dataset_schema(SPEC, CODELISTS))
    assert [line.strip() for line in printed.splitlines() if line.startswith("        '")] == [
        "'STUDYID': Study (str, key, required, at most 11 bytes, no control character)",
        "'USUBJID': Subject (str, key, required, at most 20 bytes, no control character)",
        "'VSSEQ': Sequence (float64, key, required, whole number)",
        "'VSTESTCD': Test (str, required, at most 8 bytes, no control character)",
        "'VSORRES': Result (str, at most 200 bytes, no control character)",
        "'VSSTRESN': Number (float64)",
        "'VSBLFL': Baseline (str, a term of NY)",
        "'VSPOS': Position (str, a clear term of POSITION, at most 200 bytes, no control character)",
        "'VSDTC': Date (str, ISO 8601)",
        "'VSTPTNUM': Time Point Number (float64, a term of TIMES)",
    ]
    assert "name=VS" in printed


def of_ones_own(**changed: Any) -> pd.DataFrame:
    """A frame as a user has it: the published columns and nothing beside them."""
    return signs(**changed)[list(SPEC.published)]


def test_a_schema_is_silent_on_a_users_own_clean_frame_and_gives_it_back() -> None:
    frame = of_ones_own()
    pd.testing.assert_frame_equal(schemas.dataset_schema(SPEC, CODELISTS).validate(frame, lazy=True), frame)


USERS_FAULTS = {
    "required": ({"VSTESTCD": None}, ("VSTESTCD", "not_nullable")),
    "length": ({"VSTESTCD": "TOO_LONG_"}, ("VSTESTCD", "at most 8 bytes")),
    "control": ({"VSORRES": "6\n1"}, ("VSORRES", "no control character")),
    "date": ({"VSDTC": "2016-02-30"}, ("VSDTC", "ISO 8601")),
    "whole": ({"VSSEQ": 2.5}, ("VSSEQ", "whole number")),
    "term": ({"VSBLFL": "Yes"}, ("VSBLFL", "a term of NY")),
    "key": ({"VSSEQ": 1.0}, ("VSSEQ", "multiple_fields_uniqueness")),
}


@pytest.mark.parametrize(("changed", "expected"), USERS_FAULTS.values(), ids=USERS_FAULTS)
def test_a_schema_names_what_is_wrong_in_a_users_own_frame(
    changed: dict[str, Any], expected: tuple[str, str]
) -> None:
    with pytest.raises(SchemaErrors) as caught:
        schemas.dataset_schema(SPEC, CODELISTS).validate(of_ones_own(**changed), lazy=True)
    cases = caught.value.failure_cases
    assert expected in set(zip(cases["column"], cases["check"], strict=True))
    assert 1 in set(cases["index"])


def test_a_schema_names_the_columns_that_a_users_own_frame_lacks_or_has_too_many() -> None:
    frame = of_ones_own().drop(columns="VSORRES").assign(VSXTRA=1.0)
    with pytest.raises(SchemaErrors) as caught:
        schemas.dataset_schema(SPEC, CODELISTS).validate(frame, lazy=True)
    assert set(caught.value.failure_cases["failure_case"]) == {"VSORRES", "VSXTRA"}


def test_the_schemas_of_a_study_are_had_by_the_name_of_the_dataset(study: Study) -> None:
    taken = schema(study, "DM")
    assert isinstance(taken, pa.DataFrameSchema)
    assert list(taken.columns) == list(study.datasets["DM"].published)
    assert taken.columns["SEX"].title == study.datasets["DM"].variables["SEX"].label
    assert taken.unique == list(study.datasets["DM"].keys)
    assert list(schema(study, "SUPPDM").columns)[-2:] == ["QORIG", "QEVAL"]
    with pytest.raises(UsageError, match=r"^XX is no dataset of this study"):
        schema(study, "XX")


def test_pandera_is_not_imported_before_a_schema_is_asked_for() -> None:
    asked = "import sys, pipeline, pipeline.cli; print('pandera' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


# --- extensible codelists, for the whole study
def terms(study: Study, **columns: frozenset[str]) -> list[tuple[str, str, str, str]]:
    profile = Profile({"TR": 1}, {("TR", name): Column(1, 1, terms=t) for name, t in columns.items()})
    findings = checks.terms(study, {"TR": study.datasets["TR"]}, profile)
    return [(f.rule, f.severity, f"{f.dataset}.{f.variable}", f.value) for f in findings]


def test_a_value_outside_an_extensible_codelist_is_a_warning_once(study: Study) -> None:
    assert terms(study, TRMETHOD=frozenset({"CT SCAN", "PET-CT", "ULTRASOUND"})) == [
        ("TERM-NEW", "warning", "TR.TRMETHOD", "PET-CT"),
        ("TERM-NEW", "warning", "TR.TRMETHOD", "ULTRASOUND"),
    ]


def test_a_number_among_results_in_words_is_no_new_term(study: Study) -> None:
    assert terms(study, TRMETHOD=frozenset({"CT SCAN", "41", "<0.5", "5 mm slices"})) == [
        ("TERM-NEW", "warning", "TR.TRMETHOD", "5 mm slices")
    ]


def test_a_value_that_the_standard_wants_beside_a_closed_codelist_is_a_warning_with_its_reason(
    study: Study,
) -> None:
    profile = Profile({"AE": 1}, {("AE", "AEACN"): Column(1, 1, terms=frozenset({"MULTIPLE", "UNKNOWN"}))})
    (finding,) = checks.terms(study, {"AE": study.datasets["AE"]}, profile)
    assert (finding.rule, finding.severity, finding.variable, finding.value) == (
        "TERM-BESIDE",
        "warning",
        "AEACN",
        "MULTIPLE",
    )
    assert finding.message == (
        "not a term of its closed codelist; published for this reason: SDTMIG 3.4, 4.2.8.3: where products"
        " have different answers"
    )


def test_the_finding_of_a_new_value_suggests_the_nearest_known_term(study: Study) -> None:
    profile = Profile({"TR": 1}, {("TR", "TRMETHOD"): Column(1, 1, terms=frozenset({"CT SCANN", "QQQ"}))})
    findings = checks.terms(study, {"TR": study.datasets["TR"]}, profile)
    messages = {f.value: f.message for f in findings}
    assert messages["CT SCANN"].endswith("; did you mean CT SCAN?")
    assert "did you mean" not in messages["QQQ"]


def test_terms_of_the_list_and_of_closed_lists_are_no_warning(study: Study) -> None:
    known, closed, free = frozenset({"CT SCAN"}), frozenset({"NOT ASKED"}), frozenset({"23"})
    assert terms(study, TRMETHOD=known, TRSTAT=closed, TRORRES=free) == []


# --- one standard unit for one test, for the whole study
def units(
    study: Study, dataset: str, variable: str, by_test: dict[str, set[str]]
) -> list[tuple[str, str, str, str]]:
    groups: dict[tuple[str, str, tuple[str, ...]], Column] = {}
    for test, some in by_test.items():
        groups[dataset, variable, (test,)] = Column(1, 1, terms=frozenset(some))
    findings = checks.units({dataset: study.datasets[dataset]}, Profile({dataset: 1}, {}, groups))
    return [(f.rule, f.severity, f.key, f.value) for f in findings]


def test_two_standard_units_of_one_test_are_an_error(study: Study) -> None:
    assert units(study, "LB", "LBSTRESU", {"HGB": {"g/dL", "g/L"}, "ALB": {"g/L"}}) == [
        ("UNIT-ONE", "error", "LBTESTCD=HGB", "g/L, g/dL")
    ]


def test_one_unit_a_test_is_no_finding_nor_are_two_collected_units(study: Study) -> None:
    assert units(study, "LB", "LBSTRESU", {"HGB": {"g/L"}, "ALB": {"g/L"}, "CTC": set()}) == []
    assert units(study, "VS", "VSORRESU", {"WEIGHT": {"kg", "LB"}}) == []
