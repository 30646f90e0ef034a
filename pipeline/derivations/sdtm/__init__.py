"""Stage 2: the library of derivations that every study's tabulation needs, handed down to the interpreter by
name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.derivations.sdtm import (
    comments,
    dosing,
    elements,
    epochs,
    findings,
    identifiers,
    ongoing,
    products,
    relrec,
    subjects,
    terms,
    timing,
    tumours,
    visits,
)
from pipeline.derivations.sequence import sequence

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        sequence,
        timing.study_day,
        timing.date_time,
        timing.last_before_dose,
        epochs.epoch,
        epochs.epoch_when_due,
        visits.visit_number,
        visits.visit_name,
        visits.visit_day,
        visits.visits_held,
        visits.visit_number_held,
        visits.visit_name_held,
        visits.contacts_held,
        visits.occurred,
        subjects.last_screening,
        subjects.earlier_screenings,
        subjects.end_of_screening,
        subjects.date_of_first_consent,
        subjects.start_of_first_dose,
        subjects.end_of_last_dose,
        subjects.end_of_study,
        subjects.date_of_death,
        subjects.death_flag,
        subjects.planned_arm,
        subjects.reason_arm_is_null,
        elements.first_treatment,
        elements.epoch_of_element,
        elements.planned_order,
        elements.end_of_element,
        identifiers.line_of_form,
        identifiers.dose_link,
        products.answer_for_both_products,
        ongoing.relation_of_end,
        ongoing.reference_of_end,
        ongoing.visit_of_end,
        dosing.dose_by_weight,
        tumours.first_record_of_lesion,
        tumours.diameter_test,
        tumours.state_test,
        tumours.millimetres,
        tumours.assessments_not_done,
        tumours.assessment,
        comments.comments,
        relrec.fatal_events,
        relrec.events_that_ended_treatment,
        terms.decoded,
        terms.tumour_test_name,
        terms.identification_name,
        terms.arm_name,
        terms.element_name,
        terms.criterion_text,
        terms.term_of_spelling,
        terms.detail_or_reason,
        terms.in_capitals,
        findings.standard_result,
        findings.standard_result_or_word,
        findings.standard_unit_of_test,
        findings.result_as_number,
        findings.limit_of_continuous_result,
        findings.standard_limit,
        findings.range_indicator,
    )
}
