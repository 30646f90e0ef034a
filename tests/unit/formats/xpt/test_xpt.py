"""The bytes of transport files, seen by pyreadstat, by pandas, and by a reader of a few lines that loops and
counts in fractions.
"""

from __future__ import annotations

import decimal
import math
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.formats.xpt import blocks, decode, limits, read_back
from pipeline.formats.xpt import write as writer
from pipeline.formats.xpt.cells import Cells
from pipeline.formats.xpt.layout import Column
from pipeline.formats.xpt.numbers import to_doubles_from_ibm, to_ibm
from pipeline.formats.xpt.write import write
from tests.support import xpt_files
from tests.support.naive_xpt import naive_rows

CREATED = datetime(2019, 7, 1, 12, 34, 56, tzinfo=UTC)
SUBJECT = Column("USUBJID", "Unique Subject Identifier", 6, text=True)
AGE = Column("AGE", "Age", 8, text=False)
STARTED = Column("TRTSDT", "Date of First Exposure", 8, text=False, format="DATE9.")
SEEN = Column("ADTM", "Analysis Datetime", 8, text=False, format="DATETIME20.")
# Three variables of 22 bytes a row; their NAMESTRs take 420 bytes, so 480 with the padding, and the rows
# start at 640 + 480 + 80.
COLUMNS = [SUBJECT, AGE, STARTED]
FIRST_ROW = 1200


def text(*values: str | float) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def days(*values: str | None) -> pd.Series:
    return pd.Series(np.array([value or "NaT" for value in values], "datetime64[s]"))


def three_people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "USUBJID": text("died", "alive", "lost"),
            "AGE": [61.0, math.nan, 45.5],
            "TRTSDT": days("2016-07-01", "1959-12-31", None),
        }
    )


def numbers(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"AGE": np.array(values, np.float64)})


def written(folder: Path, columns: Sequence[Column], *frames: pd.DataFrame) -> bytes:
    path = folder / "dm.xpt"
    write(path, "DM", "Demographics", columns, frames, CREATED)
    return path.read_bytes()


def compared(folder: Path, columns: Sequence[Column], *frames: pd.DataFrame) -> list[str]:
    return xpt_files.compared(folder / "dm.xpt", "DM", "Demographics", columns, frames)


def refusal(folder: Path, columns: Sequence[Column], *frames: pd.DataFrame) -> str:
    with pytest.raises(PipelineError) as caught:
        written(folder, columns, *frames)
    assert list(folder.iterdir()) == []
    return str(caught.value)


