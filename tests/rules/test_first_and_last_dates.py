"""The first and the last of a participant's dates: which records and columns count, and what a partial date
can mean (SDTMIG 3.4, 5.2; ADaMIG 1.3, 3.2).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.derivations import dated
from pipeline.records.measures import Conditions
from tests.support.tables import records, text

USUBJID = text("one", "other", "nobody")
DATES = records(
    "USUBJID STATUS STARTED ENDED",
    ("one", "GIVEN", "2020-03-02", "2020-03-09"),
    ("one", "GIVEN", "2020-02-11T09:30", "2020-02"),
    ("one", "REFUSED", "2020-01-05", "2020-04-01"),
    ("one", "GIVEN", "2020", None),
    ("other", "REFUSED", "2020-05-06", None),
)
STARTS = DATES.drop(columns="ENDED")
GIVEN: Conditions = {"STATUS": "GIVEN"}
OTHERS = records(
    "USUBJID DAY",
    ("one", "2020-01-01"),
    ("other", "2020-07-01"),
    ("nobody", "2020-08-01"),
    ("nobody", "2020"),
)
CASES: dict[str, tuple[Any, pd.DataFrame, dict[str, Any], list[str | None]]] = {
    "the earliest": (dated.first_date, STARTS.drop(columns="STATUS"), {}, ["2020-01-05", "2020-05-06", None]),
    "the latest": (dated.last_date, STARTS.drop(columns="STATUS"), {}, ["2020-03-02", "2020-05-06", None]),
    "the earliest with its time, of those that count": (
        dated.first_date, STARTS, {"where": GIVEN}, ["2020-02-11T09:30", None, None]),
    "the latest of every column": (
        dated.last_date, DATES, {"where": GIVEN}, ["2020-03-09", None, None]),
    "but those that are left out": (
        dated.last_date, DATES, {"unless": {"STATUS": "REFUSED"}}, ["2020-03-09", None, None]),
    "the latest of other records too": (
        dated.last_date, STARTS, {"where": GIVEN, "doses": OTHERS},
        ["2020-03-02", "2020-07-01", "2020-08-01"]),
    "the earliest of other records too": (
        dated.first_date, STARTS, {"where": GIVEN, "others": OTHERS, "disposition": OTHERS},
        ["2020-01-01", "2020-07-01", "2020-08-01"]),
    "a year counts as its first day where it may": (
        dated.first_date, STARTS, {"where": GIVEN, "partial": True}, ["2020", None, None]),
    "a year counts as its last day where it may": (
        dated.last_date, STARTS, {"where": GIVEN, "partial": True}, ["2020", None, None]),
}  # fmt: skip


@pytest.mark.parametrize(("function", "frame", "given", "expected"), CASES.values(), ids=CASES)
def test_the_first_or_last_date(
    function: Any, frame: pd.DataFrame, given: dict[str, Any], expected: list[str | None]
) -> None:
    found = function(USUBJID, frame, **given)
    assert [None if pd.isna(value) else value for value in found] == expected


@pytest.mark.parametrize(
    ("function", "texts", "expected"),
    [
        (dated.first_date, ("2020-03", "2020-03-01"), "2020-03-01"),
        (dated.last_date, ("2020-03", "2020-03-31"), "2020-03-31"),
        (dated.first_date, ("2020-03-02", "2020-03"), "2020-03"),
        (dated.last_date, ("2020-03-30", "2020-03"), "2020-03"),
    ],
)
def test_of_partial_dates_that_mean_the_same_day_the_most_precise_is_taken(
    function: Any, texts: tuple[str, str], expected: str
) -> None:
    frame = records("USUBJID STARTED", *(("one", value) for value in texts))
    assert function(text("one"), frame, partial=True).tolist() == [expected]


def day_of(found: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else value.date().isoformat() for value in found]


def test_the_first_and_the_last_day_are_those_of_complete_dates() -> None:
    assert day_of(dated.first_day(USUBJID, DATES, where=GIVEN)) == ["2020-02-11", None, None]
    assert day_of(dated.last_day(USUBJID, DATES, where=GIVEN)) == ["2020-03-09", None, None]


def test_the_last_day_counts_the_dates_of_other_records_whatever_the_conditions_say() -> None:
    contact = records("USUBJID SEEN", ("one", "2020-06-07"), ("nobody", "2020-01-01"))
    found = dated.last_day(USUBJID, DATES, others=contact, where=GIVEN)
    assert day_of(found) == ["2020-06-07", None, "2020-01-01"]


def test_days_are_counted_with_both_ends() -> None:
    start = pd.Series(["2020-03-01"] * 4, dtype="datetime64[s]")
    end = pd.Series(["2020-03-01", "2020-03-02", "2020-02-29", None], dtype="datetime64[s]")
    days = dated.days_between(start, end)
    assert [None if pd.isna(value) else value for value in days] == [1, 2, -1, None]


def test_a_flag_is_y_where_the_date_is_known() -> None:
    assert dated.flag(pd.Series(["2020-03-01", None], dtype="datetime64[s]")).tolist() == ["Y", "N"]
