"""The shape of a check that holds a reason in words against the records that would bear it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from pipeline.checks.drop.measured import numbers
from pipeline.checks.drop.shapes import PERSON, Cases, Drop, cases
from pipeline.records import dates
from pipeline.records.distinct import map_distinct
from pipeline.study.door import Check, Evidence, Source
from pipeline.study.visits import FIELD as FOLDER

_SIGN = re.compile(r"^\s*([<>])=?\s*")


def borne_out(drop: Drop, check: Check) -> Iterator[Cases]:
    """Each complaint or finding that a reason names is borne out by a record of the person that lies, or is
    under way, within some days of the record with the reason.

    A record without a date of its own, such as a dose that was not given, is of the day of its visit (`by`).
    Where neither has a date, a record of any day bears the reason out. So does one without a date, since only
    a certain contradiction is asked about.
    """
    for source in check.of:
        records = drop.records(source)
        records = records[records[source.field].notna()]
        day = _day(drop, source, records, check.by)
        holds = pd.Series(True, index=records.index)
        for reason in check.reasons:
            named = _has_word(records[source.field], reason.words)
            if not named.any():  # most reasons are named by no record, and then no evidence need be read
                continue
            borne = pd.Series(False, index=records.index)
            for evidence in reason.by:
                borne |= _borne(drop, evidence, records[PERSON], day, check.within)
            holds &= ~named | borne
        yield cases(source, records, holds, found=records[source.field])


def _day(drop: Drop, source: Source, records: pd.DataFrame, visits: Iterable[Source]) -> pd.Series:
    """The day of each record: its own date, else the first date of its visit."""
    own = dates.day(records[str(source.date)])
    for visit in visits:
        held = drop.records(visit)
        days = held[[PERSON, FOLDER]].assign(day=dates.day(held[visit.field]))
        days = days.groupby([PERSON, FOLDER])["day"].min().reset_index()
        of_visit = records[[PERSON, FOLDER]].merge(days, how="left", on=[PERSON, FOLDER], validate="m:1")
        own = own.fillna(of_visit["day"].set_axis(records.index))
    return own


def _has_word(text: pd.Series, words: Iterable[str]) -> pd.Series:
    """Whether a word of a text begins with one of the words, in any case."""
    begins = re.compile(rf"\b({'|'.join(map(re.escape, words))})", re.IGNORECASE)
    return map_distinct(text, lambda t: float(begins.search(t) is not None), "float64").eq(1)


def _borne(drop: Drop, evidence: Evidence, person: pd.Series, day: pd.Series, within: int) -> pd.Series:
    """Whether the evidence has a record of the person around the day."""
    records = drop.records(evidence)
    bears = pd.Series(True, index=records.index)
    if evidence.words:
        bears &= _has_word(records[evidence.field], evidence.words)
    if evidence.least is not None or evidence.below is not None:
        bears &= _within_limits(drop, evidence, records)
    records = records[bears]
    lasting = pd.DataFrame({PERSON: records[PERSON], "from": dates.first_day(records[str(evidence.date)])})
    # an event without an end is under way; a result is of its day alone
    lasting["to"] = dates.last_day(records[evidence.until]) if evidence.until else lasting["from"]
    asked = pd.DataFrame({PERSON: person, "day": day, "at": person.index})
    pairs = asked.merge(lasting, how="inner", on=PERSON, validate="m:m")
    span = np.timedelta64(within, "D")
    away = pairs["from"].gt(pairs["day"] + span) | pairs["to"].lt(pairs["day"] - span)
    return person.index.to_series().isin(pairs.loc[~away, "at"])


def _within_limits(drop: Drop, evidence: Evidence, records: pd.DataFrame) -> pd.Series:
    """Whether the result of each record lies within the limits of the evidence; of one such as <0.5 or >400
    all values that it can mean.
    """
    sign = records[evidence.field].str.extract(_SIGN, expand=False)
    plain = records.assign(**{evidence.field: records[evidence.field].str.replace(_SIGN, "", regex=True)})
    value = numbers(drop, evidence, plain)
    no_least = evidence.least is None
    no_most = evidence.below is None
    enough = (value.ge(evidence.least) & ~sign.eq("<")) | no_least
    little = (value.lt(evidence.below) & ~sign.eq(">")) | (value.le(evidence.below) & sign.eq("<")) | no_most
    return value.notna() & enough & little
