"""A value that another record of the participant has: of the record with the same key."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.records import lookup
from pipeline.records.columns import Placed
from pipeline.records.identity import SUBJECT, values_of


def value_of(
    usubjid: pd.Series, key: pd.Series, records: Annotated[pd.DataFrame, Placed("key", "value")]
) -> pd.Series:
    """The value of the participant's record that has the same key, such as the location of a lesion, which is
    asked for when the lesion is first seen, in the records of its later assessments.

    1. Records of the same participant whose key is equal are compared; a missing key has no record.
    2. Of several the first that has a value counts.

    Takes     participants; the key of each record; the participant's records: their key, and the value.
    Returns   text; missing where no record of the key has a value.
    Source    SDTMIG 3.4, 6.3.12 (TU holds what identifies a lesion, TR its later results, by --LNKID).
    """
    of_key, value = values_of(records)
    known = records[records[of_key].notna() & records[value].notna()]
    known = known[[SUBJECT, of_key, value]].rename(columns={of_key: "key"})
    asked = pd.DataFrame({SUBJECT: usubjid, "key": key})
    return lookup.value_of_match(asked, known, [SUBJECT, "key"], value)
