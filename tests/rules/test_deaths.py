"""ADSL: the cause of death, and the days since the last dose."""

from __future__ import annotations

import pytest

from pipeline.derivations.adam import deaths
from tests.support.tables import days, records, shown, text

DETAILS = records(
    "USUBJID DDTESTCD DDSTRESC DDRESCAT",
    ("died", "SECCAUS", "SEPSIS", "OTHER"),  # another detail of the death, recorded first
    ("died", "PRCDTH", "PNEUMONIA", "ADVERSE EVENT"),
)


def test_the_cause_of_death_is_the_primary_one_with_its_category() -> None:
    who = text("died", "alive")
    assert shown(deaths.cause_of_death(who, DETAILS[["USUBJID", "DDTESTCD", "DDSTRESC"]])) == [
        "PNEUMONIA",
        None,
    ]
    assert shown(deaths.cause_of_death(who, DETAILS[["USUBJID", "DDTESTCD", "DDRESCAT"]])) == [
        "ADVERSE EVENT",
        None,
    ]


DAYS = {
    # rule: (last dose, death, days, within 30 days, after them)
    "on the day of the last dose": ("2016-11-20", "2016-11-20", 0, "Y", None),
    "30 days after it": ("2016-11-20", "2016-12-20", 30, "Y", None),
    "31 days after it": ("2016-11-20", "2016-12-21", 31, None, "Y"),
    "never dosed": (None, "2016-12-21", None, None, None),
    "alive": ("2016-11-20", None, None, None, None),
}


@pytest.mark.parametrize(("dose", "death", "elapsed", "within", "after"), DAYS.values(), ids=DAYS)
def test_days_from_the_last_dose_to_death(
    dose: str | None, death: str | None, elapsed: int | None, within: str | None, after: str | None
) -> None:
    passed = deaths.days_from_last_dose(days(dose), days(death))
    assert shown(passed) == [elapsed]
    assert shown(deaths.death_within_days(passed, 30)) == [within]
    assert shown(deaths.death_after_days(passed, 30)) == [after]
