"""What EDC systems write beside the plainest ODM: code lists, typed items, units, dates in ISO 8601, vendors'
extensions. It reads as the form showed it, or is refused by line, subject and column.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.sources import odm
from pipeline.study.models import Form
from tests.support.forms import DATE, a_form, cells, refused

SECRET = "Wang Xiulan"
PLACES = ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD")
GRADES: dict[str, object] = {"type": "code", "codes": ["Grade 1", "Grade 2"]}
CODED: dict[str, object] = {"type": "code", "codes": ["1", "2"]}
VENDOR = "http://www.openclinica.org/ns/odm_ext_v130/v3.1"
LISTED = (
    '<CodeList OID="CL" Name="Grades" DataType="text">'
    '<CodeListItem CodedValue="1"><Decode><TranslatedText xml:lang="en">Grade 1</TranslatedText></Decode>'
    '</CodeListItem><CodeListItem CodedValue="2"><Decode>'
    '<TranslatedText xml:lang="zh-CN">二级</TranslatedText>'
    '<TranslatedText xml:lang="en-GB">Grade 2</TranslatedText></Decode></CodeListItem></CodeList>'
)
UNITS = (
    '<BasicDefinitions><MeasurementUnit OID="MU.1" Name="millimetre"><Symbol><TranslatedText>mm'
    '</TranslatedText></Symbol></MeasurementUnit><MeasurementUnit OID="MU.2" Name="cm">'
    "<Symbol><TranslatedText>cm</TranslatedText></Symbol></MeasurementUnit></BasicDefinitions>"
)


def file(item: str, definition: str = 'DataType="text"', inside: str = "", more: str = "") -> str:
    """A file with one item VALUE, its definition, and what stands behind its definition."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:v="{VENDOR}" ODMVersion="1.3.2" FileType="Snapshot"
 FileOID="X" CreationDateTime="2019-07-01T00:00:00"><Study OID="S">{UNITS}<MetaDataVersion OID="V" Name="1">
