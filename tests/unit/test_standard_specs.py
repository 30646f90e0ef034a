"""Specs and codelists in their short form: what the standards fill in, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SpecError
from pipeline.standards import adamig, sdtmig, terminology
from pipeline.study import standard
from pipeline.study.located import Located, read
from pipeline.study.models import Codelists, Dataset
from pipeline.study.validated import parse
from tests.support import minimal

SDTM_CT = terminology("SDTM", "2022-09-30", None)
ADAM_CT = terminology("ADaM", "2022-06-24", None)
assert SDTM_CT is not None
assert ADAM_CT is not None
STANDARDS = standard.Standards(sdtmig("3.4"), adamig("1.3"), (SDTM_CT, ADAM_CT))
LISTS = """
NY: [N, Y]
DOMAIN: [AE, LB, DM]
SEX: [F, M]
OUT: [FATAL, RECOVERED/RESOLVED]
AESEV: [MILD, MODERATE, SEVERE]
"""


def located(tmp_path: Path, name: str, text: str) -> Located:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read(tmp_path, name)


def lists(tmp_path: Path, text: str = LISTS) -> Codelists:
    return parse(Codelists, standard.codelists(located(tmp_path, "specs/codelists.yaml", text), STANDARDS))


def spec(tmp_path: Path, layer: str, text: str) -> Dataset:
    known = lists(tmp_path).root
    file = located(tmp_path, f"specs/{layer}/x.yaml", text)
    return parse(Dataset, standard.dataset(file, layer, STANDARDS, known))


def of(dataset: Dataset, name: str) -> dict[str, Any]:
    """What a variable says beyond what no variable need say."""
    return dataset.variables[name].model_dump(exclude_defaults=True)


def whole(dataset: str, **said: str) -> str:
    """A dataset with the variables that it must have and those that are said, in the order of the guide."""
    facts = sdtmig("3.4").datasets[dataset].variables
    must = [name for name, variable in facts.items() if variable.core in ("Req", "Exp") or name in said]
    names = [*must, *(name for name in said if name not in facts)]
    items = [f"{name}: {said[name]}" if said.get(name) else name for name in names]
    return f"dataset: {dataset}\nvariables: [{', '.join(items)}]"


# --- datasets
def test_a_dataset_of_sdtm_needs_its_name_and_its_variables_alone(tmp_path: Path) -> None:
    ae = spec(tmp_path, "sdtm", whole("AE"))
    assert (ae.label, ae.class_) == ("Adverse Events", "EVENTS")
    assert ae.structure == "One record per adverse event per subject"
    assert ae.keys == ("STUDYID", "USUBJID", "AEDECOD", "AESTDTC")
    assert list(ae.variables)[:5] == ["STUDYID", "DOMAIN", "USUBJID", "AESEQ", "AETERM"]


VARIABLES = {
    # dataset, variable: what the standard fills in
    ("AE", "AETERM"): {
        "label": "Reported Term for the Adverse Event",
        "type": "text",
        "core": "Req",
        "role": "Topic",
    },
    ("AE", "AESER"): {
        "label": "Serious Event",
        "type": "text",
        "core": "Exp",
        "role": "Record Qualifier",
        "codelist": "NY",
    },
    ("AE", "AESTDTC"): {
        "label": "Start Date/Time of Adverse Event",
        "type": "iso",
        "core": "Exp",
        "role": "Timing",
    },
    ("AE", "AESTDY"): {
        "label": "Study Day of Start of Adverse Event",
        "type": "integer",
        "role": "Timing",
    },
    ("AE", "AELLTCD"): {
        "label": "Lowest Level Term Code",
        "type": "integer",
        "core": "Exp",
        "role": "Variable Qualifier",
        "dictionary": "MedDRA",
    },
    ("LB", "LBTESTCD"): {
        "label": "Lab Test or Examination Short Name",
        "type": "text",
        "max_length": 8,
        "core": "Req",
        "role": "Topic",
    },
    ("LB", "LBSTRESN"): {
        "label": "Numeric Result/Finding in Standard Units",
        "type": "float",
        "core": "Exp",
        "role": "Result Qualifier",
    },
    ("LB", "DOMAIN"): {
        "label": "Domain Abbreviation",
        "type": "text",
        "max_length": 2,
        "core": "Req",
        "role": "Identifier",
        "codelist": "DOMAIN",
    },
}


@pytest.mark.parametrize(("dataset", "variable"), VARIABLES)
def test_a_variable_of_sdtm_needs_its_name_alone(tmp_path: Path, dataset: str, variable: str) -> None:
    read_ = spec(tmp_path, "sdtm", whole(dataset, **{variable: ""}))
    assert of(read_, variable) == VARIABLES[dataset, variable]


ANALYSIS = {
    # class of the dataset, variable: what the standard fills in
    ("BASIC DATA STRUCTURE", "AVAL"): {"label": "Analysis Value", "type": "float", "core": "Cond"},
    ("BASIC DATA STRUCTURE", "ADT"): {
        "label": "Analysis Date",
        "type": "date",
        "format": "DATE9.",
        "core": "Cond",
    },
    ("BASIC DATA STRUCTURE", "ANL01FL"): {
        "label": "Analysis Flag 01",
        "type": "text",
        "max_length": 1,
        "core": "Cond",
        "codelist": "NY",
    },
    ("BASIC DATA STRUCTURE", "PARAMCD"): {
        "label": "Parameter Code",
        "type": "text",
        "max_length": 8,
        "core": "Req",
    },
    # carried over: from ADSL, from SDTM
    ("BASIC DATA STRUCTURE", "SAFFL"): {
        "label": "Safety Population Flag",
        "type": "text",
        "max_length": 1,
        "codelist": "NY",
    },
    ("BASIC DATA STRUCTURE", "SEX"): {"label": "Sex", "type": "text", "codelist": "SEX"},
    # -- stands for the letters of the domain, where the guide of SDTM does not list the variable in it
    ("OCCURRENCE DATA STRUCTURE", "MHPTCD"): {
        "label": "Preferred Term Code",
        "type": "integer",
        "dictionary": "MedDRA",
    },
    ("OCCURRENCE DATA STRUCTURE", "MHTERM"): {
        "label": "Reported Term for the Medical History",
        "type": "text",
    },
    ("SUBJECT LEVEL ANALYSIS DATASET", "TRT02P"): {
        "label": "Planned Treatment for Period 02",
        "type": "text",
        "core": "Req",
    },
    ("SUBJECT LEVEL ANALYSIS DATASET", "AGE"): {"label": "Age", "type": "integer", "core": "Req"},
}


@pytest.mark.parametrize(("class_", "variable"), ANALYSIS)
def test_a_variable_of_adam_is_that_of_its_structure_or_of_where_it_comes_from(
    tmp_path: Path, class_: str, variable: str
) -> None:
    text = f"dataset: X\nlabel: x\nclass: {class_}\nstructure: x\nkeys: [STUDYID]\nvariables: [{variable}]"
    assert of(spec(tmp_path, "adam", text), variable) == ANALYSIS[class_, variable]


@pytest.mark.parametrize(
    ("label", "is_told"),
    [("1st Occurrence of Serious Event Flag", False), ("1st Occurrence of ", True), ("First Serious", True)],
)
def test_a_label_that_the_standard_begins_is_completed(tmp_path: Path, label: str, is_told: bool) -> None:
    text = (
        "dataset: X\nlabel: x\nclass: OCCURRENCE DATA STRUCTURE\nstructure: x\nkeys: [STUDYID]\nvariables:\n"
    )
    text += f"  - AOCC01FL: {{label: '{label}'}}"
    if is_told:
        with pytest.raises(SpecError, match=r"AOCC01FL: label is 1st Occurrence of \.\.\. in ADaMIG 1\.3"):
            spec(tmp_path, "adam", text)
    else:
        assert spec(tmp_path, "adam", text).variables["AOCC01FL"].label == label


def test_adsl_needs_no_label_class_structure_or_keys(tmp_path: Path) -> None:
    adsl = spec(tmp_path, "adam", "dataset: ADSL\nvariables: [STUDYID, USUBJID, AGE]")
    assert adsl.label == "Subject-Level Analysis Dataset"
    assert adsl.keys == ("STUDYID", "USUBJID")


def test_what_the_study_says_is_added_to_what_the_standard_says(tmp_path: Path) -> None:
    said = {
        "AETERM": "{max_length: 80, comment: As reported}",
        "AESEV": "{codelist: null}",
        "AENEW": "{label: A New One, supp: true}",
    }
    ae = spec(tmp_path, "sdtm", whole("AE", **said) + "\nkeys: [USUBJID, AETERM]")
    assert ae.keys == ("USUBJID", "AETERM")
    assert (ae.variables["AETERM"].label, ae.variables["AETERM"].max_length) == (
        "Reported Term for the Adverse Event",
        80,
    )
    assert ae.variables["AESEV"].codelist is None
    assert of(ae, "AENEW") == {"label": "A New One", "type": "text", "supp": True}


def test_a_dataset_of_the_studys_own_may_be_like_one_of_the_guide(tmp_path: Path) -> None:
    text = "dataset: DC\nlike: DM\nlabel: Earlier Screenings\nnonstandard: true\nvariables: [SUBJID, SEX]"
    dc = spec(tmp_path, "sdtm", text)
    assert (dc.label, dc.class_) == ("Earlier Screenings", "SPECIAL PURPOSE")
    assert dc.variables["SEX"].label == "Sex"


def test_the_same_variables_by_name_give_the_same_spec(tmp_path: Path) -> None:
    listed = spec(tmp_path, "sdtm", whole("TE"))
    named = spec(
        tmp_path,
        "sdtm",
        "dataset: TE\nvariables: {STUDYID: {}, DOMAIN: {}, ETCD: {}, ELEMENT: {}, TESTRL: {}}",
    )
    assert listed == named


@pytest.mark.parametrize(
    ("layer", "text", "told"),
    [
        (
            "sdtm",
            "dataset: AE\nvariables:\n  - AETERM: {label: Bad Things}",
            "3:14: AE.AETERM: label is Reported Term for the Adverse Event in SDTMIG 3.4, Bad Things here;"
            " delete it, or say `nonstandard: why` of the variable",
        ),
        (
            "sdtm",
            "dataset: AE\nvariables: [AESTDTC: {type: integer}]",
            "2:23: AE.AESTDTC: type is Char in SDTMIG 3.4, integer here",
        ),
        ("sdtm", "dataset: AE\nvariables: [AESER: {core: Perm}]", "AE.AESER: core is Exp in SDTMIG 3.4"),
        ("sdtm", "dataset: AE\nvariables: [AESER: {role: Topic}]", "AE.AESER: role is Record Qualifier"),
        (
            "sdtm",
            "dataset: AE\nvariables: [AESERR]",
            "2:13: AESERR is no variable of AE in SDTMIG 3.4; did you mean AESER?",
        ),
        ("sdtm", "dataset: AE\nlabel: Bad\nvariables: [AETERM]", "2:1: AE: label is Adverse Events"),
        ("sdtm", "dataset: AE\nclass: FINDINGS\nvariables: [AETERM]", "2:1: AE: class is EVENTS"),
        (
            "sdtm",
            "dataset: DC\nlike: DMM\nvariables: []",
            "2:1: DMM is no dataset of SDTMIG 3.4; did you mean DM?",
        ),
        ("sdtm", "dataset: AE\nvariables: [AETERM, AETERM]", "2:21: AETERM stands here twice"),
        ("sdtm", "dataset: AE\nvariables: [[AETERM]]", "2:13: the name of a variable is expected"),
        ("sdtm", "dataset: AE\nvariables: {AETERM: text}", "2:13: AETERM: attributes are expected"),
        (
            "adam",
            "dataset: ADSL\nvariables: [AGE: {label: Years}]",
            "2:19: ADSL.AGE: label is Age in ADaMIG 1.3, Years here",
        ),
    ],
)
def test_what_contradicts_the_standard_is_told_with_its_place(
    tmp_path: Path, layer: str, text: str, told: str
) -> None:
    with pytest.raises(SpecError) as refused:
        spec(tmp_path, layer, text)
    assert f"/specs/{layer}/x.yaml:" in str(refused.value)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        whole("AE", AETERM="{label: Bad Things, nonstandard: The plan says so}"),
        whole("AE", AEX="{label: X, nonstandard: The plan says so}"),
        whole("AE", AEX="{label: X, supp: true}"),
        "dataset: ZZ\nlabel: z\nclass: EVENTS\nstructure: z\nkeys: [ZZX]\nvariables: [ZZX: {label: X}]",
    ],
)
def test_what_is_otherwise_on_purpose_is_taken(tmp_path: Path, text: str) -> None:
    assert spec(tmp_path, "sdtm", text).variables


def test_every_contradiction_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        spec(tmp_path, "sdtm", whole("AE", AESERR="", AETERM="{core: Perm}", AEOUTT=""))
    assert len(str(refused.value).split("\n")) == 3


ALL_OF_TI = "STUDYID, DOMAIN, IETESTCD, IETEST, IECAT"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "dataset: TE\nvariables: [STUDYID, DOMAIN, ETCD, TESTRL]",
            "2:1: TE.ELEMENT is Required in SDTMIG 3.4 and not here; add it",
        ),
        (
            whole("AE").replace("AEACN, ", ""),
            "AE.AEACN is Expected in SDTMIG 3.4 and not here; add it, or say `not_collected: {AEACN: why}`",
        ),
        (
            whole("AE") + "\nnot_collected: {AEACN: Nobody asked}",
            "AEACN is among the variables; delete it in one place",
        ),
        (
            whole("AE") + "\nnot_collected: {AEACNN: Nobody asked}",
            "AEACNN is no variable of AE in SDTMIG 3.4; did you mean AEACN?",
        ),
        (
            f"dataset: TI\nvariables: [{ALL_OF_TI.replace('IETESTCD, IETEST', 'IETEST, IETESTCD')}]",
            "2:38: IETESTCD stands before IETEST in SDTMIG 3.4; change the order",
        ),
    ],
)
def test_what_the_guide_wants_must_be_there_in_its_order(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        spec(tmp_path, "sdtm", text)
    assert told in str(refused.value)


def test_an_expected_variable_that_is_not_collected_is_left_out_with_its_reason(tmp_path: Path) -> None:
    text = whole("AE").replace("AEACN, ", "") + "\nnot_collected: {AEACN: The form does not ask}"
    assert spec(tmp_path, "sdtm", text).not_collected == {"AEACN": "The form does not ask"}


# --- codelists
def test_a_list_of_terms_gets_name_kind_and_codes_of_the_terminology(tmp_path: Path) -> None:
    sex = lists(tmp_path, "SEX: [F, M]").root["SEX"]
    assert (sex.name, sex.code, sex.standard, sex.extensible) == ("Sex", "C66731", "SDTM", False)
    assert {value: term.code for value, term in sex.terms.items()} == {"F": "C16576", "M": "C20197"}


def test_a_list_without_terms_is_the_whole_list(tmp_path: Path) -> None:
    found = lists(tmp_path, "C150811: {also: [FINAL LAB VISIT]}").root["C150811"]
    assert found.name == "Other Disposition Event Response"
    assert "TREATMENT UNBLINDED" in found.terms
    assert found.terms["TREATMENT UNBLINDED"].code is not None
    assert found.terms["FINAL LAB VISIT"].code is None


def test_a_term_may_have_spellings_or_a_decode(tmp_path: Path) -> None:
    text = """
