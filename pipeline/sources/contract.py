"""Holds each cell against its contract: dates become ISO 8601, labels take the contract's spelling, what fits
neither is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.records import characters, collected_dates, dates, numbers
from pipeline.records.conditions import matches
from pipeline.records.distinct import codes_and_values, pair_counts
from pipeline.records.findings import Finding
from pipeline.study.located import nearest
from pipeline.study.models import Form, RawField
from pipeline.study.raw import WORDS_FOR_MISSING

_STAMP = re.compile(r"\d{4}-\d{2}-\d{2} ([01]\d|2[0-3]):[0-5]\d", re.ASCII)
NO_MONTH = "RAW-DATE-MONTH"
# how a text is read otherwise than it stands
TRIMMED, ON_ONE_LINE, AS_NUMBER = "trimmed", "on one line", "read as a number"
# In a field of numbers or dates these are no answers either.
_NO_NUMBERS = WORDS_FOR_MISSING | {"N/A", "None", "."}
_EXPECTED: Mapping[str, str] = {  # by type
    "number": "a number",
    "integer": "a whole number",
    "time": "a time of day, HH:MM",
    "stamp": "yyyy-mm-dd hh:mm",
}


def typed(form: Form, collected: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The form's records with trimmed texts on one line and dates in ISO 8601, and a finding for each cell
    that breaks the contract.

    Takes     one frame of text with KEY and the contract's columns.
    Returns   the same records. A label that the contract does not list stays as collected; what is no date,
              time or number becomes missing, so that later stages can rely on the type, and its text stands
              in the finding.
    """
    columns: dict[str, pd.Series] = {str(name): column for name, column in collected.items()}
    findings: list[Finding] = []
    for name, field in form.fields.items():
        checked = _checked(collected[name], form, name)
        columns[name] = checked.typed
        findings += _broken(form, name, collected, checked)
        if field.partial and name not in form.header:
            findings += _days_of_no_month(form, name, collected, checked)
        if field.required:
            findings += _blank(form, name, collected, checked.blank)
    arrays = {name: column.array for name, column in columns.items()}
    typed = pd.DataFrame(arrays, columns=collected.columns, copy=False)
    for name, field in form.fields.items():
        if field.numeric:
            findings += _nearly_numbers(form, name, typed)
    return typed, findings


def rewritten(form: Form, collected: pd.DataFrame) -> dict[tuple[str, str, int, str, str, str], int]:
    """How many texts are read otherwise than they stand: without blanks around them and characters that have
    no width, with line breaks and tabs as blanks, or in plain form because they are numbers.

    Takes     the form's records as collected.
    Returns   by form, field, -1 (no block of a mapping), how, and twice no text, the number of records.
    """
    counts: dict[tuple[str, str, int, str, str, str], int] = {}
    for name, field in form.fields.items():
        codes, texts = codes_and_values(collected[name])
        trimmed = [characters.trimmed(text) for text in texts]
        read = {TRIMMED: [after not in ("", before) for before, after in zip(texts, trimmed, strict=True)]}
        if field.type == "text":
            read[ON_ONE_LINE] = [characters.has_breaks(text) for text in trimmed]
        if field.holds_numbers:
            read[AS_NUMBER] = [numbers.as_read(text, field.marks) != text for text in trimmed]
        for how, changed in read.items():
            places = _places(codes, np.flatnonzero(changed).tolist())
            if len(places):
                counts[form.form, name, -1, how, "", ""] = len(places)
    return counts


