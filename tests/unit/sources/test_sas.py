"""A SAS file reads as the form would have shown it, or is refused with its name and what to do, and without
what it holds.

The files are written here (`tests/support/sas_files.py`). Files that SAS itself wrote are read where
SAS7BDAT_SAMPLES names the folder test_data/basic of the sources of pyreadstat.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Literal

import pandas as pd
import pyreadstat
import pytest

from pipeline.errors import DropError
from pipeline.formats.xpt.layout import Column
from pipeline.formats.xpt.write import write
from pipeline.sources import sas
from pipeline.study.models import Form
from tests.support.forms import DATE, SLASHED, a_form, cells, refused
from tests.support.sas_files import Rows, Variable, sas7bdat, xpt

FORM = a_form("SUBJECT", VALUE="number", DAY=DATE, CLOCK="time", MADE="stamp")
SECRET = "Wang Xiulan"
MOMENT = datetime(2016, 8, 2, 9, 5)  # noqa: DTZ001
ROW = {"SUBJECT": SECRET, "VALUE": 6.1, "DAY": date(2016, 8, 2), "CLOCK": time(9, 5), "MADE": MOMENT}
SHOWN = [SECRET, "6.1", "02 AUG 2016", "09:05", "2016-08-02 09:05"]


def written(folder: Path, *rows: dict[str, object], version: Literal[5, 8] = 8) -> Path:
    table = pd.DataFrame({c: pd.Series([r.get(c) for r in rows], dtype=object) for c in FORM.fields})
    pyreadstat.write_xport(table, folder / "ae.xpt", table_name="AE", file_format_version=version)
    return folder / "ae.xpt"


@pytest.mark.parametrize("version", [5, 8])
def test_texts_numbers_days_times_and_moments_read_in_the_contract_s_formats(
    tmp_path: Path, version: Literal[5, 8]
) -> None:
    missing: dict[str, object] = {"SUBJECT": ""}
    frame = sas.read_xpt(written(tmp_path, ROW, missing, ROW, version=version), FORM)
    assert {str(t) for t in frame.dtypes} == {"str"}
    assert cells(frame) == [SHOWN, [None] * 5, SHOWN]


def test_a_file_of_this_project_s_own_writer_is_read(tmp_path: Path) -> None:
    columns = [
        Column("SUBJECT", "Subject", 20, True),
        Column("VALUE", "Value", 8, False),
        Column("DAY", "Day", 8, False, "DATE9."),
    ]
    frame = pd.DataFrame(
        {
            "SUBJECT": pd.Series([SECRET, None], dtype="str"),
            "VALUE": [6.1, 1e-5],
            "DAY": pd.Series(["2016-08-02", None], dtype="datetime64[s]"),
        }
    )
    write(tmp_path / "ae.xpt", "AE", "Adverse Events", columns, [frame], MOMENT)
    form = a_form("SUBJECT", VALUE="number", DAY=SLASHED)
    assert cells(sas.read_xpt(tmp_path / "ae.xpt", form)) == [
        [SECRET, "6.1", "2016/8/2"],
        [None, "0.00001", None],
    ]


def test_upper_and_lower_case_of_a_name_mean_the_same_and_a_short_name_is_declared(tmp_path: Path) -> None:
    table = pd.DataFrame({"subject": ["01"], "Earlier": ["02"]})
    pyreadstat.write_xport(table, tmp_path / "ae.xpt", table_name="AE", file_format_version=5)
    form = a_form("SUBJECT", "EARLIER_SUBJECT", file={"columns": {"EARLIER_SUBJECT": "EARLIER"}})
    assert cells(sas.read_xpt(tmp_path / "ae.xpt", form)) == [["01", "02"]]


@pytest.mark.parametrize(("encoding", "declared"), [("utf-8", "UTF-8"), ("gb18030", "GB18030")])
def test_text_is_read_in_the_encoding_that_the_contract_declares(
    tmp_path: Path, encoding: str, declared: str
) -> None:
    name = "王秀兰"
    pyreadstat.write_xport(
        pd.DataFrame({"SUBJECT": ["#" * 9]}), tmp_path / "ae.xpt", table_name="AE", file_format_version=5
    )
    content = (tmp_path / "ae.xpt").read_bytes().replace(b"#" * 9, name.encode(encoding).ljust(9))
    (tmp_path / "ae.xpt").write_bytes(content)
    assert cells(sas.read_xpt(tmp_path / "ae.xpt", a_form("SUBJECT", file={"encoding": declared}))) == [
        [name]
    ]


def test_text_in_another_encoding_than_declared_is_refused(tmp_path: Path) -> None:
    rows: Rows = [["x"], ["王秀兰".encode("gb18030")]]
    (tmp_path / "ae.xpt").write_bytes(xpt([Variable("SUBJECT", 12, text=True)], rows))
    with refused(
        "ae.xpt, record 2: column SUBJECT holds text that is not in UTF-8; declare its encoding in specs/raw,"
        " or export it in UTF-8"
    ):
        sas.read_xpt(tmp_path / "ae.xpt", a_form("SUBJECT"))


def test_a_text_cut_within_a_character_is_refused_and_never_shortened(tmp_path: Path) -> None:
    (tmp_path / "ae.xpt").write_bytes(xpt([Variable("SUBJECT", 8, text=True)], [["王秀兰"]]))
    with refused(
        "ae.xpt, record 1: column SUBJECT holds text that is not in UTF-8; declare its encoding in specs/raw,"
        " or export it in UTF-8"
    ):
        sas.read_xpt(tmp_path / "ae.xpt", a_form("SUBJECT"))


def test_a_special_missing_value_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, ROW, {"SUBJECT": "01"})
    content = path.read_bytes()
    assert content.count(b"\x2e" + bytes(7)) >= 4
    path.write_bytes(content.replace(b"\x2e" + bytes(7), b"\x41" + bytes(7)))
    assert cells(sas.read_xpt(path, FORM))[1] == ["01", None, None, None, None]


NO_FILE = "ae.xpt: no SAS transport file; it is empty or of another kind: export it again"
REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an empty file": (lambda _: b"", NO_FILE),
    "a CSV file under the name": (lambda _: f"SUBJECT,VALUE\n{SECRET},1\n".encode(), NO_FILE),
    "another 80 bytes": (lambda _: b"x" * 80, NO_FILE),
    "a file of PROC CPORT": (
        lambda _: b"**COMPRESSED** " * 10,
        "ae.xpt: a file of PROC CPORT, which SAS alone can read; export it again with the XPORT engine",
    ),
    "a cut record": (
        lambda b: b[:-1],
        "ae.xpt: ends within a record of 80 bytes; it is cut short: export it again",
    ),
    "a cut last record": (
        lambda b: b[:-80],
        "ae.xpt: holds 1 of the 3 records that it announces; it is cut short: export it again",
    ),
    "two datasets": (
        lambda b: b + b[240:],
        "ae.xpt: holds 2 datasets, expected one; export one file per dataset",
    ),
    "a library without a dataset": (
        lambda b: b[:240],
        "ae.xpt: holds 0 datasets, expected one; export one file per dataset",
    ),
    "a cut head": (
        lambda b: b[:800],
        "ae.xpt: ends within its head; it is cut short: export it again",
    ),
    "more behind the last record": (
        lambda b: b + b"x".ljust(80),
        "ae.xpt: holds more behind the 3 records that it announces; it is damaged: export it again",
    ),
    "a head whose marks are gone": (
        lambda b: b.replace(b"NAMSTV8", b"NAMEST9"),
        "ae.xpt: the head does not describe its variables as TS-140 says; it is damaged: export it again",
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_whole_transport_file_of_one_dataset_is_refused(
    tmp_path: Path, spoil: Callable[[bytes], bytes], expected: str
) -> None:
    path = written(tmp_path, ROW, ROW, ROW)
    path.write_bytes(spoil(path.read_bytes()))
    with refused(expected, SECRET):
        sas.read_xpt(path, FORM)


def test_a_wrong_column_and_a_value_of_no_text_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, ROW)
    with refused(
        "ae.xpt: column MADE is not in the contract; add it to specs/raw so that it is not lost in silence"
    ):
        sas.read_xpt(path, a_form("SUBJECT", VALUE="number", DAY=DATE, CLOCK="time"))
    with refused(
        "ae.xpt, record 1: column DAY holds a date where the contract says text; export the column as text"
    ):
        sas.read_xpt(path, a_form("SUBJECT", "DAY", VALUE="number", CLOCK="time", MADE="stamp"))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name, read in (("ae.xpt", sas.read_xpt), ("ae.sas7bdat", sas.read_sas7bdat)):
        with refused(
            f"{name}: cannot be read (No such file or directory); check that the file may be opened"
        ):
            read(tmp_path / name, FORM)


# --- transport files as others write them
VALUES = [Variable("SUBJECT", 4, text=True), Variable("VALUE")]
VALUES_FORM = a_form("SUBJECT", VALUE="number")


def of_others(folder: Path, content: bytes, form: Form = VALUES_FORM) -> list[list[str | None]]:
    (folder / "ae.xpt").write_bytes(content)
    return cells(sas.read_xpt(folder / "ae.xpt", form))


@pytest.mark.parametrize("announced", [None, "0" * 30, f"{2:15}"])
def test_a_count_of_zeros_in_version_8_says_nothing_of_the_records_behind_it(
    tmp_path: Path, announced: str | None
) -> None:
    content = xpt(VALUES, [["T-01", 1.0], ["T-02", None]], version=8, announced=announced)
    assert of_others(tmp_path, content) == [["T-01", "1"], ["T-02", None]]


@pytest.mark.parametrize("version", [5, 8])
@pytest.mark.parametrize("announced", ["0" * 30, f"{0:15}"])
def test_a_file_without_records_is_a_form_without_records(
    tmp_path: Path, version: int, announced: str
) -> None:
    assert of_others(tmp_path, xpt(VALUES, [], version, announced)) == []


def test_records_behind_a_count_of_none_are_refused(tmp_path: Path) -> None:
    content = xpt(VALUES, [["T-01", 1.0]], version=8, announced=f"{0:15}")
    with refused(
        "ae.xpt: holds more behind the 0 records that it announces; it is damaged: export it again", "T-01"
    ):
        of_others(tmp_path, content)


def test_a_version_5_file_cut_within_a_record_is_refused(tmp_path: Path) -> None:
    wide = [Variable("SUBJECT", 100, text=True), Variable("VALUE")]
    content = xpt(wide, [["T-01", 1.0], ["T-02", 2.0]])
    with refused("ae.xpt: ends within a row; it is cut short: export it again", "T-02"):
        of_others(tmp_path, content[:-80])


@pytest.mark.parametrize(("rows", "width"), [(1, 40), (3, 80), (2, 30), (5, 3), (3, 200)])
def test_blank_records_that_cannot_be_filling_are_kept(tmp_path: Path, rows: int, width: int) -> None:
    blank: list[str | None] = [None]
    filled: list[list[str | None]] = [["x"], *[blank] * (rows - 1), ["y"]]
    content = xpt([Variable("SUBJECT", width, text=True)], filled)
    assert of_others(tmp_path, content, a_form("SUBJECT")) == filled


def test_a_blank_record_at_the_end_of_version_8_is_kept_for_the_head_counts_it(tmp_path: Path) -> None:
    content = xpt([Variable("SUBJECT", 10, text=True)], [["x"], [None]], version=8)
    assert of_others(tmp_path, content, a_form("SUBJECT")) == [["x"], [None]]


def test_version_8_has_long_names_and_long_labels(tmp_path: Path) -> None:
    label = "A label of more than forty bytes, which version 5 would have cut"
    long = [Variable("SUBJECT_OF_THE_STUDY_32_CHARACTE", 4, text=True, label=label), Variable("VALUE")]
    content = xpt(long, [["T-01", 1.0]], version=8)
    form = a_form("SUBJECT_OF_THE_STUDY_32_CHARACTE", VALUE="number")
    assert of_others(tmp_path, content, form) == [["T-01", "1"]]


def test_numbers_of_fewer_bytes_are_read(tmp_path: Path) -> None:
    short = [Variable("SUBJECT", 4, text=True), Variable("VALUE", 3)]
    content = xpt(short, [["T-01", 1.5], ["T-02", b"A"], ["T-03", -118.625]])
    assert of_others(tmp_path, content) == [["T-01", "1.5"], ["T-02", None], ["T-03", "-118.625"]]


@pytest.mark.parametrize("mark", [b".", b"_", b"A", b"Z"])
@pytest.mark.parametrize("format_", ["", "DATE9", "TIME8", "YNF"])
def test_every_special_missing_value_is_missing_under_every_format(
    tmp_path: Path, mark: bytes, format_: str
) -> None:
    content = xpt([Variable("SUBJECT", 4, text=True), Variable("VALUE", format=format_)], [["T-01", mark]])
    assert of_others(tmp_path, content) == [["T-01", None]]


def test_texts_filled_with_zero_bytes_are_read_and_a_zero_byte_within_a_text_is_refused(
    tmp_path: Path,
) -> None:
    assert of_others(tmp_path, xpt(VALUES, [[b"T1\0\0", 1.0]])) == [["T1", "1"]]
    with refused(
        "ae.xpt, record 1: column SUBJECT holds a byte of zeros within a text; correct it, and export it"
        " again"
    ):
        of_others(tmp_path, xpt(VALUES, [[b"T\x0001", 1.0]]))


# --- values under formats, in both kinds of files
Writer = Callable[[Sequence[Variable], Rows], bytes]
KINDS: dict[str, tuple[Writer, Callable[[Path, Form], pd.DataFrame]]] = {
    "xpt": (xpt, sas.read_xpt),
    "sas7bdat": (sas7bdat, sas.read_sas7bdat),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def typed(kind: str, folder: Path, rows: Rows, form: Form, *variables: Variable) -> list[list[str | None]]:
    write, read = KINDS[kind]
    (folder / f"ae.{kind}").write_bytes(write(variables, rows))
    return cells(read(folder / f"ae.{kind}", form))


SHOWN_AS: dict[str, tuple[str, float, str | dict[str, object], str]] = {
    "DATE9. in a date": ("DATE9", 20668, DATE, "02 AUG 2016"),
    "YYMMDD10. in a date of the laboratory": ("YYMMDD10", 20668, SLASHED, "2016/8/2"),
    "DDMMYYB10. in a date": ("DDMMYYB10", 20668, DATE, "02 AUG 2016"),
    "JULIAN7. in a date": ("JULIAN7", 20668, DATE, "02 AUG 2016"),
    "WEEKDATE29. in a date": ("WEEKDATE29", 20668, DATE, "02 AUG 2016"),
    "DTDATE9. of midnight in a date": ("DTDATE9", 1785715200, DATE, "02 AUG 2016"),
    "E8601DN10. of midnight in a moment, of which no hour is made up": (
        "E8601DN10",
        1785715200,
        "stamp",
        "2016-08-02",
    ),
    "DATETIME20. in a moment": ("DATETIME20", 1785748500, "stamp", "2016-08-02 09:15"),
    "DATETIME20. of midnight in a date": ("DATETIME20", 1785715200, DATE, "02 AUG 2016"),
    "TIME8. in a time": ("TIME8", 33300, "time", "09:15"),
    "HHMM5. in a time": ("HHMM5", 33300, "time", "09:15"),
    "TIME8. with seconds, which the contract then refuses": ("TIME8", 33307, "time", "09:15:07"),
    "a format of the user's own in a number": ("AGEGRP", 2, "number", "2"),
    "no format in a whole number": ("", 2016, "integer", "2016"),
}


@pytest.mark.parametrize(("format_", "number", "field", "text"), SHOWN_AS.values(), ids=SHOWN_AS.keys())
def test_a_number_under_a_format_reads_as_what_it_counts_to(
    tmp_path: Path, kind: str, format_: str, number: float, field: str | dict[str, object], text: str
) -> None:
    read = typed(kind, tmp_path, [[number], [None]], a_form(V=field), Variable("V", format=format_))
    assert read == [[text], [None]]


ASKED = "give the column the format"
NOT_SHOWN: dict[str, tuple[str, float, str | dict[str, object], str]] = {
    "MONYY7.": (
        "MONYY7",
        20668,
        DATE,
        ": column V has the format MONYY7, which shows a part of a day; export it as text",
    ),
    "YEAR4. in a number, of which nobody knows whether it is a year": (
        "YEAR4",
        2016,
        "number",
        ": column V has the format YEAR4, which shows a part of a day; export it as text",
    ),
    "DATE5.": (
        "DATE5",
        20668,
        DATE,
        ": column V has the format DATE5, which shows a part of a day; export it as text",
    ),
    "E8601DZ.": (
        "E8601DZ",
        1785748500,
        "stamp",
        ": column V has the format E8601DZ, which shows the clock of another time zone; export it as text, as"
        " the clock on site showed it",
    ),
    "a duration": (
        "TIME8",
        91800,
        "time",
        ", record 2: column V holds a time that is not from 00:00 to 23:59, which is no time of day; export"
        " it as text",
    ),
    "24:00": (
        "HHMM5",
        86400,
        "time",
        ", record 2: column V holds a time that is not from 00:00 to 23:59, which is no time of day; export"
        " it as text",
    ),
    "half a day": (
        "DATE9",
        20668.5,
        DATE,
        ", record 2: column V holds a part of a day beside the day; export the day alone, or export it as"
        " text",
    ),
    "31DEC9999": (
        "DATE9",
        2936547,
        DATE,
        ", record 2: column V holds a day that is not within 1582 to 3999; type the date that was collected",
    ),
    "a day under no format": (
        "",
        20668,
        DATE,
        f": column V holds numbers under no format, where the contract says date; if they count days, {ASKED}"
        " DATE9. in SAS, else export it as text",
    ),
    "a moment under a format of numbers": (
        "BEST12",
        1785748500,
        "stamp",
        ": column V holds numbers under the format BEST12, where the contract says stamp; if they count"
        f" moments, {ASKED} DATETIME20. in SAS, else export it as text",
    ),
    "a day in a number": (
        "DATE9",
        20668,
        "number",
        ", record 2: column V holds a date where the contract says number; export the column as text",
    ),
    "an hour in a date": (
        "DTDATE9",
        1785748500,
        DATE,
        ", record 2: column V holds a date with a time where the contract says date; export what the form"
        " asks for",
    ),
}


@pytest.mark.parametrize(("format_", "number", "field", "why"), NOT_SHOWN.values(), ids=NOT_SHOWN.keys())
def test_a_number_that_no_text_of_the_field_stands_for_is_refused(
    tmp_path: Path, kind: str, format_: str, number: float, field: str | dict[str, object], why: str
) -> None:
    variable = Variable("V", format=format_)
    with refused(f"ae.{kind}{why}", str(number)):
        typed(kind, tmp_path, [[None], [number]], a_form(V=field), variable)


@pytest.mark.parametrize("format_", ["MONYY7", "E8601DZ", ""])
def test_a_column_without_a_value_is_read_whatever_its_format(
    tmp_path: Path, kind: str, format_: str
) -> None:
    variable = Variable("V", format=format_)
    assert typed(kind, tmp_path, [[None], [b"A"]], a_form(V=DATE), variable) == [[None], [None]]


# --- datasets
DATASET = [
    Variable("SUBJECT", 12, text=True),
    Variable("VALUE"),
    Variable("DAY", format="DATE9"),
    Variable("CLOCK", format="TIME8"),
    Variable("MADE", format="DATETIME20"),
]


def test_the_values_of_a_dataset_read_in_the_contract_s_formats(tmp_path: Path) -> None:
    rows: Rows = [[SECRET, 6.1, 20668, 32700, 1785747900], ["", b"A", b"Z", None, b"_"]]
    assert typed("sas7bdat", tmp_path, rows, FORM, *DATASET) == [SHOWN, [None] * 5]


def test_no_damaged_byte_ends_in_anything_but_a_frame_or_a_refusal(
    tmp_path: Path, kind: str, seed: int, prove: bool
) -> None:
    drawn = random.Random(seed)
    write, read = KINDS[kind]
    whole = write(DATASET, [[SECRET, 6.1, 20668, 32700, 1785747900]] * 2)
    told = [place for place, byte in enumerate(whole) if byte]  # most of a dataset is zeros
    for _ in range(2000 if prove else 100):
        content = bytearray(whole)
        for _ in range(drawn.randint(1, 4)):
            content[drawn.choice(told)] = drawn.randrange(256)
        (tmp_path / f"ae.{kind}").write_bytes(content)
        try:
            read(tmp_path / f"ae.{kind}", FORM)
        except DropError as e:
            assert SECRET not in str(e)


ENCODINGS: dict[str, tuple[int, str, str]] = {
    "UTF-8": (20, "utf-8", "王秀兰"),
    "Latin-1": (29, "latin-1", "Müller"),
    "Windows 1252": (62, "cp1252", "Müller – Groß"),
    "Windows 1251": (61, "cp1251", "Иванов"),
    "GBK": (126, "gbk", "王秀兰"),
    "EUC-CN": (125, "gb2312", "王秀兰"),
    "Big5": (123, "big5", "王秀蘭"),
    "Shift JIS": (138, "cp932", "山田"),
    "EUC-KR": (140, "euc_kr", "김철수"),
    "ISO-2022-JP, whose bytes are those of ASCII": (167, "iso2022_jp", "山田"),
    "Mac Greek, which pyreadstat does not read": (72, "mac_greek", "Νίκος"),
    "Mac Arabic, which pyreadstat does not read": (70, "mac_arabic", "علي"),
}


@pytest.mark.parametrize(("code", "codec", "name"), ENCODINGS.values(), ids=ENCODINGS.keys())
def test_texts_are_read_in_the_encoding_that_the_dataset_states(
    tmp_path: Path, code: int, codec: str, name: str
) -> None:
    content = sas7bdat([Variable("SUBJECT", 24, text=True)], [[name]], code, codec)
    (tmp_path / "ae.sas7bdat").write_bytes(content)
    assert cells(sas.read_sas7bdat(tmp_path / "ae.sas7bdat", a_form("SUBJECT"))) == [[name]]


@pytest.mark.parametrize("code", [0, 204])
def test_where_the_dataset_states_no_encoding_the_contract_does_and_none_is_guessed(
    tmp_path: Path, code: int
) -> None:
    content = sas7bdat([Variable("SUBJECT", 24, text=True)], [["x"], ["王秀兰"]], code, "gb18030")
    (tmp_path / "ae.sas7bdat").write_bytes(content)
    declared = a_form("SUBJECT", file={"encoding": "GB18030"})
    assert cells(sas.read_sas7bdat(tmp_path / "ae.sas7bdat", declared)) == [["x"], ["王秀兰"]]
    with refused(
        "ae.sas7bdat, record 2: column SUBJECT holds text that is not in UTF-8; declare its encoding in"
        " specs/raw, or export it in UTF-8"
    ):
        sas.read_sas7bdat(tmp_path / "ae.sas7bdat", a_form("SUBJECT"))


UNREADABLE: dict[str, tuple[int, bytes, str]] = {
    "a text cut within a character": (
        20,
        "王秀".encode()[:5],
        ", record 1: column SUBJECT holds text that is not in UTF-8, as the file says it is; a text may be"
        " cut within a character: export it in UTF-8",
    ),
    "an encoding of which ASCII alone is read": (
        137,
        "山田".encode("cp932"),
        ", record 1: column SUBJECT holds text in code page 942, of which the characters of ASCII alone are"
        " read; export it in UTF-8",
    ),
    "an encoding that nobody knows": (
        199,
        b"x",
        ": its texts are in an encoding that is not read (number 199 of SAS); export it in UTF-8",
    ),
}


@pytest.mark.parametrize(("code", "text", "why"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_text_that_cannot_be_read_is_refused_with_its_encoding(
    tmp_path: Path, code: int, text: bytes, why: str
) -> None:
    content = sas7bdat([Variable("SUBJECT", 5, text=True)], [[text]], code)
    (tmp_path / "ae.sas7bdat").write_bytes(content)
    with refused(f"ae.sas7bdat{why}"):
        sas.read_sas7bdat(tmp_path / "ae.sas7bdat", a_form("SUBJECT"))


def test_a_text_of_ascii_is_read_in_an_encoding_of_which_nothing_else_is(tmp_path: Path) -> None:
    content = sas7bdat([Variable("SUBJECT", 5, text=True)], [["x"]], encoding_code=137)
    (tmp_path / "ae.sas7bdat").write_bytes(content)
    assert cells(sas.read_sas7bdat(tmp_path / "ae.sas7bdat", a_form("SUBJECT"))) == [["x"]]


WHOLE = sas7bdat([Variable("SUBJECT", 12, text=True)], [[SECRET]])
NO_DATASET = "no SAS dataset; it is empty or of another kind: export it again"
NOT_WHOLE: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", NO_DATASET),
    "a text": (SECRET.encode(), NO_DATASET),
    "zeros": (bytes(5000), NO_DATASET),
    "a catalog of formats": (
        WHOLE[:15] + b"\x63" + WHOLE[16:],
        "a catalog of formats and no dataset; export the dataset itself",
    ),
    "a dataset cut short": (
        WHOLE[:-1],
        "holds 132095 of the 132096 bytes that it announces; it is cut short or damaged: export it again",
    ),
    "a dataset whose pages are overwritten, as an encrypted one's": (
        WHOLE[:1024] + b"\x55" * (len(WHOLE) - 1024),
        "has the size that it announces and cannot be read; it is encrypted, or damaged: export it again"
        " without encryption, or as a transport file",
    ),
    "a dataset without a variable": (
        sas7bdat([], []),
        "holds no variable, or is damaged; export it again",
    ),
}


@pytest.mark.parametrize(("content", "why"), NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_what_is_no_whole_dataset_is_refused_with_what_is_so(
    tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "ae.sas7bdat").write_bytes(content)
    with refused(f"ae.sas7bdat: {why}", SECRET):
        sas.read_sas7bdat(tmp_path / "ae.sas7bdat", a_form("SUBJECT"))


@pytest.fixture
def samples() -> Path:
    folder = os.environ.get("SAS7BDAT_SAMPLES")
    if not folder:
        pytest.skip(
            "no package ships a dataset that SAS wrote; SAS7BDAT_SAMPLES may name test_data/basic of the"
            " sources of pyreadstat"
        )
    return Path(folder)


@pytest.mark.parametrize("name", ["sample", "sample_bincompressed"])
def test_a_dataset_that_sas_wrote_is_read(samples: Path, name: str) -> None:
    form = a_form(
        "MYCHAR", MYNUM="number", MYDATE=DATE, DTIME="stamp", MYLABL="number", MYORD="integer", MYTIME="time"
    )
    assert cells(sas.read_sas7bdat(samples / f"{name}.sas7bdat", form))[:2] == [
        ["a", "1.1", "06 MAY 2018", "2018-05-06 10:10:10", "1", "1", "10:10:10"],
        ["b", "1.2", "06 MAY 1880", "1880-05-06 10:10:10", "2", "2", "23:10:10"],
    ]


def test_a_dataset_cut_short_is_refused(samples: Path, tmp_path: Path) -> None:
    whole = (samples / "sample.sas7bdat").read_bytes()
    form = a_form(
        "MYCHAR", MYNUM="number", MYDATE=DATE, DTIME="stamp", MYLABL="number", MYORD="integer", MYTIME="time"
    )
    for length in range(0, len(whole), 8191):
        (tmp_path / "ae.sas7bdat").write_bytes(whole[:length])
        with pytest.raises(DropError):
            sas.read_sas7bdat(tmp_path / "ae.sas7bdat", form)
