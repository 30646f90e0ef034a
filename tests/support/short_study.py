"""A study in few words, on raw files as an EDC exports them: no columns that every form has, and no file that
says nothing. Forms and fields are laid out as in CDISC's pilot study; every participant is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.study import Study, load
from tests.support import small_study

STUDY = """\
format: 1
id: S1
title: A study in few words
protocol: S1
sponsor: Nobody
declared_build_time: 2015-03-01T00:00:00Z
standards: {SDTMIG: "3.3", ADaMIG: "1.2"}
dictionaries: [{name: MedDRA, version: "8.0"}]
missing: [NA]
subjects: {form: dm_raw, number: PATNUM, parts: "{SITEID}-{SUBJID}", usubjid: "01-{SITEID}-{SUBJID}"}
arms: {Pbo: Placebo, Xan_Hi: Xanomeline High Dose}
"""
DM = """\
title: Demographics
keys: [PATNUM]
text: [STUDY, PATNUM, IT.SEX]
integer: [IT.AGE]
date: {MM/DD/YYYY: [COL_DT], MM/DD/YYYY partial: [BIRTH]}
"""
EC = """\
title: Exposure as collected
keys: [IT.ECSTDAT]
visit: VISITNAME
text: [PATNUM, VISITNAME, FOLDER, DRUGAD]
number: [IT.ECDSTXT]
date: {DD-MON-YYYY: [IT.ECSTDAT, IT.ECENDAT]}
"""
AE = """\
keys: row
missing: [UNK]
text: [PATNUM, IT.AETERM, AELLT, IT.AESER]
integer: [AELLTCD]
date: {MM/DD/YYYY partial: [IT.AESTDAT]}
time: [AESTTIM]
coded: {MedDRA: [AELLT, AELLTCD]}
codes: {IT.AESER: [Yes, No]}
questions: {IT.AETERM: What happened?}
fields:
  Lab [mmol]: {type: number, unit: mmol/L}
"""
OF_SMALL_STUDY = ("specs/sdtm/dm.yaml", "specs/sdtm/ex.yaml", "specs/adam/adsl.yaml", "mappings/adam/adsl.py")
FILES = {
    "specs/study.yaml": STUDY,
    "specs/codelists.yaml": small_study.FILES["specs/codelists.yaml"],
    "specs/raw/dm_raw.yaml": DM,
    "specs/raw/ec_raw.yaml": EC,
    "specs/raw/ae_raw.yaml": AE,
    **{name: small_study.FILES[name] for name in OF_SMALL_STUDY},
    "specs/adam/adsl.yaml": small_study.FILES["specs/adam/adsl.yaml"].replace(
        "type: date}", "type: date, format: DATE9.}"
    ),
    "mappings/sdtm/dm.yaml": """\
dataset: DM
records:
  - from: dm_raw
variables:
  STUDYID: {constant: study.id}
  SUBJID:  {copy: SUBJID}
  SEX:     {codelist: SEX, of: IT.SEX}
  BRTHDTC: {date: BIRTH}
  RFSTDTC: {derive: first_dose, of: {usubjid: USUBJID, doses: [EX.EXSTDTC]}}
""",
    "mappings/sdtm/dm.py": small_study.FILES["mappings/sdtm/dm.py"],
    "mappings/sdtm/ex.yaml": """\
dataset: EX
records:
  - from: ec_raw
variables:
  STUDYID: {constant: study.id}
  EXSEQ:   {derive: sequence, of: {records: [EXSTDTC]}}
  EXTRT:   {copy: DRUGAD}
  EXDOSE:  {copy: IT.ECDSTXT}
  EXSTDTC: {date: IT.ECSTDAT}
  EXSTDY:  {derive: study_day, of: {date: EXSTDTC, reference: DM.RFSTDTC}}
""",
    "mappings/adam/adsl.yaml": small_study.FILES["mappings/adam/adsl.yaml"],
    "mappings/set_aside.yaml": "entries:\n  - {from: ae_raw, reason: AE is to come}\n",
}
DROP = {
    "dm_raw.csv": """\
STUDY,PATNUM,IT.AGE,IT.SEX,COL_DT,BIRTH
S1,701-1001,63,Female,12/26/2013,03/1951
S1,702-1001,64,Male,07/22/2014,4/30/1950
""",
    "ec_raw.csv": """\
PATNUM,VISITNAME,FOLDER,DRUGAD,IT.ECDSTXT,IT.ECSTDAT,IT.ECENDAT
701-1001,Baseline,EC,PLACEBO,0,02-Jan-2014,16-Jan-2014
702-1001,Baseline,EC,XANOMELINE,54,05-Aug-2014,NA
""",
    "ae_raw.csv": """\
PATNUM,IT.AETERM,AELLT,AELLTCD,IT.AESER,IT.AESTDAT,AESTTIM,Lab [mmol]
701-1001,Rash,RASH,10037844,No,01/03/2014,09:30,5.5
701-1001,Itching,ITCHING,NA,no,2014,,
701-1001,Itching,ITCHING,NA,no,2014,,
""",
}


def short_study(root: Path, changed: Mapping[str, str] | None = None) -> Study:
    """The study, written below `root` and loaded, with some files in another wording; one of no text is left
    out.
    """
    for name, content in {**FILES, **(changed or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content:
            path.write_text(content, encoding="utf-8")
    return load(root)


def short_drop(root: Path, changed: Mapping[str, str] | None = None) -> Path:
    """The drop, written below `root`, with some files in another wording."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in {**DROP, **(changed or {})}.items():
        (root / name).write_text(content, encoding="utf-8")
    return root
