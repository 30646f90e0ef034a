"""Results over time: which record is baseline, what comes after it, and how far it has moved."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.adam.basic import record_flag
from pipeline.derivations.adam.before_treatment import Reference, after_baseline, before_treatment
from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Days, Points


def baseline_record(
    records: Annotated[pd.DataFrame, Placed("parameter", Date("date"), "result")],
    anchors: Annotated[pd.DataFrame, Placed(Date("anchor"))],
    exposure: Annotated[pd.DataFrame, Placed(Date("first exposure"))],
    on_the_day: bool = True,
    *,
    baseline_reference: Reference,
    baseline_days_after_anchor: Days,
) -> pd.Series:
    """Y for the last record of each parameter with a result before treatment.

    1. Of a participant who was dosed, a record counts that is of a day before the first dose or, on its day,
       of an earlier time. Where the time of either is not known, all of that day count, for the protocol has
       every assessment done before dosing; where `on_the_day` is false none does.
    2. Of a participant who was never dosed, and of everybody where the anchor is the reference, one counts
       that is of a day on or before the anchor, or within the stated days after it.
    3. A record without a result, or without a complete date, does not count.
    4. The last of these by date and time has the flag; one without a time is the first of its day, and of
       several of one time the last by the key of its form has it.

    Takes     the participant's records: parameter, date and time (ISO 8601), result; the anchor, the date of
              randomization or of what stands for it; date and time of first exposure; whether what may have
              been done before or after the first dose on its day counts.
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.8 (ABLFL).
    """
    parameter, date, result = values_of(records)
    before = before_treatment(
        records[SUBJECT],
        records[date],
        anchors,
        exposure,
        baseline_reference=baseline_reference,
        baseline_days_after_anchor=baseline_days_after_anchor,
        on_the_day=on_the_day,
    )
    taken = records.assign(moment=dates.moment(records[date]))
    last = lookup.last_of_each(taken[before & records[result].notna()], [SUBJECT, parameter], "moment")
    return record_flag(pd.Series(records.index.isin(last.index), index=records.index))


Course = Annotated[pd.DataFrame, Placed("parameter", Date("date"), "flag of baseline", "value")]


def value_at_baseline(
    records: Annotated[pd.DataFrame, Placed("parameter", "flag of baseline", "value")],
) -> pd.Series:
    """What the record of the parameter that is flagged as baseline holds.

    Takes     the participant's records: parameter, flag of baseline, and a number or a text.
    Returns   of the type of the value; missing where the parameter has none at baseline.
    Source    ADaMIG 1.3, 3.3.4 (BASE, BASEC and the variables of baseline).
    """
    parameter, flag, value = values_of(records)
    baseline = records[records[flag].eq("Y")]
    return lookup.value_of_match(records, baseline, [SUBJECT, parameter], value)


def change_since_baseline(records: Course) -> pd.Series:
    """Value minus the value at baseline, of a record after that of baseline.

    Takes     the participant's records: parameter, date and time (ISO 8601), flag of baseline, value.
    Returns   number in the unit of the parameter; missing at baseline, before it, and without it.
    Source    ADaMIG 1.3, 3.3.4 (CHG).
    """
    parameter, _, flag, value = values_of(records)
    base = value_at_baseline(records[[SUBJECT, parameter, flag, value]])
    # 54.9 - 54.5 is 0.4, and no float beside it
    return (records[value] - base).round(9).where(after_baseline(records)).astype("float64")


def lasting_fall(records: Course, *, lasting_fall_points: Points) -> pd.Series:
    """Y for a result after baseline that lies below it by the stated points or more, as every later result of
    the parameter does.

    A fall that a later result takes back is not one that lasts; a record without a value takes nothing back.

    Takes     the participant's records: parameter, date and time (ISO 8601), flag of baseline, value; the
              points below baseline from which a result counts.
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.4 (CRITyFL); specs/study.yaml, assumption performance-deterioration.
    """
    parameter, date, flag, value = values_of(records)
    base = value_at_baseline(records[[SUBJECT, parameter, flag, value]])
    fallen = records.assign(moment=dates.moment(records[date]), fall=base - records[value])
    fallen = fallen[after_baseline(records) & fallen["fall"].notna()]
    from_last = lookup.in_order(fallen, SUBJECT, parameter, "moment").iloc[::-1]
    smallest_from_here_on = from_last.groupby([SUBJECT, parameter])["fall"].cummin()
    lasts = smallest_from_here_on.ge(lasting_fall_points)
    return record_flag(lasts.reindex(records.index, fill_value=False))


def lasting_fall_criterion(value: pd.Series, *, lasting_fall_points: Points) -> pd.Series:
    """What a result is asked, in words, with the points that the study chose.

    Takes     value; the points below baseline from which a result counts.
    Returns   text; missing where the value is.
    Source    ADaMIG 1.3, 3.3.4 (CRITy).
    """
    words = f"Fall from baseline of {lasting_fall_points:g} points or more that lasts"
    return pd.Series(words, index=value.index, dtype="str").where(value.notna())
