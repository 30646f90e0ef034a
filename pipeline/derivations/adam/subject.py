"""Subject level: treatment, and how treatment and study ended."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.answers import Words
from pipeline.records.columns import Date, Placed
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT, values_of
from pipeline.study.models import Arm

STUDY_TREATMENT = "STUDY TREATMENT"  # the category of the end of treatment
# the category of the end of the study: the subcategory, or where there is none the category
END_OF_STUDY: Words = ("STUDY PARTICIPATION", "DISPOSITION EVENT")
ENTERED: Words = ("RANDOMIZED", "ENROLLED", "ENTERED INTO TRIAL")  # milestones after screening
Disposition = Annotated[pd.DataFrame, Placed("category", "term", Date("date"))]


# --- treatment
def group(value: pd.Series, below: dict[float, str], else_: str) -> pd.Series:
    """The group of a number: the first whose limit it is below, and the last group for any other.

    Takes     number; by limit the name of the group below it; the name of the last group.
    Returns   text; missing where the number is.
    Source    ADaMIG 1.3, 3.2 (AGEGRy).
    """

    def name(number: float) -> str:
        return next((below[limit] for limit in sorted(below) if number < limit), else_)

    return map_distinct(value, name)


def treatment_number(treatment: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """Number of the treatment, in the order of the arms.

    Takes     name of the treatment; the arms.
    Returns   1, 2 ...; missing where the treatment is.
    Source    ADaMIG 1.3, 3.2 (TRTxxPN, TRTxxAN).
    """
    number = {arm.name: float(place) for place, arm in enumerate(arms, start=1)}
    return treatment.map(number).astype("float64")


def treatment_duration(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from the first to the last exposure, both counted.

    Takes     dates of first and last exposure.
    Returns   whole days; missing for a participant who was never dosed.
    Source    ADaMIG 1.3, 3.2 (TRTDURD).
    """
    return dates.days_between(start, end)


# --- how treatment ended
def treatment_status(
    usubjid: pd.Series,
    treated: pd.Series,
    arm: pd.Series,
    disposition: Disposition,
    arms: tuple[Arm, ...],
    treatment: str = STUDY_TREATMENT,
) -> pd.Series:
    """COMPLETED where every product of the planned arm was completed, DISCONTINUED where one was not, ONGOING
    where a treated participant has no end of one.

    A product that the arm does not plan, given by mistake, does not count.

    Takes     participants; date of first exposure; code of the planned arm; disposition records with
              category, term and date; the arms with their products; the category of an end of treatment,
              which a dash and the product follow where products end by themselves.
    Returns   term of SBJTSTAT; missing for a participant who was never dosed.
    Source    ADaMIG 1.3, 3.2 (EOTSTT).
    """
    ends = _ends_of_treatment(usubjid, arm, disposition, arms, treatment)
    completed = ends[ends["term"].eq("COMPLETED")].drop_duplicates([SUBJECT, "category"])
    stopped = ends[~ends["term"].eq("COMPLETED")]
    planned = arm.map({a.code: len(a.treatments) for a in arms})
    ended = usubjid.map(completed.groupby(SUBJECT).size())
    as_a_whole = usubjid.isin(completed.loc[completed["category"].eq(treatment), SUBJECT])
    status = pd.Series("ONGOING", index=usubjid.index, dtype="str")
    status = status.mask(ended.ge(planned) | as_a_whole, "COMPLETED")
    status = status.mask(usubjid.isin(stopped[SUBJECT]), "DISCONTINUED")
    return status.where(treated.notna())


def reason_off_treatment(
    usubjid: pd.Series,
    treated: pd.Series,
    arm: pd.Series,
    disposition: Disposition,
    arms: tuple[Arm, ...],
    treatment: str = STUDY_TREATMENT,
) -> pd.Series:
    """Reason of the first treatment of the planned arm that was not completed.

    Takes     participants; date of first exposure; code of the planned arm; disposition records with
              category, term and date; the arms with their products; the category of an end of treatment,
              which a dash and the product follow where products end by themselves.
    Returns   term; missing where treatment was completed, is ongoing, or never began.
    Source    ADaMIG 1.3, 3.2 (DCTREAS).
    """
    ends = _ends_of_treatment(usubjid, arm, disposition, arms, treatment)
    stopped = ends[~ends["term"].eq("COMPLETED")]
    first = lookup.first_of_subject(stopped, "date", "category")
    return lookup.value_of_subject(usubjid, first, "term").where(treated.notna())


def end_of_treatment_date(
    usubjid: pd.Series,
    treated: pd.Series,
    arm: pd.Series,
    disposition: Disposition,
    arms: tuple[Arm, ...],
    treatment: str = STUDY_TREATMENT,
) -> pd.Series:
    """Date on which treatment ended: the latest end of the products of the planned arm, or of treatment as a
    whole.

    Takes     participants; date of first exposure; code of the planned arm; disposition records with
              category, term and date; the arms with their products; the category of an end of treatment,
              which a dash and the product follow where products end by themselves.
    Returns   date; missing where a product has no end or one with a partial date, and for a participant who
              was never dosed.
    Source    ADaMIG 1.3, 3.2 (disposition); ICH E3, 10.1.
    """
    ends = _ends_of_treatment(usubjid, arm, disposition, arms, treatment)
    ends = ends.assign(day=dates.day(ends["date"]))
    as_a_whole = usubjid.isin(ends.loc[ends["category"].eq(treatment), SUBJECT])
    ended = usubjid.map(ends[ends["day"].notna()].groupby(SUBJECT)["category"].nunique())
    planned = arm.map({a.code: len(a.treatments) for a in arms})
    last = lookup.value_of_subject(usubjid, lookup.last_of_subject(ends, "day"), "day")
    return last.where(treated.notna() & (as_a_whole | ended.ge(planned)))


