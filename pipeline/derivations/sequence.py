"""Numbers of records: --SEQ in tabulation datasets, ASEQ in analysis datasets."""

from __future__ import annotations

import pandas as pd

from pipeline.records import lookup
from pipeline.records.identity import values_of


def sequence(records: pd.DataFrame) -> pd.Series:
    """Number of the record within its dataset and participant, in the order of the variables named here as
    records: by the first, then by the next, a missing value after all others; records equal in all of them in
    the order of the collected records. The file has this order.

    Takes     the participant's records of the dataset: the columns that order them, first to last.
    Returns   1, 2, 3 ... for each participant.
    Source    SDTMIG 3.4, 4.1.5 (--SEQ); ADaMIG 1.3, 3.3.1 (ASEQ).
    """
    return lookup.number_within_subject(records, *values_of(records))
