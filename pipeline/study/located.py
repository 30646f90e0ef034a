"""Reads YAML into plain values and remembers where each value stands, so that a message about a mistake
names file:line:column.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import ReaderError

from pipeline.errors import SpecError
from pipeline.study.broken import place_and_advice
from pipeline.study.frozen import Written

KeyPath = tuple[str | int, ...]

HINT = "; did you mean "
_DEEP = re.compile(r"([\[{]\s*){50}|(- +){50}")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Located:
    """The content of one YAML file and the position of each of its parts."""

    file: str  # below the folder of the study, as outputs name it
    shown: str  # from where the command was called, so that an editor opens it
    value: Any
    places: Mapping[KeyPath, tuple[int, int]]
    empty: tuple[
        KeyPath, ...
    ] = ()  # what nothing follows; null says that there is no value, and is not empty
    is_expanded: bool = False  # the value is the long form of what the file says in few words
    # what the engine filled in where the study says nothing: the rule by which it did ("rule 5")
    rules: Mapping[KeyPath, str] = dataclasses.field(default_factory=dict)

    def at(self, path: KeyPath) -> str:
        """file:line:column of the part that `path` names, or of the nearest part around it; with the rule
        that filled it in, where one did. What a rule gave as a whole has no line: `dm.yaml + rule 5`.
        """
        return self._with_rules(path, f":{self._line_and_column(path)}")

    def line(self, path: KeyPath) -> str:
        """The same without the column, which is only of use in an editor."""
        return self._with_rules(path, f":{self.line_number(path)}")

    def line_number(self, path: KeyPath) -> str:
        """The line of the part that `path` names, or of the nearest part around it."""
        return self._line_and_column(path).partition(":")[0]

    def rule_of(self, path: KeyPath) -> str:
        """The rule that filled in this part or one directly in it, such as `rule 3`; "" where the study said
        it all.
        """
        if not self.rules:
            return ""
        within = (rule for part, rule in self.rules.items() if part[:-1] == path)
        return ", ".join(dict.fromkeys([*self._rules_around(path), *within]))

    def _rules_around(self, path: KeyPath) -> list[str]:
        """The rules that gave this part, or one that it is in."""
        around = (path[:length] for length in range(len(path) + 1))
        return [self.rules[part] for part in around if part in self.rules]

    def _with_rules(self, path: KeyPath, place: str) -> str:
        rule = self.rule_of(path)
        if not rule:
            return self.file + place
        if self._rules_around(path) and path not in self.places:
            place = ""
        return f"{self.file}{place} + {rule}"

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
        """A refusal that names the place, and the rule that gave the part, where one did."""
        rule = ", ".join(dict.fromkeys(self._rules_around(path)))
        told = f"{message} ({rule} of the engine gives this)" if rule else message
        return SpecError(f"{self.shown}:{self._line_and_column(path)}: {told}")


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
        _refuse_depth(text, shown)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as e:
        line, column, told = place_and_advice(e, text)
        raise SpecError(f"{shown}:{line}:{column}: {told}") from None
    except ReaderError as e:
        line = text.count("\n", 0, e.position) + 1
        column = e.position - text.rfind("\n", 0, e.position)
        raise SpecError(f"{shown}:{line}:{column}: not YAML: {e.reason}") from None
    places: dict[KeyPath, tuple[int, int]] = {}
    empty: list[KeyPath] = []
    if node is None:
        return Located(name, shown, {}, places, ((),))
    value = _plain(node, (), places, empty, shown)
    return Located(name, shown, value, places, tuple(empty))


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


def _refuse_depth(text: str, shown: str) -> None:
    """The parser would end the program on lists within lists within lists, some thousands deep."""
    deep = _DEEP.search(text)
    if deep:
        line = text.count("\n", 0, deep.start()) + 1
        column = deep.start() - text.rfind("\n", 0, deep.start())
        raise SpecError(f"{shown}:{line}:{column}: nested more deeply than any file of a study")


def _plain(
    node: yaml.Node,
    path: KeyPath,
    places: dict[KeyPath, tuple[int, int]],
    empty: list[KeyPath],
    file: str,
) -> Any:
    """A node as plain values; where each of its parts stands is added to `places`, and the path of a value
    that is left empty to `empty`.
    """
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
            content[key.value] = _plain(value, (*path, key.value), places, empty, file)
        return content
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), places, empty, file) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and not node.style:  # what is quoted stays text
        if not node.value:
            empty.append(path)
        return _scalar(str(node.value))
    return node.value


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if not number:
        return text
    return Written.of(text) if number[2] else int(text)


_FEW = 12


def nearest_or_all(word: str, known: Collection[str]) -> str:
    """The end of an error message: the known word that is most like the one given, else all of few."""
    listed = f"; expected one of {', '.join(sorted(known))}" if 0 < len(known) <= _FEW else ""
    return nearest(word, known) or listed


def nearest(word: str, known: Iterable[str], alike: float = 0.6) -> str:
    """The end of an error message: the known word that is most like the one given; "" where none is."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=alike)
    close = close or difflib.get_close_matches(word.upper(), words, n=1, cutoff=alike)
    return f"{HINT}{close[0]}?" if close else ""
