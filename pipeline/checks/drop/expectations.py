"""What a drop is expected to be, as plain data made of the raw contracts; Great Expectations judges it
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from pipeline.checks.drop.sheets import DAY_OF_NO_MONTH, Sheet, allowed
from pipeline.records.numbers import RULE
from pipeline.sources.contract import NO_MONTH
from pipeline.sources.identity import DUPLICATE, EQUAL_ROWS
from pipeline.study.models import Form, RawField
from pipeline.study.raw import WORDS_FOR_MISSING

Kind = Literal["columns", "not null", "in set", "between", "unique"]
HEADER = "header"  # the columns that every form begins with are judged together


@dataclass(frozen=True)
class Expectation:
    """One expectation of one column of a batch, and the words of the query where a record breaks it."""

    rule: str
    severity: Literal["error", "warning"]
    kind: Kind
    column: str
    field: str
    expected: str
    question: str
    arguments: Mapping[str, Any]
    tells: bool = False  # the value of the column says what was found, and no participant's value


@dataclass(frozen=True)
class Batch:
    """The records of one suite; or the cases of some checks across forms, which are judged together."""

    name: str
    frame: pd.DataFrame  # rows are numbered from 0; of a case, `check` is the place of its check in `checks`
    expectations: tuple[Expectation, ...]
    checks: tuple[Expectation, ...] = ()


def of_form(sheet: Sheet) -> Batch:
    """The suite of one form, without the columns of the header."""
    form = sheet.form
    frame = {name: sheet.carried[name] for name in form.fields}
    frame |= {_class(str(name)): column for name, column in sheet.classes.items()}
    expected = [columns(form)]
    for name, field in form.fields.items():
        if name in form.header:
            continue
        expected += of_field(name, field)
        if field.min is not None or field.max is not None:
            frame[_value(name)] = sheet.carried[name].astype("float64")
        if field.partial and sheet.classes[name].eq(DAY_OF_NO_MONTH).any():
            expected.append(_has_month(name, field))
        is_word = sheet.carried[name].isin(WORDS_FOR_MISSING)
        if field.type == "text" and is_word.any():
            frame[_word(name)] = is_word.map({True: "word", False: "text"})
            expected.append(_no_word(name, field))
    return Batch(form.form, pd.DataFrame(frame).reset_index(drop=True), tuple(expected))


def columns(form: Form) -> Expectation:
    """The form has the columns of its contract."""
    names = {"column_set": list(form.fields), "exact_match": False}
    return _error("RAW-COLUMNS", "columns", "", "", "the columns of the contract", "", names)


def of_field(name: str, field: RawField) -> list[Expectation]:
    """What the contract of one field expects of each of its cells."""
    asked = f'"{field.question}" ({name})'
    expectations = []
    if field.required:
        # a value that cannot be read as its type is there all the same: it has a class
        column = name if field.type in ("text", "code") else _class(name)
        question = f"{asked} has no value. Please complete it."
        expectations.append(_error("RAW-REQUIRED", "not null", column, name, "a value", question, {}))
    if field.type == "code":
        expectations.append(_code(name, field, asked))
    elif field.type == "date":
        expected = f"a date written {field.form_of_date}"
        question = f"{asked} is not a date of the calendar. Please correct it."
        expectations.append(_of_type("RAW-DATE", name, field, expected, question))
    elif field.numeric:
        question = f"{asked} has digits and is no number. Please correct it, or say in words what was found."
        expectations.append(_of_type(RULE, name, field, _number_or_words(field), question))
    elif field.type != "text":
        kind = allowed(field)[0]
        expected = f"{kind}{field.marks.in_words}"
        question = f"{asked} is not a {expected}. Please correct it."
        expectations.append(_of_type("RAW-TYPE", name, field, expected, question))
    if field.min is not None or field.max is not None:
        expectations.append(_range(name, field, asked))
    return expectations


def _of_type(rule: str, name: str, field: RawField, expected: str, question: str) -> Expectation:
    """The class of a value is one that the type of its field allows."""
    return _error(rule, "in set", _class(name), name, expected, question, {"value_set": allowed(field)})


def _number_or_words(field: RawField) -> str:
    return f"a number{field.marks.in_words}, with a sign such as < or without, or words without digits"


def _code(name: str, field: RawField, asked: str) -> Expectation:
    values = {"value_set": list(field.codes)}
    expected = f"one of: {', '.join(field.codes)}"
    if len(field.codes) > 12:
        expected = f"one of {len(field.codes)} labels of the contract"
    if field.closed:
        question = f"{asked} is not one of the answers of the form. Please correct it."
        return _error("RAW-CODE", "in set", name, name, expected, question, values)
    question = f"The answer to {asked} is not in the list. Please confirm or correct it."
    return Expectation("RAW-CODE-NEW", "warning", "in set", name, name, expected, question, values)


def _has_month(name: str, field: RawField) -> Expectation:
    question = f'"{field.question}" ({name}) has a day but no month. Please confirm or complete it.'
    kinds = [kind for kind in (*allowed(field), "text") if kind != DAY_OF_NO_MONTH]
    expected = "a date that has its month where it has its day"
    return Expectation(
        NO_MONTH, "warning", "in set", _class(name), name, expected, question, {"value_set": kinds}
    )


def _no_word(name: str, field: RawField) -> Expectation:
    expected = "an answer, not the word that a program writes for a missing value"
    question = f'"{field.question}" ({name}) looks like a missing value. Please confirm or correct it.'
    values = {"value_set": ["text"]}
    return Expectation(
        "RAW-WORD-FOR-MISSING", "warning", "in set", _word(name), name, expected, question, values
    )


def _range(name: str, field: RawField, asked: str) -> Expectation:
    unit = f" {field.unit}" if field.unit else ""
    if field.min is not None and field.max is not None:
        limits = f"{field.min:g} to {field.max:g}{unit}"
    elif field.min is not None:
        limits = f"at least {field.min:g}{unit}"
    else:
        limits = f"at most {field.max:g}{unit}"
    question = f"{asked} lies outside {limits}. Please confirm or correct it."
    bounds = {"min_value": field.min, "max_value": field.max}
    return Expectation("RAW-RANGE", "warning", "between", _value(name), name, limits, question, bounds)


def _error(
    rule: str, kind: Kind, column: str, field: str, expected: str, question: str, arguments: Mapping[str, Any]
) -> Expectation:
    return Expectation(rule, "error", kind, column, field, expected, question, arguments)


def _class(name: str) -> str:
    return f"{name}: class"


def _word(name: str) -> str:
    return f"{name}: word"


def _value(name: str) -> str:
    return f"{name}: value"


def of_header(sheets: Mapping[str, Sheet], subject: str) -> Batch:
    """The suite of the columns that every form begins with, and of what identifies a record, over all forms.

    Takes     the sheets; the field that holds the subject number. The rows are those of the sheets, one
              after the other.
    """
    frames: list[pd.DataFrame] = []
    for sheet in sheets.values():
        read = {_class(n): sheet.classes[n] for n in sheet.form.header if n in sheet.classes}
        frames.append(_identity(sheet, sum(map(len, frames))).assign(**read))
    frame = pd.concat(frames, ignore_index=True)
    del frames
    form = next(iter(sheets.values())).form
    expected = []
    for name in form.header:
        field = form.fields[name]
        expected += of_field(name, field)
        if field.min is not None or field.max is not None:
            frame[_value(name)] = frame[name].astype("float64")
    return Batch(HEADER, frame, (*expected, *_identities(subject)))


def _identity(sheet: Sheet, base: int) -> pd.DataFrame:
    """The header's columns, and the keys by which a record, or a person's one record, may be there once.

    A key is a number, since the texts of all records would not fit into memory; `base` is the first number
    that no other form uses.
    """
    carried, form = sheet.carried, sheet.form
    key = _numbered(carried["USUBJID"] + "|" + carried["record"], base)
    nothing = pd.Series(np.nan, index=carried.index)
    once = _numbered(carried["USUBJID"], base).where(~key.duplicated()) if form.once else nothing
    key, row = (nothing, key) if form.row else (key, nothing)
    return carried[["USUBJID", *form.header]].assign(key=key, row=row, once=once)


def _numbered(text: pd.Series, base: int) -> pd.Series:
    codes, _ = pd.factorize(text)
    return pd.Series(np.where(codes < 0, np.nan, codes + base), index=text.index)


def _identities(subject: str) -> list[Expectation]:
    stranger = (
        f"{subject} has no record in the enrolment form. Please enrol the participant or correct the number."
    )
    enrolled = "a subject number of the enrolment form"
    one_each = "one record for each combination of the key fields"
    twice = "Several records have the same key fields. Please remove all but one, or correct the key fields."
    equal = "Several rows are equal in everything. Please confirm them, or remove all but one."
    once = "The participant has more than one record of this form. Please remove or correct one."
    return [
        _error("RAW-SUBJECT", "not null", "USUBJID", subject, enrolled, stranger, {}),
        _error(DUPLICATE, "unique", "key", "", one_each, twice, {}),
        Expectation(EQUAL_ROWS, "warning", "unique", "row", "", "rows that differ", equal, {}),
        _error("RAW-ONCE", "unique", "once", subject, "at most one record per participant", once, {}),
    ]
