"""What belongs to baseline: what was done before treatment began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.identity import values_of
from pipeline.records.measures import Days

Reference = Literal["first dose", "randomization"]


@dataclass(frozen=True)
class Baseline:
    """What a study says of baseline.

    baseline_reference
        first dose: before it, and by randomization where none was given; randomization: by randomization,
        whatever was given (for a study without dosing).
    baseline_days_after_randomization
        where randomization is the reference: so many days after it still count.
    baseline_longest_days
        a baseline more days before the reference is reported.
    """

    baseline_reference: Reference
    baseline_days_after_randomization: Days
    baseline_longest_days: Days


def before_treatment(
    usubjid: pd.Series,
    date: pd.Series,
    randomized: pd.DataFrame,
    exposure: pd.DataFrame,
    *,
    baseline_reference: Reference,
    baseline_days_after_randomization: Days,
) -> pd.Series:
    """Whether each record is of the time before treatment.

    1. Of a participant who was dosed: of a day before the first dose, or of its day, and of no later time
       where both times were collected.
    2. Of a participant who was never dosed, and of everybody where randomization is the reference: on or
       before randomization, or within the stated days after it.
    3. Where only the month or the year of the first dose is known: on or before randomization.

    Takes     participant and date (ISO 8601 text) of each record; date of randomization, or of what stands
              for it, of each participant (datetime64); date and time of first exposure (ISO 8601 text).
    Returns   true or false; false for a record without a complete date.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.2; specs/study.yaml, parameters.
    """
    (start,), (dose,) = values_of(randomized), values_of(exposure)
    start_day = lookup.value_of_subject(usubjid, randomized, start)
    first_dose = lookup.value_of_subject(usubjid, exposure, dose)
    by_dose = dates.no_later(date, first_dose)
    if baseline_reference == "randomization":
        first_dose = first_dose.where(pd.Series(False, index=usubjid.index))

    day, after = dates.day(date), pd.Timedelta(days=baseline_days_after_randomization)
    by_randomization = day.le(start_day)
    soon_after_randomization = day.le(start_day + after)
    dosed, on_a_known_day = first_dose.notna(), dates.day(first_dose).notna()
    return by_dose.where(on_a_known_day, by_randomization.where(dosed, soon_after_randomization))


def reference_day(randomized: pd.Series, treated: pd.Series, *, baseline_reference: Reference) -> pd.Series:
    """The day from which baseline is counted back: that of the first dose or, where there was none or the
    study says so, that of randomization.

    Takes     dates of randomization and of first exposure.
    """
    if baseline_reference == "randomization":
        return randomized
    return treated.where(treated.notna(), randomized)
