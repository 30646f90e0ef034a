"""What LB of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

_TESTS = {
    "AUTOMATED COUNT": "WBC NEUT LYM MONO EOS BASO RBC PLAT",
    "CALCULATION": "NEUTLE LYMLE MONOLE EOSLE BASOLE HCT MCH MCHC INR",
    "COLORIMETRY": "HGB ALB BILI BILDIR CREAT PROT CA PHOS MG",
    "ENZYMATIC SPECTROPHOTOMETRY": "ALT AST ALP GGT LDH CK",
    "ENZYMATIC COLORIMETRY": "UREA URATE GLUC CHOL TRIG HDL LDL",
    "POTENTIOMETRY": "SODIUM K CL",
    "PHOTOMETRIC CLOT DETECTION": "PT APTT TT FIBRINO",
    "IMMUNOTURBIDIMETRY": "DDIMER",
    "ELECTROCHEMILUMINESCENCE IMMUNOASSAY": "CEA CA15_3AG CA125AG",
    "IMMUNOMAGNETIC FLUORESCENCE MICROSCOPY": "CTC",
}
_METHODS = {test: method for method, tests in _TESTS.items() for test in tests.split()}
_DIPSTICK = "DIPSTICK MEASUREMENT METHOD"


def method_of_test(testcd: pd.Series, specimen: pd.Series) -> pd.Series:
    """The method that the laboratory's catalogue gives for the test; the transfer itself does not repeat it.
    Urine is read by dipstick.

    Takes     LBTESTCD and LBSPEC.
    Returns   term of the codelist METHOD; missing for a test that the catalogue does not list.
    Source    SDTMIG 3.4, 6.3.5.6 (LBMETHOD); assumption laboratory-methods of the study.
    """
    return testcd.map(_METHODS).mask(specimen.eq("URINE"), _DIPSTICK).astype("str")
