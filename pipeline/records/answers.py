"""Answers as forms write them."""

from __future__ import annotations

from typing import Final

import pandas as pd

Words = tuple[str, ...]
# what forms write for yes, in any case
YES: Final[Words] = ("Y", "YES", "1", "CHECKED", "TRUE")


def is_yes(answer: pd.Series, yes: Words = YES) -> pd.Series:
    """Whether each answer is one of the words for yes; a missing one is not."""
    return answer.str.strip().str.upper().isin([word.upper() for word in yes])
