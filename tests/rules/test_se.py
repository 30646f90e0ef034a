"""SE: screening from consent, treatment from the first dose, follow-up from the day after treatment (SDTMIG
3.4, 5.3).
"""

from __future__ import annotations

import pytest

from mappings.sdtm import se
from pipeline.derivations.sdtm import elements
from pipeline.derivations.sdtm.terms import element_name
from pipeline.study import Study
from tests.support.tables import records, shown, text

EXPOSURE = records(
    "USUBJID EXSTDTC EXENDTC EXTRT",
    ("treated", "2016-09-02T09:30", "2016-09-02T10:00", "TRASTUZUMAB"),
    ("treated", "2016-08-12T09:30", "2016-08-12T11:00", "TRASTUZUMAB"),
    ("treated", "2016-08", None, "TRASTUZUMAB"),  # a partial date begins nothing
    ("given_cells", "2016-08-12", None, "TRASTUZUMAB"),
    ("given_cells", "2016-08-12", None, "NK CELLS"),
    ("dosed_after_the_form", "2016-08-12", "2016-08-13", "TRASTUZUMAB"),
    ("no_form_of_end", "2016-08-12", None, "TRASTUZUMAB"),
    ("died_that_day", "2016-08-12", None, "TRASTUZUMAB"),
    ("died_that_month", "2016-08-12", None, "TRASTUZUMAB"),
    ("only_partial", "2016-08", None, "TRASTUZUMAB"),
)
TREATED = records(
    "USUBJID END_DATE",
    ("treated", "2016-09-09"),  # one product ended before
    ("treated", "2016-09-23"),  # the other: the later one counts
    ("given_cells", "2016-09-23"),
    ("dosed_after_the_form", "2016-08-01"),
    ("never_dosed", "2016-08-20"),
    form="eot",
)
RANDOMIZED = records(
    "USUBJID RAND_DATE",
    ("treated", "2016-08-10"),
    ("never_dosed", "2016-08-10"),
    ("never_dosed_and_left", "2016-08-10"),
    ("only_partial", "2016-08-10"),
    form="rand",
)
DM = records(
    "USUBJID RFENDTC",
    ("treated", "2019-01-01"),
    ("given_cells", "2016-09-24"),  # left on the first day of follow-up
    ("dosed_after_the_form", "2019-01-01"),
    ("no_form_of_end", None),  # still in the study
    ("died_that_day", "2016-08-12"),
    ("died_that_month", "2016-08"),
    ("never_dosed", "2019-01-01"),
    ("never_dosed_and_left", "2016-08-10"),
    ("only_partial", "2019-01-01"),
)

FOLLOW_UP = {
    # participant: (form of the record that gives the date, first day of follow-up)
    "dosed_after_the_form": ("form", "2016-08-14"),
    "died_that_month": ("form", "2016-08-13"),
    "given_cells": ("eot", "2016-09-24"),
    "never_dosed": ("rand", "2016-08-11"),
    "no_form_of_end": ("form", "2016-08-13"),
    "only_partial": ("rand", "2016-08-11"),
    "treated": ("eot", "2016-09-24"),
}


def test_treatment_begins_with_the_first_dose_whose_date_is_complete() -> None:
    found = elements.first_treatment(EXPOSURE)
    assert dict(zip(found["USUBJID"], found["START"], strict=True)) == {
        "treated": "2016-08-12T09:30",
        "given_cells": "2016-08-12",
        "dosed_after_the_form": "2016-08-12",
        "no_form_of_end": "2016-08-12",
        "died_that_day": "2016-08-12",
        "died_that_month": "2016-08-12",
    }
    assert dict(zip(found["USUBJID"], found["record"], strict=True))["treated"] == "01", (
        "the identity of the dose it took"
    )


def test_a_participant_given_any_cells_is_in_the_element_of_cells() -> None:
    assert shown(se.element_of_treatment(text("treated", "given_cells"), EXPOSURE)) == ["TRAS", "NKTRAS"]


def test_follow_up_begins_the_day_after_treatment_for_those_who_can_be_followed() -> None:
    found = se.start_of_follow_up(EXPOSURE, TREATED, RANDOMIZED, DM)
    assert {
        u: (f, s) for u, f, s in zip(found["USUBJID"], found["form"], found["START"], strict=True)
    } == FOLLOW_UP


def test_where_nobody_was_dosed_or_randomized_there_is_no_follow_up() -> None:
    assert len(se.start_of_follow_up(EXPOSURE.iloc[:0], TREATED.iloc[:0], RANDOMIZED.iloc[:0], DM)) == 0


ORDERS = {
    # rule: (ETCD, planned arm, TAETORD)
    "screening comes first in every arm": ("SCRN", "T", 1),
    "and for a participant assigned to none": ("SCRN", None, 1),
    "the element of the arm": ("NKTRAS", "NKT", 2),
    "the element of the other arm has no place in this one": ("NKTRAS", "T", None),
    "trastuzumab alone has no place in the arm with cells": ("TRAS", "NKT", None),
    "follow-up comes third": ("FUP", "T", 3),
}


@pytest.mark.parametrize(("element", "arm", "order"), ORDERS.values(), ids=ORDERS)
def test_the_planned_order_is_the_place_of_the_element_in_the_arm(
    study: Study, element: str, arm: str | None, order: float | None
) -> None:
    assert shown(elements.planned_order(text(element), text(arm), study.protocol.arms)) == [order]


def test_each_element_has_its_name_and_its_epoch(study: Study) -> None:
    codes = text("SCRN", "NKTRAS", "TRAS", "FUP")
    assert shown(element_name(codes, study.protocol.elements)) == [
        "Screening",
        "Trastuzumab and NK cells",
        "Trastuzumab",
        "Follow-up",
    ]
    assert shown(elements.epoch_of_element(codes, study.protocol.arms)) == [
        "SCREENING",
        "TREATMENT",
        "TREATMENT",
        "FOLLOW-UP",
    ]


def test_an_element_ends_where_the_next_begins_and_the_last_with_the_study() -> None:
    starts = records(
        "USUBJID SESTDTC",
        ("treated", "2016-09-24"),
        ("treated", "2016-08-12T09:30"),
        ("treated", "2016-07-20"),
        ("screen_failure", "2016-07-20"),
        ("still_here", "2016-07-20"),
    )
    left = text("2018-10", "2018-10", "2018-10", None, None)
    seen = text("2018-09-30", "2018-09-30", "2018-09-30", "2016-07-28", None)
    assert shown(elements.end_of_element(starts, left, seen)) == [
        "2018-10",
        "2016-09-24",
        "2016-08-12T09:30",
        "2016-07-28",
        None,
    ]
