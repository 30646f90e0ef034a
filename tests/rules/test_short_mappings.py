"""A mapping in few words is the long one: each line of the long form; the rule that gave what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.lint import lint
from pipeline.study import Study
from pipeline.study.models import Codelist
from tests.support import minimal

DM, AE, DS, EX = (f"mappings/sdtm/{name}.yaml" for name in ("dm", "ae", "ds", "ex"))
VITAL_SIGNS = """\
title: Vital signs
keys: [PATNUM, VISIT, POSITION]
visit: VISIT
text: [PATNUM, VISIT, POSITION]
number: [SYS, DIA, PULSE]
date: {YYYY-MM-DD: [DAY]}
"""
VISITS = "visits: [{name: BASELINE, number: 1, day: 1}, {name: WEEK 2, number: 2, day: 15}]\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return minimal.study(tmp_path_factory.mktemp("minimal"))


def with_vital_signs(tmp_path: Path, mapping: str) -> Study:
    """The minimal study with a form of vital signs, visits, and this mapping."""
    plan = (minimal.EXAMPLE / "specs/study.yaml").read_text(encoding="utf-8")
    return minimal.study(
        tmp_path,
        {
            "specs/study.yaml": plan.rstrip("\n") + "\n" + VISITS,
            "specs/raw/vs_raw.yaml": VITAL_SIGNS,
            "mappings/sdtm/vs.yaml": mapping,
        },
    )


def test_a_factor_of_a_test_is_refused_where_no_dataset_has_tests(tmp_path: Path) -> None:
    told = minimal.faults(tmp_path, {"specs/units.yaml": 'WEIGHT LB: {to: kg, factor: "0.45359237"}\n'})
    assert told == [
        "specs/units.yaml:1:1: WEIGHT is a test, and no dataset of the study has tests; delete the line"
    ]


def test_what_one_block_writes_of_a_name_says_nothing_of_the_others(tmp_path: Path) -> None:
    first = "{DSTERM: {constant: INFORMED CONSENT OBTAINED}"
    of_block = "{DSCAT: {constant: PROTOCOL MILESTONE}, DSTERM: {constant: INFORMED CONSENT OBTAINED}"
    study = minimal.study(tmp_path, replaced={"ds": (first, of_block)})
    blocks = study.located[DS].value["records"]
    given = [block["variables"]["DSCAT"] for block in blocks]
    assert given[0] == {"constant": "PROTOCOL MILESTONE"}
    assert [line["derive"] for line in given[1:]] == ["category_of_disposition"] * 2
    assert study.located[DS].at(("records", 1, "variables", "DSCAT")).endswith("+ rule 7")


EACH = """\
dataset: VS
from: vs_raw
each:
  - {VSTESTCD: SYSBP, VSORRES: SYS, VSORRESU: mmHg}
  - {VSTESTCD: PULSE, VSORRES: PULSE, VSORRESU: beats/min}
variables:
  VSPOS: {codelist: POSITION}
  VSDTC: {date: DAY}
