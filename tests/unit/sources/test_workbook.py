"""A workbook reads as what was typed, or is refused with its name, the sheet, the cell and what to do, and
without what it holds.

The workbooks here are written part by part, so that each holds exactly what one program or another would
leave in it.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import DropError
from pipeline.sources import workbook
from tests.support.forms import DATE, SLASHED, a_form, cells, refused

FORM = a_form("SUBJECT", VALUE="number", DAY=DATE)
SECRET = "Wang Xiulan"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
HEADER = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>'
)
TEXTS = ("SUBJECT", "VALUE", "DAY", "01", SECRET)
FORMATS = {
    164: "yyyy\\-mm\\-dd",
    165: "yyyy/mm/dd hh:mm",
    166: "0.00",
    167: "[$-409]d\\-mmm\\-yy;@",
    168: '0.0" days"',
    169: "[h]:mm",
    170: "mm:ss",
    171: "00000",
    172: '"FD-"000',
    173: "000-00-0000",
    174: "0.0%",
    175: '0.0"%"',
    176: "hh:mm:ss.000",
}
STYLES = (
    0,
    14,
    164,
    165,
    166,
    20,
    167,
    168,
    31,
    169,
    170,
    171,
    172,
    173,
    174,
    175,
    9,
    22,
    176,
    45,
)  # the number format of each cell style


def relations(*targets: tuple[str, str]) -> str:
    one = [
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    ]
    return (
        f"{HEAD}<Relationships"
        f' xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{"".join(one)}</Relationships>'
    )


def parts(
    rows: str,
    more: str = "",
    texts: tuple[str, ...] = TEXTS,
    workbook_: str = "",
    sheets: tuple[str, ...] = ("Sheet1",),
) -> dict[str, str]:
    named = "".join(f'<sheet name="{s}" sheetId="{n}" r:id="rId3"/>' for n, s in enumerate(sheets, 1))
    shared = "".join(t if t.startswith("<") else f"<si><t>{t}</t></si>" for t in texts)
    codes = "".join(
        f'<numFmt numFmtId="{n}" formatCode="{c.replace(chr(34), "&quot;")}"/>' for n, c in FORMATS.items()
    )
    styles = "".join(f'<xf numFmtId="{n}"/>' for n in STYLES)
    return {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": (
            f'{HEAD}<workbook xmlns="{MAIN}"'
            f' xmlns:r="{OFFICE}">{workbook_}<sheets>{named}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": relations(
            ("sharedStrings", "sharedStrings.xml"),
            ("styles", "/xl/styles.xml"),
            ("worksheet", "worksheets/s.xml"),
        ),
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/styles.xml": (
            f"{HEAD}<styleSheet"
            f' xmlns="{MAIN}"><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>'
        ),
        "xl/worksheets/s.xml": (
            f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{HEADER}{rows}</sheetData>{more}</worksheet>'
        ),
    }


def written(folder: Path, content: dict[str, str], name: str = "ae.xlsx") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in content.items():
            archive.writestr(part, text)
    return folder / name


def day(serial: str, style: int) -> str:
    return f'<row r="2"><c r="C2" s="{style}"><v>{serial}</v></c></row>'


READ: dict[str, tuple[dict[str, str], list[list[str | None]]]] = {
    "a header alone is a form without records": (parts(""), []),
    "texts and numbers": (
        parts('<row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2"><v>7</v></c></row>'),
        [["01", "7", None]],
    ),
    "a number without the noise of floating point": (
        parts('<row r="2"><c r="B2"><v>6.1000000000000005</v></c></row>'),
        [[None, "6.1", None]],
    ),
    "a number as typed, not as its format rounds it": (
        parts('<row r="2"><c r="B2" s="4"><v>6.125</v></c></row>'),
        [[None, "6.125", None]],
    ),
    "a number whose format names days in quotation marks": (
        parts('<row r="2"><c r="B2" s="7"><v>3</v></c></row>'),
        [[None, "3", None]],
    ),
    "a number in scientific notation": (
        parts('<row r="2"><c r="B2"><v>1.5E-4</v></c></row>'),
        [[None, "0.00015", None]],
    ),
    "a date in the first format": (parts(day("42594", 1)), [[None, None, "12 AUG 2016"]]),
    "a date in a format of its own": (parts(day("42594", 2)), [[None, None, "12 AUG 2016"]]),
    "a date in a format with a language": (parts(day("42594", 6)), [[None, None, "12 AUG 2016"]]),
    "a date in a format of East Asian editions": (parts(day("42594", 8)), [[None, None, "12 AUG 2016"]]),
    "a moment at midnight under a date": (parts(day("42594", 3)), [[None, None, "12 AUG 2016"]]),
    "a date counted from 1904": (
        parts(day("41132", 1), workbook_='<workbookPr date1904="1"/>'),
        [[None, None, "12 AUG 2016"]],
    ),
    "the day before the one that never was": (parts(day("59", 1)), [[None, None, "28 FEB 1900"]]),
    "the day after the one that never was": (parts(day("61", 1)), [[None, None, "01 MAR 1900"]]),
    "the first day of 1904": (
        parts(day("0", 1), workbook_='<workbookPr date1904="true"/>'),
        [[None, None, "01 JAN 1904"]],
    ),
    "a year typed as a number stays a number, which the contract refuses": (
        parts(day("2016", 0)),
        [[None, None, "2016"]],
    ),
    "a partial date typed as text": (
        parts('<row r="2"><c r="C2" t="inlineStr"><is><t>UN AUG 2016</t></is></c></row>'),
        [[None, None, "UN AUG 2016"]],
    ),
    "a text in pieces, without its reading aid": (
        parts(
            '<row r="2"><c r="A2" t="s"><v>3</v></c></row>',
            texts=(
                *TEXTS[:3],
                (
                    "<si><r><t>王</t></r><r><rPr/><t xml:space='preserve'>秀兰 </t></r><rPh sb='0'"
                    " eb='1'><t>オウ</t></rPh></si>"
                ),
            ),
        ),
        [["王秀兰 ", None, None]],
    ),
    "a line break that XML would lose": (
        parts('<row r="2"><c r="A2" t="s"><v>3</v></c></row>', texts=(*TEXTS[:3], "a_x000D_\nb")),
        [["a\r\nb", None, None]],
    ),
    "hidden rows and columns": (
        parts(
            '<row r="2" hidden="1"><c r="A2" t="s"><v>3</v></c></row>',
            "<cols><col min='1' max='1' hidden='1'/></cols>",
        ),
        [["01", None, None]],
    ),
    "a row without any value is none": (
        parts('<row r="2"><c r="A2" s="4"/></row><row r="900"><c r="A900" t="s"><v>3</v></c></row>'),
        [["01", None, None]],
    ),
    "cells and rows that do not say where they stand": (
        parts('<row><c t="s"><v>3</v></c><c><v>7</v></c></row>'),
        [["01", "7", None]],
    ),
    "a formula with its result": (
        parts('<row r="2"><c r="A2" t="str"><f>A1</f><v>x</v></c><c r="B2"><f>3+4</f><v>7</v></c></row>'),
        [["x", "7", None]],
    ),
    "a formula of texts with an empty result": (
        parts('<row r="2"><c r="A2" t="str"><f>A1</f><v></v></c><c r="B2"><v>7</v></c></row>'),
        [[None, "7", None]],
    ),
    "a date counted from 1904, beside an extension that says nothing of it": (
        parts(
            day("41132", 1),
            workbook_='<workbookPr date1904="1"/><x:workbookPr xmlns:x="urn:x15" chartTrackingRefBase="1"/>',
        ),
        [[None, None, "12 AUG 2016"]],
    ),
    "a date in ISO 8601": (
        parts('<row r="2"><c r="C2" s="1" t="d"><v>2016-08-12</v></c></row>'),
        [[None, None, "12 AUG 2016"]],
    ),
    "a moment in ISO 8601 at midnight under a date": (
        parts('<row r="2"><c r="C2" t="d"><v>2016-08-12T00:00:00.000</v></c></row>'),
        [[None, None, "12 AUG 2016"]],
    ),
    "a number with leading zeros that its format shows": (
        parts('<row r="2"><c r="A2" s="11"><v>123</v></c><c r="B2" s="11"><v>123</v></c></row>'),
        [["00123", "123", None]],
    ),
    "a number that its format shows with letters before it": (
        parts('<row r="2"><c r="A2" s="12"><v>7</v></c></row>'),
        [["FD-007", None, None]],
    ),
    "a long number digit for digit": (
        parts('<row r="2"><c r="A2"><v>12345678901234567890</v></c><c r="B2"><v>7.0</v></c></row>'),
        [["12345678901234567890", "7", None]],
    ),
    "a sum without the noise of floating point": (
        parts('<row r="2"><c r="B2"><v>0.30000000000000004</v></c></row>'),
        [[None, "0.3", None]],
    ),
    "a number typed as text keeps its zeros and blanks": (
        parts('<row r="2"><c r="A2" t="inlineStr"><is><t xml:space="preserve"> 007 </t></is></c></row>'),
        [[" 007 ", None, None]],
    ),
    "a number beside a sign of percent that is only a text": (
        parts('<row r="2"><c r="B2" s="15"><v>5.6</v></c></row>'),
        [[None, "5.6", None]],
    ),
    "truth as a spreadsheet shows it": (
        parts('<row r="2"><c r="A2" t="b"><v>1</v></c></row>'),
        [["TRUE", None, None]],
    ),
}


@pytest.mark.parametrize(("content", "expected"), READ.values(), ids=READ.keys())
def test_a_sound_workbook_reads_as_what_was_typed(
    tmp_path: Path, content: dict[str, str], expected: list[list[str | None]]
) -> None:
    frame = workbook.read(written(tmp_path, content), FORM)
    assert {str(t) for t in frame.dtypes} == {"str"}
    assert cells(frame) == expected


def test_times_moments_and_the_laboratory_s_dates_read_in_their_formats(tmp_path: Path) -> None:
    form = a_form(SUBJECT=SLASHED, VALUE="time", DAY="stamp")
    values = [("A", 1, "42594"), ("B", 5, "0.378472222222222"), ("C", 3, "42594.395833333336")]
    cells_ = "".join(f'<c r="{c}2" s="{s}"><v>{v}</v></c>' for c, s, v in values)
    row = f'<row r="2">{cells_}</row>'
    assert cells(workbook.read(written(tmp_path, parts(row)), form)) == [
        ["2016/8/12", "09:05", "2016-08-12 09:30"]
    ]


CLOCK = a_form("SUBJECT", VALUE="time", DAY="stamp")
TIMES: dict[str, tuple[str, str, str | int]] = {  # column, what the file holds, its style or type
    "09:05": ("B", "0.378472222222222", 5),
    "06:15": ("B", "0.260416666666667", 9),  # under a format of elapsed hours
    "23:59": ("B", "0.999305555555556", 5),
    "00:00": ("B", "0", 5),
    "09:30": ("B", "09:30:00", "d"),
    "2016-08-12 09:30": ("C", "2016-08-12T09:30:00", "d"),
    "2016-08-12 09:05": ("C", "42594.3784722222", 17),
    "2016-08-13 00:00": ("C", "42594.99999999", 3),  # within a millisecond of midnight
    "2016-08-12 23:59:59.914000": ("C", "42594.999999", 3),  # the contract refuses it: no time was typed so
}


@pytest.mark.parametrize("expected", TIMES)
def test_a_time_reads_as_the_clock_showed_it(tmp_path: Path, expected: str) -> None:
    column, written_, style = TIMES[expected]
    how = f's="{style}"' if isinstance(style, int) else f't="{style}"'
    content = parts(f'<row r="2"><c r="{column}2" {how}><v>{written_}</v></c></row>')
    (row,) = cells(workbook.read(written(tmp_path, content), CLOCK))
    assert row["ABC".index(column)] == expected


NO_TIME = "holds a time of 24 hours or more, or below 0; type the time of day, 00:00 to 23:59"
NO_HOURS = "shows minutes and seconds without hours; type the time of day, HH:MM"
NO_CLOCKS = {
    "24 hours": ("1", 's="5"', NO_TIME),
    "24 hours as elapsed ones": ("1", 's="9"', NO_TIME),
    "30 hours": ("1.25", 's="5"', NO_TIME),
    "nearly 24 hours, as a double has it": ("0.99999999999", 's="5"', NO_TIME),
    "a time below 0": ("-0.25", 's="5"', NO_TIME),
    "minutes and seconds": ("0.00625", 's="10"', NO_HOURS),
    "minutes and seconds in a format that is built in": ("0.00625", 's="19"', NO_HOURS),
    "a day under a format of times": (
        "42594.5",
        's="5"',
        "column VALUE holds a date with a time where the contract says time; export what the form asks for",
    ),
    "24:00 in ISO 8601": (
        "24:00:00",
        't="d"',
        "holds a date or time that is none in ISO 8601; type what was collected",
    ),
    "a year alone in ISO 8601": (
        "2019",
        't="d"',
        "holds a date or time that is none in ISO 8601; type what was collected",
    ),
    "a time with a zone": (
        "2014-02-14T08:27:48.765Z",
        't="d"',
        "column VALUE holds a moment with a time zone; export it as the clock on site showed it",
    ),
}


@pytest.mark.parametrize(("value", "how", "expected"), NO_CLOCKS.values(), ids=NO_CLOCKS.keys())
def test_a_number_that_is_no_time_of_day_is_refused(
    tmp_path: Path, value: str, how: str, expected: str
) -> None:
    content = parts(f'<row r="2"><c r="B2" {how}><v>{value}</v></c></row>')
    with refused(f"ae.xlsx, sheet Sheet1, cell B2: {expected}"):
        workbook.read(written(tmp_path, content), CLOCK)


def test_a_workbook_in_the_namespaces_of_strict_reads_as_any_other(tmp_path: Path) -> None:
    strict = {
        part: text.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main").replace(
            OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships"
        )
        for part, text in parts(
            '<row r="2"><c r="A2" t="s"><v>3</v></c><c r="C2" t="d"><v>2016-08-12</v></c></row>'
        ).items()
    }
    assert cells(workbook.read(written(tmp_path, strict), FORM)) == [["01", None, "12 AUG 2016"]]


def test_parts_may_be_spelt_in_another_case_than_their_references(tmp_path: Path) -> None:
    content = {part.replace("xl/w", "xl\\W"): text for part, text in parts("").items()}
    assert cells(workbook.read(written(tmp_path, content), FORM)) == []


SHEETS = '<sheet name="Lists" sheetId="8" r:id="rId3" state="{0}"/>'


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_of_sheets_that_are_hidden_none_is_taken_for_the_form(tmp_path: Path, state: str) -> None:
    content = parts('<row r="2"><c r="A2" t="s"><v>3</v></c></row>')
    book = content["xl/workbook.xml"]
    beside = book.replace("<sheets>", "<sheets>" + SHEETS.format(state))
    read = workbook.read(written(tmp_path, content | {"xl/workbook.xml": beside}), FORM)
    assert cells(read) == [["01", None, None]]
    hidden = beside.replace('"Lists"', '"AE"')
    with refused("ae.xlsx: sheet AE is hidden; show it if it holds the form, or name the sheet that does ae"):
        workbook.read(written(tmp_path, content | {"xl/workbook.xml": hidden}), FORM)


@pytest.mark.parametrize("name", ["AE", " ae", "adverse"])
def test_the_sheet_named_as_the_form_or_as_its_contract_says_is_read_among_many(
    tmp_path: Path, name: str
) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet(name)
    sheet.append(["SUBJECT", "VALUE", "DAY"])
    sheet.append(["01", 7, None])
    book.save(tmp_path / "ae.xlsx")
    form = a_form(
        "SUBJECT", file={"name": "adverse"} if name == "adverse" else None, VALUE="number", DAY=DATE
    )
    assert cells(workbook.read(tmp_path / "ae.xlsx", form)) == [["01", "7", None]]


PERCENTAGE = (
    "holds a percentage, of which the file keeps a hundredth; type the number without %, in the unit that the"
    " form asks for"
)
NO_DAY = "holds a day that no calendar has; type the date that was collected"
MERGED = '<mergeCells count="1"><mergeCell ref="A{0}:B{0}"/></mergeCells>'
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "merged header cells": (
        parts("", MERGED.format(1)),
        "ae.xlsx, sheet Sheet1: cells A1:B1 are merged; undo it and give each its value, also in the header",
    ),
    "merged cells of records": (
        parts("", MERGED.format(2)),
        "ae.xlsx, sheet Sheet1: cells A2:B2 are merged; undo it and give each its value, also in the header",
    ),
    "a formula without its result": (
        parts('<row r="2"><c r="B2"><f>3+4</f></c></row>'),
        (
            "ae.xlsx, sheet Sheet1, cell B2: holds a formula without its result; save the workbook from the"
            " spreadsheet, or its values"
        ),
    ),
    "an error": (
        parts('<row r="2"><c r="B2" t="e"><v>#N/A</v></c></row>'),
        "ae.xlsx, sheet Sheet1, cell B2: holds an error instead of a value; type what was collected",
    ),
    "29 February 1900": (parts(day("60", 1)), f"ae.xlsx, sheet Sheet1, cell C2: {NO_DAY}"),
    "a day before the first": (parts(day("-1", 1)), f"ae.xlsx, sheet Sheet1, cell C2: {NO_DAY}"),
    "a day after the last": (parts(day("2958466", 1)), f"ae.xlsx, sheet Sheet1, cell C2: {NO_DAY}"),
    "a percentage": (
        parts('<row r="2"><c r="B2" s="14"><v>0.056</v></c></row>'),
        f"ae.xlsx, sheet Sheet1, cell B2: {PERCENTAGE}",
    ),
    "a percentage in a format that is built in": (
        parts('<row r="2"><c r="A2" s="16"><v>0.05</v></c></row>'),
        f"ae.xlsx, sheet Sheet1, cell A2: {PERCENTAGE}",
    ),
    "a number whose digits its format moves, in a text": (
        parts('<row r="2"><c r="A2" s="13"><v>123456789</v></c></row>'),
        (
            "ae.xlsx, sheet Sheet1, cell A2: column SUBJECT holds a number that its format shows with other"
            " characters; export the column as text"
        ),
    ),
    "a number of more digits than Excel keeps": (
        parts('<row r="2"><c r="A2"><v>1.2345678901234568E+16</v></c></row>'),
        (
            "ae.xlsx, sheet Sheet1, cell A2: holds a number of more digits than a spreadsheet keeps exactly;"
            " export the column as text"
        ),
    ),
    "a formula of numbers with an empty result": (
        parts('<row r="2"><c r="B2"><f>3+4</f><v/></c></row>'),
        (
            "ae.xlsx, sheet Sheet1, cell B2: holds a formula without its result; save the workbook from the"
            " spreadsheet, or its values"
        ),
    ),
    "a date under a number": (
        parts('<row r="2"><c r="B2" s="1"><v>42594</v></c></row>'),
        (
            "ae.xlsx, sheet Sheet1, cell B2: column VALUE holds a date where the contract says number; export"
            " the column as text"
        ),
    ),
    "a time behind a date": (
        parts(day("42594.5", 1)),
        (
            "ae.xlsx, sheet Sheet1, cell C2: column DAY holds a date with a time where the contract says"
            " date; export what the form asks for"
        ),
    ),
    "a value under no header": (
        parts('<row r="7"><c r="AB7" t="s"><v>4</v></c></row>'),
        "ae.xlsx, sheet Sheet1, cell AB7: holds a value under no header; name the column, or clear it",
    ),
    "an empty first row": (
        {k: v.replace(HEADER, HEADER.replace("1", "2")) for k, v in parts("").items()},
        "ae.xlsx, sheet Sheet1: row 1 is empty; export the form with its header in row 1",
    ),
    "records for a header": (
        parts("", texts=("x", "y", SECRET)),
        "ae.xlsx, row 1: names no column of the contract; export the form with its header line",
    ),
    "a misspelt column": (
        parts("", texts=("SUBJECT", "VALEU", "DAY")),
        (
            "ae.xlsx: column VALUE is missing; did you mean VALEU?; export it, or change specs/raw\nae.xlsx:"
            " column VALEU is not in the contract; did you mean VALUE?; add it to specs/raw so that it is not"
            " lost in silence"
        ),
    ),
    "two sheets of which none is the form": (
        parts("", sheets=("Sheet1", "Sheet2")),
        "ae.xlsx: 2 sheets and none is named ae; name the form's sheet ae, or declare its name in specs/raw",
    ),
    "a DOCTYPE": (
        {
            k: v.replace("<worksheet", f'<!DOCTYPE worksheet [<!ENTITY a "{SECRET}">]><worksheet')
            for k, v in parts("").items()
        },
        "ae.xlsx: has a DOCTYPE, which can hide other files: save it again as .xlsx",
    ),
}


@pytest.mark.parametrize(("content", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_as_typed_is_refused_by_sheet_and_cell(
    tmp_path: Path, content: dict[str, str], expected: str
) -> None:
    with refused(expected, SECRET):
        workbook.read(written(tmp_path, content), FORM)


SOUND = parts(f'<row r="2"><c r="A2" t="s"><v>4</v></c></row>{" " * 500}')
DAMAGED = (
    "ae.xlsx: not a whole XLSX workbook; it is cut short, damaged or of another kind: save it again as .xlsx"
)
SPOILS: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "a part that is missing": lambda p: {k: v for k, v in p.items() if "sheets/s" not in k},
    "no workbook in it": lambda _: {"a.txt": SECRET},
    "a part that is no XML": lambda p: p | {"xl/styles.xml": SECRET},
    "a text that is not there": lambda p: p | {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"/>'},
    "a style that is not there": lambda p: (
        p | {"xl/worksheets/s.xml": p["xl/worksheets/s.xml"].replace('t="s"><v>4', 's="99"><v>4')}
    ),
    "a number that is none": lambda p: (
        p | {"xl/worksheets/s.xml": p["xl/worksheets/s.xml"].replace('t="s"><v>4', f"><v>{SECRET}")}
    ),
    "a cell there twice": lambda p: (
        p | {"xl/worksheets/s.xml": p["xl/worksheets/s.xml"].replace("</c></row> ", '</c><c r="A2"/></row> ')}
    ),
    "a row there twice": lambda p: (
        p | {"xl/worksheets/s.xml": p["xl/worksheets/s.xml"].replace("</row> ", '</row><row r="2"/>')}
    ),
    "a part there twice, in another case": lambda p: p | {"xl/WORKBOOK.xml": p["xl/workbook.xml"]},
    "a cell that is nowhere": lambda p: (
        p | {"xl/worksheets/s.xml": p["xl/worksheets/s.xml"].replace('"A2"', '"2A"')}
    ),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
def test_a_workbook_whose_parts_do_not_fit_is_refused(
    tmp_path: Path, spoil: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    with refused(DAMAGED, SECRET):
        workbook.read(written(tmp_path, spoil(SOUND)), FORM)


def test_a_workbook_cut_short_anywhere_is_refused_and_never_read_in_part(tmp_path: Path) -> None:
    whole = written(tmp_path, SOUND).read_bytes()
    for length in range(0, len(whole), 97):
        (tmp_path / "ae.xlsx").write_bytes(whole[:length])
        with refused(DAMAGED, SECRET):
            workbook.read(tmp_path / "ae.xlsx", FORM)


def test_the_refusal_of_an_encrypted_workbook_or_one_of_before_2007_says_so(tmp_path: Path) -> None:
    (tmp_path / "ae.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    with refused("ae.xlsx: is encrypted, or of before 2007; save it as .xlsx without a password"):
        workbook.read(tmp_path / "ae.xlsx", FORM)


def test_parts_under_a_password_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, SOUND)
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(signature, at + 4)
    path.write_bytes(content)
    with refused(DAMAGED):
        workbook.read(path, FORM)


def test_a_text_file_and_an_empty_one_under_the_name_are_refused(tmp_path: Path) -> None:
    for content in ("", f"SUBJECT,VALUE,DAY\n{SECRET},1,\n"):
        (tmp_path / "ae.xlsx").write_text(content)
        with refused(DAMAGED, SECRET):
            workbook.read(tmp_path / "ae.xlsx", FORM)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with refused("ae.xlsx: cannot be read (No such file or directory); check that the file may be opened"):
        workbook.read(tmp_path / "ae.xlsx", FORM)


@pytest.mark.parametrize(
    "part", ["xl/worksheets/s.xml", "xl/sharedStrings.xml", "xl/styles.xml", "_rels/.rels"]
)
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, part: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in SOUND.items():
            with archive.open(name, "w", force_zip64=True) as out:
                out.write(text.encode())
                for _ in range(90 if name == part else 0):
                    out.write(b" " * 1_000_000)
    (tmp_path / "ae.xlsx").write_bytes(packed.getvalue())
    started = time.process_time()
    with refused(
        "ae.xlsx: unpacks to far more than a form can hold; export the form again, as CSV if it is that large"
    ):
        workbook.read(tmp_path / "ae.xlsx", FORM)
    assert time.process_time() - started < 1


def test_an_entity_bomb_is_refused_within_a_second(tmp_path: Path) -> None:
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    spoilt = {
        k: (
            v.replace("<worksheet", f'<!DOCTYPE worksheet [<!ENTITY l0 "x">{bomb}]><worksheet').replace(
                "01", "&l11;"
            )
        )
        for k, v in SOUND.items()
    }
    started = time.process_time()
    with pytest.raises(DropError):
        workbook.read(written(tmp_path, spoilt), FORM)
    assert time.process_time() - started < 1
