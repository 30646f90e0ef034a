"""A central review beside the investigator, of which the study has the responses alone: best response and
progression-free survival by it, from YAML alone. The answers are typed from the responses below.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pyreadstat
import pytest

from pipeline import stages as run
from pipeline.errors import SpecError
from pipeline.mapping.resolve import plan
from pipeline.stages import LIBRARY
from pipeline.study import load
from pipeline.workers import Workers

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "oncology"

# by the investigator participant 1001 has PR twice and then PD, and 1004 a CR throughout
CENTRAL = """\
PATNUM,VISIT,SCAN_DATE,READER,OVERALL
101-1001,WEEK 6,17-FEB-2014,1,Stable Disease
101-1001,WEEK 12,31-MAR-2014,1,Progressive Disease
101-1004,WEEK 6,17-FEB-2014,1,Partial Response
101-1004,WEEK 12,31-MAR-2014,1,Partial Response
101-1004,WEEK 6,17-FEB-2014,2,Progressive Disease
"""
FORM = """\
title: Response by the central review
keys: [PATNUM, VISIT, READER]
visit: VISIT
text: [PATNUM, VISIT, READER, OVERALL]
date: {DD-MON-YYYY: [SCAN_DATE]}
"""
LABEL = "{derive: assessment, of: {visit: response.VISIT, lesions: [tumours.VISIT, tumours.SCAN_DATE],\
 responses: [response.VISIT, response.ASSESS_DATE]}}"
LABEL_OF_CENTRAL = (
    "{derive: assessment, of: {visit: central.VISIT, lesions: [central.VISIT, central.SCAN_DATE]},\
 with: {reader: BICR}}"
)
RS = f"""\
dataset: RS
records:
  - from: response
    where: {{OVERALL: present}}
    variables:
      RSGRPID:  {LABEL}
      RSLNKGRP: {LABEL}
      RSEVAL:   {{constant: INVESTIGATOR}}
      RSORRES:  {{copy: OVERALL}}
      RSSTRESC: {{codelist: OVERALL}}
      RSDTC:    {{date: ASSESS_DATE}}
  - from: central
    where: {{READER: "1"}}
    variables:
      RSGRPID:  {LABEL_OF_CENTRAL}
      RSLNKGRP: {LABEL_OF_CENTRAL}
      RSEVAL:   {{constant: INDEPENDENT ASSESSOR}}
      RSEVALID: {{constant: RADIOLOGIST 1}}
      RSORRES:  {{copy: OVERALL}}
      RSSTRESC: {{codelist: OVERALL}}
      RSDTC:    {{date: SCAN_DATE}}
  - from: central
    where: {{READER: "2"}}
    variables:
      RSGRPID:  {LABEL_OF_CENTRAL.replace("BICR", "R2")}
      RSLNKGRP: {LABEL_OF_CENTRAL.replace("BICR", "R2")}
      RSEVAL:   {{constant: INDEPENDENT ASSESSOR}}
      RSEVALID: {{constant: RADIOLOGIST 2}}
      RSORRES:  {{copy: OVERALL}}
      RSSTRESC: {{codelist: OVERALL}}
      RSDTC:    {{date: SCAN_DATE}}
variables:
  RSTESTCD: {{constant: OVRLRESP}}
  RSCAT:    {{constant: RECIST 1.1}}
"""
EVALUATORS = """\
evaluators:
  - {code: INV, name: Investigator, evaluator: INVESTIGATOR}
  - {code: BICR, name: Central review, evaluator: INDEPENDENT ASSESSOR, id: RADIOLOGIST 1,
     responses_only: true}
  - {code: R2, name: Second reader, evaluator: INDEPENDENT ASSESSOR, id: RADIOLOGIST 2, responses_only: true}
anchor: ADSL.RANDDT
"""
CHOOSE = """\
  - {code: BORC, as: BORI, evaluator: BICR, name: Best Overall Response by Central Review}
  - {code: RSPC, as: RSPI, evaluator: BICR, name: Response by Central Review}
"""
PFS = """\
  - code: PFSC
    name: Progression-Free Survival by Central Review (days)
    start: RANDDT
    where: {RANDFL: "Y"}
    events: [central, death]
    convention: {id: A, missed: {windows: 2, before: [central, death]}, sources: {adequate: seen}}
sources:
  central:
    {dataset: ADTA, date: IVADT, where: {EVALCD: BICR, IVOVRL: PD}, describes: PROGRESSION BY CENTRAL REVIEW}
  seen:
    {dataset: ADTA, date: AENDT, where: {EVALCD: BICR, ADEQFL: "Y"}, describes: ADEQUATE BY CENTRAL REVIEW}
