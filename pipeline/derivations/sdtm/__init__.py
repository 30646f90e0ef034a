"""Stage 2: the library of derivations that every study's tabulation needs, handed down to the interpreter by
name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.derivations.sdtm import (
    comments,
    epochs,
    findings,
    identifiers,
    ongoing,
    relrec,
    timing,
    tumours,
    visits,
)
from pipeline.derivations.sequence import sequence

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        timing.study_day,
        timing.date_time,
        epochs.epoch,
        epochs.epoch_when_due,
        sequence,
        timing.last_before_dose,
        identifiers.line_of_form,
        identifiers.dose_link,
        ongoing.relation_of_end,
        ongoing.reference_of_end,
        ongoing.visit_of_end,
        tumours.assessment,
        visits.visit_number,
        visits.visit_name,
        visits.visit_day,
        visits.visits_held,
        visits.visit_number_held,
        visits.visit_name_held,
        visits.contacts_held,
        visits.occurred,
        comments.comments,
        relrec.fatal_events,
        relrec.events_that_ended_treatment,
        findings.decoded,
        findings.standard_result,
        findings.standard_result_or_word,
        findings.standard_unit_of_test,
        findings.result_as_number,
        findings.limit_of_number,
        findings.standard_limit,
        findings.range_indicator,
    )
}
