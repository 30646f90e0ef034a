"""What belongs to baseline, what was done before treatment began, and what comes after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Days

Reference = Literal["first dose", "anchor"]


@dataclass(frozen=True)
class Baseline:
    """What a study says of baseline.

    baseline_reference
        first dose: before it, and by the anchor where none was given; anchor: by the date from which scans
        are planned (randomization, enrolment), whatever was given.
    baseline_days_after_anchor
        where the anchor is the reference: so many days after it still count.
    baseline_longest_days
        a baseline more days before the reference is reported.
    """

    baseline_reference: Reference
    baseline_days_after_anchor: Days
    baseline_longest_days: Days


def before_treatment(
    usubjid: pd.Series,
    date: pd.Series,
    anchors: pd.DataFrame,
    exposure: pd.DataFrame,
    *,
    baseline_reference: Reference,
    baseline_days_after_anchor: Days,
    on_the_day: bool = True,
) -> pd.Series:
    """Whether each record is of the time before treatment.

    1. Of a participant who was dosed: of a day before the first dose or, on its day, of an earlier time.
       Where the time of either is not known, the day of the first dose counts as before it, for the protocol
       has every assessment done before dosing; where `on_the_day` is false it does not.
    2. Of a participant who was never dosed, and of everybody where the anchor is the reference: on or before
       the anchor, or within the stated days after it.
    3. Where only the month or the year of the first dose is known: on or before the anchor.

    Takes     participant and date (ISO 8601 text) of each record; the anchor of each participant, the date of
              randomization or of what stands for it (datetime64); date and time of first exposure (ISO 8601
              text); whether what may have been done before or after the first dose on its day counts.
    Returns   true or false; false for a record without a complete date.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.2; specs/study.yaml, parameters.
    """
    (start,), (dose,) = values_of(anchors), values_of(exposure)
    first_dose = lookup.value_of_subject(usubjid, exposure, dose)
    by_dose = dates.before(date, first_dose, on_the_day=on_the_day)

    day = dates.day(date)
    start_day = lookup.value_of_subject(usubjid, anchors, start)
    soon_after_anchor = day.le(start_day + pd.Timedelta(days=baseline_days_after_anchor))
    by_anchor = day.le(start_day)
    if baseline_reference == "anchor":
        return soon_after_anchor
    dosed, on_a_known_day = first_dose.notna(), dates.day(first_dose).notna()
    return by_dose.where(on_a_known_day, by_anchor.where(dosed, soon_after_anchor))


def after_first_dose(usubjid: pd.Series, date: pd.Series, exposure: pd.DataFrame) -> pd.Series:
    """Whether each record is later than the first dose.

    It is of a later day, or of the day of the first dose and of its time or a later one, where both times are
    known. Of a partial date of the first dose the last day that it can mean counts.

    Takes     participant and date (ISO 8601 text) of each record; date and time of first exposure (ISO 8601
              text).
    Returns   true or false; false for a record without a complete date, and for who was never dosed.
    """
    (dose,) = values_of(exposure)
    first_dose = lookup.value_of_subject(usubjid, exposure, dose)
    later_day = dates.day(date).gt(dates.last_day(first_dose))
    same_day = dates.day(date).eq(dates.day(first_dose))
    times_known = dates.has_time(date) & dates.has_time(first_dose)
    return later_day | (same_day & times_known & dates.moment(date).ge(dates.moment(first_dose)))


def reference_day(anchor: pd.Series, treated: pd.Series, *, baseline_reference: Reference) -> pd.Series:
    """The day from which baseline is counted back: that of the first dose or, where there was none or the
    study says so, the anchor.

    Takes     anchors and dates of first exposure.
    """
    if baseline_reference == "anchor":
        return anchor
    return treated.where(treated.notna(), anchor)


def after_baseline(records: pd.DataFrame) -> pd.Series:
    """Whether each record is later than the one flagged as baseline of its parameter.

    Takes     the participant's records: parameter, date and time (ISO 8601), flag of baseline, in this order.
    """
    parameter, date, flag, *_ = values_of(records)
    taken = records.assign(moment=dates.moment(records[date]))
    baseline = taken[taken[flag].eq("Y")]
    return taken["moment"].gt(lookup.value_of_match(taken, baseline, [SUBJECT, parameter], "moment"))
