"""SE: screening from consent, treatment from the first dose to the end of the eighth cycle or an earlier end,
follow-up from there (SDTMIG 3.4, 5.3).
"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from mappings.sdtm import se
from pipeline.derivations.sdtm import elements
from pipeline.derivations.sdtm.terms import element_name
from pipeline.records.identity import KEY
from pipeline.study import Study
from tests.support.tables import records, shown, text
from tests.support.tabulated_sample import rows

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
    ("died_later_that_month", "2016-08-12", None, "TRASTUZUMAB"),
    ("only_partial", "2016-08", None, "TRASTUZUMAB"),
)
TREATED = records(
    "USUBJID END_DATE REASON",
    ("treated", "2016-09-09", "Completed"),  # one product ended before
    ("treated", "2016-09-23", "Adverse event"),  # the other: the later one counts
    ("given_cells", "2016-09-23", "Completed"),
    ("dosed_after_the_form", "2016-08-01", "Physician decision"),
    ("never_dosed", "2016-08-20", "Never dosed"),
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
    ("died_later_that_month", "2016-08"),  # was seen in follow-up
    ("never_dosed", "2019-01-01"),
    ("never_dosed_and_left", "2016-08-10"),
    ("only_partial", "2019-01-01"),
)

FOLLOW_UP = {
    # participant: (form of the record that gives the date, first day of follow-up)
    "dosed_after_the_form": ("form", "2016-08-14"),
    "died_later_that_month": ("form", "2016-08-13"),
    "given_cells": ("eot", "2016-09-24"),
    "never_dosed": ("rand", "2016-08-11"),
    "no_form_of_end": ("form", "2016-08-13"),
    "only_partial": ("rand", "2016-08-11"),
    "treated": ("eot", "2016-09-24"),
}
NO_CYCLES = records("USUBJID FOLDER GIVEN DOSE_DATE").iloc[:0]
# What shows on which day a participant was alive; in most tests nobody was seen after treatment.
NEVER_SEEN = {
    "visit_records": records("USUBJID DONE VISIT_DATE").iloc[:0],
    "contacts": records("USUBJID STATUS CONTACT_DATE").iloc[:0],
    "ends_of_study": records("USUBJID LAST_CONTACT").iloc[:0],
    "scans": records("USUBJID DONE SCAN_DATE").iloc[:0],
    "events": records("USUBJID START_DATE").iloc[:0],
    "medications": records("USUBJID START_DATE").iloc[:0],
    "therapies": records("USUBJID START_DATE").iloc[:0],
}


def follow_up(
    study: Study,
    exposure: pd.DataFrame,
    cycles: pd.DataFrame,
    treated: pd.DataFrame,
    randomized: pd.DataFrame,
    dm: pd.DataFrame,
    **signs_of_life: pd.DataFrame,
) -> dict[str, tuple[str, str]]:
    """Form of the record that gives the date, and first day of follow-up, by participant."""
    starts = se.start_of_follow_up(
        exposure,
        cycles,
        treated,
        randomized,
        dm,
        **(NEVER_SEEN | signs_of_life),
        last_cycle="CYCLE 8 DAY 1",
        cycle_days=21,
        cutoff=date(2019, 7, 1),
        visits=study.visits,
    )
    return {u: (f, s) for u, f, s in zip(starts["USUBJID"], starts["form"], starts["START"], strict=True)}


def test_treatment_begins_with_the_first_dose_whose_date_is_complete() -> None:
    found = elements.first_treatment(EXPOSURE[[*KEY, "EXSTDTC"]])
    assert dict(zip(found["USUBJID"], found["START"], strict=True)) == {
        "treated": "2016-08-12T09:30",
        "given_cells": "2016-08-12",
        "dosed_after_the_form": "2016-08-12",
        "no_form_of_end": "2016-08-12",
        "died_that_day": "2016-08-12",
        "died_that_month": "2016-08-12",
        "died_later_that_month": "2016-08-12",
    }
    assert dict(zip(found["USUBJID"], found["record"], strict=True))["treated"] == "01", (
        "the identity of the dose it took"
    )


def test_a_participant_given_any_cells_is_in_the_element_of_cells() -> None:
    assert shown(se.element_of_treatment(text("treated", "given_cells"), EXPOSURE)) == ["TRAS", "NKTRAS"]


def test_follow_up_begins_the_day_after_treatment_for_those_who_can_be_followed(study: Study) -> None:
    contacts = records(
        "USUBJID STATUS CONTACT_DATE",
        ("died_that_month", "Alive", "2016-08-12"),
        ("died_later_that_month", "Alive", "2016-08-20"),
        ("died_that_day", "Dead", "2016-09-20"),
    )
    assert follow_up(study, EXPOSURE, NO_CYCLES, TREATED, RANDOMIZED, DM, contacts=contacts) == FOLLOW_UP


def test_where_nobody_was_dosed_or_randomized_there_is_no_follow_up(study: Study) -> None:
    assert follow_up(study, EXPOSURE.iloc[:0], NO_CYCLES, TREATED.iloc[:0], RANDOMIZED.iloc[:0], DM) == {}


# The last dose is that of the eighth cycle, on 10 December 2016, whose 21 days end with 30 December.
EIGHT_CYCLES = {
    # rule: (visit, given, end of treatment and reason, end of the study, first day of follow-up)
    "the eighth cycle lasts 21 days": (
        "CYCLE 8 DAY 1", "Yes", ("2016-12-10", "Completed"), "2018-01-01", "2016-12-31"),
    "however visit and reason are typed": (
        "cycle 8  day 1 ", "YES", ("2016-12-10", "completed "), "2018-01-01", "2016-12-31"),
    "whatever later day a form of completion gives": (
        "CYCLE 8 DAY 1", "Yes", ("2017-01-20", "Completed"), "2018-01-01", "2016-12-31"),
    "without a form of its end": ("CYCLE 8 DAY 1", "Yes", None, "2018-01-01", "2016-12-31"),
    "who is still in the study": ("CYCLE 8 DAY 1", "Yes", ("2016-12-10", "Completed"), None, "2016-12-31"),
    "the seventh is not the last": (
        "CYCLE 7 DAY 1", "Yes", ("2016-12-12", "Progressive disease"), "2018-01-01", "2016-12-13"),
    "an eighth dose that was refused begins no cycle": (
        "CYCLE 8 DAY 1", "No", ("2016-12-12", "Withdrawal by subject"), "2018-01-01", "2016-12-13"),
    "who stopped during the eighth cycle": (
        "CYCLE 8 DAY 1", "Yes", ("2016-12-15", "Progressive disease"), "2018-01-01", "2016-12-16"),
    "who stopped on its first day": (
        "CYCLE 8 DAY 1", "Yes", ("2016-12-10", "Adverse event"), "2018-01-01", "2016-12-11"),
    "who left the study during the eighth cycle has no follow-up": (
        "CYCLE 8 DAY 1", "Yes", ("2016-12-10", "Completed"), "2016-12-30", None),
    "who died in the month in which it ends is not known to have seen its end": (
        "CYCLE 8 DAY 1", "Yes", ("2016-12-10", "Completed"), "2016-12", None),
    "nor who died in the year in which it ends": (
        "CYCLE 8 DAY 1", "Yes", ("2016-12-10", "Completed"), "2016", None),
    "who died in a later month has": (
        "CYCLE 8 DAY 1", "Yes", ("2016-12-10", "Completed"), "2017-01", "2016-12-31"),
    "who left on the first day of follow-up": (
        "CYCLE 8 DAY 1", "Yes", ("2016-12-10", "Completed"), "2016-12-31", "2016-12-31"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("visit", "given", "form", "left", "first_day"), EIGHT_CYCLES.values(), ids=EIGHT_CYCLES
)
def test_treatment_ends_with_the_eighth_cycle_or_on_the_day_it_ends_earlier(
    study: Study,
    visit: str,
    given: str,
    form: tuple[str, str] | None,
    left: str | None,
    first_day: str | None,
) -> None:
    exposure = records("USUBJID EXSTDTC EXENDTC", ("treated", "2016-12-10T09:30", "2016-12-10T10:30"))
    cycles = records("USUBJID FOLDER GIVEN DOSE_DATE", ("treated", visit, given, "2016-12-10"), form="tras")
    ends = records("USUBJID END_DATE REASON", ("treated", *(form or ("", ""))), form="eot")
    dm = records("USUBJID RFENDTC", ("treated", left))
    starts = follow_up(study, exposure, cycles, ends if form else ends.iloc[:0], RANDOMIZED, dm)
    assert starts.get("treated", (None, None))[1] == first_day


SEEN = {
    # what shows that the participant lived: (form, its record, first day of follow-up)
    "a visit on the day": ("visit_records", ("Yes", "2016-12-31"), "2016-12-31"),
    "a visit before it": ("visit_records", ("Yes", "2016-12-30"), None),
    "a visit that did not take place": ("visit_records", ("No", "2016-12-31"), None),
    "a visit of a day that is not known": ("visit_records", ("Yes", "2016-12"), None),
    "a contact": ("contacts", ("ALIVE", "2016-12-31"), "2016-12-31"),
    "a contact that learnt of the death": ("contacts", ("Dead", "2017-01-20"), None),
    "the date last known to be alive": ("ends_of_study", ("2016-12-31",), "2016-12-31"),
    "a scan": ("scans", ("Yes", "2016-12-31"), "2016-12-31"),
    "a scan that was not done": ("scans", ("No", "2016-12-31"), None),
    "an adverse event that began": ("events", ("2016-12-31",), "2016-12-31"),
    "a medication that began": ("medications", ("2016-12-31",), "2016-12-31"),
    "a therapy that began": ("therapies", ("2016-12-31",), "2016-12-31"),
}


@pytest.mark.parametrize(("form", "record", "first_day"), SEEN.values(), ids=SEEN)
def test_who_died_in_the_month_in_which_treatment_ends_has_a_follow_up_if_seen_in_it(
    study: Study, form: str, record: tuple[str, ...], first_day: str | None
) -> None:
    exposure = records("USUBJID EXSTDTC EXENDTC", ("treated", "2016-12-10T09:30", None))
    cycles = records("USUBJID FOLDER GIVEN DOSE_DATE", ("treated", "CYCLE 8 DAY 1", "Yes", "2016-12-10"))
    dm = records("USUBJID RFENDTC", ("treated", "2016-12"))
    columns = [str(c) for c in NEVER_SEEN[form] if str(c).isupper() and c != "USUBJID"]
    seen = {form: records(" ".join(["USUBJID", *columns]), ("treated", *record))}
    starts = follow_up(study, exposure, cycles, TREATED.iloc[:0], RANDOMIZED.iloc[:0], dm, **seen)
    assert starts.get("treated", (None, None))[1] == first_day


def test_a_dose_after_the_eighth_cycle_prolongs_treatment(study: Study) -> None:
    exposure = records(
        "USUBJID EXSTDTC EXENDTC",
        ("treated", "2016-12-10T09:30", None),
        ("treated", "2017-01-05T23:20", "2017-01-06T00:25"),  # past midnight
    )
    cycles = records("USUBJID FOLDER GIVEN DOSE_DATE", ("treated", "CYCLE 8 DAY 1", "Yes", "2016-12-10"))
    ends = records("USUBJID END_DATE REASON", ("treated", "2016-12-10", "Completed"))
    dm = records("USUBJID RFENDTC", ("treated", "2018-01-01"))
    assert follow_up(study, exposure, cycles, ends, RANDOMIZED, dm)["treated"][1] == "2017-01-07"


def test_the_reason_that_counts_is_that_of_the_product_that_ended_last(study: Study) -> None:
    exposure = records("USUBJID EXSTDTC EXENDTC", ("treated", "2016-12-10T09:30", None))
    cycles = records("USUBJID FOLDER GIVEN DOSE_DATE", ("treated", "CYCLE 8 DAY 1", "Yes", "2016-12-10"))
    ends = records(
        "USUBJID END_DATE REASON",
        ("treated", "2016-12-10", "Completed"),
        ("treated", "2016-12-10", "Adverse event"),  # the cells, stopped on the same day
    )
    dm = records("USUBJID RFENDTC", ("treated", "2018-01-01"))
    assert follow_up(study, exposure, cycles, ends, RANDOMIZED, dm)["treated"][1] == "2016-12-31"


def test_who_is_in_the_eighth_cycle_at_the_cut_off_has_no_follow_up_yet(study: Study) -> None:
    exposure = records("USUBJID EXSTDTC EXENDTC", ("treated", "2019-06-20T09:30", None))
    cycles = records("USUBJID FOLDER GIVEN DOSE_DATE", ("treated", "CYCLE 8 DAY 1", "Yes", "2019-06-20"))
    dm = records("USUBJID RFENDTC", ("treated", None))
    ends = TREATED.iloc[:0]
    assert follow_up(study, exposure, cycles, ends, RANDOMIZED.iloc[:0], dm) == {}


def test_the_rules_of_the_elements_name_the_days_and_the_cycle_that_se_uses(study: Study) -> None:
    parameters = study.protocol.parameters
    assert (parameters["cycle_days"].value, parameters["last_cycle"].value) == (21, "CYCLE 8 DAY 1")
    rules = [e.end for e in study.protocol.elements if e.code in ("NKTRAS", "TRAS")]
    assert (
        rules
        == ["21 days after the start of the eighth cycle, or the day on which treatment ends earlier"] * 2
    )


TREATMENT_ENDS = {
    # participant of the sample: (start of the last dose, end of the element of treatment), as TE has its rule
    "FD-001": ("2016-12-10", "2016-12-31"),  # eight doses
    "FD-010": ("2017-02-19", "2017-03-12"),  # the fourth was not given, the eighth was
    "FD-033": ("2017-08-11", "2017-09-01"),  # the sixth was not given, the eighth was
    "FD-008": ("2016-11-30", "2016-12-13"),  # stopped on 12 December
    "FD-022": ("2017-01-16", "2017-02-03"),
    "FD-026": ("2017-04-17", "2017-05-01"),
    "FD-032": ("2017-06-15", "2017-07-02"),
    "FD-035": ("2017-05-01", "2017-05-17"),
    "FD-009": ("2016-11-20", "2016-11-27"),  # died
    "FD-031": ("2017-06-14", "2017-06-18"),  # withdrew
}


@pytest.mark.parametrize(("who", "dates"), TREATMENT_ENDS.items(), ids=TREATMENT_ENDS)
def test_in_the_sample_treatment_ends_as_the_trial_elements_say(who: str, dates: tuple[str, str]) -> None:
    last_dose = rows("EX", "EXSTDTC", USUBJID=who)
    assert max(start[:10] for (start,) in last_dose) == dates[0]
    assert rows("SE", "SEENDTC", USUBJID=who, EPOCH="TREATMENT") == [(dates[1],)]


ORDERS = {
    # rule: (ETCD, planned arm, TAETORD)
    "screening comes first in every arm": ("SCRN", "T", 1),
    "and for a participant assigned to none": ("SCRN", None, 1),
    "who has no place for what comes after it": ("FUP", None, None),
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
