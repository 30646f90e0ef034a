"""What ADSL of this study needs beyond the library."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.study.models import Arm


def age_group(age: pd.Series) -> pd.Series:
    """Age in the groups <50, 50-64 and >=65 years.

    Takes     age in years.
    Returns   text; missing where the age is.
    Source    specs/study.yaml; ADaMIG 1.3, 3.2 (AGEGRy).
    """
    found = pd.Series("<50", index=age.index, dtype="str").mask(age.ge(50), "50-64").mask(age.ge(65), ">=65")
    return found.where(age.notna())


def age_group_number(group: pd.Series) -> pd.Series:
    """Order of the age group, 1 the youngest.

    Takes     AGEGR1.
    Returns   1, 2, 3.
    Source    ADaMIG 1.3, 3.2 (AGEGRyN).
    """
    return group.map({"<50": 1.0, "50-64": 2.0, ">=65": 3.0}).astype("float64")


def flag(date: pd.Series) -> pd.Series:
    """Y where the date is known, N where it is not.

    Takes     date of randomization (RANDFL, ITTFL: all randomized) or of first exposure (SAFFL: all who received any study treatment).
    Returns   Y or N, never missing.
    Source    ADaMIG 1.3, 3.2 (population flags); ICH E9, 5.2.
    """
    return pd.Series("N", index=date.index, dtype="str").mask(date.notna(), "Y")


def full_analysis_set(randomized: pd.Series, treated: pd.Series) -> pd.Series:
    """Y for all who were randomized and received any study treatment, else N.

    Takes     date of randomization; date of first exposure.
    Returns   Y or N, never missing.
    Source    ICH E9, 5.2.1 (exclusion of participants who took no dose).
    """
    return pd.Series("N", index=treated.index, dtype="str").mask(randomized.notna() & treated.notna(), "Y")


def treatment_number(treatment: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """Number of the treatment, in the order of the arms in specs/study.yaml.

    Takes     name of the treatment; the arms.
    Returns   1, 2; missing where the treatment is.
    Source    ADaMIG 1.3, 3.2 (TRTxxPN, TRTxxAN).
    """
    return treatment.map({a.name: float(i) for i, a in enumerate(arms, start=1)}).astype("float64")


def whole_day(date: pd.Series) -> pd.Series:
    """The day of a complete date.

    Takes     ISO 8601 text.
    Returns   date; missing for a partial one.
    Source    ADaMIG 1.3, 3.3.3.
    """
    return dates.day(date)


def same_day(date: pd.Series) -> pd.Series:
    """The date of randomization, from which scans are scheduled, so that a participant who was never dosed has a schedule too.

    Takes     RANDDT.
    Returns   date.
    Source    specs/study.yaml, assumption scan-schedule.
    """
    return date


def milestone(usubjid: pd.Series, milestones: pd.DataFrame) -> pd.Series:
    """Date of randomization.

    Takes     participants; disposition records with term and date.
    Returns   date; missing for a screen failure.
    Source    ADaMIG 1.3, 3.2 (RANDDT).
    """
    drawn = milestones[milestones["DSDECOD"].eq("RANDOMIZED")].set_index("USUBJID")["DSSTDTC"]
    return dates.day(usubjid.map(drawn).astype("str"))


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from the first to the last exposure, both counted.

    Takes     dates.
    Returns   whole days.
    Source    ADaMIG 1.3, 3.2 (TRTDURD).
    """
    return dates.days_between(start, end)


def treatment_status(usubjid: pd.Series, treated: pd.Series, disposition: pd.DataFrame) -> pd.Series:
    """COMPLETED where every product was completed, DISCONTINUED where one was not, ONGOING where a treated participant has no end of it.

    Takes     participants; date of first exposure; disposition records with subcategory, term and date.
    Returns   term of SBJTSTAT; missing for a participant who was never dosed.
    Source    ADaMIG 1.3, 3.2 (EOTSTT).
    """
    ends = disposition[disposition["DSSCAT"].str.startswith("STUDY TREATMENT", na=False)]
    stopped = usubjid.isin(ends.loc[~ends["DSDECOD"].eq("COMPLETED"), "USUBJID"])
    found = (
        pd.Series("ONGOING", index=usubjid.index, dtype="str")
        .mask(usubjid.isin(ends["USUBJID"]), "COMPLETED")
        .mask(stopped, "DISCONTINUED")
    )
    return found.where(treated.notna())


def reason_off_treatment(usubjid: pd.Series, treated: pd.Series, disposition: pd.DataFrame) -> pd.Series:
    """Reason of the first treatment that was not completed.

    Takes     participants; date of first exposure; disposition records with subcategory, term and date.
    Returns   term; missing where treatment was completed, is ongoing, or never began.
    Source    ADaMIG 1.3, 3.2 (DCTREAS).
    """
    ends = disposition[disposition["DSSCAT"].str.startswith("STUDY TREATMENT", na=False) & disposition["DSDECOD"].ne("COMPLETED")]
    first = ends.sort_values(["USUBJID", "DSSTDTC", "DSSCAT"]).drop_duplicates("USUBJID").set_index("USUBJID")["DSDECOD"]
    return usubjid.map(first).astype("str").where(treated.notna())


