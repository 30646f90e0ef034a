"""RS: Karnofsky performance status beside the response by RECIST."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import sources
from pipeline.study import Study
from tests.support.tabulated import datasets, forms, rows

NORMAL = "Able to carry on normal activity; minor signs or symptoms of disease."

STATUS = {
    "100 - Normal no complaints; no evidence of disease.": (
        "Normal no complaints; no evidence of disease.",
        "100",
        100.0,
    ),
    "90 - Able to carry on normal activity; minor signs or symptoms of disease.": (NORMAL, "90", 90.0),
    "90 - able to carry on normal activity; minor signs or symptoms of disease.": (NORMAL, "90", 90.0),
    "50 - Requires considerable assistance and frequent medical care.": (
        "Requires considerable assistance and frequent medical care.",
        "50",
        50.0,
    ),
    "0 - Dead": ("Dead", "0", 0.0),
}


@pytest.fixture(scope="module")
def rs(study: Study, sample: sources.Drop) -> pd.DataFrame:
    return datasets(study, forms(sample, "FD-021"), "RS")["RS"]


def test_the_text_is_the_result_and_the_number_the_standard_result(
    study: Study, sample: sources.Drop
) -> None:
    def told(kps: pd.DataFrame) -> pd.DataFrame:
        return kps.assign(STATUS=[*STATUS, *[next(iter(STATUS))] * (len(kps) - len(STATUS))])

    found = datasets(study, forms(sample, "FD-021", kps=told), "RS")["RS"]
    assert set(rows(found, "RSORRES RSSTRESC RSSTRESN", RSTESTCD="KPSS0101")) == set(STATUS.values())


def test_the_status_has_its_test_and_category(rs: pd.DataFrame) -> None:
    assert set(rows(rs, "RSTEST RSCAT", RSTESTCD="KPSS0101")) == {
        ("KPSS01-Karnofsky Performance Status", "KPS SCALE")
    }


def test_every_status_of_the_contract_has_its_text_and_number(study: Study) -> None:
    collected = set(study.forms["kps"].fields["STATUS"].codes)
    for name in ("KPSS0101", "RSSTRESC"):
        spelt = {s for term in study.codelists[name].terms.values() for s in term.collected}
        assert collected <= spelt


def test_a_clinical_classification_has_no_evaluator_and_no_assessment_of_tumours(rs: pd.DataFrame) -> None:
    assert set(rows(rs, "RSEVAL RSGRPID RSLNKGRP", RSCAT="KPS SCALE")) == {(None, None, None)}
    assert {evaluator for (evaluator,) in rows(rs, "RSEVAL", RSCAT="RECIST 1.1")} == {"INVESTIGATOR"}


def test_the_responses_of_an_assessment_are_a_group_and_the_overall_one_alone_leads_to_measurements(
    rs: pd.DataFrame,
) -> None:
    first = rows(rs, "RSTESTCD RSGRPID RSLNKGRP", VISIT="WEEK 6", RSCAT="RECIST 1.1")
    assert sorted(first) == [
        ("NTRGRESP", "A2", None),
        ("OVRLRESP", "A2", "A2"),
        ("TRGRESP", "A2", None),
    ]
    with_link = {test for test, link in rows(rs, "RSTESTCD RSLNKGRP") if link is not None}
    assert with_link == {"OVRLRESP"}
    assert None not in {group for (group,) in rows(rs, "RSGRPID", RSCAT="RECIST 1.1")}


def test_the_last_status_before_the_first_dose_is_flagged(rs: pd.DataFrame) -> None:
    assert rows(rs, "RSTESTCD VISIT RSDTC", RSLOBXFL="Y") == [("KPSS0101", "CYCLE 1 DAY 1", "2016-12-15")]


def test_a_response_is_no_number(rs: pd.DataFrame) -> None:
    assert {n for (n,) in rows(rs, "RSSTRESN", RSCAT="RECIST 1.1")} == {None}
