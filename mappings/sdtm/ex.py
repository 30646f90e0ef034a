"""What EX of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.tumours import converted
from pipeline.records import dates
from pipeline.study.models import Unit


def dose_by_weight(
    usubjid: pd.Series, given: pd.Series, date: pd.Series, weights: pd.DataFrame, units: dict[str, Unit]
) -> pd.Series:
    """Dose received in mg per kg of body weight: the milligrams given, divided by the last weight on or
    before the day, to two decimals.

    Takes     milligrams given and the day; weights with date and unit (kg or lb).
    Returns   mg/kg; missing where no weight was measured on or before the day.
    Source    SDTMIG 3.4, EX, EXDOSE.
    """
    kilograms = converted(weights["WEIGHT"], weights["WEIGHT_UNIT"], "kg", units).astype("float64")
    known = weights[["USUBJID"]].assign(day=dates.day(weights["VISIT_DATE"]), kg=kilograms)
    known = known[known["day"].notna() & known["kg"].notna()].sort_values(["day", "USUBJID", "kg"])
    doses = pd.DataFrame(
        {"USUBJID": usubjid, "day": dates.day(date), "mg": given.astype("float64"), "at": range(len(usubjid))}
    )
    doses = doses[doses["day"].notna()].sort_values(["day", "at"])
    joined = (
        pd.merge_asof(doses, known, on="day", by="USUBJID", direction="backward")
        .set_index("at")
        .reindex(range(len(usubjid)))
    )
    return (joined["mg"] / joined["kg"]).round(2).set_axis(usubjid.index)
