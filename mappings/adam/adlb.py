"""What ADLB of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd


def parameter_of_specimen(test: pd.Series, specimen: pd.Series) -> pd.Series:
    """The short name of the test; of a test in urine with U before it, so that a parameter is one test in one
    specimen.

    Takes     LBTESTCD and LBSPEC.
    Returns   PARAMCD, at most 8 characters.
    Source    ADaMIG 1.3, 3.3.4 (PARAM tells all that is needed to know what AVAL is).
    """
    return test.mask(specimen.eq("URINE"), "U" + test)
