"""What is hard to write into a transport file: each case is exact, for readers that are not the writer, or
refused with its reason.

The readers are pyreadstat, pandas, and one of a few lines that follows the note on the format
(`tests/support/naive_xpt.py`). Where two differ the note decides: pandas takes the eight zero bytes that are
zero for 16 ** -65, the smallest number; it loses rows where the last ends in blanks, so it is given files
whose rows end in a number; pyreadstat drops blank rows at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from pipeline.errors import PipelineError
from pipeline.formats.xpt.layout import Column
from pipeline.formats.xpt.write import write
from tests.support.naive_xpt import naive_rows
from tests.support.xpt_files import compared

CREATED = datetime(2019, 7, 1, 12, 34, 56, tzinfo=UTC)
GUARD = Column("GUARD", "Ends each row in a number", 8, text=False)
PANDAS_ZERO = 16.0**-65
LABEL_40 = "Forty bytes are what a label has room fo"
LONG, CONTROL, ASCII, BLANK, PADDING, RANGE, BITS, PART, YEARS = (
    "the text is longer than its",
    "the text holds a control character",
    "the text holds a character outside ASCII",
    "the text ends with a blank",
    "the last row is all blank and would be read as padding",
    "the number is infinite or not within 5.4e-79 to 7.2e75",
    "the integer has more than 53 significant bits",
    "the date has a part smaller than its format counts",
    "the date is not within 1582 to 3999",
)
SMALLEST, LARGEST = float.fromhex("0x1p-260"), float.fromhex("0x1.fffffffffffffp+251")
HEADER = "HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
BREAST = "\u4e73"  # one character of three bytes


@dataclass(frozen=True)
class Case:
    """Cells of one variable, and what they are for every reader (a missing number is None), or why they are
    refused.
    """

    says: str
    column: Column
    cells: pd.Series
    due: Sequence[str | float | None] | str


def texts(says: str, width: int, cells: Sequence[str | float], due: Sequence[str] | str) -> Case:
    return Case(says, Column("TERM", "Term", width, text=True), pd.Series(list(cells), dtype="str"), due)


def numbers(
    says: str, cells: Sequence[Any], due: Sequence[float | None] | str, dtype: Any = "float64"
) -> Case:
    return Case(says, Column("AVAL", "Value", 8, text=False), pd.Series(list(cells), dtype=dtype), due)


def times(
    says: str, form: str, cells: Sequence[str], due: Sequence[float | None] | str, unit: str = "s"
) -> Case:
    return Case(
        says,
        Column("ADT", "Date", 8, text=False, format=form),
        pd.Series(np.array(cells, f"datetime64[{unit}]")),
        due,
    )


CASES = [
    # bytes against characters
    texts("200 bytes", 200, ["x" * 200], ["x" * 200]),
    texts("199 bytes of 200", 200, ["x" * 199], ["x" * 199]),
    texts("201 bytes", 200, ["x" * 201], LONG),
    texts("one byte", 1, ["x", "y"], ["x", "y"]),
    texts("two bytes of one", 1, ["xy"], LONG),
    texts("67 Chinese characters are 201 bytes", 200, [BREAST * 67], LONG),
    texts("66 Chinese characters are 198 bytes and not ASCII", 200, [BREAST * 66], ASCII),
    texts("a cut at 200 would stand behind the first byte of a character", 200, ["x" * 199 + BREAST], LONG),
    texts("a cut at 200 would stand behind the second byte of a character", 200, ["x" * 198 + BREAST], LONG),
    texts("a Chinese character that ends at byte 200", 200, ["x" * 197 + BREAST], ASCII),
    texts("a character of two bytes in one", 1, ["\u00e9"], LONG),
    texts("a character of two bytes", 2, ["\u00e9"], ASCII),
    texts("an accent of its own", 4, ["e\u0301"], ASCII),
    texts("a character of four bytes", 4, ["\U0001f9ec"], ASCII),
    texts("a blank that is no blank", 4, ["a\u00a0b"], ASCII),
    texts("a blank of no width", 6, ["a\u200bb"], ASCII),
    texts("a mark of byte order", 6, ["\ufeffab"], ASCII),
    texts("a digit of full width", 6, ["\uff11"], ASCII),
    texts("a printer's quote", 6, ["it\u2019s"], ASCII),
    texts("micro", 6, ["\u00b5g"], ASCII),
    texts("a control character of two bytes", 6, ["a\u0085b"], ASCII),
    texts("the one wrong text of many", 8, ["fits", "fits", BREAST, "fits"], ASCII),
    # quotes and what programs take for their own
    texts("a quote that is not closed", 6, ["O'Dea", "it's"], ["O'Dea", "it's"]),
    texts("a double quote that is not closed", 6, ['5" cut', '"'], ['5" cut', '"']),
    texts("quotes in quotes", 8, ["''\"\"''", "\"''\""], ["''\"\"''", "\"''\""]),
    texts("a quote in the last byte", 4, ["abc'"], ["abc'"]),
    texts("macro text", 12, ["%let a=&b;", "*/ run; --"], ["%let a=&b;", "*/ run; --"]),
    texts("formulas", 8, ["=1+1", "@SUM", "+1", "-1"], ["=1+1", "@SUM", "+1", "-1"]),
    texts("backslashes that escape nothing", 8, ["\\x00", "\\n", "\\"], ["\\x00", "\\n", "\\"]),
    texts("words for missing", 4, ["NaN", "None", "null", "NA", "."], ["NaN", "None", "null", "NA", "."]),
    texts("numbers that are text", 6, ["00123", "1e5", "1.0", "-0"], ["00123", "1e5", "1.0", "-0"]),
    texts("the first and the last letter of ASCII", 2, ["!~", "~!"], ["!~", "~!"]),
    texts("a header of the format", 48, [HEADER], [HEADER]),
    texts("markup", 8, ["<a&b>", "]]>"], ["<a&b>", "]]>"]),
    # control characters
    texts("NUL alone", 4, ["\0"], CONTROL),
    texts("NUL inside", 4, ["a\0b"], CONTROL),
    texts("NUL at the end", 4, ["ab\0"], CONTROL),
    texts("a tab", 4, ["a\tb"], CONTROL),
    texts("a tab at the end", 4, ["ab\t"], CONTROL),
    texts("a line feed", 4, ["a\nb"], CONTROL),
    texts("a carriage return", 4, ["a\rb"], CONTROL),
    texts("an escape", 4, ["a\x1bb"], CONTROL),
    texts("a unit separator, the last before the blank", 4, ["a\x1fb"], CONTROL),
    texts("delete", 4, ["a\x7fb"], CONTROL),
    # blanks, rows and records
    texts("a blank first", 4, [" x", "  y"], [" x", "  y"]),
    texts("blanks inside", 8, ["a   b"], ["a   b"]),
    texts("a blank last", 4, ["x "], BLANK),
    texts("a blank as byte 200", 200, ["x" * 199 + " "], BLANK),
    texts("nothing but blanks", 4, ["   "], BLANK),
    texts("missing and empty", 4, ["", math.nan, "last"], ["", "", "last"]),
    texts("all missing in rows as long as a record", 80, [math.nan] * 5, [""] * 5),
    texts("all missing in rows longer than a record", 200, [math.nan] * 3, [""] * 3),
    texts("all missing in rows shorter than a record", 79, [math.nan] * 3, PADDING),
    texts("a blank last row", 6, ["died", ""], PADDING),
    texts("a blank last row as long as a record", 80, ["died", ""], ["died", ""]),
    texts("a row of one record", 80, ["x" * 80, "y" * 80], ["x" * 80, "y" * 80]),
    texts("a row one byte short of a record", 79, ["x" * 79, "y"], ["x" * 79, "y"]),
    texts("a row one byte longer than a record", 81, ["x" * 81, "y"], ["x" * 81, "y"]),
    texts("no rows of text", 8, [], []),
    numbers("no rows of numbers", [], []),
    # numbers
    numbers("zero", [0.0], [0.0]),
    numbers("minus zero is zero", [-0.0], [0.0]),
    numbers("all missing", [math.nan] * 4, [None] * 4),
    numbers("missing between numbers", [1.0, math.nan, -1.0], [1.0, None, -1.0]),
    numbers("the smallest", [SMALLEST, -SMALLEST], [SMALLEST, -SMALLEST]),
    numbers("the largest", [LARGEST, -LARGEST], [LARGEST, -LARGEST]),
    numbers("6e-79", [6e-79, -6e-79], [6e-79, -6e-79]),
    numbers("5e-79", [5e-79], RANGE),
    numbers("-5e-79", [-5e-79], RANGE),
    numbers("7e75", [7e75, -7e75], [7e75, -7e75]),
    numbers("7.3e75", [7.3e75], RANGE),
    numbers("one bit above the largest", [float.fromhex("0x1p252")], RANGE),
    numbers("one bit below the smallest", [float.fromhex("0x1.fffffffffffffp-261")], RANGE),
    numbers("infinity", [math.inf], RANGE),
    numbers("minus infinity", [-math.inf], RANGE),
    numbers("the smallest double", [5e-324], RANGE),
    numbers("the smallest double of all its bits", [2.2250738585072014e-308], RANGE),
    numbers("the largest double", [1.7976931348623157e308], RANGE),
    numbers("fractions that end nowhere", [0.1, 0.2, 0.3, 1 / 3, 2 / 3], [0.1, 0.2, 0.3, 1 / 3, 2 / 3]),
    numbers("the doubles beside one", [math.nextafter(1, 0), math.nextafter(1, 2)], [math.nextafter(1, 0),
        math.nextafter(1, 2)]),
    numbers("the doubles beside sixteen", [math.nextafter(16, 0), math.nextafter(16, 17)],
        [math.nextafter(16, 0), math.nextafter(16, 17)]),
    numbers("powers of ten", [1e15, 1e22, 1e23, 1e-5, 1e-23], [1e15, 1e22, 1e23, 1e-5, 1e-23]),
    numbers("a number that begins as missing does", [0.5 * 16.0**-18], [0.5 * 16.0**-18]),
    numbers("numbers that begin as special missing values do", [1.0, 0.75 * 16.0**26, 1.5], [1.0,
        0.75 * 16.0**26, 1.5]),
    numbers("a last number whose bytes are blanks", [float(Fraction(0x20202020202020,
        2**56) * Fraction(16) ** -32)], PADDING),
    numbers("2 ** 53", [2**53, -(2**53), 2**53 - 1], [9007199254740992.0, -9007199254740992.0,
        9007199254740991.0], "int64"),
    numbers("2 ** 53 + 1", [2**53 + 1], BITS, "int64"),
    numbers("-2 ** 53 - 1", [-(2**53) - 1], BITS, "int64"),
    numbers("2 ** 53 + 2", [2**53 + 2], [9007199254740994.0], "int64"),
    numbers("the largest integer", [2**63 - 1], BITS, "int64"),
    numbers("the smallest integer", [-(2**63)], [-9223372036854775808.0], "int64"),
    numbers("an integer that may be missing", [7, None, -7], [7.0, None, -7.0], "Int64"),
    numbers("2 ** 53 + 1 that may be missing", [None, 2**53 + 1], BITS, "Int64"),
    numbers("all missing integers", [None, None], [None, None], "Int64"),
    numbers("truth", [True], "the column is bool", "bool"),
    numbers("decimals", [Decimal("0.1")], "the column is object", "object"),
    numbers("single precision", [0.1], "the column is float32", "float32"),
    numbers("complex", [1j], "the column is complex128", "complex128"),
    # dates
    times("the first day of SAS and the last before its leap days differ", "DATE9.", ["1582-01-01",
        "3999-12-31"], [-138061.0, 745094.0]),
    times("the day before SAS begins", "DATE9.", ["1581-12-31"], YEARS),
    times("the year 4000, a leap year of the calendar and none of SAS", "DATE9.", ["4000-01-01"], YEARS),
    times("a date for ever, which SAS would read as two days later", "DATE9.", ["2016-07-01", "9999-12-31"],
        YEARS),
    times("a time for ever", "DATETIME20.", ["9999-12-31T23:59:59"], YEARS),
    times("the day before 1960 and the day", "DATE9.", ["1959-12-31", "1960-01-01"], [-1.0, 0.0]),
    times("leap days", "DATE9.", ["2000-02-29", "2016-02-29"], [14669.0, 20513.0]),
    times("no date", "DATE9.", ["NaT", "NaT"], [None, None]),
    times("a date with a time", "DATE9.", ["2016-07-01T00:00:01"], PART),
    times("the second before 1960", "DATETIME20.", ["1959-12-31T23:59:59", "1960-01-01T00:00:00"], [-1.0,
        0.0]),
    times("a tenth of a second", "DATETIME20.", ["2016-07-01T00:00:00.1"], PART, "ms"),
    times("a date without its format", "8.", ["2016-07-01"], "the column is datetime64[s]"),
]  # fmt: skip


def written(
    folder: Path,
    columns: Sequence[Column],
    frame: pd.DataFrame,
    dataset: str = "DM",
    label: str = "Demographics",
) -> Path:
    path = folder / f"{dataset.lower()}.xpt"
    write(path, dataset, label, columns, [frame], CREATED)
    return path


def by_pyreadstat(path: Path) -> list[list[Any]]:
    found, _ = pyreadstat.read_xport(path, output_format="dict", disable_datetime_conversion=True)
    return [list(row) for row in zip(*found.values(), strict=True)]


def opened(path: Path) -> Any:
    """pandas' reader; its types do not tell all that it has."""
    return pd.read_sas(path, format="xport", encoding="ascii", iterator=True)