def respelled(
    form: Form, collected: pd.DataFrame, typed: pd.DataFrame
) -> dict[tuple[str, str, int, str, str], int]:
    """The labels that the contract reads in a spelling other than the collected one, and the codes that stand
    for no value, and in how many records.

    Takes     the form's records as collected, and as `typed` returns them.
    Returns   by form, field, -1 (no block of a mapping), collected spelling and label.
    """
    counts: dict[tuple[str, str, int, str, str], int] = {}
    for name, field in form.fields.items():
        if field.type != "code" and not form.missing:
            continue
        codes, spellings = codes_and_values(collected[name])
        for code, spelling in enumerate(spellings):
            if form.stands_for_no_value(name, spelling.strip()):
                meaning = form.missing[spelling.strip()]
                counts[form.form, name, -1, spelling, f"missing ({meaning})"] = int((codes == code).sum())
        if field.type != "code":
            continue
        _, labels = codes_and_values(typed[name])
        if spellings == labels:  # as nearly always; then no record need be looked at
            continue
        for (spelling, label), records in pair_counts(collected[name], typed[name]).items():
            if spelling != label:
                counts[form.form, name, -1, spelling, label] = records
    return counts


# --- cells
@dataclass(frozen=True)
class _Checked:
    """A column that was held against its contract, and the places of the records that break it."""

    trimmed: pd.Series
    typed: pd.Series
    broken: np.ndarray  # a text that the contract does not allow
    blank: np.ndarray  # no text


def _checked(column: pd.Series, form: Form, name: str) -> _Checked:
    """The column held against its contract; each distinct text is looked at once."""
    field = form.fields[name]
    codes, texts = codes_and_values(column)
    trimmed = [characters.trimmed(text) or None for text in texts]
    if field.type == "text":
        trimmed = [text and characters.on_one_line(text) for text in trimmed]
    if form.missing:
        trimmed = [None if text and form.stands_for_no_value(name, text) else text for text in trimmed]
    if field.type == "text":
        values = trimmed
    else:
        value_of = _reader(field)
        values = [None if text is None else value_of(text) for text in trimmed]
    broken, blank = [], [-1]
    for code, (text, value) in enumerate(zip(trimmed, values, strict=True)):
        if text is None:
            blank.append(code)
        elif value is None:
            broken.append(code)
            if field.type == "code":
                values[code] = text
        elif field.type == "text" and text in WORDS_FOR_MISSING and name not in form.header:
            broken.append(code)

    def in_each_record(values: Sequence[str | None]) -> pd.Series:
        if values == texts:  # nothing is copied where nothing changes
            return column
        return pd.Series(pd.array([*values, None], dtype="str").take(codes), index=column.index)

    return _Checked(
        in_each_record(trimmed), in_each_record(values), _places(codes, broken), _places(codes, blank)
    )


def _places(codes: np.ndarray, wanted: Sequence[int]) -> np.ndarray:
    """The places of records whose code is one of those wanted."""
    if not wanted:
        return np.empty(0, dtype="int64")
    # There is most often one code, and one comparison is cheaper than `isin`.
    return np.flatnonzero(codes == wanted[0] if len(wanted) == 1 else np.isin(codes, wanted))


def _reader(field: RawField) -> Callable[[str], str | None]:
    """The function that gives a cell's text as the pipeline carries it, or None where the contract does not
    allow it.
    """
    if field.type == "date":
        return lambda text: collected_dates.iso_from(text, str(field.format), field.partial)
    if field.type == "code":
        labels = {_spelling(label): label for label in field.codes}
        return lambda text: labels.get(_spelling(text))
    if field.type == "time":
        return lambda text: text if dates.is_clock(text) else None
    if field.type == "stamp":
        return lambda text: text if _STAMP.fullmatch(text) and dates.exists(text[:10]) else None
    marks, is_whole = field.marks, field.type == "integer"
    return lambda text: text if numbers.is_number(text, marks, is_whole) else None


def _spelling(text: str) -> str:
    """The text without regard to case and blanks."""
    return " ".join(text.split()).casefold()


def nearly_numbers(form: Form, name: str, typed: pd.DataFrame) -> np.ndarray:
    """The places of the records in which a numeric text has digits and is no number.

    Takes     the form; its numeric field; its records with trimmed texts and labels in the contract's
              spelling.
    """
    field = form.fields[name]
    codes, texts = codes_and_values(typed[name])
    nearly = [code for code, text in enumerate(texts) if numbers.is_nearly_number(text, field.marks)]
    places = _places(codes, nearly)
    if not len(places) or not field.numeric or not field.numeric.unless:
        return places
    in_words = np.full(len(places), True)
    for other, condition in field.numeric.unless.items():
        in_words &= matches(typed[other].iloc[places], condition).to_numpy()
    kept: np.ndarray = places[~in_words]
    return kept


