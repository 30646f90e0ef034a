"""Best overall response, unconfirmed and confirmed: each row of the tables of RECIST 1.1, both sides of each
bound.

A course is a line of day and response: `42:CR 84:PR`; day 0 is the reference date, 2016-01-01; `/60` is the
start of new therapy. `84:PR~` is a PR that only persists: its sum is above 70 % of baseline again.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.derivations.oncology.best import Best, best_confirmed_response, best_response
from pipeline.errors import PipelineError
from tests.support.tables import days, text

ZERO = pd.Timestamp("2016-01-01")


def on(day: int) -> str:
    return (ZERO + pd.Timedelta(days=day)).strftime("%Y-%m-%d")


def both(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> pd.DataFrame:
    """The best response of each participant without and with confirmation, side by side."""
    unconfirmed = best_response(assessed, subjects, rules)
    return unconfirmed.join(best_confirmed_response(assessed, subjects, rules).drop(columns="USUBJID"))


def best(course: str, rules: Best | None = None) -> dict[str, object]:
    """The best response of one participant, dates as days after the reference date."""
    row = both(*frames(course), rules or Best()).iloc[0].to_dict()
    return {str(column): _plain(value) for column, value in row.items()}


def frames(course: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The responses of one participant, and the participant."""
    words = [word for word in course.split() if not word.startswith("/")]
    therapy = [int(word[1:]) for word in course.split() if word.startswith("/")]
    dates, responses = [], []
    for word in words:
        day, _, response = word.partition(":")
        dates.append(on(int(day)))
        responses.append(response.removesuffix("~") or None)
    assessed = pd.DataFrame(
        {
            "USUBJID": text(*("patient" for _ in words)),
            "date": days(*dates),
            "response": text(*responses),
            "persists": [word.endswith("~") for word in words],
        }
    )
    subjects = pd.DataFrame(
        {
            "USUBJID": text("patient"),
            "reference": days(on(0)),
            "new_therapy": days(on(therapy[0]) if therapy else None),
        }
    )
    return assessed, subjects


def _plain(value: Any) -> object:
    if pd.isna(value):
        return None
    return (value - ZERO).days if isinstance(value, pd.Timestamp) else value


UNCONFIRMED = {
    # rule: (course, best, day)
    "complete before partial": ("42:PR 84:CR 126:PD", "CR", 84),
    "partial before stable": ("42:SD 84:PR 126:SD", "PR", 84),
    "the first of the best": ("42:PR 84:PR", "PR", 42),
    "stable from 35 days on": ("35:SD 70:PD", "SD", 35),
    "stable at 34 days is too early: progression follows": ("34:SD 70:PD", "PD", 70),
    "and without progression nothing is known": ("34:SD", "NE", 34),
    "the first stable that is not too early": ("34:SD 70:SD", "SD", 70),
    "neither complete nor progressive from 35 days on": ("35:NON-CR/NON-PD", "NON-CR/NON-PD", 35),
    "and not at 34": ("34:NON-CR/NON-PD 70:PD", "PD", 70),
    "neither is better than progression": ("42:NON-CR/NON-PD 84:PD", "NON-CR/NON-PD", 42),
    "complete response counts at once": ("10:CR", "CR", 10),
    "partial response counts at once": ("10:PR", "PR", 10),
    "progression alone": ("42:PD", "PD", 42),
    "what follows progression does not count": ("42:PD 84:CR", "PD", 42),
    "nor what was read on its day": ("42:CR 42:PD", "PD", 42),
    "progression says more than nothing": ("42:NE 84:PD", "PD", 84),
    "not evaluable throughout": ("42:NE 84:NE", "NE", 42),
    "never assessed": ("", "NE", None),
    "a record without a response is no assessment": ("42:", "NE", None),
    "in any order of records": ("84:CR 42:PR", "CR", 84),
    "nothing after new therapy": ("42:SD 84:PR /60", "SD", 42),
    "on the day of its start still": ("42:PR /42", "PR", 42),
    "not the day after": ("43:PR /42", "NE", None),
    "progression after new therapy does not count": ("34:SD 84:PD /60", "NE", 34),
}


@pytest.mark.parametrize(("course", "response", "day"), UNCONFIRMED.values(), ids=UNCONFIRMED)
def test_unconfirmed_best_response(course: str, response: str, day: int | None) -> None:
    outcome = best(course)
    assert (outcome["bor"], outcome["bor_date"]) == (response, day)


