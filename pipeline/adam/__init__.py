"""Stage 3: the library of derivations that every study's analysis datasets need, handed down to the interpreter by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.adam import progression, tte

FUNCTIONS: Mapping[str, Callable[..., Any]] = {f.__name__: f for f in (tte.time_to_event, tte.time_in_days, progression.progression_free)}
