"""What the rules of lineage speak of: datasets, forms, functions, parameters with their reasons, and what
decides time to event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.mapping.steps import Plan
from pipeline.publish import datasets
from pipeline.publish.lineage import rules as lineage_rules
from pipeline.study import Study
from pipeline.study.models import Dataset

STUDY = "specs/study.yaml"


def told(study: Study, plan: Plan, specs: Mapping[str, Dataset]) -> dict[str, Any]:
    """All of it as plain data."""
    number = study.protocol.subjects
    return {
        "study": study.protocol.id,
        "subjects": {"form": number.form, "number": number.number, "earlier": number.earlier},
        "datasets": {name: _dataset(study, spec) for name, spec in specs.items()},
        "forms": {name: _form(study, name) for name in study.forms},
        "functions": lineage_rules.texts(plan),
        "parameters": _parameters(study),
        "endpoints": _endpoints(study),
        "counted": {fact.parameter: fact.data for fact in study.protocol.summary if fact.data},
    }


def _dataset(study: Study, spec: Dataset) -> dict[str, Any]:
    parts = {c: n for n, v in spec.variables.items() for c in v.continued}
    folder = datasets.FOLDERS[spec.layer]
    return {
        "label": spec.label,
        "layer": spec.layer,
        "file": f"m5/datasets/{study.protocol.id.lower()}/{folder}/{spec.dataset.lower()}.xpt",
        "keys": list(spec.keys),
        "variables": {
            n: {
                k: v
                for k, v in {
                    "label": s.label,
                    "type": s.type,
                    "codelist": s.codelist,
                    "supp": s.supp,
                    "long": s.long,
                    "part_of": parts.get(n),
                }.items()
                if v
            }
            for n, s in spec.variables.items()
        },
    }


def _form(study: Study, name: str) -> dict[str, Any]:
    form = study.forms[name]
    return {
        "title": form.title,
        "source": form.source,
        "keys": list(form.keys),
        "fields": {n: f.question for n, f in form.fields.items()},
    }


def _parameters(study: Study) -> dict[str, Any]:
    """By the name a mapping gives it, each parameter's value, reason, source and line; of other parts of the
    study their line.
    """
    where = study.located[STUDY]
    found: dict[str, Any] = {}
    for name, one in study.protocol.parameters.items():
        place = where.at(("parameters", name)).rpartition(":")[0]
        found[f"specs.parameters.{name}"] = {
            "value": one.value,
            "unit": one.unit,
            "reason": one.reason,
            "source": one.source,
            "place": place,
        }
    for name in ("arms", "visits", "parameters", "cutoff", "elements", "epochs"):
        found[f"specs.{name}"] = {"place": where.at((name,)).rpartition(":")[0]}
    found["specs.cutoff"]["value"] = study.protocol.cutoff.isoformat()
    return found


def _endpoints(study: Study) -> dict[str, Any]:
    """What time-to-event parameters are made of, so that a decision can be shown again with the same
    functions.
    """
    made = {n: m for n, m in study.mappings.items() if m.parameters}
    visits = [v.model_dump(mode="json", by_alias=True) for v in study.protocol.visits]
    return {
        name: {
            **mapping.model_dump(mode="json", by_alias=True, include={"sources", "censoring", "parameters"}),
            "visits": visits,
            "cutoff": study.protocol.cutoff.isoformat(),
        }
        for name, mapping in made.items()
    }