# The header, by offset


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (0, b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000  "),
        (80, b"SAS     SAS     SASLIB  6.06    bsd4.2                          01JUL19:12:34:56"),
        (160, b"01JUL19:12:34:56                                                                "),
        (240, b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140  "),
        (320, b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000  "),
        (400, b"SAS     DM      SASDATA 6.06    bsd4.2                          01JUL19:12:34:56"),
        (480, b"01JUL19:12:34:56                Demographics                                    "),
        (560, b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000000300000000000000000000  "),
        (640, b"\0\2\0\0\0\6\0\1USUBJID Unique Subject Identifier               "),
        (696, b"        \0\0\0\0\0\0\0\0        \0\0\0\0\0\0\0\0"),
        (728, b"\0" * 52),
        (780, b"\0\1\0\0\0\10\0\2AGE     Age                                     "),
        (836, b"        \0\0\0\0\0\1\0\0        \0\0\0\0\0\0\0\6"),
        (920, b"\0\1\0\0\0\10\0\3TRTSDT  Date of First Exposure                  "),
        (976, b"DATE    \0\11\0\0\0\1\0\0        \0\0\0\0\0\0\0\16"),
        (1060, b" " * 60),
        (1120, b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000  "),
        (1200, b"died  \x42\x3d\0\0\0\0\0\0\x44\x50\x9c\0\0\0\0\0"),
        (1222, b"alive .\0\0\0\0\0\0\0\xc1\x10\0\0\0\0\0\0"),
        (1244, b"lost  \x42\x2d\x80\0\0\0\0\0.\0\0\0\0\0\0\0"),
        (1266, b" " * 14),
    ],
)
def test_each_part_of_a_file_stands_at_its_offset(tmp_path: Path, start: int, expected: bytes) -> None:
    data = written(tmp_path, COLUMNS, three_people())
    assert data[start : start + len(expected)] == expected
    assert len(data) == 1280


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("", b"        \0\0\0\0"),
        ("8.", b"        \0\10\0\0"),
        ("8.2", b"        \0\10\0\2"),
        ("BEST.", b"BEST    \0\0\0\0"),
        ("TIME8.", b"TIME    \0\10\0\0"),
        ("DATETIME20.", b"DATETIME\0\24\0\0"),
        ("E8601DA10.", b"E8601DA \0\12\0\0"),
    ],
)
def test_a_format_is_stored_as_name_width_and_decimals(tmp_path: Path, form: str, expected: bytes) -> None:
    column = Column("AGE", "Age", 8, text=False, format=form)
    assert written(tmp_path, [column], numbers(1.0))[696:708] == expected
    assert compared(tmp_path, [column], numbers(1.0)) == []


def test_the_stamp_is_the_only_thing_that_a_later_build_changes(tmp_path: Path) -> None:
    first = written(tmp_path, COLUMNS, three_people())
    assert written(tmp_path, COLUMNS, three_people()) == first
    write(
        tmp_path / "dm.xpt",
        "DM",
        "Demographics",
        COLUMNS,
        [three_people()],
        datetime(2024, 12, 31, 1, 2, 3, tzinfo=UTC),
    )
    later = (tmp_path / "dm.xpt").read_bytes()
    for start in (144, 160, 464, 480):
        assert later[start : start + 16] == b"31DEC24:01:02:03"
        later = later[:start] + b"01JUL19:12:34:56" + later[start + 16 :]
    assert later == first


def test_how_the_rows_are_cut_into_frames_and_blocks_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = three_people()
    first = written(tmp_path, COLUMNS, whole)
    assert written(tmp_path, COLUMNS, whole[:1], whole[:0], whole[1:]) == first
    assert written(tmp_path, COLUMNS, pd.concat([whole[:2], whole[2:]])) == first
    monkeypatch.setattr(blocks, "_BLOCK_ROWS", 1)
    assert written(tmp_path, COLUMNS, whole) == first
    monkeypatch.setattr(blocks, "_BLOCK_ROWS", 2)
    assert written(tmp_path, COLUMNS, whole) == first


# Numbers


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1.0, "41 10 00 00 00 00 00 00"),
        (-1.0, "c1 10 00 00 00 00 00 00"),
        (2.0, "41 20 00 00 00 00 00 00"),
        (16.0, "42 10 00 00 00 00 00 00"),
        (100.0, "42 64 00 00 00 00 00 00"),
        (-118.625, "c2 76 a0 00 00 00 00 00"),
        (0.5, "40 80 00 00 00 00 00 00"),
        (0.0625, "40 10 00 00 00 00 00 00"),
        (0.1, "40 19 99 99 99 99 99 9a"),
        (1 / 3, "40 55 55 55 55 55 55 54"),
        (math.pi, "41 32 43 f6 a8 88 5a 30"),
        (9007199254740992.0, "4e 20 00 00 00 00 00 00"),
        (float.fromhex("0x1p-260"), "00 10 00 00 00 00 00 00"),
        (float.fromhex("0x1.fffffffffffffp+251"), "7f ff ff ff ff ff ff f8"),
        (float.fromhex("-0x1.fffffffffffffp+251"), "ff ff ff ff ff ff ff f8"),
        (0.0, "00 00 00 00 00 00 00 00"),
        (-0.0, "00 00 00 00 00 00 00 00"),
        (math.nan, "2e 00 00 00 00 00 00 00"),
        (-math.nan, "2e 00 00 00 00 00 00 00"),
    ],
)
def test_a_number_is_written_as_an_ibm_double(tmp_path: Path, number: float, expected: str) -> None:
    data = written(tmp_path, [AGE], numbers(number))
    assert data[880:888].hex(" ") == expected
    assert compared(tmp_path, [AGE], numbers(number)) == []


@pytest.mark.parametrize(
    "number",
    [
        math.inf,
        -math.inf,
        float.fromhex("0x1p252"),
        float.fromhex("0x1.fffffffffffffp-261"),
        -1e76,
        5e-324,
        1.7976931348623157e308,
    ],
)
def test_a_number_beyond_the_ibm_range_is_refused(tmp_path: Path, number: float) -> None:
    message = refusal(tmp_path, [AGE], numbers(1.0, number))
    assert message.startswith("DM.AGE, row 2: the number is infinite or not within 5.4e-79 to 7.2e75")
    assert math.isinf(number) or str(number) not in message


@pytest.mark.parametrize("integer", [0, 7, -7, 2**53, -(2**53), 2**56, 2**62, 2**63 - 1024, -(2**63)])
def test_an_integer_that_a_double_holds_is_written(tmp_path: Path, integer: int) -> None:
    frame = pd.DataFrame({"AGE": np.array([integer], np.int64)})
    assert naive_rows(written(tmp_path, [AGE], frame), 1) == [[float(integer)]]
    assert compared(tmp_path, [AGE], frame) == []


@pytest.mark.parametrize("integer", [2**53 + 1, -(2**53) - 1, 2**56 + 1, 2**62 + 1, 2**63 - 1, -(2**63) + 1])
@pytest.mark.parametrize("dtype", ["int64", "Int64"])
def test_an_integer_that_would_be_read_as_another_is_refused(
    tmp_path: Path, integer: int, dtype: str
) -> None:
    message = refusal(tmp_path, [AGE], pd.DataFrame({"AGE": pd.Series([5, integer], dtype=dtype)}))
    assert message.startswith("DM.AGE, row 2: the integer has more than 53 significant bits")
    assert str(integer) not in message


