"""TU, TR and RS of a study from a form of lesions and one of responses, in few lines, and RELREC by rule."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from pipeline import stages as run
from pipeline.study import load
from pipeline.workers import Workers
from tests.support import minimal

FILES = {
    "specs/raw/tumours.yaml": """\
title: Tumour lesions
keys: [PATNUM, VISIT, LESION]
visit: VISIT
text: [PATNUM, VISIT, LESION, GROUP, ORGAN, METHOD, UNIT]
number: [DIAMETER]
date: {DD-MON-YYYY: [SCAN_DATE]}
""",
    "specs/raw/response.yaml": """\
title: Response
keys: [PATNUM, VISIT]
visit: VISIT
text: [PATNUM, VISIT, OVERALL]
date: {DD-MON-YYYY: [ASSESS_DATE]}
""",
    "mappings/sdtm/tu.yaml": """\
dataset: TU
from: tumours
where: {VISIT: SCREENING}
variables:
  TULNKID:  {copy: LESION}
  TUTESTCD: {constant: TUMIDENT}
  TUORRES:  {copy: GROUP}
  TUSTRESC: {codelist: GROUP}
  TULOC:    {codelist: ORGAN}
  TUMETHOD: {codelist: METHOD}
  TUEVAL:   {constant: INVESTIGATOR}
  TUDTC:    {date: SCAN_DATE}
""",
    "mappings/sdtm/tr.yaml": """\
dataset: TR
from: tumours
variables:
  TRLNKID:  {copy: LESION}
  TRLNKGRP: {copy: tumours.VISIT}
  TRTESTCD: {constant: LDIAM}
  TRORRES:  {copy: DIAMETER}
  TRORRESU: {codelist: UNIT}
  TRMETHOD: {codelist: METHOD}
  TREVAL:   {constant: INVESTIGATOR}
  TRDTC:    {date: SCAN_DATE}
""",
    "mappings/sdtm/rs.yaml": """\
dataset: RS
from: response
variables:
  RSLNKGRP: {copy: response.VISIT}
  RSTESTCD: {constant: OVRLRESP}
  RSCAT:    {constant: RECIST 1.1}
  RSORRES:  {copy: OVERALL}
  RSSTRESC: {codelist: OVERALL}
  RSEVAL:   {constant: INVESTIGATOR}
  RSDTC:    {date: ASSESS_DATE}
""",
}
VISITS = "\nvisits: [{name: SCREENING, number: 1, day: -14}, {name: WEEK 6, number: 3, day: 43}]\n"
TUMOURS = """\
PATNUM,VISIT,LESION,GROUP,ORGAN,METHOD,UNIT,DIAMETER,SCAN_DATE
701-1001,Screening,T01,Target,Liver,CT Scan,mm,23,06-Jan-2014
701-1001,Screening,T02,Target,Lung,CT Scan,mm,31,06-Jan-2014
701-1001,Week 6,T01,Target,Liver,CT Scan,mm,20,03-Mar-2014
"""
RESPONSES = "PATNUM,VISIT,OVERALL,ASSESS_DATE\n701-1001,Week 6,Stable Disease,03-Mar-2014\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished build."""
    folder = tmp_path_factory.mktemp("tumours")
    plan = (minimal.EXAMPLE / "specs/study.yaml").read_text(encoding="utf-8")
    study = minimal.folder(folder, {**FILES, "specs/study.yaml": plan + VISITS})
    drop = folder / "drop"
    shutil.copytree(minimal.EXAMPLE / "drop", drop)
    (drop / "tumours.csv").write_text(TUMOURS, encoding="utf-8")
    (drop / "response.csv").write_text(RESPONSES, encoding="utf-8")
    report = run.build(load(study), study, drop, folder / "out", Workers(1), lambda _: None)
    assert not report.refused
    return report.home


def rows(home: Path, dataset: str, columns: str) -> list[tuple[object, ...]]:
    frame: pd.DataFrame = pyreadstat.read_xport(next(home.rglob(f"{dataset}.xpt")))[0]
    return list(frame[columns.split()].itertuples(index=False, name=None))


def test_lesions_their_diameters_and_the_response(home: Path) -> None:
    assert rows(home, "tu", "TULNKID TUTEST TUSTRESC TULOC TUMETHOD VISIT TULOBXFL") == [
        ("T01", "Tumor Identification", "TARGET", "LIVER", "CT SCAN", "SCREENING", "Y"),
        ("T02", "Tumor Identification", "TARGET", "LUNG", "CT SCAN", "SCREENING", "Y"),
    ]
    assert rows(home, "tr", "TRLNKID TRTEST TRSTRESN TRSTRESU VISITNUM TRLOBXFL TRDY") == [
        ("T01", "Longest Diameter", 23.0, "mm", 1.0, "Y", -14.0),
        ("T01", "Longest Diameter", 20.0, "mm", 3.0, "", 43.0),
        ("T02", "Longest Diameter", 31.0, "mm", 1.0, "Y", -14.0),
    ]
    assert rows(home, "rs", "RSTEST RSORRES RSSTRESC VISIT") == [
        ("Overall Response", "Stable Disease", "SD", "WEEK 6")
    ]


def test_a_rule_gives_no_qualifier_that_the_guide_has_in_other_domains_only(home: Path) -> None:
    assert "TUSTRESN" not in load(home / "lineage/study").datasets["TU"].variables


def test_datasets_of_which_both_ends_are_mapped_are_related(home: Path) -> None:
    assert rows(home, "relrec", "RDOMAIN IDVAR RELTYPE RELID") == [
        ("RS", "RSLNKGRP", "ONE", "TR-RS"),
        ("TR", "TRLNKGRP", "MANY", "TR-RS"),
        ("TR", "TRLNKID", "MANY", "TU-TR"),
        ("TU", "TULNKID", "ONE", "TU-TR"),
    ]
