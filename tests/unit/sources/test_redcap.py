"""A project of REDCap reads as forms with labels, visits and repetitions, or is refused with the field, the
event and what to do.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.sources import redcap
from pipeline.study.models import Form
from tests.support.forms import DATE, a_form, cells, refused

SECRET = "Wang Xiulan"
EVENTS = {"baseline_arm_1": "SCREENING", "week_6_arm_1": "WEEK 6"}
PLACES = ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD")
KEPT = {"columns": {"TERM": "verbatim", "CHILLS": "signs___2"}}
AE = a_form(*PLACES, "TERM", "GRADE", "SERIOUS", "SIGNS", "CHILLS", file=KEPT, ONSET=DATE).model_copy(
    update={"events": EVENTS}
)
KPS = a_form(*PLACES, "SCORE", file={"name": "karnofsky"}, MADE="stamp").model_copy(
    update={"form": "kps", "events": EVENTS}
)
FORMS: dict[str, Form] = {"ae": AE, "kps": KPS}

DICTIONARY = """\
"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",\
"Choices, Calculations, OR Slider Labels","Field Note",\
"Text Validation Type OR Show Slider Number"
record_id,karnofsky,,text,Record,,,
score,karnofsky,,dropdown,Score,"100, 100 - Normal, no complaints | 90, 90 - Able",,
made,karnofsky,,text,Made,,,datetime_dmy
verbatim,ae,,text,Event,,,
ae_grade,ae,,radio,Grade,"1, Grade 1 | 2, Grade 2",,
ae_serious,ae,,yesno,Serious?,,,
ae_hint,ae,,descriptive,Think,,,
signs,ae,,checkbox,Signs,"1, Fever | 2, Chills | -9, Other",,
ae_onset,ae,,text,Onset,,,date_mdy
"""
HEADER = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,redcap_data_access_group,score,made,karnofsky_complete,"
    "verbatim,ae_grade,ae_serious,signs___1,signs___2,signs____9,ae_onset,ae_complete\n"
)
VISIT = "FD-001,baseline_arm_1,,,01,100,2016-07-01 09:30,2,,,,0,0,0,,\n"
EVENT = f"FD-001,week_6_arm_1,ae,2,01,,,,{SECRET},2,1,1,0,1,2016-08-12,2\n"
NOTHING = "FD-002,baseline_arm_1,,,01,,,0,,,,0,0,0,,0\n"


def project(
    folder: Path, records: str, dictionary: str = DICTIONARY, encoding: str = "utf-8-sig"
) -> tuple[Path, Path]:
    (folder / "Trial_DATA_2019-07-01_1200.csv").write_text(records, encoding=encoding)
    (folder / "Trial_DataDictionary_2019-07-01.csv").write_text(dictionary, encoding="utf-8")
    return folder / "Trial_DATA_2019-07-01_1200.csv", folder / "Trial_DataDictionary_2019-07-01.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_events_repetitions_choices_and_checkboxes_read_as_the_forms_showed_them(
    tmp_path: Path, encoding: str
) -> None:
    read = redcap.read(*project(tmp_path, HEADER + VISIT + EVENT + NOTHING, encoding=encoding), FORMS)
    assert {n: list(f) for n, f in read.items()} == {n: list(f.fields) for n, f in FORMS.items()}
    assert {str(t) for f in read.values() for t in f.dtypes} == {"str"}
    assert cells(read["kps"]) == [
        ["01", "FD-001", "SCREENING", "KPS", "1", "100 - Normal, no complaints", "2016-07-01 09:30"]
    ]
    expected = [
        "01",
        "FD-001",
        "WEEK 6",
        "AE",
        "2",
        SECRET,
        "Grade 2",
        "Yes",
        "Fever; Other",
        "Unchecked",
        "12 AUG 2016",
    ]
    assert cells(read["ae"]) == [expected]


def test_a_form_that_was_opened_or_marked_complete_is_a_record_and_an_untouched_one_is_none(
    tmp_path: Path,
) -> None:
    ticked = "FD-003,baseline_arm_1,,,01,,,,,,,0,1,0,,0\n"
    complete = "FD-004,baseline_arm_1,,,01,,,2,,,,0,0,0,,\n"
    read = redcap.read(*project(tmp_path, HEADER + NOTHING + ticked + complete), FORMS)
    assert [r[1] for r in cells(read["ae"])] == ["FD-003"]
    assert cells(read["ae"])[0][8:10] == ["Chills", "Checked"]
    assert [r[1] for r in cells(read["kps"])] == ["FD-004"]


def test_a_project_without_records_has_forms_without_records(tmp_path: Path) -> None:
    assert [len(f) for f in redcap.read(*project(tmp_path, HEADER), FORMS).values()] == [0, 0]


def test_a_place_that_the_project_has_a_field_for_comes_from_it(tmp_path: Path) -> None:
    dictionary = DICTIONARY + "ae_folder,ae,,text,Visit as typed,,,\nae_record,ae,,text,Line,,,\n"
    header, event = HEADER.replace("\n", ",ae_folder,ae_record\n"), EVENT.replace("\n", ",week 6 ,7\n")
    read = redcap.read(*project(tmp_path, header + event, dictionary), FORMS)
    assert cells(read["ae"])[0][2:5] == ["week 6 ", "AE", "7"]


def test_a_date_that_redcap_does_not_validate_is_text_as_typed(tmp_path: Path) -> None:
    dictionary = DICTIONARY.replace("date_mdy", "")
    read = redcap.read(
        *project(tmp_path, HEADER + EVENT.replace("2016-08-12", "UN AUG 2016"), dictionary), FORMS
    )
    assert cells(read["ae"])[0][-1] == "UN AUG 2016"


FIRST_LINE = DICTIONARY.split("\n", 1)[0]
CODES = {"NI": "No information", "-999": "Not done"}


def of_one_field(folder: Path, dictionary: str, type_: str, *values: str) -> list[str | None]:
    """The values of the one field `value` of the form ae, as they read."""
    form = a_form("SUBJECT", VALUE=type_ if type_ != "date" else DATE)
    records = "".join(f'T-{n},"{value}",2\n' for n, value in enumerate(values))
    paths = project(
        folder,
        f"record_id,value,ae_complete\n{records}",
        f"{FIRST_LINE}\nrecord_id,ae,,text,Record,,,\nvalue,ae,,{dictionary}\n",
    )
    read = redcap.read(*paths, {"ae": form.model_copy(update={"missing": CODES})})
    return [value for _, value in cells(read["ae"])]


# The field in the dictionary, its type in the contract, what the export holds, what is read.
ANSWERS: dict[str, tuple[str, str, tuple[str, ...], list[str | None]]] = {
    "choices without codes are their own codes": (
        'radio,Sex,"Female | Male",,',
        "text",
        ("Female", "Male"),
        ["Female", "Male"],
    ),
    "a choice without a label is its code": ('radio,Arm,"1, | 2, B",,', "text", ("1", "2"), ["1", "B"]),
    "blanks around codes and labels, and an empty choice, mean nothing": (
        'radio,Kind,"1,Blood| 2,Lung|| 3, Skin |888, Not done",,',
        "text",
        ("1", "2", "3", "888"),
        ["Blood", "Lung", "Skin", "Not done"],
    ),
    "codes keep their leading zeros": ('radio,Side,"01, Left | 02, Right",,', "text", ("01",), ["Left"]),
    "the label of a choice is read without its HTML": (
        'radio,Grade,"1, <b>Grade 1</b> | 2, <span style=""color:red"">Grade 2</span> (<i>mild</i>)",,',
        "text",
        ("1", "2"),
        ["Grade 1", "Grade 2 (mild)"],
    ),
    "a missing-data code of the project reads as it stands": (
        'radio,Grade,"1, Grade 1",,',
        "text",
        ("NI", "1"),
        ["NI", "Grade 1"],
    ),
    "a code that is a choice of the field is an answer": (
        'radio,Grade,"1, Grade 1 | NI, Not of interest",,',
        "text",
        ("NI",),
        ["Not of interest"],
    ),
    "a missing-data code of yes or no": ("yesno,Serious,,,", "text", ("1", "NI"), ["Yes", "NI"]),
    "a missing-data code of a date": (
        "text,Start,,,date_dmy",
        "date",
        ("2019-03-04", "NI"),
        ["04 MAR 2019", "NI"],
    ),
    "a decimal comma that the dictionary names": (
        "text,Temperature,,,number_1dp_comma_decimal",
        "number",
        ("36,7", "-0,5", "36", "-999"),
        ["36.7", "-0.5", "36", "-999"],
    ),
    "a comma that the dictionary does not name stays, and the contract refuses it": (
        "text,Temperature,,,number",
        "number",
        ("36,7",),
        ["36,7"],
    ),
    "a time with its seconds": ("text,Clock,,,time_hh_mm_ss", "time", ("08:05:00",), ["08:05"]),
    "minutes and seconds are no time of day": ("text,Lasted,,,time_mm_ss", "text", ("09:30",), ["09:30"]),
    "a moment with its seconds": (
        "text,Made,,,datetime_seconds_dmy",
        "stamp",
        ("2019-03-04 08:05:00",),
        ["2019-03-04 08:05"],
    ),
}


@pytest.mark.parametrize(("dictionary", "type_", "values", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answered_cell_never_becomes_missing(
    tmp_path: Path, dictionary: str, type_: str, values: tuple[str, ...], expected: list[str | None]
) -> None:
    assert of_one_field(tmp_path, dictionary, type_, *values) == expected


def test_minutes_and_seconds_under_a_time_of_day_are_refused(tmp_path: Path) -> None:
    with refused(
        f"{RECORDS}: field value holds minutes and seconds where the contract says time; ask for the time of"
        " day in REDCap, or declare the field as text"
    ):
        of_one_field(tmp_path, "text,Lasted,,,time_mm_ss", "time", "09:30")


def a_box(folder: Path, ticks: str) -> list[list[str | None]]:
    """A checkbox with columns for two missing-data codes as it reads: whole, and its second choice."""
    form = a_form("SUBJECT", "SIGNS", "CHILLS", file={"columns": {"CHILLS": "signs___2"}})
    paths = project(
        folder,
        f"record_id,signs___1,signs___2,signs___ni,signs____999,ae_complete\nT-1,{ticks},2\n",
        FIRST_LINE + '\nrecord_id,ae,,text,Record,,,\nsigns,ae,,checkbox,Signs,"1, Fever | 2, Chills",,\n',
    )
    return cells(redcap.read(*paths, {"ae": form.model_copy(update={"missing": CODES})})["ae"])


@pytest.mark.parametrize(
    ("ticks", "whole", "chills"),
    [
        ("1,0,0,0", "Fever", "Unchecked"),
        ("0,1,0,0", "Chills", "Checked"),
        ("0,0,1,0", "NI", "NI"),
        ("0,0,0,1", "-999", "-999"),
        ("0,0,0,0", None, "Unchecked"),
    ],
)
def test_a_checkbox_with_a_missing_data_code_is_neither_ticked_nor_unticked(
    tmp_path: Path, ticks: str, whole: str | None, chills: str
) -> None:
    assert a_box(tmp_path, ticks) == [["T-1", whole, chills]]


def test_a_checkbox_with_a_choice_and_a_missing_data_code_is_refused(tmp_path: Path) -> None:
    with refused(
        f"{RECORDS}, record 1: checkbox signs has both choices and a missing-data code; correct it in REDCap"
        " and export again"
    ):
        a_box(tmp_path, "1,0,1,0")


def test_the_dictionary_may_be_the_one_that_the_api_writes(tmp_path: Path) -> None:
    of_api = (
        "field_name,form_name,section_header,field_type,field_label,select_choices_or_calculations,"
        "field_note,text_validation_type_or_show_slider_number"
    )
    dictionary = of_api + "\n" + DICTIONARY.split("\n", 1)[1]
    paths = project(tmp_path, HEADER + VISIT + EVENT, dictionary)
    assert cells(redcap.read(*paths, FORMS)["ae"])[0][6] == "Grade 2"


def test_the_subject_s_number_may_have_another_name_in_the_contract(tmp_path: Path) -> None:
    file = {"columns": {"PATNUM": "SUBJECT", "CENTRE": "SITE"}}
    form = a_form("CENTRE", "PATNUM", "TERM", file=file)
    dictionary = f"{FIRST_LINE}\nrecord_id,ae,,text,Record,,,\nae_term,ae,,text,Event,,,\n"
    records = "record_id,redcap_data_access_group,ae_term,ae_complete\nT-1,01,Rash,2\n"
    read = redcap.read(*project(tmp_path, records, dictionary), {"ae": form})
    assert cells(read["ae"]) == [["01", "T-1", "Rash"]]


RECORDS = "Trial_DATA_2019-07-01_1200.csv"
LATER = "export all fields, and the dictionary of the same moment"
REFUSED: dict[str, tuple[str, str, str]] = {
    "an event without a visit": (
        HEADER + EVENT.replace("week_6_arm_1", "week_9_arm_1"),
        DICTIONARY,
        f"{RECORDS}: event week_9_arm_1 has no visit; add it to `events` of specs/raw/header.yaml",
    ),
    "a code without a label": (
        HEADER + VISIT + EVENT.replace(f"{SECRET},2", f"{SECRET},3"),
        DICTIONARY,
        (
            f"{RECORDS}, record 2: column ae_grade holds a code that the dictionary does not list; export"
            " both again, at one moment, or declare the project's missing-data codes under `missing` in"
            " specs/raw/header.yaml"
        ),
    ),
    "a column of a missing-data code that the study does not declare": (
        HEADER.replace("\n", ",signs___ni\n"),
        DICTIONARY,
        (
            f"{RECORDS}: column 17 is of checkbox signs and none of its choices; declare the project's"
            " missing-data codes under `missing` in specs/raw/header.yaml, or export both again"
        ),
    ),
    "a checkbox exported as its label": (
        HEADER + VISIT + EVENT.replace(",1,0,1,2016", ",Checked,0,1,2016"),
        DICTIONARY,
        f"{RECORDS}, record 2: column signs___1 is neither 0 nor 1; export the raw data, not the labels",
    ),
    "one code for two labels": (
        HEADER,
        DICTIONARY.replace("2, Grade 2", "1, Grade 2"),
        (
            "Trial_DataDictionary_2019-07-01.csv: field ae_grade: code 1 has two labels; give each choice a"
            " code of its own"
        ),
    ),
    "an instrument that is no form": (
        HEADER,
        DICTIONARY.replace(",ae,", ",adverse,"),
        f"{RECORDS}: instrument adverse feeds no form of specs/raw; write its contract",
    ),
    "a column that the dictionary does not have": (
        HEADER.replace("\n", ",mood\n"),
        DICTIONARY,
        f"{RECORDS}: column 17 is not in the dictionary, or twice; {LATER}",
    ),
    "a field that was not exported": (
        HEADER.replace(",made,", ","),
        DICTIONARY,
        f"{RECORDS}: column made of the dictionary was not exported; {LATER}",
    ),
    "a field that feeds nothing": (
        HEADER.replace("\n", ",ae_mood\n"),
        DICTIONARY + "ae_mood,ae,,text,Mood,,,\n",
        (
            f"{RECORDS}: field ae_mood of instrument ae is not in the contract; add it to specs/raw, or"
            " declare which it feeds"
        ),
    ),
    "a column of the contract without a field": (
        HEADER.replace(",ae_onset", ""),
        DICTIONARY.replace("ae_onset,ae,,text,Onset,,,date_mdy\n", ""),
        f"{RECORDS}: form ae: no field of instrument ae is ONSET; name it ae_onset, or declare it",
    ),
    "a project without visits": (
        HEADER.replace("redcap_event_name,", ""),
        DICTIONARY,
        f"{RECORDS}: form kps: no field of instrument karnofsky is FOLDER; name it kps_folder, or declare it",
    ),
    "a project without sites": (
        HEADER.replace("redcap_data_access_group,", ""),
        DICTIONARY,
        f"{RECORDS}: form kps: no field of instrument karnofsky is SITE; name it kps_site, or declare it",
    ),
    "a dictionary in another language": (
        HEADER,
        DICTIONARY.replace("Form Name", "Formulaire"),
        (
            "Trial_DataDictionary_2019-07-01.csv: column Form Name is missing; export the data dictionary of"
            " REDCap, in English"
        ),
    ),
    "a field there twice": (
        HEADER,
        DICTIONARY + "score,ae,,text,Score,,,\n",
        "Trial_DataDictionary_2019-07-01.csv: holds no field, or one twice; export the data dictionary again",
    ),
    "an empty dictionary": (
        "",
        "",
        (
            "Trial_DataDictionary_2019-07-01.csv, line 1: not a header line in UTF-8; export it from REDCap"
            " again"
        ),
    ),
    "records that are cut": (
        HEADER + f"FD-001,{SECRET}\n",
        DICTIONARY,
        f"{RECORDS}, line 2: 2 cells where the header has 16; export the file again",
    ),
    "a moment under a date": (
        HEADER + EVENT.replace("2016-08-12", "2016-08-12 09:30"),
        DICTIONARY.replace("date_mdy", "datetime_mdy"),
        (
            f"{RECORDS}, record 1: column ae_onset holds a date with a time where the contract says date;"
            " export what the form asks for"
        ),
    ),
}


@pytest.mark.parametrize(("records", "dictionary", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_neither_contract_nor_dictionary_knows_is_refused(
    tmp_path: Path, records: str, dictionary: str, expected: str
) -> None:
    with refused(expected, SECRET):
        redcap.read(*project(tmp_path, records, dictionary), FORMS)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    records, dictionary = project(tmp_path, HEADER)
    records.unlink()
    with refused(f"{RECORDS}: cannot be read (No such file or directory); check that the file may be opened"):
        redcap.read(records, dictionary, FORMS)


@pytest.mark.parametrize(
    "names",
    [
        ["T_DATA_2019.csv"],
        ["T_DataDictionary_2019.csv"],
        ["T_DATA_LABELS_2019.csv", "T_DataDictionary_2019.csv"],
        ["A_DATA_1.csv", "B_DATA_2.csv"],
    ],
)
def test_records_without_their_dictionary_and_labels_instead_of_codes_are_refused(names: list[str]) -> None:
    told = "a REDCap drop is one raw export of records and one data dictionary; export both, not the labels"
    with refused(f"{', '.join(names)}: {told}"):
        redcap.pair([Path(n) for n in names])
