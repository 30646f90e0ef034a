"""iRECIST: progression that must be confirmed, the block it belongs to, its date. Courses are
written as in `tests/support/scans.py`, 42 days apart.
"""

from __future__ import annotations

import pytest

from pipeline.derivations.oncology.irecist import IRecist, irecist
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
    "the further growth is from the last assessment": ({"T01": "50 60 63 66"}, ". iUPD iUPD iUPD", ". . . ."),
    "non-target lesions still worse confirm it": ({"NT01": "+ worse worse"}, ". iUPD iCPD", ". . NON-TARGET"),
    "a new lesion still there does not": ({"T01": "50 50 50", "NEW01": ". ! !"}, ". iUPD iUPD", ". . ."),
    "another new lesion does": (
        {"T01": "50 50 50", "NEW01": ". ! !", "NEW02": ". . !"},
        ". iUPD iCPD",
        ". . NEW LESION",
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
    "more non-target lesions are needed": (
        {"NT01": "+ worse worse"},
        IRecist(non_target_still_worse_confirms=False),
        ". iUPD iUPD",
    ),
    "and are enough": (
        {"NT01": "+ worse worse", "NT02": "+ + worse"},
        IRecist(non_target_still_worse_confirms=False),
        ". iUPD iCPD",
    ),
    "after iCPD everything begins anew": (
        {"T01": "50 60 65 70 40"},
        IRecist(icpd_stays=False),
        ". iUPD iCPD iUPD iSD",
    ),
}


@pytest.mark.parametrize(("lines", "rules", "expected"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(lines: dict[str, str], rules: IRecist, expected: str) -> None:
    assert line(irecist(assessments(course(lines), None, Recist()), rules), "iresponse") == expected


def test_new_lesions_are_measured_apart() -> None:
    lesions = course({"T01": "50 50 50", "NEW01": ". ! !"})
    new = lesions["role"].eq("NEW")
    larger = lesions.assign(mm=lesions["mm"].mask(new, lesions["assessment"] * 10.0))
    same = lesions.assign(mm=lesions["mm"].mask(new, 10.0))
    for measured, expected in ((larger, ". iUPD iCPD"), (same, ". iUPD iUPD")):
        assessed = assessments(measured, None, Recist())
        assert line(assessed, "sum") == "50 50 50"
        assert line(irecist(assessed, IRecist()), "iresponse") == expected


def test_assessments_out_of_order_are_refused() -> None:
    assessed = assessments(course({"T01": "50 60"}), None, Recist())
    with pytest.raises(PipelineError, match="not in order"):
        irecist(assessed.iloc[::-1], IRecist())


def test_without_assessments_there_is_no_response() -> None:
    nothing = assessments(course({}), None, Recist())
    for rules in (IRecist(), IRecist(icpd_stays=False)):
        assert irecist(nothing, rules).empty
