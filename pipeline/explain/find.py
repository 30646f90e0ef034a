"""What a question names: a cell, or raw records of a form; a wrong name is told with the nearest right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import UsageError
from pipeline.finished.build import Published, Raw, Record
from pipeline.formats.xpt.rows import Value
from pipeline.study.located import nearest

CODED = (
    "PARAMCD",
    "QNAM",
    "RDOMAIN",
    "DOMAIN",
)  # and any variable with a codelist: their values are no participant's


def keys(given: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE arguments by key.

    Raises    UsageError for one without `=`, or a key given twice.
    """
    found: dict[str, str] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not key:
            raise UsageError(
                "a record is named by KEY=VALUE, such as USUBJID=... or LBSEQ=3; an argument has no `=`"
            )
        if key.upper() in found:
            raise UsageError(f"{key.upper()} is given twice")
        found[key.upper()] = value
    return found


def cell(build: Published, target: str, given: Sequence[str]) -> tuple[Record, str]:
    """The record and the variable of DATASET.VARIABLE KEY=VALUE ...

    Raises    UsageError for an unknown name, for no record, and for more than one.
    """
    dataset, _, variable = target.upper().partition(".")
    about = build.dataset(dataset)
    if not variable:
        raise UsageError(f"{dataset}: name a variable too, {dataset}.VARIABLE")
    if variable not in about["variables"]:
        raise UsageError(f"{dataset} has no variable {variable}{nearest(variable, about['variables'])}")
    return _one(build, dataset, about, keys(given)), variable


def _one(
    build: Published, dataset: str, about: Mapping[str, dict[str, dict[str, str]]], wanted: Mapping[str, str]
) -> Record:
    for key in wanted:
        if key not in about["variables"]:
            raise UsageError(f"{dataset} has no variable {key}{nearest(key, about['variables'])}")
    records = build.records(dataset, wanted.get("USUBJID") if "USUBJID" in about["variables"] else None)
    if not records and "USUBJID" in wanted:
        raise UsageError(f"{dataset} has no record of that USUBJID; it is written in full, as in the data")
    for at, (key, value) in enumerate(wanted.items()):
        known = build.values(records, key) if key != "USUBJID" else [r.usubjid for r in records]
        left = [r for r, v in zip(records, known, strict=True) if meets(v, value)]
        if not left:
            coded = key in CODED or about["variables"][key].get("codelist")
            hint = nearest(value, {str(v) for v in known if v is not None}) if coded else ""
            beside = f" together with that {', '.join([*wanted][:at])}" if at else ""
            raise UsageError(f"{dataset} has no record of that {key}{beside}{hint}")
        records = left
    if len(records) > 1:
        raise UsageError(
            f"{len(records)} records of {dataset} meet that; add {_more(build, records, about, wanted)}"
        )
    return records[0]


def _more(
    build: Published,
    records: Sequence[Record],
    about: Mapping[str, dict[str, dict[str, str]]],
    wanted: Mapping[str, str],
) -> str:
    """The keys that tell the records apart."""
    dataset = records[0].dataset
    names = dict.fromkeys(
        [*about["keys"], *(n for n in (f"{dataset}SEQ", "ASEQ") if n in about["variables"])]
    )
    differ = [n for n in names if n not in wanted and len(set(build.values(records, n))) > 1]
    return " or ".join(differ) or "another key"


def meets(value: Value, wanted: str) -> bool:
    """Whether a value is the one that was typed; nothing typed is a missing value."""
    if value is None or wanted == "":
        return value is None and wanted == ""
    if isinstance(value, int | float):
        try:
            return float(wanted) == value
        except ValueError:
            return False
    return value == wanted


def raw(build: Published, target: str, given: Sequence[str]) -> tuple[str, str, Sequence[Raw] | None]:
    """The form, the field ("" for the whole record) and the records of FORM.FIELD KEY=VALUE ...; no records
    where no key is given.

    Raises    UsageError for an unknown name, and for no record.
    """
    form, _, field = target.partition(".")
    form, field = form.lower(), field.upper()
    fields = build.form(form)["fields"]
    wanted = keys(given)
    for name in ([field] if field else []) + [k for k in wanted if k not in ("USUBJID", "RECORD")]:
        if name not in fields:
            raise UsageError(f"{form} has no field {name}{nearest(name, fields)}")
    if not wanted:
        return form, field, None
    found = [
        r
        for r in build.all_raw(form, wanted.get("USUBJID"))
        if all(meets({**r.values, "USUBJID": r.usubjid, "RECORD": r.record}[k], v) for k, v in wanted.items())
    ]
    if not found:
        raise UsageError(
            f"{form} has no record with that {', '.join(wanted)}; values are given as they were collected"
        )
    return form, field, found
