"""The shapes of checks across forms. Each returns the cases that it looked at, so that nothing found is not
taken for nothing looked at.

A case is a record of a form (`form`, `at`: its place there), whether it `holds`, and where it matters the
`visit` that is meant, what was `expected` and what was `found`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.checks.drop.sheets import FOLDER, Sheet
from pipeline.records import dates
from pipeline.records.distinct import map_distinct
from pipeline.study import Study
from pipeline.study.door import Check, Door, Source

PERSON = "USUBJID"


@dataclass(frozen=True)
class Drop:
    """What a shape may read: the sheets, and what the study says of visits and units."""

    study: Study
    door: Door
    sheets: Mapping[str, Sheet]

    def records(self, source: Source) -> pd.DataFrame:
        """The records of known persons that the source names, on the index of their sheet."""
        frame = self.sheets[source.form].carried
        holds = frame[PERSON].notna()
        for field, wanted in source.where.items():
            holds &= meets(frame[field], wanted)
        return frame[holds]

    def days(self, source: Source) -> pd.Series:
        """A person's first day in the source: USUBJID -> day."""
        mine = self.records(source)
        return dates.day(mine[source.field]).groupby(mine[PERSON]).min()


def meets(value: pd.Series, wanted: str | tuple[str, ...]) -> pd.Series:
    if wanted == "present":
        return value.notna()
    if wanted == "absent":
        return value.isna()
    return value.isin([wanted] if isinstance(wanted, str) else list(wanted))


def shown(value: pd.Series) -> pd.Series:
    """Numbers as people write them."""
    return pd.Series([f"{v:.10g}" for v in value], index=value.index, dtype="str")


Cases = pd.DataFrame
Shape = Callable[[Drop, Check], Iterator[Cases]]


def cases(source: Source, records: pd.DataFrame, holds: Any, **beside: Any) -> Cases:
    """The records as cases."""
    return pd.DataFrame(
        {
            "form": source.form,
            "field": source.field,
            "at": records.index,
            "holds": np.asarray(holds, dtype="bool"),
        }
    ).assign(**{name: np.asarray(values) for name, values in beside.items()})


def accompanied(drop: Drop, check: Check) -> Iterator[Cases]:
    """A record that has at least one of the others: of the same person, and equal in the fields that `same`
    names.
    """
    keys = [PERSON, *check.same]
    partners = pd.concat([drop.records(s)[keys] for s in check.by]).drop_duplicates()
    for source in check.of:
        mine = drop.records(source)
        met = (
            mine[keys]
            .merge(partners, how="left", on=keys, validate="m:1", indicator=True)["_merge"]
            .eq("both")
        )
        yield cases(source, mine, met)


def dated(drop: Drop, check: Check) -> Iterator[Cases]:
    """A date not before, or not after, another of the same person; of a partial date the reading that is in
    order counts.
    """
    keys = [PERSON, *check.same]
    bound, reach = (
        (dates.first_day, dates.last_day) if check.side == "not before" else (dates.last_day, dates.first_day)
    )
    limits = pd.concat(
        [drop.records(s)[keys].assign(limit=bound(drop.records(s)[s.field])) for s in check.by]
    ).dropna()
    limits = limits.groupby(keys)["limit"].agg("min" if check.pick == "first" else "max").reset_index()
    for source in check.of:
        mine = drop.records(source)
        limit = mine[keys].merge(limits, how="left", on=keys, validate="m:1")["limit"].set_axis(mine.index)
        day = reach(mine[source.field])
        both = day.notna() & limit.notna()
        wrong = day.lt(limit) if check.side == "not before" else day.gt(limit)
        yield cases(source, mine[both], ~wrong[both], expected=dates.to_iso(limit[both]))


