"""LB: the laboratory's codes, units, limits and reasons in the words of the standard."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import facts, run, sources, validate
from pipeline.study import Study
from tests.support.tabulated import datasets, forms, objections, rows


@pytest.fixture(scope="module")
def lb(study: Study, sample: sources.Drop) -> pd.DataFrame:
    return datasets(study, forms(sample, "FD-021"))["LB"]


TESTS = {  # LBTESTCD, LBTEST, LBCAT, LBSPEC, LBMETHOD, as many as a sample has
    "WBC": ("Leukocytes", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "NEUT": ("Neutrophils", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "LYM": ("Lymphocytes", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "HGB": ("Hemoglobin", "HEMATOLOGY", "BLOOD", "COLORIMETRY"),
    "PLAT": ("Platelets", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "ALT": ("Alanine Aminotransferase", "CHEMISTRY", "SERUM", "ENZYMATIC SPECTROPHOTOMETRY"),
    "AST": ("Aspartate Aminotransferase", "CHEMISTRY", "SERUM", "ENZYMATIC SPECTROPHOTOMETRY"),
    "BILI": ("Bilirubin", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "CREAT": ("Creatinine", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "ALB": ("Albumin", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "CEA": ("Carcinoembryonic Antigen", "TUMOR MARKERS", "SERUM", "ELECTROCHEMILUMINESCENCE IMMUNOASSAY"),
    "CA15_3AG": ("Cancer Antigen 15-3", "TUMOR MARKERS", "SERUM", "ELECTROCHEMILUMINESCENCE IMMUNOASSAY"),
    "CA125AG": ("Cancer Antigen 125", "TUMOR MARKERS", "SERUM", "ELECTROCHEMILUMINESCENCE IMMUNOASSAY"),
    "CTC": ("Circulating Tumor Cells", "CIRCULATING TUMOR CELLS", "BLOOD", "IMMUNOMAGNETIC FLUORESCENCE MICROSCOPY"),
}


@pytest.mark.parametrize("testcd", TESTS)
def test_a_code_of_the_laboratory_is_a_test_of_the_standard(lb: pd.DataFrame, testcd: str) -> None:
    assert rows(lb, "LBTEST LBCAT LBSPEC LBMETHOD", LBTESTCD=testcd, VISIT="SCREENING") == [TESTS[testcd]]


def test_every_code_of_the_contract_has_its_test(study: Study, lb: pd.DataFrame) -> None:
    assert len(study.forms["lab"].fields["TEST_CODE"].codes) == len(TESTS)
    assert set(lb["LBTESTCD"]) == set(TESTS)


RESULTS = {
    # LBTESTCD: LBORRES, LBORRESU, LBORNRLO, LBORNRHI, LBSTRESC, LBSTRESN, LBSTRESU, LBSTNRLO, LBSTNRHI, LBNRIND
    "HGB": ("10.4", "g/dL", "11.5", "15.0", "104", 104.0, "g/L", 115.0, 150.0, "LOW"),
    "CREAT": ("0.52", "mg/dL", "0.46", "0.92", "46", 46.0, "umol/L", 41.0, 81.0, "NORMAL"),
    "WBC": ("5.81", "10^9/L", "3.50", "9.50", "5.81", 5.81, "10^9/L", 3.5, 9.5, "NORMAL"),
    "BILI": ("13.3", "umol/L", None, "23.0", "13.3", 13.3, "umol/L", None, 23.0, "NORMAL"),
    "ALB": ("39.8", "g/L", "40.0", "55.0", "39.8", 39.8, "g/L", 40.0, 55.0, "LOW"),
    "CEA": ("6.26", "ug/L", None, "5.00", "6.26", 6.26, "ug/L", None, 5.0, "HIGH"),
    "CA125AG": ("<5", "U/mL", None, None, "<5", None, "U/mL", None, None, "NORMAL"),
    "CA15_3AG": (">1000", "U/mL", None, None, ">1000", None, "U/mL", None, None, "HIGH"),
    "CTC": ("8", "/7.5 mL", None, None, "8", 8.0, "/7.5 mL", None, None, None),
}


@pytest.mark.parametrize("testcd", RESULTS)
def test_result_limits_and_indicator(lb: pd.DataFrame, testcd: str) -> None:
    columns = "LBORRES LBORRESU LBORNRLO LBORNRHI LBSTRESC LBSTRESN LBSTRESU LBSTNRLO LBSTNRHI LBNRIND"
    assert rows(lb, columns, LBTESTCD=testcd, VISIT="SCREENING") == [RESULTS[testcd]]


def test_a_test_that_was_not_done_has_a_reason_and_no_result(lb: pd.DataFrame) -> None:
    columns = "LBORRES LBORRESU LBSTRESC LBSTRESU LBNRIND LBSTAT LBREASND LBREFID LBDTC"
    assert rows(lb, columns, LBTESTCD="ALB", VISIT="CYCLE 1 DAY 1") == [
        (None, None, None, None, None, "NOT DONE", "Sample haemolysed", "L0021002", "2016-12-15T07:08")
    ]
    assert rows(lb, "VISIT", LBTESTCD="ALB", LBLOBXFL="Y") == [("SCREENING",)]
    assert rows(lb, "VISIT", LBTESTCD="ALT", LBLOBXFL="Y") == [("CYCLE 1 DAY 1",)]


def test_a_sample_taken_after_the_first_dose_of_that_day_is_no_baseline(study: Study, sample: sources.Drop) -> None:
    def later(lab: pd.DataFrame) -> pd.DataFrame:  # the first dose began at 08:55
        return lab.assign(SAMPLE_TIME=lab["SAMPLE_TIME"].mask(lab["FOLDER"].eq("CYCLE 1 DAY 1"), "09:10"))

    found = datasets(study, forms(sample, "FD-021", lab=later))["LB"]
    assert rows(found, "VISIT", LBTESTCD="ALT", LBLOBXFL="Y") == [("SCREENING",)]


def test_a_result_in_chinese_is_published_in_english(study: Study, sample: sources.Drop) -> None:
    def chinese(lab: pd.DataFrame) -> pd.DataFrame:
        return lab.assign(RESULT=lab["RESULT"].mask(lab["TEST_CODE"].eq("CTC"), "阴性"), UNIT=lab["UNIT"].where(lab["TEST_CODE"].ne("CTC")))

    found = datasets(study, forms(sample, "FD-021", lab=chinese))["LB"]
    assert set(rows(found, "LBORRES LBORRESU LBSTRESC LBSTRESN LBSTRESU", LBTESTCD="CTC")) == {("Negative", None, "NEGATIVE", None, None)}


WRONG = {
    "done, and no result": {"RESULT": None},
    "not done, and a result": {"DONE": "No"},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_record_that_contradicts_itself_is_refused(study: Study, sample: sources.Drop, change: dict[str, str | None]) -> None:
    def spoilt(lab: pd.DataFrame) -> pd.DataFrame:
        here = lab["record"].eq("FD-021|L0021001|WBC")
        return lab.assign(**{c: lab[c].mask(here, v).astype("str") for c, v in change.items()})

    found = [f for f in objections(study, forms(sample, "FD-021", lab=spoilt)) if f.rule == "RECORD-LOST"]
    assert [f.source for f in found] == ["lab, NCT02843126-FD-021, FD-021|L0021001|WBC"]


def test_a_unit_without_a_conversion_makes_two_units_of_one_test(study: Study, sample: sources.Drop) -> None:
    def other(lab: pd.DataFrame) -> pd.DataFrame:
        return lab.assign(UNIT=lab["UNIT"].mask(lab["record"].eq("FD-021|L0021001|ALT"), "g/L"))

    specs = run.published(study)
    given = (forms(sample, "FD-021"), forms(sample, "FD-021", lab=other))
    units = [validate.units(specs, facts.of(specs, datasets(study, raw), {}, [])) for raw in given]
    assert units[0] == []
    assert [(f.rule, f.key, f.value) for f in units[1]] == [("UNIT-ONE", "LBTESTCD=ALT", "U/L, g/L")]
