"""A typed value reads as the form would have shown it, and what would have to be guessed is refused."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pytest

from pipeline.sources import collected
from tests.support.forms import DATE, SLASHED, a_form

FIELDS = a_form(
    "TEXT",
    NUMBER="number",
    INTEGER="integer",
    CODE="code",
    DATE=DATE,
    SLASHED=SLASHED,
    TIME="time",
    STAMP="stamp",
).fields

SHOWN: dict[str, tuple[object, str, str | None]] = {
    "a text as it stands": (" 007 ", "TEXT", " 007 "),
    "an empty text is missing": ("", "TEXT", None),
    "nothing is missing": (None, "TEXT", None),
    "no number is missing": (math.nan, "NUMBER", None),
    "a whole number has no decimals": (6.0, "NUMBER", "6"),
    "a number has no noise": (6.1000000000000005, "NUMBER", "6.1"),
    "a sum has no noise": (0.1 + 0.2, "NUMBER", "0.3"),
    "a single-precision number has its own digits": (np.float32(6.1), "NUMBER", "6.1"),
    "a small number has no exponent": (0.00001, "NUMBER", "0.00001"),
    "a large number has no exponent": (1e16, "NUMBER", "10000000000000000"),
    "a whole double keeps each digit": (1234567890123456.0, "NUMBER", "1234567890123456"),
    "a whole double of seventeen digits": (12345678901234568.0, "NUMBER", "12345678901234568"),
    "an integer keeps each digit": (12345678901234567890, "INTEGER", "12345678901234567890"),
    "minus nothing is nothing": (-0.0, "NUMBER", "0"),
    "a decimal keeps the places it was given": (Decimal("6.10"), "NUMBER", "6.10"),
    "a number under a free text is its text": (5.0, "TEXT", "5"),
    "a number under a date stays a number, which the contract refuses": (42594.0, "DATE", "42594"),
    "true is the word that a spreadsheet shows": (True, "TEXT", "TRUE"),
    "a date": (date(2016, 8, 2), "DATE", "02 AUG 2016"),
    "a date as the laboratory writes it": (date(2016, 8, 2), "SLASHED", "2016/8/2"),
    "a moment at midnight under a date": (datetime(2016, 8, 2), "DATE", "02 AUG 2016"),  # noqa: DTZ001
    "a moment": (datetime(2016, 8, 2, 9, 5), "STAMP", "2016-08-02 09:05"),  # noqa: DTZ001
    "seconds are not dropped": (datetime(2016, 8, 2, 9, 5, 7), "STAMP", "2016-08-02 09:05:07"),  # noqa: DTZ001
    "no time is made up for a date": (date(2016, 8, 2), "STAMP", "2016-08-02"),
    "a time": (time(9, 5), "TIME", "09:05"),
    "a time as a part of a day": (timedelta(hours=9, minutes=5), "TIME", "09:05"),
}


@pytest.mark.parametrize(("value", "field", "expected"), SHOWN.values(), ids=SHOWN.keys())
def test_a_value_reads_as_the_form_would_have_shown_it(
    value: object, field: str, expected: str | None
) -> None:
    assert collected.text(value, FIELDS[field]) == expected


UNFIT: dict[str, tuple[object, str, str]] = {
    "a date under a free text": (
        date(2016, 1, 2),
        "TEXT",
        "holds a date where the contract says text; export the column as text",
    ),
    "a date under a number": (
        date(2016, 1, 2),
        "NUMBER",
        "holds a date where the contract says number; export the column as text",
    ),
    "a moment under a date": (
        datetime(2016, 1, 2, 9),  # noqa: DTZ001
        "DATE",
        "holds a date with a time where the contract says date; export what the form asks for",
    ),
    "a moment with a zone": (
        datetime(2016, 1, 2, 9, tzinfo=UTC),
        "STAMP",
        "holds a moment with a time zone; export it as the clock on site showed it",
    ),
    "a time under a date": (
        time(9),
        "DATE",
        "holds a time of day where the contract says date; export the column as text",
    ),
    "a duration": (
        timedelta(hours=25),
        "TIME",
        "holds a duration and no time of day; export the column as text",
    ),
    "infinity": (math.inf, "NUMBER", "holds infinity, which is no number; export it as text"),
    "a list": ([1], "TEXT", "holds no single text, number or date; export it as text"),
}


@pytest.mark.parametrize(
    ("value", "shown"), [(36.7, "36,7"), (1204.5, "1204,5"), (6.0, "6"), ("36.7", "36.7"), ("36,7", "36,7")]
)
def test_a_typed_number_has_the_decimal_mark_of_its_contract(value: object, shown: str) -> None:
    assert collected.text(value, FIELDS["NUMBER"].model_copy(update={"decimal": ","})) == shown


@pytest.mark.parametrize(("value", "field", "expected"), UNFIT.values(), ids=UNFIT.keys())
def test_a_value_of_no_sensible_text_is_refused(value: object, field: str, expected: str) -> None:
    with pytest.raises(collected.UnfitError) as caught:
        collected.text(value, FIELDS[field])
    assert str(caught.value) == expected
