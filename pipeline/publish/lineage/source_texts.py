"""The texts of the functions that mappings use, and of the modules that these rest on: what a reader of one
build can compare with another build's.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pipeline
from pipeline.study import Study

# Rooms of the pipeline whose code cannot change a value.
_WITHOUT_VALUES = (
    "checks",
    "cli",
    "explain",
    "finished",
    "mapping_book",
    "publish",
    "review",
    "simulator",
    "__main__",
)


@dataclass(frozen=True)
class Function:
    """A function as a reader of the mapping sees it."""

    file: str
    text: str  # the docstring
    source: str
    modules: tuple[str, ...]  # of the pipeline: its own, and those that it rests on
    rest: str = ""  # of the study's own file: a hash of all beside its public functions


def function(study: Study, dataset: str, code: Callable[..., Any]) -> Function:
    """A function that a mapping uses, from the library or from the study's own file.

    Takes     a study; the dataset whose mapping uses the function; the function.
    Returns   its docstring, its source, and the modules that it rests on.
    """
    text = inspect.cleandoc(code.__doc__ or "")
    file = code.__code__.co_filename
    if file.startswith("mappings/"):
        own_file = study.functions[dataset]
        functions, rest = _functions_and_rest(own_file)
        return Function(file, text, functions[code.__name__], _with_imports(_imports(own_file)), rest)
    module = code.__module__
    functions, _ = _functions_and_rest(_texts()[module])
    modules = _with_imports(frozenset([module]))
    return Function(f"{module.replace('.', '/')}.py", text, functions[code.__name__], modules)


def hashes() -> dict[str, str]:
    """SHA-256 of the text of each module that can change a value.

    Returns   module to hash.
    """
    return {module: hashlib.sha256(text.encode()).hexdigest() for module, text in _texts().items()}


def text(module: str) -> str:
    """The text of a module of the pipeline."""
    return _texts()[module]


def names(function: Function, word: str) -> bool:
    """Whether the function, or a module that it rests on, contains this word."""
    texts = [function.source, *(_texts()[module] for module in function.modules)]
    return any(word in _words(text) for text in texts)


@cache
def _functions_and_rest(file: str) -> tuple[dict[str, str], str]:
    """The text of each public function of a file, and a hash of all beside them."""
    lines = file.splitlines()
    functions: dict[str, str] = {}
    rest = []
    for node in _parsed(file).body:
        part = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            functions[node.name] = part
        elif not isinstance(node, ast.Expr):  # which is the file's docstring
            rest.append(part)
    return functions, hashlib.sha256("\n".join(rest).encode()).hexdigest()


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


@cache
def _texts() -> dict[str, str]:
    """Every module of the pipeline that can change a value, with its text."""
    root = Path(pipeline.__path__[0])
    texts = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if parts[1] not in _WITHOUT_VALUES:
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            texts[module] = path.read_text(encoding="utf-8")
    return texts


@cache
def _with_imports(modules: frozenset[str]) -> tuple[str, ...]:
    """These modules and all of the pipeline that they import, directly or not."""
    reached: frozenset[str] = frozenset()
    new = modules & _texts().keys()
    while new:
        reached |= new
        new = frozenset(i for module in new for i in _imports(_texts()[module])) - reached
    return tuple(sorted(reached))


@cache
def _imports(text: str) -> frozenset[str]:
    """The modules of the pipeline that a text imports."""
    return frozenset(module for module in _imported(text) if module in _texts())


def _imported(text: str) -> Iterator[str]:
    for node in _statements(_parsed(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:  # a module of the package, or something in the module itself
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in _texts() else node.module


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node; expressions are passed over, for they import nothing."""
    yield node
    for part in ("body", "orelse", "handlers", "finalbody", "cases"):
        for below in getattr(node, part, ()):
            yield from _statements(below)
