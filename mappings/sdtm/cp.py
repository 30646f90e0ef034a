"""What CP of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.records.distinct import map_distinct

_TESTS = {
    "T Absolute": "TLYCE",
    "TH Absolute": "TLYH",
    "TC Absolute": "TLC",
    "B Absolute": "BLYCE",
    "NK Absolute": "NKCE",
    "T Percent": "TLYLY",
    "TH Percent": "TLYHLY",
    "TC Percent": "TLCLY",
    "B Percent": "BLYCELY",
    "NK Percent": "NKLY",
}


def population_test(population: pd.Series, measure: pd.Series) -> pd.Series:
    """The test of a cell population: its count for an absolute result, its share of lymphocytes for a
    percentage.

    The percentages are of lymphocytes, within which the populations are gated. Controlled terminology has no
    term for the shares of helper and of cytotoxic T cells in lymphocytes; TLYHLY and TLCLY extend it in its
    own pattern.

    Takes     population (T, TH, TC, B, NK) and measure (Absolute, Percent) as collected.
    Returns   CPTESTCD.
    Source    SDTMIG 3.4, CP, CPTESTCD; CDISC SDTM CT 2022-09-30, C181173.
    """
    return map_distinct(population.str.cat(measure, sep=" "), _TESTS.get)