def test_a_missing_nullable_integer_is_a_missing_number(tmp_path: Path) -> None:
    frame = pd.DataFrame({"AGE": pd.Series([61, None, -3], dtype="Int64")})
    assert naive_rows(written(tmp_path, [AGE], frame), 3) == [[61.0], [None], [-3.0]]
    assert compared(tmp_path, [AGE], frame) == []


# Dates


@pytest.mark.parametrize("resolution", ["s", "ms", "us", "ns"])
def test_a_date_is_counted_from_1960_in_days_and_a_datetime_in_seconds(
    tmp_path: Path, resolution: str
) -> None:
    moments = ["1960-01-01T00:00:00", "1959-12-31T00:00:00", "2016-07-01T00:00:00", "NaT"]
    times = ["1960-01-01T00:00:01", "1959-12-31T23:59:59", "2016-07-01T08:30:00", "NaT"]
    frame = pd.DataFrame(
        {
            "TRTSDT": np.array(moments, f"datetime64[{resolution}]"),
            "ADTM": np.array(times, f"datetime64[{resolution}]"),
        }
    )
    data = written(tmp_path, [STARTED, SEEN], frame)
    assert naive_rows(data, 4) == [[0.0, 1.0], [-1.0, -1.0], [20636.0, 1782981000.0], [None, None]]
    assert compared(tmp_path, [STARTED, SEEN], frame) == []


def test_a_date_already_counted_is_written_as_it_is(tmp_path: Path) -> None:
    frame = pd.DataFrame({"TRTSDT": [20636.0, math.nan]})
    assert naive_rows(written(tmp_path, [STARTED], frame), 2) == [[20636.0], [None]]


def test_a_date_with_a_time_of_day_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"TRTSDT": np.array(["2016-07-01", "NaT", "2016-07-01T00:00:01"], "datetime64[s]")})
    assert refusal(tmp_path, [STARTED], frame).startswith(
        "DM.TRTSDT, row 3: the date has a part smaller than its format counts"
    )


def test_a_datetime_with_a_part_of_a_second_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"ADTM": np.array(["1959-07-01T00:00:00.5"], "datetime64[ms]")})
    assert refusal(tmp_path, [SEEN], frame).startswith(
        "DM.ADTM, row 1: the date has a part smaller than its format counts"
    )


# Text


def test_missing_text_and_empty_text_are_blanks(tmp_path: Path) -> None:
    frame = pd.DataFrame({"USUBJID": text("", math.nan, "last")})
    assert written(tmp_path, [SUBJECT], frame)[880:] == b"            last  " + b" " * 62
    assert compared(tmp_path, [SUBJECT], frame) == []


def test_every_printable_character_and_a_leading_blank_are_kept(tmp_path: Path) -> None:
    column = Column("TERM", "Term", 96, text=True)
    letters = (
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    )
    frame = pd.DataFrame({"TERM": text(letters, "x" * 96)})
    assert naive_rows(written(tmp_path, [column], frame), 2) == [[letters], ["x" * 96]]
    assert compared(tmp_path, [column], frame) == []


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("seven77", "the text is longer than its 6 bytes"),
        ("died ", "the text ends with a blank"),
        (" ", "the text ends with a blank"),
        ("a\tb", "the text holds a control character"),
        ("a\nb", "the text holds a control character"),
        ("a\0", "the text holds a control character"),
        ("\0", "the text holds a control character"),
        ("a\x7f", "the text holds a control character"),
        ("\u00e9", "the text holds a character outside ASCII"),
        ("\u4e73\u817a", "the text holds a character outside ASCII"),
        ("\u4e73\u817a\u764c", "the text is longer than its 6 bytes"),
        ("\u00a0", "the text holds a character outside ASCII"),
    ],
)
def test_text_that_the_file_cannot_give_back_is_refused(tmp_path: Path, value: str, why: str) -> None:
    first, second = (
        pd.DataFrame({"USUBJID": text("one", "two")}),
        pd.DataFrame({"USUBJID": text("three", value, value)}),
    )
    message = refusal(tmp_path, [SUBJECT], first, second)
    assert message.startswith(f"DM.USUBJID, row 4: {why}")
    assert value.strip() == "" or value not in message


def test_a_text_of_200_bytes_fits_and_one_of_201_is_refused(tmp_path: Path) -> None:
    widest = Column("TERM", "Term", 200, text=True)
    assert "row 2: the text is longer than its 200 bytes" in refusal(
        tmp_path, [widest], pd.DataFrame({"TERM": text("x", "x" * 201)})
    )
    assert naive_rows(written(tmp_path, [widest], pd.DataFrame({"TERM": text("x" * 200)})), 1) == [
        ["x" * 200]
    ]


# Rows that look like padding


def test_a_blank_last_row_that_would_be_read_as_padding_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"USUBJID": text("died", "")})
    assert refusal(tmp_path, [SUBJECT], frame).startswith(
        "DM, row 2: the last row is all blank and would be read as padding"
    )


