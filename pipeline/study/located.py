"""Reads YAML into plain values and remembers where each value stands, so that a message about a mistake
names file:line:column.
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

    file: str  # below the folder of the study, as outputs name it
    shown: str  # from where the command was called, so that an editor opens it
    value: Any
    places: Mapping[KeyPath, tuple[int, int]]

    def at(self, path: KeyPath) -> str:
        """file:line:column of the part that `path` names, or of the nearest part around it."""
        return f"{self.file}:{self._line_and_column(path)}"

    def _line_and_column(self, path: KeyPath) -> str:
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return f"{line}:{column}"

    def part(self, path: KeyPath) -> Any:
        """The part that `path` names."""
        part = self.value
        for key in path:
            part = part[key]
        return part

    def error(self, path: KeyPath, message: str) -> SpecError:
        """A refusal that names the place."""
        return SpecError(f"{self.shown}:{self._line_and_column(path)}: {message}")


def read(folder: Path, name: str) -> Located:
    """A YAML file of the study in this folder as plain values.

    Raises    SpecError as `parsed` does, or where there is no such file.
    """
    shown = (folder / name).as_posix()
    return parsed(text(content(folder / name, shown), shown), name, shown)


def content(path: Path, shown: str) -> bytes:
    """The bytes of a file.

    Raises    SpecError where it is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SpecError(f"{shown}: the file is missing") from None
    except OSError as e:
        raise SpecError(f"{shown}: cannot be read ({e.strerror}); check that it may be opened") from None


def text(content: bytes, shown: str) -> str:
    """The text that these bytes are in UTF-8, every line end as one character.

    Raises    SpecError that names the place of the first byte which is not UTF-8.
    """
    try:
        return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as e:
        before = content[: e.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        raise SpecError(f"{shown}:{line}:{column}: not UTF-8; save the file in this encoding") from None


def parsed(text: str, name: str, shown: str) -> Located:
    """The text of a YAML file as plain values.

    `NO` and `Y` stay text: only true, false, null and numbers are special (YAML 1.2).

    Takes     the file's name below the folder of the study, and as messages show it.
    Raises    SpecError for broken YAML, a duplicate key, a tag or an anchor.
    """
    try:
        _refuse_shared(text, shown)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark
        where = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise SpecError(f"{shown}:{where}: not YAML: {e.problem}") from None
    except ReaderError as e:
        line = text.count("\n", 0, e.position) + 1
        column = e.position - text.rfind("\n", 0, e.position)
        raise SpecError(f"{shown}:{line}:{column}: not YAML: {e.reason}") from None
    places: dict[KeyPath, tuple[int, int]] = {}
    value = _plain(node, (), places, shown) if node else {}
    return Located(name, shown, value, places)


def _refuse_shared(text: str, name: str) -> None:
    """An anchor lets one part be many, or hold itself; a tag makes a value what it does not look like."""
    if not {"&", "!"} & set(text):  # the signs of both; a file without them need not be parsed twice
        return
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        for kind in ("anchor", "tag"):
            if getattr(event, kind, None):
                mark = event.start_mark
                assert mark is not None, "events that are parsed have a place"
                where = f"{mark.line + 1}:{mark.column + 1}"
                raise SpecError(f"{name}:{where}: a YAML {kind} is not allowed; write the value itself")


def _plain(node: yaml.Node, path: KeyPath, places: dict[KeyPath, tuple[int, int]], file: str) -> Any:
    """A node as plain values; where each of its parts stands is added to `places`."""
    places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        content: dict[str, Any] = {}
        for key, value in node.value:
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if not isinstance(key, yaml.ScalarNode):
                raise SpecError(f"{file}:{line}:{column}: a key must be one word")
            if key.value in content:
                raise SpecError(f"{file}:{line}:{column}: {key.value} stands here twice")
            places[(*path, key.value)] = (line, column)
            content[key.value] = _plain(value, (*path, key.value), places, file)
        return content
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), places, file) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and not node.style:  # what is quoted stays text
        return _scalar(str(node.value))
    return node.value


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if not number:
        return text
    return float(text) if number[2] else int(text)


def parse(model: type[Model], located: Located) -> Model:
    """The content of a file as a frozen model.

    Raises    SpecError that lists every fault of the file, each with file:line:column and the nearest right
              word.
    """
    try:
        return model.model_validate(located.value)
    except ValidationError as e:
        faults = e.errors(include_url=False)
        # where text or a mapping may stand, pydantic also reports a wrong mapping as "not text"
        of_meaning = [fault for fault in faults if not str(fault["loc"][-1:]).startswith("('function-")]
        messages = [_message(model, located, dict(fault)) for fault in of_meaning or faults]
        raise SpecError("\n".join(dict.fromkeys(messages))) from None


def _message(model: type[BaseModel], located: Located, fault: dict[str, Any]) -> str:
    """A fault that pydantic found, with its place in the file."""
    path: KeyPath = tuple(fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = _keys(model, path)
        hint = nearest(str(path[-1]), known) or f"; expected one of {', '.join(sorted(known))}"
        return str(located.error(path, f"{path[-1]} is not a key here{hint}"))
    if fault["type"] == "missing":
        return str(located.error(path, f"{path[-1]} is missing"))
    value = fault.get("input")
    hint = ""
    if fault["type"] == "literal_error" and isinstance(value, str):
        hint = nearest(value, re.findall(r"'([^']*)'", str(fault["ctx"]["expected"])))
    # the path also names the alternatives of a union, which the file does not
    while path and path not in located.places:
        path = path[:-1]
    name = ".".join(map(str, path)) or "the file"
    said = fault["msg"].removeprefix("Value error, ")
    return str(located.error(path, f"{name}: {said}{hint}"))


def _keys(model: type[BaseModel], path: KeyPath) -> set[str]:
    """The keys that the model knows at a place."""
    models = [model]
    for part in path[:-1]:
        inside: list[type[BaseModel]] = []
        for candidate in models:
            for name, field in candidate.model_fields.items():
                if part in (name, field.alias):
                    inside += _models(field.annotation)
        if not inside:
            for candidate in models:
                if issubclass(candidate, RootModel):
                    inside += _models(candidate.model_fields["root"].annotation)
        # a key of a plain mapping, or the place in a list, leads to no other model
        models = inside or models
    return {field.alias or name for candidate in models for name, field in candidate.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type, as in dict[str, Variable] | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error message: the known word that is most like the one given."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    close = close or difflib.get_close_matches(word.upper(), words, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