<StudyEventDef OID="SE" Name="SCREENING" Repeating="No" Type="Common"/>
<FormDef OID="F" Name="AE" Repeating="No"><ItemGroupRef ItemGroupOID="G" Mandatory="No"/></FormDef>
<ItemGroupDef OID="G" Name="lines" Repeating="Yes"><ItemRef ItemOID="I" Mandatory="No"/></ItemGroupDef>
<ItemDef OID="I" Name="VALUE" {definition}>{inside}</ItemDef>{more}</MetaDataVersion></Study>
<ClinicalData StudyOID="S" MetaDataVersionOID="V"><SubjectData SubjectKey="FD-1">
<StudyEventData StudyEventOID="SE"><FormData FormOID="F">
<ItemGroupData ItemGroupOID="G" ItemGroupRepeatKey="3">{item}</ItemGroupData>
</FormData></StudyEventData></SubjectData></ClinicalData></ODM>"""


def read(folder: Path, content: str, form: Form) -> list[list[str | None]]:
    (folder / "trial.xml").write_text(content, encoding="utf-8")
    columns = {"ae": [form.file.columns.get(name, name) for name in form.fields]}
    return cells(odm.read(folder / "trial.xml", columns, {"ae": form})["ae"])


def form(value: str | dict[str, object], file_: Mapping[str, object] | None = None) -> Form:
    return a_form("SUBJECT", file=file_, VALUE=value).model_copy(
        update={"missing": {"NI": "No information", "NASK": "Not asked"}}
    )


ITEM = '<ItemData ItemOID="I" Value="{0}"/>'
REFERENCE = '<CodeListRef CodeListOID="CL"/>'
# The item, its definition, what is inside it, the contract of the field, what is read.
SHOWN: dict[str, tuple[str, str, str, str | dict[str, object], str | None]] = {
    "a coded value reads as its decode": (ITEM.format("1"), "text", REFERENCE, GRADES, "Grade 1"),
    "of decodes in several languages the English one": (
        ITEM.format("2"),
        "integer",
        REFERENCE,
        "text",
        "Grade 2",
    ),
    "a decode that is written for its code": (ITEM.format("Grade 2"), "text", REFERENCE, GRADES, "Grade 2"),
    "codes stay where the contract lists codes": (ITEM.format("2"), "text", REFERENCE, CODED, "2"),
    "codes stay where the contract asks for a number": (ITEM.format("2"), "text", REFERENCE, "integer", "2"),
    "a missing-data code that no list has": (ITEM.format("NI"), "text", REFERENCE, GRADES, "NI"),
    "a date": (ITEM.format("2019-03-04"), "date", "", DATE, "04 MAR 2019"),
    "a date without its day": (ITEM.format("2019-04"), "partialDate", "", DATE, "UN APR 2019"),
    "a date without its month": (ITEM.format("2019"), "partialDate", "", DATE, "UN UNK 2019"),
    "a time": (ITEM.format("09:05:00"), "time", "", "time", "09:05"),
    "a moment": (ITEM.format("2019-03-04T09:05:00"), "datetime", "", "stamp", "2019-03-04 09:05"),
    "a date that is no item of dates stays as typed": (ITEM.format("2019-04"), "text", "", DATE, "2019-04"),
    "what is no date stays as typed, and the contract refuses it": (
        ITEM.format("soon"),
        "date",
        "",
        DATE,
        "soon",
    ),
    "a year alone under a form that asks for the day stays as typed": (
        ITEM.format("2019"),
        "partialDate",
        "",
        {"type": "date", "format": "yyyy/m/d"},
        "2019",
    ),
    "a date where the contract asks for text is the text of the file": (
        ITEM.format("2019-03-04"),
        "date",
        "",
        "text",
        "2019-03-04",
    ),
    "an item of type String": (
        '<ItemDataString ItemOID="I"> a &lt; b </ItemDataString>',
        "text",
        "",
        "text",
        " a < b ",
    ),
    "an item of type Integer with a code list": (
        '<ItemDataInteger ItemOID="I">1</ItemDataInteger>',
        "integer",
        REFERENCE,
        GRADES,
        "Grade 1",
    ),
    "an item of type PartialDate": (
        '<ItemDataPartialDate ItemOID="I">2019-04</ItemDataPartialDate>',
        "partialDate",
        "",
        DATE,
        "UN APR 2019",
    ),
    "a typed item that is null": ('<ItemDataString ItemOID="I" IsNull="Yes"/>', "text", "", "text", None),
    "a null with a reason that the study declares": (
        '<ItemData ItemOID="I" IsNull="Yes" v:ReasonForNull="NASK"/>',
        "text",
        "",
        "text",
        "NASK",
    ),
    "a null whose value is its reason": (
        '<ItemData ItemOID="I" IsNull="Yes" Value="NI" v:ReasonForNull="NI"/>',
        "text",
        REFERENCE,
        GRADES,
        "NI",
    ),
    "a null with a reason that nobody declares": (
        '<ItemData ItemOID="I" IsNull="Yes" v:ReasonForNull="OTH"/>',
        "text",
        "",
        "text",
        None,
    ),
    "an extension of a vendor says nothing that was collected": (
        '<ItemData ItemOID="I" Value="Rash"><v:DiscrepancyNotes><v:DiscrepancyNote ID="DN1"/>'
        "</v:DiscrepancyNotes></ItemData><v:Remark/>",
        "text",
        "",
        "text",
        "Rash",
    ),
}


@pytest.mark.parametrize(("item", "type_", "inside", "field", "expected"), SHOWN.values(), ids=SHOWN.keys())
def test_an_item_reads_as_the_form_showed_it(
    tmp_path: Path, item: str, type_: str, inside: str, field: str | dict[str, object], expected: str | None
) -> None:
    content = file(item, f'DataType="{type_}"', inside, LISTED)
    assert read(tmp_path, content, form(field)) == [["FD-1", expected]]


def test_where_no_contract_is_known_a_coded_value_reads_as_its_decode(tmp_path: Path) -> None:
    (tmp_path / "trial.xml").write_text(file(ITEM.format("1"), inside=REFERENCE, more=LISTED))
    assert cells(odm.read(tmp_path / "trial.xml", {"ae": ["VALUE"]})["ae"]) == [["Grade 1"]]


def with_unit(oid: str) -> str:
    return f'<ItemData ItemOID="I" Value="7"><MeasurementUnitRef MeasurementUnitOID="{oid}"/></ItemData>'


BOTH = '<MeasurementUnitRef MeasurementUnitOID="MU.1"/><MeasurementUnitRef MeasurementUnitOID="MU.2"/>'
ONE = '<MeasurementUnitRef MeasurementUnitOID="MU.1"/>'


@pytest.mark.parametrize(
    ("item", "inside", "expected"),
    [
        (with_unit("MU.2"), BOTH, "cm"),
        (ITEM.format("7"), ONE, "mm"),
        (ITEM.format("7"), BOTH, None),
        ('<ItemDataFloat ItemOID="I" MeasurementUnitOID="MU.2">7</ItemDataFloat>', BOTH, "cm"),
        ('<ItemData ItemOID="I" IsNull="Yes"/>', ONE, None),
    ],
)
def test_the_unit_of_a_value_goes_to_the_field_that_asks_for_it(
    tmp_path: Path, item: str, inside: str, expected: str | None
) -> None:
    asked = a_form("SUBJECT", VALUE="number", VALUE_UNIT="text")
    ((_, _, unit),) = read(tmp_path, file(item, 'DataType="float"', inside), asked)
    assert unit == expected


@pytest.mark.parametrize("unit", ["mm", "Millimetre"])
@pytest.mark.parametrize("item", [with_unit("MU.1"), ITEM.format("7")])
def test_a_unit_that_the_contract_declares_needs_no_field(tmp_path: Path, unit: str, item: str) -> None:
    content = file(item, 'DataType="float"', ONE)
    assert read(tmp_path, content, form({"type": "number", "unit": unit})) == [["FD-1", "7"]]


RECORD = "trial.xml: line 10, subject FD-1: form AE, record 3: VALUE"
LINE = "trial.xml: line 10, subject FD-1:"
IN_MM: dict[str, object] = {"type": "number", "unit": "mm"}
REFUSED: dict[str, tuple[str, str, str | dict[str, object], str]] = {
    "a null with a value": (
        f'<ItemData ItemOID="I" IsNull="Yes" Value="{SECRET}" v:ReasonForNull="NI"/>',
        "",
        "text",
        (
            f"{RECORD} needs a Value or IsNull, not both: IsNull and a Value contradict each other; correct"
            " it in the EDC and export again"
        ),
    ),
    "a code that the list does not have": (
        ITEM.format(SECRET),
        REFERENCE,
        GRADES,
        f"{RECORD} holds a value that its CodeList does not list: export data and metadata of one moment",
    ),
    "a unit that nothing takes": (
        with_unit("MU.1"),
        "",
        "number",
        (
            f"{LINE} MeasurementUnitRef has no column to go to: declare `unit: mm` of VALUE, or a field"
            " VALUE_UNIT"
        ),
    ),
    "a unit that is not defined": (
        with_unit("MU.9"),
        "",
        "number",
        (
            f"{LINE} MeasurementUnitRef has no column to go to: unit MU.9 of VALUE is not defined in"
            " BasicDefinitions: export the file with all its metadata"
        ),
    ),
    "another unit than the contract's": (
        with_unit("MU.2"),
        "",
        IN_MM,
        f"{LINE} VALUE is in cm, where the contract says mm: convert it or declare its unit",
    ),
    "another unit of the definition than the contract's": (
        ITEM.format("7"),
        '<MeasurementUnitRef MeasurementUnitOID="MU.2"/>',
        IN_MM,
        f"{LINE} VALUE is in cm, where the contract says mm: convert it or declare its unit",
    ),
    "a code list that is not defined": (
        ITEM.format("1"),
        '<CodeListRef CodeListOID="CL.9"/>',
        GRADES,
        "trial.xml: line 7: CodeList CL.9 is not defined: export the file with all its metadata",
    ),
}


@pytest.mark.parametrize(("item", "inside", "field", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_would_be_lost_or_guessed_is_refused(
    tmp_path: Path, item: str, inside: str, field: str | dict[str, object], expected: str
) -> None:
    with refused(expected, SECRET):
        read(tmp_path, file(item, inside=inside, more=LISTED), form(field))


def test_a_moment_with_a_time_zone_is_refused_by_record(tmp_path: Path) -> None:
    with refused(
        "trial.xml, record 1: column VALUE holds a moment with a time zone; export it as the clock on site"
        " showed it"
    ):
        read(tmp_path, file(ITEM.format("2019-03-04T09:05:00+08:00"), 'DataType="datetime"'), form("stamp"))


@pytest.mark.parametrize("twice", ['CodedValue="1"', '<TranslatedText xml:lang="de">Grad 2</TranslatedText>'])
def test_a_code_list_that_leaves_a_choice_is_refused(tmp_path: Path, twice: str) -> None:
    if twice.startswith("Coded"):
        spoilt, expected = LISTED.replace('CodedValue="2"', twice), "CodeList CL lists a coded value twice"
    else:
        english = '<TranslatedText xml:lang="en-GB">Grade 2</TranslatedText>'
        spoilt = LISTED.replace(english, twice)
        expected = "a decode in de, zh and not in English: export it in one language"
    with refused(f"trial.xml: line 7: {expected}"):
        read(tmp_path, file(ITEM.format("1"), inside=REFERENCE, more=spoilt), form(GRADES))


def test_a_group_that_does_not_repeat_has_one_record_and_a_form_that_does_not_repeat_one_key(
    tmp_path: Path,
) -> None:
    content = file(ITEM.format("Rash")).replace('Name="lines" Repeating="Yes"', 'Name="lines" Repeating="No"')
    content = content.replace(' ItemGroupRepeatKey="3"', "").replace(
        '<FormData FormOID="F">', '<FormData FormOID="F" FormRepeatKey="1">'
    )
    numbered = a_form("SUBJECT", "RECORD", VALUE="text")
    assert read(tmp_path, content, numbered) == [["FD-1", "1", "Rash"]]


def test_a_form_may_have_another_name_in_the_file(tmp_path: Path) -> None:
    content = file(ITEM.format("Rash")).replace('OID="F" Name="AE"', 'OID="F" Name="Adverse events - 1.0"')
    declared = a_form("FORM", file={"name": "Adverse Events - 1.0"}, VALUE="text")
    assert read(tmp_path, content, declared) == [["Adverse events - 1.0", "Rash"]]


def test_lists_of_nothing_behind_the_subjects_say_nothing(tmp_path: Path) -> None:
    lists = "<AuditRecords/><Signatures/><Annotations/></ClinicalData>"
    content = file(ITEM.format("Rash")).replace("</ClinicalData>", lists)
    assert read(tmp_path, content, form("text")) == [["FD-1", "Rash"]]


# --- a SUBJECT that is not so called
def keyed(attributes: str) -> str:
    return file(ITEM.format("Rash")).replace('SubjectKey="FD-1"', attributes)


OPENCLINICA = 'SubjectKey="SS_FD1" v:StudySubjectID="FD-1"'


def test_the_contract_may_call_the_subject_s_number_otherwise(tmp_path: Path) -> None:
    patient = a_form("PATNUM", file={"columns": {"PATNUM": "SUBJECT"}}, VALUE="text")
    assert read(tmp_path, keyed('SubjectKey="FD-1"'), patient) == [["FD-1", "Rash"]]


def test_a_contract_without_the_subject_s_number_reads_too(tmp_path: Path) -> None:
    assert read(tmp_path, keyed('SubjectKey="FD-1"'), a_form(VALUE="text")) == [["Rash"]]


@pytest.mark.parametrize(("name", "expected"), [("StudySubjectID", "FD-1"), ("SubjectKey", "SS_FD1")])
def test_of_two_numbers_of_a_subject_the_contract_says_which_is_meant(
    tmp_path: Path, name: str, expected: str
) -> None:
    declared = form("text", {"columns": {"SUBJECT": name}})
    assert read(tmp_path, keyed(OPENCLINICA), declared) == [[expected, "Rash"]]


def test_of_two_numbers_of_a_subject_none_is_guessed(tmp_path: Path) -> None:
    with refused(
        "trial.xml: line 8, subject SS_FD1: SubjectData has a StudySubjectID beside its SubjectKey: declare"
        " which one a form's subject is, such as `file: {columns: {SUBJECT: StudySubjectID}}`"
    ):
        read(tmp_path, keyed(OPENCLINICA), form("text"))
    equal = keyed('SubjectKey="FD-1" v:StudySubjectID="FD-1"')
    assert read(tmp_path, equal, form("text")) == [["FD-1", "Rash"]]
