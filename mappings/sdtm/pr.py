"""What PR of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.mapping.interpret import recode
from pipeline.study.models import Codelist


def standard_procedure(name: pd.Series, procedures: Codelist) -> pd.Series:
    """The term of the code list of procedures that the collected name is a spelling of, as
    specs/codelists.yaml lists the spellings.

    Takes     name of a procedure as collected; the code list PROCEDUR.
    Returns   term; missing where the list knows no such spelling.
    Source    SDTMIG 3.4, PR, PRDECOD.
    """
    found = recode(name, procedures)
    return found.where(found.isin(list(procedures.terms)))