def test_a_number_whose_bytes_are_blanks_is_refused_at_the_end_too(tmp_path: Path) -> None:
    looks_blank = float(Fraction(0x20202020202020, 2**56) * Fraction(16) ** -32)
    assert written(tmp_path, [AGE], numbers(looks_blank, 1.0))[880:888] == b" " * 8
    (tmp_path / "dm.xpt").unlink()
    assert "would be read as padding" in refusal(tmp_path, [AGE], numbers(1.0, looks_blank))


def test_a_blank_last_row_is_told_from_padding_when_rows_are_as_long_as_a_record(tmp_path: Path) -> None:
    column = Column("TERM", "Term", 80, text=True)
    frame = pd.DataFrame({"TERM": text("x", "", "y", "", "")})
    assert naive_rows(written(tmp_path, [column], frame), 5) == [["x"], [""], ["y"], [""], [""]]
    assert compared(tmp_path, [column], frame) == []
    assert compared(tmp_path, [column], frame[:3], frame[3:]) == []
    assert compared(tmp_path, [column], frame[:4]) == [
        "DM: the file does not end with the padding that 4 rows need."
    ]


def test_a_blank_row_before_the_last_one_is_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame({"USUBJID": text("", "", "died")})
    assert naive_rows(written(tmp_path, [SUBJECT], frame), 3) == [[""], [""], ["died"]]
    assert compared(tmp_path, [SUBJECT], frame) == []


@pytest.mark.parametrize("frames", [[], [three_people()[:0]]])
def test_a_dataset_without_rows_keeps_the_widths_of_its_variables(
    tmp_path: Path, frames: list[pd.DataFrame]
) -> None:
    path = tmp_path / "dm.xpt"
    write(path, "DM", "Demographics", COLUMNS, frames, CREATED)
    assert path.stat().st_size == FIRST_ROW
    _, meta = pyreadstat.read_xport(path)
    assert meta.variable_storage_width == {"USUBJID": 6, "AGE": 8, "TRTSDT": 8}
    assert compared(tmp_path, COLUMNS, *frames) == []


# What is refused before the first row


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (Column("usubjid", "x", 6, text=True), "DM.usubjid: a name is 1 to 8 upper-case letters and digits"),
        (Column("USUBJID99", "x", 6, text=True), "DM.USUBJID99: a name is"),
        (Column("1AGE", "x", 6, text=True), "DM.1AGE: a name is"),
        (Column("A_B", "x", 6, text=True), "DM.A_B: a name is"),
        (Column("AGE\n", "x", 6, text=True), "DM.AGE\n: a name is"),
        (Column("", "x", 6, text=True), "DM.: a name is"),
        (Column("AGE", "x" * 41, 8, text=False), "DM.AGE: the label has 41 bytes and at most 40 fit"),
        (
            Column("AGE", "\u5e74\u9f84", 8, text=False),
            "DM.AGE: the label holds a character that is not printable ASCII",
        ),
        (
            Column("AGE", "Age\n", 8, text=False),
            "DM.AGE: the label holds a character that is not printable ASCII",
        ),
        (Column("AGE", "Age ", 8, text=False), "DM.AGE: the label begins or ends with a blank"),
        (
            Column("AGE", "Subject's Age", 8, text=False),
            "DM.AGE: a quote or a bracket of the label is not closed",
        ),
        (Column("AGE", 'The "Age', 8, text=False), "DM.AGE: a quote or a bracket of the label is not closed"),
        (
            Column("AGE", "Age (years", 8, text=False),
            "DM.AGE: a quote or a bracket of the label is not closed",
        ),
        (
            Column("AGE", "Age years)", 8, text=False),
            "DM.AGE: a quote or a bracket of the label is not closed",
        ),
        (
            Column("AGE", "Age )years(", 8, text=False),
            "DM.AGE: a quote or a bracket of the label is not closed",
        ),
        (
            Column("AGE", "Age [(years])", 8, text=False),
            "DM.AGE: a quote or a bracket of the label is not closed",
        ),
        (Column("AGE", "Age", 0, text=True), "DM.AGE: a text is 1 to 200 bytes wide, not 0"),
        (Column("AGE", "Age", 201, text=True), "DM.AGE: a text is 1 to 200 bytes wide, not 201"),
        (Column("AGE", "Age", 3, text=False), "DM.AGE: a number is 8 bytes wide, not 3"),
        (Column("AGE", "Age", 3, text=True, format="DATE9."), "DM.AGE: a text has no format"),
        (Column("AGE", "Age", 8, text=False, format="DATE9"), "DM.AGE: DATE9 is not a SAS format"),
        (Column("AGE", "Age", 8, text=False, format="."), "DM.AGE: . is not a SAS format"),
        (
            Column("AGE", "Age", 8, text=False, format="VERYLONGNAME9."),
            "DM.AGE: VERYLONGNAME9. is not a SAS format",
        ),
    ],
)
def test_a_variable_that_version_5_or_the_fda_does_not_allow_is_refused(
    tmp_path: Path, column: Column, why: str
) -> None:
    assert refusal(tmp_path, [column]).startswith(why)


