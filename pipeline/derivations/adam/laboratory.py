"""Laboratory results as numbers that can be analysed, and their shift since baseline."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.adam.before_treatment import after_baseline, after_first_dose
from pipeline.derivations.adam.course import value_at_baseline
from pipeline.records.columns import Date, Placed
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import ShareOfLimit
from pipeline.records.numbers import is_number

NO_CATEGORY = "MISSING"


def analysis_value(result: pd.Series, number: pd.Series, *, below_limit_share: ShareOfLimit) -> pd.Series:
    """The result as a number; of one below a limit of quantification the stated share of the limit, of one
    above a limit the limit.

    Takes     standardized result as text and as a number; the share of the limit for which a result below it
              counts.
    Returns   number in the standard unit; missing for a result in words.
    Source    specs/study.yaml, parameter below_limit_share; ADaMIG 1.3, 3.3.4 (AVAL).
    """

    def beyond_limit(text: str) -> float | None:
        limit = text.lstrip("<>=").strip()
        if text[0] not in "<>" or not is_number(limit):
            return None
        return float(limit) * (below_limit_share if text[0] == "<" else 1)

    return number.where(number.notna(), map_distinct(result, beyond_limit, "float64"))


def text_value(result: pd.Series, value: pd.Series) -> pd.Series:
    """The result in words, such as NEGATIVE or 1+, where it is no number.

    Takes     standardized result as text; analysis value.
    Returns   text; missing where there is an analysis value.
    Source    ADaMIG 1.3, 3.3.4 (AVALC).
    """
    return result.where(value.isna())


def shift_since_baseline(
    records: Annotated[pd.DataFrame, Placed("parameter", Date("date"), "flag of baseline", "category")],
    exposure: Annotated[pd.DataFrame, Placed(Date("first exposure"))],
) -> pd.Series:
    """The category at baseline and the category of a record after it, as NORMAL to HIGH.

    1. A record is after baseline where it is later than the record flagged so or, of a parameter without one,
       later than the first dose.
    2. Where there is no category at baseline, it is called MISSING: a participant with MISSING to 4 is no
       less ill than one with 0 to 4.

    Takes     the participant's records: parameter, date and time (ISO 8601), flag of baseline, category; date
              and time of first exposure.
    Returns   text; missing at baseline, before it, and where the record has no category.
    Source    ADaMIG 1.3, 3.3.4 (SHIFTy).
    """
    parameter, date, flag, category = values_of(records)
    base = value_at_baseline(records[[SUBJECT, parameter, flag, category]]).fillna(NO_CATEGORY)
    has_baseline = value_at_baseline(records[[SUBJECT, parameter, flag]].assign(baseline="Y")).notna()
    after_dose = after_first_dose(records[SUBJECT], records[date], exposure)
    later = after_baseline(records).where(has_baseline, after_dose)
    return (base + " to " + records[category]).where(later)
