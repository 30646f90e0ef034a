"""A pandera schema for each dataset, generated from its spec: names, order, types, lengths, codelists, keys, required values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pandera.backends.pandas.builtin_checks  # noqa: F401  pandera would import it late, with the first schema
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pipeline import dates
from pipeline.errors import SpecError
from pipeline.findings import Finding
from pipeline.mapping.translate import original
from pipeline.study.models import Codelist, Dataset, Variable

KEY = ["USUBJID", "form", "record"]
LIMIT = 200
Holds = Callable[[Any], bool]

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
        _schema(spec, codelists).validate(published, lazy=True)
    except SchemaErrors as e:
        return _findings(spec, frame, e.failure_cases)
    return []


def _terms(variable: Variable, codelists: Mapping[str, Codelist]) -> frozenset[str] | None:
    """The values a closed codelist allows; None for a variable without one."""
    codelist = codelists.get(variable.codelist or "")
    return None if codelist is None or codelist.extensible else frozenset(codelist.terms)


def _shape(spec: Dataset, frame: pd.DataFrame) -> None:
    """Names, order and types, first and not lazily: a wrong type would fail every record."""
    wrong = [n for n, v in spec.published.items() if n not in frame or str(frame[n].dtype) != v.dtype]
    beside = {*KEY, "block", *map(original, spec.published)}
    own = [n for n in frame if n not in beside]
    if wrong or own != [n for n in spec.published if n not in KEY]:
        file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
        raise SpecError(f"{spec.dataset}: columns or types are not those of {file}: {', '.join(wrong) or 'their number or order'}")


def _schema(spec: Dataset, codelists: Mapping[str, Codelist]) -> Any:
    """The spec as a schema. Types are held by `_shape`; the checks of cells are of the whole frame, as each check costs pandera as much."""
    columns = {n: pa.Column(name=n, nullable=not required(spec, v)) for n, v in spec.published.items()}
    checks = [pa.Check(partial(_all_hold, holds), name=name) for name, holds in _cells(spec, codelists).items()]
    return pa.DataFrameSchema(columns, checks, strict=True, ordered=True, unique=list(spec.keys), report_duplicates="all")


def required(spec: Dataset, variable: Variable) -> bool:
    """Whether the variable may be missing in no record: the spec says so, or SDTM calls it required."""
    return variable.required or (spec.layer == "sdtm" and variable.core == "Req")


def _cells(spec: Dataset, codelists: Mapping[str, Codelist]) -> dict[str, dict[str, Holds]]:
    """By check and variable: whether a value holds."""
    found: dict[str, dict[str, Holds]] = {}
    for name, v in spec.published.items():
        terms = _terms(v, codelists)
        if v.type == "text" and terms is None:
            found.setdefault("text", {})[name] = partial(_fits, v.max_length or LIMIT)
        if v.type == "iso":
            found.setdefault("iso", {})[name] = dates.is_iso
        if v.type == "integer":
            found.setdefault("whole", {})[name] = float.is_integer
        if terms is not None:
            found.setdefault("term", {})[name] = terms.__contains__
    return found


def _fits(limit: int, text: str) -> bool:
    return len(text.encode()) <= limit and text.isprintable()


def _all_hold(holds: Mapping[str, Holds], frame: pd.DataFrame) -> bool | pd.DataFrame:
    """True, or which cells hold; each distinct value is judged once, and a missing one holds."""
    broken: dict[str, np.ndarray] = {}
    for name, holds_here in holds.items():
        codes, values = dates.distinct(frame[name])
        passed = [holds_here(value) for value in values]
        if not all(passed):
            broken[name] = np.array([*passed, True])[codes]
    return not broken or pd.DataFrame({n: broken.get(str(n), True) for n in frame}, index=frame.index)


def _findings(spec: Dataset, frame: pd.DataFrame, failures: pd.DataFrame) -> list[Finding]:
    """One finding a record and check. A check over the whole record reports each of its columns: only the first is kept."""
    failures = failures.assign(check=failures["check"].map(_rule))
    failures.loc[failures["check"].eq("key"), "column"] = ", ".join(spec.keys)
    failures = failures.drop_duplicates(["check", "column", "index"])
    found = []
    for check, column, at, case in zip(failures["check"], failures["column"], failures["index"], failures["failure_case"], strict=True):
        for variable, value in case.items() if isinstance(case, dict) else [(column, case)]:  # a check of cells tells all of a record
            name = ("length" if str(value).isprintable() else "printable") if check == "text" else check
            rule, message = _SAID[name]
            row = frame.loc[int(at)]
            key = ", ".join(f"{k}={row[k]}" for k in spec.keys if k != "STUDYID" and pd.notna(row[k]))
            shown = "" if name in ("required", "key") else str(value)
            source = f"{row['form']}, {row['USUBJID']}, {row['record']}"
            found.append(Finding(rule, "error", spec.dataset, str(variable), key, shown, message, source))
    return found


def _rule(check: str) -> str:
    if check == "not_nullable":
        return "required"
    return "key" if "unique" in check else check
