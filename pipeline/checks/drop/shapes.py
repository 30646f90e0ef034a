"""The shapes of checks across forms. Each returns all cases that it looked at, so that "nothing wrong" is
never confused with "nothing looked at".

A case is a record of a form (`form`, `at`: its row there), whether it `holds`, and where it matters the
`visit` that is meant, what was `expected` and what was `found`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.checks.drop.sheets import Sheet
from pipeline.records import dates
from pipeline.records.distinct import map_distinct
from pipeline.records.lookup import is_among
from pipeline.study import Study
from pipeline.study.door import Check, Door, Source
from pipeline.study.visits import FIELD as FOLDER

PERSON = "USUBJID"


@dataclass(frozen=True)
class Drop:
    """What a shape may read: the sheets, and what the study says of visits and units."""

    study: Study
    door: Door
    sheets: Mapping[str, Sheet]

    def records(self, source: Source) -> pd.DataFrame:
        """The records of known persons that the source names, on the index of their sheet; a visit is FOLDER,
        whatever the form calls it.
        """
        frame = self.sheets[source.form].carried
        holds = frame[PERSON].notna()
        for field, wanted in source.where.items():
            holds &= field_meets(frame[field], wanted)
        records, visit = frame[holds], self.sheets[source.form].form.visit
        return records if visit in (None, FOLDER) else records.assign(**{FOLDER: records[visit]})

    def days(self, source: Source) -> pd.Series:
        """A person's first day in the source: USUBJID -> day."""
        records = self.records(source)
        return dates.day(records[source.field]).groupby(records[PERSON]).min()


def field_meets(value: pd.Series, wanted: str | tuple[str, ...]) -> pd.Series:
    if wanted == "present":
        return value.notna()
    if wanted == "absent":
        return value.isna()
    if wanted == "complete":
        return value.isna() | dates.day(value).notna()
    return value.isin([wanted] if isinstance(wanted, str) else list(wanted))


def shown(value: pd.Series) -> pd.Series:
    """Numbers as people write them."""
    return pd.Series([f"{v:.10g}" for v in value], index=value.index, dtype="str")


Cases = pd.DataFrame
Shape = Callable[[Drop, Check], Iterator[Cases]]


def cases(source: Source, records: pd.DataFrame, holds: Any, **details: Any) -> Cases:
    """The records as cases; `details` are the columns visit, expected and found, where they matter."""
    columns = {"form": source.form, "field": source.field, "at": records.index}
    frame = pd.DataFrame({**columns, "holds": np.asarray(holds, dtype="bool")})
    return frame.assign(**{name: np.asarray(values) for name, values in details.items()})


def accompanied(drop: Drop, check: Check) -> Iterator[Cases]:
    """A record has a partner: a record of the same person, equal in the fields that `same` names. Records
    that agree in `per`, in whatever form, such as those of one visit, are one case, at the first of them.
    """
    keys = [PERSON, *check.same]
    partners = pd.concat([drop.records(s)[keys] for s in check.by]).drop_duplicates()
    seen = pd.DataFrame(columns=[PERSON, str(check.per)], dtype="str")
    for source in check.of:
        records = drop.records(source)
        if check.per:
            first = records[~records.duplicated([PERSON, check.per]) & records[check.per].notna()]
            records = first[~is_among([first[c] for c in seen], [seen[c] for c in seen])]
            seen = pd.concat([seen, records[[*seen]]])
        met = (
            records[keys]
            .merge(partners, how="left", on=keys, validate="m:1", indicator=True)["_merge"]
            .eq("both")
        )
        yield cases(source, records, met)


def apart(drop: Drop, check: Check) -> Iterator[Cases]:
    """A record has no partner: no record of the same person among those of `by` is equal in the fields that
    `same` names. Records of the person that agree in them are one case, at the first.
    """
    keys = [PERSON, *check.same]
    partners = pd.concat([drop.records(s)[keys] for s in check.by]).drop_duplicates()
    for source in check.of:
        records = drop.records(source)
        records = records[records[source.field].notna() & ~records.duplicated(keys)]
        met = is_among([records[c] for c in keys], [partners[c] for c in keys])
        yield cases(source, records, ~met)


