"""lineage/mapping.json: the mapping of a build as an auditor reads it, without Python or YAML.

Targets, verbs, fields with their question, the recodings that took place, functions with their text,
parameters with their reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.formats import json_sections
from pipeline.mapping.origins import Origin
from pipeline.mapping.steps import Plan, Step
from pipeline.profile import Column, Profile
from pipeline.publish.define.model import Package
from pipeline.publish.define.origins import Origins, origins_of
from pipeline.publish.lineage import rewritten, source_texts
from pipeline.publish.lineage.source_texts import Function
from pipeline.study import Study
from pipeline.study.models import PARAMETERS, Dataset, Default, Parameter, Variable

BY_TERMINOLOGY = ("preferred term", "synonym")  # the study does not say that the spelling means the term
FORMAT = 1  # of mapping.json; a reader refuses another


@dataclass(frozen=True)
class Book:
    """A package with what its mapping book and its guides both ask for."""

    package: Package

    @property
    def study(self) -> Study:
        return self.package.study

    @property
    def plan(self) -> Plan:
        return self.package.plan

    @property
    def profile(self) -> Profile:
        return self.package.profile

    @property
    def origins(self) -> Origins:
        return origins_of(self.study, self.plan)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Every function that the mapping uses, by layer or dataset and name."""
        steps = {function_name(self.study, s): s for s in self.plan.steps if callable(s.what)}
        return {n: source_texts.function(self.study, steps[n].node[0], steps[n].what) for n in sorted(steps)}

    @cached_property
    def tables(self) -> dict[str, set[str]]:
        """The parts of specs/ that each function takes, over all its uses."""
        tables: dict[str, set[str]] = {}
        for step in self.plan.steps:
            if step.table_names:
                name = function_name(self.study, step)
                tables.setdefault(name, set()).update(step.table_names.values())
        return dict(sorted(tables.items()))


def write(book: Book, home: Path) -> None:
    """Writes mapping.json.

    Takes     the mapping in words; the folder that is to hold the file.
    """
    json_sections.write(content(book), home / "mapping.json")


def content(book: Book) -> dict[str, Any]:
    """The book as plain data.

    Takes     the mapping in words.
    Returns   what mapping.json holds.
    """
    study, protocol = book.study, book.study.protocol
    return {
        "format": FORMAT,
        "study": {
            "id": protocol.id,
            "title": protocol.title,
            "notice": protocol.synthetic,
            "cutoff": protocol.cutoff.isoformat(),
        },
        "datasets": {n: _dataset(book, s) for n, s in book.package.specs.items()},
        "functions": {n: vars(f) for n, f in book.functions.items()},
        "parameters": {n: _parameter(book, n, p) for n, p in protocol.parameters.items()},
        "codelists": {n: c.model_dump(exclude_none=True, mode="json") for n, c in study.codelists.items()},
        "forms": {
            n: {"title": f.title, "source": f.source, "record": f.record} for n, f in study.forms.items()
        },
        "fields": {
            f"{form_name}.{name}": field.model_dump(exclude_defaults=True, mode="json")
            for form_name, form in study.forms.items()
            for name, field in form.fields.items()
        },
        "set_aside": [entry.model_dump(by_alias=True, mode="json") for entry in study.set_aside],
        "recodings": [*_recodings(book), *rewritten.recodings(study, book.profile)],
        "respelled": list(_respelled(book)),
        "readings": list(rewritten.readings(study, book.profile)),
        "modules": source_texts.hashes(),
    }


def values_of_line(step: Step) -> dict[str, Any]:
    """The values that stand on the line itself, or are the function's own, by parameter."""
    tables = step.tables or {}
    return {name: tables[name] for name, table in (step.table_names or {}).items() if not table}


def function_name(study: Study, step: Step) -> str:
    """The name of a step's function, with the dataset that owns it or the layer that shares it."""
    dataset = step.node[0]
    is_own = step.what.__code__.co_filename.startswith("mappings/")
    return f"{dataset if is_own else study.datasets[dataset].layer}.{step.name}"


# --- datasets
def _dataset(book: Book, spec: Dataset) -> dict[str, Any]:
    name = spec.dataset
    shown = spec.published if name.startswith("SUPP") else spec.variables
    entry: dict[str, Any] = {
        "label": spec.label,
        "layer": spec.layer,
        "class": spec.class_,
        "structure": spec.structure,
        "keys": list(spec.keys),
        "comment": spec.comment,
        "records": book.profile.records.get(name, 0),
        "parent": book.origins.parent(name),
        "blocks": [_rule(book, s) for s in book.plan.by_node.get((name, ""), [])],
        "variables": {v: _variable(book, spec, v) for v in shown},
    }
    if name in book.plan.datasets:
        mapping = book.study.located.get(f"mappings/{spec.layer}/{name.lower()}.yaml")
        declared = mapping.value if mapping else {}
        entry |= {k: declared[k] for k in ("sources", "censoring", "parameters") if k in declared}
    return {k: v for k, v in entry.items() if v not in (None, "")}


