"""A YAML file as a frozen model; what pydantic finds wrong with it is told in the words of the one who writes
the file, with file:line:column and the nearest right word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from pipeline.errors import SpecError
from pipeline.study.located import HINT, KeyPath, Located, nearest

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], located: Located) -> Model:
    """The content of a file as a frozen model.

    Raises    SpecError that lists every fault of the file, each with file:line:column and the nearest right
              word.
    """
    messages = [str(located.error(path, _left_empty(path, located.places))) for path in located.empty]
    try:
        content = model.model_validate(located.value)
    except ValidationError as e:
        faults = e.errors(include_url=False)
        # where text or a mapping may stand, pydantic also reports a wrong mapping as "not text"
        of_meaning = [fault for fault in faults if not str(fault["loc"][-1:]).startswith("('function-")]
        told = [fault for fault in of_meaning or faults if not _is_of(fault["loc"], located.empty)]
        meant = {_meant(model, fault["loc"]) for fault in told if fault["type"] == "extra_forbidden"}
        told = [fault for fault in told if fault["type"] != "missing" or fault["loc"] not in meant]
        messages += [_message(model, located, dict(fault)) for fault in told]
    if messages:
        raise SpecError("\n".join(dict.fromkeys(messages)))
    return content


def _is_of(place: KeyPath, paths: Iterable[KeyPath]) -> bool:
    """Whether a place is one of the paths, or a place within one."""
    return any(path and place[: len(path)] == path for path in paths)


_NOTHING = "the file is empty; write its keys, or {} where there is nothing to say"
_EMPTY = "stands here without a value; write the value, or leave the key out"


# what a key may be followed by, where people write an expression
_LIKE: Mapping[str | int, str] = {
    "where": "{FIELD: present} or {FIELD: [A, B]}",
    "of": "{PARAMETER: NAME}",
    "arms": "`arms: {CODE: name, CODE: name}`",
}


def _left_empty(path: KeyPath, places: Iterable[KeyPath]) -> str:
    """What is said of a key that nothing follows."""
    if not path:
        return _NOTHING
    key, colon, value = str(path[-1]).partition(":")
    if colon:
        return f"a blank is missing after the colon; write {key}: {value}"
    return f"{_shown(path)} {_EMPTY}{_in_two(path, places)}"


def _in_two(path: KeyPath, places: Iterable[KeyPath]) -> str:
    """The advice for a key that a comma cut in two: `{INJECTION, SOLUTION: [Infusion]}`.

    Takes     the key's path; the paths of all that the file has, in their order.
    """
    keys = [place for place in places if place[:-1] == path[:-1]]
    follows = keys[keys.index(path) + 1 :] if path in keys else []
    whole = f"{path[-1]}, {follows[0][-1]}" if follows else ""
    return f'; a term with a comma stands in quotes, "{whole}"' if whole.isupper() else ""


def _meant(model: type[BaseModel], path: KeyPath) -> KeyPath:
    """The key that a misspelt one stands for; itself where no key is like it."""
    hint = nearest(str(path[-1]), _keys(model, path))
    return (*path[:-1], hint.removeprefix(HINT).rstrip("?")) if hint else path


def _shown(path: KeyPath) -> str:
    return ".".join(map(str, path)) or "the file"


# What is expected, by pydantic's type of the fault.
_EXPECTED: Mapping[str, str] = {
    "string_type": "expected a text",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected keys with their values",
    "model_type": "expected keys with their values",
    "model_attributes_type": "expected keys with their values",
    "too_short": "expected at least one entry",
    "greater_than_equal": "expected at least {ge}",
    "greater_than": "expected more than {gt}",
    "less_than_equal": "expected at most {le}",
    "less_than": "expected less than {lt}",
}


def expected(fault: Mapping[str, Any]) -> str:
    """What was expected in the place of a fault that pydantic found, and the nearest right word."""
    value = fault.get("input")
    kind = fault["type"]
    if kind == "literal_error":
        words = re.split(r", | or ", str(fault["ctx"]["expected"]).replace("'", ""))
        hint = nearest(value, words) if isinstance(value, str) else ""
        return f"expected {'one of ' if len(words) > 1 else ''}{', '.join(words)}{hint}"
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    text = _EXPECTED.get(kind, str(fault["msg"])).format(**fault.get("ctx", {}))
    if kind == "bool_type" and isinstance(value, str):
        text += nearest(value.lower(), ("true", "false"))
    elif kind in ("int_type", "float_type") and isinstance(value, str) and value.strip("+-0123456789.") == "":
        text += "; write it without quotes and without leading zeros"
    elif kind == "string_type" and isinstance(value, bool):
        text += f"; {str(value).lower()} is a truth value: put it in quotes if it is meant as a text"
    return text


def _message(model: type[BaseModel], located: Located, fault: dict[str, Any]) -> str:
    """A fault that pydantic found, with its place in the file."""
    path: KeyPath = tuple(fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = _keys(model, path)
        hint = nearest(str(path[-1]), known) or f"; expected one of {', '.join(sorted(known))}"
        return str(located.error(path, f"{path[-1]} is not a key here{hint}"))
    if fault["type"] == "missing":
        return str(located.error(path, f"{path[-1]} is missing"))
    # the path also names the alternatives of a union, which the file does not
    while path and path not in located.places:
        path = path[:-1]
    part = path[-2] if len(path) > 1 and isinstance(path[-1], int) else path[-1] if path else ""
    like = f", as {_LIKE[part]}" if part in _LIKE else ""
    return str(located.error(path, f"{_shown(path)}: {expected(fault)}{like}"))


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
