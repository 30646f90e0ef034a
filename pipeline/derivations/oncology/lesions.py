"""Lesion records as the rules of response read them: words, sizes, and lesions that split or merge."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pipeline.errors import PipelineError
from pipeline.records.identity import SUBJECT
from pipeline.records.measures import Millimetres

TARGET, NON_TARGET, NEW = "TARGET", "NON-TARGET", "NEW"
EQUIVOCAL, UNEQUIVOCAL = "EQUIVOCAL", "UNEQUIVOCAL"
TOO_SMALL = "TOO SMALL TO MEASURE"
GONE_STATES: Final = ("ABSENT", "NON-PATHOLOGICAL")
PRESENT_STATES: Final = ("PRESENT", "PATHOLOGICAL")
WORSE_STATES: Final = ("UNEQUIVOCAL PROGRESSION",)
STATES: Final = {NON_TARGET: (*GONE_STATES, *PRESENT_STATES, *WORSE_STATES), NEW: (EQUIVOCAL, UNEQUIVOCAL)}
LESION: Final = [SUBJECT, "lesion"]  # what identifies a lesion

# Within this package a size is a whole number of hundredths of a millimetre, so that no sum misses a bound by
# the last bit of a float: 0.7 x 23.9 mm is less than 16.73 mm as floats, while 7 x 2390 equals 10 x 1673.
# A float64 holds whole numbers exactly up to 2^53, and can be missing: no comparison with a missing size is
# true.
HUNDREDTHS: Final = 100


def hundredths(mm: pd.Series) -> pd.Series:
    """Millimetres as whole hundredths of a millimetre."""
    return (mm * HUNDREDTHS).round()


def in_mm(size: pd.Series) -> pd.Series:
    """Hundredths of a millimetre as millimetres."""
    return size / HUNDREDTHS


def check(lesions: pd.DataFrame) -> None:
    """Refuse what no rule could read: a role or a state that is unknown, a negative size or number, a lesion
    that changes its role or is recorded twice at one assessment.

    Raises    PipelineError, with the number of records and none of their values.
    """
    role, state = lesions["role"], lesions["state"]
    with_state = lesions["done"] & state.notna()
    unknown_state = pd.Series(False, index=lesions.index)
    for role_with_states, states in STATES.items():
        unknown_state |= with_state & role.eq(role_with_states) & ~state.isin(states)
    lesions_and_roles = lesions[[*LESION, "role"]].drop_duplicates()

    known_role = role.isin([TARGET, NON_TARGET, NEW])
    refuse(~known_role | lesions["lesion"].isna(), "without a lesion or a known role")
    refuse(lesions[SUBJECT].isna() | lesions["assessment"].lt(0), "without a participant, or before baseline")
    refuse(unknown_state, "with a state that no lesion of that role has")
    refuse(lesions["mm"].lt(0) | lesions["mm"].eq(float("inf")), "with a size that is negative or infinite")
    refuse(lesions_and_roles.duplicated(LESION), "of a lesion whose role changes")
    refuse(lesions.duplicated([*LESION, "assessment"]), "of a lesion already recorded at the assessment")


def refuse(broken: pd.Series, fault: str) -> None:
    """Raise a PipelineError that counts the records with a fault, if there are any."""
    if broken.any():
        number = int(broken.sum())
        records = "record" if number == 1 else "records"
        raise PipelineError(f"Response cannot be derived: {number} {records} {fault}.")


def sizes(lesions: pd.DataFrame, too_small_mm: Millimetres) -> pd.Series:
    """The size of each lesion in hundredths of a millimetre, missing where it was not measured.

    Too small to measure, without a figure, counts as the size given.
    """
    only_too_small = lesions["mm"].isna() & lesions["state"].eq(TOO_SMALL)
    return hundredths(lesions["mm"].mask(only_too_small, too_small_mm).where(lesions["done"]))