def by_pandas(path: Path) -> list[list[Any]]:
    with opened(path) as reader:
        if reader.nobs == 0:
            return []
        return [
            [None if isinstance(v, float) and math.isnan(v) else v for v in row]
            for row in reader.read().itertuples(index=False)
        ]


def bits(value: str | float | None) -> str | bytes | None:
    """A number by its bits, so that the sign of zero and the last place count."""
    return np.float64(value).tobytes() if isinstance(value, float) else value


def test_there_are_sixty_cases_and_each_has_its_own_name() -> None:
    assert len({case.says for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_a_hostile_value_is_exact_for_every_reader_or_refused(tmp_path: Path, case: Case) -> None:
    frame = pd.DataFrame({case.column.name: case.cells})
    if isinstance(case.due, str):
        with pytest.raises(PipelineError) as caught:
            written(tmp_path, [case.column], frame)
        assert case.due in str(caught.value)
        assert list(tmp_path.iterdir()) == []
        return
    due = [bits(value) for value in case.due]
    path = written(tmp_path, [case.column], frame)
    assert compared(path, "DM", "Demographics", [case.column], [frame]) == []
    assert [bits(value) for (value,) in naive_rows(path.read_bytes(), len(due))] == due
    found = [bits(value) for (value,) in by_pyreadstat(path)]
    assert found == due[: len(found)]
    assert set(due[len(found) :]) <= {""}
    guarded = written(tmp_path, [case.column, GUARD], frame.assign(GUARD=1.0))
    assert by_pandas(guarded) == [[PANDAS_ZERO if value == 0 else value, 1.0] for value in case.due]


# --- names and labels
NAME, LETTERS = (
    "a name is 1 to 8 upper-case letters and digits",
    "the label holds a character that is not printable ASCII",
)
NAMES: list[tuple[str, str, str | None]] = [  # variable, its label, and why it is refused
    ("ABCDEFGH", "Eight letters", None),
    ("ABCDEFGHI", "Nine letters", NAME),
    ("A", "One letter", None),
    ("", "No letter", NAME),
    ("A1234567", "Digits behind the first", None),
    ("1ABC", "A digit first", NAME),
    ("_ABC", "An underscore first", NAME),
    ("AB_C", "An underscore", NAME),
    ("aval", "Lower case", NAME),
    ("AV AL", "A blank", NAME),
    ("\u0410BC", "A letter that is not Latin", NAME),
    ("\u5e74", "A Chinese name of three bytes", NAME),
    ("AB\n", "A line end", NAME),
    ("AVAL", LABEL_40, None),
    ("AVAL", LABEL_40 + "r", "the label has 41 bytes and at most 40 fit"),
    ("AVAL", "", None),
    ("AVAL", "\u5e74" * 13, LETTERS),
    ("AVAL", "\u5e74" * 14, LETTERS),
    ("AVAL", "Forty bytes to the cut inside a chara\u5e74", LETTERS),
    ("AVAL", "Value (\u00b5g)", LETTERS),
    ("AVAL", "A\ttab", LETTERS),
    ("AVAL", "A\0NUL", LETTERS),
    ("AVAL", "A line\n", LETTERS),
    ("AVAL", " A blank first", "the label begins or ends with a blank"),
    ("AVAL", "A blank last ", "the label begins or ends with a blank"),
    ("AVAL", "Subject's value", "a quote or a bracket of the label is not closed"),
    ("AVAL", 'Value of 5"', "a quote or a bracket of the label is not closed"),
    ("AVAL", "Subject's sponsor's", None),
    ("AVAL", 'Value "as told"', None),
    ("AVAL", "Value (mm", "a quote or a bracket of the label is not closed"),
    ("AVAL", "Value [mm)", "a quote or a bracket of the label is not closed"),
    ("AVAL", "Value ([{mm}])", None),
    ("AVAL", "100% & <b>; =1+1", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "label", "why"), NAMES)
def test_a_hostile_name_or_label_is_exact_for_every_reader_or_refused(
    tmp_path: Path, name: str, label: str, why: str | None
) -> None:
    column, frame = Column(name, label, 8, text=False), pd.DataFrame({name: [1.0]})
    if why:
        with pytest.raises(PipelineError) as caught:
            written(tmp_path, [column], frame)
        assert why in str(caught.value)
        assert list(tmp_path.iterdir()) == []
        return
    path = written(tmp_path, [column], frame)
    _, meta = pyreadstat.read_xport(path)
    assert {n: told or "" for n, told in meta.column_names_to_labels.items()} == {name: label}
    with opened(path) as reader:
        assert [(f["name"], f["label"]) for f in reader.fields] == [(name.encode(), label.encode())]


@pytest.mark.parametrize(
    ("dataset", "label", "why"),
    [
        ("SUPPAEXX", LABEL_40, None),
        ("SUPPAEXXX", "Nine letters", NAME),
        ("AE1", "A part of it", None),
        ("1AE", "A digit first", NAME),
        ("ae", "Lower case", NAME),
        ("AE", LABEL_40 + "r", "the label has 41 bytes and at most 40 fit"),
        ("AE", "\u4e0d\u826f\u4e8b\u4ef6", LETTERS),
    ],
)
def test_a_hostile_dataset_is_exact_for_every_reader_or_refused(
    tmp_path: Path, dataset: str, label: str, why: str | None
) -> None:
    if why:
        with pytest.raises(PipelineError, match=why):
            written(tmp_path, [GUARD], pd.DataFrame({"GUARD": [1.0]}), dataset, label)
        return
    path = written(tmp_path, [GUARD], pd.DataFrame({"GUARD": [1.0]}), dataset, label)
    _, meta = pyreadstat.read_xport(path)
    assert (meta.table_name, meta.file_label) == (dataset, label)
    with opened(path) as reader:
        assert (reader.member_info["set_name"], path.read_bytes()[512:552]) == (
            dataset,
            label.ljust(40).encode(),
        )


# --- width
def wide(count: int) -> tuple[list[Column], pd.DataFrame]:
    columns = [Column(f"V{i}", "Wide", 200, text=True) for i in range(count)]
    return columns, pd.DataFrame(
        {c.name: pd.Series([f"{i}".rjust(200, "x"), "y"], dtype="str") for i, c in enumerate(columns)}
    )


def test_a_row_of_as_many_variables_as_a_file_can_have_is_exact(tmp_path: Path, prove: bool) -> None:
    count = 9999 if prove else 1500
    columns, frame = wide(count)
    path = written(tmp_path, columns, frame)
    due = [[f"{i}".rjust(200, "x") for i in range(count)], ["y"] * count]
    assert naive_rows(path.read_bytes(), 2) == due
    assert by_pandas(path) == due
    if prove:  # pyreadstat's time grows with the square of the columns: half a minute for these
        assert by_pyreadstat(path) == due


def test_four_hundred_variables_of_200_bytes_are_exact_for_pyreadstat_too(tmp_path: Path) -> None:
    columns, frame = wide(400)
    path = written(tmp_path, columns, frame)
    assert by_pyreadstat(path) == [[f"{i}".rjust(200, "x") for i in range(400)], ["y"] * 400]


@pytest.mark.parametrize("count", [0, 10_000, 1_000_000])
def test_no_variable_or_more_than_the_header_can_count_is_refused_before_a_byte_is_written(
    tmp_path: Path, count: int
) -> None:
    with pytest.raises(PipelineError, match=f"a dataset has 1 to 9999 variables, not {count}"):
        write(tmp_path / "dm.xpt", "DM", "Demographics", [GUARD] * count, [], CREATED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (Column("TERM", "Term", 0, text=True), "a text is 1 to 200 bytes wide, not 0"),
        (Column("TERM", "Term", 201, text=True), "a text is 1 to 200 bytes wide, not 201"),
        (Column("TERM", "Term", 32_768, text=True), "a text is 1 to 200 bytes wide, not 32768"),
        (Column("AVAL", "Value", 4, text=False), "a number is 8 bytes wide, not 4"),
        (Column("TERM", "Term", 8, text=True, format="$8."), "a text has no format"),
        (Column("AVAL", "Value", 8, text=False, format="NINELETTERS8."), "is not a SAS format"),
    ],
)
def test_a_width_or_a_format_that_no_reader_would_take_is_refused(
    tmp_path: Path, column: Column, why: str
) -> None:
    with pytest.raises(PipelineError) as caught:
        written(
            tmp_path,
            [column],
            pd.DataFrame({column.name: pd.Series([], dtype="str" if column.text else "float64")}),
        )
    assert why in str(caught.value)
