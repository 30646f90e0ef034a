"""A mistake in specs or mappings is reported before anything is built, with file:line:column, what was
expected and the nearest right word.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import SpecError
from pipeline.study import load
from tests.conftest import DROP, ROOT


def build(study: Path, out: Path) -> Result:
    return CliRunner().invoke(app, ["build", str(DROP), "--out", str(out), "--study", str(study)])


@pytest.fixture
def study_copy(tmp_path: Path) -> Path:
    """A copy of specs/ and mappings/ to spoil."""
    copy = tmp_path / "study"
    for folder in ("specs", "mappings"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def spoilt(study: Path, file: str, old: str, new: str) -> str:
    """Replaces the first `old` by `new`, in which | marks the place that the message must cite; returns
    file:line:column of that place.
    """
    text = (study / file).read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old}"
    at = text.index(old) + new.index("|")
    changed = text.replace(old, new.replace("|", "", 1), 1)
    (study / file).write_text(changed, encoding="utf-8")
    line, column = changed.count("\n", 0, at) + 1, at - changed.rfind("\n", 0, at)
    return f"{study / file}:{line}:{column}: "


AE, DM, DS, EX, TTE = (
    f"mappings/{n}.yaml" for n in ("sdtm/ae", "sdtm/dm", "sdtm/ds", "sdtm/ex", "adam/adtte")
)
STUDY = "specs/study.yaml"
PARAMETERS = "parameters:\n"  # of that file: a test plants one of the program's own below it
RESPONSES = "mappings/adam/adrs.yaml"
ADSL, ADTR = "mappings/adam/adsl.yaml", "mappings/adam/adtr.yaml"
BENEFIT = """code: CB
    derive: clinical_benefit
    source: derived
    subjects: [RANDDT, NACTDT]
    rules: """
SPEC, RAW = "specs/sdtm/ae.yaml", "specs/raw/ae.yaml"
TERM = "AETERM:   {copy: TERM}"
_START = 'START_DATE: {question: "Start date", type: date'
_FIRST_DOSE = "RFSTDTC:  {derive: start_of_first_dose, of: {usubjid: USUBJID, exposure: [EX.EXSTDTC]}}"
CYCLE = (DM, _FIRST_DOSE, "|RFSTDTC:  {derive: death_flag, of: {usubjid: USUBJID, deaths: [EX.EXSTDY]}}")
FAULTS = {
    # what a study may say
    "a region of the tumour schedule that no record can have": (
        "specs/study.yaml",
        "regions: [CHEST, ABDOMINAL CAVITY, PELVIS]",
        "regions: [CHEST, |ABDOMINAL CAVTY, PELVIS]",
        "ABDOMINAL CAVTY is not a term of PR.PRLOC; did you mean ABDOMINAL CAVITY?",
    ),
    "a visit of the tumour schedule without a tumour assessment": (
        "specs/study.yaml",
        "tumour_schedule:\n  - visits: [WEEK 6, WEEK 12,",
        "tumour_schedule:\n  - visits: [WEEK 6, |CYCLE 4 DAY 1,",
        "CYCLE 4 DAY 1 is not a visit with a tumour assessment",
    ),
    # how a contract may say that numbers are written
    "a decimal mark that no number has": (
        "specs/raw/lab.yaml",
        "keys: [ACCESSION, TEST_CODE]",
        'keys: [ACCESSION, TEST_CODE]\nfile: {|decimal: ";"}',
        "file.decimal: expected one of .,",
    ),
    "one mark for decimals and thousands": (
        "specs/raw/lab.yaml",
        "keys: [ACCESSION, TEST_CODE]",
        'keys: [ACCESSION, TEST_CODE]\nfile: {|thousands: "."}',
        "one mark cannot stand before the decimals and between thousands; correct one of them",
    ),
    "one mark for both in one field": (
        "specs/raw/vs.yaml",
        'WEIGHT:      {question: "Weight", type: number,',
        '|WEIGHT:      {question: "Weight", type: number, decimal: ",", thousands: ",",',
        "one mark cannot stand before the decimals and between thousands; correct one of them",
    ),
    "a decimal mark of a date": (
        "specs/raw/lab.yaml",
        'SAMPLE_DATE: {question: "Date of sampling", type: date,',
        'SAMPLE_DATE: {question: "Date of sampling", |decimal: ",", type: date,',
        "only a number has a decimal mark, and this is date; leave it out",
    ),
    "a number that is said to be numeric": (
        "specs/raw/vs.yaml",
        'WEIGHT:      {question: "Weight", type: number,',
        'WEIGHT:      {question: "Weight", |numeric: {}, type: number,',
        "only a text can be numeric, and this is number already; leave it out",
    ),
    "results in words of a test that the laboratory does not have": (
        "specs/raw/lab.yaml",
        "numeric: {unless: {TEST_CODE: [U-PRO, U-GLU,",
        "numeric: {unless: {|TEST_CODE: [U-PRT, U-GLU,",
        "U-PRT is not a label of lab.TEST_CODE; did you mean U-PRO?",
    ),
    "results in words by a field that is not there": (
        "specs/raw/lab.yaml",
        "numeric: {unless: {TEST_CODE: [",
        "numeric: {unless: {|TEST_CDE: [",
        "TEST_CDE is not a field of lab; did you mean TEST_CODE?",
    ),
    "a factor that is no number": (
        "specs/units.yaml",
        'cm: {to: mm, factor: "10"}',
        'cm: {to: mm, |factor: "1e1"}',
        'factor: a decimal number above 0 with a point is expected, such as "0.0555"',
    ),
    "a factor of nothing": (
        "specs/units.yaml",
        'cm: {to: mm, factor: "10"}',
        'cm: {to: mm, |factor: "0"}',
        'factor: a decimal number above 0 with a point is expected, such as "0.0555"',
    ),
    # what a parameter may be
    "a number of days in words": (
        STUDY,
        "minimum_sd_days: {value: 35",
        "minimum_sd_days: {|value: thirty-five",
        "minimum_sd_days: expected a whole number",
    ),
    "a negative number of days": (
        STUDY,
        "minimum_sd_days: {value: 35",
        "minimum_sd_days: {|value: -35",
        "minimum_sd_days: expected at least 0",
    ),
    "half a day": (
        STUDY,
        "minimum_sd_days: {value: 35",
        "minimum_sd_days: {|value: 35.5",
        "minimum_sd_days: expected a whole number",
    ),
    "a number of days in quotes": (
        STUDY,
        "minimum_sd_days: {value: 35",
        'minimum_sd_days: {|value: "35"',
        "expected a whole number; write it without quotes and without leading zeros",
    ),
    "a number of days that looks octal": (
        STUDY,
        "minimum_sd_days: {value: 35",
        "minimum_sd_days: {|value: 035",
        "expected a whole number; write it without quotes and without leading zeros",
    ),
    "a truth value for a number": (
        STUDY,
        "minimum_sd_days: {value: 35",
        "minimum_sd_days: {|value: true",
        "minimum_sd_days: expected a whole number",
    ),
    "a parameter without a value": (
        STUDY,
        "minimum_sd_days: {value: 35,",
        "minimum_sd_days: {|value: ,",
        "parameters.minimum_sd_days.value stands here without a value; write the value, or leave the key out",
    ),
    "a parameter that no text can be": (
        STUDY,
        "minimum_sd_days: {value: 35",
        "minimum_sd_days: {|value: [35, 42]",
        "minimum_sd_days: expected a whole number",
    ),
    "a misspelt truth value": (
        STUDY,
        PARAMETERS,
        "parameters:\n  icpd_stays: {|value: flase, reason: planted}\n",
        "icpd_stays: expected true or false; did you mean false?",
    ),
    "a parameter of the program with a misspelt name": (
        STUDY,
        PARAMETERS,
        "parameters:\n  |max_targts: {value: 3, reason: planted}\n",
        "max_targts is no parameter of the program; did you mean max_targets?",
    ),
    "an anchor that is no date of ADSL": (
        STUDY,
        "anchor: ADSL.ANCH1DT",
        "|anchor: ADSL.RANDT",
        "ADSL.RANDT is not a date of ADSL; did you mean ADSL.RANDDT?",
    ),
    "yes, which is a text": (
        STUDY,
        PARAMETERS,
        "parameters:\n  icpd_stays: {|value: yes, reason: planted}\n",
        "icpd_stays: expected true or false",
    ),
    "a share of baseline over 100 %": (
        STUDY,
        PARAMETERS,
        "parameters:\n  pr_fraction: {|value: 70, reason: planted}\n",
        "pr_fraction: expected less than 1",
    ),
    "a growth below the smallest sum": (
        STUDY,
        PARAMETERS,
        "parameters:\n  pd_fraction: {|value: 0.20, reason: planted}\n",
        "pd_fraction: expected more than 1",
    ),
    "a choice that there is not": (
        STUDY,
        PARAMETERS,
        "parameters:\n  after_pd: {|value: cary, reason: planted}\n",
        "after_pd: expected one of derive, carry; did you mean carry?",
    ),
    "an entry of a list that there is not": (
        STUDY,
        PARAMETERS,
        "parameters:\n  unconfirmed_stands: {value: [|treatment stoped for it], reason: planted}\n",
        "did you mean treatment stopped for it?",
    ),
    "a parameter that is a visit and names none": (
        STUDY,
        "primary_visit:\n    value: WEEK 12",
        "primary_visit:\n    |value: WEEK 13",
        "primary_visit: WEEK 13 is not a visit of the study; did you mean WEEK",
    ),
    "a term that no record has": (
        STUDY,
        PARAMETERS,
        "parameters:\n  disposition_without_contact: {value: [|LOST TO FOLOW-UP], reason: planted}\n",
        "LOST TO FOLOW-UP is not a term of DS.DSDECOD; did you mean LOST TO FOLLOW-UP?",
    ),
    "a misspelt parameter of a function": (
        "mappings/sdtm/se.yaml",
        "cycle_days: specs.parameters.cycle_days",
        "|cycle_days: specs.parameters.cycle_dyas",
        "specs/study.yaml has no cycle_dyas there; did you mean cycle_days?",
    ),
    "a part of the specs of another kind": (
        DM,
        "arms: specs.arms",
        "|arms: specs.visits",
        "takes arms as tuple[Arm, ...], which specs.visits is not",
    ),
    # what else specs/study.yaml may say
    "a limit by a criterion that there is not": (
        STUDY,
        "criterion: INCL04, variable: LB.LBSTRESN, test: PLAT",
        "|criterion: INCL44, variable: LB.LBSTRESN, test: PLAT",
        "INCL44 is not a code of `criteria`, nor LBSTRESN; did you mean INCL04?",
    ),
    "a limit without a bound": (
        STUDY,
        "{criterion: INCL04, variable: LB.LBSTRESN, test: PLAT, least: 80}",
        "|{criterion: INCL04, variable: LB.LBSTRESN, test: PLAT}",
        "a limit needs at least one bound",
    ),
    "a limit between which nothing lies": (
        STUDY,
        "{criterion: AGE,    variable: DM.AGE, least: 30, most: 70}",
        "|{criterion: AGE,    variable: DM.AGE, least: 70, most: 30}",
        "nothing lies between these bounds; the lower one must be the smaller",
    ),
    "a window of less than no day": (
        STUDY,
        "day: 43,   before: 7,",
        "day: 43,   |before: -7,",
        "expected at least 0",
    ),
    "a visit twice": (
        STUDY,
        "{name: WEEK 12, ",
        "{|name: WEEK 6, ",
        "WEEK 6 is the name of an earlier entry of `visits`",
    ),
    "a treatment that no visit gives": (
        STUDY,
        "treatments: [TRASTUZUMAB]",
        "treatments: [|TRASTUZUMB]",
        "TRASTUZUMB is not given at any visit; did you mean TRASTUZUMAB?",
    ),
    "a cut-off after the build": (
        STUDY,
        "cutoff: 2019-07-01",
        "|cutoff: 2091-07-01",
        "the data cut-off comes after declared_build_time, 2019-09-12",
    ),
    "a day as a number": (STUDY, "cutoff: 2019-07-01", "|cutoff: 20190701", "expected a day, yyyy-mm-dd"),
    "an evaluator that no record has": (
        STUDY,
        "evaluator: INVESTIGATOR}",
        "|evaluator: INVESTIGATR}",
        "INVESTIGATR is not a term of TR.TREVAL; did you mean INVESTIGATOR?",
    ),
    "an important deviation of a category that no log has": (
        STUDY,
        "- {category: ELIGIBILITY, excludes: true}",
        "- {|category: ELIGIBILTY, excludes: true}",
        "ELIGIBILTY is not a term of DV.DVCAT; did you mean ELIGIBILITY?",
    ),
    "an important deviation of a class that no log has": (
        STUDY,
        "- {category: DOSING, classes: [MAJOR], excludes: true}",
        "- {category: DOSING, classes: [|MAYOR], excludes: true}",
        "MAYOR is not a term of DV.DVCLASS; did you mean MAJOR?",
    ),
    "a convention that there is not": (
        TTE,
        "{id: B, sources: {ended: ended}, dated: scheduled visit",
        "{id: B, sources: {ended: ended}, |dated: schedule visit",
        "expected one of scan, scheduled visit; did you mean scheduled visit?",
    ),
    "a key of a convention that there is not": (
        TTE,
        "{id: B, sources: {ended: ended}, dated: scheduled visit",
        "{id: B, sources: {ended: ended}, |datd: scheduled visit",
        "datd is not a key here; did you mean dated?",
    ),
    "a waiver of a rule that there is not": (
        "specs/waivers.yaml",
        "rule: REASON-WITH-END",
        "|rule: REASON-WITH-EDN",
        "REASON-WITH-EDN is not a rule of the checks; did you mean REASON-WITH-END?",
    ),
    "an explanation of a rule that there is not": (
        "specs/guides.yaml",
        "{rule: DEV-LIMIT,",
        "{|rule: DEV-LIMITS,",
        "DEV-LIMITS is not a rule of the checks; did you mean DEV-LIMIT?",
    ),
    "a factor of a test that there is not": (
        "specs/units.yaml",
        "HGB g/dL:",
        "|HGBB g/dL:",
        "HGBB is not a test of any dataset; did you mean HGB g/dL?",
    ),
    "an explanation of a variable that there is not": (
        "specs/guides.yaml",
        "rule: LIMIT-OF-CENSORED",
        "rule: LIMIT-OF-CENSORED\n    dataset: LB\n    |variable: LBORNRH",
        "LBORNRH is not a variable of LB; did you mean LBORNRHI?",
    ),
    "lists within lists": (
        SPEC,
        "keys: ",
        f"keys: |{'[' * 3000}\n# ",
        "nested more deeply than any",
    ),
    # what the synthetic drop may be made of
    "a share over 1": (
        "specs/simulation.yaml",
        "  three_plus: 0.7 ",
        "  |three_plus: 70 ",
        "pathology.three_plus: expected at most 1",
    ),
    "a span of which the least is the most": (
        "specs/simulation.yaml",
        "  scan_after: [3, 8]",
        "  |scan_after: [8, 3]",
        "expected the least and the most, in this order",
    ),
    "a misspelt key of the simulator": (
        "specs/simulation.yaml",
        "  toxicity_stop: ",
        "  |toxicity_sotp: ",
        "toxicity_sotp is not a key here; did you mean toxicity_stop?",
    ),
    "a key in a row that is no field": (
        "specs/simulation.yaml",
        "- {chance: 0.85, days_after: [70, 90], lasts: 84,",
        "- |{chance: 0.85, days_aftr: [70, 90], lasts: 84,",
        "days_aftr is not a key here; did you mean days_after?",
    ),
    "a product of a form that is not there": (
        "specs/simulation.yaml",
        "    form: tras\n    arms",
        "    |form: trass\n    arms",
        "trass is not a form of specs/raw; did you mean tras?",
    ),
    "a course that there is not": (
        "specs/simulation.yaml",
        "course: {disease: stable}",
        "course: {|disease: stabel}",
        "expected one of response, stable, progression; did you mean stable?",
    ),
    # what a spec may say
    "a label over 40 bytes": (
        SPEC,
        "label: Causality to Trastuzumab",
        "|label: Study Identifier of This Clinical Trial 2",
        "a label of 41 bytes, where 40 fit in a transport file; shorten it",
    ),
    "a label that is not ASCII": (
        SPEC,
        "label: Causality to Trastuzumab",
        "|label: Étude",
        "a label is of ASCII characters",
    ),
    "an empty label": (
        SPEC,
        "label: Causality to Trastuzumab",
        '|label: ""',
        "an empty text says nothing; write it, or leave the key out",
    ),
    "a name that no transport file holds": (
        SPEC,
        "AERELTRA: {label",
        "|AERELTRASTUZUMAB: {label",
        "a name in a transport file has 1 to 8 capital letters and digits, a letter first",
    ),
    "a class that there is not": (
        "specs/adam/adta.yaml",
        "class: ADAM OTHER",
        "|class: ADAM OTHR",
        "did you mean ADAM OTHER?",
    ),
    "a format that SAS does not have": (
        SPEC,
        "supp: true, codelist: AEREL, evaluator: INVESTIGATOR}",
        "supp: true, codelist: AEREL, |format: DTAE9., evaluator: INVESTIGATOR}",
        "expected a SAS format of dates, times or numbers",
    ),
    "a dictionary in which nothing can be coded": (
        RAW,
        "coded: MedDRA",
        "|coded: MeDRA",
        "MeDRA is not a dictionary of specs/study.yaml; did you mean MedDRA?",
    ),
    "a misspelt key of a variable": (
        SPEC,
        "AETERM: {long: true}",
        "AETERM: {|lnog: true}",
        "lnog is not a key here; did you mean long?",
    ),
    "a misspelt key of a dataset": (
        SPEC,
        "keys:",
        "|kyes:",
        "kyes is not a key here; did you mean keys?",
    ),
    "a key like no other": (
        SPEC,
        "keys:",
        "|mood: x\nkeys:",
        "mood is not a key here; expected one of class, comment, dataset, keys,",
    ),
    "a misspelt key of a raw form": (
        RAW,
        "required: true",
        "|requird: true",
        "requird is not a key here; did you mean required?",
    ),
    "a misspelt value": (SPEC, "type: text", "|type: txt", "did you mean text?"),
    "a length no text may have": (
        SPEC,
        "AETERM: {long: true}",
        "AETERM: {|max_length: 1000}",
        "expected at most 200",
    ),
    "a codelist that is not there": (
        SPEC,
        "codelist: AEREL",
        "|codelist: AERLE",
        "AERLE is not a list of specs/codelists.yaml; did you mean AEREL?",
    ),
    "a dictionary that is not there": (
        SPEC,
        "dictionary: MedDRA",
        "|dictionary: MeDRA",
        "MeDRA is not a dictionary of specs/study.yaml; did you mean MedDRA?",
    ),
    "a key that is no variable": (
        SPEC,
        "keys: [",
        "keys: [|AETREM, ",
        "AETREM is not a variable of AE; did you mean AETERM?",
    ),
    "a column of a file that feeds no field": (
        RAW,
        "fields:",
        "file: {columns: {|TREM: ae_term}}\nfields:",
        "TREM is not a field of ae; did you mean TERM?",
    ),
    "a column of a file that feeds two fields": (
        RAW,
        "fields:",
        "file: {columns: {|TERM: GRADE}}\nfields:",
        "GRADE is the name of two fields; a column feeds one field",
    ),
    "an encoding that is not read": (
        RAW,
        "fields:",
        "file: {|encoding: GBK}\nfields:",
        "expected one of UTF-8, UTF-8 with BOM, GB18030",
    ),
    "a key of a raw form that is no field": (
        RAW,
        "keys: [RECORD]",
        "keys: [|RECRD]",
        "RECRD is not a field of ae; did you mean RECORD?",
    ),
    "a form whose records are dated by what is no date": (
        RAW,
        "record: ",
        "|dated: TERM\nrecord: ",
        "TERM is not a date of ae",
    ),
    "a date without its format": (
        RAW,
        f'{_START}, format: "dd MON yyyy"',
        _START.replace("type: date", "|type: date"),
        "a date, and only a date, says its format, such as YYYY-MM-DD",
    ),
    "a file under another name": (
        SPEC,
        "dataset: AE",
        "|dataset: AX",
        "AX belongs in a file of its own name, ax.yaml",
    ),
    "a form that would leave its folder": (
        RAW,
        "form: ae",
        "|form: ../ae",
        "../ae belongs in a file of its own name",
    ),
    "subjects of a form that is not there": (
        "specs/study.yaml",
        "form: enrol,",
        "|form: enroll,",
        "enroll is not a form of specs/raw; did you mean enrol?",
    ),
    "a day that does not exist": (
        "specs/study.yaml",
        "cutoff: 2019-07-01",
        "|cutoff: 2019-02-31",
        "day is out of range for month",
    ),
    "a display of a dataset that is not there": (
        "specs/displays.yaml",
        "dataset: ADTTE",
        "|dataset: ADTE",
        "ADTE is not a dataset of the study; did you mean ADTTE?",
    ),
    "a display of a variable that is not there": (
        "specs/displays.yaml",
        "{time: AVALM,",
        "{|time: AVLM,",
        "AVLM is not a variable of ADTTE; did you mean AVALM?",
    ),
    "a display of a parameter that is not there": (
        "specs/displays.yaml",
        "where: {PARAMCD: RSPW12}",
        "where: {|PARAMCD: RSPW13}",
        "RSPW13 is not a value of ADRS.PARAMCD; did you mean RSPW12?",
    ),
    "a rate of a value that is not there": (
        "specs/displays.yaml",
        'rate: {variable: AVALC, is: "Y"}\n        result',
        "rate: {variable: AVALC, |is: PRR}\n        result",
        "PRR is not a value of ADRS.AVALC; did you mean PR?",
    ),
    "columns against an arm that is not there": (
        "specs/displays.yaml",
        "compared: {variable: TRT01P, records: TRTP, control: Trastuzumab,",
        "compared: {variable: TRT01P, records: TRTP, |control: Trastuzumabb,",
        "Trastuzumabb is not a term of TRT01P; did you mean Trastuzumab?",
    ),
    "columns by arms that no list tells": (
        "specs/displays.yaml",
        "compared: {variable: TRT01P,",
        "compared: {|variable: TRT01PN,",
        "TRT01PN has no codelist, which says what the arms are",
    ),
    "a display of a population that is not there": (
        "specs/displays.yaml",
        "population: treated",
        "|population: treted",
        "treted is not one of `populations`; did you mean treated?",
    ),
    "a display by columns that are not there": (
        "specs/displays.yaml",
        "columns: actual",
        "|columns: actal",
        "actal is not one of `columns`; did you mean actual?",
    ),
    "a result that rests on no assumption": (
        "specs/displays.yaml",
        "assumption: pfs-primary",
        "|assumption: pfs-primry",
        "pfs-primry is not an id of `assumptions`; did you mean pfs-primary?",
    ),
    "two results of one name": (
        "specs/displays.yaml",
        "- id: PFS\n",
        "- |id: RSPW12\n",
        "RSPW12 is the id of two results",
    ),
    "two rows of one name": (
        "specs/displays.yaml",
        "{id: TREATED,",
        "{|id: RANDOMIZED,",
        "RANDOMIZED is the id of an earlier row",
    ),
    "two displays of one number": (
        "specs/displays.yaml",
        "- number: 14.1.2\n",
        "- |number: 14.1.1\n",
        "14.1.1 is the number of an earlier table",
    ),
    "a row of two kinds": (
        "specs/displays.yaml",
        "{id: AGE, label: Age (years),",
        "|{id: AGE, label: Age (years), categories: {variable: AGEGR1},",
        "a row is of one kind, and this one has categories and summary",
    ),
    "subgroups of what is not known of participants": (
        "specs/displays.yaml",
        "{variable: AGEGR1, label: Age group (years)}, {",
        "{|variable: AGEGRP, label: Age group (years)}, {",
        "AGEGRP is not a variable of ADSL; did you mean AGEGR1?",
    ),
    "a narrative of a variable that is not there": (
        "specs/displays.yaml",
        'text: "Age {AGE} years,',
        '|text: "Age {AGEE} years,',
        "AGEE is not a variable of ADSL or ADSL; did you mean AGE?",
    ),
    "subgroups without a measure": (
        "specs/displays.yaml",
        'subgroups: {rate: {variable: AVALC, is: "Y"}, ',
        "|subgroups: {",
        "subgroups are of `rate` or of `survival`: give one of the two",
    ),
    "a table without rows": (
        "specs/displays.yaml",
        "number: 16.2.2\n    kind: listing\n",
        "|number: 16.2.2\n",
        "a table needs `columns`",
    ),
    "a result of several values": (
        "specs/displays.yaml",
        "where: {PARAMCD: PFS}",
        "where: {|PARAMCD: [PFS, OS]}",
        "define.xml tells a result by one value of each variable; give PARAMCD one",
    ),
    "a column of a listing that is not there": (
        "specs/displays.yaml",
        "DVCAT: Class,",
        "|DVCATT: Class,",
        "DVCATT is not a variable of ADDV or ADSL; did you mean DVCAT?",
    ),
    "a figure of a dataset that is not there": (
        "specs/displays.yaml",
        "doses: {dataset: EX,",
        "doses: {|dataset: EXX,",
        "EXX is not a dataset of the study; did you mean EX?",
    ),
    "a figure of a variable that is not there": (
        "specs/displays.yaml",
        'changes: {dataset: ADTR, where: {PARAMCD: SDIAM, ANL01FL: "Y"}, value: PCHG}',
        'changes: {dataset: ADTR, where: {PARAMCD: SDIAM, ANL01FL: "Y"}, |value: PCHGG}',
        "PCHGG is not a variable of ADTR; did you mean PCHG?",
    ),
    "a figure by a variable of ADSL that is not there": (
        "specs/displays.yaml",
        "death: DTHDT",
        "|death: DTHDTT",
        "DTHDTT is not a variable of ADSL; did you mean DTHDT?",
    ),
    "a figure of a parameter that is not there": (
        "specs/displays.yaml",
        "where: {PARAMCD: DOR}, time",
        "where: {|PARAMCD: DORR}, time",
        "DORR is not a value of ADTTE.PARAMCD; did you mean DOR?",
    ),
    "a figure of two kinds": (
        "specs/displays.yaml",
        "figure:\n      flow:",
        "|figure:\n      liver: {dataset: LB, transaminases: [ALT], bilirubin: BILI}\n      flow:",
        "and this one has liver and flow",
    ),
    "a purpose of a result that nobody knows": (
        "specs/displays.yaml",
        "purpose: PRIMARY OUTCOME MEASURE",
        "|purpose: PRIMARY OUTCOME",
        "did you mean PRIMARY OUTCOME MEASURE?",
    ),
    "a limit on a dataset that is not there": (
        "specs/study.yaml",
        "variable: LB.LBSTRESN, test: PLAT",
        "|variable: BL.LBSTRESN, test: PLAT",
        "BL.LBSTRESN: BL has no spec; did you mean LB.LBSTRESN?",
    ),
    "a limit on a variable that is not there": (
        "specs/study.yaml",
        "variable: DM.AGE,",
        "|variable: DM.AEG,",
        "DM.AEG is not a number of DM; did you mean DM.AGE?",
    ),
    "a limit on a text": (
        "specs/study.yaml",
        "variable: RS.RSSTRESN",
        "|variable: RS.RSSTRESC",
        "RS.RSSTRESC is not a number of RS; did you mean RS.RSSTRESN?",
    ),
    "a limit of a test that is not there": (
        "specs/study.yaml",
        "test: PLAT,",
        "|test: PLTA,",
        "PLTA is not a test of LB; did you mean PLAT?",
    ),
    "one spelling of two terms": (
        "specs/codelists.yaml",
        "terms: [N, Y]",
        "terms: [N, |Y: [No]]",
        "No is a spelling of N and of Y",
    ),
    # what YAML may say
    "a key twice": (SPEC, "variables:", "|keys: [A]\nvariables:", "keys stands here twice"),
    "YAML that does not parse": (
        SPEC,
        "label:",
        "label: |[x\nlabel:",
        "not YAML: the [ that opens here is not closed",
    ),
    "a control character": (SPEC, "label: ", "label: |\x01", "not YAML: control characters are not allowed"),
    "an anchor, of which a bomb is made": (
        SPEC,
        "label: ",
        "label: |&all ",
        "a YAML anchor is not allowed; write the value itself",
    ),
    "a tag, which could run code": (
        SPEC,
        "label: ",
        "label: |!!python/name:os.system ",
        "a YAML tag is not allowed; write the value itself",
    ),
    "a second document": (SPEC, "keys:", "|---\nkeys:", "not YAML: a line of --- begins another file"),
    "an alias of nothing": (
        SPEC,
        "keys: ",
        "keys: |*all\n# ",
        "not YAML: no text begins with *; put the text in quotes",
    ),
    "a key that is a list": (SPEC, "keys:", "? |[a]\n: b\nkeys:", "a key must be one word"),
    "a tab": (SPEC, "keys:", "|\tkeys:", "not YAML: a tab indents this line; use blanks"),
    "a merged key": (SPEC, "keys:", "|<<: {label: x}\nkeys:", "<< is not a key here"),
    "a truth value where text is due": (
        SPEC,
        "label: Causality to Trastuzumab",
        "|label: true",
        "expected a text; true is a truth value: put it in quotes if it is meant as a text",
    ),
    "a list where text is due": (SPEC, "label: Causality to Trastuzumab", "|label: [a]", "expected a text"),
    # what a mapping may say
    "a condition on a value that no record has": (
        EX,
        "where: {GIVEN: Yes",
        "where: {|GIVEN: Yess",
        "Yess is not a value of tras.GIVEN; did you mean Yes?",
    ),
    "a condition that is none": (
        "mappings/sdtm/lb.yaml",
        "RESULT: present",
        "|RESULT: persent",
        "persent is not a value of lab.RESULT; did you mean present?",
    ),
    "a constant that is no term": (
        DS,
        "DSCAT:   {constant: PROTOCOL MILESTONE}",
        "|DSCAT:   {constant: PROTOCOL MILESTON}",
        "PROTOCOL MILESTON is not a value of DSCAT; did you mean PROTOCOL MILESTONE?",
    ),
    "a domain of another dataset": (
        AE,
        "DOMAIN:   {constant: AE}",
        "|DOMAIN:   {constant: AX}",
        "AX is not a value of DOMAIN",
    ),
    "a mapping to a variable the spec lacks": (
        AE,
        TERM,
        "|AETREM:   {copy: TERM}",
        "AE has no variable AETREM in its spec; did you mean AETERM?",
    ),
    "a field the form lacks": (
        AE,
        TERM,
        "|AETERM:   {copy: TREM}",
        "TREM is not a field of ae; did you mean TERM?",
    ),
    "a form that is not there": (
        AE,
        "- from: ae",
        "- |from: aee",
        "aee is neither a form nor another dataset with a mapping; did you mean ae?",
    ),
    "a condition on a field the form lacks": (
        EX,
        "where: {GIVEN:",
        "where: {|GIVN:",
        "GIVN is not a field of tras; did you mean GIVEN?",
    ),
    "a misspelt verb": (AE, TERM, "AETERM:   {|cpoy: TERM}", "cpoy is not a key here; did you mean copy?"),
    "two verbs": (
        AE,
        TERM,
        "|AETERM:   {copy: TERM, date: TERM}",
        "AETERM needs exactly one of constant, copy, codelist, date, derive",
    ),
    "a list that is not there": (
        AE,
        "codelist: AEREL",
        "|codelist: AERLE",
        "AERLE: codelist needs a list of specs/codelists.yaml",
    ),
    "a function that is not there": (
        AE,
        "derive: sequence",
        "|derive: sequnce",
        "no function sequnce in the library (cdisc-pipeline functions) or in mappings/sdtm/ae.py;"
        " did you mean sequence?",
    ),
    "a parameter the function lacks": (
        AE,
        "of: {records: [AED",
        "of: {|recrods: [AED",
        "sequence has no parameter recrods; did you mean records?",
    ),
    "a parameter that is not given": (
        AE,
        "AESTDY:   {derive: study_day, of: {date: AESTDTC, ",
        "|AESTDY:   {derive: study_day, of: {",
        "study_day needs date; write `of: {date: NAME}`",
    ),
    "a list where one value is due": (
        AE,
        "of: {date: AESTDTC, reference",
        "of: {|date: [AESTDTC], reference",
        "study_day takes date as one name, and a list of names is given",
    ),
    "a dataset that is not there": (
        AE,
        "reference: DM.RFSTDTC",
        "|reference: DN.RFSTDTC",
        "DN.RFSTDTC is not a field of ae; did you mean DM.RFSTDTC?",
    ),
    "a variable the other dataset lacks": (
        AE,
        "reference: DM.RFSTDTC",
        "|reference: DM.RFSTDT",
        "RFSTDT is not a field of DM; did you mean RFSTDTC?",
    ),
    "a dataset that holds many records": (
        AE,
        "reference: DM.RFSTDTC",
        "|reference: EX.EXSTDTC",
        "EX holds many records of a participant: take them as a list, [EX.EXSTDTC]",
    ),
    "all parameters at once": (
        DM,
        "arms: specs.arms",
        "|arms: specs.parameters",
        "bind each parameter by its name, specs.parameters.NAME, and not all of them",
    ),
    "a part of the specs that is not there": (
        DM,
        "arms: specs.arms",
        "|arms: specs.amrs",
        "specs.amrs: specs/study.yaml has no amrs there; did you mean arms?",
    ),
    "a date of a field that is none": (
        AE,
        "AESTDTC:  {date: START_DATE}",
        "|AESTDTC:  {date: TERM}",
        "ae.TERM is text in its contract; the verb date needs a date",
    ),
    "a number copied from a text": (
        DM,
        "AGE:      {copy: enrol.AGE}",
        "|AGE:      {copy: enrol.RACE}",
        "enrol.RACE is code in its contract, and AGE is integer in its spec",
    ),
    "a constant of another type": (
        DM,
        "AGE:      {copy: enrol.AGE}",
        "|AGE:      {constant: old}",
        "old cannot be a constant of AGE, which is integer in its spec",
    ),
    "a variable mapped twice": (
        DS,
        "DSTERM:  {constant: RANDOMIZED}",
        "|DSSPID:  {copy: SUBJECT}\n      DSTERM:  {constant: RANDOMIZED}",
        "DSSPID is mapped for this block and for all blocks",
    ),
    "a variable worked out from itself": (
        AE,
        "records: [AEDECOD",
        "|records: [AESEQ, AEDECOD",
        "AESEQ cannot be worked out from itself",
    ),
    "a mapping that sets the subject": (
        AE,
        TERM,
        f"|USUBJID:  {{copy: SUBJECT}}\n  {TERM}",
        "USUBJID is resolved when the drop is read; no mapping sets it",
    ),
    "an analysis dataset that reads a field of a raw form": (
        ADSL,
        "RANDDT:   {derive: randomization_date, of: {usubjid: USUBJID, milestones: [DS.DSDECOD, DS",
        "|RANDDT:   {derive: randomization_date, of: {usubjid: USUBJID, milestones: [rand.RAND_DATE, rand",
        "ADSL is an analysis dataset and reads the raw form rand; tabulate the field in SDTM and read",
    ),
    "an analysis dataset whose records are those of a raw form": (
        ADTR,
        "from: TR\n    where: {TRGRPID: TARGET, TRTESTCD: [LDIAM, LPERP], TRLNKGRP: present,"
        " TREVAL: INVESTIGATOR}",
        "|from: tl",
        "ADTR is an analysis dataset and reads the raw form tl",
    ),
    "a tabulation that reads an analysis dataset": (
        AE,
        "AESTDY:   {derive: study_day, of: {date: AESTDTC, reference: DM.RFSTDTC}}",
        "|AESTDY:   {derive: study_day, of: {date: AESTDTC, reference: ADSL.TRTSDT}}",
        "AE is a tabulation and reads the analysis dataset ADSL; read the form or the SDTM dataset behind it",
    ),
    "a cycle between variables": (*CYCLE, "these need each other, so none can be worked out first: "),
    "an event of a dataset that is not there": (
        TTE,
        "dataset: ADSL, date: DTHDT",
        "|dataset: ADSLS, date: DTHDT",
        "ADSLS is not a dataset with a mapping; did you mean ADSL?",
    ),
    "an event date the dataset lacks": (
        TTE,
        "date: DTHDT,",
        "|date: DTHTD,",
        "ADSL has no variable DTHTD; did you mean DTHDT?",
    ),
    "an event that is none of the sources": (
        TTE,
        "events: [reported, death]",
        "events: [|reportde, death]",
        "reportde is not one of `sources`; did you mean reported?",
    ),
    "an event before missed assessments that is none of the sources": (
        TTE,
        (
            "{id: B, sources: {ended: ended}, dated: scheduled visit, therapy: on or before,"
            " missed: {windows: 2, before:"
            " [progression, death]}}"
        ),
        (
            "{id: B, sources: {ended: ended}, dated: scheduled visit, therapy: on or before,"
            " missed: {windows: 2, |before:"
            " [progresion, death]}}"
        ),
        "progresion is not one of `sources`; did you mean progression?",
    ),
    "a reason of censoring without a text": (
        TTE,
        "censoring:\n  1: ONGOING WITHOUT EVENT\n",
        "|censoring:\n",
        "`censoring` has no text for CNSR 1, which a convention may set",
    ),
    "a response parameter of no source": (
        RESPONSES,
        "{code: OVR, source: collected",
        "{code: OVR, |source: colected",
        "colected is not one of `responses`; did you mean collected?",
    ),
    "a source of responses that is no dataset": (
        RESPONSES,
        "{dataset: ADSL, value: DTHFL",
        "{|dataset: ADSLS, value: DTHFL",
        "ADSLS is not a dataset with a mapping; did you mean ADSL?",
    ),
    "a variable that the source of responses lacks": (
        RESPONSES,
        "progression: PDDT",
        "|progression: PDTD",
        "ADTA has no variable PDTD; did you mean PDDT?",
    ),
    "a rule that a response parameter does not have": (
        RESPONSES,
        f"{BENEFIT}[clinical_benefit_days, before_new_therapy, on_therapy_start]",
        f"|{BENEFIT}[clinical_benefit_days, before_new_therapy, on_therapy_start, cr_then_pr]",
        "clinical_benefit has no parameter cr_then_pr",
    ),
    "records set aside of a form that is not there": (
        "mappings/set_aside.yaml",
        "from: elig",
        "|from: elgi",
        "elgi is not a form of specs/raw; did you mean elig?",
    ),
    "records set aside by a field the form lacks": (
        "mappings/set_aside.yaml",
        "entries:",
        "entries:\n  - {from: tras, where: {|GIVN: No}, reason: planted}",
        "GIVN is not a field of tras; did you mean GIVEN?",
    ),
    # what the study's own functions may be
    "a function that does not parse": ("mappings/sdtm/cp.py", "\ndef ", "\ndef |def ", "invalid syntax"),
    "an import that is not there": (
        "mappings/sdtm/cp.py",
        "import pandas as pd",
        "|import pandaz as pd",
        "No module named 'pandaz'",
    ),
    "a function with a name of the library": (
        "mappings/sdtm/cp.py",
        "\ndef ",
        "\n|def sequence(records: pd.DataFrame) -> None: ...\n\n\ndef ",
        "sequence is also the name of a function of the library",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "told"), FAULTS.values(), ids=FAULTS.keys())
def test_a_wrong_spec_or_mapping_is_refused_with_its_place(
    study_copy: Path, tmp_path: Path, file: str, old: str, new: str, told: str
) -> None:
    place = spoilt(study_copy, file, old, new)
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    assert [line for line in result.stderr.splitlines() if line.startswith(place) and told in line], (
        result.stderr
    )
    assert not (tmp_path / "out").exists()


def test_a_required_variable_that_nothing_maps_is_reported_at_the_head_of_its_mapping(
    study_copy: Path, tmp_path: Path
) -> None:
    spoilt(study_copy, AE, f"  {TERM}\n", "|")
    place = spoilt(study_copy, AE, "dataset: AE", "|dataset: AE")
    result = build(study_copy, tmp_path / "out")
    assert (result.exit_code, result.stderr) == (
        3,
        f"{place}AE.AETERM is required by its spec, and nothing maps it\n",
    )


STRAYS = {
    "specs/waiver.yaml": "did you mean specs/waivers.yaml?",
    "specs/sdtm/ae.yml": "is not read: its name ends in .yml; call it ae.yaml",
    "specs/sdmt/ae.yaml": "rename it, or move it elsewhere",
    "mappings/sdtm/aee.py": "aee.py belongs to no mapping; did you mean ae?",
}


@pytest.mark.parametrize(("file", "told"), STRAYS.items())
def test_a_file_with_a_misspelt_name_is_refused(
    study_copy: Path, tmp_path: Path, file: str, told: str
) -> None:
    (study_copy / file).parent.mkdir(exist_ok=True)
    (study_copy / file).write_text("", encoding="utf-8")
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"{study_copy / file}:1:1: ")
    assert told in result.stderr


def test_a_faulty_parameter_is_told_before_any_work(study_copy: Path, tmp_path: Path) -> None:
    """A fault of the parameters is told, and not that the drop is not there."""
    place = spoilt(study_copy, STUDY, "minimum_sd_days: {value: 35", "minimum_sd_days: {|value: thirty-five")
    command = ["build", str(tmp_path / "nowhere"), "--study", str(study_copy), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, command)
    assert (result.exit_code, result.stderr) == (
        3,
        f"{place}minimum_sd_days: expected a whole number\n",
    )


def test_a_study_in_the_folder_of_work_is_named_without_a_folder(
    study_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(study_copy, "specs/units.yaml", 'factor: "10"', '|factor: "x"')
    monkeypatch.chdir(study_copy)
    result = CliRunner().invoke(app, ["build", str(DROP), "--out", str(tmp_path / "out")])
    assert result.exit_code == 3
    assert result.stderr.startswith("specs/units.yaml:2:14: cm.factor: a decimal number above 0")


def test_a_version_keeps_the_digits_that_are_written(study_copy: Path) -> None:
    spoilt(study_copy, STUDY, 'version: "22.0"', "|version: 22.10")
    assert load(study_copy).protocol.dictionaries[0].version == "22.10"


def test_a_cycle_names_every_variable_in_it(study_copy: Path, tmp_path: Path) -> None:
    spoilt(study_copy, *CYCLE)
    assert "DM.RFSTDTC -> EX.EXSTDY -> DM.RFSTDTC" in build(study_copy, tmp_path / "out").stderr


def test_the_faults_of_all_files_are_listed_at_once(study_copy: Path, tmp_path: Path) -> None:
    places = [
        spoilt(study_copy, SPEC, "keys:", "|kyes:"),
        spoilt(study_copy, RAW, "required: true", "|requird: true"),
        spoilt(study_copy, AE, TERM, "AETERM:   {|cpoy: TERM}"),
    ]
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    assert [p for p in places if p not in result.stderr] == []


def test_the_faults_of_all_mappings_are_listed_at_once(study_copy: Path, tmp_path: Path) -> None:
    places = [
        spoilt(study_copy, AE, TERM, "|AETERM:   {copy: TREM}"),
        spoilt(study_copy, AE, "derive: sequence", "|derive: sequnce"),
        spoilt(study_copy, EX, "where: {GIVEN:", "where: {|GIVN:"),
    ]
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    assert [p for p in places if p not in result.stderr] == []
    assert len(result.stderr.splitlines()) == 3


def test_without_the_columns_of_every_form_each_form_lacks_the_subject_number(
    study_copy: Path, tmp_path: Path
) -> None:
    (study_copy / "specs/raw/header.yaml").unlink()
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    place = f"{study_copy / RAW}:6:1: "
    assert f"{place}ae has no SUBJECT, the subject number (specs/study.yaml, subjects)" in result.stderr


@pytest.mark.parametrize("file", [SPEC, "mappings/sdtm/cp.py"])
def test_a_file_in_another_encoding_is_refused_by_name(study_copy: Path, tmp_path: Path, file: str) -> None:
    (study_copy / file).write_bytes("# Überschrift\n".encode("latin-1"))
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"{study_copy / file}:1:3: not UTF-8; save the file in this encoding")


def test_an_empty_spec_is_refused_and_may_be_deleted(study_copy: Path, tmp_path: Path) -> None:
    (study_copy / SPEC).write_text("", encoding="utf-8")
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    message = "the file is empty; begin with `dataset: AE`, or delete the file"
    assert result.stderr == f"{study_copy / SPEC}:1:1: {message}\n"


@pytest.mark.parametrize("file", ["specs/units.yaml", "specs/guides.yaml", "specs/simulation.yaml"])
@pytest.mark.parametrize("content", ["", "# nothing but a comment\n"])
def test_an_empty_file_is_refused(study_copy: Path, tmp_path: Path, file: str, content: str) -> None:
    (study_copy / file).write_text(content, encoding="utf-8")
    result = build(study_copy, tmp_path / "out")
    message = (
        f"{study_copy / file}:1:1: the file is empty; write its keys, or {{}} where there is nothing to say"
    )
    assert result.exit_code == 3
    assert message in result.stderr.splitlines()


def test_a_mapping_without_its_spec_is_refused(study_copy: Path, tmp_path: Path) -> None:
    (study_copy / "specs/adam/adkps.yaml").unlink()
    place = spoilt(study_copy, "mappings/adam/adkps.yaml", "dataset: ADKPS", "|dataset: ADKPS")
    result = build(study_copy, tmp_path / "out")
    told = f"{place}ADKPS has no spec, and no guide of the study describes it; did you mean ADVS?\n"
    assert (result.exit_code, result.stderr) == (3, told)


def test_what_is_read_from_a_dataset_without_a_mapping_is_refused(study_copy: Path, tmp_path: Path) -> None:
    for file in ("adsl.yaml", "adsl.py"):
        (study_copy / "mappings/adam" / file).unlink()
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    assert "RANDDT is read from ADSL, which has no mapping; write mappings/adam/adsl.yaml" in result.stderr


def test_a_folder_without_specs_is_wrong_usage(tmp_path: Path) -> None:
    result = build(tmp_path, tmp_path / "out")
    message = "no specs/study.yaml here; --study names the folder that holds specs/ and mappings/"
    assert (result.exit_code, result.stderr) == (2, f"{tmp_path}: {message}\n")


def test_the_study_as_it_is_has_no_fault(study_copy: Path, tmp_path: Path) -> None:
    """A copy that nothing spoils has none of the faults above: this build fails later, on a drop that is not
    there.
    """
    result = CliRunner().invoke(
        app, ["build", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out"), "--study", str(study_copy)]
    )
    assert result.exit_code == 4


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "scan: true, windows: [tumour]}\n  - {name: CYCLE 4",
            "scan: true, windows: [tumour, |safety]}\n  - {name: CYCLE 4",
            "WEEK 6 and CYCLE 3 DAY 1 are planned on day 43; one of them has the window",
        ),
        (
            "series: true, also: [UNSCH",
            "series: true, windows: [|safety], also: [UNSCH",
            "UNSCHEDULED is planned to no day and has no window",
        ),
        (
            'ctcae_version:\n    value: "4.03"',
            'ctcae_version:\n    |value: "5.0"',
            "5.0, and the dictionaries declare CTCAE 4.03",
        ),
    ],
)
def test_what_no_result_could_be_placed_or_graded_by_is_refused(
    study_copy: Path, old: str, new: str, told: str
) -> None:
    place = spoilt(study_copy, "specs/study.yaml", old, new)
    with pytest.raises(SpecError) as refused:
        load(study_copy)
    assert f"{place}{told}" in str(refused.value)