def _variable(book: Book, spec: Dataset, name: str) -> dict[str, Any]:
    node = (spec.dataset, name)
    variable = spec.variables[name]
    rules = [_rule(book, s) for s in book.plan.by_node.get(node, [])]
    return {
        **variable.model_dump(exclude_defaults=True, mode="json"),
        "core": variable.core,
        "filled": _filled(book.profile, spec, name, variable),
        "origins": _shown(_origins(book, *node)),
        "rules": rules or [_without_a_rule(book, spec, name)],
    }


def _filled(profile: Profile, spec: Dataset, name: str, variable: Variable) -> int:
    if variable.supp:
        return profile.groups.get((f"SUPP{spec.dataset}", "QVAL", (name,)), Column()).filled
    return profile.columns.get((spec.dataset, name), Column()).filled


def _origins(book: Book, dataset: str, variable: str) -> tuple[Origin, ...]:
    origin = book.origins.variable(dataset, variable)
    if origin:
        return (origin,)
    return () if book.origins.parent(dataset) else book.origins.each(dataset, variable)


def _shown(origins: tuple[Origin, ...]) -> list[dict[str, Any]]:
    distinct = dict.fromkeys((o.type, o.source, o.description) for o in origins)
    named = [zip(("type", "source", "from"), values, strict=True) for values in distinct]
    return [{k: v for k, v in pairs if v} for pairs in named]


def _without_a_rule(book: Book, spec: Dataset, name: str) -> dict[str, Any]:
    """What gives a variable its values where no line of a mapping does."""
    parent = book.origins.parent(spec.dataset)
    if parent:
        return {"verb": "supplemental", "what": f"the supplemental qualifiers and long texts of {parent}"}
    if spec.dataset not in book.plan.datasets:
        what = "specs/study.yaml"
        return {"verb": "study", "what": what, "place": "specs/study.yaml"}
    if name == "USUBJID":
        return {"verb": "person", "what": "the study's id and the first subject number of the person"}
    for variable, declared in spec.variables.items():
        if name in declared.continued:
            return {"verb": "continued", "what": f"a text of {variable} that is too long for it"}
    return {"verb": "none"}


def _rule(book: Book, step: Step) -> dict[str, Any]:
    """One line of a mapping."""
    located = book.study.located[step.place[0]]
    line: Any = located.value
    for part in step.place[1]:
        line = line[part]
    rule: dict[str, Any] = {
        "block": step.block,
        "verb": step.verb,
        "source": step.source,
        "of": {
            parameter: [f"{i.frame or '*'}.{i.column}" for i in inputs]
            for parameter, inputs in step.inputs.items()
            if inputs
        },
        "where": dict(step.where or {}),
        "unless": list(step.unless),
        "specs": {p: n for p, n in (step.table_names or {}).items() if n},
        "with": values_of_line(step),
        "defaults": sorted(step.defaults),
        "codelist": step.what if step.verb == "codelist" else "",
        "function": function_name(book.study, step) if callable(step.what) else "",
    }
    if step.verb == "constant":
        rule["constant"] = step.what
        written = line.get("constant", step.what)
        rule["said"] = written if written != step.what else ""
    if step.verb == "rows" and "code" in line:
        rule["parameter"] = line["code"]
    rule["comment"] = line.get("comment")
    rule["place"] = located.at(step.place[1])
    return {k: v for k, v in rule.items() if v not in (None, "", {}, [])}


# --- what rules refer to
def _parameter(book: Book, name: str, parameter: Parameter) -> dict[str, Any]:
    entry = {**parameter.model_dump(exclude_none=True, mode="json"), "used_by": _users(book, name)}
    return {**entry, "default": True} if isinstance(parameter, Default) else entry


def _users(book: Book, name: str) -> list[str]:
    """The functions that take the parameter."""
    return [function for function, tables in book.tables.items() if PARAMETERS + name in tables]


def _recodings(book: Book) -> Iterator[dict[str, Any]]:
    lists = {(step.node, step.block): step.what for step in book.plan.steps if step.verb == "codelist"}
    for (frame, column, block, collected, value), records in sorted(book.profile.recoded.items()):
        if frame in book.plan.datasets:
            of_step = lists.get(((frame, column), None if block < 0 else block))
            how = book.study.codelists[of_step].how(collected) if of_step else ""
            yield {
                **({"how": how} if how in BY_TERMINOLOGY else {}),
                "dataset": frame,
                "variable": column,
                "block": None if block < 0 else block,
                "collected": collected,
                "value": value,
                "records": records,
            }


def _respelled(book: Book) -> Iterator[dict[str, Any]]:
    for (form, field, _, collected, label), records in sorted(book.profile.recoded.items()):
        if form in book.study.forms:
            yield {"form": form, "field": field, "collected": collected, "label": label, "records": records}
