"""The rules of each variable as data: verb, function and its text, place in the mapping, inputs, and the raw
fields behind it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.mapping.lineage import Lineage
from pipeline.mapping.steps import Plan, Step
from pipeline.study import Study
from pipeline.study.models import Dataset

COUNTED = ("ARMCD", "RFICDTC")  # of DM: what TS takes from the data
STUDY = "specs/study.yaml"


def mapped(
    study: Study, plan: Plan, fields: Lineage, rewritten: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """Each dataset and variable with its rules, as the mapping writes them, and the raw fields behind it.

    Takes     the raw fields behind each variable; by DATASET.VARIABLE the texts that were translated or
              folded.
    """
    variables: dict[str, Any] = {}
    for node in sorted(plan.by_node):
        name = ".".join(filter(None, node))
        variables[name] = {
            "rules": [_rule(study, step) for step in plan.by_node[node]],
            "raw": sorted(
                f"{i.frame}.{i.column}{'' if i.own else ' (any record of the subject)'}" for i in fields[node]
            ),
        }
        if name in rewritten:
            variables[name]["rewritten"] = rewritten[name]
    return variables


def from_protocol(plan: Plan, specs: Mapping[str, Dataset], fields: Lineage) -> dict[str, Any]:
    """The variables of datasets that no mapping makes: specs/study.yaml gives them, at the line that each
    record names.

    Two values of TS are counted in the data all the same (see `profile.Profile`).

    Takes     the resolved mapping; the specs of all datasets; the lineage of all variables.
    Returns   DATASET.VARIABLE to its rules, as variables.json has them.
    """
    rules = [{"verb": "study", "file": STUDY}]
    variables: dict[str, Any] = {}
    for name, spec in specs.items():
        if name not in plan.datasets and "USUBJID" not in spec.variables:
            variables |= {f"{name}.{v}": {"rules": rules, "raw": []} for v in spec.variables}
    if "TS.TSVAL" in variables:
        inputs = [i for v in COUNTED for i in fields.get(("DM", v), ())]
        counted = {f"{i.frame}.{i.column} (any record of the study)" for i in inputs}
        variables["TS.TSVAL"] = {"rules": rules, "raw": sorted(counted)}
    return variables


def supplemental(study: Study, specs: Mapping[str, Dataset]) -> dict[str, Any]:
    """For each SUPP-- the variable of the parent behind each QNAM: of AETERM1, AETERM2 ... it is AETERM.

    Takes     a study; the specs of all published datasets.
    Returns   dataset to QNAM to variable.
    """
    supplements: dict[str, Any] = {}
    for name in specs:
        parent = name.removeprefix("SUPP")
        if name == parent:
            continue
        spec = study.datasets[parent]
        file = f"specs/{spec.layer}/{parent.lower()}.yaml"
        variables = {v: v for v, s in spec.variables.items() if s.supp}
        for v in [v for v, s in spec.variables.items() if s.long]:
            variables |= {f"{v[: 8 - len(str(n))]}{n}": v for n in range(1, 100)}
        qualifiers = {
            q: {"of": v, "place": place(study, file, ("variables", v))} for q, v in variables.items()
        }
        supplements[name] = {"of": parent, "qualifiers": qualifiers}
    return supplements


def _rule(study: Study, step: Step) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "block": step.block,
        "verb": step.verb,
        "what": step.name if step.verb in ("derive", "constant") or step.name else step.what,
        "of": {
            parameter: [f"{i.frame}.{i.column}" if i.frame else i.column for i in inputs]
            for parameter, inputs in step.inputs.items()
            if inputs
        },
        "where": step.where,
        "unless": list(step.unless),
        "specs": {p: n for p, n in (step.table_names or {}).items() if n},
        "with": {p: (step.tables or {})[p] for p, n in (step.table_names or {}).items() if not n},
        "defaults": sorted(step.defaults),
        "file": step.place[0],
        "place": place(study, *step.place),
        "source": step.source,
        "inputs": _inputs(step),
    }
    if callable(step.what):
        rule["function"] = function_place(step.what)
    if step.verb == "constant" and step.what != step.name:
        rule["value"] = step.what
    if step.verb == "codelist":
        rule |= {"what": step.what, "codelist": place(study, "specs/codelists.yaml", (step.what,))}
    if step.tables and "parameter" in step.tables:
        rule["endpoint"] = step.tables["parameter"].code
    return {k: v for k, v in rule.items() if v not in (None, {}, "", [])}


def _inputs(step: Step) -> list[dict[str, Any]]:
    """What the step reads by parameter: from where, of this record or of the subject, one value or many."""
    return [
        {"as": parameter, "from": i.frame, "name": i.column, "own": i.own, "many": parameter in step.frames}
        for parameter, inputs in step.inputs.items()
        for i in inputs
    ]


def place(study: Study, file: str, path: Iterable[str | int]) -> str:
    """file:line of an entry of the study's files, with the rule of the engine that filled it in."""
    found = study.file(file)
    return found.line(tuple(path)) if found is not None else file


def function_place(function: Callable[..., Any]) -> str:
    """file:line of a function, wherever the project stands on this machine."""
    return f"{function.__module__.replace('.', '/')}.py:{function.__code__.co_firstlineno}"


def functions(plan: Plan) -> dict[str, Any]:
    """Name, text and source of each function in use, by its place; the text is that of the docstring up to
    what it takes.

    Takes     the resolved mapping.
    Returns   place of a function to its name, text and source.
    """
    used = {function_place(s.what): s.what for s in plan.steps if callable(s.what)}
    return {
        place: {"name": f.__name__, **_text_and_source(inspect.cleandoc(f.__doc__ or ""))}
        for place, f in sorted(used.items())
    }


def _text_and_source(doc: str) -> dict[str, str]:
    text = doc.split("\nTakes ")[0]
    source = doc.rpartition("\nSource ")[2] if "\nSource " in doc else ""
    return {"text": " ".join(text.split()), "source": " ".join(source.split())}
