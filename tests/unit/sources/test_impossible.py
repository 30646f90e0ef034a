"""What a record says that cannot be so although each of its cells is of its type."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pipeline.sources import impossible
from pipeline.study.models import CollectedDates
from tests.support.tables import text

RULE = CollectedDates(earliest=date(1900, 1, 1), entered="ENTERED_AT", days_ahead=1096, reason="-")
LAST = pd.Series(
    {"S-1": pd.Timestamp("2019-07-17")}, dtype="datetime64[s]"
)  # three years after the last entry
DATES = {
    # rule: (date, whether it is impossible)
    "a day of the study": ("2016-07-15", False),
    "a year before anybody was born": ("0216-07-15", True),
    "the first day that is possible": ("1900-01-01", False),
    "the last day of the year before": ("1899-12-31", True),
    "a year that begins before and ends after": ("1900", False),
    "the year before, without its day": ("1899", True),
    "digits exchanged": ("2061-07-19", True),
    "the last day that is possible": ("2019-07-17", False),
    "the day after it": ("2019-07-18", True),
    "a month that begins before the last day": ("2019-07", False),
    "a month after it": ("2019-08", True),
    "no date": (None, False),
}


@pytest.mark.parametrize(("day", "expected"), DATES.values(), ids=DATES)
def test_a_year_in_which_nothing_can_have_happened_is_found(day: str | None, expected: bool) -> None:
    assert impossible.is_impossible(text(day), text("S-1"), LAST, RULE).tolist() == [expected]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("0001-05-03", True),
        ("1581-12-31", True),
        ("1899-12-31", True),
        ("1900-01-01", False),
        ("1900", False),
    ],
)
def test_a_study_that_says_nothing_of_its_dates_has_none_before_1900(day: str, expected: bool) -> None:
    last = impossible.last_days({"ae": pd.DataFrame({"USUBJID": ["S-1"]}, dtype="str")}, None)
    assert impossible.is_impossible(text(day), text("S-1"), last, None).tolist() == [expected]


def test_of_a_person_of_whom_nobody_says_when_anything_was_entered_no_year_is_too_late() -> None:
    assert impossible.is_impossible(text("2061-07-19"), text("S-2"), LAST, RULE).tolist() == [False]


def test_the_last_entry_in_any_form_counts() -> None:
    forms = {
        "ae": pd.DataFrame(
            {"USUBJID": ["S-1", "S-1"], "ENTERED_AT": ["2016-07-17 10:00", None]}, dtype="str"
        ),
        "cm": pd.DataFrame({"USUBJID": ["S-1"], "ENTERED_AT": ["2016-08-01 09:00"]}, dtype="str"),
        "without": pd.DataFrame({"USUBJID": ["S-1"]}, dtype="str"),
    }
    assert impossible.last_days(forms, RULE).to_dict() == {"S-1": pd.Timestamp("2019-08-02")}


TEXTS = {
    # rule: (text, what is said)
    "one line": ("seen at home", ""),
    "a line break": ("seen\nat home", "a control character (U+000A) at character 5"),
    "a line break of Windows": (
        "seen\r\nat home",
        "a control character (U+000D) at character 5, a control character (U+000A) at character 6"),
    "a tab, twice": ("a\tb\tc", "a control character (U+0009) at character 2"),
    "another control character": ("a\x0bb", "a control character (U+000B) at character 2"),
    "the separator of lines of Unicode": ("a\u2028b", "a control character (U+2028) at character 2"),
    "what is not ASCII is no control character": ("头痛 – mild", ""),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "said"), TEXTS.values(), ids=TEXTS)
def test_control_characters_are_told_by_code_point_and_place(typed: str, said: str) -> None:
    assert impossible.control_characters(typed) == said
