"""Records in order, and records looked up by some of their columns.

Derivations take the functions that speak of subjects and dates: `first_of_subject`, `last_of_each`,
`last_on_or_before`, `value_of_subject`. Below them stand the array forms, which compare each distinct value
once and copy no frame: a check of 1,000,000 laboratory records goes through them.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from pipeline.records import dates
from pipeline.records.distinct import encoded
from pipeline.records.identity import KEY, SUBJECT

Coded = tuple[
    np.ndarray, Sequence[Any]
]  # of a column: where each value stands among the distinct ones, and these


def in_order(records: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The records sorted by these columns, then by identity as far as they have it; missing values last."""
    identity = [c for c in KEY[1:] if c in records and c not in columns]
    return records.take(positions(records[c] for c in (*columns, *identity)))


def first_of_each(records: pd.DataFrame, group: Sequence[str], *columns: str) -> pd.DataFrame:
    """The first record of each group by these columns, then by identity; on its own index, groups in order."""
    return in_order(records, *group, *columns).drop_duplicates(list(group), keep="first")


def last_of_each(records: pd.DataFrame, group: Sequence[str], *columns: str) -> pd.DataFrame:
    """The last record of each group by these columns, then by identity; on its own index, groups in order."""
    return in_order(records, *group, *columns).drop_duplicates(list(group), keep="last")


def first_of_subject(records: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The first record of each subject by these columns, then by identity."""
    return first_of_each(records, [SUBJECT], *columns)


def last_of_subject(records: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The last record of each subject by these columns, then by identity."""
    return last_of_each(records, [SUBJECT], *columns)


def value_of_subject(usubjid: pd.Series, records: pd.DataFrame, column: str) -> pd.Series:
    """What the record of each subject has in a column, on the index given; of several records the first.

    Takes     the subject of each record asked about; records with USUBJID and the column.
    Returns   the column's type; missing for a subject without a record.
    """
    place = among([usubjid], [records[SUBJECT][::-1]])  # `among` takes the last of several
    return pd.Series(records[column][::-1].array.take(place, allow_fill=True), index=usubjid.index)


def joined(records: pd.DataFrame, others: pd.DataFrame, on: Sequence[str]) -> pd.DataFrame:
    """The records with the other columns of the record that is equal in `on`, missing where there is none.

    A left join in which missing keys are equal; of several equal records the last one is taken.
    """
    place = among([records[c] for c in on], [others[c] for c in on])
    columns = {str(c): others[c].array.take(place, allow_fill=True) for c in others if c not in on}
    return pd.DataFrame({**{str(c): records[c] for c in records}, **columns}, index=records.index)


def last_on_or_before(records: pd.DataFrame, date: str, limits: pd.DataFrame, limit: str) -> pd.DataFrame:
    """The last record of each subject that is dated on or before the subject's limit.

    Takes     records with USUBJID and a date; one record a subject with USUBJID and the limit; both datetime64.
    Returns   at most one record a subject; of several on one day the last by identity.
    """
    until = value_of_subject(records[SUBJECT], limits, limit)
    return last_of_subject(records[records[date].le(until)], date)


def positions(columns: Iterable[pd.Series]) -> np.ndarray:
    """The places of records in order: by the first column, then by the next; what is missing comes last, and
    equals stay as they stood.
    """
    *first, last = columns
    ranks = [rank(c) for c in first][::-1]
    # often the others tell all records apart; the last, which has the most values, then need not be put in
    # order
    if ranks and prod(int(r.max(initial=0)) + 1 for r in ranks) >= len(last):
        found = np.lexsort(ranks)
        if not np.logical_and.reduce([r[found[1:]] == r[found[:-1]] for r in ranks]).any():
            return found
    return np.lexsort([rank(last), *ranks])


def rank(column: pd.Series) -> np.ndarray:
    """A number for each value that puts them in order; the highest for a missing one."""
    return encoded(column).rank


def within(groups: np.ndarray) -> np.ndarray:
    """The place of each record within its group, from 0; records of a group stand together, and groups in
    order.
    """
    place: np.ndarray = np.arange(len(groups)) - np.searchsorted(groups, groups)
    return place


def among(wanted: Iterable[pd.Series], known: Iterable[pd.Series]) -> np.ndarray:
    """The place of each record among the known ones: of the last that is equal to it in all columns, missing
    ones included; -1 for none.

    Takes     the columns of both, at least one; they are gone through once, one at a time.
    """
    number, size = np.zeros(1, dtype="int64"), 0
    for column, other in zip(wanted, known, strict=True):
        size = len(column)
        codes, distinct = pd.concat([column, other], ignore_index=True).array.factorize()
        number, _ = pd.factorize(number * (len(distinct) + 1) + codes + 1)
    places = np.full(len(number) + 1, -1)
    places[number[size:]] = np.arange(len(number) - size)
    found: np.ndarray = places[number[:size]]
    return found


def present(column: pd.Series) -> np.ndarray:
    """Which records have a value."""
    return ~np.asarray(column.array.isna())


def which(column: pd.Series, wanted: Container[Any] | Callable[[Any], Any]) -> np.ndarray:
    """Of which records the value is one of those, or fits; a missing one does not."""
    codes, values = dates.distinct(column)
    found = [bool(wanted(v)) for v in values] if callable(wanted) else [v in wanted for v in values]
    return np.array([*found, False])[codes] if any(found) else np.full(len(codes), False)


def among_coded(wanted: Sequence[Coded], known: Sequence[Coded]) -> np.ndarray:
    """Which records are equal to a known one in all columns, missing values included."""
    number, theirs = (np.zeros(len(columns[0][0]), dtype="int64") for columns in (wanted, known))
    for (codes, values), (others, there) in zip(wanted, known, strict=True):
        place = {v: i for i, v in enumerate(there)}
        same = np.array([*(place.get(v, len(there)) for v in values), -1])[codes]
        number, theirs = number * (len(there) + 2) + same + 1, theirs * (len(there) + 2) + others + 1
    found: np.ndarray = np.isin(number, theirs)
    return found


def beside(subjects: pd.Series, records: pd.DataFrame) -> np.ndarray:
    """The place of each subject's first record among these; one behind the last where there is none."""
    place: dict[Any, int] = {}
    for i, subject in enumerate(records["USUBJID"].tolist()):
        place.setdefault(subject, i)
    codes, values = dates.distinct(subjects)
    found: np.ndarray = np.array([*(place.get(v, len(records)) for v in values), len(records)])[codes]
    return found


def furthest(place: np.ndarray, days: np.ndarray, size: int, last: bool = True) -> np.ndarray:
    """The last or the first day of each place, missing where there is none; and one more, which is missing,
    for those without a place.
    """
    found = np.full(size + 1, np.datetime64("NaT"), dtype=dates.DAY)
    (np.fmax if last else np.fmin).at(found, place, days)
    found[-1] = np.datetime64("NaT")
    return found