@pytest.mark.parametrize("label", ["x" * 40, "Age (Years) [at 'Day 1'] {\"N\"}", "((()))", ""])
def test_a_label_of_40_bytes_with_closed_quotes_and_brackets_is_kept(tmp_path: Path, label: str) -> None:
    column = Column("AGE", label, 8, text=False)
    written(tmp_path, [column], numbers(1.0))
    assert compared(tmp_path, [column], numbers(1.0)) == []


def test_a_variable_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, [AGE, SUBJECT, AGE]).startswith("DM.AGE: the variable is there more than once")


def test_a_dataset_without_variables_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, []) == "DM: a dataset has 1 to 9999 variables, not 0"


@pytest.mark.parametrize(
    ("name", "dataset", "label", "why"),
    [
        ("dm.xpt", "dm", "Demographics", "dataset dm: a name is"),
        ("suppdm123.xpt", "SUPPDM123", "Demographics", "dataset SUPPDM123: a name is"),
        ("DM.xpt", "DM", "Demographics", "DM: the file is named dm.xpt, not DM.xpt"),
        ("dm.xpt", "DM", "x" * 41, "DM: the label has 41 bytes"),
        ("dm.xpt", "DM", "Demographics (", "DM: a quote or a bracket of the label is not closed"),
    ],
)
def test_a_dataset_misnamed_or_mislabelled_is_refused(
    tmp_path: Path, name: str, dataset: str, label: str, why: str
) -> None:
    with pytest.raises(PipelineError) as caught:
        write(tmp_path / name, dataset, label, COLUMNS, [three_people()], CREATED)
    assert str(caught.value).startswith(why)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (["USUBJID", "AGE"], "(TRTSDT missing)"),
        (["USUBJID", "AGE", "TRTSDT", "SEX"], "(SEX not expected)"),
        (["AGE", "USUBJID", "TRTSDT"], "(another order, or a column twice)"),
        (["USUBJID", "AGE", "TRTSDT", "AGE"], "(another order, or a column twice)"),
    ],
)
def test_a_frame_with_other_columns_than_stated_is_refused(
    tmp_path: Path, columns: list[str], why: str
) -> None:
    frame = three_people().assign(SEX=text("F", "F", "F"))[columns]
    assert why in refusal(tmp_path, COLUMNS, three_people(), frame)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([61], dtype="object"),
        pd.Series([decimal.Decimal("61.5")]),
        pd.Series([True]),
        pd.Series([61.0], dtype="float32"),
        pd.Series([61.0], dtype="Float64"),
        pd.Series([61], dtype="int32"),
        pd.Series(["61"], dtype="str"),
        pd.Series(["61"], dtype="category"),
        days("2016-07-01"),
        days("2016-07-01").dt.tz_localize("UTC"),
    ],
)
def test_a_number_of_another_type_is_refused(tmp_path: Path, values: pd.Series) -> None:
    message = refusal(tmp_path, [AGE], pd.DataFrame({"AGE": values}))
    assert message.startswith(
        f"DM.AGE: the column is {values.dtype}; convert it to float64, int64, Int64, or datetime64 with a"
        " DATE"
    )


def test_a_date_with_a_time_zone_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"TRTSDT": days("2016-07-01").dt.tz_localize("UTC")})
    assert refusal(tmp_path, [STARTED], frame).startswith("DM.TRTSDT: the column is datetime64[s, UTC]")


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["a"], dtype="object"),
        pd.Series(["a"], dtype="string"),
        pd.Series(["a"], dtype="category"),
        pd.Series([1.0]),
    ],
)
def test_a_text_of_another_type_is_refused(tmp_path: Path, values: pd.Series) -> None:
    message = refusal(tmp_path, [SUBJECT], pd.DataFrame({"USUBJID": values}))
    assert message == f"DM.USUBJID: the column is {values.dtype}; convert it to str"


@pytest.mark.parametrize(
    ("rows", "size"), [(1, FIRST_ROW + 80), (3, FIRST_ROW + 80), (4, FIRST_ROW + 160), (7, FIRST_ROW + 160)]
)
def test_a_file_of_as_many_rows_as_fit_is_no_larger_and_one_row_more_is(
    tmp_path: Path, rows: int, size: int
) -> None:
    rows_that_fit = limits.rows_that_fit(COLUMNS, size)
    assert rows <= rows_that_fit
    frame = pd.concat([three_people()] * 3)[:rows_that_fit]
    assert len(written(tmp_path, COLUMNS, frame)) <= size
    assert len(written(tmp_path, COLUMNS, pd.concat([frame, three_people()[:1]]))) > size


@pytest.mark.parametrize("size", [0, 1199, FIRST_ROW + 79])
def test_a_size_that_holds_no_row_is_refused(size: int) -> None:
    with pytest.raises(PipelineError, match="holds no row of 22 bytes"):
        limits.rows_that_fit(COLUMNS, size)


# Whole or not at all


