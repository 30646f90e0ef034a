"""Deaths: their cause, and how long after the last dose they came."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.adam.basic import record_flag
from pipeline.records import lookup
from pipeline.records.columns import Placed
from pipeline.records.identity import values_of
from pipeline.records.measures import Days

PRIMARY_CAUSE = "PRCDTH"


def cause_of_death(
    usubjid: pd.Series,
    deaths: Annotated[pd.DataFrame, Placed("test", "cause")],
    test: str = PRIMARY_CAUSE,
) -> pd.Series:
    """The primary cause of the participant's death.

    Takes     participants; of the details of deaths the short name of the test and the cause, or its
              category; the short name of the cause.
    Returns   text; missing where no cause of death was recorded.
    Source    ADaMIG 1.3, 3.2 (DTHCAUS, DTHCGRy); SDTMIG 3.4, DD.
    """
    name, cause = values_of(deaths)
    return lookup.value_of_subject(usubjid, deaths[deaths[name].eq(test)], cause)


def days_from_last_dose(last_dose: pd.Series, died: pd.Series) -> pd.Series:
    """Days from the last dose to death; a death on the day of the last dose came 0 days after it.

    Takes     dates of last exposure and of death.
    Returns   whole days; missing for a participant who was never dosed or is not known to have died.
    Source    specs/study.yaml, parameter death_date_imputation; ADaMIG 1.3, 3.2.
    """
    return (died - last_dose).dt.days.astype("float64")


def death_within_days(elapsed: pd.Series, days: Days) -> pd.Series:
    """Y for a participant who died within the stated days after the last dose.

    Takes     days from the last dose to death; the number of days.
    Returns   Y or missing; missing for a participant who was never dosed.
    Source    ICH E3, 12.3.1 (deaths during the study and within 30 days after the last dose).
    """
    return record_flag(elapsed.le(days))


def death_after_days(elapsed: pd.Series, days: Days) -> pd.Series:
    """Y for a participant who died more than the stated days after the last dose.

    Takes     days from the last dose to death; the number of days.
    Returns   Y or missing; missing for a participant who was never dosed.
    Source    ICH E3, 12.3.1 (deaths).
    """
    return record_flag(elapsed.gt(days))
