"""The library of functions that a mapping may name, as a programmer looks them up."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.mapping.functions import shapes
from pipeline.plan import LIBRARY
from pipeline.records import columns
from pipeline.study.located import nearest

Function = Callable[..., Any]
# how the parameter of each shape is bound in `of:`
BOUND = {
    "Series": "a name: this record's value",
    "frame": "a list of names: the participant's records",
    "table": "a part of specs/: specs.parameters.x, specs.visits; or a value of `with:`",
}
SHOWN = 5  # uses of a function
_SECTION = re.compile(r"^(Takes|Returns|Raises|Source)\s+", re.MULTILINE)


@dataclass(frozen=True)
class Described:
    """A function of the library, as its docstring describes it."""

    name: str
    layers: tuple[str, ...]
    rule: str  # the docstring up to what it takes: the Method of define.xml
    sections: Mapping[str, str]  # Takes, Returns, Raises, Source
    inputs: Mapping[str, str]  # parameter -> how it is bound

    @property
    def first_sentence(self) -> str:
        return re.split(r"(?<=[.:])\s", " ".join(self.rule.split()), maxsplit=1)[0]


def library() -> list[Described]:
    """Every function of the library by name. Where both layers have one of a name that is not the same
    function, each is described.
    """
    names = sorted({name for functions in LIBRARY.values() for name in functions})
    return [described for name in names for described in _described(name)]


def named(name: str) -> list[Described]:
    """The functions of one name: one, or one of each layer.

    Raises    UsageError where the library has none of this name, with the nearest.
    """
    known = {name for functions in LIBRARY.values() for name in functions}
    if name not in known:
        raise UsageError(f"{name}: no function of the library{nearest(name, sorted(known))}")
    return list(_described(name))


def _described(name: str) -> Iterator[Described]:
    layers_of: dict[Function, list[str]] = {}
    for layer, functions in LIBRARY.items():
        if name in functions:
            layers_of.setdefault(functions[name], []).append(layer)
    for function, layers in layers_of.items():
        parts = _SECTION.split(inspect.cleandoc(function.__doc__ or ""))
        titles_and_texts = zip(parts[1::2], parts[2::2], strict=True)
        sections = {title: " ".join(text.split()) for title, text in titles_and_texts}
        parameters = inspect.signature(function).parameters
        inputs = {parameter: _bound(function, p) for parameter, p in parameters.items()}
        yield Described(name, tuple(layers), parts[0].strip(), sections, inputs)


def _bound(function: Function, parameter: inspect.Parameter) -> str:
    """How a parameter is bound, the columns that it needs, and what it is where nothing binds it."""
    text = BOUND[shapes(function)[parameter.name]]
    asked = columns.declared(function).get(parameter.name)
    if asked:
        text += f": {asked.text}"
    if parameter.default is None:
        text += " (may be left out)"
    elif parameter.default is not inspect.Parameter.empty:
        text += f" (default: {_shown(parameter.default)})"
    return text


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) if isinstance(default, tuple | list) else str(default)


def uses(root: Path, name: str) -> Iterator[str]:
    """Lines of the mappings of a study that name the function, each with its place."""
    wanted = re.compile(rf"\bderive: {re.escape(name)}\b")
    for path in sorted((root / "mappings").glob("*/*.yaml")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if wanted.search(line):
                yield f"{path.relative_to(root).as_posix()}:{number}: {' '.join(line.split())}"


def page(functions: Sequence[Described], root: Path) -> Iterator[str]:
    """The functions of one name as they are printed, with their uses in the study of this folder."""
    for function in functions:
        yield from _described_in_lines(function)
        yield ""
    used = list(uses(root, functions[0].name))
    yield from used[:SHOWN]
    if len(used) > SHOWN:
        yield f"and {len(used) - SHOWN} more"


def _described_in_lines(function: Described) -> Iterator[str]:
    yield f"{function.name}  ({', '.join(function.layers)})"
    yield ""
    yield function.rule
    yield ""
    yield "of:"
    width = max(map(len, function.inputs), default=0)
    for parameter, bound in function.inputs.items():
        yield f"  {parameter:{width}}  {bound}"
    yield ""
    for title, text in function.sections.items():
        yield f"{title:9} {text}"
