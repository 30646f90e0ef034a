"""The library of functions that a mapping may name, as a programmer looks them up."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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


def library() -> dict[str, Described]:
    """Every function of the library by name."""
    names = sorted({name for functions in LIBRARY.values() for name in functions})
    return {name: _described(name) for name in names}


def named(name: str) -> Described:
    """One function of the library.

    Raises    UsageError where it has none of this name, with the nearest.
    """
    found = library()
    if name not in found:
        raise UsageError(f"{name}: no function of the library{nearest(name, found)}")
    return found[name]


def _described(name: str, of_layers: tuple[str, ...] = ()) -> Described:
    """A function of the library; of these layers, where they have functions of their own of one name."""
    layers = of_layers or tuple(layer for layer, functions in LIBRARY.items() if name in functions)
    function: Function = LIBRARY[layers[0]][name]
    parts = _SECTION.split(inspect.cleandoc(function.__doc__ or ""))
    sections = {title: " ".join(text.split()) for title, text in zip(parts[1::2], parts[2::2], strict=True)}
    parameters = inspect.signature(function).parameters
    inputs = {name: _bound(function, p) for name, p in parameters.items()}
    return Described(name, layers, parts[0].strip(), sections, inputs)


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


def uses(root: Path, name: str, layers: Iterable[str] = tuple(LIBRARY)) -> Iterator[str]:
    """Lines of the mappings of a study, of these layers, that name the function, each with its place."""
    wanted = re.compile(rf"\bderive: {re.escape(name)}\b")
    for path in sorted(path for layer in layers for path in (root / "mappings" / layer).glob("*.yaml")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if wanted.search(line):
                yield f"{path.relative_to(root).as_posix()}:{number}: {' '.join(line.split())}"


def pages(name: str, root: Path) -> Iterator[str]:
    """The function of a name as it is printed: where SDTM and ADaM have two, one after the other."""
    named(name)
    layers = [layer for layer, functions in LIBRARY.items() if name in functions]
    different = {LIBRARY[layer][name]: layer for layer in reversed(layers)}
    for layer in sorted(different.values(), key=layers.index):
        of_layer = tuple(one for one in layers if LIBRARY[one][name] is LIBRARY[layer][name])
        yield from page(_described(name, of_layer), root)
        yield ""


def page(function: Described, root: Path) -> Iterator[str]:
    """A function as it is printed, with its uses in the study of this folder."""
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
    used = list(uses(root, function.name, function.layers))
    if used:
        yield ""
        yield from used[:SHOWN]
    if len(used) > SHOWN:
        yield f"and {len(used) - SHOWN} more"