def dated(drop: Drop, check: Check) -> Iterator[Cases]:
    """A date is not before, is after, is not after, or is the same as, another date of the same person. A
    partial date counts by the reading that is in order, so that only a certain contradiction is asked about.
    """
    if check.side == "same":
        yield from _same_date(drop, check)
        return
    keys = [PERSON, *check.same]
    bound, reach = (
        (dates.last_day, dates.first_day) if check.side == "not after" else (dates.first_day, dates.last_day)
    )
    limits = pd.concat(
        [drop.records(s)[keys].assign(limit=bound(drop.records(s)[s.field])) for s in check.by]
    ).dropna()
    limits = limits.groupby(keys)["limit"].agg("min" if check.pick == "first" else "max").reset_index()
    for source in check.of:
        records = drop.records(source)
        limit = (
            records[keys].merge(limits, how="left", on=keys, validate="m:1")["limit"].set_axis(records.index)
        )
        day = reach(records[source.field])
        both = day.notna() & limit.notna()
        wrong = {"not before": day.lt, "after": day.le, "not after": day.gt}[check.side](limit)
        yield cases(source, records[both], ~wrong[both], expected=dates.to_iso(limit[both]))


def _same_date(drop: Drop, check: Check) -> Iterator[Cases]:
    """Where a person has several dates to compare with, one of them is enough: that they differ is another
    question.
    """
    keys = [PERSON, *check.same]
    others = pd.concat(
        [
            drop.records(s)[keys].assign(
                date=drop.records(s)[s.field],
                first=dates.first_day(drop.records(s)[s.field]),
                last=dates.last_day(drop.records(s)[s.field]),
            )
            for s in check.by
        ]
    ).dropna()
    others = others.sort_values("first")
    for source in check.of:
        records = drop.records(source)
        day = records[keys].assign(
            at=records.index,
            start=dates.first_day(records[source.field]),
            end=dates.last_day(records[source.field]),
        )
        pairs = day.dropna().merge(others, on=keys)
        pairs["meets"] = pairs["start"].le(pairs["last"]) & pairs["end"].ge(pairs["first"])
        of_each = pairs.groupby("at").agg(meets=("meets", "any"), date=("date", check.pick))
        yield cases(source, records.loc[of_each.index], of_each["meets"], expected=of_each["date"])


def ordered(drop: Drop, check: Check) -> Iterator[Cases]:
    """Two dates, or two times of one day, of one record are in order; partial dates count by the reading that
    is in order. A time that is earlier by the clock is of the next day where that takes no longer than the
    parameter of `hours` says.
    """
    for source in check.of:
        records = drop.records(source)
        start, end = records[source.field], records[str(source.then)]
        next_day = pd.Series(False, index=records.index)
        if drop.sheets[source.form].form.fields[source.field].type == "time":
            next_day |= _stops_next_day(drop, check, start, end)
        else:
            start, end = dates.first_day(start), dates.last_day(end)
        both = start.notna() & end.notna()
        yield cases(source, records[both], start[both].le(end[both]) | next_day[both])


def same_day(drop: Drop, check: Check) -> Iterator[Cases]:
    """What started at a time of day stopped on the same day, and not past midnight."""
    for source in check.of:
        records = drop.records(source)
        start, stop = records[source.field], records[str(source.then)]
        both = start.notna() & stop.notna()
        yield cases(source, records[both], ~_stops_next_day(drop, check, start, stop)[both])


def _stops_next_day(drop: Drop, check: Check, start: pd.Series, stop: pd.Series) -> pd.Series:
    if check.hours is None:
        return pd.Series(False, index=start.index)
    return dates.stops_next_day(start, stop, float(drop.study.protocol.parameters[check.hours].value))


