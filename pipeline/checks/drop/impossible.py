"""What a record says that cannot be so although each of its cells is of its type, asked form by form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.checks.drop import after_cutoff, lengths
from pipeline.checks.drop.expectations import Batch, Expectation
from pipeline.checks.drop.sheets import Sheet
from pipeline.records.distinct import map_distinct
from pipeline.sources import impossible
from pipeline.sources.impossible import CONTROL, VISIT, YEAR
from pipeline.study import Study
from pipeline.study.datasets import LONGEST_TEXT
from pipeline.study.models import CollectedDates

_WRONG = "wrong"


def last_days(study: Study, sheets: Mapping[str, Sheet]) -> pd.Series:
    """The last day on which anything of each person can have happened, as far as the study says it."""
    carried = {name: sheet.carried for name, sheet in sheets.items()}
    return impossible.last_days(carried, study.protocol.collected_dates)


def asked_too(
    study: Study,
    sheet: Sheet,
    batch: Batch,
    last: pd.Series,
    parts: Mapping[tuple[str, str], int],
    taken: after_cutoff.Taken,
) -> Batch:
    """The suite of a form with what it cannot say: a visit that the study does not have, a year in which
    nothing can have happened, a date after the cut-off, control characters, a text that is too long for its
    variables.

    Takes     `last_days`; `lengths.parts_of_fields`; `after_cutoff.dates_taken`.
    """
    columns: dict[str, pd.Series] = {}
    expected: list[Expectation] = []
    carried, rule = sheet.carried, study.protocol.collected_dates
    visit = sheet.form.visit
    if visit is not None and impossible.is_filled_in_at_visits(study, sheet.form):
        columns[_column(visit, VISIT)] = _marked(impossible.is_unknown_visit(study, carried[visit]))
        expected.append(_visit(sheet, visit))
    for name, field in sheet.form.fields.items():
        asked = f'"{field.question}" ({name})'
        is_free = field.type == "text" or (field.type == "code" and not field.closed)
        if is_free and (sheet.form.form, name) in parts and name != visit:
            too_long = lengths.too_long(parts[sheet.form.form, name])
            columns[_column(name, lengths.RULE)] = _plain(map_distinct(carried[name], too_long))
            expected.append(_length(name, asked, parts[sheet.form.form, name]))
        if field.type == "text":
            columns[_column(name, CONTROL)] = _plain(
                map_distinct(carried[name], lambda t: impossible.control_characters(t) or None)
            )
            expected.append(_control(name, asked))
        elif field.type == "date":
            wrong = impossible.is_impossible(carried[name], carried["USUBJID"], last, rule)
            columns[_column(name, YEAR)] = _marked(wrong)
            expected.append(_year(name, asked, rule))
            if blocks := taken.get((sheet.form.form, name)):
                late = after_cutoff.is_late(study, carried, name, blocks)
                columns[_column(name, after_cutoff.RULE)] = _marked((late & ~wrong).to_numpy())
                expected.append(_by_cutoff(study, name, asked))
    return replace(batch, frame=batch.frame.assign(**columns), expectations=(*batch.expectations, *expected))


def _column(name: str, rule: str) -> str:
    return f"{name}: {rule}"


def _marked(wrong: np.ndarray) -> pd.Series:
    """A text in the records that are wrong, and nothing in the others."""
    return pd.Series(pd.array([_WRONG, None], dtype="str").take(np.where(wrong, 0, 1)))


def _plain(text: pd.Series) -> pd.Series:
    return text.reset_index(drop=True)


def _of(rule: str, name: str, expected: str, question: str, *, tells: bool = False) -> Expectation:
    """Nothing is wrong: no record has a text in the column of the rule."""
    nothing = {"value_set": [""]}
    column = _column(name, rule)
    return Expectation(rule, "error", "in set", column, name, expected, question, nothing, tells)


def _visit(sheet: Sheet, visit: str) -> Expectation:
    asked = f'"{sheet.form.fields[visit].question}" ({visit})'
    return _of(
        VISIT, visit, "a visit of the study, and the number of an unscheduled one from 01 on",
        f"{asked} is no visit of the study, or its number is not clear. Please correct it.",
    )  # fmt: skip


def _control(name: str, asked: str) -> Expectation:
    question = f"{asked} has a control character, which nobody can see. Please put a blank in its place."
    return _of(CONTROL, name, "text without control characters", question, tells=True)


def _length(name: str, asked: str, parts: int) -> Expectation:
    expected = f"at most {parts * LONGEST_TEXT} bytes"
    if parts == lengths.ANY_NUMBER:
        expected = f"text that can be cut at blanks into parts of {LONGEST_TEXT} bytes"
    question = f"{asked} is longer than the datasets can hold. Please shorten it."
    return _of(lengths.RULE, name, expected, question, tells=True)


def _by_cutoff(study: Study, name: str, asked: str) -> Expectation:
    expected = f"a date up to {study.protocol.cutoff.isoformat()}"
    question = f"{asked} is after the data cut-off. Please correct it, or cut the drop."
    return _of(after_cutoff.RULE, name, expected, question)


def _year(name: str, asked: str, rule: CollectedDates | None) -> Expectation:
    expected = f"a date from {(rule.earliest if rule else impossible.EARLIEST).isoformat()}"
    if rule:
        expected += f" to {rule.days_ahead} days after the last entry for the participant"
    return _of(YEAR, name, expected, f"{asked} has a year that cannot be right. Please correct it.")
