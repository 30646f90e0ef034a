"""Shapes of checks of numbers and of lesions: sums, limits of eligibility, impossible values, lesions that
are not told of again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.checks.drop import shapes
from pipeline.checks.drop.shapes import PERSON, Cases, Drop, cases, shown
from pipeline.checks.drop.sheets import FOLDER
from pipeline.records import dates
from pipeline.records.distinct import map_distinct
from pipeline.study.door import Check, Source
from pipeline.study.models import Unit

_LEADING = re.compile(r"[+-]?\d+(\.\d+)?(?= |$)", re.ASCII)  # "90 - Able to carry on ..." holds a number too
_NAMES = re.compile(r"[/,;+]")
TOLERANCE = 0.05  # half of the last digit that a diameter is written with


def numbers(drop: Drop, source: Source, mine: pd.DataFrame) -> pd.Series:
    """The value of each record as a number in the unit of the standard, missing where it is no plain number."""
    value = map_distinct(mine[source.field], lambda t: m[0] if (m := _LEADING.match(t)) else None).astype(
        "float64"
    )
    if source.unit is None:
        return value
    test = mine[source.test] + " " if source.test else pd.Series("", index=mine.index)
    factor = map_distinct(
        (test + mine[source.unit]).fillna(""), lambda t: _factor(drop.study.units, t), "float64"
    )
    return value * factor


def _factor(units: Mapping[str, Unit], named: str) -> float:
    """The factor of a unit, of its test where it has one of its own; 1 for a unit that needs no conversion."""
    unit = units.get(named) or units.get(named.rpartition(" ")[2])
    return float(unit.factor) if unit else 1.0


def eligible(drop: Drop, check: Check) -> Iterator[Cases]:
    """Of the randomized, a value within what a criterion allows: each, the last before randomization, or how
    many different ones.
    """
    drawn = drop.days(drop.door.anchors.randomization)
    for source in check.of[:1] if check.take == "count" else check.of:
        mine = drop.records(source)
        mine = mine[mine[PERSON].isin(drawn.index)]
        if check.take == "count":
            yield _number_of(drop, check, mine)
            continue
        if check.take == "last":
            mine = _last_before(mine, drawn, drop.sheets[source.form].form.fields)
        if check.among:
            yield cases(source, mine, mine[source.field].isin(check.among))
            continue
        value = numbers(drop, source, mine)
        yield cases(
            source,
            mine[value.notna()],
            _within(check, value[value.notna()]),
            found=shown(value[value.notna()]),
        )


def _within(check: Check, value: pd.Series) -> pd.Series:
    return ~(value.lt(check.least) | value.gt(check.most) | value.ge(check.below))


def _number_of(drop: Drop, check: Check, mine: pd.DataFrame) -> Cases:
    """The different values of all sources, counted a person; told at her first record of the first source."""
    every = pd.concat([drop.records(s)[[PERSON]].assign(value=drop.records(s)[s.field]) for s in check.of])
    count = every.groupby(PERSON)["value"].nunique()
    first = mine[~mine[PERSON].duplicated()]
    value = first[PERSON].map(count)
    return cases(check.of[0], first, _within(check, value), found=shown(value))


def _last_before(mine: pd.DataFrame, drawn: pd.Series, fields: Mapping[str, object]) -> pd.DataFrame:
    """The records of the last day before randomization, by the form's first date: one of that day may be of
    after it.
    """
    date = next(n for n, f in fields.items() if getattr(f, "type", "") == "date")
    day = dates.day(mine[date])
    before = mine[day.lt(drawn.reindex(mine[PERSON]).set_axis(mine.index))]
    return before[day[before.index].eq(day[before.index].groupby(before[PERSON]).transform("max"))]


def plausible(drop: Drop, check: Check) -> Iterator[Cases]:
    """A result that a living person can have in the unit it is reported in."""
    for source in check.of:
        mine = drop.records(source)
        value = map_distinct(mine[source.field], lambda t: t if _LEADING.fullmatch(t) else None).astype(
            "float64"
        )
        named = (mine[str(source.test)] + " " + mine[str(source.unit)]).fillna("")
        low, high = (
            map_distinct(named, {n: b[i] for n, b in check.ranges.items()}.get, "float64") for i in (0, 1)
        )
        known = value.notna() & low.notna()
        said = shown(low[known]) + " to " + shown(high[known])
        yield cases(source, mine[known], value[known].between(low[known], high[known]), expected=said)


def summed(drop: Drop, check: Check) -> Iterator[Cases]:
    """A sum as reported beside the sum of the parts of the same visit; unknown where a part is."""
    source, parts = check.of[0], check.by[0]
    mine, theirs = drop.records(source), drop.records(parts)
    state = theirs[next(iter(parts.where))] if parts.where else pd.Series(index=theirs.index, dtype="str")
    counted = map_distinct(state, check.counted.get, "float64")
    value = counted.where(counted.notna(), numbers(drop, parts, theirs))
    grouped = value.where(~state.isin(check.unknown)).groupby([theirs[PERSON], theirs[FOLDER]])
    total = grouped.sum(min_count=1).where(grouped.count().eq(grouped.size())).rename("total")
    total = (
        mine[[PERSON, FOLDER]]
        .merge(total.reset_index(), how="left", on=[PERSON, FOLDER], validate="m:1")["total"]
        .set_axis(mine.index)
    )
    reported = numbers(drop, source, mine)
    both = reported.notna() & total.notna()
    near = (reported - total).abs()[both].lt(TOLERANCE)
    yield cases(source, mine[both], near, expected=shown(total[both]))


def repeated(drop: Drop, check: Check) -> Iterator[Cases]:
    """What was told of once is told of at each later assessment, until another record says that it replaces
    it.
    """
    source = check.of[0]
    mine = drop.records(source)
    held = _assessments(drop, [*check.of, *check.by])
    told = (
        mine[[PERSON, FOLDER]]
        .assign(name=mine[source.field], at=mine.index)
        .merge(held, how="inner", on=[PERSON, FOLDER], validate="m:1")
    )
    told = told.dropna(subset="name").sort_values(["day", "at"])
    first = told.drop_duplicates([PERSON, "name"])
    over = (
        _replaced(mine, source)
        .merge(held, how="inner", on=[PERSON, FOLDER], validate="m:1")
        .groupby([PERSON, "name"])["day"]
        .min()
    )
    due = first.merge(held, how="inner", on=PERSON, validate="m:m", suffixes=("", " due"))
    due = due.merge(over.rename("over").reset_index(), how="left", on=[PERSON, "name"], validate="m:1")
    due = due[due["day due"].gt(due["day"]) & ~due["day due"].ge(due["over"])]
    there = due.merge(
        told[[PERSON, FOLDER, "name"]].drop_duplicates(),
        how="left", left_on=[PERSON, f"{FOLDER} due", "name"], right_on=[PERSON, FOLDER, "name"], validate="m:1", indicator=True,
        suffixes=("", " told"),
    )["_merge"].eq("both")  # fmt: skip
    yield cases(source, mine.loc[due["at"]], there, visit=due[f"{FOLDER} due"])


def _assessments(drop: Drop, sources: list[Source]) -> pd.DataFrame:
    """The visits at which something was assessed, each with its first day."""
    told = []
    for source in sources:
        mine = drop.records(source)
        date = next(n for n, f in drop.sheets[source.form].form.fields.items() if f.type == "date")
        told.append(mine[[PERSON, FOLDER]].assign(day=dates.day(mine[date])))
    return pd.concat(told).dropna().groupby([PERSON, FOLDER])["day"].min().reset_index()


def _replaced(mine: pd.DataFrame, source: Source) -> pd.DataFrame:
    """The names that records say they replace, a row each."""
    said = mine[mine[str(source.replaces)].notna()]
    names = said[str(source.replaces)].str.upper().map(_NAMES.split)
    each = said[[PERSON, FOLDER]].assign(name=names).explode("name")
    return each.assign(name=each["name"].str.strip()).drop_duplicates()


SHAPES: Mapping[str, shapes.Shape] = {
    "accompanied": shapes.accompanied,
    "dated": shapes.dated,
    "ordered": shapes.ordered,
    "implies": shapes.implies,
    "window": shapes.window,
    "in_turn": shapes.in_turn,
    "repeated": repeated,
    "summed": summed,
    "eligible": eligible,
    "plausible": plausible,
}