def ordered(drop: Drop, check: Check) -> Iterator[Cases]:
    """Two dates, or two times of one day, of one record in their order; of partial dates the reading that is
    in order counts.
    """
    for source in check.of:
        mine = drop.records(source)
        if drop.sheets[source.form].form.fields[source.field].type == "time":
            start, end = mine[source.field], mine[str(source.then)]
        else:
            start, end = dates.first_day(mine[source.field]), dates.last_day(mine[str(source.then)])
        both = start.notna() & end.notna()
        yield cases(source, mine[both], start[both].le(end[both]))


def implies(drop: Drop, check: Check) -> Iterator[Cases]:
    """A record in which other fields are filled, or blank, as the one says they must be."""
    for source in check.of:
        mine = drop.records(source)
        holds = pd.Series(True, index=mine.index)
        for field, wanted in check.then.items():
            holds &= meets(mine[field], wanted)
        yield cases(source, mine, holds)


def window(drop: Drop, check: Check) -> Iterator[Cases]:
    """A date within the window of its visit, counted from randomization or from the first dose."""
    anchors = {
        "randomization": drop.days(drop.door.anchors.randomization),
        "first dose": drop.days(drop.door.anchors.first_dose),
    }
    plan = pd.DataFrame(
        [
            (v.name, v.anchor, *_window(v.day, v.before, v.after), v.early)
            for v in drop.study.visits
            if v.day is not None and not v.series
        ],
        columns=[FOLDER, "anchor", "from", "to", "early"],
    )
    for source in check.of:
        mine = drop.records(source)
        beside = (
            mine[[PERSON, FOLDER]].merge(plan, how="left", on=FOLDER, validate="m:1").set_axis(mine.index)
        )
        start = pd.Series(np.datetime64("NaT", "s"), index=mine.index)
        for name, days in anchors.items():
            start = start.where(~beside["anchor"].eq(name), days.reindex(mine[PERSON]).set_axis(mine.index))
        at = dates.days_between(start, dates.day(mine[source.field]))
        known = at.notna()
        wrong = at.gt(beside["to"]) | (at.lt(beside["from"]) & ~beside["early"].eq(True))
        said = "day " + shown(beside["from"]) + " to " + shown(beside["to"])
        yield cases(source, mine[known], ~wrong[known], expected=said[known], found="day " + shown(at[known]))


def _window(day: int, before: int, after: int) -> tuple[int, int]:
    """First and last study day; there is no day 0."""
    start = day if day < 0 else day - 1
    # of two
    return tuple(d if d < 0 else d + 1 for d in (start - before, start + after))  # type: ignore[return-value]


def in_turn(drop: Drop, check: Check) -> Iterator[Cases]:
    """A visit that is not dated before an earlier visit of its kind: scans, visits of treatment, and each
    numbered series by itself.
    """
    number = drop.study.protocol.subjects.number
    for source in check.of:
        mine = drop.records(source)
        kind, rank = _turns(drop, mine[FOLDER])
        day = dates.day(mine[source.field])
        known = kind.notna() & day.notna()
        told = pd.DataFrame({number: mine[number], "kind": kind, "rank": rank, "day": day, "at": mine.index})[
            known
        ]
        told = told.sort_values([number, "kind", "rank", "day", "at"])
        latest = told.groupby([number, "kind"])["day"].cummax()
        yield cases(
            source,
            mine.loc[told["at"]],
            told["day"].ge(latest),
            expected="not before " + dates.to_iso(latest),
        )


def _turns(drop: Drop, folder: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The kind of each visit and its place within it; missing for a visit that may be held at any time."""
    planned = {
        v.name: ("scan" if v.scan else "visit", float(v.number)) for v in drop.study.visits if not v.series
    }
    series = [v.name for v in drop.study.visits if v.series and v.planned]

    def turn(name: str) -> tuple[str, float] | None:
        if name in planned:
            return planned[name]
        stem, _, number = name.rpartition(" ")
        return (stem, float(number)) if stem in series and number.isdecimal() else None

    return map_distinct(folder, lambda n: (turn(n) or (None,))[0]), map_distinct(
        folder, lambda n: (turn(n) or (0, None))[1], "float64"
    )