def _described(disposition: pd.DataFrame) -> pd.DataFrame:
    """Disposition records with the columns category, term and date."""
    names = dict(zip(values_of(disposition), ("category", "term", "date"), strict=True))
    return disposition.rename(columns=names)


def _ends_of_treatment(
    usubjid: pd.Series, arm: pd.Series, disposition: pd.DataFrame, arms: tuple[Arm, ...], treatment: str
) -> pd.DataFrame:
    """The ends of treatment as a whole, and of the products that the participant's arm plans."""
    records = _described(disposition)
    of_product = f"{treatment} - "
    is_whole = records["category"].eq(treatment)
    ends = records[is_whole | records["category"].str.startswith(of_product, na=False)]
    product = ends["category"].str.removeprefix(of_product)
    planned_arm = lookup.value_of_subject(ends[SUBJECT], pd.DataFrame({SUBJECT: usubjid, "arm": arm}), "arm")
    in_plan = ends["category"].eq(treatment)
    for each in arms:
        in_plan |= planned_arm.eq(each.code) & product.isin(each.treatments)
    return ends[in_plan]


# --- how the study ended
def study_status(
    usubjid: pd.Series, disposition: Disposition, ends: Words = END_OF_STUDY, entered: Words = ENTERED
) -> pd.Series:
    """COMPLETED, DISCONTINUED, or ONGOING where no end of study was reported; missing for a screen failure.

    Takes     participants; disposition records with category, term and date; the categories of the end of
              the study, and the milestones after screening.
    Returns   term of SBJTSTAT.
    Source    ADaMIG 1.3, 3.2 (EOSSTT).
    """
    reason = lookup.value_of_subject(usubjid, _end_of_study(disposition, ends, entered), "term")
    status = pd.Series("DISCONTINUED", index=usubjid.index, dtype="str")
    status = status.mask(reason.eq("COMPLETED"), "COMPLETED").mask(reason.isna(), "ONGOING")
    return status.where(~reason.eq("SCREEN FAILURE"))


def end_of_study_date(
    usubjid: pd.Series,
    disposition: Disposition,
    died: pd.Series,
    ends: Words = END_OF_STUDY,
    entered: Words = ENTERED,
) -> pd.Series:
    """Date on which the participant left the study; of a death with a partial date, the date of death as it
    was imputed.

    Takes     participants; disposition records with category, term and date; date of death; the categories
              of the end of the study, and the milestones after screening.
    Returns   date; missing for another partial one, and for a participant who is in the study.
    Source    ADaMIG 1.3, 3.2 (EOSDT).
    """
    end = _end_of_study(disposition, ends, entered)
    date = dates.day(lookup.value_of_subject(usubjid, end, "date"))
    by_death = lookup.value_of_subject(usubjid, end, "term").eq("DEATH")
    return date.mask(by_death & date.isna(), died)


def end_of_study(
    usubjid: pd.Series, disposition: Disposition, ends: Words = END_OF_STUDY, entered: Words = ENTERED
) -> pd.Series:
    """Date on which the participant left the study, by the last record of its end.

    Takes     participants; disposition records with category, term and date; the categories of the end of
              the study, and the milestones after screening.
    Returns   date; missing for a partial one, and for a participant who is in the study.
    Source    ADaMIG 1.3, 3.2 (EOSDT).
    """
    end = _end_of_study(disposition, ends, entered)
    return dates.day(lookup.value_of_subject(usubjid, end, "date"))


def end_of_study_imputation_flag(
    usubjid: pd.Series,
    ended: pd.Series,
    disposition: Disposition,
    ends: Words = END_OF_STUDY,
    entered: Words = ENTERED,
) -> pd.Series:
    """D where the day of the end-of-study date was imputed, M where the month was too.

    Takes     participants; EOSDT; disposition records with category, term and date; the categories of the
              end of the study, and the milestones after screening.
    Returns   D, M or missing.
    Source    ADaMIG 1.3, 3.1.3 (date imputation flags).
    """
    end = _end_of_study(disposition, ends, entered)
    flag = dates.imputed(lookup.value_of_subject(usubjid, end, "date"))
    return flag.where(ended.notna())


def reason_off_study(
    usubjid: pd.Series, disposition: Disposition, ends: Words = END_OF_STUDY, entered: Words = ENTERED
) -> pd.Series:
    """Reason for leaving the study before its end.

    Takes     participants; disposition records with category, term and date; the categories of the end of
              the study, and the milestones after screening.
    Returns   term; missing for a participant who completed the study or is in it.
    Source    ADaMIG 1.3, 3.2 (DCSREAS).
    """
    reason = lookup.value_of_subject(usubjid, _end_of_study(disposition, ends, entered), "term")
    return reason.where(~reason.eq("COMPLETED"))


def _end_of_study(disposition: pd.DataFrame, ends: Words, entered: Words) -> pd.DataFrame:
    """The last end-of-study record of each participant. For a person screened again who then entered the
    study, the failure of the earlier screening is none.
    """
    records = _described(disposition)
    after_screening = records.loc[records["term"].isin(entered), SUBJECT]
    ended = records[records["category"].isin(ends)]
    ended = ended[~(ended["term"].eq("SCREEN FAILURE") & ended[SUBJECT].isin(after_screening))]
    # by day: as text, a partial date of death comes before the day of an earlier screening
    return lookup.last_of_subject(ended.assign(last_day=dates.last_day(ended["date"])), "last_day")
