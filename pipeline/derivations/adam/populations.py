"""Populations: who was randomized, treated, followed the plan, and can be judged for response."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.adam.deviations import excluding_deviation_flag
from pipeline.derivations.dated import flag
from pipeline.records.columns import Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.study.models import Evaluator, ImportantDeviation

WITHOUT_DISEASE = "NONE"
NOT_EVALUABLE = "NE"


def randomized_flag(randomized: pd.Series) -> pd.Series:
    """Y for a participant who was randomized, whether treated or not, as the date of randomization shows; N
    for any other, such as a screen failure.

    Takes     date of randomization.
    Returns   Y or N, never missing.
    Source    ADaMIG 1.3, 3.2 (RANDFL, ITTFL); ICH E9, 5.2.1 (full analysis set by intention to treat).
    """
    return flag(randomized)


def safety_flag(treated: pd.Series) -> pd.Series:
    """Y for a participant who received at least one dose of any study treatment, whichever arm was assigned
    and however much was given, as the date of the first exposure shows; N for one who was never dosed.

    Takes     date of first exposure.
    Returns   Y or N, never missing.
    Source    ADaMIG 1.3, 3.2 (SAFFL); ICH E9, 5.2.3 (safety evaluation: those who received treatment).
    """
    return flag(treated)


def full_analysis_flag(randomized: pd.Series, treated: pd.Series) -> pd.Series:
    """Y for all who were randomized and received any study treatment, else N.

    Takes     date of randomization; date of first exposure.
    Returns   Y or N, never missing.
    Source    ICH E9, 5.2.1 (exclusion of participants who took no dose).
    """
    return flag(treated.where(randomized.notna()))


def per_protocol_flag(
    usubjid: pd.Series,
    analysed: pd.Series,
    deviations: Annotated[pd.DataFrame, Placed("category", "class")],
    important_deviations: tuple[ImportantDeviation, ...],
) -> pd.Series:
    """Y for a participant of the full analysis set who has no important deviation of those that the study's
    list names as excluding from the per-protocol set; N for any other.

    Takes     participants; flag of the full analysis set; category and class of the deviations in the log;
              the study's list of important deviations.
    Returns   Y or N, never missing.
    Source    ADaMIG 1.3, 3.2 (PPROTFL); ICH E9, 5.2.2 (per protocol set); specs/study.yaml,
              important_deviations.
    """
    category, class_ = values_of(deviations)
    excludes = excluding_deviation_flag(deviations[category], deviations[class_], important_deviations)
    excluded = usubjid.isin(deviations.loc[excludes.eq("Y"), SUBJECT])
    return _yes_or_no(analysed.eq("Y") & ~excluded)


def response_evaluable_flag(
    usubjid: pd.Series,
    analysed: pd.Series,
    assessments: Annotated[
        pd.DataFrame, Placed("evaluator", "flag of baseline", "disease at baseline", "overall response")
    ],
    evaluators: tuple[Evaluator, ...],
) -> pd.Series:
    """Y for a participant of the full analysis set whose response can be judged; N for any other.

    1. The tumour assessments of the study's own evaluator count, the first one listed.
    2. There was disease at baseline, and an assessment flagged as baseline.
    3. A later assessment has an overall response other than NE.

    Takes     participants; flag of the full analysis set; of each tumour assessment the evaluator, the flag
              of baseline, the disease at baseline and the overall response; the evaluators of the study.
    Returns   Y or N, never missing.
    Source    specs/study.yaml, assumption analysis-sets; RECIST 1.1 (Eisenhauer 2009), 4.6.
    """
    evaluator, baseline, disease, response = values_of(assessments)
    own = assessments[assessments[evaluator].eq(evaluators[0].code)]
    at_baseline = own[baseline].eq("Y")
    has_disease = own[disease].notna() & ~own[disease].eq(WITHOUT_DISEASE)
    is_response = own[response].notna() & ~own[response].eq(NOT_EVALUABLE)
    with_disease = own.loc[at_baseline & has_disease, SUBJECT]
    judged = own.loc[~at_baseline & is_response, SUBJECT]
    return _yes_or_no(analysed.eq("Y") & usubjid.isin(with_disease) & usubjid.isin(judged))


def _yes_or_no(applies: pd.Series) -> pd.Series:
    return pd.Series("N", index=applies.index, dtype="str").mask(applies, "Y")
