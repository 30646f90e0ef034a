"""A study of three forms and three datasets, small enough to know every value by heart; a test adds or
replaces files of it.

It is of a version of SDTMIG whose tables are not at hand, so its specs say everything themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.derivations import adam, sdtm
from pipeline.mapping.resolve import plan
from pipeline.mapping.steps import Plan
from pipeline.study import Study, load

FILES = {
    "specs/study.yaml": """\
id: S1
title: A small study
description: For tests
protocol: S1
sponsor: Nobody
synthetic: All data are made up.
country: CHN
cutoff: 2019-07-01
declared_build_time: 2019-09-12T00:00:00Z
randomized: 2
subjects: {form: enrol, number: SUBJECT, earlier: EARLIER}
standards: [{name: SDTMIG, type: IG, version: "3.3", layers: [sdtm]}]
arms: [{code: A, name: Active}]
epochs: [{name: SCREENING, description: Before the first dose}]
visits: [{name: WEEK 6, number: 7}]
parameters:
  per_day: {value: 24, unit: hours, reason: Hours of a day}
""",
    "specs/raw/header.yaml": """\
fields:
  SUBJECT: {question: Subject number, type: text, origin: Assigned}
  FOLDER:  {question: Visit, type: text}
""",
    "specs/raw/enrol.yaml": """\
form: enrol
title: Enrolment
source: Investigator
record: one per subject number
fields:
  EARLIER: {question: Earlier number, type: text}
  GENDER:  {question: Sex, type: code, codes: [Female, Male]}
  BIRTH:   {question: Date of birth, type: date, format: dd MON yyyy, partial: true}
""",
    "specs/raw/dose.yaml": """\
form: dose
title: Doses
source: Investigator
record: one per dose
keys: [FOLDER]
fields:
  GIVEN:   {question: Given?, type: code, codes: [Yes, No]}
  DAY:     {question: Date, type: date, format: dd MON yyyy}
  MG:      {question: Milligrams, type: number}
  PRODUCT: {question: Product, type: text, coded: WHODrug}
""",
    "specs/raw/lab.yaml": """\
form: lab
title: Laboratory
source: Vendor
record: one per test
keys: [FOLDER]
fields:
  VALUE: {question: Value, type: number}
  BATCH: {question: Batch, type: text, origin: Assigned}
""",
    "specs/codelists.yaml": """\
SEX:
  name: Sex
  terms:
    F: {decode: Female, collected: [woman]}
    M: {decode: Male}
""",
    "specs/units.yaml": "{}\n",
    "specs/translations.yaml": "{}\n",
    "specs/waivers.yaml": "waivers: []\n",
    "specs/simulation.yaml": "{}\n",
    "specs/sdtm/dm.yaml": """\
dataset: DM
label: Demographics
class: SPECIAL PURPOSE
structure: One record per subject
keys: [STUDYID, USUBJID]
variables:
  STUDYID: {label: Study, type: text}
  USUBJID: {label: Subject, type: text}
  SUBJID:  {label: Number, type: text}
  SEX:     {label: Sex, type: text, codelist: SEX}
  BRTHDTC: {label: Birth, type: iso}
  RFSTDTC: {label: First dose, type: iso}
""",
    "specs/sdtm/ex.yaml": """\
dataset: EX
label: Exposure
class: INTERVENTIONS
structure: One record per dose
keys: [STUDYID, USUBJID, EXSEQ]
variables:
  STUDYID: {label: Study, type: text}
  USUBJID: {label: Subject, type: text}
  EXSEQ:   {label: Number, type: integer}
  EXTRT:   {label: Treatment, type: text}
  EXDOSE:  {label: Dose, type: float}
  EXSTDTC: {label: Start, type: iso}
  EXSTDY:  {label: Day, type: integer}
""",
    "specs/adam/adsl.yaml": """\
dataset: ADSL
label: Subjects
class: SUBJECT LEVEL ANALYSIS DATASET
structure: One record per subject
keys: [STUDYID, USUBJID]
variables:
  STUDYID: {label: Study, type: text}
  USUBJID: {label: Subject, type: text}
  SEX:     {label: Sex, type: text}
  SEXN:    {label: Sex in words, type: text}
  TRTSDT:  {label: First dose, type: date}
""",
    "mappings/sdtm/dm.yaml": """\
dataset: DM
records:
  - from: enrol
variables:
  STUDYID: {constant: study.id}
  SUBJID:  {copy: SUBJECT}
  SEX:     {codelist: SEX, of: GENDER}
  BRTHDTC: {date: BIRTH}
  RFSTDTC: {derive: first_dose, of: {usubjid: USUBJID, doses: [EX.EXSTDTC]}}
""",
    "mappings/sdtm/dm.py": '''\
import pandas as pd


def first_dose(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """The earliest date of a dose.

    Takes     participants; dates of doses.
    """
    first = doses.groupby("USUBJID")["EXSTDTC"].min()
    return first.reindex(usubjid).set_axis(usubjid.index).astype("str")
''',
    "mappings/sdtm/ex.yaml": """\
dataset: EX
records:
  - from: dose
    where: {GIVEN: Yes}
    variables:
      EXTRT:  {copy: PRODUCT}
      EXDOSE: {copy: MG}
variables:
  STUDYID: {constant: study.id}
  EXSEQ:   {derive: sequence, of: {records: [EXSTDTC]}}
  EXSTDTC: {date: DAY}
  EXSTDY:  {derive: study_day, of: {date: EXSTDTC, reference: DM.RFSTDTC}}
""",
    "mappings/adam/adsl.yaml": """\
dataset: ADSL
records:
  - from: DM
variables:
  STUDYID: {copy: DM.STUDYID}
  SEX:     {copy: DM.SEX}
  SEXN:    {codelist: SEX, of: SEX}
  TRTSDT:  {derive: whole_day, of: {date: DM.RFSTDTC}}
""",
    "mappings/adam/adsl.py": '''\
import pandas as pd

from pipeline.records import dates


def whole_day(date: pd.Series) -> pd.Series:
    """The day of a complete date."""
    return dates.day(date)
''',
    "mappings/set_aside.yaml": """\
entries:
  - {from: dose, where: {GIVEN: No}, reason: Not given}
  - {from: lab, reason: LB is to come}
""",
}


def small_study(root: Path, changed: Mapping[str, str] | None = None) -> Study:
    """The small study, written below `root` and loaded, with some files in another wording; one of no text is
    left out.
    """
    for name, content in {**FILES, **(changed or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content:
            path.write_text(content, encoding="utf-8")
    return load(root)


def steps_of(study: Study) -> Plan:
    return plan(study, {"sdtm": sdtm.FUNCTIONS, "adam": adam.FUNCTIONS})
