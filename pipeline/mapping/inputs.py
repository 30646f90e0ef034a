"""What a derivation is given, told by what the package shows: variables of its datasets, questions of the
annotated CRF, and the values themselves of what the study's specifications hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.mapping.steps import Input, Step
from pipeline.records import conditions
from pipeline.study import Study, crf
from pipeline.study.frozen import Frozen
from pipeline.study.mappings import Convention, EventSource, TimeToEvent
from pipeline.study.models import PARAMETERS, Parameter
from pipeline.study.short import words
from pipeline.study.terms import Codelist, Unit

# By part of specs/study.yaml: the dataset of the package that publishes it.
_PUBLISHED = {"visits": "TV", "elements": "TE", "criteria": "TI"}


def inputs_of_use(study: Study, step: Step, maker: Step | None = None) -> list[str]:
    """What each parameter of a step's function is given, one text each: `minimum_sd_days = 35 days`.

    Takes     the step; the step that made its record, where a function did.
    Source    Define-XML 2.1, 5.3.13 (MethodDef: a description that a reviewer can follow).
    """
    texts = [f"{name} = {variables(study, inputs, maker)}" for name, inputs in step.inputs.items() if inputs]
    for name, table in (step.table_names or {}).items():
        value = (step.tables or {}).get(name)
        if table or name not in step.defaults:
            shown = _table(study, step, name, table, value) if table else _literal(value)
            texts.append(f"{name.rstrip('_')} = {shown}")
    if isinstance(parameter := (step.tables or {}).get("parameter"), TimeToEvent):
        texts += _of_event(study, parameter, (step.tables or {})["event_sources"])
    return texts


def variables(study: Study, inputs: Iterable[Input], maker: Step | None = None) -> str:
    """Variables by their names; fields of a form by their questions and its page of the annotated CRF."""
    texts: dict[str, list[str]] = {}  # by form, or "": the questions, or the variables
    for read in dict.fromkeys(inputs):
        for origin in _behind(read, maker):
            if origin.frame in study.forms:
                question = f'"{study.forms[origin.frame].fields[origin.column].question}"'
                texts.setdefault(origin.frame, []).append(question)
            else:
                texts.setdefault("", []).append(_variable(study, origin))
    return "; ".join(
        ", ".join(dict.fromkeys(names)) + (f" of {form(study, frame)}" if frame else "")
        for frame, names in texts.items()
    )


def form(study: Study, name: str) -> str:
    """A form by its title and its page."""
    return f"{study.forms[name].title} (annotated CRF, page {crf.pages(study)[name]})"


def record(study: Study, dataset: str) -> str:
    """The variable that tells the records of a dataset apart, within a participant."""
    known = study.datasets[dataset].variables
    number = next((name for name in (f"{dataset}SEQ", "ASEQ") if name in known), "USUBJID")
    return f"{dataset}.{number}"


def _behind(read: Input, maker: Step | None) -> Iterator[Input]:
    """The input itself; of a field of a record that a function made, the field of that name which the
    function read, or else all that it read.
    """
    if read.frame or maker is None:
        yield read
        return
    of_maker = [i for inputs in maker.inputs.values() for i in inputs]
    yield from [i for i in of_maker if i.column == read.column] or of_maker


def _variable(study: Study, read: Input) -> str:
    if not read.frame:
        return read.column
    spec = study.datasets[read.frame]
    if read.column in spec.variables and spec.variables[read.column].supp:
        return f"{read.column} in SUPP{read.frame}"
    return f"{read.frame}.{read.column}"


# --- parts of specs/
def _table(study: Study, step: Step, name: str, table: str, value: Any) -> str:
    if table.startswith(PARAMETERS):
        declared = study.protocol.parameters.get(table.removeprefix(PARAMETERS))
        if isinstance(declared, Parameter):
            own_name = table.removeprefix(PARAMETERS)
            return declared.text if own_name == name else f"{declared.text} ({own_name})"
    part = table.removeprefix("specs.")
    if isinstance(value, Codelist):
        return _codelist(study, step, part.removeprefix("codelists."), value)
    if _is_table_of(value, Unit):
        return _factors(study, step, value)
    if part == "arms":
        return _arms(study)
    dataset = _PUBLISHED.get(part)
    return f"the {part} in {dataset}" if dataset in study.datasets else _value(value)


def _literal(value: Any) -> str:
    """A value that stands on the line itself: `DSCAT is DISPOSITION EVENT`, `65: <65, 81: 65-80`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return conditions.in_words(dict(value))
        return ", ".join(f"{key:g}: {text}" for key, text in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _arms(study: Study) -> str:
    arms = ", ".join(f"{arm.code} ({arm.name})" for arm in study.protocol.arms)
    return f"{arms}, in this order" + ("; their elements in TA" if "TA" in study.datasets else "")


def _codelist(study: Study, step: Step, key: str, codelist: Codelist) -> str:
    """A list by its name where a variable of the same define.xml uses it, so that its terms stand there; with
    the texts, in the language of publication, that forms write for a term, unless the input is a term.
    """
    layer = study.datasets[step.node[0]].layer
    of_layer = [spec for spec in study.datasets.values() if spec.layer == layer]
    listed = [v for spec in of_layer for v in spec.variables.values() if not v.dictionary]
    shown = any(variable.codelist == key for variable in listed)
    name = f"the code list {codelist.name}"
    read = [i for inputs in step.inputs.values() for i in inputs if i.frame in study.datasets]
    if shown and any(study.datasets[i.frame].variables[i.column].codelist == key for i in read):
        return name
    terms = []
    codes = _codes(study, step) if key in words.lists() else set()
    for term, entry in codelist.terms.items():
        texts = dict.fromkeys(study.translations.get(text, text) for text in entry.collected)
        if codes:  # of the program's words those that this form has
            texts = dict.fromkeys(text for text in texts if text.casefold() in codes)
        if texts:
            terms.append(f"{term} for {', '.join(_quoted(texts))}")
        elif not shown and (not codes or term.casefold() in codes):
            terms.append(term)
    return "; ".join((name, *terms))


def _codes(study: Study, step: Step) -> set[str]:
    """The labels of the fields that a step reads, in lower case."""
    read = [i for inputs in step.inputs.values() for i in inputs if i.frame in study.forms]
    return {code.casefold() for i in read for code in study.forms[i.frame].fields[i.column].codes}


def _factors(study: Study, step: Step, units: Mapping[str, Unit]) -> str:
    """The factors that can apply: those of every test, and those of the tests that the dataset has."""
    of_test = next((i for i in step.inputs.get("test", ()) if i.frame in study.datasets), None)
    listed = study.datasets[of_test.frame].variables[of_test.column].codelist if of_test else None
    tests = set(study.codelists[listed].terms) if listed else set()
    texts = []
    for key, unit in units.items():
        test = key.rpartition(" ")[0]
        if not test or test in tests:
            first = f" less {unit.subtract}" if unit.subtract else ""
            texts.append(f"{key}{first} to {unit.to} x {unit.factor}")
    return ", ".join(texts) or "no unit is converted"


def _is_table_of(value: Any, kind: type[Frozen]) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(v, kind) for v in value.values())


