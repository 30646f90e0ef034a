"""EX: doses in the units of the protocol."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.tumours import converted
from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT, values_of
from pipeline.study.models import Unit


def dose_by_weight(
    usubjid: pd.Series, given: pd.Series, date: pd.Series, weights: pd.DataFrame, units: dict[str, Unit]
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
