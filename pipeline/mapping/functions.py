"""What a function takes: the shape of each parameter, and the columns that it reads of a frame."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from pipeline.mapping.steps import Function, Input
from pipeline.records import columns
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study.located import KeyPath, nearest


@lru_cache(maxsize=1024)
def parameters(function: Function) -> Mapping[str, inspect.Parameter]:
    """The parameters of a function by name."""
    return inspect.signature(function).parameters


def shapes(function: Function) -> Mapping[str, str]:
    """By parameter, what it takes: a Series, a frame, or a table of specs/."""
    declared = columns.declared(function)
    return {name: "frame" if name in declared else _shape(p) for name, p in parameters(function).items()}


def _shape(parameter: inspect.Parameter) -> str:
    annotation = str(parameter.annotation)
    if "DataFrame" in annotation:
        return "frame"
    return "Series" if "Series" in annotation else "table"


def needed(function: Function) -> list[str]:
    """The parameters without a default."""
    return [name for name, p in parameters(function).items() if p.default is inspect.Parameter.empty]


def unfit_columns(
    study: Study,
    function: Function,
    parameter: str,
    listed: tuple[Input, ...],
    conditions: Collection[str] = (),
    named: Collection[str] = (),
) -> Iterator[tuple[KeyPath, str]]:
    """What the list of a mapping lacks of the columns that the function declares, each with its place in the
    list.

    Takes     the listed columns, of one form or dataset; those that conditions on the records name; all that
              the line names under `with`.
    """
    asked = columns.declared(function).get(parameter)
    if not listed:
        yield (), f"{function.__name__} takes {parameter} as a list of columns, and the list is empty"
        return
    source = listed[0].frame
    names = list(dict.fromkeys(i.column for i in listed if i.column not in KEY))
    reads = f"{function.__name__} reads of {parameter}"
    if isinstance(asked, columns.Named):
        for name in asked.lacking(names):
            yield (), f"{reads} {name}, which the list does not name{_where(study, name, source)}"
        for name in asked.beside([n for n in names if n not in named]) if asked.closed else []:
            message = f"{reads} {asked.text} and what stands under `with`; {name} is neither"
            yield (names.index(name),), message
    elif isinstance(asked, columns.Dates):
        if set(names) <= set(conditions):
            yield (), f"{reads} {asked.text}; the list names no date"
        for i, name in enumerate(names):
            if name not in conditions and not _is_date(study, source, name):
                yield (i,), f"{reads} {asked.text}; {source}.{name} is neither"
    elif isinstance(asked, columns.Placed):
        places = asked.of(len(names))
        if not places:
            yield (), f"{reads} {asked.text}; the list names {', '.join(names) or 'none of them'}"
        for i, (place, name) in enumerate(zip(places, names, strict=False)):
            if isinstance(place, columns.Date) and not _is_date(study, source, name):
                yield (i,), f"{reads} {asked.text}; {source}.{name} is no date"


def made_by(function: Function) -> tuple[str, ...]:
    """The fields of the records that a function makes, where it declares them."""
    made = columns.declared(function).get("return")
    return made.names if isinstance(made, columns.Named) else ()


def _is_date(study: Study, source: str, name: str) -> bool:
    if source in study.forms:
        return study.forms[source].fields[name].type == "date"
    return study.datasets[source].variables[name].type in ("iso", "date", "datetime")


def _where(study: Study, name: str, source: str) -> str:
    """Where a column that a list lacks may be found: in the same dataset, or under a like name."""
    known = study.forms[source].fields if source in study.forms else study.datasets[source].variables
    return f"; add {source}.{name}" if name in known else nearest(name, known)
