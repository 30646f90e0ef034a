"""EPOCH: the epoch of the element in which the record begins, by the subject's actual elements; null before
participation in the study (SDTMIG 3.4, 4.1.3.1 and 5.3).
"""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.epochs import (
    epoch,
    epoch_of_branch,
    epoch_of_dose,
    epoch_of_history,
    epoch_when_due,
)
from pipeline.records.epochs import is_of_treatment
from pipeline.study.models import Visit
from tests.support.tables import records, shown, text
from tests.support.tabulated_sample import tabulated

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
    "what began years before consent has no epoch": ("treated", "2009-03-01", None),
    "nor has what began the day before it": ("treated", "2016-07-19T23:59", None),
    "the day of consent": ("treated", "2016-07-20", "SCREENING"),
    "the day before the first dose": ("treated", "2016-08-11", "SCREENING"),
    "before the first dose on its day, by the time of both": ("treated", "2016-08-12T09:29", "SCREENING"),
    "at the minute of the first dose": ("treated", "2016-08-12T09:30", "TREATMENT"),
    "after the first dose on its day": ("treated", "2016-08-12T09:31", "TREATMENT"),
    "the day of the first dose, at no known time": ("treated", "2016-08-12", "TREATMENT"),
    "the day of a first dose without a time": ("died_on_treatment", "2016-08-12T00:05", "TREATMENT"),
    "the first day of follow-up, which begins with the day": ("treated", "2017-01-21T00:00", "FOLLOW-UP"),
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
    "a month that ends before consent": ("treated", "2016-06", None),
    "a year that ends before consent": ("treated", "2015", None),
    "a screen failure, a month before consent": ("screen_failure", "2016-07", None),
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


NAMES_OF_EPOCHS = {
    "TREATMENT": True,
    "OPEN LABEL TREATMENT": True,
    "Treatment 2": True,
    "TREATMENT PERIOD A": True,
    "POST-TREATMENT": False,
    "Pre-treatment": False,
    "POST TREATMENT FOLLOW-UP": False,
    "TREATMENT FOLLOW-UP": False,
    "TREATMENT-FREE INTERVAL": False,
    "END OF TREATMENT": False,
    "WASHOUT": False,
}


@pytest.mark.parametrize(("name", "expected"), NAMES_OF_EPOCHS.items(), ids=NAMES_OF_EPOCHS)
def test_an_epoch_of_treatment_is_known_by_its_name(name: str, expected: bool) -> None:
    assert is_of_treatment(name) is expected


def test_a_partial_date_that_can_lie_after_treatment_alone_is_of_the_earliest_epoch() -> None:
    elements = records(
        "USUBJID EPOCH SESTDTC",
        ("treated", "SCREENING", "2016-03-01"),
        ("treated", "TREATMENT", "2016-04-01"),
        ("treated", "FOLLOW-UP", "2016-05-01"),
        ("treated", "POST-TREATMENT", "2016-06-15"),
    )
    month = epoch(text("treated", "treated"), text("2016-06", "2016-04"), elements)
    assert shown(month) == ["FOLLOW-UP", "TREATMENT"]


HISTORY = {
    # rule: (participant, start of what the form of history asks for, epoch)
    "it began before consent": ("treated", "2016-07-19", None),
    "in a year before consent": ("treated", "2012", None),
    "in the year of consent, in which treatment began too: it is history": ("treated", "2016", None),
    "in the month of consent": ("treated", "2016-07", None),
    "on the day of consent": ("treated", "2016-07-20", "SCREENING"),
    "a date after consent is taken as it stands": ("treated", "2016-08-01", "SCREENING"),
    "no date": ("treated", None, None),
    "a subject without elements": ("stranger", "2016-08-01", None),
}


@pytest.mark.parametrize(("who", "date", "expected"), HISTORY.values(), ids=HISTORY)
def test_history_that_can_have_begun_before_consent_has_no_epoch(
    who: str, date: str | None, expected: str | None
) -> None:
    assert shown(epoch_of_history(text(who), text(date), SE)) == [expected]


BRANCHES = {
    # rule: (participant, date of the assignment to an arm, epoch)
    "some days before the first dose": ("treated", "2016-08-10", "SCREENING"),
    "on the day of the first dose: the arms branch inside screening": ("treated", "2016-08-12", "SCREENING"),
    "an hour before the first dose": ("treated", "2016-08-12T08:30", "SCREENING"),
    "an hour after the first dose": ("treated", "2016-08-12T10:30", "TREATMENT"),
    "on the day of a first dose without a time": ("died_on_treatment", "2016-08-12T10:30", "SCREENING"),
    "the day after the first dose: assigned too late": ("treated", "2016-08-13", "TREATMENT"),
    "never dosed: follow-up begins the day after": ("never_dosed", "2016-08-10", "SCREENING"),
    "on the day of consent": ("treated", "2016-07-20", "SCREENING"),
    "before consent": ("treated", "2016-07-19", None),
    "no date": ("treated", None, None),
    "a partial date": ("treated", "2016-08", None),
    "a subject without elements": ("stranger", "2016-08-12", None),
}