"""


def part(study: Study, file: str, *path: str | int) -> Any:
    return study.located[file].part(path)


def line(study: Study, file: str, variable: str) -> Any:
    return part(study, file, "variables", variable)


# --- what is written short
def test_from_at_the_top_is_one_block_of_records(study: Study) -> None:
    assert part(study, AE, "records") == [{"from": "ae_raw"}]


def test_a_list_of_copies_is_a_line_a_name_at_its_place(study: Study) -> None:
    assert line(study, AE, "AELLTCD") == {"copy": "AELLTCD"}
    assert study.located[AE].at(("variables", "AELLTCD")) == "mappings/sdtm/ae.yaml:4:15"


@pytest.mark.parametrize(
    ("file", "path", "codelist", "field"),
    [
        (AE, ("variables", "AESER"), "NY", "IT.AESER"),  # C66742 of SDTMIG
        (AE, ("variables", "AEREL"), "AEREL", "IT.AEREL"),  # named on the line: SDTMIG has no list for it
        (DM, ("variables", "SEX"), "SEX", "IT.SEX"),
        (DS, ("records", 1, "variables", "DSDECOD"), "DSDECOD", "IT.DSDECOD"),  # of three lists
    ],
)
def test_a_codelist_that_names_its_field_alone_is_the_variables_own(
    study: Study, file: str, path: tuple[str | int, ...], codelist: str, field: str
) -> None:
    assert part(study, file, *path) == {"codelist": codelist, "of": field}


def test_each_is_a_block_a_record_and_leaves_out_records_without_a_result(tmp_path: Path) -> None:
    expanded = with_vital_signs(tmp_path, EACH)
    assert part(expanded, "mappings/sdtm/vs.yaml", "records") == [
        {
            "from": "vs_raw",
            "where": {"SYS": "present"},
            "variables": {
                "VSTESTCD": {"constant": "SYSBP"},
                "VSORRES": {"copy": "SYS"},
                "VSORRESU": {"constant": "mmHg"},
            },
        },
        {
            "from": "vs_raw",
            "where": {"PULSE": "present"},
            "variables": {
                "VSTESTCD": {"constant": "PULSE"},
                "VSORRES": {"copy": "PULSE"},
                "VSORRESU": {"constant": "beats/min"},
            },
        },
    ]
    place = expanded.located["mappings/sdtm/vs.yaml"].at(("records", 1, "variables", "VSORRES"))
    assert place == "mappings/sdtm/vs.yaml:5:23"


# --- what rules give
@pytest.mark.parametrize(
    ("file", "variable", "rule", "expected"),
    [
        (AE, "STUDYID", "rule 2", {"constant": "study.id"}),
        (AE, "DOMAIN", "rule 2", {"constant": "AE"}),
        (AE, "AESEQ", "rule 2", {"derive": "sequence", "of": {"records": ["AEDECOD", "AESTDTC"]}}),
        (EX, "EXSEQ", "rule 2", {"derive": "sequence", "of": {"records": ["EXTRT", "EXSTDTC"]}}),
        (
            AE,
            "AESTDY",
            "rule 4",
            {"derive": "study_day", "of": {"date": "AESTDTC", "reference": "DM.RFSTDTC"}},
        ),
        (DM, "DMDY", "rule 4", {"derive": "study_day", "of": {"date": "DMDTC", "reference": "DM.RFSTDTC"}}),
        (
            DM,
            "RFXSTDTC",
            "rule 5",
            {"derive": "first_date", "of": {"usubjid": "USUBJID", "records": ["EX.EXSTDTC"]}},
        ),
        (DM, "RFSTDTC", "rule 5", {"copy": "DM.RFXSTDTC"}),
        (DM, "DTHFL", "rule 5", {"derive": "flag_of_death", "of": {"date": "DTHDTC"}}),
        (DM, "ARM", "rule 5", {"derive": "arm_name", "of": {"code": "ARMCD", "arms": "specs.arms"}}),
        (
            DS,
            "DSCAT",
            "rule 7",
            {
                "derive": "category_of_disposition",
                "of": {
                    "term": "DSDECOD",
                    "ended": "specs.codelists.NCOMPLT",
                    "milestones": "specs.codelists.PROTMLST",
                    "others": "specs.codelists.C150811",
                },
            },
        ),
        ("mappings/adam/adsl.yaml", "STUDYID", "rule 2", {"copy": "DM.STUDYID"}),
    ],
)
def test_what_a_study_leaves_out_is_given_by_a_rule(
    study: Study, file: str, variable: str, rule: str, expected: dict[str, Any]
) -> None:
    assert line(study, file, variable) == expected
    assert study.located[file].at(("variables", variable)) == f"{file} + {rule}"


@pytest.mark.parametrize(
    ("variable", "rule", "expected"),
    [
        (
            "VSTEST",
            "rule 7",
            {"derive": "decoded", "of": {"code": "VSTESTCD", "codelist": "specs.codelists.VSTESTCD"}},
        ),
        ("VSSTRESN", "rule 4", {"derive": "result_as_number", "of": {"result": "VSSTRESC"}}),
        (
            "VSLOBXFL",
            "rule 4",
            {
                "derive": "last_before_dose",
                "of": {"records": ["VSTESTCD", "VSDTC", "VSORRES"], "reference": ["DM.RFXSTDTC"]},
            },
        ),
        (
            "VISITNUM",
            "rule 6",
            {"derive": "visit_number", "of": {"visit": "vs_raw.VISIT", "visits": "specs.visits"}},
        ),
    ],
)
def test_rules_of_findings(tmp_path: Path, variable: str, rule: str, expected: dict[str, Any]) -> None:
    expanded = with_vital_signs(tmp_path, EACH)
    assert line(expanded, "mappings/sdtm/vs.yaml", variable) == expected
    assert expanded.located["mappings/sdtm/vs.yaml"].rule_of(("variables", variable)) == rule
    assert list(expanded.datasets["VS"].variables) == [
        *("STUDYID", "DOMAIN", "USUBJID", "VSSEQ", "VSTESTCD", "VSTEST", "VSPOS", "VSORRES", "VSORRESU"),
        *("VSSTRESC", "VSSTRESN", "VSSTRESU", "VSLOBXFL", "VISITNUM", "VISIT", "VISITDY", "EPOCH"),
        *("VSDTC", "VSDY"),
    ]
    assert lint(minimal_root(expanded)) == []


def minimal_root(study: Study) -> Path:
    return study.folder


def test_what_a_study_writes_wins(tmp_path: Path) -> None:
    own = minimal.study(
        tmp_path, replaced={"ex": ("variables:\n", "variables:\n  EXSTDY: {copy: IT.ECDSTXT}\n")}
    )
    assert line(own, EX, "EXSTDY") == {"copy": "IT.ECDSTXT"}
    assert own.located[EX].rule_of(("variables", "EXSTDY")) == ""


def test_leave_out_turns_a_rule_off(tmp_path: Path) -> None:
    without = minimal.study(
        tmp_path, replaced={"ex": ("from: ec_raw", "from: ec_raw\nleave_out: {EXENDY: Not analysed}")}
    )
    assert "EXENDY" not in without.datasets["EX"].variables


def test_a_rule_does_not_fire_without_what_it_reads(tmp_path: Path) -> None:
    without = minimal.study(
        tmp_path, replaced={"ex": ("  EXENDTC:  {date: IT.ECENDAT}", "not_collected: {EXENDTC: Not asked}")}
    )
    assert "EXENDY" not in without.datasets["EX"].variables
    assert line(without, DM, "RFXENDTC")["of"] == {"usubjid": "USUBJID", "records": ["EX.EXSTDTC"]}


def test_a_spec_that_lists_its_variables_gets_no_others(tmp_path: Path) -> None:
    listed = "dataset: EX\nvariables: [STUDYID, DOMAIN, USUBJID, EXSEQ, EXTRT, EXDOSE, EXDOSU, EXDOSFRM,\n"
    listed += "  EXDOSFRQ, EXROUTE, EXSTDTC, EXENDTC]\n"
    expanded = minimal.study(tmp_path, {"specs/sdtm/ex.yaml": listed})
    assert "EXSTDY" not in expanded.datasets["EX"].variables
    assert line(expanded, EX, "EXSEQ") == {"derive": "sequence", "of": {"records": ["EXTRT", "EXSTDTC"]}}


# --- specs and code lists
def test_a_dataset_without_a_spec_has_what_is_mapped_or_ruled_in_the_order_of_the_guide(study: Study) -> None:
    assert list(study.datasets["EX"].variables) == [
        *("STUDYID", "DOMAIN", "USUBJID", "EXSEQ", "EXTRT", "EXDOSE", "EXDOSU", "EXDOSFRM", "EXDOSFRQ"),
        *("EXROUTE", "EPOCH", "EXSTDTC", "EXENDTC", "EXSTDY", "EXENDY"),
    ]
    assert study.datasets["EX"].keys == ("STUDYID", "USUBJID", "EXTRT", "EXSTDTC")
    assert study.datasets["AE"].keys == ("USUBJID", "AEDECOD", "AESTDTC", "AESEQ")  # as the mapping says
    assert study.datasets["AE"].variables["AESEV"].label == "Severity/Intensity"
    assert study.datasets["AE"].variables["AESEV"].codelist == "AESEV"


def test_a_spec_may_only_override(tmp_path: Path) -> None:
    spec = "dataset: ADSL\nvariables:\n  NACTDT: {label: Date of First New Anticancer Therapy, type: date}\n"
    mapping = (minimal.EXAMPLE / "mappings/adam/adsl.yaml").read_text(encoding="utf-8")
    mapping += "  NACTDT:  {derive: calendar_day, of: {date: DTHDTC}}\n"
    changed = {"specs/adam/adsl.yaml": spec, "mappings/adam/adsl.yaml": mapping}
    expanded = minimal.study(tmp_path, changed)
    assert expanded.datasets["ADSL"].variables["NACTDT"].label == "Date of First New Anticancer Therapy"
    assert expanded.datasets["ADSL"].variables["AGE"].label == "Age"


def test_a_variable_of_another_domain_stands_where_the_guide_has_it_there(tmp_path: Path) -> None:
    taken = minimal.study(
        tmp_path,
        replaced={
            "ae": ("variables:\n", "variables:\n  AEDTC: {date: AEDTCOL}\n  VISITNUM: {copy: AEPTCD}\n")
        },
    )
    names = [name for name in taken.datasets["AE"].variables if name != "EPOCH"]
    assert names[names.index("AESOD") :] == [
        *("AESOD", "VISITNUM", "AEDTC", "AESTDTC", "AEENDTC", "AEDY", "AESTDY", "AEENDY"),
    ]


def test_terms_with_spellings_are_the_whole_list_of_the_terminology_and_those_of_the_study(
    study: Study,
) -> None:
    others = study.codelists["C150811"]
    assert {"SITE TRANSFER", "FINAL LAB VISIT", "FINAL RETRIEVAL VISIT"} <= others.terms.keys()
    own = study.codelists["AEREL"]
    assert (own.name, own.code, list(own.terms)) == (
        "AEREL",
        None,
        ["NONE", "REMOTE", "POSSIBLE", "PROBABLE"],
    )


@pytest.mark.parametrize(
    ("codelist", "collected", "value", "how"),
    [
        ("SEX", "F", "F", "term"),
        ("SEX", "Female", "F", "preferred term"),
        ("AESEV", "Mild Adverse Event", "MILD", "preferred term"),
        ("AESEV", "1", "MILD", "synonym"),
        ("UNIT", "Milligram", "mg", "preferred term"),
        ("AEREL", "not related", "NONE", "spelling of the study"),
        ("UNIT", "Pa", "Pa", "term"),  # and not PA: the exact case decides
        ("UNIT", "PA", "PA", "term"),
        ("UNIT", "stone throws", None, "as collected"),
    ],
)
def test_a_collected_spelling_is_a_term_by_the_terminology_or_the_study(
    study: Study, codelist: str, collected: str, value: str | None, how: str
) -> None:
    known = study.codelists[codelist]
    assert (known.term_of(collected), known.how(collected)) == (value, how)


def test_the_lists_of_one_variable_are_one_list_of_all_their_terms(study: Study) -> None:
    together = study.codelists["DSDECOD"]
    assert {"COMPLETED", "RANDOMIZED", "SITE TRANSFER", "FINAL LAB VISIT"} <= together.terms.keys()
    assert together.name == "Standardized Disposition Term"


TWO_LISTS = """\
dataset: VS
records:
  - from: vs_raw
    variables:
      {VSTESTCD: {constant: SYSBP}, VSORRES: {copy: SYS},
       VSORRESU: {constant: mmHg}, VSPOS: {codelist: LYING, of: POSITION}}
  - from: vs_raw
    variables:
      {VSTESTCD: {constant: PULSE}, VSORRES: {copy: PULSE},
       VSORRESU: {constant: beats/min}, VSPOS: {codelist: UPRIGHT, of: POSITION}}
