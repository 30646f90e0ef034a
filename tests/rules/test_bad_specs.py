"""A mistake in specs or mappings is reported before anything is built, with file:line:column, what was
expected and the nearest right word.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
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
_FIRST_DOSE = "RFSTDTC:  {derive: start_of_first_dose, of: {usubjid: USUBJID, exposure: [EX.EXSTDTC"
CYCLE = (DM, _FIRST_DOSE, f"|{_FIRST_DOSE}, EX.EXSTDY")
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
        "file.decimal: Input should be '.' or ','",
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
        'factor: a factor is a decimal number above 0 with a point, such as "0.0555"',
    ),
    "a factor of nothing": (
        "specs/units.yaml",
        'cm: {to: mm, factor: "10"}',
        'cm: {to: mm, |factor: "0"}',
        'factor: a factor is a decimal number above 0 with a point, such as "0.0555"',
    ),
    # what a spec may say
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
    "a misspelt value": (SPEC, "type: text", "|type: txt", "Input should be 'text', 'integer',"),
    "a length no text may have": (
        SPEC,
        "AETERM: {long: true}",
        "AETERM: {|max_length: 1000}",
        "Input should be less than or equal to 200",
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
        "Input should be 'UTF-8', 'UTF-8 with BOM' or",
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
        f"|{_START}",
        "a date, and only a date, says its format",
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
    "an analysis of a dataset that is not there": (
        "specs/analyses.yaml",
        "dataset: ADTTE",
        "|dataset: ADTE",
        "ADTE is not a dataset of specs/adam; did you mean ADTTE?",
    ),
    "an analysis of a variable that is not there": (
        "specs/analyses.yaml",
        "{time: AVALM,",
        "{|time: AVLM,",
        "AVLM is not a variable of ADTTE; did you mean AVALM?",
    ),
    "an analysis of a parameter that is not there": (
        "specs/analyses.yaml",
        "{PARAMCD: RSPW12,",
        "{|PARAMCD: RSPW13,",
        "RSPW13 is not a term of PARAMCD; did you mean RSPW12?",
    ),
    "an analysis against an arm that is not there": (
        "specs/analyses.yaml",
        "control: Trastuzumab}",
        "|control: Trastuzumabb}",
        "Trastuzumabb is not a term of TRTP; did you mean Trastuzumab?",
    ),
    "an analysis by arms that no list tells": (
        "specs/analyses.yaml",
        "{variable: TRTP, control: Trastuzumab}",
        '{|variable: TRTPN, control: "2"}',
        "TRTPN has no codelist, which says what the arms are",
    ),
    "an analysis that rests on no assumption": (
        "specs/analyses.yaml",
        "assumption: pfs-primary",
        "|assumption: pfs-primry",
        "pfs-primry is not an id of `assumptions`; did you mean pfs-primary?",
    ),
    "two results of one name": (
        "specs/analyses.yaml",
        "- id: PFS",
        "- |id: RSPW12",
        "RSPW12 is the id of two results",
    ),
    "an analysis of two kinds": (
        "specs/analyses.yaml",
        "- id: RSPW12",
        "- |id: RSPW12\n        survival: {time: ADY, unit: days, censored: AVAL}",
        "an analysis is of a response, of a survival or of an agreement, one of them",
    ),
    "a purpose of an analysis that nobody knows": (
        "specs/analyses.yaml",
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
    "YAML that does not parse": (SPEC, "label:", "label: [x\nlabel|:", "not YAML: "),
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
    "a second document": (SPEC, "keys:", "|---\nkeys:", "not YAML: but found another document"),
    "an alias of nothing": (SPEC, "keys: ", "keys: |*all\n# ", "not YAML: found undefined alias"),
    "a key that is a list": (SPEC, "keys:", "? |[a]\n: b\nkeys:", "a key must be one word"),
    # what a mapping may say
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
        "no function sequnce in pipeline/derivations/sdtm or mappings/sdtm/ae.py; did you mean sequence?",
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
        "study_day needs date (a Series); `of:` does not give it",
    ),
    "a list where one value is due": (
        AE,
        "of: {date: AESTDTC, reference",
        "of: {|date: [AESTDTC], reference",
        "study_day takes date as a Series, and a frame is given",
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
        "|dataset: ADLS, date: DTHDT",
        "ADLS is not a dataset with a mapping; did you mean ADSL?",
    ),
    "an event date the dataset lacks": (
        TTE,
        "date: DTHDT,",
        "|date: DTHTD,",
        "ADSL has no variable DTHTD; did you mean DTHDT?",
    ),
    "an event that is none of the sources": (
        TTE,
        "events: [reported",
        "events: [|reportde",
        "reportde is not one of `sources`; did you mean reported?",
    ),
    "an event before missed assessments that is none of the sources": (
        TTE,
        (
            "{id: B, dated: scheduled visit, therapy: on or before, missed: {windows: 2, before:"
            " [progression, death]}}"
        ),
        (
            "{id: B, dated: scheduled visit, therapy: on or before, missed: {windows: 2, |before:"
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
        "{|dataset: ADLS, value: DTHFL",
        "ADLS is not a dataset with a mapping; did you mean ADSL?",
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
    "a rule that a response parameter is not given": (
        RESPONSES,
        f"{BENEFIT}[clinical_benefit_days, before_new_therapy, on_therapy_start]",
        f"|{BENEFIT}[clinical_benefit_days, before_new_therapy]",
        "clinical_benefit needs on_therapy_start (a table); `of:` does not give it",
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
    "a function that does not parse": ("mappings/sdtm/tu.py", "\ndef ", "\ndef |def ", "invalid syntax"),
    "an import that is not there": (
        "mappings/sdtm/tu.py",
        "import pandas as pd",
        "|import pandaz as pd",
        "No module named 'pandaz'",
    ),
    "a function with a name of the library": (
        "mappings/sdtm/tu.py",
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


@pytest.mark.parametrize("file", ["specs/codelists.yaml", "specs/raw/header.yaml", "mappings/set_aside.yaml"])
def test_a_file_that_is_not_there_is_refused_by_name(study_copy: Path, tmp_path: Path, file: str) -> None:
    (study_copy / file).unlink()
    result = build(study_copy, tmp_path / "out")
    assert (result.exit_code, result.stderr) == (3, f"{study_copy / file}: the file is missing\n")


@pytest.mark.parametrize("file", [SPEC, "mappings/sdtm/tu.py"])
def test_a_file_in_another_encoding_is_refused_by_name(study_copy: Path, tmp_path: Path, file: str) -> None:
    (study_copy / file).write_bytes("# Überschrift\n".encode("latin-1"))
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"{study_copy / file}:1:3: not UTF-8; save the file in this encoding")


def test_an_empty_spec_is_refused_with_everything_that_it_lacks(study_copy: Path, tmp_path: Path) -> None:
    (study_copy / SPEC).write_text("", encoding="utf-8")
    result = build(study_copy, tmp_path / "out")
    assert result.exit_code == 3
    for key in ("dataset", "label", "class", "structure", "keys", "variables"):
        assert f"{study_copy / SPEC}:1:1: {key} is missing\n" in result.stderr


def test_a_mapping_without_its_spec_is_refused(study_copy: Path, tmp_path: Path) -> None:
    (study_copy / "specs/sdtm/ss.yaml").unlink()
    place = spoilt(study_copy, "mappings/sdtm/ss.yaml", "dataset: SS", "|dataset: SS")
    result = build(study_copy, tmp_path / "out")
    assert (result.exit_code, result.stderr) == (3, f"{place}SS has no spec\n")


def test_what_is_read_from_a_dataset_without_a_mapping_is_refused(study_copy: Path, tmp_path: Path) -> None:
    (study_copy / "mappings/adam/adsl.yaml").unlink()
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