def test_a_refused_write_leaves_the_earlier_file_as_it_was(tmp_path: Path) -> None:
    earlier = written(tmp_path, COLUMNS, three_people())
    with pytest.raises(PipelineError):
        written(tmp_path, COLUMNS, three_people(), three_people().assign(AGE=math.inf))
    assert [path.name for path in tmp_path.iterdir()] == ["dm.xpt"]
    assert (tmp_path / "dm.xpt").read_bytes() == earlier


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    def frames() -> Iterator[pd.DataFrame]:
        yield three_people()
        assert not (tmp_path / "dm.xpt").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "dm.xpt", "DM", "Demographics", COLUMNS, frames(), CREATED)
    assert list(tmp_path.iterdir()) == []


# The reading back


@pytest.mark.parametrize(
    ("offset", "byte", "expected"),
    [
        (408, b"X", ["DM: the name of the dataset in the file is 'XM', not 'DM'."]),
        (512, b"d", ["DM: the label of the dataset in the file is 'demographics', not 'Demographics'."]),
        (648, b"X", ["DM: the names or the order of the variables in the file differ."]),
        (
            656,
            b"u",
            [
                "DM.USUBJID: the label in the file is 'unique Subject Identifier', not 'Unique Subject"
                " Identifier'."
            ],
        ),
        (645, b"\7", ["DM.USUBJID: the width in the file is '7', not '6'."]),
        (985, b"\7", ["DM.TRTSDT: the format in the file is 'DATE7', not 'DATE9'."]),
        (1200, b"D", ["DM.USUBJID, row 1: the file holds another value (rows that differ: 1)."]),
        (1200, b"\xe4", ["DM.USUBJID, row 1: the file holds another value (rows that differ: 1)."]),
        (1215, b"\x51", ["DM.TRTSDT, row 1: the file holds another value (rows that differ: 1)."]),
        (1221, b"\x01", ["DM.TRTSDT, row 1: the file holds other bytes than were to be written."]),
        (1228, b"A", ["DM.AGE, row 2: the file holds other bytes than were to be written."]),
        (1227, b"\0", ["DM.USUBJID, row 2: the file holds another value (rows that differ: 1)."]),
        (727, b"\1", ["DM: the descriptions of the variables in the file hold other bytes."]),
        (1279, b"x", ["DM: the file does not end with the padding that 3 rows need."]),
        (
            560,
            b"X",
            ["dm.xpt: pyreadstat cannot read the file: Invalid file, or file has unsupported features."],
        ),
    ],
)
def test_a_changed_byte_is_found_when_the_file_is_read_back(
    tmp_path: Path, offset: int, byte: bytes, expected: list[str]
) -> None:
    data = written(tmp_path, COLUMNS, three_people())
    assert compared(tmp_path, COLUMNS, three_people()) == []
    (tmp_path / "dm.xpt").write_bytes(data[:offset] + byte + data[offset + 1 :])
    assert compared(tmp_path, COLUMNS, three_people()[:1], three_people()[1:]) == expected


def test_a_number_and_a_text_of_equal_width_are_not_taken_for_each_other(tmp_path: Path) -> None:
    data = written(tmp_path, [AGE], numbers(1.0))
    (tmp_path / "dm.xpt").write_bytes(data[:641] + b"\2" + data[642:])
    assert compared(tmp_path, [AGE], numbers(1.0)) == [
        "DM.AGE: the type in the file is 'string', not 'double'."
    ]


def test_rows_too_many_and_rows_missing_are_found_when_the_file_is_read_back(tmp_path: Path) -> None:
    whole = three_people()
    written(tmp_path, COLUMNS, whole)
    assert compared(tmp_path, COLUMNS, whole[:2]) == [
        "DM: the file does not end with the padding that 2 rows need."
    ]
    twice = compared(tmp_path, COLUMNS, whole, whole[:1])
    assert twice[0] == "DM.USUBJID, row 4: the row is missing from the file."
    assert twice[-1] == "DM: the file does not end with the padding that 4 rows need."
    assert compared(tmp_path, COLUMNS) == ["DM: the file does not end with the padding that 0 rows need."]


def test_a_cut_file_is_found_when_it_is_read_back(tmp_path: Path) -> None:
    data = written(tmp_path, COLUMNS, three_people())
    (tmp_path / "dm.xpt").write_bytes(data[:1270])
    assert compared(tmp_path, COLUMNS, three_people()) == [
        "DM: the file does not end with the padding that 3 rows need."
    ]
    (tmp_path / "dm.xpt").write_bytes(data[:1250])
    assert (
        compared(tmp_path, COLUMNS, three_people())[0]
        == "DM.USUBJID, row 3: the row is missing from the file."
    )


# Written and read back in one


def arrow(frame: pd.DataFrame) -> pa.Table:
    """What a build leaves of a block of subjects: missing values are none."""
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in frame.items()})


