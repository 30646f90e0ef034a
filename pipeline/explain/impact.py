"""What a raw field or record can change: lineage read forward to the displays, the inverse of explain, from
the same declaration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.explain import find, rules
from pipeline.explain.shown_in import Shown, shown_in
from pipeline.finished.build import Build, RawRecord, Record
from pipeline.finished.raw_fields import OF_RECORD, OF_STUDY, OF_SUBJECT, RawField
from pipeline.formats.xpt.rows import Value


@dataclass(frozen=True)
class Touched:
    """A variable that depends on the field, through which of its records, and (where a raw record is named)
    the published records that do.
    """

    dataset: str
    variable: str
    through: str  # OF_RECORD, OF_SUBJECT or OF_STUDY
    records: Sequence[Record] | None


@dataclass(frozen=True)
class Impact:
    """All that depends on a raw field, or on any field of a record."""

    form: str
    field: str
    raw: Sequence[RawRecord] | None
    touched: Sequence[Touched]
    keys: Mapping[Record, Mapping[str, Value]]
    displays: Sequence[Shown] = ()

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        data: dict[str, Any] = {"form": self.form, "field": self.field or "every field"}
        if self.raw is not None:
            data["raw"] = [{"place": r.place, "USUBJID": r.usubjid, "record": r.record} for r in self.raw]
        data["touches"] = [self._touched_as_data(touched) for touched in self.touched]
        data["displays"] = [vars(shown) for shown in self.displays]
        return data

    def _touched_as_data(self, touched: Touched) -> dict[str, Any]:
        data: dict[str, Any] = {
            "dataset": touched.dataset,
            "variable": touched.variable,
            "through": touched.through,
        }
        if touched.records is not None:
            data["records"] = [dict(self.keys[record]) for record in touched.records]
        return data


@dataclass(frozen=True)
class _Dependence:
    """A variable that declares the field; in SUPP-- perhaps only in records of some QNAMs."""

    dataset: str
    variable: str
    through: str
    qnams: frozenset[str] | None = None  # None: in all records


def impact(out: Path, target: str, keys: Sequence[str]) -> Impact:
    """What depends on FORM.FIELD, or on FORM as a whole; with KEY=VALUE ... on those raw records.

    Raises    UsageError for an unknown name, and for keys that match no record.
    """
    build = Build.opened(out)
    form, field, raw = find.raw(build, target, keys)
    return impact_of(build, form, field, raw)


def impact_of(build: Build, form: str, field: str, raw: Sequence[RawRecord] | None) -> Impact:
    """What depends on a field of these raw records; on the field anywhere where `raw` is None.

    Takes     the field, "" for all fields of the form.
    """
    touched: list[Touched] = []
    for dependence in _dependences(build, form, field):
        records = None if raw is None else [*_records(build, dependence, raw)]
        if records is None or records:
            touched.append(Touched(dependence.dataset, dependence.variable, dependence.through, records))
    return Impact(form, field, raw, touched, _keys(build, touched), shown_in(build, touched))


def _dependences(build: Build, form: str, field: str) -> Iterator[_Dependence]:
    """Each variable that declares the field, in the order of the datasets."""
    for dataset, properties in build.study_facts["datasets"].items():
        if rules.parent_of(build, dataset):
            yield from _of_supplement(build, dataset, properties["variables"], form, field)
            continue
        for variable, of_variable in properties["variables"].items():
            if of_variable.get("supp"):  # published in SUPP-- alone
                continue
            fields = rules.fields_of_variable(build, dataset, variable)
            for through in sorted(_through(fields, form, field)):
                yield _Dependence(dataset, variable, through)


def _of_supplement(
    build: Build, dataset: str, variables: Iterable[str], form: str, field: str
) -> Iterator[_Dependence]:
    """A SUPP-- record depends on the set of its parent's records and on the variable that it holds; IDVARVAL
    also on the number of the parent's record.
    """
    parent = rules.parent_of(build, dataset)
    qualifiers = build.variables[dataset]["qualifiers"]
    of_records = _through(rules.fields_of_node(build, parent), form, field)
    of_number = _through(rules.fields_of_variable(build, parent, f"{parent}SEQ"), form, field)
    of_usubjid = _through(rules.fields_of_variable(build, dataset, "USUBJID"), form, field)
    of_qnam = {
        qnam: _through(rules.fields_of_variable(build, parent, qualifier["of"]), form, field)
        for qnam, qualifier in qualifiers.items()
    }
    for variable in variables:
        for through in (OF_RECORD, OF_SUBJECT):
            if variable == "USUBJID":
                if through in of_usubjid:
                    yield _Dependence(dataset, variable, through)
            elif through in of_records or (variable == "IDVARVAL" and through in of_number):
                yield _Dependence(dataset, variable, through)
            else:
                qnams = frozenset(qnam for qnam, ways in of_qnam.items() if through in ways)
                if qnams:
                    yield _Dependence(dataset, variable, through, qnams)


def _through(fields: Iterable[RawField], form: str, field: str) -> set[str]:
    """Through which records a value with these raw fields depends on the field, or on any of the form."""
    return {f.through for f in fields if f.form == form and (not field or f.name == field)}


def _records(build: Build, dependence: _Dependence, raw: Sequence[RawRecord]) -> Iterator[Record]:
    """The published records that depend on the raw ones in this way."""
    if dependence.through == OF_STUDY:
        records = build.records(dependence.dataset)
        yield from (r for r in records if rules.is_counted_in_data(build, r))
        return
    raw_identities = {(r.usubjid, r.form, r.record) for r in raw}
    for subject in sorted({r.usubjid for r in raw}):
        records = build.records(dependence.dataset, subject)
        if dependence.through == OF_RECORD:
            records = [r for r in records if (r.usubjid, r.form, r.record) in raw_identities]
        if dependence.qnams is not None:
            qnams = build.values(records, "QNAM")
            records = [r for r, q in zip(records, qnams, strict=True) if q in dependence.qnams]
        yield from records


def _keys(build: Build, touched: Sequence[Touched]) -> dict[Record, Mapping[str, Value]]:
    """What distinguishes each record from others in its dataset."""
    keys: dict[Record, Mapping[str, Value]] = {}
    for dataset in dict.fromkeys(t.dataset for t in touched):
        records = list(dict.fromkeys(r for t in touched if t.dataset == dataset for r in t.records or ()))
        variables = build.dataset(dataset)["variables"]
        names = [k for k in build.dataset(dataset)["keys"] if k != "STUDYID" and not variables[k].get("supp")]
        columns = [build.values(records, name) for name in names]
        for record, *values in zip(records, *columns, strict=True):
            keys[record] = dict(zip(names, values, strict=True))
    return keys
