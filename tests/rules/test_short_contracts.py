"""What a study says in few words of its raw forms and of itself is read as the long form; a slip is refused
with its place and the nearest right word.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import stages
from pipeline.errors import SpecError
from pipeline.formats.xpt.read import read
from pipeline.sources import files, understood
from pipeline.sources.identity import identified, persons
from pipeline.sources.impossible import objections
from pipeline.study.models import Arm, Standard
from pipeline.workers import Workers
from tests.support.short_study import AE, DM, DROP, EC, STUDY, short_drop, short_study


# --- what it becomes
def test_fields_stand_under_their_type_or_in_full_in_the_order_of_the_file(tmp_path: Path) -> None:
    form = short_study(tmp_path).forms["ae_raw"]
    said = {name: (f.type, f.format, f.partial, f.coded, f.codes) for name, f in form.fields.items()}
    assert said == {
        "PATNUM": ("text", None, False, None, ()),
        "IT.AETERM": ("text", None, False, None, ()),
        "AELLT": ("text", None, False, "MedDRA", ()),
        "IT.AESER": ("code", None, False, None, ("Yes", "No")),
        "AELLTCD": ("integer", None, False, "MedDRA", ()),
        "IT.AESTDAT": ("date", "MM/DD/YYYY", True, None, ()),
        "AESTTIM": ("time", None, False, None, ()),
        "Lab [mmol]": ("number", None, False, None, ()),
    }
    assert form.fields["Lab [mmol]"].unit == "mmol/L"


def test_what_a_contract_leaves_out_has_a_default(tmp_path: Path) -> None:
    forms = short_study(tmp_path).forms
    ae, ec = forms["ae_raw"], forms["ec_raw"]
    assert (ae.form, ae.title, ae.source, ae.record) == ("ae_raw", "ae_raw", "Investigator", "one per row")
    assert (ec.title, ec.record, ec.keys) == ("Exposure as collected", "one per IT.ECSTDAT", ("IT.ECSTDAT",))
    assert [ae.fields[name].question for name in ("IT.AETERM", "AELLT")] == ["What happened?", "AELLT"]
    assert (ae.visit, ec.visit, ae.row, ec.row) == (None, "VISITNAME", True, False)


def test_the_subject_number_is_part_of_every_identity_and_no_key_of_its_own(tmp_path: Path) -> None:
    assert short_study(tmp_path).forms["dm_raw"].keys == ()


def test_codes_for_no_value_hold_in_their_form_or_in_all(tmp_path: Path) -> None:
    forms = short_study(tmp_path).forms
    assert forms["ae_raw"].missing == {"NA": "no value", "UNK": "no value"}
    assert forms["ec_raw"].missing == {"NA": "no value"}


def test_a_code_for_no_value_may_say_what_it_means(tmp_path: Path) -> None:
    ae = AE.replace("missing: [UNK]", "missing: {ND: Not done}")
    assert short_study(tmp_path, {"specs/raw/ae_raw.yaml": ae}).forms["ae_raw"].missing["ND"] == "Not done"


def test_standards_and_arms_stand_in_one_line_each(tmp_path: Path) -> None:
    protocol = short_study(tmp_path).protocol
    assert protocol.standards == (
        Standard(name="SDTMIG", type="IG", version="3.3", layers=("sdtm",)),
        Standard(name="ADaMIG", type="IG", version="1.2", layers=("adam",)),
    )
    assert protocol.arms == (Arm(code="Pbo", name="Placebo"), Arm(code="Xan_Hi", name="Xanomeline High Dose"))


def test_terminology_stands_by_its_publishing_set(tmp_path: Path) -> None:
    standards = 'standards: {SDTMIG: "3.4", SDTM CT: 2022-09-30, ADaM CT: 2022-06-24}'
    study = STUDY.replace('standards: {SDTMIG: "3.3", ADaMIG: "1.2"}', standards)
    without = {f"{part}/sdtm/{name}.yaml": "" for part in ("specs", "mappings") for name in ("dm", "ex")}
    without |= {f"{part}/adam/adsl.{end}": "" for part, end in (("specs", "yaml"), ("mappings", "yaml"))}
    without |= {"mappings/adam/adsl.py": "", "mappings/sdtm/dm.py": "", "specs/codelists.yaml": ""}
    protocol = short_study(tmp_path, {"specs/study.yaml": study, **without}).protocol
    assert protocol.standards[1:] == (
        Standard(
            name="CDISC/NCI", type="CT", version="2022-09-30", publishing_set="SDTM", layers=("sdtm", "adam")
        ),
        Standard(name="CDISC/NCI", type="CT", version="2022-06-24", publishing_set="ADaM", layers=("adam",)),
    )


def test_without_a_cut_off_it_is_the_day_of_the_build(tmp_path: Path) -> None:
    assert short_study(tmp_path).protocol.cutoff.isoformat() == "2015-03-01"


# --- what it does with a drop
def test_a_drop_of_plain_files_is_read_with_the_parts_of_the_subject_number(tmp_path: Path) -> None:
    study = short_study(tmp_path / "study")
    enrolment = files.read(study, short_drop(tmp_path / "drop"))["dm_raw"]
    assert enrolment[["PATNUM", "SITEID", "SUBJID"]].to_numpy().tolist() == [
        ["701-1001", "701", "1001"],
        ["702-1001", "702", "1001"],
    ]


def test_a_drop_of_plain_files_is_published(tmp_path: Path) -> None:
    study = short_study(tmp_path / "study")
    drop, out = short_drop(tmp_path / "drop"), tmp_path / "out"
    report = stages.build(study, tmp_path / "study", drop, out, Workers(), lambda _: None, ())
    assert report.content["state"] == "published", report.content["findings"]
    tabulations = out / "m5" / "datasets" / "s1" / "tabulations" / "sdtm"
    dm, ex = read(tabulations / "dm.xpt"), read(tabulations / "ex.xpt")
    names = [column.name for column in dm.columns]
    shown = {name: list(dm.values(names.index(name))) for name in names}
    assert shown["USUBJID"] == ["01-701-1001", "01-702-1001"]
    assert shown["SUBJID"] == ["1001", "1001"]
    assert shown["BRTHDTC"] == ["1951-03", "1950-04-30"]
    assert shown["RFSTDTC"] == ["2014-01-02", "2014-08-05"]
    assert [*ex.values([column.name for column in ex.columns].index("EXDOSE"))] == [0, 54]
    told = [(f["rule"], f["severity"], f["records"]) for f in report.content["findings"]["by_rule"]]
    assert ("RAW-EQUAL-ROWS", "warning", 2) in told


def test_rows_without_a_key_are_told_apart_by_content_and_place_among_equals(tmp_path: Path) -> None:
    study = short_study(tmp_path / "study")
    drop = files.read(study, short_drop(tmp_path / "drop"))
    of_number, _ = persons(study, drop["dm_raw"])
    found, findings = identified(study, study.forms["ae_raw"], drop["ae_raw"], of_number)
    assert sorted(found.places) == [0, 1, 2]
    names = [name.partition("|")[2] for name in found.record]
    assert len(set(names)) == 3
    assert sorted(name[12:] for name in names) == ["", "#1", "#2"]
    assert [f.severity for f in findings] == ["warning", "warning"]


@pytest.mark.parametrize(
    ("visits", "unknown"),
    [("", []), ("visits: [{name: BASELINE, number: 1}, {name: WEEK 2, number: 2}]\n", ["Week two"])],
    ids=["a study without visits", "a study with visits"],
)
def test_a_visit_that_the_study_does_not_have_is_a_finding(
    tmp_path: Path, visits: str, unknown: list[str]
) -> None:
    study = short_study(tmp_path / "study", {"specs/study.yaml": STUDY + visits})
    ec = DROP["ec_raw.csv"].replace("702-1001,Baseline", "702-1001,Week two")
    collected = files.read(study, short_drop(tmp_path / "drop", {"ec_raw.csv": ec}))["ec_raw"]
    who = collected["PATNUM"]
    keyed = collected.assign(USUBJID=who, form="ec_raw", record=who)
    records, findings, _ = understood(study, study.forms["ec_raw"], keyed)
    findings += objections(study, {"ec_raw": records})
    assert [f.value for f in findings if f.rule == "RAW-VISIT"] == [v.upper() for v in unknown]


@pytest.mark.parametrize(
    ("number", "pattern"),
    [("7011001", "01-{SITEID}-{SUBJID}"), ("702-1001", "01-{SUBJID}")],
    ids=["a number without its parts", "two numbers of one USUBJID"],
)
def test_a_number_that_identifies_nobody_is_a_finding(tmp_path: Path, number: str, pattern: str) -> None:
    study = short_study(
        tmp_path / "study", {"specs/study.yaml": STUDY.replace("01-{SITEID}-{SUBJID}", pattern)}
    )
    dm = DROP["dm_raw.csv"].replace("702-1001", number)
    drop = files.read(study, short_drop(tmp_path / "drop", {"dm_raw.csv": dm}))
    _, findings = persons(study, drop["dm_raw"])
    assert [(f.rule, f.severity, f.source) for f in findings] == [
        ("RAW-USUBJID", "error", f"dm_raw, {number}")
    ]


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("{SITEID:3}{SUBJID}", {"701-1001": "7011001", "702-1001": "7021001"}),
        ("01-{SITEID}-{SUBJID}", {"701-1001": "01-701-1001", "702-1001": "01-702-1001"}),
        ("{SUBJID}/{SITEID}", {"701-1001": "1001/701", "702-1001": "1001/702"}),
    ],
    ids=["without a hyphen", "as USUBJID", "turned round"],
)
def test_a_form_may_write_the_subject_number_otherwise(
    tmp_path: Path, pattern: str, written: dict[str, str]
) -> None:
    as_before = files.read(short_study(tmp_path / "as_before"), short_drop(tmp_path / "drop"))["ec_raw"]
    ec = DROP["ec_raw.csv"].replace("PATNUM", "Patient")
    for number, text in written.items():
        ec = ec.replace(number, text)
    contract = EC + f'subject: "{pattern}"\nfile: {{columns: {{PATNUM: Patient}}}}\n'
    study = short_study(tmp_path / "study", {RAW_EC: contract})
    read_ = files.read(study, short_drop(tmp_path / "other", {"ec_raw.csv": ec}))["ec_raw"]
    assert list(read_["PATNUM"]) == list(as_before["PATNUM"])


def test_a_number_that_is_not_written_as_the_form_says_stays_for_a_finding(tmp_path: Path) -> None:
    study = short_study(tmp_path / "study", {RAW_EC: EC + 'subject: "{SITEID:3}{SUBJID}"\n'})
    read_ = files.read(study, short_drop(tmp_path / "drop"))["ec_raw"]
    assert {"701-1001", "702-1001"} >= set(read_["PATNUM"]) - {"701--1001", "702--1001"}


# --- what is refused
RAW_AE, RAW_DM, RAW_EC, OF_STUDY = (
    "specs/raw/ae_raw.yaml", "specs/raw/dm_raw.yaml", "specs/raw/ec_raw.yaml", "specs/study.yaml",
)  # fmt: skip
EPOCHS_AND_ARMS = "epochs: {TREATMENT: DM.RFXSTDTC}\narms: [|Pbo, Xan_Hi]"
# what is changed in which file, | marking the place that the message cites; the message
SLIPS = {
    "a field twice": (
        *(RAW_AE, AE, "integer: [AELLTCD]", "integer: [AELLTCD, |AELLT]"),
        "AELLT stands in line 3 too; a field has one type",
    ),
    "a field twice, in two notations": (
        *(RAW_AE, AE, "  Lab [mmol]: {type: number", "  |AELLT: {type: text}\n  Lab [mmol]: {type: number"),
        "AELLT stands in line 3 too; a field has one type",
    ),
    "a format that is none": (
        *(RAW_EC, EC, "{DD-MON-YYYY:", "{|DD-MMM-YYYY:"),
        "DD-MMM-YYYY is no format of a date; did you mean DD-MON-YYYY?",
    ),
    "a format of the long form that is none": (
        *(RAW_AE, AE, "{type: number, unit: mmol/L}", "{type: date, |format: DD/MMM/YYYY}"),
        "DD/MMM/YYYY is no format of a date; did you mean DD/MON/YYYY?",
    ),
    "a date without a format": (
        *(RAW_AE, AE, "  Lab [mmol]: {type: number, unit: mmol/L}", "  Lab: {|type: date}"),
        "a date, and only a date, says its format, such as YYYY-MM-DD",
    ),
    "labels of a field that is not there": (
        *(RAW_AE, AE, "codes: {IT.AESER: [Yes, No]}", "codes: {|IT.AESERR: [Yes, No]}"),
        "IT.AESERR is under none of the types here; did you mean IT.AESER?",
    ),
    "labels of a number": (
        *(RAW_AE, AE, "codes: {IT.AESER: [Yes, No]}", "codes: {|AELLTCD: [Yes, No]}"),
        "AELLTCD is integer; labels are of a field under `text`",
    ),
    "a coded field that is not there": (
        *(RAW_AE, AE, "{MedDRA: [AELLT, AELLTCD]}", "{MedDRA: [AELLT, |AELTCD]}"),
        "AELTCD is under none of the types here; did you mean AELLTCD?",
    ),
    "a dictionary that the study does not have": (
        *(RAW_AE, AE, "{MedDRA: [AELLT,", "{|MeDRA: [AELLT,"),
        "MeDRA is not a dictionary of specs/study.yaml; did you mean MedDRA?",
    ),
    "a question of a field that is not there": (
        *(RAW_AE, AE, "{IT.AETERM: What", "{|AETERM: What"),
        "AETERM is under none of the types here; did you mean IT.AETERM?",
    ),
    "a key that is no field": (
        *(RAW_EC, EC, "keys: [IT.ECSTDAT]", "keys: [|ECSTDAT]"),
        "ECSTDAT is not a field of ec_raw; did you mean IT.ECSTDAT?",
    ),
    "a visit that is no field": (
        *(RAW_EC, EC, "visit: VISITNAME", "|visit: VISIT"),
        "VISIT is not a field of ec_raw; did you mean VISITNAME?",
    ),
    "keys that are no list": (
        *(RAW_AE, AE, "keys: row", "|keys: rows"),
        "keys: expected a list of fields, or row where no field tells two records apart",
    ),
    "a field before its format": (
        *(RAW_EC, EC, "date: {DD-MON-YYYY: [IT.ECSTDAT, IT.ECENDAT]}", "|date: {IT.ECSTDAT: DD-MON-YYYY}"),
        "date: the format stands before its fields: {DD-MON-YYYY: [IT.ECSTDAT]}",
    ),
    "dates without a format": (
        *(RAW_EC, EC, "date: {DD-MON-YYYY: [IT.ECSTDAT, IT.ECENDAT]}", "|date: [IT.ECSTDAT, IT.ECENDAT]"),
        "date: expected formats with their fields, such as {YYYY-MM-DD: [FIELD]}",
    ),
    "one code for no value": (
        *(RAW_AE, AE, "missing: [UNK]", "|missing: UNK"),
        "missing: expected a list of codes, or codes with what they mean",
    ),
    "a version without its standard": (
        *(OF_STUDY, STUDY, 'standards: {SDTMIG: "3.3", ADaMIG: "1.2"}', '|standards: "3.3"'),
        'standards: expected standards with their versions, such as {SDTMIG: "3.4"}',
    ),
    "an epoch without a name": (
        *(OF_STUDY, STUDY, "arms: {Pbo", "|epochs: DM.RFXSTDTC\narms: {Pbo"),
        "epochs: expected epochs with the date on which each begins, such as {TREATMENT: DM.RFXSTDTC}",
    ),
    "arms without names, beside epochs": (
        *(OF_STUDY, STUDY, "arms: {Pbo: Placebo, Xan_Hi: Xanomeline High Dose}", EPOCHS_AND_ARMS),
        "arms.0: expected keys with their values",
    ),
    "a type that is none": (
        *(RAW_DM, DM, "integer: [IT.AGE]", "|integr: [IT.AGE]"),
        "integr is not a key here; did you mean integer?",
    ),
    "a standard that is none": (
        *(OF_STUDY, STUDY, "ADaMIG:", "|ADAMIG:"),
        "ADAMIG is no standard here; did you mean ADaMIG?; expected SDTMIG, ADaMIG, SDTM CT, ADaM CT",
    ),
    "parts that nothing separates": (
        *(OF_STUDY, STUDY, 'parts: "{SITEID}-{SUBJID}"', '|parts: "{SITEID}{SUBJID}"'),
        "nothing stands between two parts, so nobody can tell them apart",
    ),
    "a part of the subject number that is not there": (
        *(RAW_EC, EC, "keys:", '|subject: "{SITE:3}{SUBJID}"\nkeys:'),
        "SITE is no part of the subject number; did you mean SITEID?",
    ),
    "a part of the subject number that a form leaves out": (
        *(RAW_EC, EC, "keys:", '|subject: "{SUBJID}"\nkeys:'),
        "lacks SITEID; write each part of the number, for example {SITEID}-{SUBJID}",
    ),
    "parts of the subject number in a form that nothing separates": (
        *(RAW_EC, EC, "keys:", '|subject: "{SITEID}{SUBJID}"\nkeys:'),
        "nothing stands between two parts; say how many characters the first has, {SITEID:3}{SUBJID}",
    ),
    "a part of USUBJID that is not there": (
        *(OF_STUDY, STUDY, 'usubjid: "01-{SITEID}', '|usubjid: "01-{SITE}'),
        "SITE is neither STUDYID, a part of the number, nor a field of dm_raw; did you mean SITEID?",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "text", "old", "new", "message"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_with_its_place_and_the_nearest_word(
    tmp_path: Path, file: str, text: str, old: str, new: str, message: str
) -> None:
    assert old in text
    wrong = text.replace(old, new.replace("|", ""), 1)
    before = text[: text.index(old)] + new[: new.index("|")]
    place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    with pytest.raises(SpecError) as caught:
        short_study(tmp_path, {file: wrong})
    told = str(caught.value).splitlines()
    assert [line for line in told if line.startswith(f"{tmp_path / file}:{place}: ") and message in line], (
        told
    )


def test_a_form_without_the_subject_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        short_study(tmp_path, {RAW_EC: EC.replace("PATNUM", "PATIENT")})
    assert str(caught.value) == (
        f"{tmp_path / RAW_EC}:1:1: ec_raw has no PATNUM, the subject number (specs/study.yaml, subjects);"
        " did you mean PATIENT?"
    )


def test_a_study_without_the_time_of_its_build_is_refused_for_that_alone(tmp_path: Path) -> None:
    without = STUDY.replace("declared_build_time: 2015-03-01T00:00:00Z\n", "")
    with pytest.raises(SpecError) as caught:
        short_study(tmp_path, {OF_STUDY: without})
    assert str(caught.value) == f"{tmp_path / OF_STUDY}:1:1: declared_build_time is missing"


def test_a_fault_of_the_study_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        short_study(tmp_path, {OF_STUDY: f"{STUDY}arms: {{}}\n"})
    assert str(caught.value) == f"{tmp_path / OF_STUDY}:12:1: arms stands here twice"


def test_the_faults_of_all_contracts_are_told_at_once(tmp_path: Path) -> None:
    wrong = {
        RAW_EC: EC.replace("visit: VISITNAME", "visit: VISIT"),
        RAW_DM: DM.replace("keys: [PATNUM]", "keys: [PATIENT]"),
    }
    with pytest.raises(SpecError) as caught:
        short_study(tmp_path, wrong)
    assert len(str(caught.value).splitlines()) == 2


def test_a_form_with_the_name_of_a_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        short_study(tmp_path, {"specs/raw/EX.yaml": EC})
    assert f"{tmp_path}/specs/raw/EX.yaml:1:1: EX is a dataset too" in str(caught.value)


def test_the_file_of_a_form_is_found_whatever_the_case_of_its_name(tmp_path: Path) -> None:
    study = short_study(tmp_path / "study")
    drop = short_drop(tmp_path / "drop")
    (drop / "ec_raw.csv").rename(drop / "EC_RAW.CSV")
    assert len(files.read(study, drop)["ec_raw"]) == 2
    assert files.file_of_each_form(study, drop)["ec_raw"] == "EC_RAW.CSV"
