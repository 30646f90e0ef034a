"""Differences of plain data, such as a YAML file, by the names of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_NAMES = ("id", "code", "name", "form", "rule", "parameter", "criterion")  # what names the entries of a list


class Difference(NamedTuple):
    """A part that differs, with both values in words."""

    path: str
    old: str
    new: str


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Each part that differs; the entries of a list are compared by their names, not by their places.

    Takes     plain data of two builds; the path at which they stand.
    Returns   path, old and new value.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif _by_name(old) and _by_name(new):
        yield from differences(_by_name(old), _by_name(new), path)
    elif old != new:
        yield Difference(path, in_words(old), in_words(new))


def in_words(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        parts = [in_words(v) if key == "of" else f"{key} = {in_words(v)}" for key, v in value.items()]
        return "; ".join(parts)
    if isinstance(value, list | tuple):
        return ", ".join(in_words(entry) for entry in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _by_name(value: Any) -> dict[str, Any]:
    """The entries of a list by their names; nothing where they have none or share one."""
    if not isinstance(value, list) or not value or not all(isinstance(entry, Mapping) for entry in value):
        return {}
    for key in _NAMES:
        names = [str(entry.get(key)) for entry in value]
        if all(key in entry for entry in value) and len(set(names)) == len(names):
            return dict(zip(names, value, strict=True))
    return {}
