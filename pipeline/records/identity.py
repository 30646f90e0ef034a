"""What makes a record itself: the person, the raw form, and the values of the form's key fields."""

from __future__ import annotations

from typing import Final

import pandas as pd

SUBJECT: Final = "USUBJID"
# beside every frame, raw or derived, through every stage; never published
KEY: Final = [SUBJECT, "form", "record"]


def values_of(records: pd.DataFrame) -> list[str]:
    """The columns of a frame beside its identity, in the order in which the mapping names them."""
    return [str(c) for c in records if c not in KEY]
