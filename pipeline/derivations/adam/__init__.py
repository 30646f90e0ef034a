"""Stage 3: the library of derivations that every study's analysis datasets need, handed down to the
interpreter by name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from pipeline.derivations import dated, looked_up
from pipeline.derivations.adam import (
    adverse_events,
    assessments,
    baseline,
    basic,
    course,
    deaths,
    deviations,
    exposure,
    laboratory,
    milestones,
    occurrences,
    periods,
    populations,
    progression,
    reported,
    response,
    subject,
    toxicity,
    tte,
    windows,
)
from pipeline.derivations.sequence import sequence

Function = Callable[..., Any]


def _public(*modules: ModuleType) -> Iterator[tuple[str, Function]]:
    for module in modules:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield name, function


FUNCTIONS: Mapping[str, Function] = {
    "sequence": sequence,
    "time_to_event": tte.time_to_event,
    "time_in_days": tte.time_in_days,
    "time_in_months": tte.time_in_months,
    "progression_free": progression.progression_free,
    "tumour_assessments": assessments.tumour_assessments,
    "reported_assessments": reported.reported_assessments,
    **dict(
        _public(dated, looked_up, populations, subject, baseline, deaths, deviations, periods, milestones)
    ),
    **dict(_public(basic, response, occurrences, adverse_events)),
    **dict(_public(course, exposure, windows, laboratory, toxicity)),
}
