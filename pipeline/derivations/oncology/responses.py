"""The words of RECIST 1.1, and its table of overall response."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, get_args

import pandas as pd

Response = Literal["CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE"]  # from best to worst
RESPONSES: Final[tuple[str, ...]] = get_args(Response)


def first_true(cases: Sequence[tuple[pd.Series, str | pd.Series]], otherwise: str | pd.Series) -> pd.Series:
    """The word of the first case whose condition holds for each record; if none holds, the other word."""
    word = pd.Series(otherwise, index=cases[0][0].index, dtype="str")
    for holds, word_of_case in reversed(cases):  # so that the first case has the last word
        word = word.mask(holds, word_of_case)
    return word


def overall(
    target: pd.Series, non_target: pd.Series, new_lesion: pd.Series, *, new_lesion_alone: bool
) -> pd.Series:
    """The overall response of target lesions, non-target lesions and unequivocal new lesions.

    Takes     responses, missing where there was no such lesion at baseline; whether there is an unequivocal
              new lesion; whether it is progression for a participant without any lesion at baseline.
    Returns   response; missing where there was no lesion at baseline, unless a new one is progression.
    Source    RECIST 1.1 (Eisenhauer 2009), tables 1 and 2.
    """
    with_disease = target.notna() | non_target.notna()
    new_lesion_counts = new_lesion & (with_disease | new_lesion_alone)
    return first_true(
        [
            (target.eq("PD") | non_target.eq("PD") | new_lesion_counts, "PD"),
            (target.isna(), non_target),
            (target.eq("CR") & (non_target.isna() | non_target.eq("CR")), "CR"),
            (target.isin(["CR", "PR"]), "PR"),
            (target.eq("SD"), "SD"),
        ],
        otherwise="NE",
    )
