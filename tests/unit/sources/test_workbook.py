"""A workbook reads as what was typed, or is refused with its name, the row, the column and what to do, and
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
}
STYLES = (0, 14, 164, 165, 166, 20, 167, 168, 31)  # the number format of each cell style


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


NO_DAY = "holds a day that no calendar has; type the date that was collected"
MERGED = '<mergeCells count="1"><mergeCell ref="A{0}:B{0}"/></mergeCells>'
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "merged header cells": (
        parts("", MERGED.format(1)),
        "ae.xlsx: cells A1:B1 are merged; undo it and give each its value, also in the header",
    ),
    "merged cells of records": (
        parts("", MERGED.format(2)),
        "ae.xlsx: cells A2:B2 are merged; undo it and give each its value, also in the header",
    ),
    "a formula without its result": (
        parts('<row r="2"><c r="B2"><f>3+4</f></c></row>'),
        (
            "ae.xlsx, row 2: column B holds a formula without its result; save the workbook from the"
            " spreadsheet, or its values"
        ),
    ),
    "an error": (
        parts('<row r="2"><c r="B2" t="e"><v>#N/A</v></c></row>'),
        "ae.xlsx, row 2: column B holds an error instead of a value; type what was collected",
    ),
    "29 February 1900": (parts(day("60", 1)), f"ae.xlsx, row 2: column C {NO_DAY}"),
    "a day before the first": (parts(day("-1", 1)), f"ae.xlsx, row 2: column C {NO_DAY}"),
    "a day after the last": (parts(day("2958466", 1)), f"ae.xlsx, row 2: column C {NO_DAY}"),
    "a date under a number": (
        parts('<row r="2"><c r="B2" s="1"><v>42594</v></c></row>'),
        "ae.xlsx, row 2: column VALUE holds a date where the contract says number; export the column as text",
    ),
    "a time behind a date": (
        parts(day("42594.5", 1)),
        (
            "ae.xlsx, row 2: column DAY holds a date with a time where the contract says date; export what"
            " the form asks for"
        ),
    ),
    "a value under no header": (
        parts('<row r="7"><c r="AB7" t="s"><v>4</v></c></row>'),
        "ae.xlsx, row 7: column AB holds a value under no header; name the column, or clear it",
    ),
    "an empty first row": (
        {k: v.replace(HEADER, HEADER.replace("1", "2")) for k, v in parts("").items()},
        "ae.xlsx: row 1 of the sheet is empty; export the form with its header in row 1",
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
def test_what_cannot_be_read_as_typed_is_refused_by_row_and_column(
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