def _value(value: Any) -> str:
    """A value of a specification in words: `code A, name Arm A`."""
    if isinstance(value, Frozen):
        value = {k: v for k, v in value.model_dump(exclude_defaults=True).items() if not _is_nested(v)}
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_value(v)}" for k, v in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(_value(v) for v in value)
    return str(value)


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | tuple | dict) and any(isinstance(v, dict) for v in value)


def _quoted(texts: Iterable[str]) -> list[str]:
    return [f'"{text}"' for text in texts]


# --- time to event
def _of_event(study: Study, parameter: TimeToEvent, sources: Mapping[str, EventSource]) -> list[str]:
    """What a time-to-event parameter declares: its events and censorings, and its convention."""
    texts = [f"parameter = {parameter.code}"]
    for kind, names in (("events", parameter.events), ("censorings", parameter.censors)):
        if names:
            texts.append(f"{kind} = {'; '.join(_source(sources[name]) for name in names)}")
    if parameter.convention:
        texts.append(f"convention = {convention(parameter.convention)}")
        texts.append(f"cutoff = {study.protocol.cutoff}")
    return texts


def _source(source: EventSource) -> str:
    where = conditions.in_words(source.where)
    return f"{source.describes} at {source.dataset}.{source.date}" + (f" where {where}" if where else "")


def convention(convention: Convention) -> str:
    """What a convention decides, in words."""
    therapy = f"assessments {convention.therapy} it count" if convention.therapy else "ignored"
    text = f"{convention.id}: events dated by {convention.dated}; new therapy: {therapy}"
    if convention.missed:
        before = ", ".join(convention.missed.before)
        text += f"; after {convention.missed.windows} missed assessments: {before} not counted"
    return text
