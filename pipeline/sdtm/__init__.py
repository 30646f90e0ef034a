"""Stage 2: the library of derivations that every study's tabulation needs, handed down to the interpreter by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.sdtm import comments, relrec, timing, tumours, visits

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        timing.study_day,
        timing.date_time,
        timing.epoch,
        timing.visit_number,
        timing.visit_name,
        timing.visit_day,
        timing.sequence,
        timing.last_before_dose,
        tumours.assessment,
        visits.visits_held,
        visits.contacts_held,
        visits.occurred,
        comments.comments,
        relrec.fatal_events,
        relrec.events_that_ended_treatment,
    )
}
