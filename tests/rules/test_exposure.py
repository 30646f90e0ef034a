"""EX: milligrams given become mg per kg of the last body weight on or before the day (SDTMIG 3.4, EX,
EXDOSE).
"""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.dosing import dose_by_weight
from pipeline.study.models import Unit
from tests.support.tables import records, shown, text

UNITS = {"lb": Unit(to="kg", factor="0.45359237")}
WEIGHTS = records(
    "USUBJID VISIT_DATE WEIGHT WEIGHT_UNIT",
    ("treated", "2016-09-30", "50.0", "kg"),  # after cycles 1 and 2
    ("treated", "2016-07-20", "64.0", "kg"),
    ("treated", "2016-08-12", "60.0", "kg"),
    ("in_pounds", "2016-08-12", "132", "lb"),  # 59.87419284 kg
    ("no_weight", "2016-08-12", None, None),
    ("no_unit", "2016-08-12", "60.0", None),
    ("no_day", None, "60.0", "kg"),
    ("weighed_later", "2016-08-13", "60.0", "kg"),
)
DOSES = {
    # rule: (participant, mg given, day, mg/kg)
    "the weight of the day": ("treated", "480", "2016-08-12", 8.0),
    "before it, the one before": ("treated", "512", "2016-08-11", 8.0),
    "after it, still that one": ("treated", "360", "2016-09-02", 6.0),
    "a later weight counts from its day": ("treated", "300", "2016-09-30", 6.0),
    "to two decimals": ("treated", "475", "2016-08-12", 7.92),  # 7.91666...
    "a weight in pounds": ("in_pounds", "480", "2016-08-12", 8.02),  # 8.01681...
    "no weight yet": ("treated", "480", "2016-07-19", None),
    "no weight at all": ("no_weight", "480", "2016-08-12", None),
    "a weight without a unit is none": ("no_unit", "480", "2016-08-12", None),
    "a weight without a day is none": ("no_day", "480", "2016-08-12", None),
    "a weight of the day after is none": ("weighed_later", "480", "2016-08-12", None),
    "no milligrams": ("treated", None, "2016-08-12", None),
    "no day of the dose": ("treated", "480", None, None),
    "the weight of another participant does not count": ("never_weighed", "480", "2016-08-12", None),
}


@pytest.mark.parametrize(("who", "given", "day", "expected"), DOSES.values(), ids=DOSES)
def test_the_dose_is_by_the_last_weight_on_or_before_the_day(
    who: str, given: str | None, day: str | None, expected: float | None
) -> None:
    assert shown(dose_by_weight(text(who), text(given), text(day), WEIGHTS, UNITS)) == [expected]


def test_the_doses_of_all_participants_at_once_keep_their_order() -> None:
    who, given, day, expected = zip(*DOSES.values(), strict=True)
    assert shown(dose_by_weight(text(*who), text(*given), text(*day), WEIGHTS, UNITS)) == list(expected)


def test_without_a_weight_or_a_dose_there_is_no_dose_by_weight() -> None:
    assert shown(
        dose_by_weight(text("treated"), text("480"), text("2016-08-12"), WEIGHTS.iloc[:0], UNITS)
    ) == [None]
    assert shown(dose_by_weight(text(), text(), text(), WEIGHTS, UNITS)) == []
