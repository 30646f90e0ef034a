"""What the rules of lineage name: datasets, forms, functions, parameters with their reasons, and what decides
time to event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.mapping.steps import Plan
from pipeline.publish import datasets
from pipeline.publish.lineage import rules
from pipeline.publish.lineage.rules import STUDY
from pipeline.study import Study, defaults, subject_numbers
from pipeline.study.forms import HEADER
from pipeline.study.models import Dataset, Default, Form, Variable
from pipeline.study.subject_numbers import STUDYID


def content(study: Study, plan: Plan, specs: Mapping[str, Dataset]) -> dict[str, Any]:
    """What study.json says, as plain data.

    Takes     a study; its resolved mapping; the specs of all published datasets.
    Returns   datasets, forms, functions, parameters and endpoints by name.
    """
    number = study.protocol.subjects
    return {
        "study": study.protocol.id,
        "subjects": {
            "form": number.form,
            "number": number.number,
            "earlier": number.earlier,
            "other": [n for n in subject_numbers.names(number.pattern) if n not in (STUDYID, number.number)],
        },
        "datasets": {name: _dataset(study, spec) for name, spec in specs.items()},
        "forms": {name: _form(study, name) for name in study.forms},
        "functions": rules.functions(plan),
        "parameters": _parameters(study),
        "endpoints": _endpoints(study),
        "counted": {fact.parameter: fact.data for fact in study.protocol.summary if fact.data},
    }


def _dataset(study: Study, spec: Dataset) -> dict[str, Any]:
    continued_from = {c: n for n, v in spec.variables.items() for c in v.continued}
    folder = datasets.FOLDERS[spec.layer]
    return {
        "label": spec.label,
        "layer": spec.layer,
        "file": f"m5/datasets/{study.protocol.id.lower()}/{folder}/{spec.dataset.lower()}.xpt",
        "keys": list(spec.keys),
        "variables": {n: _variable(v, continued_from.get(n)) for n, v in spec.variables.items()},
    }


def _variable(variable: Variable, continued_from: str | None) -> dict[str, Any]:
    facts = {
        "label": variable.label,
        "type": variable.type,
        "codelist": variable.codelist,
        "supp": variable.supp,
        "long": variable.long,
        "part_of": continued_from,
    }
    return {k: v for k, v in facts.items() if v}


def _form(study: Study, name: str) -> dict[str, Any]:
    form = study.forms[name]
    return {
        "title": form.title,
        "source": form.source,
        "keys": list(form.keys),
        "fields": {n: f.question for n, f in form.fields.items()},
        "no_value": {n: codes for n in form.fields if (codes := _codes_for_no_value(form, n))},
        "numbers": {n: _marks(study, form, n) for n, f in form.fields.items() if f.holds_numbers},
    }


def _codes_for_no_value(form: Form, name: str) -> dict[str, str]:
    """What each code that stands for no value in a field means."""
    return {code: why for code, why in form.missing.items() if form.stands_for_no_value(name, code)}


def _marks(study: Study, form: Form, name: str) -> dict[str, str]:
    """How the numbers of a field are written, and the line of its contract."""
    file = f"specs/raw/{form.form}.yaml" if name not in form.header else HEADER
    marks = form.fields[name].marks
    of_field = rules.place(study, file, ("fields", name))
    return {"decimal": marks.decimal, "thousands": marks.thousands, "place": of_field}


def _parameters(study: Study) -> dict[str, Any]:
    """By the name a mapping gives it, each parameter's value, reason, source and line; of other parts of the
    study their line.
    """
    parameters: dict[str, Any] = {}
    for name, parameter in study.protocol.parameters.items():
        file = defaults.FILE if isinstance(parameter, Default) else STUDY
        path = ("defaults" if isinstance(parameter, Default) else "parameters", name)
        parameters[f"specs.parameters.{name}"] = {
            "value": parameter.value,
            "unit": parameter.unit,
            "reason": parameter.reason,
            "source": parameter.source,
            "place": rules.place(study, file, path),
        }
    parts = ("arms", "visits", "tumour_schedule", "cutoff", "elements", "epochs", "important_deviations")
    for name in parts:
        parameters[f"specs.{name}"] = {"place": rules.place(study, STUDY, (name,))}
    parameters["specs.cutoff"]["value"] = study.protocol.cutoff.isoformat()
    return parameters


def _endpoints(study: Study) -> dict[str, Any]:
    """What time-to-event parameters are made of, so that the same functions can show a decision again."""
    visits = [v.model_dump(mode="json", by_alias=True) for v in study.protocol.visits]
    parts = {"sources", "censoring", "parameters"}
    return {
        name: {
            **mapping.model_dump(mode="json", by_alias=True, include=parts),
            "visits": visits,
            "cutoff": study.protocol.cutoff.isoformat(),
            "anchor": study.protocol.anchor_variable,
        }
        for name, mapping in study.mappings.items()
        if mapping.parameters
    }