UNIT: {terms: [mg, 10^9/L: [G/L]], also: [copies/cell]}
NY: {decoded: true, terms: [N, Y: [Checked, "1"]]}
VSTESTCD: {decoded: true, terms: [SYSBP, WEIGHT]}
VSTEST: {decodes_of: VSTESTCD}
DATEFL: {D: Day imputed}
GRADE: {name: Grade, ordered: true, terms: {low: Grade 1, high: Grade 2}}
"""
    found = lists(tmp_path, text).root
    assert found["UNIT"].terms["10^9/L"].collected == ("G/L",)
    assert list(found["UNIT"].terms) == ["mg", "10^9/L", "copies/cell"]
    assert found["NY"].terms["Y"].decode == "Yes"
    assert found["NY"].terms["Y"].collected == ("Checked", "1")
    assert found["VSTESTCD"].terms["SYSBP"].decode == "Systolic Blood Pressure"
    assert list(found["VSTEST"].terms) == ["Systolic Blood Pressure", "Weight"]
    assert found["VSTEST"].terms["Weight"].code == found["VSTESTCD"].terms["WEIGHT"].code == "C25208"
    assert found["DATEFL"].terms["D"].decode == "Day imputed"
    assert [t.order for t in found["GRADE"].terms.values()] == [1, 2]
    assert found["GRADE"].code is None


def test_terms_of_several_lists_keep_their_codes(tmp_path: Path) -> None:
    text = "DSDECOD: {name: Status, lists: [C66727, C114118], terms: [COMPLETED, RANDOMIZED]}"
    found = lists(tmp_path, text).root["DSDECOD"]
    assert (found.code, found.terms["COMPLETED"].code, found.terms["RANDOMIZED"].code) == (
        None,
        "C25250",
        "C114209",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SEX: [F, MALE]", "1:10: MALE is no term of SEX, a list that is not extensible"),
        ("UNIT: [mg, mgg]", "1:12: mgg is no term of UNIT; did you mean mg?; a term of the sponsor's own"),
        ("SEXX: [F]", "1:1: SEXX is no codelist of the terminology; a list of the study's own says `name`"),
        ("SEX: {name: Gender, code: C66731, terms: [F]}", "1:7: SEX: name is Sex in SDTM CT 2022-09-30"),
        ("SEX: {code: C99999999, terms: [F]}", "C99999999 is no codelist of SDTM CT 2022-09-30, ADaM CT"),
        ("SEX: {terms: {F: {code: C1}}}", "F has the code C16576 in the terminology, C1 here; delete it"),
        ("SEX: {terms: [F], extensibel: true}", "extensibel is not a key here; did you mean extensible?"),
        ("A: {name: a, decodes_of: B}", "B is no list above this one"),
        ("A: {name: a, terms: [X]}\nB: {name: b, decodes_of: A}", "2:14: A: X has no decode"),
        ("A: {name: a, lists: [C1], terms: [X]}", "C1 is no codelist of the terminology"),
        ("SEX: [F, M, F]", "1:13: F stands here twice"),
        ("SEX: F", "1:1: terms are expected: [TERM, TERM]"),
        ("SEX: [[F]]", "a term is expected, or TERM: [spellings]"),
    ],
)
def test_a_list_that_is_not_of_the_terminology_is_told_with_its_place(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(SpecError) as refused:
        lists(tmp_path, text)
    assert told in str(refused.value)


def test_each_code_of_a_whole_list_of_tests_has_the_name_of_its_test(tmp_path: Path) -> None:
    terms = lists(tmp_path, "VSTESTCD: {also: [MADEUP], decoded: true}\n").root["VSTESTCD"].terms
    assert terms["SYSBP"].decode == "Systolic Blood Pressure"
    assert terms["PULSE"].decode == "Pulse Rate"
    assert len(terms) > 60


# --- one fault, told once
def test_a_fault_in_a_code_list_is_told_without_the_specs_that_could_not_be_completed(tmp_path: Path) -> None:
    files = {
        "specs/codelists.yaml": "SEX: {FEMALES: [Female]}\n",
        "specs/sdtm/dm.yaml": "dataset: DM\nvariables: {RACEOTH: {label: Other Race, supp: true}}\n",
    }
    assert minimal.faults(tmp_path, files) == [
        "specs/codelists.yaml:1:7: FEMALES is no term of SEX, a list that is not extensible"
    ]


def test_a_value_beside_a_closed_list_needs_no_terms_beside_it(tmp_path: Path) -> None:
    own = (minimal.EXAMPLE / "specs" / "codelists.yaml").read_text("utf-8")
    files = {"specs/codelists.yaml": f"{own}SEX: {{beside: {{MULTIPLE: as SDTMIG asks}}}}\n"}
    sex = minimal.study(tmp_path, files).codelists["SEX"]
    assert set(sex.terms) == {"F", "M", "U", "UNDIFFERENTIATED"}
    assert dict(sex.beside) == {"MULTIPLE": "as SDTMIG asks"}
