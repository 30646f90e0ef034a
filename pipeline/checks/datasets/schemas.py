"""The pandera schema of each dataset, made from its spec, and what it objects to as findings.

A schema has a column for each published variable: its type, its label, whether it may be missing, and checks
of its length, its terms or its pattern. The keys of the dataset are unique together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pandera.backends.pandas.builtin_checks  # noqa: F401  pandera would import it late, with the first schema
import pandera.pandas as pa
from pandera.backends.pandas.components import ColumnBackend
from pandera.engines.pandas_engine import STRING, Engine
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from pipeline.checks.datasets.messages import (
    CONTROL,
    DATE,
    LENGTH,
    MESSAGES,
    REQUIRED,
    TERM,
    UNIQUE,
    WHOLE,
)
from pipeline.errors import PipelineError, SpecError
from pipeline.mapping.translate import original
from pipeline.records import dates, numbers
from pipeline.records.distinct import codes_and_values
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study.datasets import LONGEST_TEXT
from pipeline.study.models import Codelist, Dataset, Variable

_MISSHAPEN = {
    SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME,
    SchemaErrorReason.COLUMN_NOT_IN_SCHEMA,
    SchemaErrorReason.COLUMN_NOT_ORDERED,
    SchemaErrorReason.DUPLICATE_COLUMN_LABELS,
    SchemaErrorReason.WRONG_DATATYPE,
}


class Text(STRING):
    """The text of pandas, checked by the type of the column; pandera's own type checks value by value."""

    def check(self, pandera_dtype: Any, data_container: Any = None) -> bool:
        return data_container is not None and bool(data_container.dtype == self.type)

    def __str__(self) -> str:
        return "str"


class Column(pa.Column):
    """A column that is printed with its label and its checks."""

    def __deepcopy__(self, memo: object) -> Column:
        # pandera copies each column in depth to write its name into it
        return copy(self)

    def __repr__(self) -> str:
        rules = [str(self.dtype)]
        if self.metadata["key"]:
            rules.append("key")
        if not self.nullable:
            rules.append("required")
        rules += [check.error for check in self.checks]
        return f"{self.title} ({', '.join(rules)})"


Column.register_backend(pd.DataFrame, ColumnBackend)  # pandera looks it up by the class itself


def dataset_schema(spec: Dataset, codelists: Mapping[str, Codelist]) -> pa.DataFrameSchema:
    """The spec of a dataset as a pandera schema: the published variables in their order, and no others."""
    columns = {
        name: Column(
            _type(variable.dtype),
            nullable=not required(spec, variable),
            title=variable.label,
            checks=_checks(variable, codelists),
            metadata={"key": name in spec.keys},
        )
        for name, variable in spec.published.items()
    }
    return pa.DataFrameSchema(
        columns, unique=list(spec.keys), strict=True, ordered=True, name=spec.dataset, title=spec.label
    )


@cache  # for each number pandera looks for a library of maps on the disk
def _type(dtype: str) -> Any:
    return Text() if dtype == "str" else Engine.dtype(dtype)  # type: ignore[call-arg]  # a decorator adds it


def required(spec: Dataset, variable: Variable) -> bool:
    """Whether every record must have a value: the spec says so, or SDTM calls the variable required."""
    return variable.required or (spec.layer == "sdtm" and variable.core == "Req")


def _checks(variable: Variable, codelists: Mapping[str, Codelist]) -> list[pa.Check]:
    checks = []
    codelist = codelists.get(variable.codelist or "")
    closed = codelist is not None and not codelist.extensible
    if codelist and closed:
        terms = {*codelist.terms, *codelist.beside}
        known = terms if variable.is_text else {float(term) for term in terms if numbers.is_number(term)}
        checks.append(_check(TERM, known.__contains__, f"a term of {variable.codelist}"))
    if codelist and not closed and codelist.has_unclear:
        checks.append(_check(TERM, partial(_is_clear, codelist), f"a clear term of {variable.codelist}"))
    if variable.type == "text" and not closed:
        limit = variable.max_length or LONGEST_TEXT
        checks.append(_check(LENGTH, partial(_fits, limit), f"at most {limit} bytes"))
        checks.append(_check(CONTROL, str.isprintable, "no control character"))
    if variable.type == "iso":
        checks.append(_check(DATE, dates.is_iso, "ISO 8601"))
    if variable.type == "integer":
        checks.append(_check(WHOLE, float.is_integer, "whole number"))
    return checks