def study_status(usubjid: pd.Series, disposition: pd.DataFrame) -> pd.Series:
    """COMPLETED, DISCONTINUED, or ONGOING where no end of study was reported; missing for a screen failure.

    Takes     participants; disposition records with subcategory, term and date.
    Returns   term of SBJTSTAT.
    Source    ADaMIG 1.3, 3.2 (EOSSTT).
    """
    reason = usubjid.map(_off_study(disposition)["DSDECOD"]).astype("str")
    found = (
        pd.Series("DISCONTINUED", index=usubjid.index, dtype="str").mask(reason.eq("COMPLETED"), "COMPLETED").mask(reason.isna(), "ONGOING")
    )
    return found.where(~reason.eq("SCREEN FAILURE"))


def end_of_study(usubjid: pd.Series, disposition: pd.DataFrame) -> pd.Series:
    """Date on which the participant left the study.

    Takes     participants; disposition records with subcategory, term and date.
    Returns   date.
    Source    ADaMIG 1.3, 3.2 (EOSDT).
    """
    return dates.day(usubjid.map(_off_study(disposition)["DSSTDTC"]).astype("str"))


def reason_off_study(usubjid: pd.Series, disposition: pd.DataFrame) -> pd.Series:
    """Reason for leaving the study before its end.

    Takes     participants; disposition records with subcategory, term and date.
    Returns   term; missing for a participant who completed the study or is in it.
    Source    ADaMIG 1.3, 3.2 (DCSREAS).
    """
    reason = usubjid.map(_off_study(disposition)["DSDECOD"]).astype("str")
    return reason.where(~reason.eq("COMPLETED"))


def _off_study(disposition: pd.DataFrame) -> pd.DataFrame:
    """The end-of-study record of each participant; of a person screened again not that of a screening before she was randomized."""
    ends = disposition[disposition["DSSCAT"].eq("STUDY PARTICIPATION")]
    randomized = disposition.loc[disposition["DSDECOD"].eq("RANDOMIZED"), "USUBJID"]
    ends = ends[~(ends["DSDECOD"].eq("SCREEN FAILURE") & ends["USUBJID"].isin(randomized))]
    # by day: as text, a partial date of death comes before the day of an earlier screening
    ends = ends.assign(last=dates.last_day(ends["DSSTDTC"]))
    return ends.sort_values(["USUBJID", "last", "record"]).drop_duplicates("USUBJID", keep="last").set_index("USUBJID")


def last_known_alive(
    usubjid: pd.Series, visits: pd.DataFrame, contacts: pd.DataFrame, ended: pd.DataFrame, cutoff: datetime.date
) -> pd.Series:
    """Last day on which the participant is known to have been alive, never after the cut-off.

    It is the latest of a visit that took place, a contact with status alive, and the last contact of the end-of-study form.

    Takes     participants; visits; survival contacts; end-of-study forms; the date of the cut-off.
    Returns   date; missing where nothing is dated.
    Source    ADaMIG 1.3, 3.2 (LSTALVDT).
    """
    seen = [
        visits.loc[visits["DONE"].str.upper().eq("YES"), ["USUBJID", "VISIT_DATE"]].set_axis(["USUBJID", "date"], axis="columns"),
        contacts.loc[contacts["STATUS"].str.upper().eq("ALIVE"), ["USUBJID", "CONTACT_DATE"]].set_axis(["USUBJID", "date"], axis="columns"),
        ended[["USUBJID", "LAST_CONTACT"]].set_axis(["USUBJID", "date"], axis="columns"),
    ]
    known = pd.concat(seen, ignore_index=True)
    day = dates.day(known["date"])
    last = day.where(day.le(np.datetime64(cutoff, "s"))).groupby(known["USUBJID"]).max()
    return last.reindex(usubjid).set_axis(usubjid.index).astype(dates.DAY)


def date_of_death(date: pd.Series, alive: pd.Series) -> pd.Series:
    """Date of death; of a partial one the first day it can mean, or the day last known alive where that is later.

    A partial date whose last possible day lies before the day last known alive contradicts it: the first day is kept, a check reports it.

    Takes     ISO 8601 text; date last known alive.
    Returns   date; missing for a participant not known to have died.
    Source    specs/study.yaml, parameter death_date_imputation; ADaMIG 1.3, 3.3.4.
    """
    first, last = dates.first_day(date), dates.last_day(date)
    return first.mask(dates.imputed(date).notna() & alive.gt(first) & alive.le(last), alive)


def imputation_flag(date: pd.Series) -> pd.Series:
    """D where the day of death was imputed, M where the month was too.

    Takes     ISO 8601 text.
    Returns   D, M or missing.
    Source    ADaMIG 1.3, 3.3.4 (DTHDTF).
    """
    return dates.imputed(date)
