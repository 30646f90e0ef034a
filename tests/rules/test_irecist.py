"""iRECIST: progression that must be confirmed, the block it belongs to, its date. Courses are
written as in `tests/support/scans.py`, 42 days apart.
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.derivations.oncology.irecist import IRecist, PlannedScan, irecist, next_planned_closes
from pipeline.derivations.oncology.recist import Recist, assessments
from pipeline.errors import PipelineError
from tests.support.scans import course, line

COURSES = {
    # rule: (course, responses from baseline on, why confirmed)
    "responses bear an i": ({"T01": "50 50 30 0"}, ". iSD iPR iCR", ". . . ."),
    "non-target disease only": ({"NT01": "+ + ND"}, ". NON-iCR/NON-iUPD NE", ". . ."),
    "the first progression is unconfirmed": ({"T01": "50 60"}, ". iUPD", ". ."),
    "5 mm more confirm it": ({"T01": "50 60 65"}, ". iUPD iCPD", ". . TARGET"),
    "4.99 mm do not": ({"T01": "50 60 64.99"}, ". iUPD iUPD", ". . ."),
    "growth adds up: 3 mm and 3 mm more": ({"T01": "50 60 63 66"}, ". iUPD iUPD iCPD", ". . . TARGET"),
    "1 mm and 1 mm more do not": ({"T01": "50 60 61 62"}, ". iUPD iUPD iUPD", ". . . ."),
    "5 mm after a decrease of 2 are 3 mm more": ({"T01": "50 62 60 65"}, ". iUPD iUPD iUPD", ". . . ."),
    "non-target lesions still worse do not": ({"NT01": "+ worse worse"}, ". iUPD iUPD", ". . ."),
    "another non-target lesion worse does": (
        {"NT01": "+ worse worse", "NT02": "+ + worse"},
        ". iUPD iCPD",
        ". . NON-TARGET",
    ),
    "also where the first is no longer": (
        {"NT01": "+ worse +", "NT02": "+ + worse"},
        ". iUPD iCPD",
        ". . NON-TARGET",
    ),
    "a new lesion still there does not": ({"T01": "50 50 50", "NEW01": ". ! !"}, ". iUPD iUPD", ". . ."),
    "another new lesion does": (
        {"T01": "50 50 50", "NEW01": ". ! !", "NEW02": ". . !"},
        ". iUPD iCPD",
        ". . NEW LESION",
    ),
    "a new lesion 5 mm larger does": (
        {"T01": "50 50 50", "NEW01": ". !12 !17"},
        ". iUPD iCPD",
        ". . NEW LESION",
    ),
    "4.9 mm larger does not": ({"T01": "50 50 50", "NEW01": ". !12 !16.9"}, ". iUPD iUPD", ". . ."),
    "3 mm and 2 mm more do": (
        {"T01": "50 50 50 50", "NEW01": ". !12 !15 !17"},
        ". iUPD iUPD iCPD",
        ". . . NEW LESION",
    ),
    "two of them are measured by their sum": (
        {"T01": "50 50 50", "NEW01": ". !12 !15", "NEW02": ". !20 !22"},
        ". iUPD iCPD",
        ". . NEW LESION",
    ),
    "one larger while the other vanishes": (
        {"T01": "50 50 50", "NEW01": ". !12 .", "NEW02": ". !20 !37"},
        ". iUPD iCPD",
        ". . NEW LESION",
    ),
    "a new lesion first measured later has not grown": (
        {"T01": "50 50 50", "NEW01": ". !12 !12", "NEW02": ". ! !20"},
        ". iUPD iUPD",
        ". . .",
    ),
    "a new lesion too small to be a target confirms by any growth": (
        {"T01": "50 50 50", "NEW01": ". !6 !7"},
        ". iUPD iCPD",
        ". . NEW LESION",
    ),
    "the sizes of an equivocal one count for nothing": (
        {"T01": "50 50 50", "NEW01": ". !12 !12", "NEW02": ". ?12 ?30"},
        ". iUPD iUPD",
        ". . .",
    ),
    "an equivocal one does not": (
        {"T01": "50 50 50", "NEW01": ". ! !", "NEW02": ". . ?"},
        ". iUPD iUPD",
        ". . .",
    ),
    "progression of another kind does": (
        {"T01": "50 60 60", "NEW01": ". . !"},
        ". iUPD iCPD",
        ". . OTHER CATEGORY",
    ),
    "non-target after target too": (
        {"T01": "50 60 60", "NT01": "+ + worse"},
        ". iUPD iCPD",
        ". . OTHER CATEGORY",
    ),
    "target after non-target too": (
        {"T01": "50 50 60", "NT01": "+ worse +"},
        ". iUPD iCPD",
        ". . OTHER CATEGORY",
    ),
    "a kind that the block had before is no other": (
        {"T01": "50 60 50@-20 60", "NEW01": ". . !@-20 !"},
        ". iUPD iUPD iUPD",
        ". . . .",
    ),
    "a response against baseline resets": ({"T01": "50 60 30 50"}, ". iUPD iPR iUPD", ". . . ."),
    "and begins a block of its own": ({"T01": "50 60 30 50 55"}, ". iUPD iPR iUPD iCPD", ". . . . TARGET"),
    "stable disease resets too": ({"T01": "50 60 55 61 66"}, ". iUPD iSD iUPD iCPD", ". . . . TARGET"),
    "after iCPD it stays": ({"T01": "50 60 65 20"}, ". iUPD iCPD iCPD", ". . TARGET ."),
    "not evaluable leaves the block open, but the next is too late": (
        {"T01": "50 60 ND 65"},
        ". iUPD NE iUPD",
        ". . . .",
    ),
    "not evaluable between, in time": ({"T01": "50 60 ND@0 65@-30"}, ". iUPD NE iCPD", ". . . TARGET"),
    "28 days": ({"T01": "50 60 65@-14"}, ". iUPD iCPD", ". . TARGET"),
    "27 days are too few": ({"T01": "50 60 65@-15"}, ". iUPD iUPD", ". . ."),
    "56 days": ({"T01": "50 60 65@14"}, ". iUPD iCPD", ". . TARGET"),
    "57 days are too many": ({"T01": "50 60 65@15"}, ". iUPD iUPD", ". . ."),
    "an unconfirmed one can be confirmed by the one after": (
        {"T01": "50 60 65@15 70@10"},
        ". iUPD iUPD iCPD",
        ". . . TARGET",
    ),
    "four weeks are counted from the first": (
        {"T01": "50 60 65@-22 65@-56"},  # 20 days after it, and 28
        ". iUPD iUPD iCPD",
        ". . . TARGET",
    ),
    "without dates nothing is in time": ({"T01": "50 60@x 65"}, ". iUPD iUPD", ". . ."),
    "an incomplete sum is no measure to grow from": (
        {"T01": "50 130 150", "T02": "50 ND 50"},
        ". iUPD iUPD",
        ". . .",
    ),
    "no disease at baseline": ({"NEW01": ". ! !", "NEW02": ". . !"}, "iUPD iCPD", ". NEW LESION"),
}


@pytest.mark.parametrize(("lines", "expected", "why"), COURSES.values(), ids=COURSES)
def test_a_progression_must_be_confirmed(lines: dict[str, str], expected: str, why: str) -> None:
    responses = irecist(assessments(course(lines), None, Recist()), IRecist())
    assert line(responses, "iresponse") == expected
    assert line(responses, "iwhy") == why


DATES = {
    "to the first of the block": ({"T01": "50 60 65"}, ". . 02-12", ". 1 1"),
    "not to a block that was reset": ({"T01": "50 60 30 50 55"}, ". . . . 05-06", ". 1 . 3 3"),
    "over an unconfirmed one between": ({"T01": "50 60 63 70"}, ". . . 02-12", ". 1 1 1"),
    "to the scan that first showed a lesion, though it was equivocal": (
        {"T01": "50 50 50 50", "NEW01": ". ? ! !", "NEW02": ". . . !"},
        ". . . 02-12",
        ". . 2 2",
    ),
}


@pytest.mark.parametrize(("lines", "dates", "rows"), DATES.values(), ids=DATES)
def test_a_confirmed_progression_is_dated(lines: dict[str, str], dates: str, rows: str) -> None:
    responses = irecist(assessments(course(lines), None, Recist()), IRecist())
    assert line(responses, "icpd_date") == dates
    assert line(responses, "iupd_row") == rows


PARAMETERS = {
    "however late": ({"T01": "50 60 65@15"}, IRecist(confirm_to_days=None), ". iUPD iCPD"),
    "never too early": (
        {"T01": "50 60 65@15"},
        IRecist(confirm_from_days=58, confirm_to_days=None),
        ". iUPD iUPD",
    ),
    "3 mm further": ({"T01": "50 60 63"}, IRecist(further_mm=3), ". iUPD iCPD"),
    "a state reported again confirms": (
        {"NT01": "+ worse worse"},
        IRecist(non_target_still_worse_confirms=True),
        ". iUPD iCPD",
    ),
    "after iCPD everything begins again": (
        {"T01": "50 60 65 70 40"},
        IRecist(icpd_stays=False),
        ". iUPD iCPD iUPD iSD",
    ),
    "and the next one needs a confirmation of its own": (
        {"T01": "50 60 65 70 75"},
        IRecist(icpd_stays=False),
        ". iUPD iCPD iUPD iCPD",
    ),
}


@pytest.mark.parametrize(("lines", "rules", "expected"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(lines: dict[str, str], rules: IRecist, expected: str) -> None:
    assert line(irecist(assessments(course(lines), None, Recist()), rules), "iresponse") == expected


def test_new_lesions_are_measured_apart() -> None:
    assessed = assessments(
        course({"T01": "50 50 50", "NEW01": ". !12 !20", "NEW02": ". !8 !9"}), None, Recist()
    )
    assert line(assessed, "sum") == "50 50 50"
    assert line(assessed, "sum_new_target") == ". 12 20"
    assert line(assessed, "sum_new_other") == ". 8 9"


def test_a_new_node_is_a_target_from_15_mm_on() -> None:
    assessed = assessments(course({"T01": "50 50", "NEW01n": ". !14.9", "NEW02n": ". !15"}), None, Recist())
    assert line(assessed, "sum_new_target") == ". 15"
    assert line(assessed, "sum_new_other") == ". 14.9"


# --- assessments planned on days 42, 84, 168 and 252, each with a window of 14 days
PLANNED = [PlannedScan(day, day + 14) for day in (42, 84, 168, 252)]
WINDOWS = {
    # rule: (day of the iUPD, day of the next scan, whether it confirms)
    "four weeks": (84, 112, True),
    "less": (84, 111, False),
    "the next planned assessment, 84 days later": (84, 168, True),
    "on the last day of its window": (84, 182, True),
    "a day later": (84, 183, False),
    "eight weeks reach further than the window": (42, 98, True),
    "and no day further": (42, 99, False),
    "a planned assessment within four weeks is not the next": (60, 182, True),  # day 84 is 24 days later
    "after the last planned one eight weeks remain": (252, 308, True),
    "and no more": (252, 309, False),
}


@pytest.mark.parametrize(("first", "second", "confirms"), WINDOWS.values(), ids=WINDOWS)
def test_the_time_for_confirmation_follows_the_schedule(first: int, second: int, confirms: bool) -> None:
    lines = {"T01": f"50 60@{first - 42} 65@{second - 84}"}
    assert responses_on_schedule(lines, IRecist()) == (". iUPD iCPD" if confirms else ". iUPD iUPD")


def test_the_schedule_counts_for_nothing_where_the_parameter_says_so() -> None:
    strict = IRecist(next_planned_confirms=False)
    assert responses_on_schedule({"T01": "50 60@42 65@84"}, strict) == ". iUPD iUPD"


def responses_on_schedule(lines: dict[str, str], rules: IRecist) -> str:
    assessed = assessments(course(lines), None, Recist())
    start = pd.Series(pd.Timestamp("2016-01-01"), index=assessed.index)
    closes = next_planned_closes(assessed["first_date"], start, PLANNED, rules)
    return line(irecist(assessed, rules, closes), "iresponse")


def test_assessments_out_of_order_are_refused() -> None:
    assessed = assessments(course({"T01": "50 60"}), None, Recist())
    with pytest.raises(PipelineError, match="not in order"):
        irecist(assessed.iloc[::-1], IRecist())


def test_without_assessments_there_is_no_response() -> None:
    nothing = assessments(course({}), None, Recist())
    for rules in (IRecist(), IRecist(icpd_stays=False)):
        assert irecist(nothing, rules).empty
