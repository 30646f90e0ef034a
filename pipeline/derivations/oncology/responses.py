"""The responses of RECIST 1.1 as codes, what decided them, and the table of overall response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipeline.derivations.oncology.lesions import Flags, Integers

RESPONSES: Final = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
CR, PR, SD, NON, PD, NE = range(6)
NONE: Final = -1  # no response: baseline, or no lesion of that kind
WHYS: Final = (
    "GONE",
    "NODE",
    "SUM",
    "PERSISTS",
    "NADIR",
    "REAPPEARED",
    "MISSING",
    "BASELINE",
    "NON-TARGET",
    "NEW LESION",
    "CARRIED",
)
GONE, NODE, SUM, PERSISTS, NADIR, REAPPEARED, MISSING, BASELINE, NON_TARGET, NEW_LESION, CARRIED = range(11)
UNKNOWN: Final = np.iinfo(np.int32).max  # a sum that is not there

Codes = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Found:
    """Responses of each cell, as codes."""

    baseline: Integers
    nadir: Integers  # before the assessment
    sum: Integers
    target: Codes
    target_why: Codes
    non_target: Codes
    overall: Codes
    why: Codes
    response: Codes
    reappeared: Flags  # a non-target lesion, after CR
    after_pd: Flags


def overall(target: Codes, other: Codes, new: Flags, *, new_alone: bool) -> Codes:
    """The overall response of target, non-target and unequivocal new lesion; an equivocal one is none.

    Takes     codes of `RESPONSES`, -1 where there was no such lesion at baseline.
    Returns   code; -1 where there was no lesion at baseline, but for a new one.
    Source    RECIST 1.1 (Eisenhauer 2009), tables 1 and 2.
    """
    no_target, no_other = target == NONE, other == NONE
    worse = (target == PD) | (other == PD) | (new & (new_alone | ~(no_target & no_other)))
    conditions = [
        worse,
        no_target,
        (target == CR) & (no_other | (other == CR)),
        (target == CR) | (target == PR),
        target == SD,
    ]
    return np.select(conditions, [np.int64(PD), other, np.int64(CR), np.int64(PR), np.int64(SD)], NE)
