"""The named parameters of specs/study.yaml, each held against the type with which a function or a set of
rules asks for it, before any work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError

from pipeline.errors import SpecError
from pipeline.records.measures import CodeOfArm, ColumnsOf, NamedVisit, TermOf
from pipeline.study import defaults
from pipeline.study.located import KeyPath, nearest
from pipeline.study.models import Default, Parameter
from pipeline.study.validated import expected

if TYPE_CHECKING:
    from pipeline.study import Study

Rules = TypeVar("Rules")
FILE = "specs/study.yaml"


def chosen(rules: type[Rules], parameters: Mapping[str, Parameter]) -> Rules:
    """The parameters of a set of rules as specs/study.yaml gives them.

    Raises    SpecError naming those that it lacks.
    """
    named = [f.name for f in fields(rules)]  # type: ignore[arg-type]
    lacking = [n for n in named if n not in parameters]
    if lacking:
        raise SpecError(f"{FILE}: `parameters` lacks {', '.join(lacking)}, which {rules.__name__} asks for")
    return rules(**{n: parameters[n].value for n in named})


def unfit_for(study: Study, rules: type) -> list[str]:
    """What is wrong with the parameters that a set of rules asks for; empty where they fit."""
    asked = get_type_hints(rules, include_extras=True)
    parameters = study.protocol.parameters
    faults = []
    for name, annotation in asked.items():
        if name in parameters:
            faults += unfit(study, name, annotation)
        else:
            message = defaults.decision(name)
            message = (
                message or f"{name} is missing, which {rules.__name__} asks for{nearest(name, parameters)}"
            )
            faults.append(str(study.error(FILE, ("parameters",), message)))
    return faults


def unfit(study: Study, name: str, annotation: Any) -> list[str]:
    """What is wrong with a parameter that is asked for with this annotation; empty where it fits."""
    parameter = study.protocol.parameters[name]
    if isinstance(parameter, Default):
        return []  # a word of it that this study does not use changes nothing
    return [
        str(study.error(FILE, ("parameters", name, "value", *place), f"{name}: {message}"))
        for place, message in _faults(study, parameter.value, annotation)
    ]


def is_of(value: Any, annotation: Any) -> bool:
    """Whether a part of specs/ as it was loaded is of this type, where that can be told."""
    try:
        _adapter(annotation).validate_python(value)
    except PydanticSchemaGenerationError:
        return True
    except ValidationError:
        return False
    return True


def as_type(value: Any, annotation: Any) -> Any:
    """A value of a mapping as a parameter of this type takes it: the keys of YAML are texts."""
    try:
        return _adapter(annotation).validate_python(value)
    except PydanticSchemaGenerationError:
        return value


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    """What holds values against a type, as `pydantic` has it.

    Raises    PydanticSchemaGenerationError for a type of which nothing in YAML can be.
    """
    try:
        return _made_once(annotation)
    except TypeError:  # a type with details that have no hash
        return TypeAdapter(annotation)


@lru_cache(maxsize=256)  # a mapping asks some 360 times for some 60 types: a seventh of the time of a load
def _made_once(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def not_among(study: Study, value: Any, annotation: Any) -> Iterator[tuple[KeyPath, str]]:
    """Where in a value a text is none of what the annotation says that it must be, and what is wrong with it.

    Takes     a value that is of the type; the annotation.
    Returns   the place within the value, and the message.
    """
    if get_origin(annotation) in (Union, UnionType):  # of what may be left out
        for part in get_args(annotation):
            yield from not_among(study, value, part)
        return
    for asked in getattr(annotation, "__metadata__", ()):
        what, known = _known(study, asked)
        if known and value not in known:
            yield (), f"{value} is not {what}{nearest(str(value), known)}"
    if isinstance(value, list):
        for of_entry in get_args(annotation):
            for i, entry in enumerate(value):
                for place, message in not_among(study, entry, of_entry):
                    yield (i, *place), message
    if isinstance(value, dict) and get_origin(annotation) is dict:
        of_key, _ = get_args(annotation)
        for key in value:
            for _, message in not_among(study, key, of_key):
                yield (key,), message


def records_of_conditions(annotation: Any) -> Iterator[str]:
    """The parameter that takes the records on which conditions are, where the annotation is of conditions."""
    for part in (annotation, *get_args(annotation)):
        for asked in getattr(part, "__metadata__", ()):
            if isinstance(asked, ColumnsOf):
                yield asked.parameter


def _faults(study: Study, value: Any, annotation: Any) -> Iterator[tuple[KeyPath, str]]:
    try:
        # as JSON, in which a list may be a tuple and a text a day, and true is no number
        _adapter(annotation).validate_json(json.dumps(value), strict=True)
    except PydanticSchemaGenerationError:
        return  # a type of which nothing in YAML can be
    except ValidationError as e:
        for fault in e.errors(include_url=False):
            place = tuple(key for key in fault["loc"] if isinstance(key, int))
            yield place, expected(dict(fault))
        return
    yield from not_among(study, value, annotation)


def _known(study: Study, asked: object) -> tuple[str, list[str]]:
    """What a text must be, in words, and what there is of it; nothing where any text may stand."""
    if isinstance(asked, NamedVisit):
        return "a visit of the study", [visit.name for visit in study.visits]
    if isinstance(asked, CodeOfArm):
        return "the code of an arm of the study", [arm.code for arm in study.protocol.arms]
    if isinstance(asked, TermOf) and asked.dataset in study.datasets:
        spec = study.datasets[asked.dataset].variables.get(asked.variable)
        codelist = study.codelists.get(spec.codelist or "") if spec else None
        return f"a term of {asked.dataset}.{asked.variable}", list(codelist.terms) if codelist else []
    return "", []
