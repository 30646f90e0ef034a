"""Subject level: what ADSL of every study needs of demography, disposition, exposure and death."""

from __future__ import annotations

import pandas as pd

from pipeline.records import dates
from pipeline.records.identity import KEY
from pipeline.study.models import Arm


def flag(date: pd.Series) -> pd.Series:
    """Y where the date is known, N where it is not.

    Takes     date of randomization (RANDFL, ITTFL: all randomized) or of first exposure (SAFFL: all who
              received any study treatment).
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


def calendar_day(date: pd.Series) -> pd.Series:
    """The day of a complete date.

    Takes     ISO 8601 text.
    Returns   date; missing for a partial one.
    Source    ADaMIG 1.3, 3.3.3.
    """
    return dates.day(date)


def treatment_status(usubjid: pd.Series, treated: pd.Series, disposition: pd.DataFrame) -> pd.Series:
    """COMPLETED where every product was completed, DISCONTINUED where one was not, ONGOING where a treated
    participant has no end of it.

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
    ends = disposition[
        disposition["DSSCAT"].str.startswith("STUDY TREATMENT", na=False)
        & disposition["DSDECOD"].ne("COMPLETED")
    ]
    first = (
        ends.sort_values(["USUBJID", "DSSTDTC", "DSSCAT"])
        .drop_duplicates("USUBJID")
        .set_index("USUBJID")["DSDECOD"]
    )
    return usubjid.map(first).astype("str").where(treated.notna())