TABLE = {
    # first and next, minimum duration met: (course, confirmed best, day)
    "CR CR": ("42:CR 84:CR", "CR", 42),
    "CR SD, minimum met": ("42:CR 84:SD", "SD", 42),
    "CR SD, not met": ("14:CR 34:SD", "PD", 34),
    "CR PD, minimum met": ("42:CR 84:PD", "SD", 42),
    "CR PD, not met": ("34:CR 84:PD", "PD", 84),
    "CR NE, minimum met": ("42:CR 84:NE", "SD", 42),
    "CR NE, not met": ("34:CR 84:NE", "NE", 34),
    "PR CR": ("42:PR 84:CR", "PR", 42),
    "PR PR": ("42:PR 84:PR", "PR", 42),
    "PR SD": ("42:PR 84:SD", "SD", 42),
    "PR SD, the minimum met by the SD": ("30:PR 60:SD", "SD", 60),
    "PR SD, not met: table 3 asks for none": ("14:PR 34:SD", "SD", 34),
    "PR NE SD, not met: the next that could be evaluated": ("7:PR 14:NE 34:SD", "SD", 34),
    "SD alone, not met": ("14:SD 34:SD", "NE", 14),
    "PR PD, minimum met": ("42:PR 84:PD", "SD", 42),
    "PR PD, not met": ("34:PR 84:PD", "PD", 84),
    "PR NE, minimum met": ("42:PR 84:NE", "SD", 42),
    "PR NE, not met": ("34:PR 84:NE", "NE", 34),
    "NE NE": ("42:NE 84:NE", "NE", 42),
    "CR alone, minimum met": ("35:CR", "SD", 35),
    "PR alone, not met": ("34:PR", "NE", 34),
    "SD": ("42:SD 84:SD", "SD", 42),
    "SD PD, not met": ("34:SD 84:PD", "PD", 84),
    "NON-CR/NON-PD": ("42:NON-CR/NON-PD 84:PD", "NON-CR/NON-PD", 42),
    "NON-CR/NON-PD, too early": ("34:NON-CR/NON-PD", "NE", 34),
    "PD": ("42:PD", "PD", 42),
    "never assessed": ("", "NE", None),
}


@pytest.mark.parametrize(("course", "response", "day"), TABLE.values(), ids=TABLE)
def test_confirmed_best_response(course: str, response: str, day: int | None) -> None:
    outcome = best(course)
    assert (outcome["cbor"], outcome["cbor_date"], outcome["query"]) == (response, day, False)


WITHOUT_TARGETS = {
    # course of a participant with non-target lesions only: (confirmed best, day)
    "42:CR": ("NON-CR/NON-PD", 42),
    "42:NON-CR/NON-PD 84:CR": ("NON-CR/NON-PD", 42),
    "42:CR 84:PD": ("NON-CR/NON-PD", 42),
    "34:CR": ("NE", 34),
    "34:CR 84:PD": ("PD", 84),
    "42:CR 84:CR": ("CR", 42),
}


@pytest.mark.parametrize(("course", "expected"), WITHOUT_TARGETS.items(), ids=WITHOUT_TARGETS)
def test_an_unconfirmed_complete_response_without_targets_is_no_stable_disease(
    course: str, expected: tuple[str, int]
) -> None:
    assessed, subjects = frames(course)
    row = best_confirmed_response(assessed.assign(without_targets=True), subjects, Best()).iloc[0]
    assert (row["cbor"], (row["cbor_date"] - ZERO).days) == expected


PAIRS = {
    # rule: (course, confirmed best, day, day of the confirmation)
    "28 days apart": ("42:CR 70:CR", "CR", 42, 70),
    "27 days are too few, no day is added": ("42:CR 69:CR", "SD", 42, None),
    "a third confirms what the second could not": ("42:CR 60:CR 70:CR", "CR", 42, 70),
    "any later one confirms, not only the next": ("42:PR 50:PR 60:PR 84:CR", "PR", 42, 84),
    "the second may begin a pair of its own": ("42:PR 50:SD 60:PR 90:PR", "PR", 60, 90),
    "one not evaluable between": ("42:CR 84:NE 126:CR", "CR", 42, 126),
    "two are too many": ("42:CR 84:NE 100:NE 126:CR", "SD", 42, None),
    "unless they lie before the pair": ("42:PR 60:NE 63:NE 84:PR 126:NE 150:PR", "PR", 84, 150),
    "two in all but one within the nearest pair": ("42:PR 60:NE 84:PR 126:NE", "PR", 42, 84),
    "stable between breaks a pair of partial responses": ("42:PR 84:SD 126:PR", "SD", 42, None),
    "complete between partial ones does not": ("42:PR 50:CR 70:CR", "PR", 42, 70),
    "a confirmed complete response before a confirmed partial one": ("42:PR 84:CR 126:CR", "CR", 84, 126),
    "after progression nothing confirms": ("42:PR 84:PD 126:PR", "SD", 42, None),
    "nor after new therapy": ("42:PR 84:PR /60", "SD", 42, None),
    "a record without a response is not one between": ("42:CR 50: 55: 60: 84:CR", "CR", 42, 84),
}


