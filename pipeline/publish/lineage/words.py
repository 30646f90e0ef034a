"""lineage/mapping.json: the mapping of a build as an auditor reads it, without Python or YAML.

Targets, verbs, fields with their question, recodings that happened, functions with their text, parameters
with their reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.formats import json_sections
from pipeline.mapping.origins import Origin
from pipeline.mapping.steps import Plan, Step
from pipeline.profile import Column, Profile
from pipeline.publish.define.origins import Origins
from pipeline.publish.lineage import source_texts
from pipeline.publish.lineage.source_texts import Function
from pipeline.study import Study
from pipeline.study.models import Dataset, Parameter, Variable

FORMAT = 1  # of mapping.json; a reader refuses another


@dataclass(frozen=True)
class Told:
    """What the book is made of."""

    study: Study
    plan: Plan
    specs: Mapping[str, Dataset]
    profile: Profile

    @cached_property
    def origins(self) -> Origins:
        return Origins(self.study, self.plan, self.specs)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Every function that the mapping uses, by layer or dataset and name."""
        made = {function_name(self.study, s): s for s in self.plan.steps if callable(s.what)}
        return {n: source_texts.function(self.study, made[n].node[0], made[n].what) for n in sorted(made)}

    @cached_property
    def tables(self) -> dict[str, set[str]]:
        """What of specs/ each function takes, over all its uses."""
        found: dict[str, set[str]] = {}
        for s in self.plan.steps:
            if s.table_names:
                found.setdefault(function_name(self.study, s), set()).update(s.table_names.values())
        return dict(sorted(found.items()))


def write(told: Told, home: Path) -> None:
    """Writes mapping.json."""
    json_sections.write(content(told), home / "mapping.json")


def content(told: Told) -> dict[str, Any]:
    """The book as plain data."""
    study = told.study
    return {
        "format": FORMAT,
        "study": {"id": study.protocol.id, "title": study.protocol.title, "notice": study.protocol.synthetic,
                  "cutoff": study.protocol.cutoff.isoformat()},
        "datasets": {n: _dataset(told, s) for n, s in told.specs.items()},
        "functions": {n: vars(f) for n, f in told.functions.items()},
        "parameters": {n: _parameter(told, n, p) for n, p in study.protocol.parameters.items()},
        "codelists": {n: c.model_dump(exclude_none=True, mode="json") for n, c in study.codelists.items()},
        "forms": {n: {"title": f.title, "source": f.source, "record": f.record} for n, f in study.forms.items()},
        "fields": {f"{n}.{c}": field.model_dump(exclude_defaults=True, mode="json") for n, f in study.forms.items()
                   for c, field in f.fields.items()},
        "set_aside": [e.model_dump(by_alias=True, mode="json") for e in study.set_aside],
        "recodings": list(_recodings(told)),
        "respelled": list(_respelled(told)),
        "modules": source_texts.hashes(),
    }  # fmt: skip


def function_name(study: Study, s: Step) -> str:
    """The name of a step's function, with the dataset whose own it is or the layer that shares it."""
    own = s.what.__code__.co_filename.startswith("mappings/")
    return f"{s.node[0] if own else study.datasets[s.node[0]].layer}.{s.name}"


# --- datasets
def _dataset(told: Told, spec: Dataset) -> dict[str, Any]:
    name, parent = spec.dataset, told.origins.parent(spec.dataset)
    shown = spec.published if name.startswith("SUPP") else spec.variables
    found = {
        "label": spec.label, "layer": spec.layer, "class": spec.class_, "structure": spec.structure, "keys": list(spec.keys),
        "comment": spec.comment, "records": told.profile.records.get(name, 0), "parent": parent,
        "blocks": [_rule(told, s) for s in told.plan.by_node.get((name, ""), [])],
        "variables": {v: _variable(told, spec, v) for v in shown},
    }  # fmt: skip
    mapping = (
        told.study.located.get(f"mappings/{spec.layer}/{name.lower()}.yaml")
        if name in told.plan.datasets
        else None
    )
    events = (
        {k: mapping.value[k] for k in ("sources", "censoring", "parameters") if k in mapping.value}
        if mapping
        else {}
    )
    return {k: v for k, v in {**found, **events}.items() if v not in (None, "")}