def study_status(usubjid: pd.Series, disposition: pd.DataFrame) -> pd.Series:
    """COMPLETED, DISCONTINUED, or ONGOING where no end of study was reported; missing for a screen failure.

    Takes     participants; disposition records with subcategory, term and date.
    Returns   term of SBJTSTAT.
    Source    ADaMIG 1.3, 3.2 (EOSSTT).
    """
    reason = usubjid.map(_off_study(disposition)["DSDECOD"]).astype("str")
    found = (
        pd.Series("DISCONTINUED", index=usubjid.index, dtype="str")
        .mask(reason.eq("COMPLETED"), "COMPLETED")
        .mask(reason.isna(), "ONGOING")
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
    """The end-of-study record of each participant; of a person screened again not that of a screening before
    she was randomized.
    """
    ends = disposition[disposition["DSSCAT"].eq("STUDY PARTICIPATION")]
    randomized = disposition.loc[disposition["DSDECOD"].eq("RANDOMIZED"), "USUBJID"]
    ends = ends[~(ends["DSDECOD"].eq("SCREEN FAILURE") & ends["USUBJID"].isin(randomized))]
    # by day: as text, a partial date of death comes before the day of an earlier screening
    ends = ends.assign(last=dates.last_day(ends["DSSTDTC"]))
    return (
        ends.sort_values(["USUBJID", "last", "record"])
        .drop_duplicates("USUBJID", keep="last")
        .set_index("USUBJID")
    )


def date_of_death(date: pd.Series, alive: pd.Series) -> pd.Series:
    """Date of death; of a partial one the first day it can mean, or the day last known alive where that is
    later.

    A partial date whose last possible day lies before the day last known alive contradicts it: the first day
    is kept, a check reports it.

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


def therapy_date(
    usubjid: pd.Series, treated: pd.Series, drugs: pd.DataFrame, procedures: pd.DataFrame
) -> pd.Series:
    """First day of the first new anticancer therapy, drug or procedure; of a partial date the first day it
    can mean, and not before the last dose.

    Takes     participants; date of last exposure; category and start of medications and of procedures.
    Returns   date; missing where no new therapy is known.
    Source    specs/study.yaml, parameter new_therapy_imputation; ADaMIG 1.3, 3.3.4.
    """
    first = _new_therapy(drugs, procedures, usubjid, treated)
    return first.groupby(level=0).min().reindex(usubjid).set_axis(usubjid.index).astype(dates.DAY)


def therapy_imputation_flag(
    usubjid: pd.Series, start: pd.Series, treated: pd.Series, drugs: pd.DataFrame, procedures: pd.DataFrame
) -> pd.Series:
    """D where the day of the first new anticancer therapy was imputed, M where the month was too.

    Takes     participants; NACTDT; date of last exposure; category and start of medications and of
              procedures.
    Returns   D, M or missing.
    Source    ADaMIG 1.3, 3.3.4 (*DTF).
    """
    begun = _new_therapy(drugs, procedures, usubjid, treated)
    flag = dates.imputed(_starts(drugs, procedures)["start"]).set_axis(begun.index)
    first = begun.eq(start.set_axis(usubjid).reindex(begun.index))
    told = flag[first & flag.notna()]
    known = begun.index[first & flag.isna()]  # a full date on the same day needs no imputation
    told = told[~told.index.isin(known)]
    return told[~told.index.duplicated()].reindex(usubjid).set_axis(usubjid.index).astype("str")


def _starts(drugs: pd.DataFrame, procedures: pd.DataFrame) -> pd.DataFrame:
    listed = [
        drugs[["USUBJID", "CMCAT", "CMSTDTC"]].set_axis(["USUBJID", "category", "start"], axis="columns"),
        procedures[["USUBJID", "PRCAT", "PRSTDTC"]].set_axis(
            ["USUBJID", "category", "start"], axis="columns"
        ),
    ]
    both = pd.concat(listed, ignore_index=True)
    return both[both["category"].eq("SUBSEQUENT ANTI-CANCER THERAPY") & both["start"].notna()]


def _new_therapy(
    drugs: pd.DataFrame, procedures: pd.DataFrame, usubjid: pd.Series, treated: pd.Series
) -> pd.Series:
    """The day of each start of a new therapy, by participant."""
    listed = _starts(drugs, procedures)
    last_dose = treated.set_axis(usubjid).reindex(listed["USUBJID"]).set_axis(listed.index)
    first, latest = dates.first_day(listed["start"]), dates.last_day(listed["start"])
    day = first.mask(last_dose.gt(first) & last_dose.le(latest), last_dose)
    return day.set_axis(pd.Index(listed["USUBJID"], name="USUBJID"))


def follow_up(randomized: pd.Series, alive: pd.Series, died: pd.Series) -> pd.Series:
    """Days from randomization to death, or to the day last known alive, both counted.

    Takes     dates of randomization, last known alive, death.
    Returns   whole days; missing for a screen failure.
    Source    specs/study.yaml, anchor of the schedule; ADaMIG 1.3, 3.2.
    """
    return dates.days_between(randomized, died.where(died.notna(), alive))


def baseline_performance(
    usubjid: pd.Series, treated: pd.Series, randomized: pd.Series, records: pd.DataFrame
) -> pd.Series:
    """Last Karnofsky performance status on or before the first dose; of a participant never dosed, on or
    before randomization.

    Takes     participants; dates of first exposure and of randomization; short name, numeric result and date
              of clinical classifications.
    Returns   points, 0 to 100; missing where none was taken by then.
    Source    SDTMIG 3.4, RS (clinical classifications, KPSS0101); ADaMIG 1.3, 3.2.
    """
    limit = treated.where(treated.notna(), randomized).set_axis(usubjid)
    day = dates.day(records["RSDTC"])
    due = limit.reindex(records["USUBJID"]).set_axis(records.index)
    taken = records.assign(day=day)[
        records["RSTESTCD"].eq("KPSS0101") & records["RSSTRESN"].notna() & day.le(due)
    ]
    last = (
        taken.sort_values(["USUBJID", "day", "form", "record"])
        .drop_duplicates("USUBJID", keep="last")
        .set_index("USUBJID")["RSSTRESN"]
    )
    return usubjid.map(last).astype("float64")


def prior_lines(usubjid: pd.Series, drugs: pd.DataFrame) -> pd.Series:
    """Number of lines of prior systemic anticancer therapy: drugs that were started on one day are one line.

    Takes     participants; category and start of medications.
    Returns   whole number, 0 where there was none.
    Source    specs/study.yaml, assumption prior-lines.
    """
    prior = drugs[drugs["CMCAT"].eq("PRIOR ANTI-CANCER THERAPY")].drop_duplicates(["USUBJID", "CMSTDTC"])
    return usubjid.map(prior.groupby("USUBJID").size()).fillna(0.0).astype("float64")


def at_baseline(usubjid: pd.Series, assessments: pd.DataFrame) -> pd.Series:
    """The value of the participant's tumour assessment at baseline.

    Takes     participants; of each assessment the flag of baseline and the value.
    Returns   number; missing for a participant without an assessment at baseline.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.2 (baseline documentation).
    """
    flag, value = [c for c in assessments if c not in KEY]
    return usubjid.map(assessments[assessments[flag].eq("Y")].set_index("USUBJID")[value]).astype("float64")