def alone(drop: Drop, check: Check) -> Iterator[Cases]:
    """No other record of the person agrees with this one in the fields that `same` names; records that agree
    in `per` too, such as those of one visit, count as one. The first of several is not asked about.
    """
    for source in check.of:
        records = drop.records(source)
        records = records[records[source.field].notna()]
        keys = [PERSON, *(check.same or (source.field,))]
        alike = records[keys].fillna("")
        if check.per is None:
            again = alike.duplicated()
        else:
            first = records[check.per].fillna("").groupby([alike[k] for k in keys], sort=False)
            again = records[check.per].fillna("").ne(first.transform("first"))
        yield cases(source, records, ~again)


def constant(drop: Drop, check: Check) -> Iterator[Cases]:
    """A field has one value in all records of the person that agree in the fields that `same` names; a record
    is held against the first of them by date.
    """
    for source in check.of:
        records = drop.records(source)
        date = next(n for n, f in drop.sheets[source.form].form.fields.items() if f.type == "date")
        keys = [PERSON, *check.same]
        dated = records.assign(day=dates.first_day(records[date])).sort_values("day", kind="stable")
        dated = dated[dated[source.field].notna()]
        first = dated.groupby(keys)[source.field].transform("first")
        asked = dated.duplicated(keys)
        holds = dated[source.field].eq(first)[asked]
        yield cases(source, dated[asked], holds, expected=first[asked])


def implies(drop: Drop, check: Check) -> Iterator[Cases]:
    """Other fields of the record are filled, or blank, or have the answers, as this one requires: all of
    them, or with `any_of` one. A value that cannot be read as its type is there all the same: it is asked
    about as such.
    """
    for source in check.of:
        records = drop.records(source)
        classes = drop.sheets[source.form].classes
        answers = []
        for field, wanted in check.then.items():
            by_class = field in classes and wanted in ("present", "absent")
            answers.append(
                field_meets(classes.loc[records.index, field] if by_class else records[field], wanted)
            )
        holds = np.any(answers, axis=0) if check.any_of else np.all(answers, axis=0)
        yield cases(source, records, holds)


def window(drop: Drop, check: Check) -> Iterator[Cases]:
    """A date lies within the window of its visit, counted from randomization or from the first dose."""
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
        records = drop.records(source)
        planned = records[[PERSON, FOLDER]].merge(plan, how="left", on=FOLDER, validate="m:1")
        planned = planned.set_axis(records.index)
        start = pd.Series(np.datetime64("NaT", "s"), index=records.index)
        for name, days in anchors.items():
            of_person = days.reindex(records[PERSON]).set_axis(records.index)
            start = start.where(~planned["anchor"].eq(name), of_person)
        day = dates.days_between(start, dates.day(records[source.field]))
        known = day.notna()
        wrong = day.gt(planned["to"]) | (day.lt(planned["from"]) & ~planned["early"].eq(True))
        expected = "day " + shown(planned["from"]) + " to " + shown(planned["to"])
        found = "day " + shown(day[known])
        yield cases(source, records[known], ~wrong[known], expected=expected[known], found=found)


def _window(day: int, before: int, after: int) -> tuple[int, int]:
    """First and last study day; there is no day 0."""
    offset = day if day < 0 else day - 1  # days since day 1
    first, last = offset - before, offset + after
    return first if first < 0 else first + 1, last if last < 0 else last + 1


def in_turn(drop: Drop, check: Check) -> Iterator[Cases]:
    """A visit is not dated before an earlier visit of its kind; scans, visits of treatment, and each numbered
    series are kinds of their own.
    """
    number = drop.study.protocol.subjects.number
    for source in check.of:
        records = drop.records(source)
        kind, rank = _turns(drop, records[FOLDER])
        day = dates.day(records[source.field])
        known = kind.notna() & day.notna()
        visits = pd.DataFrame(
            {number: records[number], "kind": kind, "rank": rank, "day": day, "at": records.index}
        )[known]
        visits = visits.sort_values([number, "kind", "rank", "day", "at"])
        latest = visits.groupby([number, "kind"])["day"].cummax()
        expected = "not before " + dates.to_iso(latest)
        yield cases(source, records.loc[visits["at"]], visits["day"].ge(latest), expected=expected)


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

    kind = map_distinct(folder, lambda name: (turn(name) or (None,))[0])
    place = map_distinct(folder, lambda name: (turn(name) or (0, None))[1], "float64")
    return kind, place
