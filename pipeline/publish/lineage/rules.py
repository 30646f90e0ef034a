"""The rules of each variable as data: verb, function and its text, place in the mapping, inputs, and the raw
fields behind it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.mapping.lineage import Lineage
from pipeline.mapping.steps import Plan, Step
from pipeline.study import Study
from pipeline.study.models import Dataset

COUNTED = ("ARMCD", "RFICDTC")  # of DM: what TS takes from the data
STUDY = "specs/study.yaml"


def described(study: Study, plan: Plan, known: Lineage) -> dict[str, Any]:
    """Each dataset and variable with its rules, as the mapping writes them, and the raw fields behind it."""
    return {
        ".".join(n for n in node if n): {
            "rules": [_rule(study, s) for s in plan.by_node[node]],
            "raw": sorted(
                f"{i.frame}.{i.column}{'' if i.own else ' (any record of the subject)'}" for i in known[node]
            ),
        }
        for node in sorted(plan.by_node)
    }


def designed(plan: Plan, specs: Mapping[str, Dataset], known: Lineage) -> dict[str, Any]:
    """The variables of datasets that no mapping makes: they are told in specs/study.yaml, at the line that
    each record names.

    Two values of TS are counted in the data all the same (see `profile.Profile`).
    """
    alone = {n: s for n, s in specs.items() if n not in plan.datasets and "USUBJID" not in s.variables}
    rules = [{"verb": "study", "file": STUDY}]
    told: dict[str, Any] = {
        f"{n}.{v}": {"rules": rules, "raw": []} for n, s in alone.items() for v in s.variables
    }
    if "TS.TSVAL" in told:
        fields = {
            f"{i.frame}.{i.column} (any record of the study)"
            for v in COUNTED
            for i in known.get(("DM", v), ())
        }
        told["TS.TSVAL"] = {"rules": rules, "raw": sorted(fields)}
    return told


def supplemental(study: Study, specs: Mapping[str, Dataset]) -> dict[str, Any]:
    """Of each SUPP-- the variable of the parent behind each QNAM; a long text goes on in AETERM1, AETERM2 ..."""
    told: dict[str, Any] = {}
    for name in specs:
        parent = name.removeprefix("SUPP")
        if name == parent:
            continue
        file = f"specs/{study.datasets[parent].layer}/{parent.lower()}.yaml"
        behind = {v: v for v, s in study.datasets[parent].variables.items() if s.supp}
        longs = [v for v, s in study.datasets[parent].variables.items() if s.long]
        behind |= {f"{v[: 8 - len(str(n))]}{n}": v for v in longs for n in range(1, 100)}
        places = {q: _place(study, file, ("variables", v)) for q, v in behind.items()}
        told[name] = {
            "of": parent,
            "qualifiers": {q: {"of": v, "place": places[q]} for q, v in behind.items()},
        }
    return told


def _rule(study: Study, s: Step) -> dict[str, Any]:
    of = {
        p: [f"{i.frame}.{i.column}" if i.frame else i.column for i in ii] for p, ii in s.inputs.items() if ii
    }
    what = s.name if s.verb in ("derive", "constant") or s.name else s.what
    told = {
        "block": s.block,
        "verb": s.verb,
        "what": what,
        "of": of,
        "where": s.where,
        "specs": s.table_names,
        "file": s.place[0],
    }
    told |= {"place": _place(study, *s.place), "source": s.source, "inputs": _inputs(s)}
    if callable(s.what):
        told["function"] = function(s.what)
    if s.verb == "constant" and s.what != s.name:
        told["value"] = s.what
    if s.verb == "codelist":
        told |= {"what": s.what, "codelist": _place(study, "specs/codelists.yaml", (s.what,))}
    if s.tables and "parameter" in s.tables:
        told["endpoint"] = s.tables["parameter"].code
    return {k: v for k, v in told.items() if v not in (None, {}, "", [])}


def _inputs(s: Step) -> list[dict[str, Any]]:
    """What the step reads: by parameter, from where, of this record or of which records, one value or many."""
    return [
        {"as": p, "from": i.frame, "name": i.column, "own": i.own, "many": p in s.frames}
        for p, given in s.inputs.items()
        for i in given
    ]


def _place(study: Study, file: str, path: tuple[str | int, ...]) -> str:
    """file:line; the column is for an editor."""
    return study.located[file].at(path).rpartition(":")[0]


def function(used: Callable[..., Any]) -> str:
    """file:line of a function, wherever the project stands on this machine."""
    return f"{used.__module__.replace('.', '/')}.py:{used.__code__.co_firstlineno}"


def texts(plan: Plan) -> dict[str, Any]:
    """Name, text and source of each function in use, by its place; the text is that of the docstring up to
    what it takes.
    """
    used = {function(s.what): s.what for s in plan.steps if callable(s.what)}
    return {
        place: {"name": f.__name__, **_parted(inspect.cleandoc(f.__doc__ or ""))}
        for place, f in sorted(used.items())
    }


def _parted(doc: str) -> dict[str, str]:
    head = doc.split("\nTakes ")[0]
    source = doc.rpartition("\nSource ")[2] if "\nSource " in doc else ""
    return {"text": " ".join(head.split()), "source": " ".join(source.split())}