# --- findings
def _days_of_no_month(form: Form, name: str, collected: pd.DataFrame, checked: _Checked) -> list[Finding]:
    """A finding for each date of which the day is known and the month is not: it is carried so, and is rarely
    what the site meant.
    """
    codes, texts = codes_and_values(checked.typed)
    places = _places(codes, [code for code, text in enumerate(texts) if dates.lacks_month(text)])
    message = "a day without its month; it is published so, and counts as partial; query the site"
    return [
        Finding(NO_MONTH, "warning", form.form, name, "", text, message, source)
        for text, source in zip(checked.trimmed.iloc[places], _sources(form, collected, places), strict=True)
    ]


def _broken(form: Form, name: str, collected: pd.DataFrame, checked: _Checked) -> list[Finding]:
    """A finding for each cell that the contract does not allow."""
    if not len(checked.broken):
        return []
    field = form.fields[name]
    rule, severity, message = _objection(field)
    texts = checked.trimmed.iloc[checked.broken]
    hints = dict.fromkeys(texts, "")
    if field.type == "code":
        hints = {text: nearest(text, field.codes) for text in hints}
    if field.type != "text":
        for text in _NO_NUMBERS & hints.keys():
            hints[text] = (
                ", or declare it under `missing` in the contract or the study where it stands for no value"
            )
    sources = _sources(form, collected, checked.broken)
    return [
        Finding(rule, severity, form.form, name, "", text, message + hints[text], source)
        for text, source in zip(texts, sources, strict=True)
    ]


def _nearly_numbers(form: Form, name: str, typed: pd.DataFrame) -> list[Finding]:
    """A finding for each text that has digits and is no number, in a record whose result is a number."""
    places = nearly_numbers(form, name, typed)
    message = f"has digits and is no number{form.fields[name].marks.in_words}; query the site"
    return [
        Finding(numbers.RULE, "error", form.form, name, "", text, message, source)
        for text, source in zip(typed[name].iloc[places], _sources(form, typed, places), strict=True)
    ]


def _blank(form: Form, name: str, collected: pd.DataFrame, blank: np.ndarray) -> list[Finding]:
    """A finding for each cell of a required field that has no text."""
    if not len(blank):
        return []
    message = "the contract requires a value; query the site, or let the contract allow a blank"
    return [
        Finding("RAW-REQUIRED", "error", form.form, name, "", "", message, source)
        for source in _sources(form, collected, blank)
    ]


def _sources(form: Form, collected: pd.DataFrame, places: np.ndarray) -> list[str]:
    subjects, records = collected["USUBJID"].iloc[places], collected["record"].iloc[places]
    return [f"{form.form}, {subject}, {record}" for subject, record in zip(subjects, records, strict=True)]


def _objection(field: RawField) -> tuple[str, str, str]:
    """The rule that a broken cell breaks, its severity, and what was expected."""
    if field.type == "text":
        why = "the word that a program writes for a missing value; query the site, or declare it under"
        return "RAW-WORD-FOR-MISSING", "warning", f"{why} `missing` in the contract or the study"
    if field.type == "date":
        return (
            "RAW-DATE",
            "error",
            f"no date of the calendar in the form {field.form_of_date}; query the site",
        )
    if field.type == "code" and field.closed:
        why = "not one of the labels that the contract lists; query the site, or add the label to specs/raw"
        return "RAW-CODE", "error", why
    if field.type == "code":
        why = "a label never seen before; add it to specs/raw and to the codelist if it is right"
        return "RAW-CODE-NEW", "warning", why
    return "RAW-TYPE", "error", f"not {_EXPECTED[field.type]}{field.marks.in_words}; query the site"
