"""CO: the free text of a form, and the record that it belongs to."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.sdtm.identifiers import identifying_text
from pipeline.records import lookup
from pipeline.records.columns import Named, Placed
from pipeline.records.identity import KEY, values_of


def comments(
    notes: Annotated[pd.DataFrame, Placed("comment")],
    records: Annotated[pd.DataFrame, Placed("identifying variable")],
) -> Annotated[pd.DataFrame, Named("VALUE")]:
    """One record for each comment whose form became a record of the dataset, with the value that identifies
    that record.

    Where one form became several records of the dataset, the comment belongs to the first of them.

    Takes     the comments of a form; the identifying variable of the dataset, such as AESEQ.
    Returns   comments with their identity, and VALUE, the identifying value as text.
    Source    SDTMIG 3.4, 5.1 (CO).
    """
    (comment,), (identifier,) = values_of(notes), values_of(records)
    written = notes.loc[notes[comment].notna(), KEY]
    first = lookup.first_of_each(records, KEY, identifier)
    commented = lookup.joined(written, first, on=KEY)
    commented = commented[commented[identifier].notna()]
    return commented[KEY].assign(VALUE=identifying_text(commented[identifier])).reset_index(drop=True)
