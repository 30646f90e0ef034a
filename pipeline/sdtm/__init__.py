"""Stage 2: the library of derivations that every study's tabulation needs, handed down to the interpreter by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.sdtm import identifiers, ongoing, timing, tumours

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        timing.study_day,
        timing.date_time,
        timing.epoch,
        timing.visit_number,
        timing.visit_name,
        timing.sequence,
        timing.last_before_dose,
        identifiers.line_of_form,
        identifiers.dose_link,
        ongoing.relation_of_end,
        ongoing.reference_of_end,
        ongoing.visit_of_end,
        tumours.assessment,
    )
}
