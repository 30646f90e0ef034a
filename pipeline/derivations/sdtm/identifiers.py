"""Identifiers that lead from a record back to its form, and from one domain to another."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.timing import visit_number
from pipeline.study.models import Visit


def line_of_form(subject: pd.Series, line: pd.Series) -> pd.Series:
    """The subject number and the line of the form, so that the record can be found again on the form of
    either of two screenings.

    Takes     subject number and line as the form gives them.
    Returns   text.
    Source    SDTMIG 3.4, 4.2.6 (--SPID).
    """
    return subject + "-" + line


def dose_link(
    treatment: pd.Series, folder: pd.Series, line: pd.Series, visits: tuple[Visit, ...]
) -> pd.Series:
    """Treatment, number of the visit and line of the form: the same for a dose as collected and for the
    exposure that it led to.

    Takes     name of the treatment; the visit as typed; line of the form; the planned visits of the study.
    Returns   text, unique within a participant; missing where the study knows no such visit.
    Source    SDTMIG 3.4, 6.1.3 (ECLNKID, EXLNKID) and 8.2 (RELREC).
    """
    number = visit_number(folder, visits).astype("Int64").astype("str")
    return treatment + "-" + number + "-" + line
