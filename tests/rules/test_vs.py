"""VS: one record per sign measured, from a form that holds all signs of a visit side by side."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import sources
from pipeline.study import Study
from tests.support.tabulated import datasets, forms, lost, rows

SEEN = "VSTESTCD VSTEST VSPOS VSORRES VSORRESU VSSTRESC VSSTRESN VSSTRESU"


@pytest.fixture(scope="module")
def vs(study: Study, sample: sources.Drop) -> pd.DataFrame:
    return datasets(study, forms(sample, "FD-021"), "VS")["VS"].sort_values("VSSEQ")


def in_pounds(vs: pd.DataFrame) -> pd.DataFrame:
    return vs.assign(WEIGHT="118.4", WEIGHT_UNIT="lb")


def test_each_sign_of_a_visit_is_a_record(vs: pd.DataFrame) -> None:
    assert rows(vs, SEEN, VISIT="SCREENING") == [
        ("DIABP", "Diastolic Blood Pressure", "SITTING", "82", "mmHg", "82", 82.0, "mmHg"),
        ("HEIGHT", "Height", None, "156.7", "cm", "156.7", 156.7, "cm"),
        ("PULSE", "Pulse Rate", "SITTING", "62", "beats/min", "62", 62.0, "beats/min"),
        ("RESP", "Respiratory Rate", None, "15", "breaths/min", "15", 15.0, "breaths/min"),
        ("SYSBP", "Systolic Blood Pressure", "SITTING", "117", "mmHg", "117", 117.0, "mmHg"),
        ("TEMP", "Temperature", None, "36.9", "C", "36.9", 36.9, "C"),
        ("WEIGHT", "Weight", None, "53.4", "kg", "53.4", 53.4, "kg"),
    ]


def test_a_sign_has_date_time_and_study_day(vs: pd.DataFrame) -> None:
    found = rows(vs, "VISITNUM VISIT VSDTC VSDY VSLOBXFL", VSTESTCD="WEIGHT")
    assert sorted(found)[:2] == [
        (1.0, "SCREENING", "2016-12-01T08:25", -14.0, None),
        (2.0, "CYCLE 1 DAY 1", "2016-12-15T07:59", 1.0, "Y"),  # the first dose began at 08:55
    ]
    assert rows(vs, "VISIT", VSTESTCD="HEIGHT", VSLOBXFL="Y") == [("SCREENING",)]


def test_weight_in_pounds_is_published_in_kilograms(study: Study, sample: sources.Drop) -> None:
    found = datasets(study, forms(sample, "FD-021", vs=in_pounds), "VS")["VS"]
    assert set(rows(found, "VSORRES VSORRESU VSSTRESC VSSTRESN VSSTRESU", VSTESTCD="WEIGHT")) == {
        ("118.4", "LB", "53.71", 53.71, "kg")
    }


def test_a_sign_that_was_not_measured_is_no_record(study: Study, sample: sources.Drop) -> None:
    def unmeasured(vs: pd.DataFrame) -> pd.DataFrame:
        return vs.assign(TEMP=pd.Series(index=vs.index, dtype="str"))

    found = datasets(study, forms(sample, "FD-021", vs=unmeasured), "VS")["VS"]
    assert sorted(rows(found, "VSTESTCD", VISIT="CYCLE 1 DAY 1")) == [
        ("DIABP",),
        ("PULSE",),
        ("RESP",),
        ("SYSBP",),
        ("WEIGHT",),
    ]


SIGNS = ("WEIGHT", "HEIGHT", "SYSBP", "DIABP", "PULSE", "RESP", "TEMP")


def test_a_form_without_any_sign_is_reported_and_not_dropped(study: Study, sample: sources.Drop) -> None:
    def emptied(vs: pd.DataFrame) -> pd.DataFrame:
        return vs.assign(**{c: vs[c].where(vs["FOLDER"].ne("CYCLE 1 DAY 1")) for c in SIGNS})

    found = lost(study, forms(sample, "FD-021", vs=emptied), "vs", "VS")
    assert found == ["vs, NCT02843126-FD-021, FD-021|CYCLE 1 DAY 1|1"]