variables:
  VSDTC: {date: DAY}
"""
OWN_LISTS = """\

LYING: {code: C71148, terms: [PRONE, SUPINE]}
UPRIGHT: {code: C71148, terms: [SITTING, STANDING]}
"""


def test_the_lists_of_several_blocks_are_one_list_of_the_variable(tmp_path: Path) -> None:
    plan = (minimal.EXAMPLE / "specs/study.yaml").read_text(encoding="utf-8")
    lists = (minimal.EXAMPLE / "specs/codelists.yaml").read_text(encoding="utf-8")
    study = minimal.study(
        tmp_path,
        {
            "specs/study.yaml": plan.rstrip("\n") + "\n" + VISITS,
            "specs/codelists.yaml": lists.rstrip("\n") + OWN_LISTS,
            "specs/raw/vs_raw.yaml": VITAL_SIGNS,
            "mappings/sdtm/vs.yaml": TWO_LISTS,
        },
    )
    together = study.codelists["VSPOS"]
    assert sorted(together.terms) == ["PRONE", "SITTING", "STANDING", "SUPINE"]


def test_a_spelling_of_two_terms_means_the_one_that_is_written_exactly_so() -> None:
    positions = {"SITTING": {"synonyms": ["Sat up"]}, "FOWLER": {"synonyms": ["SAT UP"]}}
    known = Codelist.model_validate({"name": "Position", "terms": positions})
    assert [known.term_of(text) for text in ("Sat up", "SAT UP", "sat up")] == ["SITTING", "FOWLER", None]
    assert known.is_unclear("sat up")
    assert not known.is_unclear("SAT UP")


def test_results_that_may_be_numbers_have_no_list_of_results_in_words(tmp_path: Path) -> None:
    contract = "title: Laboratory\nkeys: [PATNUM, TEST]\ntext: [PATNUM, TEST, RESULT, UNIT]\n"
    mapping = """\
