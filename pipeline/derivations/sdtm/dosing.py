"""EX: doses in the units of the protocol, and when an infusion ended."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.sdtm.timing import date_time
from pipeline.derivations.sdtm.tumours import converted
from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.study.models import Unit


def end_of_infusion(date: pd.Series, start: pd.Series, stop: pd.Series, longest_hours: float) -> pd.Series:
    """The collected date, followed by the collected time at which the infusion stopped, where the date is
    complete and a time was collected.

    The form asks for one date. A stop that is earlier by the clock than the start is of the next day, where
    the infusion then took no longer than an infusion takes at most; otherwise one of the times is wrong and
    the date stays.

    Takes     ISO 8601 text of the day on which the infusion began, HH:MM of start and stop; the hours that an
              infusion takes at most.
    Returns   ISO 8601 text, as precise as collected.
    Source    SDTMIG 3.4, 4.4.1 and EX (EXENDTC).
    """
    past_midnight = dates.stops_next_day(start, stop, longest_hours) & dates.day(date).notna()
    next_day = dates.to_iso(dates.day(date) + pd.Timedelta(days=1))
    return date_time(date.mask(past_midnight, next_day), stop)


def dose_by_weight(
    usubjid: pd.Series,
    given: pd.Series,
    date: pd.Series,
    weights: Annotated[pd.DataFrame, Placed(Date("date"), "weight", "unit")],
    units: dict[str, Unit],
) -> pd.Series:
    """Dose received in mg per kg of body weight: the milligrams given, divided by the last weight on or
    before the day, to two decimals.

    Takes     milligrams given and the day; weights with date, number and unit (kg or lb).
    Returns   mg/kg; missing where no weight was measured on or before the day.
    Source    SDTMIG 3.4, EX, EXDOSE.
    """
    measured_on, weight, unit = values_of(weights)
    measured = pd.DataFrame(
        {
            SUBJECT: weights[SUBJECT],
            "day": dates.day(weights[measured_on]),
            "kg": converted(weights[weight], weights[unit], "kg", units).astype("float64"),
        }
    )
    measured = measured[measured["day"].notna() & measured["kg"].notna()]
    measured = lookup.in_order(measured, SUBJECT, "day", "kg")
    places = lookup.as_of(usubjid, dates.day(date), measured, "day")
    kilograms = pd.Series(measured["kg"].array.take(places, allow_fill=True), index=usubjid.index)
    return (given.astype("float64") / kilograms).round(2)
