"""Lesion records as the rules of response read them: words, sizes, and lesions that split or merge."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pipeline.errors import PipelineError
from pipeline.records.identity import SUBJECT

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


def sizes(lesions: pd.DataFrame, too_small_mm: float) -> pd.Series:
    """The size of each lesion in hundredths of a millimetre, missing where it was not measured.

    Too small to measure, without a figure, counts as the size given.
    """
    only_too_small = lesions["mm"].isna() & lesions["state"].eq(TOO_SMALL)
    return hundredths(lesions["mm"].mask(only_too_small, too_small_mm).where(lesions["done"]))


def spans(lesions: pd.DataFrame) -> pd.DataFrame:
    """From which assessment on each lesion is expected, and from which on it no longer is, as lesions split
    and merge.

    T04.1 and T04.2 are parts of T04: from the first record of a part on, the parts are expected and T04 no
    longer is. T02/T03 is T02 and T03 merged: from its first record on it stands for both. A label is read in
    this way only where the lesions it names exist; any other lesion is expected at every assessment, so that
    a target without a record at baseline leaves the sum at baseline incomplete.

    Takes     lesion records: USUBJID, lesion, role, assessment.
    Returns   one record per lesion: USUBJID, lesion, role, first (assessment with its first record), start,
              end (first assessment at which it is no longer expected; missing if it stays), ordinary (it
              comes of no split and no merger).
    Source    RECIST 1.1 (Eisenhauer 2009), appendix II (lesions that split or coalesce).
    """
    lesion_spans = lesions[[*LESION, "role"]].drop_duplicates(LESION)
    first = lesions.groupby(LESION, observed=True)["assessment"].min().rename("first")
    lesion_spans = lesion_spans.merge(first.reset_index(), on=LESION, how="left", validate="one_to_one")

    named = _named_lesions(lesion_spans["lesion"])
    origins = lesion_spans[[*LESION, "first"]].merge(named, on="lesion", how="inner", validate="many_to_many")
    existing = lesion_spans[LESION].rename(columns={"lesion": "origin"})
    origins = origins.merge(existing, on=[SUBJECT, "origin"], how="inner", validate="many_to_one")
    # T01/T02.1 can be read as a part of T01/T02, or as T01 merged with T02.1. Such a label names a part.
    names_a_part = origins.groupby(LESION, observed=True)["is_part"].transform("max")
    origins = origins[origins["is_part"].eq(names_a_part)]

    end = origins.groupby([SUBJECT, "origin"], observed=True)["first"].min().rename("end")
    ends = end.reset_index().rename(columns={"origin": "lesion"})
    lesion_spans = lesion_spans.merge(ends, on=LESION, how="left", validate="one_to_one")
    not_ordinary = origins[LESION].drop_duplicates().assign(ordinary=False)
    lesion_spans = lesion_spans.merge(not_ordinary, on=LESION, how="left", validate="one_to_one")
    ordinary = lesion_spans["ordinary"].isna()
    # A whole that was recorded only after its parts is never expected: it ends before it begins.
    start = lesion_spans["first"].mask(ordinary, 0)
    return lesion_spans.assign(ordinary=ordinary, start=start)


def _named_lesions(labels: pd.Series) -> pd.DataFrame:
    """The lesions that a label names as its whole or as what merged into it."""
    label = pd.Series(labels.unique(), dtype="str")
    whole = label.str.extract(r"^(.+)\.[0-9]+$", expand=False)
    merged = label[label.str.contains("/", regex=False)].str.split("/").explode()
    parts = pd.DataFrame({"lesion": label, "origin": whole, "is_part": True})[whole.notna()]
    mergers = pd.DataFrame({"lesion": label.reindex(merged.index), "origin": merged, "is_part": False})
    return pd.concat([parts, mergers], ignore_index=True).astype({"lesion": "str", "origin": "str"})
