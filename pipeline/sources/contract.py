"""Holds each cell against its contract: dates become ISO 8601, labels take the contract's spelling, what fits
neither is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from pipeline.records import dates
from pipeline.records.distinct import codes_and_values, pair_counts
from pipeline.records.findings import Finding
from pipeline.study.located import nearest
from pipeline.study.models import Form, RawField

# ASCII digits only: an input method for Chinese types full-width ones, which a transport file cannot hold
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2} ([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def typed(form: Form, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The form's records with trimmed texts and dates in ISO 8601, and a finding for each cell that breaks
    the contract.

    Takes     one frame of text with KEY and the contract's columns.
    Returns   the same records. A label that the contract does not list stays as collected; what is no date,
              time or number becomes missing, so that later stages can rely on the type, and its text stands
              in the finding.
    """
    columns: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    for name, field in form.fields.items():
        value, columns[name], bad, blank = _checked(frame[name], field)
        if len(bad):
            rule, severity, message = _broken(field)
            texts = value.iloc[bad]
            hints = {v: nearest(v, field.codes) for v in texts.unique()} if field.type == "code" else {}
            findings += [
                Finding(
                    rule,
                    severity,
                    form.form,
                    name,
                    "",
                    text,
                    message + hints.get(text, ""),
                    f"{form.form}, {subject}, {record}",
                )
                for text, subject, record in zip(
                    texts, frame["USUBJID"].iloc[bad], frame["record"].iloc[bad], strict=True
                )
            ]
        if field.required and len(blank):
            message = "the contract requires a value; query the site, or let the contract allow a blank"
            findings += [
                Finding(
                    "RAW-REQUIRED",
                    "error",
                    form.form,
                    name,
                    "",
                    "",
                    message,
                    f"{form.form}, {subject}, {record}",
                )
                for subject, record in zip(
                    frame["USUBJID"].iloc[blank], frame["record"].iloc[blank], strict=True
                )
            ]
    kept = {n: columns.get(str(n), c).array for n, c in frame.items()}
    return pd.DataFrame(kept, columns=frame.columns, copy=False), findings


def respelled(
    form: Form, collected: pd.DataFrame, typed: pd.DataFrame
) -> dict[tuple[str, str, int, str, str], int]:
    """The labels that the contract reads in a spelling other than the collected one, and in how many records.

    Takes     the form's records as collected, and as `typed` returns them.
    Returns   by form, field, -1 (no block of a mapping), collected spelling and label.
    """
    found: dict[tuple[str, str, int, str, str], int] = {}
    for name in (n for n, field in form.fields.items() if field.type == "code"):
        if codes_and_values(collected[name])[1] != codes_and_values(typed[name])[1]:
            together = pair_counts(collected[name], typed[name])
            found |= {
                (form.form, name, -1, spelling, label): records
                for (spelling, label), records in together.items()
                if spelling != label
            }
    return found


def _checked(value: pd.Series, field: RawField) -> tuple[pd.Series, pd.Series, np.ndarray, np.ndarray]:
    """The column trimmed, the column as the pipeline carries it, the places of cells that break the contract,
    and of those without a text.

    Each distinct text is read once.
    """
    codes, distinct = codes_and_values(value)
    trimmed = [v.strip() or None for v in distinct]
    read = _reader(field) if field.type != "text" else None
    found = [None if t is None else read(t) for t in trimmed] if read else trimmed
    bad = [i for i, (t, f) in enumerate(zip(trimmed, found, strict=True)) if f is None and t is not None]
    kept = (
        [t if f is None else f for t, f in zip(trimmed, found, strict=True)]
        if bad and field.type == "code"
        else found
    )

    def spread(texts: Sequence[str | None]) -> pd.Series:
        return (
            value
            if texts == distinct
            else pd.Series(pd.array([*texts, None], dtype="str").take(codes), index=value.index)
        )

    blank = [-1, *(i for i, t in enumerate(trimmed) if t is None)]
    return spread(trimmed), spread(kept), _places(codes, bad), _places(codes, blank)


def _places(codes: np.ndarray, wanted: list[int]) -> np.ndarray:
    """The places of records whose code is one of those wanted."""
    return (
        np.flatnonzero(np.isin(codes, wanted) if len(wanted) > 1 else codes == wanted[0])
        if wanted
        else np.empty(0, dtype="int64")
    )


def _reader(field: RawField) -> Callable[[str], str | None]:
    """The function that gives a cell's text as the pipeline carries it, or None where the contract does not
    allow it.
    """
    if field.type == "date":
        form, partial = str(field.format), field.partial
        return lambda text: (
            iso if (iso := dates.iso_from(text, form, partial)) and (partial or len(iso) == 10) else None
        )
    if field.type == "code":
        known = {" ".join(c.split()).casefold(): c for c in field.codes}
        return lambda text: known.get(" ".join(text.split()).casefold())
    if field.type == "time":
        return lambda text: text if dates.is_clock(text) else None
    if field.type == "stamp":
        return lambda text: text if _STAMP.fullmatch(text) and dates.exists(text[:10]) else None
    pattern = _NUMBER if field.type == "number" else _INTEGER
    return lambda text: text if pattern.fullmatch(text) else None


def _broken(field: RawField) -> tuple[str, str, str]:
    if field.type == "date":
        shown = f"{field.format}{', UN and UNK allowed' if field.partial else ''}"
        return "RAW-DATE", "error", f"no date of the calendar in the form {shown}; query the site"
    if field.type == "code":
        if field.closed:
            return (
                "RAW-CODE",
                "error",
                (
                    "not one of the labels that the contract lists; query the site, or add the label to"
                    " specs/raw"
                ),
            )
        return (
            "RAW-CODE-NEW",
            "warning",
            "a label never seen before; add it to specs/raw and to the codelist if it is right",
        )
    expected = {
        "number": "a number",
        "integer": "a whole number",
        "time": "a time of day, HH:MM",
        "stamp": "yyyy-mm-dd hh:mm",
    }[field.type]
    return "RAW-TYPE", "error", f"not {expected}; query the site"