def _variable(told: Told, spec: Dataset, name: str) -> dict[str, Any]:
    node = (spec.dataset, name)
    v = spec.variables[name]
    said = v.model_dump(exclude_defaults=True, mode="json") | {"core": v.core}
    return {
        **said,
        "filled": _filled(told.profile, spec, name, v),
        "origins": _shown(_origins(told, *node)),
        "rules": [_rule(told, s) for s in told.plan.by_node.get(node, [])] or [_unmapped(told, spec, name)],
    }


def _filled(profile: Profile, spec: Dataset, name: str, v: Variable) -> int:
    if v.supp:
        return profile.groups.get((f"SUPP{spec.dataset}", "QVAL", (name,)), Column()).filled
    return profile.columns.get((spec.dataset, name), Column()).filled


def _origins(told: Told, dataset: str, variable: str) -> tuple[Origin, ...]:
    one = told.origins.variable(dataset, variable)
    if one:
        return (one,)
    return () if told.origins.parent(dataset) else told.origins.each(dataset, variable)


def _shown(origins: tuple[Origin, ...]) -> list[dict[str, Any]]:
    distinct = dict.fromkeys((o.type, o.source, o.description) for o in origins)
    return [{k: v for k, v in zip(("type", "source", "from"), o, strict=True) if v} for o in distinct]


def _unmapped(told: Told, spec: Dataset, name: str) -> dict[str, Any]:
    """What is worked out without a line of a mapping."""
    if told.origins.parent(spec.dataset):
        return {
            "verb": "supplemental",
            "what": f"the supplemental qualifiers and long texts of {told.origins.parent(spec.dataset)}",
        }
    if spec.dataset not in told.plan.datasets:
        return {
            "verb": "study",
            "what": "specs/study.yaml, at the line that the record names",
            "place": "specs/study.yaml",
        }
    if name == "USUBJID":
        return {"verb": "person", "what": "the study's id and the first subject number of the person"}
    continued = next((n for n, v in spec.variables.items() if name in v.continued), "")
    return (
        {"verb": "continued", "what": f"a text of {continued} that is too long for it"}
        if continued
        else {"verb": "none"}
    )


def _rule(told: Told, s: Step) -> dict[str, Any]:
    """One line of a mapping."""
    study = told.study
    located = study.located[s.place[0]]
    line: Any = located.value
    for part in s.place[1]:
        line = line[part]
    found: dict[str, Any] = {"block": s.block, "verb": s.verb, "source": s.source}
    found["of"] = {
        p: [f"{i.frame}.{i.column}" if i.frame else f"*.{i.column}" for i in ii]
        for p, ii in s.inputs.items()
        if ii
    }
    found["where"] = dict(s.where or {})
    found["specs"] = {p: n for p, n in (s.table_names or {}).items() if n}
    found["codelist"] = s.what if s.verb == "codelist" else ""
    found["function"] = function_name(study, s) if callable(s.what) else ""
    if s.verb == "constant":
        found |= {"constant": s.what, "said": line["constant"] if line["constant"] != s.what else ""}
    if s.verb == "rows" and "code" in line:
        found["parameter"] = line["code"]
    found |= {"comment": line.get("comment"), "place": located.at(s.place[1])}
    return {k: v for k, v in found.items() if v not in (None, "", {})}


# --- what rules refer to
def _parameter(told: Told, name: str, parameter: Parameter) -> dict[str, Any]:
    return {**parameter.model_dump(exclude_none=True, mode="json"), "used_by": list(_uses(told, name))}


def _uses(told: Told, name: str) -> Iterator[str]:
    """The functions that take the parameter, or take all of them and rest on code that names it."""
    for function, takes in told.tables.items():
        whole = "specs.parameters" in takes and source_texts.names(told.functions[function], name)
        if whole or f"specs.parameters.{name}" in takes:
            yield function


def _recodings(told: Told) -> Iterator[dict[str, Any]]:
    for (frame, column, block, collected, value), records in sorted(told.profile.recoded.items()):
        if frame in told.plan.datasets:
            of = {"dataset": frame, "variable": column, "block": None if block < 0 else block}
            yield {**of, "collected": collected, "value": value, "records": records}


def _respelled(told: Told) -> Iterator[dict[str, Any]]:
    for (form, field, _, collected, label), records in sorted(told.profile.recoded.items()):
        if form in told.study.forms:
            yield {"form": form, "field": field, "collected": collected, "label": label, "records": records}
