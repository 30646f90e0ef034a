"""Identifiers that lead from a record back to its form, and from one domain to another."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.visits import visit_number
from pipeline.study.models import Visit


def line_of_form(form: pd.Series, subject: pd.Series, line: pd.Series) -> pd.Series:
    """The form, the subject number and the line on the form, by which the record is found among those of all
    forms and of either of two screenings.

    Takes     name of the form, subject number and line as the form gives them.
    Returns   text, unique within a participant.
    Source    SDTMIG 3.4, 4.2.6 (--SPID).
    """
    return form.str.upper() + "-" + subject + "-" + line


def line_of_visit(
    form: pd.Series, subject: pd.Series, visit: pd.Series, line: pd.Series, visits: tuple[Visit, ...]
) -> pd.Series:
    """The form, the subject number, the number of the visit and the line, by which the record is found where
    a form is filled in at each visit and its lines begin at 1 again.

    Takes     name of the form, subject number, visit as typed and line as the form gives them; the planned
              visits of the study.
    Returns   text, unique within a participant; missing where the study has no such visit.
    Source    SDTMIG 3.4, 4.2.6 (--SPID).
    """
    number = visit_number(visit, visits).astype("Int64").astype("str")
    return form.str.upper() + "-" + subject + "-" + number + "-" + line


def dose_link(
    treatment: pd.Series, visit: pd.Series, line: pd.Series, visits: tuple[Visit, ...]
) -> pd.Series:
    """Treatment, number of the visit and line of the form: the same for a dose as collected and for the
    exposure that it led to.

    Takes     name of the treatment; the visit as typed; line of the form; the planned visits of the study.
    Returns   text, unique within a participant; missing where the study has no such visit.
    Source    SDTMIG 3.4, 6.1.3 (ECLNKID, EXLNKID) and 8.2 (RELREC).
    """
    number = visit_number(visit, visits).astype("Int64").astype("str")
    return treatment + "-" + number + "-" + line


def identifying_text(value: pd.Series) -> pd.Series:
    """The values of an identifying variable as IDVARVAL writes them: a whole number has no decimal point.

    Takes     values of a variable such as --SEQ or --LNKID.
    Returns   text.
    Source    SDTMIG 3.4, 8.1 (IDVARVAL).
    """
    return value.astype("Int64").astype("str") if pd.api.types.is_numeric_dtype(value.dtype) else value
