"""Study days, dates with times, and the last observation before exposure: what every study needs."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Named, Placed
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT, values_of


def study_day(date: pd.Series, reference: pd.Series) -> pd.Series:
    """Day of the study, where the reference date is day 1 and the day before it is day -1; missing unless
    both dates are complete.

    Takes     ISO 8601 text of the record and of its reference date (DM.RFSTDTC).
    Returns   whole days.
    Source    SDTMIG 3.4, 4.4.4.
    """
    return dates.days_between(dates.day(reference), dates.day(date))


def date_time(date: pd.Series, time: pd.Series) -> pd.Series:
    """The collected date, followed by the collected time of day where the date is complete and a time was
    collected.

    Takes     ISO 8601 text and HH:MM.
    Returns   ISO 8601 text, as precise as collected.
    Source    SDTMIG 3.4, 4.4.1.
    """
    with_time = date + map_distinct(time, lambda clock: f"T{clock.zfill(5)}")
    return date.mask(date.str.len().eq(10) & time.notna(), with_time)


def last_before_dose(
    records: Annotated[pd.DataFrame, Named("--DTC", "--ORRES")],
    reference: Annotated[pd.DataFrame, Placed(Date("first exposure"))],
    on_the_day: bool = True,
) -> pd.Series:
    """Y for the last record with a result before the first dose, of each test (and lesion).

    1. Only a record with a result counts.
    2. A record of an earlier day, or of an earlier time on the day of the first dose, is before the first
       dose; one of the same time is not.
    3. On the day of the first dose a record also counts as before it where the time of either is not known,
       for the protocol has every assessment done before dosing: of a dose without a time, all records of its
       day. Where `on_the_day` is false, none of these counts.
    4. The last of these records of each test by date and time has the flag; one without a time is the first
       of its day, and of several of one time the last by the key of its form has it.

    A partial date of a record is never before the first dose.

    Takes     the participant's records: the first column that ends in DTC (ISO 8601), the first that ends in
              ORRES, and the columns that tell tests apart; the date and time of first exposure of each
              participant; whether what may have been done before or after the first dose on its day counts.
    Returns   Y or missing.
    Source    SDTMIG 3.4, 4.5.9 (--LOBXFL).
    """
    columns = values_of(records)
    date = next(c for c in columns if c.endswith("DTC"))
    result = next(c for c in columns if c.endswith("ORRES"))
    test = [c for c in columns if c not in (date, result)]

    (exposure,) = values_of(reference)
    first_dose = lookup.value_of_subject(records[SUBJECT], reference, exposure)
    before_dose = dates.before(records[date], first_dose, on_the_day=on_the_day)

    with_moment = records.assign(taken=dates.moment(records[date]))
    candidates = with_moment[records[result].notna() & before_dose]
    last = lookup.last_of_each(candidates, [SUBJECT, *test], "taken")
    flagged = records.index.isin(last.index)
    return pd.Series("Y", index=records.index, dtype="str").where(flagged)
