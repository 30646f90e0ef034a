"""Analysis windows: which planned visit a result belongs to, and which result stands for it (ADaMIG 1.3,
3.3.3).

The visits: SCREENING day -28, CYCLE 1 day 1, NK 2 day 8 (arm NKT), CYCLE 2 day 22, END day 43 (7 days more).
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.derivations.adam import course, windows
from pipeline.study.models import Visit
from tests.support.tables import days, numbers, records, shown, text

VISITS = (
    Visit(name="SCREENING", number=1, day=-28),
    Visit(name="CYCLE 1", number=2, day=1),
    Visit(name="NK 2", number=3, day=8, arms=("NKT",), windows=("safety",)),
    Visit(name="CYCLE 2", number=4, day=22, windows=("safety", "subsets")),
    Visit(name="END", number=5, day=43, after=7, windows=("safety",)),
    Visit(name="WEEK 6", number=6, day=43, windows=("subsets",)),
)
START = "2017-01-01"


def placed(day: int | None, arm: str | None, baseline: str | None = None, of: str = "safety") -> list[object]:
    """Visit, planned day, difference, and the window's first and last day of a result of this study day."""
    date = None if day is None else (pd.Timestamp(START) + pd.Timedelta(days=day - 1)).date().isoformat()
    dates, starts, arms, flags = days(date), days(START), text(arm), text(baseline)
    number = windows.window_visit_number(dates, starts, arms, flags, VISITS, of)
    target = windows.window_target(number, arms, flags, VISITS, of)
    return [
        *shown(windows.window_visit(number, flags, VISITS)),
        *shown(target),
        *shown(windows.days_from_target(dates, starts, target)),
        *shown(windows.window_beginning(number, arms, flags, VISITS, of)),
        *shown(windows.window_end(number, arms, flags, VISITS, of)),
    ]


@pytest.mark.parametrize(
    ("day", "arm", "expected"),
    [
        (1, "NKT", [None, None, None, None, None]),  # day 1 is no day after baseline
        (2, "NKT", ["NK 2", 8, 6, 2, 14]),
        (14, "NKT", ["NK 2", 8, 6, 2, 14]),
        (15, "NKT", ["CYCLE 2", 22, 7, 15, 32]),  # midway between 8 and 22: the later one
        (32, "NKT", ["CYCLE 2", 22, 10, 15, 32]),
        (33, "NKT", ["END", 43, 10, 33, 50]),  # 22 and 43: day 32.5 is midway
        (50, "NKT", ["END", 43, 7, 33, 50]),
        (51, "NKT", [None, None, None, None, None]),
        (8, "T", ["CYCLE 2", 22, 14, 2, 32]),  # this arm has no visit on day 8
        (8, None, ["CYCLE 2", 22, 14, 2, 32]),
        (None, "T", [None, None, None, None, None]),
    ],
)
def test_a_result_belongs_to_the_planned_visit_that_is_nearest(
    day: int | None, arm: str | None, expected: list[object]
) -> None:
    assert placed(day, arm) == expected


def test_each_set_of_windows_has_its_own_visits() -> None:
    assert placed(40, "T", of="subsets") == ["WEEK 6", 43, 3, 33, 43]


def test_the_result_flagged_as_baseline_is_of_the_visit_baseline() -> None:
    assert placed(1, "T", "Y") == ["BASELINE", None, None, None, None]
    number = windows.window_visit_number(days(START), days(START), text("T"), text("Y"), VISITS, "safety")
    assert shown(number) == [1]  # of the visit that is planned before day 1


def test_of_two_visits_planned_before_day_1_baseline_has_the_number_of_the_first() -> None:
    visits = (VISITS[0], Visit(name="SCREENING 2", number=1.5, day=-7), *VISITS[1:])
    number = windows.window_visit_number(days(START), days(START), text("T"), text("Y"), visits, "safety")
    assert shown(number) == [1]


def test_the_nearest_result_stands_for_its_visit_and_of_two_equally_near_the_later() -> None:
    results = records(
        "USUBJID PARAMCD AVISITN AWTDIFF VSDTC",
        ("participant", "PULSE", 4, 2, "2017-01-20"),
        ("participant", "PULSE", 4, 1, "2017-01-21T09:00"),
        ("participant", "PULSE", 4, 1, "2017-01-23T08:00"),
        ("participant", "PULSE", None, None, "2017-03-23"),
        ("participant", "TEMP", 4, 2, "2017-01-20"),
        ("participant", "PULSE", 1, None, "2017-01-01"),
        ("other", "PULSE", 4, 2, "2017-01-20"),
    )
    assert shown(windows.nearest_to_target(results)) == [None, None, "Y", None, "Y", "Y", "Y"]


# --- baseline, and what comes after it
SETTINGS = {"baseline_reference": "first dose", "baseline_days_after_anchor": 7}


