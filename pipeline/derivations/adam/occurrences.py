"""Occurrence data: when an event, a drug or a condition began and ended, before, during or after treatment,
and which record of a participant is the first or the worst of its kind.
"""

from __future__ import annotations

import datetime
from typing import Annotated

import pandas as pd

from pipeline.derivations.adam.basic import record_flag
from pipeline.records import dates, lookup
from pipeline.records.columns import Named
from pipeline.records.conditions import meets_all
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Conditions, Days, Names

START = "ASTDT"
Records = Annotated[pd.DataFrame, Named("ASTDT", "--SEQ", closed=True)]


# --- when it began and ended
def start_of_occurrence(date: pd.Series, end: pd.Series, treated: pd.Series) -> pd.Series:
    """Day on which it began.

    1. A complete date is as it was collected.
    2. Of a partial date, the first day that it can mean; where it can also mean the day of the first dose,
       and the end is not before that day, the day of the first dose, so that what may have begun under
       treatment counts as such.

    Takes     start and end, ISO 8601 text; date of first exposure.
    Returns   date; missing where no start is known.
    Source    specs/study.yaml, parameter occurrence_start_imputation; ADaMIG 1.3, 3.1.3 (imputed dates).
    """
    first, last = dates.first_day(date), dates.last_day(date)
    may_mean_first_dose = treated.gt(first) & treated.le(last)
    ended_before = dates.last_day(end).lt(treated)
    return first.mask(may_mean_first_dose & ~ended_before, treated)


def end_of_occurrence(
    date: pd.Series, left: pd.Series, died: pd.Series, cutoff: datetime.date | None = None
) -> pd.Series:
    """Day on which it ended.

    1. A complete date is as it was collected.
    2. Of a partial date, the last day that it can mean; where it can also mean the day of death, the day on
       which the participant left the study, or the cut-off, the first of these days, for nothing is known of
       the time after it.

    Takes     end, ISO 8601 text; dates of the end of the study and of death; the cut-off.
    Returns   date; missing for what had not ended, or has no end that is known.
    Source    specs/study.yaml, parameter occurrence_end_imputation; ADaMIG 1.3, 3.1.3 (imputed dates).
    """
    first, last = dates.first_day(date), dates.last_day(date)
    known_until = [left, died]
    if cutoff is not None:
        known_until.append(pd.Series(pd.Timestamp(cutoff), index=date.index, dtype=dates.DAY))
    for limit in known_until:
        last = last.mask(limit.lt(last) & limit.ge(first), limit)
    return last


def start_before_treatment(date: pd.Series) -> pd.Series:
    """Day on which it began, of what began before treatment: a condition of the history, an earlier therapy.

    Of a partial date, the first day that it can mean, also where it can mean the day of the first dose.

    Takes     start, ISO 8601 text.
    Returns   date; missing where no start is known.
    Source    OCCDS 1.1 (ASTDT); ADaMIG 1.3, 3.1.3 (imputed dates).
    """
    return dates.first_day(date)


def end_before_treatment(date: pd.Series, treated: pd.Series) -> pd.Series:
    """Day on which it ended, of what was over before treatment, such as an earlier therapy.

    Of a partial date, the last day that it can mean; where it can also mean the day before the first dose,
    not after that day.

    Takes     end, ISO 8601 text; date of first exposure.
    Returns   date; missing for what has no end that is known.
    Source    OCCDS 1.1 (AENDT); ADaMIG 1.3, 3.1.3 (imputed dates).
    """
    first, last = dates.first_day(date), dates.last_day(date)
    day_before = treated - pd.Timedelta(days=1)
    return last.mask(day_before.lt(last) & day_before.ge(first), day_before)


def duration_unit(duration: pd.Series) -> pd.Series:
    """DAYS where there is a duration.

    Takes     duration in days.
    Returns   DAYS or missing.
    Source    OCCDS 1.1 (ADURU).
    """
    return pd.Series("DAYS", index=duration.index, dtype="str").where(duration.notna())


# --- before, during and after treatment
def pre_treatment_flag(start: pd.Series, treated: pd.Series) -> pd.Series:
    """Y for what began before the day of the first dose.

    Takes     start; date of first exposure.
    Returns   Y or missing; missing for a participant who was never dosed.
    Source    OCCDS 1.1 (PREFL).
    """
    return record_flag(start.lt(treated))


def treatment_emergent_flag(
    start: pd.Series,
    end: pd.Series,
    treated: pd.Series,
    last_dose: pd.Series,
    *,
    on_treatment_days: Days,
) -> pd.Series:
    """Y for an event that is treatment-emergent.

    1. It began on the day of the first dose or later,
    2. and not more than the stated days after the last dose; without a date of the last dose there is no such
       end.
    3. An event whose start is not known counts too, unless it ended before the first dose.
    4. An event that was there before the first dose and worsened later, which ICH E9 counts too, is counted
       by the record of its worsening: the form must ask for a new record, with a start of its own, where the
       grade rises. The record that began before treatment is not flagged, whatever its grade, for it has one
       grade and no date at which that was reached.

    Takes     start and end; dates of first and last exposure; days after the last dose that still count.
    Returns   Y or missing; missing for a participant who was never dosed.
    Source    OCCDS 1.1 (TRTEMFL); ICH E9, glossary (treatment emergent); specs/study.yaml, parameter
              on_treatment_days.
    """
    began_under_treatment = start.ge(treated) & ~_after(start, last_dose, on_treatment_days)
    may_have_begun = start.isna() & treated.notna() & ~end.lt(treated)
    return record_flag(began_under_treatment | may_have_begun)


