"""The long form of a file as text: one line a variable or a field, with its place and its rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from pipeline.study.frozen import Written
from pipeline.study.located import KeyPath, Located
from pipeline.study.short import words

# what is written over several lines; everything else stands on one
CODELISTS = "specs/codelists.yaml"
_OVER_LINES = ("variables", "fields", "records", "terms", "also")
_WIDE = 10_000  # characters: no line is broken
_WORDS = re.compile(r"[A-Za-z]([A-Za-z0-9_ ()./%+-]*[A-Za-z0-9_)])?")
_MEANT_OTHERWISE = ("yes", "no", "true", "false", "on", "off", "null")  # unless in quotes
_LONGEST_KEY = 100  # characters; the library writes a key of more than 128 in another way


def text(file: Located) -> str:
    """The long form of a file, which can be read as a file of the study.

    Takes     a file in its long form.
    Returns   YAML; each line ends with the place of what it says, as a comment.
    """
    value = file.value
    if file.file == CODELISTS:
        value = {name: _as_a_study_writes_it(name, codelist) for name, codelist in value.items()}
    return "".join(f"{line}\n" for line in _lines(file, (), value, ""))


def _as_a_study_writes_it(name: str, codelist: Any) -> Any:
    """A list of the program's words with its spellings alone; one of the terminology with the sponsor's own
    terms under `also`.
    """
    if name in words.lists():
        return {value: term.get("collected", []) for value, term in codelist["terms"].items()}
    if not codelist.get("code"):
        return codelist
    own = {v: t for v, t in codelist["terms"].items() if not {"code", "preferred", "synonyms"} & t.keys()}
    others = {v: t for v, t in codelist["terms"].items() if v not in own}
    return {**codelist, "terms": others, **({"also": own} if own else {})}


def _lines(file: Located, path: KeyPath, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _entry(file, (*path, key), f"{indent}{_flow(key)}:", part, indent)
        return
    for i, item in enumerate(value):
        if isinstance(item, Mapping) and path[-1] == "records":
            first, *others = _lines(file, (*path, i), item, f"{indent}  ")
            yield f"{indent}- {first.strip()}"
            yield from others
        else:
            yield from _entry(file, (*path, i), f"{indent}-", item, indent)


def _entry(file: Located, path: KeyPath, head: str, part: Any, indent: str) -> Iterator[str]:
    over_lines = path[-1] in _OVER_LINES or (len(path) == 1 and file.file == CODELISTS)
    if over_lines and isinstance(part, dict | list) and part:
        yield head
        yield from _lines(file, path, part, f"{indent}  " if isinstance(part, Mapping) else indent)
    else:
        yield f"{head} {_flow(part)}  # {file.at(path)}"


def _flow(value: Any) -> str:
    """A value on one line, as the library writes it.

    The library alone took 6 of the 15 s of a build of 306 participants, most of it for words and codes that
    stand as they are.
    """
    if isinstance(value, str) and _stands_as_it_is(value):
        return value
    return _part(value) if isinstance(value, Mapping | list | tuple) else _dumped(value)


def _part(value: Any) -> str:
    """A value within brackets."""
    if isinstance(value, Mapping):
        if any(len(str(key)) > _LONGEST_KEY for key in value):
            return _dumped(value)
        return f"{{{', '.join(f'{_part(key)}: {_part(part)}' for key, part in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_part, value))}]"
    if isinstance(value, str) and _stands_as_it_is(value):
        return value
    return _dumped([value])[1:-1]


def _stands_as_it_is(text: str) -> bool:
    """Whether a text needs no quotes anywhere: words and codes, but not those that YAML takes for others."""
    return _WORDS.fullmatch(text) is not None and text.lower() not in _MEANT_OTHERWISE


def _dumped(value: Any) -> str:
    text = yaml.safe_dump(
        _plain(value), default_flow_style=True, width=_WIDE, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(value: Any) -> Any:
    """The value as the library writes it: a decimal number as Python's own."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, Written) else value
