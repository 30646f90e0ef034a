"""What DC of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd


def earlier_screening(enrol: pd.DataFrame) -> pd.DataFrame:
    """The enrolment records that a later record of the same person names as the earlier one: all that DM does
    not hold.

    Takes     enrolment records with subject number and earlier subject number.
    Returns   one record an earlier screening, with its identity.
    Source    SDTMIG 3.4, DM assumption 4 (a person screened more than once).
    """
    return enrol[enrol["SUBJECT"].isin(enrol["EARLIER_SUBJECT"])][["USUBJID", "form", "record"]]


def end_of_screening(subject: pd.Series, eos: pd.DataFrame) -> pd.Series:
    """Date on which the person left that screening, by the end-of-study form of its subject number.

    Takes     subject number of the screening; end-of-study forms with theirs.
    Returns   ISO 8601 text; missing where that number has no form.
    Source    SDTMIG 3.4, DM, RFPENDTC.
    """
    return subject.map(eos.drop_duplicates("SUBJECT").set_index("SUBJECT")["END_DATE"]).astype("str")
