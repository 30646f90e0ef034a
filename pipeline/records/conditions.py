"""The conditions of a `where`: which records meet them, and how they read in words.

A condition is of one column: present, absent, a value, one of a list of these, or {not: ...} of any of them.
Case does not count. A missing value is absent, so it meets {not: A}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import pandas as pd

PRESENT, ABSENT = "present", "absent"
NOT: Final = "not"
STATES: Final = (PRESENT, ABSENT)  # what a value may be asked beside its text
Wanted = str | Sequence[str]
Condition = Wanted | Mapping[Literal["not"], Wanted]
Where = Mapping[str, Condition]


def texts(condition: Condition) -> list[str]:
    """What a condition asks for, without its `not`."""
    wanted = condition[NOT] if isinstance(condition, Mapping) else condition
    return [wanted] if isinstance(wanted, str) else list(wanted)


def is_negated(condition: Condition) -> bool:
    """Whether a condition is met by every record but those with what it names."""
    return isinstance(condition, Mapping)


def negated(condition: Condition) -> Condition:
    """The condition that exactly the other records meet."""
    return condition[NOT] if isinstance(condition, Mapping) else {NOT: condition}


def places(condition: Condition) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each text of a condition with its place in it."""
    path: tuple[str | int, ...] = (NOT,) if isinstance(condition, Mapping) else ()
    wanted = condition[NOT] if isinstance(condition, Mapping) else condition
    if isinstance(wanted, str):
        yield path, wanted
        return
    for i, text in enumerate(wanted):
        yield (*path, i), text


# --- which records
def matches(value: pd.Series, condition: Condition) -> pd.Series:
    """Which records meet a condition of this column."""
    import numpy as np
    import pandas as pd

    from pipeline.records.distinct import codes_and_values

    if condition == PRESENT:
        return value.notna()
    if condition == ABSENT:
        return value.isna()
    wanted = {text.casefold() for text in texts(condition)}
    codes, found = codes_and_values(value.astype("str"))
    # the code of a missing value is -1, so the last answer is that of a missing value
    met = np.array([*(PRESENT in wanted or text.casefold() in wanted for text in found), ABSENT in wanted])
    answers = met[codes]
    return pd.Series(~answers if is_negated(condition) else answers, index=value.index)


def meets_all(records: pd.DataFrame, where: Where) -> pd.Series:
    """Which records meet each of the conditions."""
    import pandas as pd

    met = pd.Series(True, index=records.index)
    for column, condition in where.items():
        met &= matches(records[column], condition)
    return met


# --- in words
def in_words(where: Where, unless: Iterable[Where] = ()) -> str:
    """Conditions as they follow the word "where": `GROUP is Target and NODE is not Yes`.

    Takes     the conditions, all of which hold; conditions of which the whole set never holds.
    """
    parts = [_one(column, condition) for column, condition in where.items()]
    for excepted in unless:
        if len(excepted) == 1:
            parts += [_one(column, negated(condition)) for column, condition in excepted.items()]
        else:
            parts.append(f"not ({in_words(excepted)})")
    return " and ".join(parts)


def _one(column: str, condition: Condition) -> str:
    wanted = texts(condition)
    if not is_negated(condition):
        return f"{column} is {' or '.join(wanted)}"
    if len(wanted) > 1:
        return f"{column} is none of {', '.join(wanted)}"
    (only,) = wanted or [""]
    if only in STATES:
        return f"{column} is {ABSENT if only == PRESENT else PRESENT}"
    return f"{column} is not {only}"
