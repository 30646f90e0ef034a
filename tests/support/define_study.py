"""A study small enough to check its define.xml by eye: DM, AE with SUPPAE, ADSL; each kind of origin, type
and code list once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pipeline.derivations import adam, sdtm
from pipeline.derivations.sdtm import supp
from pipeline.mapping import resolve
from pipeline.profile import profile_of
from pipeline.publish.define.write import Package
from pipeline.study import Study, load

FILES = {
    "specs/study.yaml": (
        """
id: S1
title: Small
description: A study of <one> page & more.
protocol: P1
sponsor: Sponsor & Sons
synthetic: All data are synthetic.
country: CHN
cutoff: 2020-01-01
declared_build_time: 2020-02-03T04:05:06Z
randomized: 2
subjects: {form: person, number: SUBJECT, earlier: SUBJECT}
standards:
  - {name: SDTMIG, type: IG, version: "3.3", layers: [sdtm]}
  - {name: ADaMIG, type: IG, version: "1.2", layers: [adam]}
  - {name: CDISC/NCI, type: CT, publishing_set: SDTM, version: "2022-09-30", layers: [sdtm, adam]}
dictionaries: [{name: MedDRA, version: "22.0"}]
arms: [{code: A, name: Arm A}]
epochs: [{name: SCREENING, description: Before}]
visits: [{name: VISIT 1, number: 1}]
"""
    ),
    "specs/codelists.yaml": (
        """
SEX:
  {code: C66731, name: Sex, standard: SDTM,
   terms: {F: {code: C16576, decode: Female}, M: {code: C20197, decode: Male}}}
NY:
  {code: C66742, name: No Yes Response, standard: SDTM,
   terms: {N: {code: C49487, decode: No}, Y: {code: C49488, decode: Yes}}}
LOC:
  {code: C74456, name: Anatomical Location, standard: SDTM, extensible: true,
   terms: {LUNG: {code: C12468}, SKIN: {code: C12470}}}
GRADE: {name: Grade, terms: {"2": {order: 2}, "1": {order: 1}, "3": {order: 3}}}
DOMAIN:
  {code: C66734, name: SDTM Domain Abbreviation, standard: SDTM, extensible: true,
   terms: {AE: {code: C49562}, DM: {code: C49572}}}
EVAL: {code: C78735, name: Evaluator, standard: SDTM, extensible: true, terms: {INVESTIGATOR: {code: C25936}}}
REL: {name: Causality, terms: {RELATED: {}, NOT RELATED: {}}}
"""
    ),
    "specs/displays.yaml": (
        """
populations: {all: {title: All}}
columns: {sexes: {variable: SEX, control: M}}
displays:
  - number: "1"
    title: Women & men
    population: all
    columns: sexes
    rows:
      - id: WOMEN
        label: Women
        where: {STUDYID: S1}
        rate: {variable: SEX, is: F}
        result:
          title: Rate of women
          reason: DATA DRIVEN
          purpose: EXPLORATORY OUTCOME MEASURE
          documentation: Women of <all>.
"""
    ),
    "specs/raw/header.yaml": (
        """
fields:
  SUBJECT: {question: "Subject", type: text, origin: Assigned}
  RECORD: {question: "Line", type: integer, origin: Assigned}
"""
    ),
    "specs/raw/person.yaml": (
        """
form: person
title: Person
source: Investigator
record: one per subject
fields:
  SEX: {question: "Sex", type: code, codes: [Female, Male], required: true}
  CONSENT: {question: "Consent", type: date, format: "dd MON yyyy"}
"""
    ),
    "specs/raw/diary.yaml": (
        """
form: diary
title: Diary
source: Subject
record: one per symptom
keys: [RECORD]
fields:
  TERM: {question: "Symptom", type: text}
  START: {question: "Since", type: date, format: "dd MON yyyy", partial: true}
"""
    ),
    "specs/raw/event.yaml": (
        """
form: event
title: Event
source: Investigator
record: one per event
keys: [RECORD]
fields:
  TERM: {question: "Event", type: text, required: true}
  PT: {question: "Preferred term", type: text, coded: MedDRA}
  PLACE: {question: "Where?", type: text}
  GRADE: {question: "Grade", type: integer, min: 1, max: 3}
  START: {question: "Start", type: date, format: "dd MON yyyy", partial: true}
  SIZE: {question: "Size", type: number, unit: cm}
  RELATED: {question: "Related?", type: code, codes: [Yes, No], closed: false}
