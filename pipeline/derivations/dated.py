"""The first and the last of a participant's dates, and what is worked out from dates alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Dates
from pipeline.records.conditions import meets_all
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Conditions, Yes

Records = Annotated[pd.DataFrame, Dates()]


def first_date(
    usubjid: pd.Series,
    records: Records,
    others: Records | None = None,
    doses: Records | None = None,
    disposition: Records | None = None,
    where: Conditions | None = None,
    unless: Conditions | None = None,
    partial: Yes = False,
) -> pd.Series:
    """The earliest of the participant's dates, with its time where one was collected.

    1. The records that meet the conditions of `where` count, but those that meet all of `unless`.
    2. Each column counts that is in no condition.
    3. Of partial dates none counts; where `partial` is yes, one counts by the first day that it can mean, and
       of dates with the same first day the most precise is taken.
    4. Dates of other records, of doses and of disposition count too, where they are given.

    Takes     participants; their records: dates in ISO 8601, and the columns of the conditions; dates of
              other forms or datasets.
    Returns   ISO 8601 text; missing for a participant without such a date.
    Source    SDTMIG 3.4, 5.2 (DM, reference dates).
    """
    together = _together(_dates(records, where, unless), others, doses, disposition)
    dated = _that_count(together, dates.first_day, partial)
    first = lookup.first_of_subject(dated, "day", "shortness", "date")
    return lookup.value_of_subject(usubjid, first, "date")


def last_date(
    usubjid: pd.Series,
    records: Records,
    others: Records | None = None,
    doses: Records | None = None,
    disposition: Records | None = None,
    where: Conditions | None = None,
    unless: Conditions | None = None,
    partial: Yes = False,
) -> pd.Series:
    """The latest of the participant's dates, with its time where one was collected.

    1. The records that meet the conditions of `where` count, but those that meet all of `unless`.
    2. Each column counts that is in no condition.
    3. Of partial dates none counts; where `partial` is yes, one counts by the last day that it can mean, and
       of dates with the same last day the most precise is taken.
    4. Dates of other records, of doses and of disposition count too, where they are given.

    Takes     participants; their records: dates in ISO 8601, and the columns of the conditions; dates of
              other forms or datasets.
    Returns   ISO 8601 text; missing for a participant without such a date.
    Source    SDTMIG 3.4, 5.2 (DM, reference dates).
    """
    together = _together(_dates(records, where, unless), others, doses, disposition)
    dated = _that_count(together, dates.last_day, partial)
    last = lookup.last_of_subject(dated, "day", "precision", "date")
    return lookup.value_of_subject(usubjid, last, "date")


def first_day(
    usubjid: pd.Series,
    records: Records,
    where: Conditions | None = None,
    unless: Conditions | None = None,
) -> pd.Series:
    """The earliest day of the participant's complete dates, of the records that meet `where` and not all of
    `unless`; each column counts that is in no condition.

    Takes     participants; their records: dates in ISO 8601, and the columns of the conditions.
    Returns   date; missing for a participant without such a date.
    Source    ADaMIG 1.3, 3.2 (dates of ADSL).
    """
    return dates.day(first_date(usubjid, records, where=where, unless=unless))


def last_day(
    usubjid: pd.Series,
    records: Records,
    others: Records | None = None,
    doses: Records | None = None,
    disposition: Records | None = None,
    where: Conditions | None = None,
    unless: Conditions | None = None,
) -> pd.Series:
    """The latest day of the participant's complete dates, of the records that meet `where` and not all of
    `unless`; each column counts that is in no condition. Dates of other records, of doses and of disposition
    count too, where they are given.

    Takes     participants; their records: dates in ISO 8601, and the columns of the conditions; dates of
              other datasets.
    Returns   date; missing for a participant without such a date.
    Source    ADaMIG 1.3, 3.2 (dates of ADSL).
    """
    return dates.day(last_date(usubjid, records, others, doses, disposition, where, unless))


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from start to end, both counted: the same day is 1, the day before it -1, and no day is 0.

    Takes     dates.
    Returns   whole days; missing where either date is.
    Source    ADaMIG 1.3, 3.2 (durations of ADSL), 3.3.3.
    """
    return dates.days_between(start, end)


def flag(date: pd.Series) -> pd.Series:
    """Y where the date is known, N where it is not.

    Takes     the date on which it happened: of randomization (RANDFL, ITTFL), of the first exposure (SAFFL).
    Returns   Y or N, never missing.
    Source    ADaMIG 1.3, 3.2 (population flags).
    """
    return pd.Series("N", index=date.index, dtype="str").mask(date.notna(), "Y")


def _together(dated: pd.DataFrame, *others: pd.DataFrame | None) -> pd.DataFrame:
    """Dates in one column, with those of other records."""
    parts = [dated, *(_dates(more, None, None) for more in others if more is not None)]
    return pd.concat(parts, ignore_index=True)


def _that_count(dated: pd.DataFrame, day_of: Callable[[pd.Series], pd.Series], partial: Yes) -> pd.DataFrame:
    """The dates that count, each with the day by which it counts; where partial dates count, with how precise
    each is, and where they do not, with the same for all.
    """
    if not partial:
        dated = dated[dates.day(dated["date"]).notna()]
        return dated.assign(day=day_of(dated["date"]), precision=0, shortness=0)
    dated = dated.assign(day=day_of(dated["date"]), precision=dated["date"].str.len())
    return dated[dated["day"].notna()].assign(shortness=-dated["precision"])


def _dates(records: pd.DataFrame, where: Conditions | None, unless: Conditions | None) -> pd.DataFrame:
    """The dates of the records that count, in one column."""
    counts = meets_all(records, where or {})
    if unless:
        counts &= ~meets_all(records, unless)
    columns = [column for column in values_of(records) if column not in {**(where or {}), **(unless or {})}]
    return _in_one_column(records[counts], columns)


def _in_one_column(records: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    parts = [records[[SUBJECT, column]].rename(columns={column: "date"}) for column in columns]
    return pd.concat(parts, ignore_index=True)
