"""What DD of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd


def in_capitals(text: pd.Series) -> pd.Series:
    """The cause of death in capital letters.

    Takes     cause as collected.
    Returns   text.
    Source    SDTMIG 3.4, DD, DDSTRESC.
    """
    return text.str.upper()
