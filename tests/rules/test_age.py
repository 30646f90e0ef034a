"""Age in completed years on a date, by the rule of `age`."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.derivations.sdtm.subjects import age

CASES = {
    # born, asked for on, years
    "the day before the birthday": ("1960-05-12", "2020-05-11", 59),
    "the birthday": ("1960-05-12", "2020-05-12", 60),
    "a time of consent does not count": ("1960-05-12", "2020-05-12T09:30", 60),
    "born on 29 February, on 28 February": ("1960-02-29", "2021-02-28", 60),
    "born on 29 February, on 1 March": ("1960-02-29", "2021-03-01", 61),
    "a month without a day begins with its first": ("1960-05", "2020-05-01", 60),
    "the month before it": ("1960-05", "2020-04-30", 59),
    "a year alone: the difference of the years": ("1960", "2020-01-01", 60),
    "born on that day": ("2020-05-12", "2020-05-12", 0),
    "born later": ("2020-05-13", "2020-05-12", None),
    "no date of birth": (None, "2020-05-12", None),
    "consent without a day": ("1960-05-12", "2020-05", None),
}


@pytest.mark.parametrize(("born", "on", "years"), CASES.values(), ids=CASES)
def test_age_in_completed_years(born: str | None, on: str, years: int | None) -> None:
    (found,) = age(pd.Series([born], dtype="str"), pd.Series([on], dtype="str"))
    assert (None if pd.isna(found) else found) == years
