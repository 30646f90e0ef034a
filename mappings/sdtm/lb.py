"""What LB of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

_METHODS = {
    "WBC": "AUTOMATED COUNT",
    "NEUT": "AUTOMATED COUNT",
    "LYM": "AUTOMATED COUNT",
    "PLAT": "AUTOMATED COUNT",
    "HGB": "COLORIMETRY",
    "ALT": "ENZYMATIC SPECTROPHOTOMETRY",
    "AST": "ENZYMATIC SPECTROPHOTOMETRY",
    "ALB": "COLORIMETRY",
    "BILI": "COLORIMETRY",
    "CREAT": "COLORIMETRY",
    "CEA": "ELECTROCHEMILUMINESCENCE IMMUNOASSAY",
    "CA15_3AG": "ELECTROCHEMILUMINESCENCE IMMUNOASSAY",
    "CA125AG": "ELECTROCHEMILUMINESCENCE IMMUNOASSAY",
    "CTC": "IMMUNOMAGNETIC FLUORESCENCE MICROSCOPY",
}


def method_of_test(testcd: pd.Series) -> pd.Series:
    """The method that the laboratory's catalogue gives for the test; the transfer itself does not repeat it.

    Takes     LBTESTCD.
    Returns   term of the codelist METHOD; missing for a test that the catalogue does not list.
    Source    SDTMIG 3.4, 6.3.5.6 (LBMETHOD); assumption laboratory-methods of the study.
    """
    return testcd.map(_METHODS).astype("str")
