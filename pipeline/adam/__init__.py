"""Stage 3: the library of derivations that every study's analysis datasets need, handed down to the interpreter by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from pipeline.adam import assessments, basic, progression, response, subject, tte

_PARAMETERS = (tte.time_to_event, tte.time_in_days, tte.time_in_months, progression.progression_free, assessments.tumour_assessments)


def _public(module: ModuleType) -> tuple[Callable[..., Any], ...]:
    return tuple(f for n, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__ and not n.startswith("_"))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {f.__name__: f for f in (*_PARAMETERS, *_public(subject), *_public(basic), *_public(response))}
