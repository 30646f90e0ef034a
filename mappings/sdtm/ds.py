"""What DS of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd


def reported_term(reason: pd.Series, detail: pd.Series) -> pd.Series:
    """The detail of the reason as the investigator wrote it; the reason itself where there is no detail.

    Takes     reason as the form's label; detail as free text.
    Returns   text.
    Source    SDTMIG 3.4, DS, DSTERM.
    """
    return detail.where(detail.notna(), reason.str.upper())