@pytest.mark.parametrize(("course", "response", "day", "by"), PAIRS.values(), ids=PAIRS)
def test_the_two_responses_of_a_pair(course: str, response: str, day: int, by: int | None) -> None:
    outcome = best(course)
    assert (outcome["cbor"], outcome["cbor_date"], outcome["confirmed_date"]) == (response, day, by)


PERSISTING = {
    # course: (confirmed best by RECIST's text, day; where an ongoing PR confirms)
    "42:PR 84:PR~": (("SD", 42), ("PR", 42)),  # sums 100, 70, 83
    "42:PR 84:PR 126:PR~": (("PR", 42), ("PR", 42)),  # confirmed before the sum rose
    "42:PR 84:PR~ 126:PR 168:PR": (("PR", 126), ("PR", 42)),
    "42:PR 84:PR~ 126:PR": (("SD", 42), ("PR", 42)),  # nothing but PR, CR and NE lies within a pair
    "42:PR 84:NE 126:PR~": (("SD", 42), ("PR", 42)),
    "42:PR 84:PR~ 126:CR": (("SD", 42), ("PR", 42)),
    "42:PR 84:PR~ 126:PD": (("SD", 42), ("PR", 42)),
    "14:PR 34:PR~": (("SD", 34), ("NE", 14)),  # as PR and SD by table 3; as two PR too near to each other
    "14:PR 34:PR~ 62:PR~": (("SD", 34), ("PR", 14)),
}


@pytest.mark.parametrize(("course", "outcomes"), PERSISTING.items(), ids=PERSISTING)
def test_a_partial_response_that_only_persists_confirms_none(
    course: str, outcomes: tuple[tuple[str, int], tuple[str, int]]
) -> None:
    by_text, ongoing = outcomes
    outcome = best(course)
    assert (outcome["cbor"], outcome["cbor_date"]) == by_text
    assert outcome["bor"] == ("CR" if "CR" in course else "PR")
    outcome = best(course, Best(persisting_pr_confirms=True))
    assert (outcome["cbor"], outcome["cbor_date"]) == ongoing


QUERIES = {
    # course: true CR, CR was none, as reported
    "42:CR 84:PR": ("SD", "PR", "SD"),
    "34:CR 84:PR": ("PD", "PR", "SD"),
    "42:CR 63:NE 84:PR": ("SD", "PR", "SD"),
    "42:CR 84:PR 126:PR": ("SD", "PR", "PR"),
    "42:CR 84:CR 126:PR": ("CR", "PR", "CR"),
    "42:CR 84:PR 126:PR 168:PR": ("SD", "PR", "PR"),
    "34:CR 50:PR": ("PD", "SD", "SD"),
}


@pytest.mark.parametrize(("course", "answers"), QUERIES.items(), ids=QUERIES)
def test_a_partial_response_after_a_complete_one_is_a_query_whatever_is_assumed(
    course: str, answers: tuple[str, str, str]
) -> None:
    outcomes = [best(course, Best(cr_then_pr=way)) for way in ("PD", "PR", "AS REPORTED")]
    assert tuple(outcome["cbor"] for outcome in outcomes) == answers
    assert all(outcome["query"] for outcome in outcomes)
    assert {outcome["bor"] for outcome in outcomes} == {"CR"}


def test_a_query_names_the_record_that_raised_it() -> None:
    assert best("42:CR 84:PR 126:PR")["query_row"] == 1
    assert best("84:PR 42:CR")["query_row"] == 0
    assert best("42:PR 84:CR 126:CR")["query"] is False
    assert best("42:CR 84:SD 126:PR")["query"] is False, "the question is that of the stable disease"
    assert best("42:CR 84:PD 126:PR")["query"] is False, "it does not count any more"


