"""ADAE and other occurrences: imputed dates, before, during and after treatment, first and worst records."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pipeline.derivations.adam import milestones, occurrences
from pipeline.records.measures import Conditions
from tests.support.tables import days, numbers, records, shown, text

FIRST_DOSE = "2016-08-12"
LAST_DOSE = "2016-12-10"

STARTS = {
    # rule: (start, end, first dose, ASTDT, ASTDTF)
    "a complete date stands": ("2016-08-10", None, FIRST_DOSE, "2016-08-10", None),
    "a time of day does not count": ("2016-08-10T09:30", None, FIRST_DOSE, "2016-08-10", None),
    "in the month of the first dose: its day": ("2016-08", None, FIRST_DOSE, FIRST_DOSE, "D"),
    "in the year of the first dose: its day": ("2016", None, FIRST_DOSE, FIRST_DOSE, "M"),
    "in a month before it: the first day": ("2016-07", None, FIRST_DOSE, "2016-07-01", "D"),
    "in a month after it: the first day": ("2016-09", None, FIRST_DOSE, "2016-09-01", "D"),
    "in a year after it: the first day": ("2017", None, FIRST_DOSE, "2017-01-01", "M"),
    "ended before the first dose": ("2016-08", "2016-08-11", FIRST_DOSE, "2016-08-01", "D"),
    "ended on the day of the first dose": ("2016-08", FIRST_DOSE, FIRST_DOSE, FIRST_DOSE, "D"),
    "may have ended after the first dose": ("2016-08", "2016-08", FIRST_DOSE, FIRST_DOSE, "D"),
    "ended in a month before the first dose": ("2016", "2016-07", FIRST_DOSE, "2016-01-01", "M"),
    "first dose on the first of the month": ("2016-08", None, "2016-08-01", "2016-08-01", "D"),
    "first dose on the last of the month": ("2016-08", None, "2016-08-31", "2016-08-31", "D"),
    "never dosed: the first day": ("2016-08", None, None, "2016-08-01", "D"),
    "no start is known": (None, "2016-08-11", FIRST_DOSE, None, None),
}


@pytest.mark.parametrize(("start", "end", "treated", "expected", "flag"), STARTS.values(), ids=STARTS)
def test_a_partial_start_is_moved_to_the_first_dose_where_it_can_be(
    start: str | None, end: str | None, treated: str | None, expected: str | None, flag: str | None
) -> None:
    found = occurrences.start_of_occurrence(text(start), text(end), days(treated))
    assert shown(found) == [expected]
    assert shown(milestones.imputation_flag(text(start))) == [flag]


CUTOFF = date(2019, 7, 1)
ENDS = {
    # rule: (end, left the study, died, AENDT)
    "a complete date stands, even after the death": ("2016-09-10", "2016-09-05", "2016-09-05", "2016-09-10"),
    "the last day of the month": ("2016-09", None, None, "2016-09-30"),
    "the last day of the year": ("2016", None, None, "2016-12-31"),
    "not after death": ("2016-09", None, "2016-09-20", "2016-09-20"),
    "not after the end of the study": ("2016-09", "2016-09-12", "2016-09-20", "2016-09-12"),
    "the end of the study comes after the death": ("2016-09", "2016-09-28", "2016-09-20", "2016-09-20"),
    "a death on the last day": ("2016-09", None, "2016-09-30", "2016-09-30"),
    "a death on the first day": ("2016-09", None, "2016-09-01", "2016-09-01"),
    "a death in a month before it decides nothing": ("2016-09", None, "2016-08-31", "2016-09-30"),
    "not after the cut-off": ("2019-07", None, None, "2019-07-01"),
    "the cut-off in the year": ("2019", None, None, "2019-07-01"),
    "not ended": (None, "2016-09-12", "2016-09-20", None),
}


@pytest.mark.parametrize(("end", "left", "died", "expected"), ENDS.values(), ids=ENDS)
def test_a_partial_end_is_the_last_day_of_which_something_is_known(
    end: str | None, left: str | None, died: str | None, expected: str | None
) -> None:
    found = occurrences.end_of_occurrence(text(end), days(left), days(died), CUTOFF)
    assert shown(found) == [expected]


BEFORE_TREATMENT = {
    # rule: (start, end, first dose, ASTDT, AENDT)
    "complete dates stand": ("2016-08-01", "2016-08-12", FIRST_DOSE, "2016-08-01", "2016-08-12"),
    "in the month of the first dose: its first day, and the day before the dose": (
        "2016-08",
        "2016-08",
        FIRST_DOSE,
        "2016-08-01",
        "2016-08-11",
    ),
    "in the year of the first dose": ("2016", "2016", FIRST_DOSE, "2016-01-01", "2016-08-11"),
    "in a year before it: the first and the last day": (
        "2014",
        "2014",
        FIRST_DOSE,
        "2014-01-01",
        "2014-12-31",
    ),
    "first dose on the first of the month: nothing lies before it": (
        "2016-08",
        "2016-08",
        "2016-08-01",
        "2016-08-01",
        "2016-08-31",
    ),
    "first dose on the second of the month": (None, "2016-08", "2016-08-02", None, "2016-08-01"),
    "first dose on the last of the month": (None, "2016-08", "2016-08-31", None, "2016-08-30"),
    "first dose on the first of the next month": (None, "2016-08", "2016-09-01", None, "2016-08-31"),
    "never dosed": ("2016-08", "2016-08", None, "2016-08-01", "2016-08-31"),
    "no dates": (None, None, FIRST_DOSE, None, None),
}


@pytest.mark.parametrize(
    ("start", "end", "treated", "began", "ended"), BEFORE_TREATMENT.values(), ids=BEFORE_TREATMENT
)
def test_what_was_over_before_treatment_is_not_completed_towards_it(
    start: str | None, end: str | None, treated: str | None, began: str | None, ended: str | None
) -> None:
    assert shown(occurrences.start_before_treatment(text(start))) == [began]
    assert shown(occurrences.end_before_treatment(text(end), days(treated))) == [ended]


def test_a_record_is_flagged_where_it_meets_every_condition() -> None:
    cm = records(
        "USUBJID CMCAT ONTRTFL",
        ("a", "CONCOMITANT MEDICATION", "Y"),
        ("a", "CONCOMITANT MEDICATION", None),
        ("a", "PRIOR ANTI-CANCER THERAPY", "Y"),
        ("b", None, "Y"),
    )
    taken: Conditions = {"CMCAT": "CONCOMITANT MEDICATION", "ONTRTFL": "Y"}
    assert shown(occurrences.flag_where(cm, taken)) == ["Y", None, None, None]
    either: Conditions = {"CMCAT": ["CONCOMITANT MEDICATION", "PRIOR ANTI-CANCER THERAPY"]}
    assert shown(occurrences.flag_where(cm, either)) == ["Y", "Y", "Y", None]


def test_a_study_without_a_cut_off_has_none_to_end_at() -> None:
    found = occurrences.end_of_occurrence(text("2019-07"), days(None), days(None))
    assert shown(found) == ["2019-07-31"]


def test_only_a_duration_has_a_unit() -> None:
    assert shown(occurrences.duration_unit(numbers(4, None))) == ["DAYS", None]


PERIODS = {
    # rule: (start, end, first dose, last dose, PREFL, TRTEMFL, ONTRTFL, FUPFL)
    "before the first dose": ("2016-08-11", "2016-08-11", FIRST_DOSE, LAST_DOSE, "Y", None, None, None),
    "went on under treatment": ("2016-08-11", FIRST_DOSE, FIRST_DOSE, LAST_DOSE, "Y", None, "Y", None),
    "has not ended": ("2016-08-11", None, FIRST_DOSE, LAST_DOSE, "Y", None, "Y", None),
    "on the day of the first dose": (FIRST_DOSE, FIRST_DOSE, FIRST_DOSE, LAST_DOSE, None, "Y", "Y", None),
    "30 days after the last dose": ("2017-01-09", None, FIRST_DOSE, LAST_DOSE, None, "Y", "Y", None),
    "31 days after the last dose": ("2017-01-10", None, FIRST_DOSE, LAST_DOSE, None, None, None, "Y"),
    "start not known": (None, "2016-09-01", FIRST_DOSE, LAST_DOSE, None, "Y", "Y", None),
    "neither start nor end known": (None, None, FIRST_DOSE, LAST_DOSE, None, "Y", "Y", None),
    "start not known, ended before": (None, "2016-08-11", FIRST_DOSE, LAST_DOSE, None, None, None, None),
    "day of the last dose not known": ("2018-01-10", None, FIRST_DOSE, None, None, "Y", "Y", None),
    "never dosed": ("2016-08-11", None, None, None, None, None, None, None),
}


@pytest.mark.parametrize(
    ("start", "end", "treated", "last", "before", "emergent", "during", "after"),
    PERIODS.values(),
    ids=PERIODS,
)
def test_an_occurrence_lies_before_during_or_after_treatment(
    start: str | None,
    end: str | None,
    treated: str | None,
    last: str | None,
    before: str | None,
    emergent: str | None,
    during: str | None,
    after: str | None,
) -> None:
    began, ended, dosed, last_dose = days(start), days(end), days(treated), days(last)
    assert shown(occurrences.pre_treatment_flag(began, dosed)) == [before]
    whole = (began, ended, dosed, last_dose)
    assert shown(occurrences.treatment_emergent_flag(*whole, on_treatment_days=30)) == [emergent]
    assert shown(occurrences.on_treatment_flag(*whole, on_treatment_days=30)) == [during]
    assert shown(occurrences.follow_up_flag(began, last_dose, on_treatment_days=30)) == [after]


def test_the_days_after_the_last_dose_are_the_studys() -> None:
    began, last_dose = days("2016-12-11"), days(LAST_DOSE)
    assert shown(occurrences.follow_up_flag(began, last_dose, on_treatment_days=0)) == ["Y"]
    assert shown(occurrences.follow_up_flag(began, last_dose, on_treatment_days=1)) == [None]


# --- first and worst
def event_records(
    *rows: tuple[str, str | None, int, str, str | None, str | None, float | None],
) -> pd.DataFrame:
    """Events: participant, start, AESEQ, class, term, TRTEMFL, grade."""
    frame = records("USUBJID ASTDT AESEQ AEBODSYS AEDECOD TRTEMFL ATOXGRN", *rows)
    return frame.assign(ASTDT=days(*(row[1] for row in rows)))


EVENTS = event_records(
    # participant, start, AESEQ, class, term, TRTEMFL, grade
    ("several", "2016-09-03", 1, "Gastro", "Nausea", "Y", 1),
    ("several", "2016-09-01", 2, "Gastro", "Nausea", "Y", 2),
    ("several", "2016-09-01", 3, "Gastro", "Vomiting", "Y", 2),
    ("several", "2016-08-01", 4, "Gastro", "Vomiting", None, 4),
    ("several", "2016-10-01", 5, "Blood", "Anaemia", "Y", 3),
    ("several", "2016-11-01", 6, "Blood", "Anaemia", "Y", 3),
    ("several", None, 7, "Skin", "Rash", "Y", None),
    ("uncoded", "2016-09-01", 1, "Gastro", None, "Y", 1),
    ("before_treatment_alone", "2016-08-01", 1, "Gastro", "Nausea", None, 1),
)
EMERGENT: Conditions = {"TRTEMFL": "Y"}
IDENTITY = ["USUBJID", "form", "record"]


def of_kind(*kind: str) -> pd.DataFrame:
    return EVENTS[[*IDENTITY, "TRTEMFL", "ASTDT", "AESEQ", *kind]]


def flagged(flags: pd.Series) -> list[tuple[str, int]]:
    chosen = EVENTS[flags.eq("Y")]
    return [(str(who), int(seq)) for who, seq in zip(chosen["USUBJID"], chosen["AESEQ"], strict=True)]


FIRST: dict[str, tuple[tuple[str, ...], list[tuple[str, int]]]] = {
    "in the participant": ((), [("several", 2), ("uncoded", 1)]),
    "in the class": (("AEBODSYS",), [("several", 2), ("several", 5), ("several", 7), ("uncoded", 1)]),
    "of the term; what has no term is of none": (
        ("AEBODSYS", "AEDECOD"),
        [("several", 2), ("several", 3), ("several", 5), ("several", 7)],
    ),
}


@pytest.mark.parametrize(("kind", "expected"), FIRST.values(), ids=FIRST)
def test_the_first_treatment_emergent_event(kind: tuple[str, ...], expected: list[tuple[str, int]]) -> None:
    assert flagged(occurrences.first_occurrence(of_kind(*kind), kind, EMERGENT)) == expected


WORST: dict[str, tuple[tuple[str, ...], list[tuple[str, int]]]] = {
    "in the participant": ((), [("several", 5), ("uncoded", 1)]),
    "in the class": (("AEBODSYS",), [("several", 2), ("several", 5), ("uncoded", 1)]),
    "of the term": (("AEBODSYS", "AEDECOD"), [("several", 2), ("several", 3), ("several", 5)]),
}


@pytest.mark.parametrize(("kind", "expected"), WORST.values(), ids=WORST)
def test_the_first_of_the_worst_treatment_emergent_events(
    kind: tuple[str, ...], expected: list[tuple[str, int]]
) -> None:
    found = occurrences.first_worst_occurrence(of_kind("ATOXGRN", *kind), "ATOXGRN", kind, EMERGENT)
    assert flagged(found) == expected


def test_without_a_condition_every_record_counts() -> None:
    every = EVENTS[[*IDENTITY, "ASTDT", "AESEQ"]]
    assert flagged(occurrences.first_occurrence(every)) == [
        ("several", 4),
        ("uncoded", 1),
        ("before_treatment_alone", 1),
    ]
    assert flagged(
        occurrences.first_worst_occurrence(every.assign(ATOXGRN=EVENTS["ATOXGRN"]), "ATOXGRN")
    ) == [
        ("several", 4),
        ("uncoded", 1),
        ("before_treatment_alone", 1),
    ]


def test_no_records_have_no_first() -> None:
    none = of_kind("AEBODSYS").iloc[:0]
    assert shown(occurrences.first_occurrence(none, ("AEBODSYS",), EMERGENT)) == []
    assert (
        shown(occurrences.first_worst_occurrence(none.assign(ATOXGRN=numbers()), "ATOXGRN", where=EMERGENT))
        == []
    )
