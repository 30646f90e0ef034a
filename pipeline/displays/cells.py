"""Cells of a table from their numbers: what is kept at full precision, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.displays.content import NOT_ESTIMABLE, Cell, Statistic
from pipeline.displays.participants import PLACE, SUBJECT


def number(value: float | None, digits: int) -> str:
    """A number with so many digits after the point, and no negative zero."""
    if value is None:
        return NOT_ESTIMABLE
    return f"{round(value, digits) + 0.0:.{digits}f}"


def share(part: int, whole: int) -> float | None:
    """A part in percent of a whole; nothing of an empty one."""
    return 100 * part / whole if whole else None


def count(records: pd.DataFrame, size: int, with_records: bool = False) -> Cell:
    """Participants with a record, and their share of the column: 12 (40.0).

    Takes     the records of the column; its participants; whether the records are counted too: 12 (40.0) 31.
    """
    participants = int(records[SUBJECT].nunique())
    percent = share(participants, size)
    shown = "" if percent is None else number(percent, 1)
    statistics = [Statistic("count", participants, str(participants)), Statistic("percent", percent, shown)]
    text = f"{participants} ({shown})" if participants and shown else str(participants)
    if with_records:
        statistics.append(Statistic("records", len(records), str(len(records))))
        text = f"{text} {len(records)}" if participants else text
    return Cell(text, tuple(statistics), participants, places(records))


def estimate(
    records: pd.DataFrame,
    operation: str,
    values: tuple[float | None, float | None, float | None],
    digits: int,
) -> Cell:
    """An estimate with its limits: 73.3 (44.9, 92.2).

    Takes     the records it is of; the name of the estimate; the estimate and its limits; digits shown.
    """
    texts = [number(value, digits) for value in values]
    named = zip((operation, "lower", "upper"), values, texts, strict=True)
    statistics = tuple(Statistic(name, value, text) for name, value, text in named)
    text = f"{texts[0]} ({texts[1]}, {texts[2]})" if any(v is not None for v in values) else NOT_ESTIMABLE
    return Cell(text, statistics, int(records[SUBJECT].nunique()), places(records))


def percents(
    records: pd.DataFrame, operation: str, shares: tuple[float | None, float | None, float | None]
) -> Cell:
    """As `estimate`, of fractions: in percent, with one digit."""
    value, low, high = (None if share is None else 100 * share for share in shares)
    return estimate(records, operation, (value, low, high), 1)


def part(records: pd.DataFrame, counted: int, whole: int) -> Cell:
    """Those counted among all of a group: 11/15.

    Takes     the records of the group; who of it is counted; all of it.
    """
    texts = {"count": counted, "participants": whole}
    statistics = tuple(Statistic(name, number, str(number)) for name, number in texts.items())
    return Cell(f"{counted}/{whole}", statistics, whole, places(records))


def probability(records: pd.DataFrame, p: float | None) -> Cell:
    """A p-value with four digits."""
    text = NOT_ESTIMABLE if p is None else "<0.0001" if p < 0.0001 else f"{p:.4f}"
    return Cell(text, (Statistic("p", p, text),), int(records[SUBJECT].nunique()), places(records))


def numbers(
    records: pd.DataFrame, values: Mapping[str, float | None], digits: Mapping[str, int], form: str
) -> Cell:
    """Some numbers of one cell, each with its digits, in a form such as {mean} ({sd})."""
    return of_numbers(values, digits, form, int(records[SUBJECT].nunique()), places(records))


def of_numbers(
    values: Mapping[str, float | None],
    digits: Mapping[str, int],
    form: str,
    participants: int,
    places: np.ndarray,
) -> Cell:
    """As `numbers`, where participants and places of the records are known."""
    known = {name: value for name, value in values.items() if value is not None}
    texts = {name: number(value, digits[name]) if name in known else "-" for name, value in values.items()}
    statistics = tuple(Statistic(name, value, texts[name]) for name, value in values.items())
    text = form.format(**texts) if known else "-"
    return Cell(text, statistics, participants, places)


def places(records: pd.DataFrame) -> np.ndarray:
    """The places of records in their dataset."""
    return records[PLACE].to_numpy(dtype="int64")
