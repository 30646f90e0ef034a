"""EPOCH: SCREENING until the first dose, TREATMENT to the later of last dose and end of treatment, then FOLLOW-UP (SDTMIG 3.4, 7.3)."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.sdtm.timing import epoch
from tests.support.tables import records, shown, text

EXPOSURE = records(
    "USUBJID EXSTDTC EXENDTC",
    ("treated", "2016-08-12T09:30", "2016-08-12T11:00"),
    ("treated", "2017-01-06T09:30", "2017-01-06T10:15"),
    ("stopped_early", "2016-08-12", "2016-08-12"),
    ("no_form_of_end", "2016-08-12", "2016-08-12"),
    ("no_form_of_end", "2016-09-02", None),
)
ENDED = records(
    "USUBJID END_DATE",
    ("treated", "2017-01-06"),  # one product ended with the last dose,
    ("treated", "2017-01-20"),  # the other two weeks later: the later one counts
    ("stopped_early", "2016-08-01"),  # before the last dose: the last dose counts
    ("never_dosed", "2016-08-20"),
)
RANDOMIZED = records(
    "USUBJID RAND_DATE",
    ("treated", "2016-08-10"),
    ("stopped_early", "2016-08-10"),
    ("no_form_of_end", "2016-08-10"),
    ("never_dosed", "2016-08-10"),
)

EPOCHS = {
    # rule: (participant, date of the record, epoch)
    "long before the first dose": ("treated", "2016-07-20", "SCREENING"),
    "randomized and not yet dosed is screening": ("treated", "2016-08-11", "SCREENING"),
    "the day of the first dose is treatment, whatever the time": ("treated", "2016-08-12T07:00", "TREATMENT"),
    "the day of the last dose": ("treated", "2017-01-06", "TREATMENT"),
    "the last day by the form": ("treated", "2017-01-20", "TREATMENT"),
    "the day after it": ("treated", "2017-01-21", "FOLLOW-UP"),
    "a dose after the form's end is treatment": ("stopped_early", "2016-08-12", "TREATMENT"),
    "and the next day is not": ("stopped_early", "2016-08-13", "FOLLOW-UP"),
    "without a form the last dose ends treatment": ("no_form_of_end", "2016-09-02", "TREATMENT"),
    "without a form, the day after the last dose": ("no_form_of_end", "2016-09-03", "FOLLOW-UP"),
    "never dosed: the day of randomization is screening": ("never_dosed", "2016-08-10", "SCREENING"),
    "never dosed: follow-up begins the day after": ("never_dosed", "2016-08-11", "FOLLOW-UP"),
    "never dosed: the form of end of treatment makes no treatment": ("never_dosed", "2016-08-20", "FOLLOW-UP"),
    "a screen failure never leaves screening": ("screen_failure", "2018-01-01", "SCREENING"),
    "a month in which the epoch changes": ("treated", "2016-08", None),
    "a month within treatment": ("treated", "2016-09", "TREATMENT"),
    "a month before it": ("treated", "2016-07", "SCREENING"),
    "a year in which the epoch changes": ("treated", "2016", None),
    "a year of follow-up": ("treated", "2018", "FOLLOW-UP"),
    "a screen failure, whatever the precision": ("screen_failure", "2016", "SCREENING"),
    "no date": ("treated", None, None),
}


@pytest.mark.parametrize(("who", "date", "expected"), EPOCHS.values(), ids=EPOCHS)
def test_epoch(who: str, date: str | None, expected: str | None) -> None:
    assert shown(epoch(text(who), text(date), EXPOSURE, ENDED, RANDOMIZED)) == [expected]


def test_a_subject_stands_alone() -> None:
    who, date, expected = zip(*EPOCHS.values(), strict=True)
    assert shown(epoch(text(*who), text(*date), EXPOSURE, ENDED, RANDOMIZED)) == list(expected)


def none_of(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


def test_where_nobody_was_dosed_randomization_ends_screening() -> None:
    who, date = text("never_dosed", "never_dosed", "screen_failure"), text("2016-08-10", "2016-08-11", "2016-08-11")
    assert shown(epoch(who, date, none_of(EXPOSURE), none_of(ENDED), RANDOMIZED)) == ["SCREENING", "FOLLOW-UP", "SCREENING"]


def test_where_nobody_was_randomized_all_is_screening() -> None:
    assert shown(epoch(text("screen_failure"), text("2016-08-10"), none_of(EXPOSURE), none_of(ENDED), none_of(RANDOMIZED))) == ["SCREENING"]


def test_a_partial_date_of_a_dose_does_not_count() -> None:
    exposure = records("USUBJID EXSTDTC EXENDTC", ("treated", "2016-08", None), ("treated", "2016-09-02", "2016-09-02"))
    assert shown(epoch(text("treated", "treated"), text("2016-08-20", "2016-09-02"), exposure, none_of(ENDED), RANDOMIZED)) == [
        "SCREENING",
        "TREATMENT",
    ]
