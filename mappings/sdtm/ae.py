"""What AE of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd


def relation_of_end(ongoing: pd.Series) -> pd.Series:
    """ONGOING for an event that had not ended when the participant was last seen; missing where it had.

    Takes     whether the event was ongoing, as collected.
    Returns   term of STENRF.
    Source    SDTMIG 3.4, 4.4.7 (AEENRTPT).
    """
    return pd.Series("ONGOING", index=ongoing.index, dtype="str").where(ongoing.str.upper().eq("YES"))


def reference_of_end(relation: pd.Series, end: pd.Series) -> pd.Series:
    """The time point to which the relation of the end refers: the last date of contact, where the event was ongoing then.

    Takes     AEENRTPT; last date of contact of the participant.
    Returns   ISO 8601 text; missing where the relation is.
    Source    SDTMIG 3.4, 4.4.7 (AEENTPT).
    """
    return end.where(relation.notna())
