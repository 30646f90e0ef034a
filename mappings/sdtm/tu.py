"""What TU of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd


def identification(event: pd.Series) -> pd.Series:
    """TUSPLIT where the lesion came from one that split, TUMERGE where lesions merged into it, else TUMIDENT.

    Takes     the form's label of what happened at this assessment.
    Returns   TUTESTCD.
    Source    SDTMIG 3.4, 6.3.12, TUTESTCD; RECIST 1.1, appendix II.
    """
    test = event.str.upper().map({"SPLIT": "TUSPLIT", "MERGED": "TUMERGE"}).astype("str")
    return test.where(test.notna(), "TUMIDENT")
