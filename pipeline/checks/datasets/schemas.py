"""A pandera schema for each dataset, generated from its spec: names, order, types, lengths, codelists, keys,
required values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pandera.backends.pandas.builtin_checks  # noqa: F401  pandera would import it late, with the first schema
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pipeline.errors import SpecError
from pipeline.mapping.translate import original
from pipeline.records import dates
from pipeline.records.distinct import codes_and_values
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study.models import Codelist, Dataset, Variable

LIMIT = 200
Hold = Callable[[Sequence[Any]], bool]  # whether all of the values hold

_SAID = {
    "required": ("VALUE-REQUIRED", "the spec requires a value; query the site, or correct the mapping"),
    "length": (
        "VALUE-LENGTH",
        "longer than the spec allows in bytes; shorten the text, or raise max_length to at most 200",
    ),
    "whole": ("VALUE-WHOLE", "not a whole number; the spec says integer"),
    "iso": ("VALUE-DATE", "not a date or time of ISO 8601 that exists in the calendar"),
    "printable": (
        "VALUE-CONTROL",
        "holds a control character (a tab or a line break); replace it by a blank in the source",
    ),
    "term": (
        "VALUE-TERM",
        (
            "not a term of its closed codelist; add the spelling under `collected` in specs/codelists.yaml,"
            " or query the site"
        ),
    ),
    "key": ("KEY-UNIQUE", "the same key as another record; query the site, or correct the keys of the spec"),
}


def check(spec: Dataset, codelists: Mapping[str, Codelist], frame: pd.DataFrame) -> list[Finding]:
    """What the schema of a dataset objects to, each with the record's key and its raw record.

    Takes     the published columns of a dataset with KEY and `block` beside them.
    Raises    SpecError where the columns or types are not those of the spec: that is a fault of the build,
              not of the data.
    """
    try:
        _schema(spec, codelists).validate(
            frame, lazy=True, inplace=True
        )  # in place: nothing is coerced, so nothing need be copied
    except SchemaErrors as e:
        return _findings(
            spec, frame, {str(error.check.name): error.check_output for error in e.schema_errors}
        )
    return []


def _schema(spec: Dataset, codelists: Mapping[str, Codelist]) -> Any:
    """The spec as a schema. Every check is of the whole frame: one of a column costs pandera as much, and
    there are 40 columns.
    """
    needed = [n for n, v in spec.published.items() if required(spec, v)]
    checks: dict[str, Callable[[pd.DataFrame], bool | pd.DataFrame | pd.Series]] = {
        "shape": lambda frame: not _misshapen(spec, frame),
        "required": partial(_filled, needed),
        **{name: partial(_all_hold, holds) for name, holds in _cells(spec, codelists).items()},
        "key": partial(_unique, spec.keys),
    }
    return pa.DataFrameSchema(
        checks=[pa.Check(holds, name=name, ignore_na=False) for name, holds in checks.items()]
    )


def _misshapen(spec: Dataset, frame: pd.DataFrame) -> str:
    """What is not as the spec has it of names, order and types of the columns; nothing of a frame that is
    right.
    """
    published = spec.published
    types = {str(n): str(dtype) for n, dtype in frame.dtypes.items()}
    wrong = [n for n, v in published.items() if types.get(n) != v.dtype]
    beside = {*KEY, "block", *map(original, published)}
    if wrong or [n for n in types if n not in beside] != [n for n in published if n not in KEY]:
        return ", ".join(wrong) or "their number or order"
    return ""


def required(spec: Dataset, variable: Variable) -> bool:
    """Whether the variable may be missing in no record: the spec says so, or SDTM calls it required."""
    return variable.required or (spec.layer == "sdtm" and variable.core == "Req")


def _filled(needed: Sequence[str], frame: pd.DataFrame) -> bool | pd.DataFrame:
    """True, or which cells are not missing where the spec requires a value."""
    missing = {n: gone for n in needed if (gone := np.asarray(frame[n].array.isna())).any()}
    return _held(frame, {n: ~gone for n, gone in missing.items()})


def _unique(keys: Sequence[str], frame: pd.DataFrame) -> bool | pd.Series:
    """True, or which records share their key with no other; missing values are equal."""
    number, size = np.zeros(len(frame), dtype="int64"), 1
    for key in keys:
        codes, values = codes_and_values(frame[key])
        if size * (len(values) + 1) > np.iinfo("int64").max:
            number, distinct = pd.factorize(number)
            size = len(distinct)
        number, size = number * (len(values) + 1) + codes + 1, size * (len(values) + 1)
    records = pd.Series(number, index=frame.index)
    return True if records.is_unique else ~records.duplicated(keep=False)


def _cells(spec: Dataset, codelists: Mapping[str, Codelist]) -> dict[str, dict[str, Hold]]:
    """By check and variable: whether values hold."""
    found: dict[str, dict[str, Hold]] = {}
    for name, v in spec.published.items():
        terms = _terms(v, codelists)
        if v.type == "text" and terms is None:
            found.setdefault("text", {})[name] = partial(_fit, v.max_length or LIMIT)
        if v.type == "iso":
            found.setdefault("iso", {})[name] = lambda texts: all(map(dates.is_iso, texts))
        if v.type == "integer":
            found.setdefault("whole", {})[name] = lambda numbers: all(map(float.is_integer, numbers))
        if terms is not None:
            found.setdefault("term", {})[name] = terms.issuperset
    return found


def _terms(variable: Variable, codelists: Mapping[str, Codelist]) -> frozenset[str] | None:
    """The values a closed codelist allows; None for a variable without one."""
    codelist = codelists.get(variable.codelist or "")
    return None if codelist is None or codelist.extensible else frozenset(codelist.terms)


def _fit(limit: int, texts: Sequence[str]) -> bool:
    return "".join(texts).isprintable() and max(map(len, map(str.encode, texts)), default=0) <= limit


def _all_hold(holds: Mapping[str, Hold], frame: pd.DataFrame) -> bool | pd.DataFrame:
    """True, or which cells hold; each distinct value is judged once, and a missing one holds."""
    broken: dict[str, np.ndarray] = {}
    for name, hold in holds.items():
        codes, values = codes_and_values(frame[name])
        if not hold(values):
            broken[name] = np.array([*(hold([value]) for value in values), True])[codes]
    return _held(frame, broken)


def _held(frame: pd.DataFrame, broken: Mapping[str, np.ndarray]) -> bool | pd.DataFrame:
    """True, or the cells that hold: all of a column in which none is broken."""
    return not broken or pd.DataFrame({n: broken.get(str(n), True) for n in frame}, index=frame.index)


def _findings(
    spec: Dataset, frame: pd.DataFrame, failed: Mapping[str, pd.DataFrame | pd.Series]
) -> list[Finding]:
    """One finding a cell, and of a key one a record.

    Takes     by check what holds.
    """
    if "shape" in failed:
        file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
        raise SpecError(
            f"{spec.dataset}: columns or types are not those of {file}: {_misshapen(spec, frame)}"
        )
    found = []
    for check, holds in failed.items():
        for at, *column in np.argwhere(~holds.to_numpy()):
            row = frame.iloc[at]
            variable = str(frame.columns[column[0]]) if column else ", ".join(spec.keys)
            shown = "" if check in ("required", "key") else str(row[variable])
            name = ("length" if shown.isprintable() else "printable") if check == "text" else check
            rule, message = _SAID[name]
            key = ", ".join(f"{k}={row[k]}" for k in spec.keys if k != "STUDYID" and pd.notna(row[k]))
            source = f"{row['form']}, {row['USUBJID']}, {row['record']}"
            found.append(Finding(rule, "error", spec.dataset, variable, key, shown, message, source))
    return found