def test_baseline_is_the_last_result_before_the_first_dose() -> None:
    results = records(
        "USUBJID PARAMCD VSDTC AVAL",
        ("dosed", "PULSE", "2017-01-01", 70.0),
        ("dosed", "PULSE", "2017-01-05T07:30", 71.0),
        ("dosed", "PULSE", "2017-01-05T09:00", 72.0),  # of the time of the dose: not before it
        ("dosed", "WEIGHT", "2017-01-05", 60.0),  # perhaps after it
        ("dosed", "TEMP", "2017-01-01", 36.5),
        ("dosed", "TEMP", "2017-01-05T07:30", None),  # no result
        ("never_dosed", "PULSE", "2017-01-09", 80.0),  # seven days after randomization
        ("never_dosed", "PULSE", "2017-01-10", 81.0),
        ("partial", "PULSE", "2017-01", 90.0),
    )
    who = ("dosed", "never_dosed", "partial")
    anchors = records("USUBJID ANCH1DT", *((name, "2017-01-02") for name in who))
    anchors["ANCH1DT"] = anchors["ANCH1DT"].astype("datetime64[s]")
    exposure = records(
        "USUBJID RFXSTDTC", ("dosed", "2017-01-05T09:00"), ("never_dosed", None), ("partial", "2017-01-05")
    )
    flags = course.baseline_record(results, anchors, exposure, **SETTINGS)  # type: ignore[arg-type]
    assert shown(flags) == [None, "Y", None, "Y", "Y", None, "Y", None, None]
    certain = course.baseline_record(results, anchors, exposure, on_the_day=False, **SETTINGS)  # type: ignore[arg-type]
    assert shown(certain) == [None, "Y", None, None, "Y", None, "Y", None, None]


def test_change_is_of_results_after_baseline() -> None:
    results = records(
        "USUBJID PARAMCD VSDTC ABLFL AVAL",
        ("participant", "PULSE", "2017-01-01", None, 70.0),  # before baseline
        ("participant", "PULSE", "2017-01-05T07:30", "Y", 72.0),
        ("participant", "PULSE", "2017-01-05T10:00", None, 75.5),
        ("participant", "PULSE", "2017-01-26", None, 71.0),
        ("participant", "TEMP", "2017-01-26", None, 36.6),  # no baseline of this parameter
    )
    assert shown(course.change_since_baseline(results)) == [None, None, 3.5, -1, None]


def test_a_change_has_no_more_digits_than_the_results() -> None:
    results = records(
        "USUBJID PARAMCD VSDTC ABLFL AVAL",
        ("participant", "TEMP", "2017-01-01", "Y", 54.5),
        ("participant", "TEMP", "2017-01-26", None, 54.9),
    )
    assert shown(course.change_since_baseline(results)) == [None, 0.4]


def test_what_holds_at_baseline_stands_on_each_record() -> None:
    results = records(
        "USUBJID PARAMCD ABLFL ANRIND",
        ("participant", "ALT", "Y", "HIGH"),
        ("participant", "ALT", None, "NORMAL"),
        ("participant", "AST", None, "LOW"),
    )
    assert shown(course.value_at_baseline(results)) == ["HIGH", "HIGH", None]


# --- a fall from baseline that lasts
LASTING: dict[str, tuple[list[tuple[str, str | None, float | None]], list[str | None]]] = {
    # rule: ((date, flag of baseline, value), flags)
    "from the first of the results that stay low": (
        [
            ("2017-01-01", "Y", 90),
            ("2017-01-22", None, 90),
            ("2017-02-12", None, 80),
            ("2017-03-05", None, 70),
        ],
        [None, None, "Y", "Y"],
    ),
    "one that a later result takes back does not last": (
        [
            ("2017-01-01", "Y", 90),
            ("2017-01-22", None, 70),
            ("2017-02-12", None, 81),
            ("2017-03-05", None, 80),
        ],
        [None, None, None, "Y"],
    ),
    "the last result alone may be one": (
        [("2017-01-01", "Y", 90), ("2017-01-22", None, 80)],
        [None, "Y"],
    ),
    "the records may come in any order": (
        [("2017-03-05", None, 70), ("2017-01-22", None, 80), ("2017-01-01", "Y", 90)],
        ["Y", "Y", None],
    ),
    "what was before baseline does not count": (
        [("2016-12-20", None, 70), ("2017-01-01", "Y", 90), ("2017-01-22", None, 90)],
        [None, None, None],
    ),
    "a record without a value takes nothing back": (
        [("2017-01-01", "Y", 90), ("2017-01-22", None, 80), ("2017-02-12", None, None)],
        [None, "Y", None],
    ),
    "without baseline nothing has fallen": ([("2017-01-22", None, 50)], [None]),
}


@pytest.mark.parametrize(("results", "expected"), LASTING.values(), ids=LASTING)
def test_a_fall_from_baseline_lasts_where_no_later_result_takes_it_back(
    results: list[tuple[str, str | None, float | None]], expected: list[str | None]
) -> None:
    course_of_one = records(
        "USUBJID PARAMCD RSDTC ABLFL AVAL", *(("participant", "KPS", *result) for result in results)
    )
    found = course.lasting_fall(course_of_one, lasting_fall_points=10)
    assert shown(found) == expected


def test_each_participant_and_parameter_falls_alone() -> None:
    results = records(
        "USUBJID PARAMCD RSDTC ABLFL AVAL",
        ("one", "KPS", "2017-01-01", "Y", 90.0),
        ("one", "KPS", "2017-01-22", None, 80.0),
        ("other", "KPS", "2017-01-01", "Y", 90.0),
        ("other", "KPS", "2017-02-12", None, 90.0),
        ("one", "SCORE", "2017-01-01", "Y", 50.0),
        ("one", "SCORE", "2017-02-12", None, 50.0),
    )
    assert shown(course.lasting_fall(results, lasting_fall_points=10)) == [None, "Y", None, None, None, None]
    assert shown(course.lasting_fall(results, lasting_fall_points=11)) == [None] * 6


def test_the_criterion_names_the_points_of_the_study() -> None:
    found = course.lasting_fall_criterion(numbers(90, None), lasting_fall_points=10)
    assert shown(found) == ["Fall from baseline of 10 points or more that lasts", None]