@pytest.mark.parametrize("rows", [1, 2, 8192])
def test_a_file_that_is_read_back_as_it_is_written_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    whole = three_people()
    due = written(tmp_path, COLUMNS, whole)
    monkeypatch.setattr(blocks, "_BLOCK_ROWS", rows)
    for frames in (
        [whole],
        [whole[:1], whole[:0], whole[1:]],
        [arrow(whole)],
        [arrow(whole[:1]), arrow(whole[1:])],
    ):
        (tmp_path / "dm.xpt").unlink()
        write(tmp_path / "dm.xpt", "DM", "Demographics", COLUMNS, frames, CREATED)
        assert (tmp_path / "dm.xpt").read_bytes() == due


def test_a_dataset_without_rows_is_read_back_as_it_is_written(tmp_path: Path) -> None:
    due = written(tmp_path, COLUMNS)
    write(tmp_path / "dm.xpt", "DM", "Demographics", COLUMNS, [], CREATED)
    assert (tmp_path / "dm.xpt").read_bytes() == due


class Damaged:
    """A file in which one byte becomes another as it is written."""

    def __init__(self, file: Any, offset: int, byte: bytes) -> None:
        self.file, self.offset, self.byte, self.name = file, offset, byte, file.name

    def write(self, data: Any) -> None:
        place, kept = self.offset - self.file.tell(), bytearray(data)
        if 0 <= place < len(kept):
            kept[place : place + 1] = self.byte
        self.file.write(kept)

    def flush(self) -> None:
        self.file.flush()


@pytest.mark.parametrize("rows", [1, 8192])
@pytest.mark.parametrize(
    ("offset", "byte", "expected"),
    [
        (408, b"X", "DM: the name of the dataset in the file is 'XM', not 'DM'."),
        (
            656,
            b"u",
            (
                "DM.USUBJID: the label in the file is 'unique Subject Identifier', not 'Unique Subject"
                " Identifier'."
            ),
        ),
        (727, b"\1", "DM: the descriptions of the variables in the file hold other bytes."),
        (1200, b"D", "DM.USUBJID, row 1: the file holds another value (rows that differ: 1)."),
        (1200, b"\xe4", "DM.USUBJID, row 1: the file holds another value (rows that differ: 1)."),
        (1221, b"\1", "DM.TRTSDT, row 1: the file holds other bytes than were to be written."),
        (1228, b"A", "DM.AGE, row 2: the file holds other bytes than were to be written."),
        (1251, b"\x43", "DM.AGE, row 3: the file holds another value (rows that differ: 1)."),
        (1279, b"x", "DM: the file does not end with the padding that 3 rows need."),
    ],
)
def test_a_byte_that_changes_as_it_is_written_is_found_and_the_earlier_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offset: int, byte: bytes, expected: str, rows: int
) -> None:
    earlier = written(tmp_path, [AGE], numbers(1.0))
    whole_file = writer._whole_file

    @contextmanager
    def damaged(path: Path) -> Iterator[Damaged]:
        with whole_file(path) as out:
            yield Damaged(out, offset, byte)

    monkeypatch.setattr(blocks, "_BLOCK_ROWS", rows)
    monkeypatch.setattr(writer, "_whole_file", damaged)
    with pytest.raises(PipelineError) as caught:
        write(tmp_path / "dm.xpt", "DM", "Demographics", COLUMNS, [three_people()], CREATED)
    assert str(caught.value) == f"dm.xpt: what was read back differs from what was written: {expected}"
    assert [path.name for path in tmp_path.iterdir()] == ["dm.xpt"]
    assert (tmp_path / "dm.xpt").read_bytes() == earlier


@pytest.mark.parametrize("few", [0, 8192])
@pytest.mark.parametrize("damaged", [0, 9, 10, 11, 20, 24])
def test_each_variable_is_compared_however_many_are_read_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: int, few: int
) -> None:
    monkeypatch.setattr(read_back, "_FEW_ROWS", few)
    columns = [
        Column(f"V{n}", "", 3, text=True) if n % 2 else Column(f"V{n}", "", 8, text=False) for n in range(25)
    ]
    frame = pd.DataFrame({c.name: text("abc", "abd") if c.text else np.array([1.0, 2.0]) for c in columns})
    data = written(tmp_path, columns, frame)
    assert compared(tmp_path, columns, frame) == []
    offset = (
        640 + 25 * 140 + 20 + 80 + sum(c.width for c in columns) + sum(c.width for c in columns[:damaged])
    )  # in the second row
    (tmp_path / "dm.xpt").write_bytes(data[:offset] + b"\x42" + data[offset + 1 :])
    assert compared(tmp_path, columns, frame) == [
        f"DM.V{damaged}, row 2: the file holds another value (rows that differ: 1)."
    ]


# The second reader


def written_wrongly(folder: Path, monkeypatch: pytest.MonkeyPatch, in_full: bool) -> None:
    """A file in which each age is 16 times what it was, by a writer and a reader that share the fault."""

    def power_too_large(cells: Cells) -> Any:
        return to_ibm(cells) + np.uint64(1 << 56)

    def power_too_small(fields: Any) -> Any:
        return to_doubles_from_ibm(fields) / 16

    monkeypatch.setattr(blocks, "to_ibm", power_too_large)
    monkeypatch.setattr(decode, "to_doubles_from_ibm", power_too_small)
    write(folder / "dm.xpt", "DM", "Demographics", [AGE], [numbers(61.0, 45.5)], CREATED, in_full=in_full)


