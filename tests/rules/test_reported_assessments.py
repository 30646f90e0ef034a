"""ADTA of a study without single lesions: what the evaluator reported, numbered from baseline."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.derivations.adam.numbered import answers, dated_by_scans, in_windows
from pipeline.derivations.adam.reported import reported_assessments
from pipeline.study.models import Evaluator, Visit
from tests.support.tables import days, records, shown, text

WEEK_OF = {"A1": "2016-08-01", "A2": "2016-09-20", "A3": "2016-11-01", "A4": "2016-12-13"}
EVALUATOR = Evaluator(code="INV", name="Investigator", evaluator="INVESTIGATOR")
TEXT = ("USUBJID", "form", "record", "VISIT", "TRLNKGRP", "TRTESTCD", "TRDTC")
OF_RS = ("RSGRPID", "RSTESTCD", "RSSTRESC", "RSDTC")


def _records(rows: list[dict[str, Any]], texts: tuple[str, ...], number: str | None) -> pd.DataFrame:
    numbers = ("VISITNUM", number) if number else ("VISITNUM",)
    frame = pd.DataFrame(rows, columns=[*texts, *numbers])
    return frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(numbers, "float64"))


def assessed(
    sums: dict[str, float], responses: dict[str, str], reported_on: str | None = None
) -> pd.DataFrame:
    """The assessments of a participant, of whom the sum and the overall response are given by label; the
    responses are dated by their week, or all on one day.
    """
    subject = {"USUBJID": "one", "form": "resp", "VISIT": "VISIT"}
    tr = [
        subject
        | {"record": f"s{at}", "VISITNUM": float(at[1:]), "TRLNKGRP": at, "TRTESTCD": "SUMDIAM"}
        | {"TRSTRESN": mm, "TRDTC": WEEK_OF[at]}
        for at, mm in sums.items()
    ]
    rs = [
        subject
        | {"record": f"r{at}", "VISITNUM": float(at[1:]), "RSGRPID": at, "RSTESTCD": "OVRLRESP"}
        | {"RSSTRESC": response, "RSDTC": reported_on or WEEK_OF[at]}
        for at, response in responses.items()
    ]
    key = {"USUBJID": ["one"], "form": ["dm"], "record": ["1"]}
    return reported_assessments(
        subjects=pd.DataFrame(
            {**key, "RANDDT": pd.to_datetime(["2016-08-10"], format="%Y-%m-%d").astype("datetime64[s]")}
        ),
        exposure=pd.DataFrame({**key, "RFXSTDTC": ["2016-08-12"]}).astype({"RFXSTDTC": "str"}),
        reported=_records(rs, (*TEXT[:4], *OF_RS), None),
        visits=(),
        evaluators=(EVALUATOR,),
        measured=_records(tr, TEXT, "TRSTRESN") if sums else None,
        baseline_reference="anchor",
        baseline_days_after_anchor=0,
    )


def test_a_response_that_is_not_applicable_is_none() -> None:
    reported = _records(
        [
            {
                "USUBJID": "one",
                "RSGRPID": "A2",
                "RSTESTCD": test,
                "RSSTRESC": response,
                "RSDTC": WEEK_OF["A2"],
            }
            for test, response in (("TRGRESP", "PR"), ("NTRGRESP", "Not applicable"), ("OVRLRESP", "PR"))
        ],
        (*TEXT[:4], *OF_RS),
        None,
    )
    found = answers(reported, _records([], TEXT, "TRSTRESN"))
    assert {name: shown(found[name]) for name in ("IVTARGET", "IVNTARG", "IVOVRL")} == {
        "IVTARGET": ["PR"],
        "IVNTARG": [None],
        "IVOVRL": ["PR"],
    }


def test_the_last_assessment_by_the_anchor_is_baseline_and_the_change_is_from_its_sum() -> None:
    found = assessed({"A1": 50, "A2": 30, "A3": 40}, {"A2": "PR", "A3": "PD"})
    assert shown(found["assessment"]) == [0, 1, 2]
    assert shown(found["ABLFL"]) == ["Y", None, None]
    assert shown(found["IVSUM"]) == [50, 30, 40]
    assert shown(found["BASE"]) == [50, 50, 50]
    assert shown(found["CHG"]) == [None, -20, -10]
    assert shown(found["PCHG"]) == [None, -40, -20]


def test_a_sum_of_0_at_baseline_has_no_percent_change() -> None:
    found = assessed({"A1": 0, "A2": 10}, {"A2": "PD"})
    assert shown(found["CHG"]) == [None, 10]
    assert shown(found["PCHG"]) == [None, None]


def test_an_assessment_is_adequate_where_a_response_was_reported_that_is_not_ne() -> None:
    found = assessed({"A1": 50, "A2": 50, "A3": 50, "A4": 50}, {"A2": "SD", "A3": "NE"})
    assert shown(found["IVOVRL"]) == [None, "SD", "NE", None]
    assert shown(found["ADEQFL"]) == [None, "Y", "N", "N"]


def test_what_follows_a_reported_progression_is_after_it() -> None:
    found = assessed({"A1": 50}, {"A2": "SD", "A3": "PD", "A4": "NE"})
    assert shown(found["AFTPDFL"]) == [None, None, None, "Y"]


def test_responses_alone_have_no_sum_and_no_baseline() -> None:
    found = assessed({}, {"A2": "SD", "A3": "PD"})
    assert shown(found["assessment"]) == [1, 2]
    assert shown(found["IVSUM"]) == [None, None]
    assert shown(found["ABLFL"]) == [None, None]
    assert shown(found["ADT"]) == ["2016-09-20", "2016-11-01"]


@pytest.mark.parametrize(
    ("response", "reported_on", "expected"),
    [("PR", "2016-09-22", "2016-09-22"), ("PR", "2016-09-18", "2016-09-20"),
     ("PD", "2016-09-22", "2016-09-20"), ("PD", "2016-09-18", "2016-09-18")],
)  # fmt: skip
def test_a_response_that_is_not_reported_on_the_day_of_its_sum_has_two_scans(
    response: str, reported_on: str, expected: str
) -> None:
    found = assessed({"A1": 50, "A2": 30}, {"A2": response}, reported_on)
    assert shown(found["ADT"]) == ["2016-08-01", reported_on]
    assert shown(found["IVADT"]) == [None, expected]


@pytest.mark.parametrize(
    ("response", "expected"),
    [("CR", "2016-09-22"), ("PR", "2016-09-22"), ("SD", "2016-09-20"), ("NON-CR/NON-PD", "2016-09-20"),
     ("PD", "2016-09-20"), ("NE", "2016-09-20"), (None, None)],
)  # fmt: skip
def test_a_reported_response_is_dated_by_its_scans(response: str | None, expected: str | None) -> None:
    first, last = (pd.Series(pd.to_datetime([day])) for day in ("2016-09-20", "2016-09-22"))
    assert shown(dated_by_scans(text(response), first, last)) == [expected]


def test_baseline_has_no_planned_day_not_even_in_the_window_of_a_scan() -> None:
    visits = (
        Visit(name="SCREENING", number=1, day=-28, scan=True),
        Visit(name="WEEK 1", number=2, day=8, before=7, after=7, scan=True),
    )
    placed = in_windows(on_days("2016-08-12", "2016-08-18"), visits)
    assert shown(placed["ADY"]) == [3, 9]
    assert shown(placed["AVISIT"]) == ["BASELINE", "WEEK 1"]
    assert shown(placed["AWTDIFF"]) == [None, 1]


def test_a_visit_without_a_scan_has_no_window_of_assessments() -> None:
    visits = (
        Visit(name="CONSENT", number=1, day=-35),
        Visit(name="SCREENING", number=2, day=-28, scan=True),
        Visit(name="CYCLE 2", number=3, day=22, before=3, after=3),
        Visit(name="WEEK 6", number=4, day=43, before=7, after=7, scan=True),
    )
    placed = in_windows(on_days("2016-08-08", "2016-08-31", "2016-09-21"), visits)  # days -2, 22 and 43
    assert shown(placed["AVISITN"]) == [2, None, 4]
    assert shown(placed["AVISIT"]) == ["BASELINE", None, "WEEK 6"]


def on_days(*dates: str) -> pd.DataFrame:
    """A participant's assessments on these days, the first of which is baseline; day 1 is 2016-08-10."""
    assessments = records("USUBJID assessment", *(("one", number) for number, _ in enumerate(dates)))
    return assessments.assign(start=days(*["2016-08-10"] * len(dates)), first_date=days(*dates))