"""
    ),
    "specs/sdtm/dm.yaml": (
        """
dataset: DM
label: Demographics
class: SPECIAL PURPOSE
structure: One record per subject
keys: [STUDYID, USUBJID]
variables:
  STUDYID: {label: Study Identifier, type: text, max_length: 11, core: Req, role: Identifier}
  USUBJID: {label: Unique Subject Identifier, type: text, max_length: 20, core: Req, role: Identifier}
  RFICDTC: {label: Date/Time of Informed Consent, type: iso, core: Exp, role: Record Qualifier}
  SEX: {label: Sex, type: text, core: Req, role: Record Qualifier, codelist: SEX}
  DTHFL:
    {label: Subject Death Flag, type: text, core: Exp, role: Record Qualifier, codelist: NY,
     comment: Nobody died.}
"""
    ),
    "specs/sdtm/ae.yaml": (
        """
dataset: AE
label: Adverse Events
class: EVENTS
structure: One record per event
comment: Symptoms of the diary are here too.
keys: [STUDYID, USUBJID, AESTDTC, AETERM]
variables:
  STUDYID: {label: Study Identifier, type: text, max_length: 11, core: Req, role: Identifier}
  USUBJID: {label: Unique Subject Identifier, type: text, max_length: 20, core: Req, role: Identifier}
  AESEQ: {label: Sequence Number, type: integer, core: Req, role: Identifier}
  AETERM: {label: Reported Term, type: text, core: Req, role: Topic, long: true, by: [AECAT]}
  AEDECOD:
    {label: Dictionary-Derived Term, type: text, core: Req, role: Synonym Qualifier, dictionary: MedDRA}
  AECAT: {label: Category, type: text, core: Perm, role: Grouping Qualifier}
  AELOC: {label: Location, type: text, core: Perm, role: Record Qualifier, codelist: LOC}
  AETOXGR: {label: Grade, type: text, core: Perm, role: Record Qualifier, codelist: GRADE}
  AESIZE: {label: Size, type: float, core: Perm, role: Record Qualifier}
  AESTDTC: {label: Start Date/Time, type: iso, core: Exp, role: Timing, by: [AECAT]}
  AESTDY: {label: Study Day of Start, type: integer, core: Perm, role: Timing}
  AEREL2: {label: Causality to the Device, type: text, supp: true, codelist: REL, evaluator: INVESTIGATOR}
"""
    ),
    "specs/adam/adsl.yaml": (
        """
dataset: ADSL
label: Subject-Level Analysis Dataset
class: SUBJECT LEVEL ANALYSIS DATASET
structure: One record per subject
keys: [STUDYID, USUBJID]
variables:
  STUDYID: {label: Study Identifier, type: text, max_length: 11, core: Req, required: true}
  USUBJID: {label: Unique Subject Identifier, type: text, max_length: 20, core: Req, required: true}
  SEX: {label: Sex, type: text, core: Req, codelist: SEX}
  CONSDT: {label: Date of Consent, type: date, format: DATE9.}
"""
    ),
    "mappings/sdtm/dm.yaml": (
        """
dataset: DM
records: [{from: person}]
variables:
  STUDYID: {constant: study.id}
  RFICDTC: {date: CONSENT}
  SEX: {codelist: SEX, of: SEX}
"""
    ),
    "mappings/sdtm/ae.yaml": (
        """
dataset: AE
records:
  - from: event
    variables:
      AECAT: {constant: EVENT}
      AEDECOD: {copy: PT}
      AELOC: {codelist: LOC, of: PLACE}
      AETOXGR: {codelist: GRADE, of: GRADE}
      AESIZE: {copy: SIZE}
      AEREL2: {codelist: REL, of: RELATED}
  - from: diary
    variables:
      AECAT: {constant: A/B SYMPTOM}
      AEDECOD: {constant: SYMPTOM}
variables:
  STUDYID: {constant: study.id}
  AESEQ: {derive: sequence, of: {records: [AESTDTC, AETERM]}}
  AETERM: {copy: TERM}
  AESTDTC: {date: START}
  AESTDY: {derive: study_day, of: {date: AESTDTC, reference: DM.RFICDTC}}
