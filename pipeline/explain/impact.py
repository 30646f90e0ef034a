"""What a raw field or record can change: lineage read forward. It is the inverse of explain, from the same
declaration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.explain import find, rules
from pipeline.finished.build import Published, Raw, Record
from pipeline.formats.xpt.rows import Value

SUBJECT, EVERYBODY = "any record of the subject", "any record of the study"
OWN = "its own record"


@dataclass(frozen=True)
class Touched:
    """A variable that depends on the field, and through which of its records; with a raw record named, the
    published ones.
    """

    dataset: str
    variable: str
    through: str  # OWN, SUBJECT or EVERYBODY
    records: Sequence[Record] | None


@dataclass(frozen=True)
class Impact:
    """All that depends on a raw field, or on the whole of a record."""

    form: str
    field: str
    raw: Sequence[Raw] | None
    touched: Sequence[Touched]
    keys: Mapping[Record, Mapping[str, Value]]

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        told: dict[str, Any] = {"form": self.form, "field": self.field or "every field"}
        if self.raw is not None:
            told["raw"] = [{"place": r.place, "USUBJID": r.usubjid, "record": r.record} for r in self.raw]
        told["touches"] = [
            {"dataset": t.dataset, "variable": t.variable, "through": t.through}
            | ({} if t.records is None else {"records": [dict(self.keys[r]) for r in t.records]})
            for t in self.touched
        ]
        return told


def impact(out: Path, target: str, given: Sequence[str]) -> Impact:
    """What depends on FORM.FIELD, or on FORM as a whole; with KEY=VALUE ... on those raw records.

    Raises    UsageError for a name that leads nowhere, and for keys that meet no record.
    """
    build = Published(out)
    form, field, raw = find.raw(build, target, given)
    return of(build, form, field, raw)


def of(build: Published, form: str, field: str, raw: Sequence[Raw] | None) -> Impact:
    """What depends on a field of some raw records that were found; without records, on the field anywhere."""
    touched: list[Touched] = []
    for dataset, variable, qualifiers, through in _declared(build, form, field):
        records = None if raw is None else [*_records(build, dataset, qualifiers, through, raw)]
        if records is None or records:
            touched.append(Touched(dataset, variable, through, records))
    return Impact(form, field, raw, touched, _keys(build, touched))


def _declared(
    build: Published, form: str, field: str
) -> Iterator[tuple[str, str, frozenset[str] | None, str]]:
    """Each variable that declares the field: of SUPP-- with the QNAMs of the parent's variables that do; and
    through which records.
    """
    for dataset, about in build.study["datasets"].items():
        if dataset.startswith("SUPP"):
            yield from _supplemental(build, dataset, about["variables"], form, field)
            continue
        for variable, said in about["variables"].items():
            if said.get("supp"):
                continue
            for through in _ways(rules.raw_fields(build, dataset, variable), form, field):
                yield dataset, variable, None, through


def _supplemental(
    build: Published, dataset: str, columns: Mapping[str, Any], form: str, field: str
) -> Iterator[tuple[str, str, frozenset[str] | None, str]]:
    """A SUPP-- record depends on the set of its parent's records and on the variable behind it; IDVARVAL on
    the parent's number too.
    """
    parent, behind = build.variables[dataset]["of"], build.variables[dataset]["qualifiers"]
    whole = set(_ways(build.variables.get(parent, {}).get("raw", []), form, field))
    number = set(_ways(rules.raw_fields(build, parent, f"{parent}SEQ"), form, field))
    person = set(_ways(rules.raw_fields(build, dataset, "USUBJID"), form, field))
    by_name = {
        q: set(_ways(rules.raw_fields(build, parent, b["of"]), form, field)) for q, b in behind.items()
    }
    for variable in columns:
        for through in (OWN, SUBJECT):
            everywhere = through in (whole | number if variable == "IDVARVAL" else whole)
            names = None if everywhere else frozenset(q for q, ways in by_name.items() if through in ways)
            if variable == "USUBJID":
                names = None if through in person else frozenset()
            if names is None or names:
                yield dataset, variable, names, through


def _ways(fields: Sequence[str], form: str, field: str) -> Iterator[str]:
    """Through which records something that declares these raw fields depends on the field, or on any field of
    the form.
    """
    found = set()
    for told in fields:
        name, _, of_any = told.partition(" (")
        if name == f"{form}.{field}" or (not field and name.partition(".")[0] == form):
            found.add(of_any.rstrip(")") or OWN)
    yield from sorted(found)


def _records(
    build: Published, dataset: str, names: frozenset[str] | None, through: str, raw: Sequence[Raw]
) -> Iterator[Record]:
    """The published records that depend on the raw ones in this way."""
    if through == EVERYBODY:
        yield from (r for r in build.records(dataset) if rules.counts(build, r))
        return
    mine = {(r.usubjid, r.form, r.record) for r in raw}
    for subject in sorted({r.usubjid for r in raw}):
        found = [
            r
            for r in build.records(dataset, subject)
            if through == SUBJECT or (r.usubjid, r.form, r.record) in mine
        ]
        named = build.values(found, "QNAM") if names is not None else [None] * len(found)
        yield from (r for r, q in zip(found, named, strict=True) if names is None or q in names)


def _keys(build: Published, touched: Sequence[Touched]) -> dict[Record, Mapping[str, Value]]:
    """What tells each record from others in its dataset."""
    found: dict[Record, Mapping[str, Value]] = {}
    for dataset in dict.fromkeys(t.dataset for t in touched):
        records = list(dict.fromkeys(r for t in touched if t.dataset == dataset for r in t.records or ()))
        about = build.study["datasets"][dataset]
        names = [k for k in about["keys"] if k != "STUDYID" and not about["variables"][k].get("supp")]
        columns = [build.values(records, n) for n in names]
        found |= {r: {n: c[at] for n, c in zip(names, columns, strict=True)} for at, r in enumerate(records)}
    return found
