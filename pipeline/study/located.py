"""Reads YAML into plain values and remembers where each value stands, so that a mistake is told with
file:line:column.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, RootModel, ValidationError
from yaml.reader import ReaderError

from pipeline.errors import SpecError

KeyPath = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Located:
    """The content of one YAML file and the position of each of its parts."""

    file: str
    value: Any
    places: Mapping[KeyPath, tuple[int, int]]

    def at(self, path: KeyPath) -> str:
        """file:line:column of the part that `path` names, or of the nearest part around it."""
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return f"{self.file}:{line}:{column}"

    def part(self, path: KeyPath) -> Any:
        """The part that `path` names."""
        part = self.value
        for key in path:
            part = part[key]
        return part

    def error(self, path: KeyPath, message: str) -> SpecError:
        return SpecError(f"{self.at(path)}: {message}")


def read(path: Path, name: str) -> Located:
    """The file as plain values. `NO` and `Y` stay text: only true, false, null and numbers are special (YAML
    1.2).

    Raises    SpecError for broken YAML, a duplicate key, a tag or an anchor.
    """
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_shared(text, name)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise SpecError(f"{name}: the file is missing") from None
    except UnicodeDecodeError:
        raise SpecError(f"{name}:1:1: not UTF-8") from None
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark
        where = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise SpecError(f"{name}:{where}: not YAML: {e.problem}") from None
    except ReaderError as e:
        line, column = text.count("\n", 0, e.position) + 1, e.position - text.rfind("\n", 0, e.position)
        raise SpecError(f"{name}:{line}:{column}: not YAML: {e.reason}") from None
    places: dict[KeyPath, tuple[int, int]] = {}
    return Located(name, _plain(node, (), places, name) if node else {}, places)


def _refuse_shared(text: str, name: str) -> None:
    """An anchor lets one part be many, or hold itself; a tag makes a value what it does not look like."""
    if not {"&", "!"} & set(text):  # the signs of both; a file without them is not parsed twice
        return
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        for kind in ("anchor", "tag"):
            if getattr(event, kind, None):
                # parsed events have one
                where = f"{event.start_mark.line + 1}:{event.start_mark.column + 1}"  # type: ignore[union-attr]
                raise SpecError(f"{name}:{where}: a YAML {kind} is not allowed; write the value itself")


def _plain(node: yaml.Node, path: KeyPath, places: dict[KeyPath, tuple[int, int]], file: str) -> Any:
    places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            where = (key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, yaml.ScalarNode):
                raise SpecError(f"{file}:{where[0]}:{where[1]}: a key must be one word")
            if key.value in found:
                raise SpecError(f"{file}:{where[0]}:{where[1]}: {key.value} stands here twice")
            places[(*path, key.value)] = where
            found[key.value] = _plain(value, (*path, key.value), places, file)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(v, (*path, i), places, file) for i, v in enumerate(node.value)]
    return _scalar(str(node.value)) if isinstance(node, yaml.ScalarNode) and not node.style else node.value


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    match = _NUMBER.fullmatch(text)
    if not match:
        return text
    return float(text) if match[2] else int(text)


def parse(model: type[Model], here: Located) -> Model:
    """The content of a file as a frozen model.

    Raises    SpecError that lists every fault of the file, each with file:line:column and the nearest right
              word.
    """
    try:
        return model.model_validate(here.value)
    except ValidationError as e:
        faults = e.errors(include_url=False)
        # where text or a mapping may stand, a wrong mapping is also told as "not text"
        told = [f for f in faults if not str(f["loc"][-1:]).startswith("('function-")] or faults
        raise SpecError("\n".join(dict.fromkeys(_fault(model, here, dict(f)) for f in told))) from None


def _fault(model: type[BaseModel], here: Located, fault: dict[str, Any]) -> str:
    loc: KeyPath = tuple(fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = _keys(model, loc)
        hint = nearest(str(loc[-1]), known) or f"; expected one of {', '.join(sorted(known))}"
        return f"{here.at(loc)}: {loc[-1]} is not a key here{hint}"
    if fault["type"] == "missing":
        return f"{here.at(loc)}: {loc[-1]} is missing"
    given = fault.get("input")
    hint = ""
    if fault["type"] == "literal_error" and isinstance(given, str):
        hint = nearest(given, re.findall(r"'([^']*)'", str(fault["ctx"]["expected"])))
    while loc and loc not in here.places:  # the alternatives of a union are in the path, and not in the file
        loc = loc[:-1]
    return f"{here.at(loc)}: {'.'.join(map(str, loc)) or 'the file'}: {fault['msg']}{hint}"


def _keys(model: type[BaseModel], loc: KeyPath) -> set[str]:
    """The keys that the model knows at the place of `loc`."""
    here = [model]
    for part in loc[:-1]:
        inside = [
            i
            for m in here
            for n, f in m.model_fields.items()
            if part in (n, f.alias)
            for i in _models(f.annotation)
        ]
        inside = inside or [
            i for m in here if issubclass(m, RootModel) for i in _models(m.model_fields["root"].annotation)
        ]
        here = inside or here
    return {f.alias or n for m in here for n, f in m.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error message: the known word most like the one given."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6) or difflib.get_close_matches(
        word.upper(), sorted(known), n=1, cutoff=0.6
    )
    return f"; did you mean {close[0]}?" if close else ""