"""
    ),
    "mappings/adam/adsl.yaml": (
        """
dataset: ADSL
records: [{from: DM}]
variables:
  STUDYID: {copy: DM.STUDYID}
  SEX: {copy: DM.SEX}
  CONSDT: {derive: consent_day, of: {date: DM.RFICDTC}}
"""
    ),
    "mappings/adam/adsl.py": (
        '''
import pandas as pd


def consent_day(date: pd.Series) -> pd.Series:
    """Day of consent.

    Takes     ISO 8601 text.
    """
    return pd.to_datetime(date, format="%Y-%m-%d")
'''
    ),
    "mappings/set_aside.yaml": "entries: []",
    "specs/units.yaml": "{}",
    "specs/translations.yaml": "{}",
    "specs/simulation.yaml": "{}",
}


def study(folder: Path, *changes: tuple[str, str, str]) -> Study:
    """The study, after some changes: file, what stands in it, what is to stand there."""
    files = dict(FILES)
    for name, old, new in changes:
        assert old in files[name], f"{name} does not hold {old}"
        files[name] = files[name].replace(old, new)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load(folder)


def frames() -> dict[str, pd.DataFrame]:
    """What the datasets hold: two persons, three events, one of them from the diary and one with a text that
    goes on in SUPPAE.
    """
    people = {"STUDYID": ["S1", "S1"], "USUBJID": ["S1-001", "S1-002"]}
    dm = {
        **people,
        "RFICDTC": ["2019-01-02", "2019-01-03"],
        "SEX": ["F", "F"],
        "DTHFL": [None, None],
        "block": [0, 0],
    }
    adsl = {
        **people,
        "SEX": ["F", "F"],
        "CONSDT": pd.to_datetime(["2019-01-02", "2019-01-03"], format="%Y-%m-%d"),
        "block": [0, 0],
    }
    ae = {
        "STUDYID": ["S1", "S1", "S1"],
        "USUBJID": ["S1-001", "S1-001", "S1-002"],
        "AESEQ": [9.0, 10.0, 1.0],
        "AETERM": ["COUGH", "A VERY LONG COUGH", "ITCH"],
        "AEDECOD": ["Cough", "Cough", "SYMPTOM"],
        "AECAT": ["EVENT", "EVENT", "A/B SYMPTOM"],
        "AELOC": ["LUNG", "Left ear", None],
        "AETOXGR": ["1", "2", None],
        "AESIZE": [1.25, 10.0, None],
        "AESTDTC": ["2019-01-02", "2019-02", "2019-01-04"],
        "AESTDY": [1.0, None, 2.0],
        "block": [0, 0, 1],
    }
    suppae = {
        "STUDYID": ["S1", "S1"],
        "RDOMAIN": ["AE", "AE"],
        "USUBJID": ["S1-001", "S1-001"],
        "IDVAR": ["AESEQ", "AESEQ"],
        "IDVARVAL": ["10", "10"],
        "QNAM": ["AETERM1", "AEREL2"],
        "QLABEL": ["Reported Term", "Causality to the Device"],
        "QVAL": ["THAT WENT ON", "RELATED"],
        "QORIG": ["Collected", "Collected"],
        "QEVAL": [None, "INVESTIGATOR"],
        "block": [0, 0],
    }
    return {"DM": _typed(dm), "AE": _typed(ae), "SUPPAE": _typed(suppae), "ADSL": _typed(adsl)}


def package(found: Study, held: dict[str, pd.DataFrame] | None = None) -> Package:
    """The study with the profile of these datasets, or of those of `frames`."""
    held = frames() if held is None else held
    specs = {n: found.datasets[n] for n in found.mappings}
    specs |= supp.specs(specs)
    plan = resolve.plan(found, {"sdtm": sdtm.FUNCTIONS, "adam": adam.FUNCTIONS})
    pages = {form: number for number, form in enumerate(found.forms, start=1)}
    return Package(found, plan, specs, profile_of(specs, held, {}, []), pages)


def _typed(columns: Mapping[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    texts = [c for c in frame if frame[c].dtype == "object"]
    return frame.astype(dict.fromkeys(texts, "str"))
