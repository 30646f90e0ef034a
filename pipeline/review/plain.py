"""Differences of plain data, by the names of its parts: of specs that no other comparison speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.study.located import read

_NAMES = (
    "id",
    "code",
    "name",
    "form",
    "rule",
    "parameter",
    "criterion",
)  # what the entries of a list may be called by


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Each part that differs: its path, and both values in words; of a list the entries by their names, not
    by their place.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif _named(old) and _named(new):
        yield from differences(_named(old), _named(new), path)
    elif old != new:
        yield path, said(old), said(new)


def files(old: Path, new: Path) -> Iterator[tuple[str, str, str, str]]:
    """Each difference of two folders' YAML files: the file, the path in it, and both values in words."""
    for name in sorted({p.relative_to(home).as_posix() for home in (old, new) for p in home.rglob("*.yaml")}):
        a, b = (read(home / name, name).value if (home / name).is_file() else {} for home in (old, new))
        for difference in differences(a, b):
            yield name, *difference


def said(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "; ".join(f"{k} = {said(v)}" if k != "of" else said(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(said, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _named(value: Any) -> dict[str, Any]:
    """A list of entries with names, by these; nothing where they have none or share one."""
    if not isinstance(value, list) or not value or not all(isinstance(v, Mapping) for v in value):
        return {}
    for key in _NAMES:
        names = [str(v.get(key)) for v in value]
        if all(key in v for v in value) and len(set(names)) == len(names):
            return dict(zip(names, value, strict=True))
    return {}
