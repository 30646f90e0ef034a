"""VISITNUM, VISIT and VISITDY: the visit as typed becomes one number and one name (SDTMIG 3.4, 4.4.5)."""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.visits import visit_day, visit_name, visit_number
from pipeline.study import Study
from pipeline.study.visits import name_of
from tests.support.tables import shown, text

TYPED = {
    # rule: (the visit as typed, VISITNUM, VISIT)
    "as the study writes it": ("SCREENING", 1, "SCREENING"),
    "in any case": ("Week 6", 7, "WEEK 6"),
    "with blanks before, between and behind": ("  cycle 1   day 1 ", 2, "CYCLE 1 DAY 1"),
    "a tab is a blank": ("week\t12", 10, "WEEK 12"),
    "the wide blank of a Chinese keyboard is one": ("week\u300012", 10, "WEEK 12"),
    "an unscheduled visit takes its number from its series": ("UNSCHEDULED 01", 901, "UNSCHEDULED 01"),
    "with one digit it is the same visit": ("unscheduled 1", 901, "UNSCHEDULED 01"),
    "the twelfth survival contact": ("Survival Follow-up 12", 512, "SURVIVAL FOLLOW-UP 12"),
    "a hyphen stands for a blank": ("Unscheduled-04", 904, "UNSCHEDULED 04"),
    "so does an underscore": ("CYCLE_2_DAY_1", 4, "CYCLE 2 DAY 1"),
    "zeros before a number say nothing": ("WEEK 06", 7, "WEEK 6"),
    "another spelling that the study names": ("Unscheduled visit 2", 902, "UNSCHEDULED 02"),
    "a number right behind a word": ("UNSCHEDULED3", 903, "UNSCHEDULED 03"),
    "likewise with a zero before it": ("Unscheduled03", 903, "UNSCHEDULED 03"),
    "a number behind a number is another visit": ("WEEK 66", None, None),
    "an own number with one decimal": ("UNSCHEDULED 3.1", 903.1, "UNSCHEDULED 03.1"),
    "an own number of three digits": ("UNSCHEDULED 100", 1000, "UNSCHEDULED 100"),
    "an unplanned visit without a number has that of its series": ("Unscheduled", 900, "UNSCHEDULED"),
    "which contact of a planned series it was is not clear": ("SURVIVAL FOLLOW-UP", None, None),
    "visits are numbered from 1": ("UNSCHEDULED 0", None, None),
    "two decimals are not clear: 3.10 or 3.1": ("UNSCHEDULED 3.10", None, None),
    "a number that reaches the next series": ("SURVIVAL FOLLOW-UP 400", None, None),
    "a planned visit with a number behind it is no visit": ("SCREENING 2", None, None),
    "a visit the protocol does not have": ("WEEK 7", None, None),
    "four digits are no number of a visit": ("UNSCHEDULED 1001", None, None),
    "a word behind the number": ("UNSCHEDULED 1 A", None, None),
    "nothing typed": (None, None, None),
}


@pytest.mark.parametrize(("typed", "number", "name"), TYPED.values(), ids=TYPED)
def test_a_visit_as_typed_has_its_number_and_name(
    study: Study, typed: str | None, number: float | None, name: str | None
) -> None:
    assert shown(visit_number(text(typed), study.visits)) == [number]
    assert shown(visit_name(text(typed), study.visits)) == [name]


def test_each_visit_number_has_one_name_and_the_other_way_round(study: Study) -> None:
    assert len({v.number for v in study.visits}) == len({v.name for v in study.visits}) == len(study.visits)
    assert max(v.number for v in study.visits if not v.series) < 500, (
        "series begin at 500 and 900 and take up to 99 more"
    )


NAMED = {
    # rule: (VISITNUM, VISIT)
    "a planned visit": (4, "CYCLE 2 DAY 1"),
    "held again later": (1.01, "SCREENING, EARLIER 1"),
    "unscheduled": (901, "UNSCHEDULED 01"),
    "without an own number": (900, "UNSCHEDULED"),
    "with a decimal": (903.1, "UNSCHEDULED 03.1"),
    "with a decimal and held again later": (903.12, "UNSCHEDULED 03.1, EARLIER 2"),
    "unscheduled and held again later": (901.02, "UNSCHEDULED 01, EARLIER 2"),
    "of three digits": (1000, "UNSCHEDULED 100"),
}


@pytest.mark.parametrize(("number", "name"), NAMED.values(), ids=NAMED)
def test_a_visit_number_has_its_name(study: Study, number: float, name: str) -> None:
    assert name_of(number, study.visits) == name


def test_without_records_there_are_no_visits(study: Study) -> None:
    assert visit_number(text(), study.visits).dtype == "float64"
    assert visit_name(text(), study.visits).dtype == "str"


PLANNED = {
    # rule: (the visit as typed, VISITDY)
    "screening lies before the first day": ("screening", -28),
    "the first dose": ("Cycle 1 Day 1", 1),
    "a tumour assessment": (" WEEK 12", 85),
    "an unscheduled visit was not planned": ("UNSCHEDULED 01", None),
    "a survival contact has no day of its own": ("SURVIVAL FOLLOW-UP 03", None),
    "a visit the protocol does not have": ("WEEK 7", None),
    "nothing typed": (None, None),
}


@pytest.mark.parametrize(("typed", "day"), PLANNED.values(), ids=PLANNED)
def test_only_a_planned_visit_has_a_planned_day(study: Study, typed: str | None, day: float | None) -> None:
    assert shown(visit_day(text(typed), study.visits)) == [day]
