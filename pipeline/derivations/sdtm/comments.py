"""Comments: what a form's free text belongs to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.records import lookup
from pipeline.records.identity import KEY


def comments(notes: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """One record for each comment whose form became a record of the dataset, with the value that identifies
    that record.

    Where one form became several records of the dataset, the comment stands beside the first of them.

    Takes     the comments of a form; the identifying variable of the dataset, such as AESEQ.
    Returns   comments with their identity, and VALUE, the identifying value as text.
    Source    SDTMIG 3.4, 5.1 (CO).
    """
    (comment,), (identifier,) = ([str(c) for c in frame if c not in KEY] for frame in (notes, records))
    ordered = lookup.sorted_places([*(records[k] for k in KEY), records[identifier]])[
        ::-1
    ]  # of a form's records the first is the last here
    noted = np.flatnonzero(notes[comment].notna())
    held = {k: notes[k].array.take(noted) for k in KEY}
    place = lookup.place_among(
        [pd.Series(h) for h in held.values()], [pd.Series(records[k].array.take(ordered)) for k in KEY]
    )
    there = np.flatnonzero(place >= 0)
    value = pd.Series(records[identifier].array.take(ordered[place[there]]))
    whole = value.astype("Int64").astype("str") if pd.api.types.is_numeric_dtype(value.dtype) else value
    return pd.DataFrame({**{k: h.take(there) for k, h in held.items()}, "VALUE": whole})