def test_pyreadstat_finds_a_fault_that_the_writer_and_our_reader_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PipelineError) as caught:
        written_wrongly(tmp_path, monkeypatch, in_full=True)
    assert str(caught.value) == (
        "dm.xpt: what was read back differs from what was written: DM.AGE, row 1: the file holds another"
        " value (rows that differ: 2)."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("chosen", [True, False])
def test_pyreadstat_reads_a_part_that_is_chosen_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    monkeypatch.setattr(read_back, "_is_chosen", lambda _: chosen)
    with pytest.raises(PipelineError) if chosen else nullcontext():
        written_wrongly(tmp_path, monkeypatch, in_full=False)


def test_about_one_part_in_16_is_chosen_by_its_bytes() -> None:
    parts = [f"part {number}".encode() for number in range(1600)]
    chosen = [read_back._is_chosen(part) for part in parts]
    assert chosen == [read_back._is_chosen(part) for part in parts]
    assert 70 <= sum(chosen) <= 130


@pytest.mark.parametrize("few", [0, 8192])
def test_pyreadstat_is_asked_for_each_variable_however_many_it_reads_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(read_back, "_FEW_ROWS", few)
    columns = [Column(f"V{n}", "", 8, text=False) for n in range(25)]
    frame = pd.DataFrame({c.name: np.array([1.0, 2.0]) for c in columns})
    monkeypatch.setattr(blocks, "to_ibm", lambda cells: to_ibm(cells) + np.uint64(1 << 56))
    monkeypatch.setattr(decode, "to_doubles_from_ibm", lambda fields: to_doubles_from_ibm(fields) / 16)
    with pytest.raises(PipelineError) as caught:
        write(tmp_path / "dm.xpt", "DM", "", columns, [frame], CREATED, in_full=True)
    differences = [f"DM.V{n}, row 1: the file holds another value (rows that differ: 2)." for n in range(5)]
    assert str(caught.value).endswith("; ".join(differences))


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (pa.array(["a"], pa.string()), "string"),
        (pa.array([1], pa.int32()), "int32"),
        (pa.array([None], pa.null()), "null"),
        (pa.array([1], pa.timestamp("s")), "timestamp[s]"),
        (pa.array([1], pa.timestamp("s", "UTC")), "timestamp[s, tz=UTC]"),
    ],
)
def test_an_arrow_column_of_another_type_is_refused(tmp_path: Path, values: Any, found: str) -> None:
    for column in (SUBJECT, AGE):
        with pytest.raises(
            PipelineError, match=re.escape(f"DM.{column.name}: the column is {found}; convert it to ")
        ):
            write(
                tmp_path / "dm.xpt",
                "DM",
                "Demographics",
                [column],
                [pa.table({column.name: values})],
                CREATED,
            )


# Any rows at all, through three readers

FITTING = st.one_of(
    st.sampled_from([0.0, -0.0, math.nan]),
    st.floats(float.fromhex("0x1p-260"), float.fromhex("0x1.fffffffffffffp+251")),
    st.floats(float.fromhex("-0x1.fffffffffffffp+251"), float.fromhex("-0x1p-260")),
)
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=6).map(
    lambda value: value.rstrip(" ")
)
ROWS = st.lists(st.tuples(PRINTABLE, FITTING, st.integers(-(2**53), 2**53)), max_size=30)


@given(rows=ROWS, cut=st.integers(0, 30))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_what_is_written_is_what_every_reader_reads(rows: list[tuple[str, float, int]], cut: int) -> None:
    columns = [SUBJECT, AGE, Column("SEQ", "Sequence Number", 8, text=False)]
    frame = pd.DataFrame(
        {
            "USUBJID": text(*(row[0] for row in rows)),
            "AGE": np.array([row[1] for row in rows], np.float64),
            "SEQ": np.array([row[2] for row in rows], np.int64),
        }
    )
    due = [[name, None if math.isnan(age) else age, float(seq)] for name, age, seq in rows]
    with tempfile.TemporaryDirectory() as folder:
        data = written(Path(folder), columns, frame[:cut], frame[cut:])
        assert naive_rows(data, len(rows)) == due
        assert compared(Path(folder), columns, frame[:cut], frame[cut:]) == []
        found, _ = pyreadstat.read_xport(Path(folder) / "dm.xpt", output_format="dict")
        assert list(map(list, zip(*found.values(), strict=True))) == due


def test_pandas_reads_the_same(tmp_path: Path) -> None:
    written(tmp_path, COLUMNS, three_people())
    found = pd.read_sas(tmp_path / "dm.xpt", format="xport", encoding="ascii")
    assert found["USUBJID"].tolist() == ["died", "alive", "lost"]
    assert found["AGE"].to_numpy()[[0, 2]].tolist() == [61.0, 45.5]
    assert np.isnan(found["AGE"].to_numpy()[1])
