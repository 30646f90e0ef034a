"""What IE of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.study.design import Criterion


def criterion(code: pd.Series, criteria: tuple[Criterion, ...]) -> pd.Series:
    """The text of the criterion, in the words of TI.

    Takes     IETESTCD; the criteria of the protocol.
    Returns   text; missing for a code that the protocol does not have.
    Source    SDTMIG 3.4, IE, IETEST and 7.4.1 (TI).
    """
    return code.map({c.code: c.text for c in criteria}).astype("str")
