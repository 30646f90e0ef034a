"""The texts of functions that mappings use, and of the program below them: what a reader of a build can hold
against another build's.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pipeline
from pipeline.study import Study

_ASIDE = (
    "checks",
    "cli",
    "explain",
    "finished",
    "mapping_book",
    "publish",
    "review",
    "simulator",
    "__main__",
)  # what makes no value


@dataclass(frozen=True)
class Function:
    """A function as its reader sees it."""

    file: str
    text: str  # the docstring
    source: str
    modules: tuple[str, ...]  # of the pipeline: what it rests on, its own among them
    rest: str = ""  # of the study's own file: a hash of what stands beside its public functions


def function(study: Study, dataset: str, code: Callable[..., Any]) -> Function:
    """A function that a mapping uses, from the library or from the study's own file."""
    text = inspect.cleandoc(code.__doc__ or "")
    file = code.__code__.co_filename
    if file.startswith("mappings/"):
        whole = study.functions[dataset]
        source, rest = _parted(whole)
        return Function(file, text, source[code.__name__], _reached(_imports(whole)), rest)
    name = code.__module__
    return Function(
        name.replace(".", "/") + ".py",
        text,
        _parted(_texts()[name])[0][code.__name__],
        _reached(frozenset([name])),
    )


@cache
def _parted(whole: str) -> tuple[dict[str, str], str]:
    """The text of each public function of a file, and a hash of all that stands beside them."""
    lines = whole.splitlines()
    public: dict[str, str] = {}
    beside = []
    for node in _parsed(whole).body:
        text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            public[node.name] = text
        elif not isinstance(node, ast.Expr):  # the file's docstring
            beside.append(text)
    return public, hashlib.sha256("\n".join(beside).encode()).hexdigest()


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def hashes() -> dict[str, str]:
    """SHA-256 of the text of each module that can bear on a value."""
    return {n: hashlib.sha256(t.encode()).hexdigest() for n, t in _texts().items()}


def text(module: str) -> str:
    """The text of a module of the pipeline."""
    return _texts()[module]


@cache
def _texts() -> dict[str, str]:
    """Every module of the pipeline that can bear on a value, with its text."""
    root = Path(pipeline.__path__[0])
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if parts[1] in _ASIDE:
            continue
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


def _reached(first: frozenset[str]) -> tuple[str, ...]:
    """These modules and all that they import, directly or not, of the pipeline."""
    found: frozenset[str] = frozenset()
    left = first & _texts().keys()
    while left:
        found |= left
        left = frozenset(m for n in left for m in _imports(_texts()[n])) - found
    return tuple(sorted(found))


@cache
def _imports(text: str) -> frozenset[str]:
    return frozenset(n for n in _imported(text) if n in _texts())


def _imported(text: str) -> Iterator[str]:
    for node in _statements(_parsed(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{a.name}" for a in node.names]
            yield from (n if n in _texts() else node.module for n in inside)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All that stands below, without the expressions, in which nothing is imported."""
    yield node
    for part in ("body", "orelse", "handlers", "finalbody", "cases"):
        for below in getattr(node, part, ()):
            yield from _statements(below)
