"""A result that has digits is a number as its contract writes it, or it is asked about: at the door and in a
build, by one rule. What the contract declares is honoured, and what was collected is published as it was.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import sources
from pipeline.explain import explain
from pipeline.finished.folder import Folder
from pipeline.mapping_book import book
from pipeline.mapping_book.text import recoding_lines
from pipeline.sources import contract
from pipeline.study import Study
from pipeline.study.models import RawFile
from tests.support import reading, small_builds
from tests.support.door import changed, checked, small
from tests.support.explained import considered
from tests.support.tabulated import datasets, forms, rows

RULE = "RESULT-NO-NUMBER"
NEARLY = {  # of a sample of FD-001: the laboratory's test, and the result as a vendor writes it
    "NEU#": "3,57",
    "LYM#": "1_650",
    "WBC": "5.1E0",
    "HGB": "135 *",
    "PLT": "1 204",
    "RBC": "12-",
    "ALT": "<5,0",
    "AST": "nan",
    "TBIL": "8.6 H",
    "CREA": "1,020.5",
    "NA": "~140",
    "K": "4.1 (hemolyzed)",
    "CA": "2.2-2.4",
    "MG": "０.8",
    "U-SG": "1,020",  # a specific gravity: a number without a unit
    "U-PH": "5.",
}
AS_THEY_STAND = {
    "ALP": ">= 40",
    "GGT": "≥5",
    "LDH": "Haemolysed",
    "CK": "+5",
    "CL": ".5",
    "U-PRO": "1+",
    "U-KET": "Positive (1+)",
    "U-URO": "1:80",
    "U-BLD": "5-10",
    "U-NIT": "NEG",
    "U-LEU": "+++",
}


def of_sample(test: str) -> dict[str, str]:
    return {"SUBJECT": "FD-001", "FOLDER": "SCREENING", "TEST_CODE": test}


def test_what_looks_like_a_number_and_is_none_stops_the_build_and_is_asked_about_at_the_door(
    study: Study, tmp_path: Path
) -> None:
    drop = small(tmp_path / "drop")
    for test, result in {**NEARLY, **AS_THEY_STAND}.items():
        changed(drop, "lab.csv", of_sample(test), {"RESULT": result, "DONE": "Yes", "REASON": ""})
    # a score is a result in words, copies of a gene and per cent are numbers
    of_pathology = {"SUBJECT": "FD-001", "FORM": "PATH"}
    changed(drop, "path.csv", {**of_pathology, "TEST": "HER2", "METHOD": "IHC"}, {"RESULT": "3+/2+"})
    changed(drop, "path.csv", {**of_pathology, "TEST": "HER2", "METHOD": "FISH"}, {"RESULT": "7,2"})
    changed(drop, "path.csv", {**of_pathology, "TEST": "ER"}, {"RESULT": "70 %"})
    expected = [("lab", result) for result in NEARLY.values()] + [("path", "7,2"), ("path", "70 %")]

    queries = [q for q in checked(study, drop, tmp_path / "out").queries if q["rule"] == RULE]
    assert sorted((q["form"], q["value"]) for q in queries) == sorted(expected)
    assert {(q["severity"], q["field"], q["expected"]) for q in queries} == {
        ("error", "RESULT", "a number, with a sign such as < or without, or words without digits")
    }
    findings = [f for f in reading.read(study, drop).findings if f.rule == RULE]
    assert sorted((f.dataset, f.value) for f in findings) == sorted(expected)
    assert {(f.severity, f.variable, f.message) for f in findings} == {
        ("error", "RESULT", "has digits and is no number; query the site")
    }


# --- marks that a contract declares
def declared(study: Study, form: str, **file: Any) -> Study:
    """The study, the numbers of a form's file written with other marks."""
    marks = RawFile(**file)
    fields = {n: f.written_as(marks) for n, f in study.forms[form].fields.items()}
    changed_form = study.forms[form].model_copy(update={"fields": fields, "file": marks})
    return replace(study, forms={**study.forms, form: changed_form})


WITH_MARKS = {
    # LBORRES, LBORNRLO, LBORNRHI, LBSTRESC, LBSTRESN, LBSTNRLO, LBSTNRHI, LBNRIND
    "HGB": ("10,4", "g/dL", "11,5", "15,0", ("10,4", "11.5", "15.0", "104", 104.0, 115.0, 150.0, "LOW")),
    "CREA": ("1.020,5", "umol/L", "41", "81", ("1.020,5", "41", "81", "1020.5", 1020.5, 41.0, 81.0, "HIGH")),
    "ALT": ("<5,0", "U/L", "7,0", "40", ("<5,0", "7.0", "40", "<5.0", None, 7.0, 40.0, "LOW")),
    "NEU#": ("3,57", "10^9/L", "1,80", "6,30", ("3,57", "1.80", "6.30", "3.57", 3.57, 1.8, 6.3, "NORMAL")),
    "PLT": ("1,020", "10^9/L", "125", "350", ("1,020", "125", "350", "1.020", 1.02, 125.0, 350.0, "LOW")),
}
TESTCD = {"HGB": "HGB", "CREA": "CREAT", "ALT": "ALT", "NEU#": "NEUT", "PLT": "PLAT"}


