"""What SV of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd


def occurred_as_recorded(planned: pd.Series) -> pd.Series:
    """Y for a planned survival contact, for the form records only contacts that took place; missing for one
    that was not planned.

    Takes     SVPRESP.
    Returns   Y or missing.
    Source    SDTMIG 3.4, 5.4 (SV, SVOCCUR).
    """
    return planned
