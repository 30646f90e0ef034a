"""A pandera schema for each dataset, generated from its spec: names, order, types, lengths, codelists, keys, required values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pipeline import dates
from pipeline.errors import SpecError
from pipeline.findings import Finding
from pipeline.study.models import Codelist, Dataset, Variable

KEY = ["USUBJID", "form", "record"]
LIMIT = 200

_SAID = {
    "required": ("VALUE-REQUIRED", "the spec requires a value; query the site, or correct the mapping"),
    "length": ("VALUE-LENGTH", "longer than the spec allows in bytes; shorten the text, or raise max_length to at most 200"),
    "whole": ("VALUE-WHOLE", "not a whole number; the spec says integer"),
    "iso": ("VALUE-DATE", "not a date or time of ISO 8601 that exists in the calendar"),
    "printable": ("VALUE-CONTROL", "holds a control character (a tab or a line break); replace it by a blank in the source"),
    "term": (
        "VALUE-TERM",
        "not a term of its closed codelist; add the spelling under `collected` in specs/codelists.yaml, or query the site",
    ),
    "key": ("KEY-UNIQUE", "the same key as another record; query the site, or correct the keys of the spec"),
}


def check(spec: Dataset, codelists: Mapping[str, Codelist], frame: pd.DataFrame) -> list[Finding]:
    """What the schema of a dataset objects to, each with the record's key and its raw record.

    Takes     the published columns of a dataset with KEY and `block` beside them.
    Raises    SpecError where the columns or types are not those of the spec: that is a fault of the build, not of the data.
    """
    _shape(spec, frame)
    published = frame[list(spec.published)]
    if published.empty:
        return []
    try:
        _schema(spec, published, codelists).validate(published, lazy=True)
    except SchemaErrors as e:
        return _findings(spec, frame, e.failure_cases)
    return []


def _terms(variable: Variable, codelists: Mapping[str, Codelist]) -> tuple[str, ...] | None:
    """The values a closed codelist allows; None for a variable without one."""
    codelist = codelists.get(variable.codelist or "")
    return None if codelist is None or codelist.extensible else tuple(codelist.terms)


def _shape(spec: Dataset, frame: pd.DataFrame) -> None:
    """Names, order and types, first and not lazily: a wrong type would fail every record."""
    wrong = [n for n, v in spec.published.items() if n not in frame or str(frame[n].dtype) != v.dtype]
    own = [n for n in frame if n not in (*KEY, "block")]
    if wrong or own != [n for n in spec.published if n not in KEY]:
        file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
        raise SpecError(f"{spec.dataset}: columns or types are not those of {file}: {', '.join(wrong) or 'their number or order'}")


def _schema(spec: Dataset, published: pd.DataFrame, codelists: Mapping[str, Codelist]) -> Any:
    """The spec as a schema. Types are held by `_shape`; of a variable without any value only its presence remains to be judged."""
    columns = {
        n: pa.Column(checks=_checks(v, _terms(v, codelists)) if published[n].notna().any() else None, nullable=not required(spec, v))
        for n, v in spec.published.items()
    }
    return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=list(spec.keys), report_duplicates="all")


def required(spec: Dataset, variable: Variable) -> bool:
    """Whether the variable may be missing in no record: the spec says so, or SDTM calls it required."""
    return variable.required or (spec.layer == "sdtm" and variable.core == "Req")


def _checks(v: Variable, terms: tuple[str, ...] | None) -> list[Any]:
    found: list[Any] = []
    if v.type == "text" and terms is None:
        limit = v.max_length or LIMIT
        found.append(pa.Check(lambda s: _each(s, lambda t: len(t.encode()) <= limit and t.isprintable()), name="text"))
    if v.type == "iso":
        found.append(pa.Check(lambda s: _each(s, dates.is_iso), name="iso"))
    if v.type == "integer":
        found.append(pa.Check(lambda s: s.eq(s.round()), name="whole"))
    if terms is not None:
        found.append(pa.Check(lambda s: s.isin(terms), name="term"))
    return found


def _each(values: pd.Series, holds: Any) -> pd.Series:
    """Whether each text passes, judged once for each distinct text."""
    codes, distinct = pd.factorize(values)
    return pd.Series([bool(holds(str(v))) for v in distinct], dtype=bool).take(codes).set_axis(values.index)


def _findings(spec: Dataset, frame: pd.DataFrame, failures: pd.DataFrame) -> list[Finding]:
    """One finding a record and check. A check over the whole record reports each of its columns: only the first is kept."""
    failures = failures.assign(check=failures["check"].map(_rule))
    failures.loc[failures["check"].eq("key"), "column"] = ", ".join(spec.keys)
    failures = failures.drop_duplicates(["check", "column", "index"])
    found = []
    for check, column, at, value in zip(failures["check"], failures["column"], failures["index"], failures["failure_case"], strict=True):
        name = ("length" if str(value).isprintable() else "printable") if check == "text" else check
        rule, message = _SAID[name]
        row = frame.loc[int(at)]
        key = ", ".join(f"{k}={row[k]}" for k in spec.keys if k != "STUDYID" and pd.notna(row[k]))
        shown = "" if name in ("required", "key") else str(value)
        found.append(
            Finding(rule, "error", spec.dataset, str(column), key, shown, message, f"{row['form']}, {row['USUBJID']}, {row['record']}")
        )
    return found


def _rule(check: str) -> str:
    if check == "not_nullable":
        return "required"
    return "key" if "unique" in check else check
