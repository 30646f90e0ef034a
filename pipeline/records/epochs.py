"""Which epochs of a trial are of study treatment, by their names."""

from __future__ import annotations

import re

_TREATMENT = re.compile(r"\bTREATMENT\b")
_BESIDE_IT = re.compile(
    r"\b(PRE|POST|NON|NO|BEFORE|AFTER|OFF|END OF)[ -]TREATMENT\b|\bTREATMENT[ -]FREE\b|FOLLOW[ -]?UP"
)


def is_of_treatment(name: str) -> bool:
    """Whether an epoch is one of study treatment: TREATMENT, OPEN LABEL TREATMENT, TREATMENT 1.

    POST-TREATMENT, TREATMENT-FREE INTERVAL and TREATMENT FOLLOW-UP are none.

    Source    SDTM terminology, C99079 (EPOCH), which a study may extend by names of its own.
    """
    return _TREATMENT.search(name.upper()) is not None and _BESIDE_IT.search(name.upper()) is None
