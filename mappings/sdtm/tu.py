"""What TU of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.records import dates

_NAMES = {"TUMIDENT": "Tumor Identification", "TUSPLIT": "Tumor Split", "TUMERGE": "Tumor Merged"}


def first_seen(lesions: pd.DataFrame) -> pd.DataFrame:
    """The record of each lesion at the assessment where it was first seen: the earliest dated one.

    Takes     lesion records with lesion, date of imaging and visit.
    Returns   one record a lesion, with its identity.
    Source    SDTMIG 3.4, 6.3.12 (TU holds each lesion once).
    """
    ordered = lesions.assign(day=dates.first_day(lesions["SCAN_DATE"])).sort_values(
        ["USUBJID", "LESION", "day", "record"], na_position="last"
    )
    return ordered.drop_duplicates(["USUBJID", "LESION"])[["USUBJID", "form", "record"]]


def identification(event: pd.Series) -> pd.Series:
    """TUSPLIT where the lesion came of one that split, TUMERGE where lesions merged into it, else TUMIDENT.

    Takes     the form's label of what happened at this assessment.
    Returns   TUTESTCD.
    Source    SDTMIG 3.4, 6.3.12, TUTESTCD; RECIST 1.1, appendix II.
    """
    found = event.str.upper().map({"SPLIT": "TUSPLIT", "MERGED": "TUMERGE"}).astype("str")
    return found.where(found.notna(), "TUMIDENT")


def identification_name(testcd: pd.Series) -> pd.Series:
    """The name that belongs to the short name of the identification.

    Takes     TUTESTCD.
    Returns   TUTEST.
    Source    CDISC SDTM CT 2022-09-30, C96783.
    """
    return testcd.map(_NAMES).astype("str")