def on_treatment_flag(
    start: pd.Series,
    end: pd.Series,
    treated: pd.Series,
    last_dose: pd.Series,
    *,
    on_treatment_days: Days,
) -> pd.Series:
    """Y for what was taken, or went on, under treatment: from the first dose to the stated days after the
    last one.

    1. It began not more than the stated days after the last dose, or its start is not known,
    2. and it ended on the day of the first dose or later, or has no end that is known.

    Takes     start and end; dates of first and last exposure; days after the last dose that still count.
    Returns   Y or missing; missing for a participant who was never dosed.
    Source    OCCDS 1.1 (ONTRTFL); specs/study.yaml, parameter on_treatment_days.
    """
    begun = ~_after(start, last_dose, on_treatment_days)
    return record_flag(treated.notna() & begun & ~end.lt(treated))


def follow_up_flag(start: pd.Series, last_dose: pd.Series, *, on_treatment_days: Days) -> pd.Series:
    """Y for what began more than the stated days after the last dose.

    Takes     start; date of last exposure; days after the last dose that still count as under treatment.
    Returns   Y or missing; missing for a participant who was never dosed.
    Source    OCCDS 1.1 (FUPFL); specs/study.yaml, parameter on_treatment_days.
    """
    return record_flag(_after(start, last_dose, on_treatment_days))


def flag_where(records: pd.DataFrame, where: Conditions) -> pd.Series:
    """Y for a record that meets all conditions of `where`.

    Takes     the participant's records: the columns of the conditions; by column the value, or the values of
              which it has one.
    Returns   Y or missing.
    Source    OCCDS 1.1 (ANLzzFL).
    """
    return record_flag(meets_all(records, where))


def _after(start: pd.Series, last_dose: pd.Series, days: int) -> pd.Series:
    return start.gt(last_dose + pd.Timedelta(days=days))


# --- first and worst
def first_occurrence(records: Records, by: Names = (), where: Conditions | None = None) -> pd.Series:
    """Y for the participant's first record of its kind.

    1. The records that meet the conditions of `where` count.
    2. Records are of one kind where they are equal in every column of `by`: none, a system organ class, a
       class and a term. A record that lacks one of them, such as an event that is not coded, is of no kind
       and has no flag.
    3. The first is the one that began first, of several on one day the one with the lowest sequence number;
       a record without a start comes last.

    Takes     the participant's records: ASTDT, --SEQ, the columns of `by` and of the conditions.
    Returns   Y or missing.
    Source    OCCDS 1.1 (AOCCFL, AOCCSFL, AOCCPFL, AOCCzzFL).
    """
    counted = _counted(records, by, where)
    first = lookup.first_of_each(counted, [SUBJECT, *by], START, _sequence(records))
    return record_flag(pd.Series(records.index.isin(first.index), index=records.index))


def first_worst_occurrence(
    records: Records, severity: str, by: Names = (), where: Conditions | None = None
) -> pd.Series:
    """Y for the first of the participant's records of its kind with the highest severity.

    1. The records that have a severity and meet the conditions of `where` count; an event without a grade
       has no flag.
    2. Records are of one kind where they are equal in every column of `by`: none, a system organ class, a
       class and a term. A record that lacks one of them, such as an event that is not coded, is of no kind
       and has no flag.
    3. Of those with the highest severity the one that began first, of several on one day the one with the
       lowest sequence number; a record without a start comes last.

    Takes     the participant's records: ASTDT, --SEQ, their grade or severity, the columns of `by` and of the
              conditions; the name of the column with the grade or severity, a number, the larger the worse.
    Returns   Y or missing.
    Source    OCCDS 1.1 (AOCCIFL, AOCCSIFL, AOCCPIFL).
    """
    counted = _counted(records, by, where)
    from_worst = counted.assign(mildness=-counted[severity])
    from_worst = from_worst[from_worst["mildness"].notna()]
    first = lookup.first_of_each(from_worst, [SUBJECT, *by], "mildness", START, _sequence(records))
    return record_flag(pd.Series(records.index.isin(first.index), index=records.index))


def _counted(records: pd.DataFrame, by: Names, where: Conditions | None) -> pd.DataFrame:
    """The records that are of a kind and meet the conditions."""
    return records[records[[*by]].notna().all(axis="columns") & meets_all(records, where or {})]


def _sequence(records: pd.DataFrame) -> str:
    return next(name for name in values_of(records) if name.endswith("SEQ"))
