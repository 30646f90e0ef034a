"""Comments: what a form's free text belongs to."""

from __future__ import annotations

import pandas as pd

from pipeline.sdtm.timing import KEY


def comments(notes: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """One record for each comment whose form became a record of the dataset, with the value that identifies that record.

    Where one form became several records of the dataset, the comment stands beside the first of them.

    Takes     the comments of a form; the identifying variable of the dataset, such as AESEQ.
    Returns   comments with their identity, and VALUE, the identifying value as text.
    Source    SDTMIG 3.4, 5.1 (CO).
    """
    (comment,), (identifier,) = ([str(c) for c in frame if c not in KEY] for frame in (notes, records))
    first = records.sort_values([*KEY, identifier], kind="stable").drop_duplicates(KEY)
    found = notes[notes[comment].notna()].merge(first, how="inner", on=KEY, validate="1:1")
    value = found[identifier]
    whole = value.astype("Int64").astype("str") if pd.api.types.is_numeric_dtype(value.dtype) else value
    return found[KEY].assign(VALUE=whole)
