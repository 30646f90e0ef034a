"""LB: the laboratory's codes, units, limits and reasons in the words of the standard."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import sources
from pipeline import stages as run
from pipeline.checks import datasets as validate
from pipeline.profile import profile_of
from pipeline.study import Study
from tests.support.tabulated import datasets, forms, lost, rows


@pytest.fixture(scope="module")
def lb(study: Study, sample: sources.Drop) -> pd.DataFrame:
    return datasets(study, forms(sample, "FD-021"), "LB")["LB"]


TESTS = {  # the laboratory's code: LBTESTCD, LBTEST, LBCAT, LBSPEC, LBMETHOD
    "WBC": ("WBC", "Leukocytes", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "NEU#": ("NEUT", "Neutrophils", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "LYM#": ("LYM", "Lymphocytes", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "MON#": ("MONO", "Monocytes", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "EOS#": ("EOS", "Eosinophils", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "BAS#": ("BASO", "Basophils", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "NEU%": ("NEUTLE", "Neutrophils/Leukocytes", "HEMATOLOGY", "BLOOD", "CALCULATION"),
    "LYM%": ("LYMLE", "Lymphocytes/Leukocytes", "HEMATOLOGY", "BLOOD", "CALCULATION"),
    "MON%": ("MONOLE", "Monocytes/Leukocytes", "HEMATOLOGY", "BLOOD", "CALCULATION"),
    "EOS%": ("EOSLE", "Eosinophils/Leukocytes", "HEMATOLOGY", "BLOOD", "CALCULATION"),
    "BAS%": ("BASOLE", "Basophils/Leukocytes", "HEMATOLOGY", "BLOOD", "CALCULATION"),
    "RBC": ("RBC", "Erythrocytes", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "HGB": ("HGB", "Hemoglobin", "HEMATOLOGY", "BLOOD", "COLORIMETRY"),
    "HCT": ("HCT", "Hematocrit", "HEMATOLOGY", "BLOOD", "CALCULATION"),
    "MCV": ("MCV", "Ery. Mean Corpuscular Volume", "HEMATOLOGY", "BLOOD", None),
    "MCH": ("MCH", "Ery. Mean Corpuscular Hemoglobin", "HEMATOLOGY", "BLOOD", "CALCULATION"),
    "MCHC": ("MCHC", "Ery. Mean Corpuscular HGB Concentration", "HEMATOLOGY", "BLOOD", "CALCULATION"),
    "PLT": ("PLAT", "Platelets", "HEMATOLOGY", "BLOOD", "AUTOMATED COUNT"),
    "ALT": ("ALT", "Alanine Aminotransferase", "CHEMISTRY", "SERUM", "ENZYMATIC SPECTROPHOTOMETRY"),
    "AST": ("AST", "Aspartate Aminotransferase", "CHEMISTRY", "SERUM", "ENZYMATIC SPECTROPHOTOMETRY"),
    "ALP": ("ALP", "Alkaline Phosphatase", "CHEMISTRY", "SERUM", "ENZYMATIC SPECTROPHOTOMETRY"),
    "GGT": ("GGT", "Gamma Glutamyl Transferase", "CHEMISTRY", "SERUM", "ENZYMATIC SPECTROPHOTOMETRY"),
    "LDH": ("LDH", "Lactate Dehydrogenase", "CHEMISTRY", "SERUM", "ENZYMATIC SPECTROPHOTOMETRY"),
    "CK": ("CK", "Creatine Kinase", "CHEMISTRY", "SERUM", "ENZYMATIC SPECTROPHOTOMETRY"),
    "TBIL": ("BILI", "Bilirubin", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "DBIL": ("BILDIR", "Direct Bilirubin", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "TP": ("PROT", "Protein", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "ALB": ("ALB", "Albumin", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "CREA": ("CREAT", "Creatinine", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "UREA": ("UREA", "Urea", "CHEMISTRY", "SERUM", "ENZYMATIC COLORIMETRY"),
    "UA": ("URATE", "Urate", "CHEMISTRY", "SERUM", "ENZYMATIC COLORIMETRY"),
    "NA": ("SODIUM", "Sodium", "CHEMISTRY", "SERUM", "POTENTIOMETRY"),
    "K": ("K", "Potassium", "CHEMISTRY", "SERUM", "POTENTIOMETRY"),
    "CL": ("CL", "Chloride", "CHEMISTRY", "SERUM", "POTENTIOMETRY"),
    "CA": ("CA", "Calcium", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "P": ("PHOS", "Phosphate", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "MG": ("MG", "Magnesium", "CHEMISTRY", "SERUM", "COLORIMETRY"),
    "GLU": ("GLUC", "Glucose", "CHEMISTRY", "SERUM", "ENZYMATIC COLORIMETRY"),
    "TC": ("CHOL", "Cholesterol", "CHEMISTRY", "SERUM", "ENZYMATIC COLORIMETRY"),
    "TG": ("TRIG", "Triglycerides", "CHEMISTRY", "SERUM", "ENZYMATIC COLORIMETRY"),
    "HDL-C": ("HDL", "HDL Cholesterol", "CHEMISTRY", "SERUM", "ENZYMATIC COLORIMETRY"),
    "LDL-C": ("LDL", "LDL Cholesterol", "CHEMISTRY", "SERUM", "ENZYMATIC COLORIMETRY"),
    "PT": ("PT", "Prothrombin Time", "COAGULATION", "PLASMA", "PHOTOMETRIC CLOT DETECTION"),
    "INR": ("INR", "Prothrombin Intl. Normalized Ratio", "COAGULATION", "PLASMA", "CALCULATION"),
    "APTT": (
        "APTT",
        "Activated Partial Thromboplastin Time",
        "COAGULATION",
        "PLASMA",
        "PHOTOMETRIC CLOT DETECTION",
    ),
    "TT": ("TT", "Thrombin Time", "COAGULATION", "PLASMA", "PHOTOMETRIC CLOT DETECTION"),
    "FIB": ("FIBRINO", "Fibrinogen", "COAGULATION", "PLASMA", "PHOTOMETRIC CLOT DETECTION"),
    "D-DIM": ("DDIMER", "D-Dimer", "COAGULATION", "PLASMA", "IMMUNOTURBIDIMETRY"),
    "U-SG": ("SPGRAV", "Specific Gravity", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-PH": ("PH", "pH", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-PRO": ("PROT", "Protein", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-GLU": ("GLUC", "Glucose", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-KET": ("KETONES", "Ketones", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-BLD": ("OCCBLD", "Occult Blood", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-BIL": ("BILI", "Bilirubin", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-URO": ("UROBIL", "Urobilinogen", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-NIT": ("NITRITE", "Nitrite", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "U-LEU": ("LEUKASE", "Leukocyte Esterase", "URINALYSIS", "URINE", "DIPSTICK MEASUREMENT METHOD"),
    "CEA": (
        "CEA",
        "Carcinoembryonic Antigen",
        "TUMOR MARKERS",
        "SERUM",
        "ELECTROCHEMILUMINESCENCE IMMUNOASSAY",
    ),
    "CA153": (
        "CA15_3AG",
        "Cancer Antigen 15-3",
        "TUMOR MARKERS",
        "SERUM",
        "ELECTROCHEMILUMINESCENCE IMMUNOASSAY",
    ),
    "CA125": (
        "CA125AG",
        "Cancer Antigen 125",
        "TUMOR MARKERS",
        "SERUM",
        "ELECTROCHEMILUMINESCENCE IMMUNOASSAY",
    ),
    "CTC": (
        "CTC",
        "Circulating Tumor Cells",
        "CIRCULATING TUMOR CELLS",
        "BLOOD",
        "IMMUNOMAGNETIC FLUORESCENCE MICROSCOPY",
    ),
}


@pytest.mark.parametrize("code", TESTS)
def test_a_code_of_the_laboratory_is_a_test_of_the_standard(lb: pd.DataFrame, code: str) -> None:
    sample = "U0021001" if code.startswith("U-") else "L0021001"
    assert rows(lb, "LBTESTCD LBTEST LBCAT LBSPEC LBMETHOD LBREFID", record=f"FD-021|{sample}|{code}") == [
        (*TESTS[code], sample)
    ]


def test_every_code_of_the_contract_has_its_test(study: Study) -> None:
    assert set(study.forms["lab"].fields["TEST_CODE"].codes) == set(TESTS)


RESULTS = {
    # LBTESTCD: LBORRES, LBORRESU, LBORNRLO, LBORNRHI, LBSTRESC, LBSTRESN, LBSTRESU, LBSTNRLO, LBSTNRHI,
    # LBNRIND
    "HGB": ("10.4", "g/dL", "11.5", "15.0", "104", 104.0, "g/L", 115.0, 150.0, "LOW"),
    "CREAT": ("0.52", "mg/dL", "0.46", "0.92", "46", 46.0, "umol/L", 41.0, 81.0, "NORMAL"),
    "WBC": ("5.73", "10^9/L", "3.50", "9.50", "5.73", 5.73, "10^9/L", 3.5, 9.5, "NORMAL"),
    "MCHC": ("32.9", "g/dL", "31.6", "35.4", "329", 329.0, "g/L", 316.0, 354.0, "NORMAL"),
    "RBC": ("3.52", "10^12/L", "3.80", "5.10", "3.52", 3.52, "10^12/L", 3.8, 5.1, "LOW"),
    "K": ("4.03", "mEq/L", "3.50", "5.30", "4.03", 4.03, "mmol/L", 3.5, 5.3, "NORMAL"),
    "FIBRINO": ("380", "mg/dL", "200", "400", "3.80", 3.8, "g/L", 2.0, 4.0, "NORMAL"),
    "HDL": ("1.48", "mmol/L", "1.04", None, "1.48", 1.48, "mmol/L", 1.04, None, "NORMAL"),
    "INR": ("0.86", "RATIO", "0.80", "1.20", "0.86", 0.86, "RATIO", 0.8, 1.2, "NORMAL"),
    "SPGRAV": ("1.020", None, "1.005", "1.030", "1.020", 1.02, None, 1.005, 1.03, "NORMAL"),
    "LEUKASE": ("Positive (+)", None, None, None, "1+", None, None, None, None, "ABNORMAL"),
    "NITRITE": ("Negative", None, None, None, "NEGATIVE", None, None, None, None, None),
    "BILDIR": ("2.0", "umol/L", None, "8.0", "2.0", 2.0, "umol/L", None, 8.0, "NORMAL"),
    "ALB": ("39.8", "g/L", "40.0", "55.0", "39.8", 39.8, "g/L", 40.0, 55.0, "LOW"),
    "CEA": ("6.26", "ug/L", None, "5.00", "6.26", 6.26, "ug/L", None, 5.0, "HIGH"),
    "CA125AG": ("<5", "U/mL", None, "35.0", "<5", None, "U/mL", None, 35.0, "NORMAL"),
    "CA15_3AG": (">1000", "U/mL", None, "25.0", ">1000", None, "U/mL", None, 25.0, "HIGH"),
    "CTC": ("8", "/7.5 mL", None, None, "8", 8.0, "/7.5 mL", None, None, None),
}
OF_SPECIMEN = {
    ("BILI", "SERUM"): (
        "13.3",
        "umol/L",
        "13.3",
        13.3,
        "umol/L",
        None,
        23.0,
        "NORMAL",
        None,
    ),  # again on the day of the first dose
    ("BILI", "URINE"): ("Negative", None, "NEGATIVE", None, None, None, None, None, "Y"),
    # 112 mg/dL x 0.0555 = 6.216; 7.49 g/dL x 10
    ("GLUC", "SERUM"): ("112", "mg/dL", "6.22", 6.22, "mmol/L", 3.9, 6.11, "HIGH", "Y"),
    ("GLUC", "URINE"): ("Negative", None, "NEGATIVE", None, None, None, None, None, "Y"),
    ("PROT", "SERUM"): ("7.49", "g/dL", "74.9", 74.9, "g/L", 65.0, 85.0, "NORMAL", "Y"),
    ("PROT", "URINE"): ("Negative", None, "NEGATIVE", None, None, None, None, None, "Y"),
}


@pytest.mark.parametrize("testcd", RESULTS)
def test_a_result_is_published_with_its_limits_and_indicator(lb: pd.DataFrame, testcd: str) -> None:
    columns = "LBORRES LBORRESU LBORNRLO LBORNRHI LBSTRESC LBSTRESN LBSTRESU LBSTNRLO LBSTNRHI LBNRIND"
    assert rows(lb, columns, LBTESTCD=testcd, VISIT="SCREENING") == [RESULTS[testcd]]


@pytest.mark.parametrize("at", OF_SPECIMEN, ids=" of ".join)
def test_one_test_in_two_specimens_is_two_series(lb: pd.DataFrame, at: tuple[str, str]) -> None:
    columns = "LBORRES LBORRESU LBSTRESC LBSTRESN LBSTRESU LBSTNRLO LBSTNRHI LBNRIND LBLOBXFL"
    assert rows(lb, columns, LBTESTCD=at[0], LBSPEC=at[1], VISIT="SCREENING") == [OF_SPECIMEN[at]]


def test_a_test_that_was_not_done_has_a_reason_and_no_result(lb: pd.DataFrame) -> None:
    columns = "LBORRES LBORRESU LBSTRESC LBSTRESU LBNRIND LBSTAT LBREASND LBREFID LBDTC"
    assert rows(lb, columns, LBTESTCD="ALB", VISIT="CYCLE 1 DAY 1") == [
        (None, None, None, None, None, "NOT DONE", "Sample haemolysed", "L0021002", "2016-12-15T07:08")
    ]
    assert rows(lb, "VISIT", LBTESTCD="ALB", LBLOBXFL="Y") == [("SCREENING",)]
    assert rows(lb, "VISIT", LBTESTCD="ALT", LBLOBXFL="Y") == [("CYCLE 1 DAY 1",)]


def test_a_sample_taken_after_the_first_dose_of_that_day_is_no_baseline(
    study: Study, sample: sources.Drop
) -> None:
    def later(lab: pd.DataFrame) -> pd.DataFrame:  # the first dose began at 08:55
        return lab.assign(SAMPLE_TIME=lab["SAMPLE_TIME"].mask(lab["FOLDER"].eq("CYCLE 1 DAY 1"), "09:10"))

    found = datasets(study, forms(sample, "FD-021", lab=later), "LB")["LB"]
    assert rows(found, "VISIT", LBTESTCD="ALT", LBLOBXFL="Y") == [("SCREENING",)]


def test_a_dipstick_that_prints_chinese_is_published_in_english(study: Study, sample: sources.Drop) -> None:
    found = datasets(study, forms(sample, "FD-023"), "LB")["LB"]
    raw = forms(sample, "FD-023")["lab"]
    assert set(
        raw.loc[raw["TEST_CODE"].isin(["U-PRO", "U-KET"]) & raw["FOLDER"].eq("SCREENING"), "RESULT"]
    ) == {"阳性(+)", "阴性"}
    columns = "LBTESTCD LBORRES LBSTRESC LBSTRESN LBNRIND"
    assert set(rows(found, columns, LBSPEC="URINE", VISIT="SCREENING")) >= {
        ("PROT", "Positive (+)", "1+", None, "ABNORMAL"),
        ("KETONES", "Negative", "NEGATIVE", None, None),
    }


def test_a_dipstick_keeps_its_grade(study: Study, sample: sources.Drop) -> None:
    def graded(lab: pd.DataFrame) -> pd.DataFrame:
        on_strip = lab["TEST_CODE"].isin(["U-PRO", "U-KET", "U-GLU", "U-LEU"]) & lab["DONE"].eq("Yes")
        grades = ["阴性", "微量", "阳性", "阳性(+)", "阳性(++)", "Positive (+++)", "4+", "±", "(-)"]
        results = (grades * len(lab))[: int(on_strip.sum())]
        assert len(results) >= len(grades)
        lab.loc[on_strip, "RESULT"] = results
        return lab

    found = datasets(study, forms(sample, "FD-021", "FD-023", lab=graded), "LB")["LB"]
    tests = ("PROT", "KETONES", "GLUC", "LEUKASE")
    urine = [rows(found, "LBORRES LBSTRESC", LBTESTCD=t, LBSPEC="URINE") for t in tests]
    assert {row for of_test in urine for row in of_test} == {
        ("Negative", "NEGATIVE"),
        ("Trace", "TRACE"),
        ("Positive", "POSITIVE"),
        ("Positive (+)", "1+"),
        ("Positive (++)", "2+"),
        ("Positive (+++)", "3+"),
        ("4+", "4+"),
        ("+/-", "TRACE"),
        ("(-)", "NEGATIVE"),
    }


def test_a_result_in_chinese_is_published_in_english(study: Study, sample: sources.Drop) -> None:
    def chinese(lab: pd.DataFrame) -> pd.DataFrame:
        return lab.assign(
            RESULT=lab["RESULT"].mask(lab["TEST_CODE"].eq("CTC"), "阴性"),
            UNIT=lab["UNIT"].where(lab["TEST_CODE"].ne("CTC")),
        )

    found = datasets(study, forms(sample, "FD-021", lab=chinese), "LB")["LB"]
    assert set(rows(found, "LBORRES LBORRESU LBSTRESC LBSTRESN LBSTRESU", LBTESTCD="CTC")) == {
        ("Negative", None, "NEGATIVE", None, None)
    }


WRONG = {
    "done, and no result": {"RESULT": None},
    "not done, and a result": {"DONE": "No"},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_record_that_contradicts_itself_is_refused(
    study: Study, sample: sources.Drop, change: dict[str, str | None]
) -> None:
    def spoilt(lab: pd.DataFrame) -> pd.DataFrame:
        here = lab["record"].eq("FD-021|L0021001|WBC")
        return lab.assign(**{c: lab[c].mask(here, v).astype("str") for c, v in change.items()})

    found = lost(study, forms(sample, "FD-021", lab=spoilt), "lab", "LB")
    assert found == ["lab, NCT02843126-FD-021, FD-021|L0021001|WBC"]


def test_a_unit_without_a_conversion_makes_two_units_of_one_test(study: Study, sample: sources.Drop) -> None:
    def other(lab: pd.DataFrame) -> pd.DataFrame:
        return lab.assign(UNIT=lab["UNIT"].mask(lab["record"].eq("FD-021|L0021001|ALT"), "g/L"))

    specs = run.publishable(study)
    given = (forms(sample, "FD-021"), forms(sample, "FD-021", lab=other))
    units = [validate.units(specs, profile_of(specs, datasets(study, raw, "LB"), {}, [])) for raw in given]
    assert units[0] == []
    record = "lab, NCT02843126-FD-021, FD-021|L0021001|ALT"
    assert [(f.rule, f.key, f.value, f.source) for f in units[1]] == [
        ("UNIT-ONE", "LBTESTCD=ALT", "U/L, g/L", record)
    ]
