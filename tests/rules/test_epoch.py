"""EPOCH: the epoch of the element in which the record begins, by the subject's actual elements (SDTMIG 3.4,
4.4.3 and 5.3).
"""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.epochs import epoch, epoch_when_due
from pipeline.study.models import Visit
from tests.support.tables import records, shown, text

SE = records(
    "USUBJID EPOCH SESTDTC",
    ("treated", "FOLLOW-UP", "2017-01-21"),  # in no order
    ("treated", "SCREENING", "2016-07-20"),
    ("treated", "TREATMENT", "2016-08-12T09:30"),
    ("never_dosed", "SCREENING", "2016-07-25"),
    ("never_dosed", "FOLLOW-UP", "2016-08-11"),
    ("screen_failure", "SCREENING", "2016-08-01"),
    ("died_on_treatment", "SCREENING", "2016-07-20"),
    ("died_on_treatment", "TREATMENT", "2016-08-12"),
)

EPOCHS = {
    # rule: (participant, date of the record, epoch)
    "before consent is screening: the history of an illness": ("treated", "2009-03-01", "SCREENING"),
    "the day of consent": ("treated", "2016-07-20", "SCREENING"),
    "the day before the first dose": ("treated", "2016-08-11", "SCREENING"),
    "the day of the first dose is treatment, whatever the time": ("treated", "2016-08-12T07:00", "TREATMENT"),
    "the last day of treatment": ("treated", "2017-01-20T23:59", "TREATMENT"),
    "the day after it": ("treated", "2017-01-21", "FOLLOW-UP"),
    "long after the last element began": ("treated", "2030-01-01", "FOLLOW-UP"),
    "never dosed: the day of randomization is screening": ("never_dosed", "2016-08-10", "SCREENING"),
    "never dosed: follow-up begins the day after": ("never_dosed", "2016-08-11", "FOLLOW-UP"),
    "a screen failure never leaves screening": ("screen_failure", "2018-01-01", "SCREENING"),
    "who died on treatment has no follow-up": ("died_on_treatment", "2018-01-01", "TREATMENT"),
    "a month within treatment": ("treated", "2016-09", "TREATMENT"),
    "a month before it": ("treated", "2016-07", "SCREENING"),
    "a month that began before the first dose can be treatment": ("treated", "2016-08", "TREATMENT"),
    "a month in which treatment ended can be treatment": ("treated", "2017-01", "TREATMENT"),
    "a year in which treatment began can be treatment": ("died_on_treatment", "2016", "TREATMENT"),
    "never dosed: what can be screening or follow-up is screening": ("never_dosed", "2016-08", "SCREENING"),
    "a year of follow-up": ("treated", "2018", "FOLLOW-UP"),
    "a screen failure, whatever the precision": ("screen_failure", "2016", "SCREENING"),
    "no date": ("treated", None, None),
    "a subject without elements": ("stranger", "2016-08-12", None),
}


@pytest.mark.parametrize(("who", "date", "expected"), EPOCHS.values(), ids=EPOCHS)
def test_a_record_has_the_epoch_of_the_element_in_which_it_begins(
    who: str, date: str | None, expected: str | None
) -> None:
    assert shown(epoch(text(who), text(date), SE)) == [expected]


def test_the_epoch_of_a_participant_does_not_depend_on_other_participants() -> None:
    who, date, expected = zip(*EPOCHS.values(), strict=True)
    assert shown(epoch(text(*who), text(*date), SE)) == list(expected)


def test_a_year_around_all_of_treatment_can_be_treatment() -> None:
    short = records(
        "USUBJID EPOCH SESTDTC",
        ("treated", "SCREENING", "2016-03-01"),
        ("treated", "TREATMENT", "2016-04-01"),
        ("treated", "FOLLOW-UP", "2016-05-01"),
    )
    assert shown(epoch(text("treated"), text("2016"), short)) == ["TREATMENT"]


def test_an_element_without_a_complete_start_holds_nothing() -> None:
    partial = records(
        "USUBJID EPOCH SESTDTC", ("treated", "SCREENING", "2016-03-01"), ("treated", "TREATMENT", "2016-04")
    )
    assert shown(epoch(text("treated"), text("2016-06-01"), partial)) == ["SCREENING"]


def test_where_there_are_no_elements_or_no_records_there_is_no_epoch() -> None:
    assert shown(epoch(text("treated"), text("2016"), SE.iloc[:0])) == [None]
    assert shown(epoch(text(), text(), SE)) == []


# --- what was not done
VISITS = (
    Visit(name="SCREENING", number=1, day=-28),
    Visit(name="CYCLE 1 DAY 1", number=2, day=1),
    Visit(name="WEEK 24", number=15, day=169),
    Visit(name="UNSCHEDULED", number=900, series=True),
)
DUE = {
    # rule: (participant, date of the record, visit, epoch)
    "what has a date is judged by it": ("treated", "2017-03-01", "CYCLE 1 DAY 1", "FOLLOW-UP"),
    "what was due at screening": ("treated", None, "SCREENING", "SCREENING"),
    "what was due on the first day of treatment": ("treated", None, "cycle 1 day 1", "TREATMENT"),
    "what was due after treatment had ended": ("treated", None, "WEEK 24", "FOLLOW-UP"),
    "what was due while treatment would have gone on": ("died_on_treatment", None, "WEEK 24", "TREATMENT"),
    "never dosed: the dose was due when follow-up had begun already": (
        "never_dosed",
        None,
        "CYCLE 1 DAY 1",
        "FOLLOW-UP",
    ),
    "a screen failure was due nothing": ("screen_failure", None, "CYCLE 1 DAY 1", None),
    "an unplanned visit was never due": ("treated", None, "UNSCHEDULED 01", None),
    "a subject without elements was due nothing": ("stranger", None, "SCREENING", None),
}


@pytest.mark.parametrize(("who", "date", "visit", "expected"), DUE.values(), ids=DUE)
def test_what_was_not_done_belongs_to_the_epoch_in_which_it_was_due(
    who: str, date: str | None, visit: str, expected: str | None
) -> None:
    assert shown(epoch_when_due(text(who), text(date), text(visit), SE, VISITS)) == [expected]


def test_the_epochs_of_all_records_at_once_keep_their_order() -> None:
    who, date, visit, expected = zip(*DUE.values(), strict=True)
    assert shown(epoch_when_due(text(*who), text(*date), text(*visit), SE, VISITS)) == list(expected)


def test_where_there_are_no_elements_nothing_was_due() -> None:
    assert shown(epoch_when_due(text("treated"), text(None), text("SCREENING"), SE.iloc[:0], VISITS)) == [
        None
    ]