"""


def study(home: Path) -> Path:
    """The example with the form of the central review."""
    shutil.copytree(EXAMPLE, home)
    (home / "drop" / "central.csv").write_text(CENTRAL, encoding="utf-8")
    (home / "specs" / "raw" / "central.yaml").write_text(FORM, encoding="utf-8")
    (home / "mappings/sdtm/rs.yaml").write_text(RS, encoding="utf-8")
    replace(home / "specs/study.yaml", "anchor: ADSL.RANDDT\n", EVALUATORS)
    one_a_line = "choose:\n" + "".join(f"  - {c}\n" for c in ("OVR", "OVRD", "BOR", "CBOR", "RSP", "PD"))
    replace(
        home / "mappings/adam/adrs.yaml", "choose: [OVR, OVRD, BOR, CBOR, RSP, PD]\n", one_a_line + CHOOSE
    )
    adtte = home / "mappings/adam/adtte.yaml"
    adtte.write_text(adtte.read_text("utf-8") + PFS, encoding="utf-8")
    return home


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = study(tmp_path_factory.mktemp("central") / "study")
    report = run.build(load(home), home, home / "drop", home / "out", Workers(), lambda _: None)
    findings = (report.home / ("" if report.refused else "report") / "findings.csv").read_text("utf-8")
    assert not report.refused, findings
    assert "RECIST-" not in "".join(line for line in findings.splitlines() if "BICR" in line)
    return report.home


def records(built: Path, dataset: str, *columns: str) -> list[tuple[object, ...]]:
    frame, _ = pyreadstat.read_xport(next((built / "m5").rglob(f"{dataset.lower()}.xpt")))
    texts = {c: frame[c].astype("str") for c in columns if c.endswith("DT")}
    return list(frame.assign(**texts)[list(columns)].itertuples(index=False, name=None))


def test_best_response_by_central_review_is_drawn_from_its_responses(built: Path) -> None:
    answers = {(s, code): value for s, code, value in records(built, "ADRS", "SUBJID", "PARAMCD", "AVALC")}
    assert (answers["1001", "BORC"], answers["1004", "BORC"]) == ("SD", "PR")
    assert (answers["1001", "RSPC"], answers["1004", "RSPC"]) == ("N", "Y")
    assert (answers["1001", "BOR"], answers["1004", "BOR"]) == ("PR", "CR")  # as the investigator measured
    assert {v for (_, code), v in answers.items() if code == "BORC"} == {"SD", "PR", "NE"}


def test_its_category_and_name_say_who_assessed(built: Path) -> None:
    told = {r[0]: r[1:] for r in records(built, "ADRS", "PARAMCD", "PARAM", "PARCAT1")}
    assert told["BORC"] == ("Best Overall Response by Central Review", "RECIST 1.1 CENTRAL REVIEW")


def test_progression_by_central_review_ends_its_progression_free_survival(built: Path) -> None:
    rows = records(built, "ADTTE", "SUBJID", "PARAMCD", "ADT", "CNSR", "EVNTDESC")
    times = {(r[0], r[1]): r[2:] for r in rows}
    assert times["1001", "PFSC"] == ("2014-03-31", 0, "PROGRESSION BY CENTRAL REVIEW")
    assert times["1004", "PFSC"] == ("2014-03-31", 1, "ONGOING WITHOUT EVENT")
    assert times["1001", "PFS"] == ("2014-05-12", 0, "PROGRESSIVE DISEASE")


def test_the_overall_response_that_is_copied_is_the_investigator_s(built: Path) -> None:
    rows = records(built, "ADRS", "SUBJID", "PARAMCD", "ASMT", "AVALC")
    assert [r[2:] for r in rows if r[:2] == ("1001", "OVR")] == [("A2", "PR"), ("A3", "PR"), ("A4", "PD")]


FAULTS = {
    "no such evaluator": (
        "evaluator: BICR",
        "evaluator: BIRC",
        "BIRC is none of `evaluators`; did you mean BICR",
    ),
    "no name": (", name: Response by Central Review", "", "has code, as, evaluator and name"),
    "a code that is taken": ("code: RSPC", "code: RSP", "RSP is a parameter of adrs; choose another code"),
    "not of an evaluator": (
        "as: RSPI",
        "as: DEATH",
        "DEATH is not drawn from the assessments of an evaluator",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), FAULTS.values(), ids=FAULTS)
def test_a_mistake_in_such_a_parameter_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    home = study(tmp_path / "study")
    path = home / "mappings/adam/adrs.yaml"
    text = path.read_text("utf-8")
    path.write_text(text[: text.rindex(old)] + new + text[text.rindex(old) + len(old) :], encoding="utf-8")
    with pytest.raises(SpecError, match=message):
        plan(load(home), LIBRARY)
