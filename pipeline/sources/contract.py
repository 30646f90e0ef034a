"""Holds each cell against the contract of its form. Dates become ISO 8601, coded labels take the contract's spelling; what fits neither is a finding."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.findings import Finding
from pipeline.study import nearest
from pipeline.study.models import Form, RawField

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")


def typed(form: Form, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The form's records with trimmed texts and dates in ISO 8601, and a finding for each cell that breaks the contract.

    Takes     one frame of text with KEY and the contract's columns.
    Returns   the same records; a cell that cannot be typed stays as collected.
    """
    columns = {name: _trimmed(frame[name]) for name in form.fields}
    findings: list[Finding] = []
    for name, field in form.fields.items():
        value = columns[name]
        columns[name], bad = _checked(value, field)
        if bad.any():
            rule, severity, message = _broken(field)
            hints = {v: nearest(v, field.codes) for v in value[bad].unique()} if field.type == "code" else {}
            findings += [
                Finding(rule, severity, form.form, name, "", text, message + hints.get(text, ""), f"{form.form}, {subject}, {record}")
                for text, subject, record in zip(value[bad], frame["USUBJID"][bad], frame["record"][bad], strict=True)
            ]
        if field.required and value.isna().any():
            message = "the contract requires a value; query the site, or let the contract allow a blank"
            findings += [
                Finding("RAW-REQUIRED", "error", form.form, name, "", "", message, f"{form.form}, {subject}, {record}")
                for subject, record in zip(frame["USUBJID"][value.isna()], frame["record"][value.isna()], strict=True)
            ]
    return frame.assign(**columns), findings


def _trimmed(value: pd.Series) -> pd.Series:
    text = value.str.strip()
    return text.where(text.ne("") & text.notna())


def _checked(value: pd.Series, field: RawField) -> tuple[pd.Series, pd.Series]:
    """The column as the pipeline carries it, and which cells break the contract."""
    codes, distinct = pd.factorize(value)
    if not len(distinct) or field.type == "text":
        return value, pd.Series(False, index=value.index)
    read = _reader(field)
    found = [read(str(v)) for v in distinct]
    bad = np.array([f is None for f in found])
    kept = pd.Series([v if f is None else f for f, v in zip(found, distinct, strict=True)], dtype="str")
    present = codes >= 0
    return kept.take(codes).where(present).set_axis(value.index), pd.Series(np.where(present, bad[codes], False), index=value.index)


def _reader(field: RawField) -> Callable[[str], str | None]:
    """The function that gives a cell's text as the pipeline carries it, or None where the contract does not allow it."""
    if field.type == "date":
        form, partial = str(field.format), field.partial
        return lambda text: iso if (iso := dates.iso_from(text, form, partial)) and (partial or len(iso) == 10) else None
    if field.type == "code":
        known = {" ".join(c.split()).casefold(): c for c in field.codes}
        return lambda text: known.get(" ".join(text.split()).casefold())
    if field.type == "time":
        return lambda text: text if dates.is_clock(text) else None
    if field.type == "stamp":
        return lambda text: text if _STAMP.fullmatch(text) and dates.is_iso(text.replace(" ", "T")) else None
    pattern = _NUMBER if field.type == "number" else _INTEGER
    return lambda text: text if pattern.fullmatch(text) else None


def _broken(field: RawField) -> tuple[str, str, str]:
    if field.type == "date":
        shown = f"{field.format}{', UN and UNK allowed' if field.partial else ''}"
        return "RAW-DATE", "error", f"no date of the calendar in the form {shown}; query the site"
    if field.type == "code":
        if field.closed:
            return "RAW-CODE", "error", "not one of the labels that the contract lists; query the site, or add the label to specs/raw"
        return "RAW-CODE-NEW", "warning", "a label never seen before; add it to specs/raw and to the codelist if it is right"
    expected = {"number": "a number", "integer": "a whole number", "time": "a time of day, HH:MM", "stamp": "yyyy-mm-dd hh:mm"}[field.type]
    return "RAW-TYPE", "error", f"not {expected}; query the site"
