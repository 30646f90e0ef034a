"""A collected form beside what its contract reads in it: dates in ISO 8601, labels in the contract's
spelling, and the class of each value.

The build has a reader of its own (`pipeline.sources.contract`); a test makes sure that both object to the
same cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.records import characters, collected_dates, dates, numbers
from pipeline.records.conditions import matches
from pipeline.records.distinct import map_distinct
from pipeline.records.numbers import Marks
from pipeline.study.models import Form, RawField, Visit
from pipeline.study.visits import called

WHO = ["USUBJID", "record"]
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})", re.ASCII)
DAY_OF_NO_MONTH = "day of an unknown month"
WITH_DIGITS = "text with digits"  # the class of what looks like a number and is none
# the text as carried, missing where it is not of the type; the class of the value
Read = tuple[str | None, str]


@dataclass(frozen=True)
class Sheet:
    """The records of one form in the order of the file; the three frames have one index."""

    form: Form
    collected: pd.DataFrame  # as in the file
    carried: pd.DataFrame  # USUBJID, record, and each field as read
    # of each field with a type: date, partial date, number, text ...; missing where the cell is blank
    classes: pd.DataFrame
    file: str = ""  # the file of the drop that holds the form
    # the line on which each record begins; none where a file does not hold a record a line
    lines: np.ndarray | None = None


def sheet(
    form: Form, collected: pd.DataFrame, who: Mapping[str, pd.Series], visits: tuple[Visit, ...] = ()
) -> Sheet:
    """Takes     a form as collected; USUBJID (missing for a stranger) and the name of each record; the
    visits of the study, whose names stand for however they were typed.
    """
    carried = dict(who)
    classes: dict[str, pd.Series] = {}
    for name, field in form.fields.items():
        text = map_distinct(collected[name], _trimmed(form, name))
        if name == form.visit:
            text = map_distinct(text, called(visits))
        elif name in form.keys and field.type == "text":
            text = map_distinct(text, lambda t: " ".join(t.upper().split()))
        if field.type == "code":
            text = map_distinct(text, _labels(field))
        elif field.type != "text":
            read = reader(field)
            classes[name] = map_distinct(text, _part(read, 1))
            text = map_distinct(text, _part(read, 0))
        carried[name] = text
    for name, field in form.fields.items():
        if field.numeric:
            classes[name] = _classes_of_results(field, carried[name], carried)
            carried[name] = map_distinct(carried[name], _as_read(field))
    return Sheet(form, collected, pd.DataFrame(carried), pd.DataFrame(classes, index=collected.index))


def _classes_of_results(field: RawField, results: pd.Series, carried: Mapping[str, pd.Series]) -> pd.Series:
    """The class of each result; a record that the contract excepts holds words, with digits or without."""
    of_text = map_distinct(results, _part(reader(field), 1))
    unless = field.numeric.unless if field.numeric else {}
    if not unless:
        return of_text
    excepted = np.all([matches(carried[other], answers) for other, answers in unless.items()], axis=0)
    return of_text.mask(excepted & of_text.eq(WITH_DIGITS), "text")


def _as_read(field: RawField) -> Callable[[str], str]:
    return lambda text: numbers.as_read(text, field.marks)


def _trimmed(form: Form, name: str) -> Callable[[str], str | None]:
    """The function that trims a cell, and puts a text on one line; a code that stands for no value is a
    blank.
    """
    is_text = form.fields[name].type == "text"

    def trimmed(text: str) -> str | None:
        text = characters.trimmed(text)
        text = characters.on_one_line(text) if is_text else text
        return None if not text or form.stands_for_no_value(name, text) else text

    return trimmed


def _labels(field: RawField) -> Callable[[str], str]:
    """The function that gives a label in the contract's spelling, and leaves any other text unchanged."""
    known = {" ".join(c.split()).casefold(): c for c in field.codes}
    return lambda text: known.get(" ".join(text.split()).casefold(), text)


def _part(read: Callable[[str], Read], part: int) -> Callable[[str], str | None]:
    return lambda text: read(text)[part]


def reader(field: RawField) -> Callable[[str], Read]:
    """The function that reads one trimmed text of a field with a type."""
    if field.type == "date":
        return lambda text: _date(text, str(field.format))
    if field.type == "time":
        return lambda text: (text, "time") if dates.is_clock(text) else (None, "text")
    if field.type == "stamp":
        return _stamp
    marks = field.marks
    if field.type == "text":
        return lambda text: _result(text, marks)
    return (
        (lambda text: _number(text, marks)) if field.type == "number" else (lambda text: _whole(text, marks))
    )


def _date(text: str, form: str) -> Read:
    iso = collected_dates.iso_from(text, form)
    if iso is None:
        return None, "text"
    if dates.lacks_month(iso):
        return iso, DAY_OF_NO_MONTH
    return iso, "date" if collected_dates.is_complete(iso, form) else "partial date"


def _stamp(text: str) -> Read:
    match = _STAMP.fullmatch(text)
    valid = match is not None and dates.is_iso(match[1]) and dates.is_clock(match[2])
    return (text, "date and time") if valid else (None, "text")


def _number(text: str, marks: Marks) -> Read:
    number = numbers.number(text, marks)
    return (None, "text") if number is None else (number, "number")


def _whole(text: str, marks: Marks) -> Read:
    number = numbers.number(text, marks)
    if number is not None and numbers.is_number(text, marks, whole=True):
        return number, "whole number"
    return (None, "text") if number is None else (None, "number")


def _result(text: str, marks: Marks) -> Read:
    """A number, a number with the sign of a limit of quantification, or words."""
    result = numbers.read(text, marks)
    if result:
        return result.text, "number with a sign" if result.sign else "number"
    return text, WITH_DIGITS if numbers.is_nearly_number(text, marks) else "text"


def allowed(field: RawField) -> list[str]:
    """The classes of value that a field's contract allows."""
    kinds = {
        "number": "number",
        "integer": "whole number",
        "time": "time",
        "stamp": "date and time",
        "date": "date",
    }
    if field.numeric:
        return ["number", "number with a sign", "text"]
    return [kinds[field.type], *(["partial date", DAY_OF_NO_MONTH] if field.partial else [])]


def value_class(field: RawField, text: str) -> str:
    """What kind of value stands in a cell, in words that tell nothing of the value."""
    trimmed = characters.trimmed(text)
    if not trimmed:
        return "blank"
    if field.type == "code":
        same = " ".join(trimmed.split()).casefold() in {" ".join(c.split()).casefold() for c in field.codes}
        return "label" if same else "unknown label"
    return "text" if field.type == "text" and not field.numeric else reader(field)(trimmed)[1]
