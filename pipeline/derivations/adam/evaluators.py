"""Who assessed the tumours: the records of each evaluator, so that response is derived by evaluator."""

from __future__ import annotations

import pandas as pd

from pipeline.study.models import Evaluator

INVESTIGATOR = "INVESTIGATOR"


def assessed_by(evaluator: Evaluator, records: pd.DataFrame, domain: str) -> pd.DataFrame:
    """The records of TU, TR or RS that one evaluator made.

    1. --EVAL is the evaluator's; a record without an evaluator is the investigator's.
    2. --EVALID is the evaluator's, where the study tells several of one role apart.
    3. --ACPTFL is Y, where the accepted evaluation of several independent ones is asked for.

    Takes     records of the domain with its variables of evaluation, as far as the study has them.
    Raises    KeyError where the study asks for an identifier or an accepted record and TU, TR or RS has no
              variable for it.
    Source    SDTMIG 3.4, TU, TR and RS (--EVAL, --EVALID, --ACPTFL).
    """
    by_evaluator = pd.Series(evaluator.evaluator == INVESTIGATOR, index=records.index)
    if f"{domain}EVAL" in records:
        name = records[f"{domain}EVAL"]
        by_evaluator = name.eq(evaluator.evaluator).where(name.notna(), by_evaluator)
    if evaluator.id:
        by_evaluator &= records[f"{domain}EVALID"].eq(evaluator.id)
    if evaluator.accepted:
        by_evaluator &= records[f"{domain}ACPTFL"].eq("Y")
    return records[by_evaluator]
