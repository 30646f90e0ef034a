"""What a drop is expected to be, as plain data made of the raw contracts; Great Expectations judges it
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from pipeline.checks.drop.sheets import Sheet, allowed
from pipeline.study.models import Form, RawField

Kind = Literal["columns", "not null", "in set", "between", "unique"]
HEADER = "header"  # the columns that every form begins with are judged together


@dataclass(frozen=True)
class Expectation:
    """One expectation of one column of a batch, and how a record that breaks it is told."""

    rule: str
    severity: Literal["error", "warning"]
    kind: Kind
    column: str
    field: str
    expected: str
    question: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Batch:
    """The records of one suite."""

    name: str
    frame: pd.DataFrame  # rows are numbered from 0
    expectations: tuple[Expectation, ...]
    across: bool = False  # rows are cases of a check across forms, not records of one


def of_form(sheet: Sheet) -> Batch:
    """The suite of one form, without the columns of the header."""
    form = sheet.form
    frame = {name: sheet.carried[name] for name in form.fields}
    frame |= {_class(str(name)): column for name, column in sheet.classes.items()}
    found = [columns(form)]
    for name, field in form.fields.items():
        if name in form.header:
            continue
        found += of_field(name, field)
        if field.min is not None or field.max is not None:
            frame[_value(name)] = sheet.carried[name].astype("float64")
    return Batch(form.form, pd.DataFrame(frame).reset_index(drop=True), tuple(found))


def columns(form: Form) -> Expectation:
    names = list(form.fields)
    return Expectation(
        "RAW-COLUMNS",
        "error",
        "columns",
        "",
        "",
        "the columns of the contract",
        "",
        {"column_set": names, "exact_match": False},
    )


def of_field(name: str, field: RawField) -> list[Expectation]:
    """What the contract of one field expects of each of its cells."""
    asked = f'"{field.question}" ({name})'
    found = []
    if field.required:
        column = (
            name if field.type in ("text", "code") else _class(name)
        )  # what cannot be read as its type is there, and has a class
        found.append(
            _one(
                "RAW-REQUIRED",
                "not null",
                column,
                name,
                "a value",
                f"{asked} has no value. Please complete it.",
                {},
            )
        )
    if field.type == "code":
        found.append(_code(name, field, asked))
    elif field.type != "text":
        rule, said = (
            ("RAW-DATE", f"a date written {_shown(field)}")
            if field.type == "date"
            else ("RAW-TYPE", allowed(field)[0])
        )
        question = (
            f"{asked} is not {'a date of the calendar' if rule == 'RAW-DATE' else f'a {said}'}. Please"
            " correct it."
        )
        found.append(_one(rule, "in set", _class(name), name, said, question, {"value_set": allowed(field)}))
    if field.min is not None or field.max is not None:
        found.append(_range(name, field, asked))
    return found


def _code(name: str, field: RawField, asked: str) -> Expectation:
    values = {"value_set": list(field.codes)}
    said = (
        f"one of: {', '.join(field.codes)}"
        if len(field.codes) <= 12
        else f"one of {len(field.codes)} labels of the contract"
    )
    question = f"{asked} is not one of the answers of the form. Please correct it."
    if field.closed:
        return _one("RAW-CODE", "in set", name, name, said, question, values)
    question = f"{asked} is an answer never seen before. Please confirm it."
    return Expectation("RAW-CODE-NEW", "warning", "in set", name, name, said, question, values)


def _range(name: str, field: RawField, asked: str) -> Expectation:
    unit = f" {field.unit}" if field.unit else ""
    low, high = (f"{b:g}" if b is not None else "" for b in (field.min, field.max))
    said = (
        f"{low} to {high}{unit}"
        if low and high
        else f"at least {low}{unit}"
        if low
        else f"at most {high}{unit}"
    )
    question = f"{asked} lies outside {said}. Please confirm or correct it."
    bounds = {"min_value": field.min, "max_value": field.max}
    return Expectation("RAW-RANGE", "warning", "between", _value(name), name, said, question, bounds)


def _one(
    rule: str, kind: Kind, column: str, field: str, said: str, question: str, arguments: Mapping[str, Any]
) -> Expectation:
    return Expectation(rule, "error", kind, column, field, said, question, arguments)


def _shown(field: RawField) -> str:
    return f"{field.format}, UN and UNK allowed" if field.partial else str(field.format)


def _class(name: str) -> str:
    return f"{name}: class"


def _value(name: str) -> str:
    return f"{name}: value"


def of_header(sheets: Mapping[str, Sheet], subject: str) -> Batch:
    """The suite of the columns that every form begins with, and of what identifies a record, over all forms.

    Takes     the sheets; the field that holds the subject number. The rows are those of the sheets, one
              behind the other.
    """
    frames: list[pd.DataFrame] = []
    for sheet in sheets.values():
        read = {_class(n): sheet.classes[n] for n in sheet.form.header if n in sheet.classes}
        frames.append(_identity(sheet, sum(map(len, frames))).assign(**read))
    frame = pd.concat(frames, ignore_index=True)
    del frames
    form = next(iter(sheets.values())).form
    found = []
    for name in form.header:
        field = form.fields[name]
        found += of_field(name, field)
        if field.min is not None or field.max is not None:
            frame[_value(name)] = frame[name].astype("float64")
    return Batch(HEADER, frame, (*found, *_identities(subject)))


def _identity(sheet: Sheet, base: int) -> pd.DataFrame:
    """The header's columns, and the keys by which a record, or a person's one record, may be there once.

    A key is a number, for texts of all records would not fit into memory; `base` is the first that no other
    form uses.
    """
    carried, form = sheet.carried, sheet.form
    key = _numbered(carried["USUBJID"] + "|" + carried["record"], base)
    once = (
        _numbered(carried["USUBJID"], base).where(~key.duplicated())
        if form.once
        else pd.Series(np.nan, index=carried.index)
    )
    return carried[["USUBJID", *form.header]].assign(key=key, once=once)


def _numbered(text: pd.Series, base: int) -> pd.Series:
    codes, _ = pd.factorize(text)
    return pd.Series(np.where(codes < 0, np.nan, codes + base), index=text.index)


def _identities(subject: str) -> list[Expectation]:
    stranger = (
        f"{subject} has no record in the enrolment form. Please enrol the participant or correct the number."
    )
    twice = "Two records have the same key fields. Please remove one or correct its key fields."
    once = "The participant has more than one record of this form. Please remove or correct one."
    return [
        _one(
            "RAW-SUBJECT",
            "not null",
            "USUBJID",
            subject,
            "a subject number of the enrolment form",
            stranger,
            {},
        ),
        _one(
            "RAW-DUPLICATE",
            "unique",
            "key",
            "",
            "one record for each combination of the key fields",
            twice,
            {},
        ),
        _one("RAW-ONCE", "unique", "once", subject, "at most one record a participant", once, {}),
    ]
