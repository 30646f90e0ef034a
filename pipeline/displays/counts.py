"""Rows that count participants: with a record, by category, by class and term."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.displays import cells
from pipeline.displays.content import Cell, Column, Line, Statistic
from pipeline.displays.participants import ADSL, ARM, SUBJECT, Scope
from pipeline.study.displays import Row
from pipeline.study.row_kinds import Levels

DAYS_OF_100_YEARS = 36_525
NO_VALUE = "Missing"


def with_a_record(scope: Scope, row: Row) -> Iterator[Line]:
    """Participants with a record that meets the condition; the records too, and participants per 100 years,
    where the row asks for them.
    """
    records = scope.records(row.dataset, row.where)
    method = "records" if row.records else "participants"
    counted = _counts(scope, records, row.records)
    yield Line(row.id, row.id, row.label, row.indent, row.dataset, method, (), counted)
    if row.exposure:
        at_risk = scope.records(ADSL, {}, [row.exposure])
        days = {c: float(of_column[row.exposure].sum()) for c, of_column in scope.by_column(at_risk).items()}
        rates = {column: _rate(counted[column], days[column]) for column in counted}
        yield Line(
            row.id,
            f"{row.id}/rate",
            "per 100 patient-years",
            row.indent + 1,
            row.dataset,
            "exposure",
            (),
            rates,
        )


def _rate(counted: Cell, days: float) -> Cell:
    rate = counted.participants * DAYS_OF_100_YEARS / days if days else None
    text = cells.number(rate, 1)
    return Cell(text, (Statistic("rate", rate, text),), counted.participants, counted.places)


def by_category(scope: Scope, row: Row) -> Iterator[Line]:
    """Participants by the value of a variable.

    1. The values are those that the row lists; else those that occur, in the order of their codelist, or in
       that of the alphabet where the variable has none.
    2. Records without a value are counted by themselves, where there are any.
    """
    assert row.categories
    variable = row.categories.variable
    records = scope.records(row.dataset, row.where, [variable])
    texts = as_text(records[variable])
    occurring = set(texts.dropna())
    listed = list(row.categories.values) or scope.terms(row.dataset, variable)
    others = in_order(occurring - {*listed})
    values = [*(v for v in listed if row.categories.values or v in occurring), *others]
    yield Line(row.id, f"{row.id}/", row.label, row.indent)
    for value in values:
        counted = _counts(scope, records[texts.eq(value)])
        yield Line(
            row.id, f"{row.id}/{value}", scope.label(row.dataset, variable, value), row.indent + 1,
            row.dataset, "participants", ((variable, value),), counted,
        )  # fmt: skip
    if texts.isna().any():
        counted = _counts(scope, records[texts.isna()])
        line_id = f"{row.id}/{NO_VALUE}"
        groups = ((variable, ""),)
        yield Line(row.id, line_id, NO_VALUE, row.indent + 1, row.dataset, "participants", groups, counted)


def by_level(scope: Scope, row: Row) -> Iterator[Line]:
    """Participants by class and term.

    1. The first line has the participants with any record.
    2. Classes, and terms within a class, stand in the order of their participants in all columns together,
       the most frequent first; where these are as many, in that of the alphabet.
    3. A participant counts once in a class and once in a term.
    4. Where the row asks for the worst value, as of toxicity, a participant counts with the greatest value of
       the class or term.
    5. Where the row asks for a least share, only terms stay that so many participants of an arm have.
    6. Where the row asks for values in order, 2 does not hold: numbers stand by size, texts by the alphabet.
    """
    assert row.levels
    asked = row.levels
    worst = [asked.worst] if asked.worst else []
    records = scope.records(row.dataset, row.where, [*asked.variables, *worst])
    for variable in (*asked.variables, *worst):
        records = records.assign(**{variable: as_text(records[variable]).fillna(NO_VALUE)})
    if asked.at_least is not None:
        records = _frequent(scope, records, asked.variables, asked.at_least)
    of_any = Line(
        row.id, row.id, row.label, row.indent, row.dataset, "participants", (), _counts(scope, records)
    )
    yield of_any
    if asked.worst:
        yield from _by_worst(scope, of_any, records, asked.worst)
    yield from _levels(scope, of_any, records, asked, asked.variables)


def _levels(
    scope: Scope, above: Line, records: pd.DataFrame, asked: Levels, variables: tuple[str, ...]
) -> Iterator[Line]:
    """The lines of the first variable, below each those of the others."""
    if not variables:
        return
    variable, *others = variables
    by_value = {str(value): group for value, group in records.groupby(variable, sort=True)}
    frequency = {value: int(group[SUBJECT].nunique()) for value, group in by_value.items()}
    ordered = sorted(by_value, key=lambda value: (-frequency[value], value))
    if asked.in_order:
        ordered = [*in_order({*by_value} - {NO_VALUE}), *({*by_value} & {NO_VALUE})]
    for value in ordered:
        group = by_value[value]
        groups = (*above.groups, (variable, value))
        line = Line(
            above.row, f"{above.id}/{value}", str(value), above.indent + 1, above.dataset, "participants",
            groups, _counts(scope, group),
        )  # fmt: skip
        yield line
        if asked.worst:
            yield from _by_worst(scope, line, group, asked.worst)
        yield from _levels(scope, line, group, asked, tuple(others))


def _by_worst(scope: Scope, above: Line, records: pd.DataFrame, worst: str) -> Iterator[Line]:
    """Participants by the greatest value of a variable: the records with it. A record without a value counts
    only where the participant has no other.
    """
    if records.empty:
        return
    ascending = [NO_VALUE, *in_order(set(records[worst]) - {NO_VALUE})]
    rank = records[worst].map({value: rank for rank, value in enumerate(ascending)})
    greatest = rank.groupby(records[SUBJECT]).transform("max")
    with_greatest = records[rank.eq(greatest)]
    for value in [v for v in (*ascending[1:], NO_VALUE) if with_greatest[worst].eq(v).any()]:
        group = with_greatest[with_greatest[worst].eq(value)]
        label = f"Grade {value}" if value.isdigit() else value
        yield Line(
            above.row, f"{above.id}/{worst}={value}", label, above.indent + 1, above.dataset, "participants",
            (*above.groups, (worst, value)), _counts(scope, group),
        )  # fmt: skip


def _frequent(
    scope: Scope, records: pd.DataFrame, variables: tuple[str, ...], at_least: float
) -> pd.DataFrame:
    """The records of terms that so many percent of an arm have."""
    sizes = {column.arm: column.size for column in scope.sides if column.arm}
    of_terms = records.groupby([*variables, ARM])[SUBJECT].nunique().reset_index(name="participants")
    of_arm = of_terms[ARM].map(sizes).astype("float64")
    is_frequent = 100 * of_terms["participants"] >= at_least * of_arm
    terms = of_terms.loc[is_frequent, [*variables]].drop_duplicates()
    return records.merge(terms, how="inner", on=[*variables], validate="many_to_one")


def _counts(scope: Scope, records: pd.DataFrame, with_records: bool = False) -> Mapping[Column, Cell]:
    by_column = scope.by_column(records).items()
    return {column: cells.count(of_column, column.size, with_records) for column, of_column in by_column}


def as_text(values: pd.Series) -> pd.Series:
    """Values as text: numbers with the digits that they need.

    Takes     a column of text or numbers.
    Returns   text; missing where the value is.
    """
    if pd.api.types.is_string_dtype(values):
        return values
    return values.map(lambda v: f"{v:.12g}", na_action="ignore").astype("str")


def in_order(values: set[str]) -> list[str]:
    """Values in the order of numbers where all are numbers, else in that of the alphabet."""
    is_number = all(re.fullmatch(r"-?\d+(\.\d+)?", value) for value in values)
    return sorted(values, key=lambda value: (float(value), value)) if is_number else sorted(values)
