"""Treatment by period, where participants cross over from one treatment to the next."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Period
from pipeline.study.models import Arm

Exposure = Annotated[pd.DataFrame, Placed("treatment", Date("start"))]


def treatment_planned_in_period(arm: pd.Series, arms: tuple[Arm, ...], period: Period) -> pd.Series:
    """The treatment that the participant's arm plans for the period: at the place of the period among the
    treatments of the arm.

    Takes     code of the planned arm; the arms with their treatments in the order of the periods; the number
              of the period.
    Returns   name of the treatment; missing where the arm is, or has fewer periods.
    Source    ADaMIG 1.3, 3.2 (TRTxxP).
    """
    planned = {a.code: a.treatments[period - 1] for a in arms if len(a.treatments) >= period}
    return arm.map(planned).astype("str")


def treatment_in_period(usubjid: pd.Series, exposure: Exposure, period: Period) -> pd.Series:
    """The treatment that the participant received in the period: periods are counted by the first dose of
    each treatment.

    Takes     participants; treatment and start of each dose received; the number of the period.
    Returns   name of the treatment; missing for a participant who did not reach the period.
    Source    ADaMIG 1.3, 3.2 (TRTxxA).
    """
    return lookup.value_of_subject(usubjid, _begun(exposure, period), "treatment")


def start_of_period(usubjid: pd.Series, exposure: Exposure, period: Period) -> pd.Series:
    """Day of the first dose of the period: periods are counted by the first dose of each treatment.

    Takes     participants; treatment and start of each dose received; the number of the period.
    Returns   date; missing for a participant who did not reach the period.
    Source    ADaMIG 1.3, 3.2 (TRxxSDT).
    """
    return lookup.value_of_subject(usubjid, _begun(exposure, period), "day")


def _begun(exposure: pd.DataFrame, period: int) -> pd.DataFrame:
    """The first dose of the period of each participant who reached it. A partial date does not count."""
    treatment, start = values_of(exposure)
    doses = pd.DataFrame(
        {SUBJECT: exposure[SUBJECT], "treatment": exposure[treatment], "day": dates.day(exposure[start])}
    )
    first = lookup.first_of_each(doses[doses["day"].notna()], [SUBJECT, "treatment"], "day")
    return first[lookup.number_within_subject(first, "day", "treatment").eq(period)]