def with_marks(lab: pd.DataFrame) -> pd.DataFrame:
    here = lab["record"].str.startswith("FD-021|L0021001|")
    for test, (result, unit, low, high, _) in WITH_MARKS.items():
        at = here & lab["TEST_CODE"].eq(test)
        lab.loc[at, ["RESULT", "UNIT", "LOW", "HIGH"]] = [result, unit, low, high]
    kept = here & lab["TEST_CODE"].isin([*WITH_MARKS])
    return lab[kept].reset_index(drop=True)


@pytest.mark.parametrize("test", WITH_MARKS)
def test_a_declared_mark_is_honoured_and_the_result_is_published_as_collected(
    study: Study, sample: sources.Drop, test: str
) -> None:
    german = declared(study, "lab", decimal=",", thousands=".")
    found = datasets(german, forms(sample, "FD-021", lab=with_marks), "LB")["LB"]
    columns = "LBORRES LBORNRLO LBORNRHI LBSTRESC LBSTRESN LBSTNRLO LBSTNRHI LBNRIND"
    assert rows(found, columns, LBTESTCD=TESTCD[test]) == [WITH_MARKS[test][4]]


def test_a_result_that_is_written_otherwise_than_declared_is_a_finding_and_no_guess(
    study: Study, sample: sources.Drop
) -> None:
    lab = with_marks(forms(sample, "FD-021")["lab"]).assign(RESULT=["3.57", "1,020", "1.02", "5,0", "12.000"])
    _, findings = contract.typed(declared(study, "lab", decimal=",", thousands=".").forms["lab"], lab)
    findings = [f for f in findings if f.rule == RULE]
    assert sorted(f.value for f in findings) == ["1.02", "3.57"]
    words = "has digits and is no number with a comma before the decimals and a point between thousands"
    assert {f.message for f in findings} == {f"{words}; query the site"}


def test_numbers_with_a_comma_are_doses_diameters_and_sums(study: Study, sample: sources.Drop) -> None:
    def comma(*fields: str) -> Any:
        return lambda form: form.assign(**{f: form[f].str.replace(".", ",") for f in fields})

    german = study
    for form in ("vs", "tras", "tl", "resp"):
        german = declared(german, form, decimal=",")
    commas = {
        "vs": comma("WEIGHT", "TEMP", "HEIGHT"),
        "tras": comma("GIVEN_MG"),
        "tl": comma("DIAMETER"),
        "resp": comma("SUM"),
    }
    by_point = datasets(study, forms(sample, "FD-001", "FD-021"), "EX", "VS", "TR", "ADTR")
    by_comma = datasets(german, forms(sample, "FD-001", "FD-021", **commas), "EX", "VS", "TR", "ADTR")
    assert rows(by_comma["VS"], "VSORRES VSSTRESC VSSTRESN", VSTESTCD="TEMP")[:1] == [("37,1", "37.1", 37.1)]
    assert by_comma["VS"]["VSORRES"].str.contains(",").sum() > 10
    for name, variables in {
        "EX": ["EXDOSE"],
        "VS": ["VSSTRESC", "VSSTRESN"],
        "TR": ["TRSTRESC", "TRSTRESN"],
        "ADTR": ["AVAL"],
    }.items():
        pd.testing.assert_frame_equal(by_comma[name][variables], by_point[name][variables])


def test_the_check_of_a_drop_reads_numbers_as_the_contract_says(study: Study, tmp_path: Path) -> None:
    german = declared(study, "vs", decimal=",")
    drop = small(tmp_path / "drop")
    text = (drop / "vs.csv").read_text(encoding="utf-8")
    header, *lines = text.splitlines()
    at = header.split(",").index("TEMP")
    for number, line in enumerate(lines):
        cells = line.split(",")
        for place, name in enumerate(header.split(",")):
            if name in ("WEIGHT", "TEMP", "HEIGHT") and "." in cells[place]:
                cells[place] = f'"{cells[place].replace(".", ",")}"'
        if number == 0:
            cells[at] = '"47,1"'
        lines[number] = ",".join(cells)
    (drop / "vs.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    queries = [q for q in checked(german, drop, tmp_path / "out").queries if q["form"] == "vs"]
    assert [(q["rule"], q["field"], q["value"]) for q in queries] == [("RAW-RANGE", "TEMP", "47,1")]


def test_explain_and_the_mapping_say_how_a_number_with_a_comma_was_read(tmp_path: Path) -> None:
    dose = small_builds.file("specs/raw/dose.yaml")
    out = small_builds.built(
        tmp_path,
        "comma",
        {"specs/raw/dose.yaml": dose.replace("keys: [FOLDER]\n", 'keys: [FOLDER]\nfile: {decimal: ","}\n')},
        {"dose.csv": small_builds.DROP["dose.csv"].replace(",100,", ',"100,5",')},
    )
    cell = explain.explain(out, "EX.EXDOSE", ["USUBJID=S1-01", "EXSEQ=1"], considered).root
    (raw,) = cell.parts
    assert (cell.value, raw.value, raw.note) == (100.5, "100,5", "read as 100.5 (specs/raw/dose.yaml:10)")
    assert cell.rule is not None
    assert cell.rule.text == "The value, as a number."
    (sheet,) = book.sheets(Folder.opened(out), "EX.EXDOSE")
    ((entry,),) = [target.entries for target in sheet.targets]
    assert entry.verb_in_words == "as a number"
    assert recoding_lines(entry) == ["dose.MG: read as a number in plain form: 2"]
