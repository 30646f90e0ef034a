"""A delimited file is read exactly as it was collected, or refused with its name, its line and what to do,
and without what it holds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import DropError
from pipeline.sources import delimited
from tests.support.forms import a_form, cells, refused

FORM = a_form("SUBJECT", "RECORD", "TERM")
HEADER = "SUBJECT,RECORD,TERM\n"
SECRET = "Wang Xiulan"


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "ae.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


READ: dict[str, tuple[str | bytes, list[list[str | None]]]] = {
    "a header alone is a form without records": (HEADER, []),
    "text stays text, with its leading zeros and blanks": (f"{HEADER}01,1, 007 \n", [["01", "1", " 007 "]]),
    "an empty cell is missing": (f"{HEADER}01,,\n", [["01", None, None]]),
    "an empty cell in quotation marks is missing": (f'{HEADER}01,"",x\n', [["01", None, "x"]]),
    "NA and null are texts": (f"{HEADER}NA,null,NaN\n", [["NA", "null", "NaN"]]),
    "columns come in the order of the contract": ("TERM,SUBJECT,RECORD\nx,01,1\n", [["01", "1", "x"]]),
    "a quoted cell may hold commas, quotation marks and line breaks": (
        f'{HEADER}01,1,"a, ""b""\nc"\n',
        [["01", "1", 'a, "b"\nc']],
    ),
    "lines may end as on Windows": (b"SUBJECT,RECORD,TERM\r\n01,1,x\r\n", [["01", "1", "x"]]),
    "an empty line is a record of nobody, which the next stage refuses": (
        f"{HEADER}\n01,1,x\n",
        [[None, None, None], ["01", "1", "x"]],
    ),
    "texts in another script are kept": (f"{HEADER}01,1,王秀兰\n", [["01", "1", "王秀兰"]]),
}


@pytest.mark.parametrize(("content", "expected"), READ.values(), ids=READ.keys())
def test_a_sound_file_is_read_as_collected(
    tmp_path: Path, content: str | bytes, expected: list[list[str | None]]
) -> None:
    frame = delimited.read(written(tmp_path, content), FORM)
    assert list(frame) == list(FORM.fields)
    assert {str(t) for t in frame.dtypes} == {"str"}
    assert cells(frame) == expected


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "an empty file": ("", "ae.csv: the file is empty; it needs at least its header line"),
    "an empty line for a header": (
        "\n",
        "ae.csv, line 1: names no column of the contract; export the form with its header line",
    ),
    "data for a header": (
        f"01,1,{SECRET}\n",
        "ae.csv, line 1: names no column of the contract; export the form with its header line",
    ),
    "a header that is cut": (
        "SUBJECT,REC",
        "ae.csv: the last line is not ended, so the file may be cut; export it again",
    ),
    "lines that end with a carriage return alone": (
        f"SUBJECT,RECORD,TERM\r01,1,{SECRET}\r",
        "ae.csv: its lines end with a carriage return alone; export with those of Windows or Unix",
    ),
    "a long cell above a record that is cut": (
        f"{HEADER}01,1,{'x' * 200_000}\n02,{SECRET}\n",
        "ae.csv, line 3: 2 cells where the header has 3; export the file again",
    ),
    "a record that is longer than any form's": (
        f"{HEADER}01,1,x\n02,1,{SECRET}{'x' * 3_000_000}\n",
        "ae.csv, line 3: a record of more than 1,000,000 characters; query what is in it",
    ),
    "a last line that is cut": (
        f"{HEADER}01,1,{SECRET}",
        "ae.csv: the last line is not ended, so the file may be cut; export it again",
    ),
    "a header with an open quotation mark": (
        'SUBJECT,RECORD,"TERM\n',
        "ae.csv, line 1: not a header line in UTF-8; export the form again as UTF-8 CSV",
    ),
    "a header in another encoding": (
        "SUBJECT,RECORD,TÉRM\n".encode("latin-1"),
        "ae.csv, line 1: not a header line in UTF-8; export the form again as UTF-8 CSV",
    ),
    "a byte-order mark": (
        b"\xef\xbb\xbf" + HEADER.encode(),
        (
            "ae.csv: begins with a byte-order mark; export it as UTF-8 without one, or declare encoding:"
            " UTF-8 with BOM in specs/raw"
        ),
    ),
    "UTF-16": (
        HEADER.encode("utf-16"),
        "ae.csv: begins with a byte-order mark; export it as UTF-8 without one",
    ),
    "a text in GB 18030": (
        HEADER.encode() + "01,1,x\n02,1,王秀兰\n".encode("gb18030"),
        "ae.csv, line 3: not UTF-8; export the file as UTF-8",
    ),
    "a record with a cell too few": (
        f"{HEADER}01,1,x\n02,{SECRET}\n",
        "ae.csv, line 3: 2 cells where the header has 3; export the file again",
    ),
    "a record with a cell too many": (
        f"{HEADER}01,1,{SECRET},x\n",
        "ae.csv, line 2: 4 cells where the header has 3; export the file again",
    ),
    "the line behind a text with a line break": (
        f'{HEADER}01,1,"a\nb"\n02,{SECRET}\n',
        "ae.csv, line 4: 2 cells where the header has 3; export the file again",
    ),
    "a quotation mark that never closes": (
        f'{HEADER}01,1,x\n02,1,"{SECRET}\n03,1,x\n',
        "ae.csv, the record from line 3: not CSV (unexpected end of data); export the file again",
    ),
    "a quotation mark inside a text": (
        f'{HEADER}01,1,x\n02,1,{SECRET} 5"\n03,1,x\n',
        "ae.csv, line 3: a quotation mark without its partner; export the file again",
    ),
    "a missing column": (
        "SUBJECT,TERM\n",
        "ae.csv: column RECORD is missing; export it, or change specs/raw",
    ),
    "an extra column": (
        "SUBJECT,RECORD,TERM,MOOD\n",
        "ae.csv: column MOOD is not in the contract; add it to specs/raw so that it is not lost in silence",
    ),
    "a misspelt column": (
        "SUBJECT,RECORD,TREM\n",
        (
            "ae.csv: column TERM is missing; did you mean TREM?; export it, or change specs/raw\nae.csv:"
            " column TREM is not in the contract; did you mean TERM?; add it to specs/raw so that it is not"
            " lost in silence"
        ),
    ),
    "a header that ran into its first record": (
        f"SUBJECT,RECORD,TE01,1,{SECRET}\n",
        (
            "ae.csv: column TERM is missing; export it, or change specs/raw\nae.csv: what stands in the"
            " header at 3, 4, 5 may be a value and is not shown; export the form with its header line alone"
        ),
    ),
    "a column twice": ("SUBJECT,RECORD,TERM,TERM\n", "ae.csv: column TERM stands in the header twice"),
}


@pytest.mark.parametrize(("content", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_not_what_it_should_be_is_refused_without_what_it_holds(
    tmp_path: Path, content: str | bytes, expected: str
) -> None:
    with pytest.raises(DropError) as caught:
        delimited.read(written(tmp_path, content), FORM)
    assert str(caught.value) == expected


def test_a_file_that_may_not_be_opened_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, HEADER)
    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(
        DropError, match=r"^ae\.csv: cannot be read \(Permission denied\); check that the file may be opened$"
    ):
        delimited.read(path, FORM)


# --- what the contract declares
LINES = "SUBJECT{0}RECORD{0}TERM\n01{0}1{0}王秀兰, 5;\n"
DECLARED: dict[str, tuple[dict[str, object], bytes]] = {
    "bars": ({"delimiter": "|"}, LINES.format("|").encode()),
    "tabs": ({"delimiter": "\t"}, LINES.format("\t").encode()),
    "semicolons, the text quoted": ({"delimiter": ";"}, 'SUBJECT;RECORD;TERM\n01;1;"王秀兰, 5;"\n'.encode()),
    "GB18030": ({"delimiter": "|", "encoding": "GB18030"}, LINES.format("|").encode("gb18030")),
    "a byte-order mark": (
        {"delimiter": "|", "encoding": "UTF-8 with BOM"},
        LINES.format("|").encode("utf-8-sig"),
    ),
}


@pytest.mark.parametrize(("file", "content"), DECLARED.values(), ids=DECLARED.keys())
def test_a_file_is_read_in_the_delimiter_and_the_encoding_that_the_contract_declares(
    tmp_path: Path, file: dict[str, object], content: bytes
) -> None:
    form = a_form("SUBJECT", "RECORD", "TERM", file=file)
    assert cells(delimited.read(written(tmp_path, content), form)) == [["01", "1", "王秀兰, 5;"]]


def test_a_text_whose_bytes_in_gb18030_hold_the_delimiter_is_one_cell(tmp_path: Path) -> None:
    assert b"|" in "亅".encode("gb18030")
    form = a_form("SUBJECT", "TERM", file={"delimiter": "|", "encoding": "GB18030"})
    assert cells(delimited.read(written(tmp_path, "SUBJECT|TERM\n01|亅\n".encode("gb18030")), form)) == [
        ["01", "亅"]
    ]


def test_a_file_that_ends_in_tsv_has_tabs(tmp_path: Path) -> None:
    path = written(tmp_path, LINES.format("\t")).rename(tmp_path / "ae.tsv")
    assert cells(delimited.read(path, FORM)) == [["01", "1", "王秀兰, 5;"]]


def test_a_column_of_another_name_feeds_the_field_that_declares_it(tmp_path: Path) -> None:
    form = a_form("SUBJECT", "TERM", file={"columns": {"TERM": "ae verbatim"}})
    assert cells(delimited.read(written(tmp_path, "ae verbatim,SUBJECT\nFever,01\n"), form)) == [
        ["01", "Fever"]
    ]
    with refused(
        "ae.csv: column ae verbatim is missing; export it, or change specs/raw\n"
        "ae.csv: column TERM is not in the contract; add it to specs/raw so that it is not lost in silence"
    ):
        delimited.read(written(tmp_path, "TERM,SUBJECT\nFever,01\n"), form)


OTHERWISE: dict[str, tuple[dict[str, object], bytes, str]] = {
    "semicolons where a comma is declared": (
        {},
        LINES.format(";").encode(),
        (
            "ae.csv, line 1: a semicolon separates the columns, where a comma is declared; "
            "export the form with a comma, or declare the delimiter in specs/raw"
        ),
    ),
    "commas where a tab is declared": (
        {"delimiter": "\t"},
        HEADER.encode(),
        (
            "ae.csv, line 1: a comma separates the columns, where a tab is declared; "
            "export the form with a tab, or declare the delimiter in specs/raw"
        ),
    ),
    "no mark where one is declared": (
        {"encoding": "UTF-8 with BOM"},
        HEADER.encode(),
        (
            "ae.csv: begins without the byte-order mark that specs/raw declares; export it with one, or"
            " declare UTF-8"
        ),
    ),
    "UTF-8 with a mark where GB18030 is declared": (
        {"encoding": "GB18030"},
        HEADER.encode("utf-8-sig"),
        (
            "ae.csv: begins with a byte-order mark; export it as GB18030 without one, or declare encoding:"
            " UTF-8 with BOM in specs/raw"
        ),
    ),
    "GB18030 with a mark": (
        {"encoding": "GB18030"},
        f"\ufeff{HEADER}".encode("gb18030"),
        "ae.csv: begins with a byte-order mark; export it as GB18030 without one",
    ),
    "UTF-8 where GB18030 is declared": (
        {"encoding": "GB18030"},
        f"{HEADER}01,1,{SECRET} 3 µmol/L\n".encode(),
        (
            "ae.csv: its bytes are UTF-8, where specs/raw declares GB18030; export the form as GB18030, or"
            " declare encoding: UTF-8"
        ),
    ),
    "bytes that are not GB18030": (
        {"encoding": "GB18030"},
        f"{HEADER}01,1,x\n02,1,{SECRET} ".encode() + b"\xff\n",
        "ae.csv, line 3: not GB18030; export the file as GB18030",
    ),
    "UTF-8 behind a mark that holds GB18030": (
        {"encoding": "UTF-8 with BOM"},
        b"\xef\xbb\xbf" + HEADER.encode() + "01,1,王秀兰\n".encode("gb18030"),
        "ae.csv, line 2: not UTF-8; export the file as UTF-8",
    ),
}


@pytest.mark.parametrize(("file", "content", "expected"), OTHERWISE.values(), ids=OTHERWISE.keys())
def test_bytes_that_disagree_with_the_contract_are_refused(
    tmp_path: Path, file: dict[str, object], content: bytes, expected: str
) -> None:
    with refused(expected, SECRET):
        delimited.read(written(tmp_path, content), a_form("SUBJECT", "RECORD", "TERM", file=file))
