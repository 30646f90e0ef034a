"""The functions that a study has of its own, beside its mappings."""

from __future__ import annotations

import inspect
from typing import Any

from pipeline.errors import SpecError
from pipeline.mapping import failures
from pipeline.mapping.steps import Function
from pipeline.study import Study

_COMPILED: dict[tuple[str, str], dict[str, Function]] = {}  # by file and source text


def compiled(study: Study, dataset: str) -> dict[str, Function]:
    """The functions of mappings/<layer>/<dataset>.py, from the text that the study carries.

    They are compiled once in a process: a study goes to workers as text, for functions loaded from a path
    cannot be pickled.
    """
    source = study.functions.get(dataset)
    if source is None:
        return {}
    file = f"mappings/{study.datasets[dataset].layer}/{dataset.lower()}.py"
    if (file, source) not in _COMPILED:
        names: dict[str, Any] = {"__name__": file.removesuffix(".py").replace("/", ".")}
        shown = study.shown(file)
        try:
            exec(compile(source, file, "exec", dont_inherit=True), names)  # noqa: S102  the study's own code
        except SyntaxError as e:
            if e.filename != file:  # of a module that it imports
                raise SpecError(f"{shown}:{failures.line(e, file)}:1: {failures.told(e)}") from None
            raise SpecError(f"{shown}:{e.lineno or 1}:{e.offset or 1}: {e.msg}") from None
        except (Exception, SystemExit) as e:
            # no data are read yet, so the message holds no participant's value
            raise SpecError(f"{shown}:{failures.line(e, file)}:1: {failures.told(e)}") from None
        functions = {name: value for name, value in names.items() if inspect.isfunction(value)}
        _COMPILED[file, source] = {
            name: function
            for name, function in functions.items()
            if not name.startswith("_") and function.__code__.co_filename == file  # not one that it imports
        }
    return _COMPILED[file, source]
