"""Shapes of checks of numbers and of lesions: sums, limits of eligibility, impossible values, lesions that
are missing from a later assessment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.checks.drop.shapes import PERSON, Cases, Drop, cases, shown
from pipeline.mapping.interpret import recode
from pipeline.records import dates
from pipeline.records.distinct import map_distinct
from pipeline.records.numbers import number as as_number
from pipeline.study.door import Check, Source
from pipeline.study.models import Unit
from pipeline.study.visits import FIELD as FOLDER

_LEADING = re.compile(r"[+-]?\d+(\.\d+)?(?= |$)", re.ASCII)  # of an answer: "90 - Able to carry on ..."
_NAMES = re.compile(r"[/,;+&]")
TOLERANCE = 0.05  # half of the last digit that a diameter is written with


def _of_answer(label: str) -> str | None:
    """The number at the beginning of an answer of a list."""
    leading = _LEADING.match(label)
    return leading[0] if leading else None


def numbers(drop: Drop, source: Source, records: pd.DataFrame) -> pd.Series:
    """The value of each record as a number in the standard unit; missing where it is no plain number."""
    field = drop.sheets[source.form].form.fields[source.field]
    value = map_distinct(records[source.field], _of_answer if field.codes else as_number).astype("float64")
    if source.unit is None:
        return value
    test = records[source.test] + " " if source.test else pd.Series("", index=records.index)
    named, units = (test + records[source.unit]).fillna(""), drop.study.units
    from_zero = map_distinct(named, lambda unit: _conversion(units, unit)[0], "float64")
    factor = map_distinct(named, lambda unit: _conversion(units, unit)[1], "float64")
    return (value - from_zero) * factor


def _conversion(units: Mapping[str, Unit], named: str) -> tuple[float, float]:
    """What is subtracted, and the factor: of a unit, or of that of its test where it has one; 0 and 1 for one
    that needs no conversion.
    """
    unit = units.get(named) or units.get(named.rpartition(" ")[2])
    return (float(unit.subtract or 0), float(unit.factor)) if unit else (0.0, 1.0)


def eligible(drop: Drop, check: Check) -> Iterator[Cases]:
    """A value of a randomized participant is within what a criterion allows: each value, the last one before
    randomization, or the number of different ones.
    """
    drawn = drop.days(drop.door.anchors.randomization)
    for source in check.of[:1] if check.take == "count" else check.of:
        records = drop.records(source)
        records = records[records[PERSON].isin(drawn.index)]
        if check.take == "count":
            yield _number_of(drop, check, records)
            continue
        if check.take == "last":
            records = _last_before(records, drawn, drop.sheets[source.form].form.fields)
        if check.among:
            yield cases(source, records, records[source.field].isin(check.among))
            continue
        value = numbers(drop, source, records)
        yield cases(
            source,
            records[value.notna()],
            _within(check, value[value.notna()]),
            found=shown(value[value.notna()]),
        )


def _within(check: Check, value: pd.Series) -> pd.Series:
    return ~(value.lt(check.least) | value.gt(check.most) | value.ge(check.below))


def _number_of(drop: Drop, check: Check, records: pd.DataFrame) -> Cases:
    """The number of different values of all sources for each person, reported at the person's first record of
    the first source."""
    every = pd.concat([drop.records(s)[[PERSON]].assign(value=drop.records(s)[s.field]) for s in check.of])
    count = every.groupby(PERSON)["value"].nunique()
    first = records[~records[PERSON].duplicated()]
    value = first[PERSON].map(count)
    return cases(check.of[0], first, _within(check, value), found=shown(value))


def _last_before(records: pd.DataFrame, drawn: pd.Series, fields: Mapping[str, object]) -> pd.DataFrame:
    """The records of the last day before randomization, by the form's first date. A record of the day itself
    may have been made after it, so it does not count.
    """
    date = next(n for n, f in fields.items() if getattr(f, "type", "") == "date")
    day = dates.day(records[date])
    before = records[day.lt(drawn.reindex(records[PERSON]).set_axis(records.index))]
    return before[day[before.index].eq(day[before.index].groupby(before[PERSON]).transform("max"))]


def plausible(drop: Drop, check: Check) -> Iterator[Cases]:
    """A result that a living person can have in the unit it is reported in."""
    for source in check.of:
        records = drop.records(source)
        value = map_distinct(records[source.field], as_number).astype("float64")
        named = (records[str(source.test)] + " " + records[str(source.unit)]).fillna("")
        low, high = (
            map_distinct(named, {n: b[i] for n, b in check.ranges.items()}.get, "float64") for i in (0, 1)
        )
        known = value.notna() & low.notna()
        limits = shown(low[known]) + " to " + shown(high[known])
        yield cases(source, records[known], value[known].between(low[known], high[known]), expected=limits)


def convertible(drop: Drop, check: Check) -> Iterator[Cases]:
    """The results of a test have one standard unit: that to which specs/units.yaml converts the collected
    one, else the collected one. A unit beside the commonest one of its test, and no unit beside a number, are
    one case each, at the first record.
    """
    for source in check.of:
        records = drop.records(source)
        test = _submitted(drop, records[str(source.test)], check.codelists.get("test"))
        unit = _submitted(drop, records[str(source.unit)], check.codelists.get("unit"))
        to = {name: u.to for name, u in drop.study.units.items()}
        standard = map_distinct(test + " " + unit, to.get).fillna(map_distinct(unit, to.get)).fillna(unit)
        number = map_distinct(records[source.field], lambda t: t if _LEADING.fullmatch(t) else None)
        in_use = pd.DataFrame({"test": test, "unit": standard.fillna("")})[standard.notna() | number.notna()]
        counts = in_use.value_counts().rename("records").reset_index()
        with_unit = counts[counts["unit"].ne("")].sort_values(["records", "unit"], ascending=[True, False])
        commonest = with_unit.drop_duplicates("test", keep="last").set_index("test")["unit"]
        first = in_use[~in_use.duplicated() & in_use["test"].isin(commonest.index)]
        expected = first["test"].map(commonest)
        numbered = first.merge(counts, how="left", on=["test", "unit"], validate="1:1")
        found = (
            numbered["unit"].replace("", "no unit") + " in " + numbered["records"].astype("str") + " records"
        )
        yield cases(
            source, records.loc[first.index], first["unit"].eq(expected), expected=expected, found=found
        )


def _submitted(drop: Drop, collected: pd.Series, codelist: str | None) -> pd.Series:
    """The values as a codelist recodes them."""
    return recode(collected, drop.study.codelists[codelist]) if codelist else collected


def of_age(drop: Drop, check: Check) -> Iterator[Cases]:
    """An age is that in whole years between the date of birth (`then`) and a date of the record (`date`); of
    a partial date each day that it can mean counts.
    """
    for source in check.of:
        records = drop.records(source)
        age = numbers(drop, source, records)
        born, on = records[str(source.then)], records[str(source.date)]
        least = _years(dates.last_day(born), dates.first_day(on))
        most = _years(dates.first_day(born), dates.last_day(on))
        known = age.notna() & least.notna() & most.notna()
        limits = shown(least[known]).where(least[known].eq(most[known]), shown(least) + " to " + shown(most))
        yield cases(source, records[known], age[known].between(least[known], most[known]), expected=limits)


def _years(born: pd.Series, on: pd.Series) -> pd.Series:
    """Whole years from one day to another."""
    had_no_birthday = on.dt.month.lt(born.dt.month) | (
        on.dt.month.eq(born.dt.month) & on.dt.day.lt(born.dt.day)
    )
    years: pd.Series = on.dt.year - born.dt.year - had_no_birthday.astype("float64")
    return years


def summed(drop: Drop, check: Check) -> Iterator[Cases]:
    """A reported sum equals the sum of its parts at the visit; it is not judged where a part is unknown."""
    source, parts = check.of[0], check.by[0]
    records, part_records = drop.records(source), drop.records(parts)
    state = (
        part_records[next(iter(parts.where))]
        if parts.where
        else pd.Series(index=part_records.index, dtype="str")
    )
    counted = map_distinct(state, check.counted.get, "float64")
    value = counted.where(counted.notna(), numbers(drop, parts, part_records))
    grouped = value.where(~state.isin(check.unknown)).groupby([part_records[PERSON], part_records[FOLDER]])
    total = grouped.sum(min_count=1).where(grouped.count().eq(grouped.size())).rename("total")
    total = (
        records[[PERSON, FOLDER]]
        .merge(total.reset_index(), how="left", on=[PERSON, FOLDER], validate="m:1")["total"]
        .set_axis(records.index)
    )
    reported = numbers(drop, source, records)
    both = reported.notna() & total.notna()
    near = (reported - total).abs()[both].lt(TOLERANCE)
    yield cases(source, records[both], near, expected=shown(total[both]))


def repeated(drop: Drop, check: Check) -> Iterator[Cases]:
    """What was recorded once is recorded at each later assessment, until another record says that it replaces
    it, or until what it replaced is recorded again.
    """
    source = check.of[0]
    records = drop.records(source)
    assessments = _assessments(drop, [*check.of, *check.by])
    recorded = (
        records[[PERSON, FOLDER]]
        .assign(name=records[source.field], at=records.index)
        .merge(assessments, how="inner", on=[PERSON, FOLDER], validate="m:1")
    )
    recorded = recorded.dropna(subset="name").sort_values(["day", "at"])
    first = recorded.drop_duplicates([PERSON, "name"])
    replaced_on = (
        _replaced(records, source)
        .merge(assessments, how="inner", on=[PERSON, FOLDER], validate="m:1")
        .groupby([PERSON, "name"])["day"]
        .min()
    )
    replaced_on = pd.concat([replaced_on, _undone(records, recorded, source)]).groupby([PERSON, "name"]).min()
    due = first.merge(assessments, how="inner", on=PERSON, validate="m:m", suffixes=("", " due"))
    due = due.merge(
        replaced_on.rename("replaced on").reset_index(), how="left", on=[PERSON, "name"], validate="m:1"
    )
    due = due[due["day due"].gt(due["day"]) & ~due["day due"].ge(due["replaced on"])]
    seen = recorded[[PERSON, FOLDER, "name"]].drop_duplicates().rename(columns={FOLDER: f"{FOLDER} due"})
    again = due.merge(seen, how="left", on=[PERSON, f"{FOLDER} due", "name"], validate="m:1", indicator=True)
    found_again = again["_merge"].eq("both")
    yield cases(source, records.loc[due["at"]], found_again, visit=due[f"{FOLDER} due"])


def _assessments(drop: Drop, sources: list[Source]) -> pd.DataFrame:
    """The visits at which something was assessed, each with its first day."""
    days = []
    for source in sources:
        records = drop.records(source)
        date = next(n for n, f in drop.sheets[source.form].form.fields.items() if f.type == "date")
        days.append(records[[PERSON, FOLDER]].assign(day=dates.day(records[date])))
    return pd.concat(days).dropna().groupby([PERSON, FOLDER])["day"].min().reset_index()


def _replaced(records: pd.DataFrame, source: Source) -> pd.DataFrame:
    """The names that records say they replace, a row each, with the name that replaces them as `by`."""
    replacing = records[records[str(source.replaces)].notna()]
    names = replacing[str(source.replaces)].str.upper().map(_NAMES.split)
    each = replacing[[PERSON, FOLDER]].assign(name=names, by=replacing[source.field]).explode("name")
    return each.assign(name=each["name"].str.strip()).drop_duplicates()


def _undone(records: pd.DataFrame, recorded: pd.DataFrame, source: Source) -> pd.Series:
    """The first day on which something that a name replaced is recorded again and the name is not, by person
    and name: lesions that merged lie apart again.
    """
    replaced = _replaced(records, source)[[PERSON, "name", "by"]].drop_duplicates()
    names = recorded[[PERSON, FOLDER, "name", "day"]]
    since = names.groupby([PERSON, "name"])["day"].min().rename("since").reset_index()
    again = replaced.merge(names, how="inner", on=[PERSON, "name"], validate="m:m")
    again = again.drop(columns="name").rename(columns={"by": "name"})
    again = again.merge(since, how="inner", on=[PERSON, "name"], validate="m:1")
    beside = again.merge(
        names[[PERSON, FOLDER, "name"]].drop_duplicates(),
        how="left",
        on=[PERSON, FOLDER, "name"],
        validate="m:1",
        indicator=True,
    )
    alone = beside[beside["day"].gt(beside["since"]) & beside["_merge"].eq("left_only")]
    return alone.groupby([PERSON, "name"])["day"].min()
