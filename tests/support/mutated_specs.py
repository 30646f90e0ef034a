"""Mistakes in the YAML of a study: each value of another type, empty or misspelt, each key misspelt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Mutant:
    """A file of a study in which one word is another: what was done, and the text in place of which."""

    file: str
    path: tuple[str | int, ...]
    what: str
    start: int
    end: int
    text: str

    def apply(self, home: Path) -> None:
        """Writes the mistake into the file below this folder."""
        content = (home / self.file).read_text(encoding="utf-8")
        changed = content[: self.start] + self.text + content[self.end :]
        (home / self.file).write_text(changed, encoding="utf-8")


def mutants(home: Path) -> Iterator[Mutant]:
    """Every mistake in every YAML file of the study in this folder, in the order of files and places."""
    for path in sorted([*home.glob("specs/**/*.yaml"), *home.glob("mappings/**/*.yaml")]):
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        for is_key, scalar, place in _scalars(node, ()):
            for what, text in _mistakes(is_key, scalar):
                file = path.relative_to(home).as_posix()
                start, end = scalar.start_mark.index, scalar.end_mark.index
                yield Mutant(file, place, what, start, end, text)


def _scalars(
    node: yaml.Node | None, path: tuple[str | int, ...]
) -> Iterator[tuple[bool, yaml.ScalarNode, tuple[str | int, ...]]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield True, key, (*path, key.value)
            yield from _scalars(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield from _scalars(item, (*path, i))
    elif isinstance(node, yaml.ScalarNode):
        yield False, node, path


def _mistakes(is_key: bool, scalar: yaml.ScalarNode) -> Iterator[tuple[str, str]]:
    text, is_plain, is_block = str(scalar.value), scalar.style is None, scalar.style in ("|", ">")
    end = "\n" if is_block else ""
    if is_key:
        yield "a misspelt key", json.dumps(_misspelt(text), ensure_ascii=False)
        return
    yield "nothing", end
    if is_plain and _NUMBER.fullmatch(text):
        yield from (("words for a number", "thirty-five"), ("a negative number", "-3"), ("true", "true"))
        yield from (("a list for a number", "[1, 2]"), ("a leading zero", "0" + text.lstrip("-")))
    elif is_plain and text in ("true", "false"):
        yield from (("a misspelt truth value", "flase"), ("yes", "yes"), ("a number for a truth value", "2"))
    else:
        yield "a misspelt word", json.dumps(_misspelt(text), ensure_ascii=False) + end
        yield from (("a list for a text", "[a, b]" + end), ("a mapping for a text", "{a: b}" + end))
        yield from (("true", "true" + end), ("an empty text", '""' + end))


def _misspelt(word: str) -> str:
    """The word with two of its letters in the place of each other."""
    for i in range(1, len(word) - 1):
        if word[i].isalnum() and word[i + 1].isalnum() and word[i] != word[i + 1]:
            return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    return word + "x"