dataset: LB
from: lab
variables:
  LBTESTCD: {codelist: TEST}
  LBORRES:  {copy: RESULT}
  LBORRESU: {codelist: UNIT}
not_collected: {LBCAT: No, LBORNRLO: No, LBORNRHI: No, LBSTNRLO: No, LBSTNRHI: No, LBNRIND: No, VISITNUM: No,
  LBDTC: No, LBLOBXFL: No, LBSPEC: No, LBMETHOD: No}
"""
    study = minimal.study(tmp_path, {"specs/raw/lab.yaml": contract, "mappings/sdtm/lb.yaml": mapping})
    variables = study.datasets["LB"].variables
    assert (variables["LBSTRESC"].codelist, variables["LBORRESU"].codelist) == (None, "UNIT")


# --- slips
@pytest.mark.parametrize(
    ("dataset", "old", "new", "told"),
    [
        (
            "ae",
            "AESEV:    {codelist: IT.AESEV}",
            "AESEV:    {codelist: AESEV}",
            "mappings/sdtm/ae.yaml:7:3: AESEV is not a field of ae_raw; did you mean IT.AESEV?; without"
            " `of:`, `codelist` names the field; the list is AESEV's own, AESEV (C66769)",
        ),
        (
            "ae",
            "  AEREL:    {codelist: AEREL, of: IT.AEREL}\n",
            "",
            "mappings/sdtm/ae.yaml:1:1: AE.AEREL is Expected in SDTMIG 3.4 and nothing gives it; map it, or"
            " say `not_collected: {AEREL: why}`",
        ),
        (
            "dm",
            "  SEX:      {codelist: IT.SEX}\n",
            "",
            "mappings/sdtm/dm.yaml:1:1: DM.SEX is Required in SDTMIG 3.4 and nothing gives it; map it",
        ),
        (
            "dm",
            "from: dm_raw",
            "form: dm_raw",
            "mappings/sdtm/dm.yaml:2:1: form is not a key here; did you mean from?",
        ),
        (
            "dm",
            "copy: [SUBJID,",
            "copy: [SUBJID, SUBJID,",
            "mappings/sdtm/dm.yaml:3:16: SUBJID stands here twice",
        ),
        (
            "dm",
            "variables:",
            "variables:\n  SITEID: {copy: SITEID}",
            "mappings/sdtm/dm.yaml:5:3: SITEID is among `copy` as well; delete one of them",
        ),
        (
            "dm",
            "not_collected:",
            "leave_out: {RFXSTDTX: why}\nnot_collected:",
            "mappings/sdtm/dm.yaml:18:13: no rule gives RFXSTDTX, so there is nothing to leave out; did you"
            " mean RFXSTDTC?",
        ),
        (
            "dm",
            "not_collected:",
            "leave_out: {AGE: why}\nnot_collected:",
            "mappings/sdtm/dm.yaml:18:13: AGE is mapped; delete one of the two",
        ),
        (
            "dm",
            "unless: {DSDECOD:",
            "unless: {DSDECO:",
            "mappings/sdtm/dm.yaml:6:65: DSDECO is not among the columns of `records`; did you mean DSDECOD?",
        ),
        (
            "dm",
            "collected: PLANNED_ARMCD}, with: {no_arm: [Scrnfail]}",
            "collected: PLANNED_ARMCD}, with: {noarm: [Scrnfail]}",
            "mappings/sdtm/dm.yaml:15:71: arm_code has no parameter noarm; did you mean no_arm?",
        ),
        (
            "dm",
            "AGEU:     {constant: YEARS}",
            "AGEU:     {constant: YEARS, with: {a: b}}",
            "mappings/sdtm/dm.yaml:11:31: `with:` gives values to a function; only `derive` takes it",
        ),
        (
            "ds",
            "records:",
            "from: dm_raw\nrecords:",
            "mappings/sdtm/ds.yaml:2:1: `from` at the top is of one block of records; write it in each entry"
            " of `records`",
        ),
        (
            "adsl",
            "below: {65:",
            "below: {six:",
            "mappings/adam/adsl.yaml:5:53: group takes below as {number: text}, which this is not",
        ),
    ],
)
def test_a_slip_in_few_words_is_told_at_its_place(
    tmp_path: Path, dataset: str, old: str, new: str, told: str
) -> None:
    root = minimal.folder(tmp_path, replaced={dataset: (old, new)})
    assert next(iter(lint(root))).replace(f"{root.as_posix()}/", "") == told


def test_a_misspelt_term_is_no_term_of_the_sponsors_own(tmp_path: Path) -> None:
    lists = "AEREL: {NONE: [Not Related]}\nC150811: {SITE TRANSFERS: []}\n"
    told = minimal.faults(tmp_path, {"specs/codelists.yaml": lists})
    assert told[0] == (
        "specs/codelists.yaml:2:11: SITE TRANSFERS is no term of C150811; did you mean SITE TRANSFER? A term"
        " of the sponsor's own stands under `also`"
    )
