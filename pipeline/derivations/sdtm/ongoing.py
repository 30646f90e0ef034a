"""What was still going on: --ENRTPT, and the time point that it refers to."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.visits import VisitRecords, visit_name_held, visit_number_held
from pipeline.records.answers import YES, Words, is_yes
from pipeline.study.models import Visit


def relation_of_end(ongoing: pd.Series, yes: Words = YES) -> pd.Series:
    """ONGOING for what had not ended at the reference time point; missing where it had ended, or where the
    question was not answered.

    Takes     whether it was ongoing, as collected; the words for yes.
    Returns   term of STENRF.
    Source    SDTMIG 3.4, 4.4.7 (--ENRTPT).
    """
    return pd.Series("ONGOING", index=ongoing.index, dtype="str").where(is_yes(ongoing, yes))


def reference_of_end(relation: pd.Series, end: pd.Series, death: pd.Series) -> pd.Series:
    """The time point to which the relation of the end refers, for what was ongoing then: the last date of
    contact, or the date of death of a participant who died, for nothing goes on after it.

    Takes     --ENRTPT; last date of contact and date of death of the participant.
    Returns   ISO 8601 text, as precise as the date of death is known; missing where the relation is.
    Source    SDTMIG 3.4, 4.4.7 (--ENTPT).
    """
    return end.mask(death.notna(), death).where(relation.notna())


def visit_of_end(
    relation: pd.Series,
    subject: pd.Series,
    visit: pd.Series,
    visit_records: VisitRecords,
    visits: tuple[Visit, ...],
    yes: Words = YES,
) -> pd.Series:
    """The time point to which the relation of the end refers: the visit at which the form was filled in and
    the question answered.

    Takes     --ENRTPT; subject number and visit as typed; all visits of the person with their subject
              numbers; the visits of the study.
    Returns   name of the visit, as SV has it; missing where the relation is.
    Source    SDTMIG 3.4, 4.4.7 (--ENTPT: a date or the description of a time point).
    """
    number = visit_number_held(subject, visit, visit_records, visits, yes)
    return visit_name_held(number, visits).where(relation.notna())