@pytest.mark.parametrize(("who", "date", "expected"), BRANCHES.values(), ids=BRANCHES)
def test_an_assignment_belongs_to_the_element_at_whose_end_the_arms_branch(
    who: str, date: str | None, expected: str | None
) -> None:
    assert shown(epoch_of_branch(text(who), text(date), SE)) == [expected]


def test_who_consents_is_randomized_and_dosed_on_one_day_is_randomized_in_screening() -> None:
    one_day = records(
        "USUBJID EPOCH SESTDTC",
        ("treated", "SCREENING", "2016-08-12"),
        ("treated", "TREATMENT", "2016-08-12T09:30"),
    )
    assert shown(epoch_of_branch(text("treated"), text("2016-08-12"), one_day)) == ["SCREENING"]


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


# --- planned doses
DOSES = records(
    "USUBJID ECOCCUR ECSTDTC VISIT",
    ("began_late", "N", None, "CYCLE 1 DAY 1"),
    ("began_late", "Y", "2016-09-02T10:00", "WEEK 24"),  # the visit of the first dose
    ("treated", "Y", "2016-08-12T09:30", "CYCLE 1 DAY 1"),
    ("treated", "N", None, "WEEK 24"),
    ("never_dosed", "N", None, "CYCLE 1 DAY 1"),
)
ELEMENTS = records(
    "USUBJID EPOCH SESTDTC",
    ("treated", "SCREENING", "2016-07-20"),
    ("treated", "TREATMENT", "2016-08-12T09:30"),
    ("began_late", "SCREENING", "2016-07-20"),
    ("began_late", "TREATMENT", "2016-09-02T10:00"),
    ("never_dosed", "SCREENING", "2016-07-25"),
    ("never_dosed", "FOLLOW-UP", "2016-08-11"),
)
DOSE_EPOCHS = {
    # rule: (participant, given, date, visit, epoch)
    "the first dose": ("treated", "Y", "2016-08-12T09:30", "CYCLE 1 DAY 1", "TREATMENT"),
    "a dose missed after it": ("treated", "N", None, "WEEK 24", "TREATMENT"),
    "the other product refused at the visit of the first dose": (
        "treated",
        "N",
        None,
        "CYCLE 1 DAY 1",
        "TREATMENT",
    ),
    "refused at a visit before that of the first dose": ("began_late", "N", None, "CYCLE 1 DAY 1", None),
    "refused on a day before the first dose": ("began_late", "N", "2016-08-30", "CYCLE 1 DAY 1", None),
    "refused on a day after the first dose": ("began_late", "N", "2016-09-20", "WEEK 24", "TREATMENT"),
    "refused by a participant who was never dosed": ("never_dosed", "N", None, "CYCLE 1 DAY 1", None),
    "refused by one who was never dosed, on a day": ("never_dosed", "N", "2016-08-12", "CYCLE 1 DAY 1", None),
}


@pytest.mark.parametrize(("who", "given", "date", "visit", "expected"), DOSE_EPOCHS.values(), ids=DOSE_EPOCHS)
def test_a_dose_refused_before_the_first_one_has_no_epoch(
    who: str, given: str, date: str | None, visit: str, expected: str | None
) -> None:
    assert shown(epoch_of_dose(text(who), text(date), text(visit), text(given), DOSES, ELEMENTS, VISITS)) == [
        expected
    ]


def test_in_the_sample_only_what_began_before_the_study_and_a_dose_refused_before_it_have_no_epoch() -> None:
    without = {
        name: int(frame["EPOCH"].isna().sum()) for name, frame in tabulated().items() if "EPOCH" in frame
    }
    assert {name: count for name, count in without.items() if count} == {
        "CM": 81,  # earlier therapies, and medication that began before consent
        "PR": 49,  # earlier surgery and radiotherapy
        "MI": 90,
        "GF": 11,  # samples of earlier operations
        "EC": 1,  # FD-017 refused the treatment assigned
    }


def test_in_the_sample_what_was_taken_before_the_first_dose_on_its_day_is_screening() -> None:
    frames = tabulated()
    first_dose = frames["DM"].set_index("USUBJID")["RFXSTDTC"]
    before = {}
    for name, date in {"LB": "LBDTC", "VS": "VSDTC"}.items():
        frame = frames[name]
        dose = frame["USUBJID"].map(first_dose)
        before[name] = frame[frame[date].str[:10].eq(dose.str[:10]) & frame[date].lt(dose)]
    assert {name: len(frame) for name, frame in before.items()} == {"LB": 552, "VS": 174}
    assert {name: set(frame["EPOCH"]) for name, frame in before.items()} == {
        "LB": {"SCREENING"},
        "VS": {"SCREENING"},
    }


def test_in_the_sample_everyone_was_randomized_in_screening() -> None:
    ds = tabulated()["DS"]
    assert shown(ds.loc[ds["DSDECOD"].eq("RANDOMIZED"), "EPOCH"]) == ["SCREENING"] * 30