def _is_clear(codelist: Codelist, text: str) -> bool:
    return not codelist.is_unclear(text)


def _fits(limit: int, text: str) -> bool:
    return len(text.encode()) <= limit


def _check(rule: str, holds: Callable[[Any], bool], expected: str) -> pa.Check:
    return pa.Check(partial(_all_hold, holds), name=rule, error=expected, ignore_na=False)


def _all_hold(holds: Callable[[Any], bool], values: pd.Series) -> bool | pd.Series:
    """True, or for each value whether it holds; a distinct value is judged once, and a missing one holds."""
    codes, distinct = codes_and_values(values)
    verdicts = [*map(holds, distinct), True]  # a missing value has the code -1, which is the last
    if all(verdicts):
        return True  # costs pandera less than a column of them
    return pd.Series(np.array(verdicts)[codes], index=values.index)


def check(spec: Dataset, codelists: Mapping[str, Codelist], frame: pd.DataFrame) -> list[Finding]:
    """What the schema of a dataset objects to: a finding for each value, and for each record of a key that is
    not unique, with the record's key and its raw record.

    Takes     the published columns of a dataset with KEY and `block` beside them.
    Raises    SpecError where the columns, their order or their types are not those of the spec, which is a
              fault of the build and not of the data; PipelineError where a check crashes.
    """
    published = _published(spec, frame)
    try:
        # in place: nothing is coerced, so nothing need be copied
        dataset_schema(spec, codelists).validate(published, lazy=True, inplace=True)
    except SchemaErrors as errors:
        _raise_if_misshapen(spec, errors.schema_errors)
        return [f for error in errors.schema_errors for f in _findings(spec, frame, published, error)]
    return []


def _published(spec: Dataset, frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of a frame that are to be published, in the order in which they stand.

    USUBJID belongs to KEY, which stands before all other columns, so it takes its place from the spec.
    """
    beside = {*KEY, "block", *map(original, spec.published)}
    columns = [name for name in frame if name not in beside]
    for place, name in enumerate(spec.published):
        if name in KEY and name in frame:
            columns.insert(place, name)
    return frame[columns]


def _raise_if_misshapen(spec: Dataset, errors: list[SchemaError]) -> None:
    wrong = [error for error in errors if error.reason_code in _MISSHAPEN]
    if wrong:
        names = dict.fromkeys(str(error.column_name or error.failure_cases) for error in wrong)
        file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
        raise SpecError(f"{spec.dataset}: columns or types are not those of {file}: {', '.join(names)}")


def _findings(
    spec: Dataset, frame: pd.DataFrame, published: pd.DataFrame, error: SchemaError
) -> Iterator[Finding]:
    """The findings of one error: of a column, or of the keys together."""
    variable, with_value = str(error.column_name), True
    if error.reason_code is SchemaErrorReason.DUPLICATES:
        rule, variable, with_value = UNIQUE, ", ".join(spec.keys), False
        broken = published.duplicated(list(spec.keys), keep=False)
    elif error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
        rule, with_value = REQUIRED, False
        broken = published[variable].isna()
    elif error.reason_code is SchemaErrorReason.DATAFRAME_CHECK:
        rule, broken = error.check.name, ~error.check_output
    else:
        # a crash is not a finding, and its own text may hold values of participants
        raise PipelineError(f"{spec.dataset}.{variable}: a check of its schema failed: {error.reason_code}")
    for row in frame[broken.to_numpy()].to_dict("records"):
        value = str(row[variable]) if with_value else ""
        if rule == LENGTH and not value.isprintable():
            continue  # it has a finding for its control character, which may be what makes it too long
        key = ", ".join(f"{k}={row[k]}" for k in spec.keys if k != "STUDYID" and pd.notna(row[k]))
        source = f"{row['form']}, {row['USUBJID']}, {row['record']}"
        yield Finding(rule, "error", spec.dataset, variable, key, value, MESSAGES[rule], source)
