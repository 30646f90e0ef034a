"""Who assessed the tumours: the records of each evaluator, so that response is derived by evaluator."""

from __future__ import annotations

import pandas as pd

from pipeline.errors import PipelineError
from pipeline.study.models import INVESTIGATOR, Evaluator


def assessed_by(evaluator: Evaluator, records: pd.DataFrame, domain: str) -> pd.DataFrame:
    """The records of TU, TR or RS that one evaluator made.

    1. --EVAL is the evaluator's; a record without an evaluator is the investigator's.
    2. --EVALID is the evaluator's, where the study tells several of one role apart.
    3. --ACPTFL is Y, where the accepted evaluation of several independent ones is asked for.

    Takes     records of the domain with its variables of evaluation, as far as the study has them.
    Raises    PipelineError where the study asks for an identifier or an accepted record and the mapping gives
              no variable for it.
    Source    SDTMIG 3.4, TU, TR and RS (--EVAL, --EVALID, --ACPTFL).
    """
    by_evaluator = pd.Series(evaluator.evaluator == INVESTIGATOR, index=records.index)
    if f"{domain}EVAL" in records:
        name = records[f"{domain}EVAL"]
        by_evaluator = name.eq(evaluator.evaluator).where(name.notna(), by_evaluator)
    if evaluator.id:
        by_evaluator &= _named(f"{domain}EVALID", evaluator, records).eq(evaluator.id)
    if evaluator.accepted:
        by_evaluator &= _named(f"{domain}ACPTFL", evaluator, records).eq("Y")
    return records[by_evaluator]


def _named(variable: str, evaluator: Evaluator, records: pd.DataFrame) -> pd.Series:
    if variable in records:
        return records[variable]
    raise PipelineError(
        f"The records of evaluator {evaluator.code} are told apart by {variable}, which the study does not"
        " map: map it; or, where this evaluator's responses alone are collected, write responses_only: true"
        f" for {evaluator.code} under evaluators in specs/study.yaml"
    )
