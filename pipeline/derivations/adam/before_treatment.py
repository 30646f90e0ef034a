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
) -> pd.Series:
    """Whether each record is of the time before treatment.

    1. Of a participant who was dosed: of a day before the first dose, or of its day, and of no later time
       where both times were collected.
    2. Of a participant who was never dosed, and of everybody where the anchor is the reference: on or before
       the anchor, or within the stated days after it.
    3. Where only the month or the year of the first dose is known: on or before the anchor.

    Takes     participant and date (ISO 8601 text) of each record; the anchor of each participant, the date of
              randomization or of what stands for it (datetime64); date and time of first exposure (ISO 8601
              text).
    Returns   true or false; false for a record without a complete date.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.2; specs/study.yaml, parameters.
    """
    (start,), (dose,) = values_of(anchors), values_of(exposure)
    start_day = lookup.value_of_subject(usubjid, anchors, start)
    first_dose = lookup.value_of_subject(usubjid, exposure, dose)
    by_dose = dates.no_later(date, first_dose)
    if baseline_reference == "anchor":
        first_dose = first_dose.where(pd.Series(False, index=usubjid.index))

    day, after = dates.day(date), pd.Timedelta(days=baseline_days_after_anchor)
    by_anchor = day.le(start_day)
    soon_after_anchor = day.le(start_day + after)
    dosed, on_a_known_day = first_dose.notna(), dates.day(first_dose).notna()
    return by_dose.where(on_a_known_day, by_anchor.where(dosed, soon_after_anchor))


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