PARAMETERS = {
    # rule: (course, parameters, variable, value)
    "42 days for stable disease": ("41:SD", Best(minimum_sd_days=42), "bor", "NE"),
    "and 42 are enough": ("42:SD", Best(minimum_sd_days=42), "bor", "SD"),
    "no not evaluable between": ("42:CR 84:NE 126:CR", Best(max_ne_between=0), "cbor", "SD"),
    "two between": ("42:CR 84:NE 100:NE 126:CR", Best(max_ne_between=2), "cbor", "CR"),
    "56 days apart": ("42:CR 97:CR", Best(confirm_days=56), "cbor", "SD"),
    "and 56 are enough": ("42:CR 98:CR", Best(confirm_days=56), "cbor", "CR"),
    "whatever therapy was started": ("42:SD 84:PR /60", Best(before_new_therapy=False), "bor", "PR"),
    "only before the day of new therapy": ("42:PR /42", Best(on_therapy_start=False), "bor", "NE"),
    "the day before counts": ("41:PR /42", Best(on_therapy_start=False), "bor", "PR"),
    "early CR then SD is not known": ("14:CR 34:SD", Best(disease_after_early_cr_is_pd=False), "cbor", "NE"),
    "early PR then SD is SD as printed": ("14:PR 34:SD", Best(), "cbor", "SD"),
    "early PR then SD where the duration is asked for": (
        "14:PR 34:SD",
        Best(pr_then_sd_needs_minimum=True),
        "cbor",
        "NE",
    ),
    "never assessed has no response": ("", Best(without_assessment=None), "bor", None),
}


@pytest.mark.parametrize(("course", "rules", "variable", "value"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(course: str, rules: Best, variable: str, value: str | None) -> None:
    assert best(course, rules)[variable] == value


def test_rows_are_positions_in_the_frame_given() -> None:
    outcome = best("126:CR 42:PR 84:CR")
    assert (outcome["bor_row"], outcome["cbor_row"], outcome["confirmed_row"]) == (2, 2, 0)
    assert best("")["bor_row"] is None


def test_participants_come_back_in_their_order_each_with_their_own_response() -> None:
    assessed = pd.DataFrame(
        {
            "USUBJID": text("b", "a", "c", "b"),
            "date": days(on(42), on(42), on(42), on(84)),
            "response": text("CR", "PD", "PR", "CR"),
        }
    )
    subjects = pd.DataFrame(
        {
            "USUBJID": text("d", "b", "a"),
            "reference": days(on(0), on(0), None),
            "new_therapy": days(None, None, None),
        }
    )
    outcome = both(assessed.set_index(pd.Index([7, 7, 8, 9])), subjects, Best())
    assert outcome["USUBJID"].tolist() == ["d", "b", "a"]
    assert outcome["cbor"].tolist() == ["NE", "CR", "PD"]


def test_a_pair_is_of_one_participant() -> None:
    assessed = pd.DataFrame(
        {"USUBJID": text("a", "b"), "date": days(on(42), on(84)), "response": text("CR", "CR")}
    )
    subjects = pd.DataFrame(
        {"USUBJID": text("a", "b"), "reference": days(on(0), on(0)), "new_therapy": days(None, None)}
    )
    assert both(assessed, subjects, Best())["cbor"].tolist() == ["SD", "SD"]
    outcome = both(assessed.assign(response=text("CR", "PR")), subjects, Best())
    assert outcome["query"].tolist() == [False, False]


def test_stable_disease_needs_a_reference_date() -> None:
    assessed = pd.DataFrame({"USUBJID": text("patient"), "date": days(on(42)), "response": text("SD")})
    subjects = pd.DataFrame({"USUBJID": text("patient"), "reference": days(None), "new_therapy": days(None)})
    assert best_response(assessed, subjects, Best())["bor"].tolist() == ["NE"]


REFUSED = {
    "a response that is unknown": (
        text("patient"),
        days(on(1)),
        text("BETTER"),
        text("patient"),
        "1 response is unknown",
    ),
    "a response without a date": (
        text("patient"),
        days(None),
        text("PD"),
        text("patient"),
        "1 response is undated",
    ),
    "a participant given twice": (
        text("patient"),
        days(on(1)),
        text("PD"),
        text("patient", "patient"),
        "more than once",
    ),
}


@pytest.mark.parametrize(("who", "date", "response", "subjects", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused(
    who: pd.Series, date: pd.Series, response: pd.Series, subjects: pd.Series, message: str
) -> None:
    nothing = pd.Series(pd.NaT, index=subjects.index, dtype="datetime64[s]")
    with pytest.raises(PipelineError, match=message):
        best_response(
            pd.DataFrame({"USUBJID": who, "date": date, "response": response}),
            pd.DataFrame({"USUBJID": subjects, "reference": nothing, "new_therapy": nothing}),
            Best(),
        )
