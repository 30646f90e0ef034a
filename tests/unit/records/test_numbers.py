"""Numbers as people write them: what the one grammar reads, what it refuses, and what it leaves as words."""

from __future__ import annotations

import pytest

from pipeline.records.numbers import PLAIN, Marks, Result, as_read, is_nearly_number, number, read

COMMA = Marks(decimal=",")
POINT_BY_COMMA = Marks(decimal=".", thousands=",")
COMMA_BY_POINT = Marks(decimal=",", thousands=".")
COMMA_BY_BLANK = Marks(decimal=",", thousands=" ")
BY_APOSTROPHE = Marks(thousands="'")

NUMBERS = [
    ("0", PLAIN, "0"),
    ("007", PLAIN, "007"),
    ("7.50", PLAIN, "7.50"),
    ("-2.5", PLAIN, "-2.5"),
    ("+5", PLAIN, "5"),
    (".5", PLAIN, "0.5"),
    ("-.5", PLAIN, "-0.5"),
    ("5．6", PLAIN, "5.6"),  # the point of an input method for Chinese
    ("3,57", COMMA, "3.57"),
    ("3，57", COMMA, "3.57"),
    (",5", COMMA, "0.5"),
    ("1,020", COMMA, "1.020"),
    ("1,020", POINT_BY_COMMA, "1020"),
    ("1,020.5", POINT_BY_COMMA, "1020.5"),
    ("12,345,678", POINT_BY_COMMA, "12345678"),
    ("1020.5", POINT_BY_COMMA, "1020.5"),
    ("1.020,5", COMMA_BY_POINT, "1020.5"),
    ("1 204", COMMA_BY_BLANK, "1204"),
    ("1\u00a0204,5", COMMA_BY_BLANK, "1204.5"),
    ("1\u202f204", COMMA_BY_BLANK, "1204"),
    ("1'204.5", BY_APOSTROPHE, "1204.5"),
    ("1’204.5", BY_APOSTROPHE, "1204.5"),
]


@pytest.mark.parametrize(("text", "marks", "plain"), NUMBERS)
def test_a_number_is_read_by_the_marks_that_its_contract_declares(
    text: str, marks: Marks, plain: str
) -> None:
    assert number(text, marks) == plain
    assert as_read(text, marks) == plain
    assert not is_nearly_number(text, marks)


SIGNED = [
    ("<5", PLAIN, Result("<", "5")),
    ("> 5", PLAIN, Result(">", "5")),
    ("<=5", PLAIN, Result("<=", "5")),
    ("≥5", PLAIN, Result(">=", "5")),
    ("≤ 0.5", PLAIN, Result("<=", "0.5")),
    ("＜0.5", PLAIN, Result("<", "0.5")),
    ("＞＝1000", PLAIN, Result(">=", "1000")),
    ("<.5", PLAIN, Result("<", "0.5")),
    ("<-5", PLAIN, Result("<", "-5")),
    ("<5,0", COMMA, Result("<", "5.0")),
]


@pytest.mark.parametrize(("text", "marks", "result"), SIGNED)
def test_a_result_beyond_a_limit_of_quantification_keeps_its_sign_and_is_no_number(
    text: str, marks: Marks, result: Result
) -> None:
    assert read(text, marks) == result
    assert number(text, marks) is None
    assert not is_nearly_number(text, marks)


NEARLY = [
    # as laboratories write them
    "12-", "3,57", "<5,0", "5.1E0", "1 204", "1,020", "1,020.5", "135 *", "8.6 H", "8.6H", "~140",
    "4.1 (hemolyzed)", "2.2-2.4", "5-10", "1:80", "5 mmol/L", "5%", "> 5 *", "<>5", "=5", "5 or 6", "5/6",
    "$5", "3.5.7", "Negative (1+)",
    # what a program takes for a number
    "1e5", "1_000", "--5", "+-5", "- 5", "0x1F", "5.", "nan", "NaN", "-inf", "Infinity", "1j", "5f", "5L",
    # digits and marks that are not ASCII
    "５", "５.６", "٥", "3²", "½", "−5", "5·6",
    # errors of a spreadsheet
    "#N/A", "#VALUE!", "#DIV/0!",
]  # fmt: skip


@pytest.mark.parametrize("text", NEARLY)
def test_what_looks_like_a_number_and_is_none_is_neither_repaired_nor_guessed(text: str) -> None:
    assert read(text) is None
    assert as_read(text) == text
    assert is_nearly_number(text)


OF_OTHER_MARKS = [
    ("3.57", COMMA),
    ("1.02", COMMA_BY_POINT),  # thousands have three digits
    ("0.123", COMMA_BY_POINT),  # and no zero before them
    ("1,02", POINT_BY_COMMA),
    ("0,123", POINT_BY_COMMA),
    ("1,0204", POINT_BY_COMMA),
    ("1  204", COMMA_BY_BLANK),
    ("1.234,567", POINT_BY_COMMA),
]


@pytest.mark.parametrize(("text", "marks"), OF_OTHER_MARKS)
def test_a_number_written_otherwise_than_declared_is_none(text: str, marks: Marks) -> None:
    assert read(text, marks) is None
    assert is_nearly_number(text, marks)


@pytest.mark.parametrize(
    "text", ["TRACE", "NEG", "+++", "Haemolysed", "阴性", "<LLOQ", "-", ".", "<", "一般"]
)
def test_words_are_no_numbers_and_nobody_asks_about_them(text: str) -> None:
    assert read(text) is None
    assert as_read(text) == text
    assert not is_nearly_number(text)
