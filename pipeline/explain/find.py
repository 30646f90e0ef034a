"""What a question names: a cell, or raw records of a form. A wrong name is answered with the nearest right
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.errors import UsageError
from pipeline.explain.related import sequence_variable
from pipeline.finished.build import Build, RawRecord, Record
from pipeline.formats.xpt.rows import Value
from pipeline.study.located import nearest

# Their values, like those of a variable with a codelist, say nothing of a participant, so that a message may
# suggest one.
CODED = ("PARAMCD", "QNAM", "RDOMAIN", "DOMAIN")


def cell(build: Build, target: str, keys: Sequence[str]) -> tuple[Record, str]:
    """The record and the variable of DATASET.VARIABLE KEY=VALUE ...

    Raises    UsageError for an unknown name, for no record, and for more than one.
    """
    dataset, _, variable = target.upper().partition(".")
    variables = build.dataset(dataset)["variables"]
    if not variable:
        raise UsageError(f"{dataset}: name a variable too, {dataset}.VARIABLE")
    if variable not in variables:
        raise UsageError(f"{dataset} has no variable {variable}{nearest(variable, variables)}")
    return _record(build, dataset, values_by_key(keys)), variable


def _as_called(name: str, known: Iterable[str]) -> str:
    """The name as the study writes it, whatever its case; itself where the study has none like it."""
    return next((one for one in known if one.casefold() == name.casefold()), name)


def raw(build: Build, target: str, keys: Sequence[str]) -> tuple[str, str, Sequence[RawRecord] | None]:
    """The form, the field ("" for the whole record) and the records of FORM.FIELD KEY=VALUE ...

    Returns   None for the records where no key is given.
    Raises    UsageError for an unknown name, and for no record.
    """
    form, _, field = target.partition(".")
    form = _as_called(form, build.study_facts["forms"])
    fields = build.form(form)["fields"]
    field = _as_called(field, fields)
    wanted = values_by_key(keys)
    for name in [*([field] if field else []), *wanted]:
        if name not in fields and (name == field or name not in ("USUBJID", "RECORD")):
            raise UsageError(f"{form} has no field {name}{nearest(name, fields)}")
    if not wanted:
        return form, field, None
    records = [r for r in build.raw_records(form, wanted.get("USUBJID")) if _matches_all(r, wanted)]
    if not records:
        late = [r for r in build.set_aside(form, wanted.get("USUBJID")) if _matches_all(r, wanted)]
        if late:
            raise UsageError(
                f"{late[0].place}: this record is set aside, for it is of the time after the data cut-off;"
                " nothing depends on it"
            )
        names = ", ".join(wanted)
        raise UsageError(f"{form} has no record with that {names}; values are given as they were collected")
    return form, field, records


def values_by_key(arguments: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE arguments by key.

    Raises    UsageError for one without `=`, and for a key that is given twice.
    """
    values: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or not key:
            raise UsageError(
                "a record is named by KEY=VALUE, such as USUBJID=... or LBSEQ=3; an argument has no `=`"
            )
        if key.upper() in values:
            raise UsageError(f"{key.upper()} is given twice")
        values[key.upper()] = value
    return values


def _record(build: Build, dataset: str, wanted: Mapping[str, str]) -> Record:
    """The one record that has these values."""
    variables = build.dataset(dataset)["variables"]
    for key in wanted:
        if key not in variables:
            raise UsageError(f"{dataset} has no variable {key}{nearest(key, variables)}")
    records = build.records(dataset, wanted.get("USUBJID") if "USUBJID" in variables else None)
    if not records and "USUBJID" in wanted:
        raise UsageError(f"{dataset} has no record of that USUBJID; give it in full, as it is in the data")
    earlier: list[str] = []
    for key, value in wanted.items():
        values = build.values(records, key) if key != "USUBJID" else [r.usubjid for r in records]
        matching = [r for r, v in zip(records, values, strict=True) if matches(v, value)]
        if not matching:
            together = f" together with that {', '.join(earlier)}" if earlier else ""
            hint = _nearest_value(value, values) if _is_coded(key, variables) else ""
            raise UsageError(f"{dataset} has no record with that {key}{together}{hint}")
        records = matching
        earlier.append(key)
    if len(records) > 1:
        more = _keys_that_differ(build, records, wanted)
        raise UsageError(f"{len(records)} records of {dataset} match; add {more}")
    return records[0]


def _is_coded(key: str, variables: Mapping[str, Any]) -> bool:
    return key in CODED or bool(variables[key].get("codelist"))


def _nearest_value(value: str, values: Sequence[Value]) -> str:
    return nearest(value, {str(v) for v in values if v is not None})


def _keys_that_differ(build: Build, records: Sequence[Record], wanted: Mapping[str, str]) -> str:
    """The keys in which the records differ."""
    dataset = records[0].dataset
    number = sequence_variable(build, dataset)
    names = dict.fromkeys([*build.dataset(dataset)["keys"], *([number] if number else [])])
    differing = [n for n in names if n not in wanted and len(set(build.values(records, n))) > 1]
    return " or ".join(differing) or "another key"


def _matches_all(raw: RawRecord, wanted: Mapping[str, str]) -> bool:
    values = {**raw.values, "USUBJID": raw.usubjid, "RECORD": raw.record}
    return all(matches(values[key], value) for key, value in wanted.items())


def matches(value: Value, typed: str) -> bool:
    """Whether a value is the one that was typed; nothing typed matches a missing value.

    Takes     a published or collected value; the text after KEY=.
    Returns   whether they are equal, numbers as numbers.
    """
    if value is None or typed == "":
        return value is None and typed == ""
    if isinstance(value, int | float):
        try:
            return float(typed) == value
        except ValueError:
            return False
    return value == typed
