"""What the visits of this study need beyond the library."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.records.columns import Named


def last_day_of_visit(
    usubjid: pd.Series,
    visit: pd.Series,
    held: pd.Series,
    labs: Annotated[pd.DataFrame, Named("VISITNUM", "LBDTC")],
) -> pd.Series:
    """The last day on which something of the visit took place: the visit itself, or a blood sample.

    Takes     participants; number of the visit; the day on which it was held; visit and date of each sample.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, 5.4 (SV, SVENDTC).
    """
    drawn = labs.assign(day=labs["LBDTC"].str[:10]).groupby(["USUBJID", "VISITNUM"])["day"].max()
    of_visit = drawn.reindex(pd.MultiIndex.from_arrays([usubjid, visit])).set_axis(held.index)
    return of_visit.where(of_visit > held, held)
