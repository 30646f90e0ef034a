"""A form that holds results side by side becomes a findings dataset by a few lines and the rules."""

from __future__ import annotations

import shutil

import pandas as pd
import pyreadstat
import pytest

from pipeline import stages as run
from pipeline.study import load
from pipeline.workers import Workers
from tests.support import minimal

CONTRACT = """\
title: Vital signs
keys: [PATNUM, VISIT, SUBPOS]
visit: VISIT
text: [PATNUM, VISIT, SUBPOS, IT.TEMP_UNIT]
number: [SYS_BP, PULSE, IT.TEMP]
date: {DD-MON-YYYY: [VTLD]}
"""
MAPPING = """\
dataset: VS
keys: [USUBJID, VSTESTCD, VISITNUM, VSPOS, VSDTC]
from: vs_raw
each:
  - {VSTESTCD: SYSBP, VSORRES: SYS_BP, VSORRESU: mmHg}
  - {VSTESTCD: PULSE, VSORRES: PULSE, VSORRESU: beats/min}
  - {VSTESTCD: TEMP, VSORRES: IT.TEMP, VSORRESU: {codelist: IT.TEMP_UNIT}}
variables:
  VSPOS: {codelist: SUBPOS}
  VSDTC: {date: VTLD}
"""
VISITS = """
visits:
  - {name: SCREENING, number: 1, day: -14}
  - {name: WEEK 2, number: 3, day: 15}
  - {name: UNSCHEDULED, number: 900, series: true}
"""
RECORDS = """\
PATNUM,VISIT,SUBPOS,IT.TEMP_UNIT,SYS_BP,PULSE,IT.TEMP,VTLD
701-1001,Screening,Supine,C,131,64,36.5,06-Jan-2014
701-1001,Week 2,standing,C,129,,,03-Feb-2014
701-1002,Unscheduled 3.1,SITTING,,118,70,,20-Feb-2014
"""


@pytest.fixture(scope="module")
def vital_signs(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """VS as published."""
    folder = tmp_path_factory.mktemp("findings")
    plan = (minimal.EXAMPLE / "specs/study.yaml").read_text(encoding="utf-8")
    files = {
        "specs/study.yaml": plan + VISITS,
        "specs/raw/vs_raw.yaml": CONTRACT,
        "mappings/sdtm/vs.yaml": MAPPING,
    }
    study = minimal.folder(folder, files)
    drop = folder / "drop"
    shutil.copytree(minimal.EXAMPLE / "drop", drop)
    (drop / "vs_raw.csv").write_text(RECORDS, encoding="utf-8")
    report = run.build(load(study), study, drop, folder / "out", Workers(1), lambda _: None)
    assert not report.refused
    frame, _ = pyreadstat.read_xport(next(report.home.rglob("vs.xpt")))
    return frame


def test_each_result_is_a_record_with_what_the_rules_give(vital_signs: pd.DataFrame) -> None:
    columns = [
        "VSTESTCD",
        "VSPOS",
        "VSORRES",
        "VSORRESU",
        "VSSTRESN",
        "VSLOBXFL",
        "VISITNUM",
        "VISIT",
        "VSDY",
    ]
    assert list(vital_signs[columns].itertuples(index=False, name=None)) == [
        ("PULSE", "SUPINE", "64", "beats/min", 64.0, "Y", 1.0, "SCREENING", -14.0),
        ("SYSBP", "SUPINE", "131", "mmHg", 131.0, "Y", 1.0, "SCREENING", -14.0),
        ("SYSBP", "STANDING", "129", "mmHg", 129.0, "", 3.0, "WEEK 2", 15.0),
        ("TEMP", "SUPINE", "36.5", "C", 36.5, "Y", 1.0, "SCREENING", -14.0),
        ("PULSE", "SITTING", "70", "beats/min", 70.0, "", 903.1, "UNSCHEDULED 03.1", 25.0),
        ("SYSBP", "SITTING", "118", "mmHg", 118.0, "", 903.1, "UNSCHEDULED 03.1", 25.0),
    ]


def test_the_name_of_a_test_is_that_of_its_code(vital_signs: pd.DataFrame) -> None:
    assert dict(zip(vital_signs["VSTESTCD"], vital_signs["VSTEST"], strict=True)) == {
        "PULSE": "Pulse Rate",
        "SYSBP": "Systolic Blood Pressure",
        "TEMP": "Temperature",
    }
