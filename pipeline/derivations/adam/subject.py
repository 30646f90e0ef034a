"""Subject level: populations, treatment, how treatment and study ended, and what there was at baseline."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.adam.before_treatment import Reference, before_treatment
from pipeline.derivations.dated import flag
from pipeline.records import dates, lookup
from pipeline.records.answers import Words
from pipeline.records.columns import Date, Placed
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Days
from pipeline.study.models import Arm, Evaluator

STUDY_TREATMENT = "STUDY TREATMENT"  # the category of the end of treatment
# the category of the end of the study: the subcategory, or where there is none the category
END_OF_STUDY: Words = ("STUDY PARTICIPATION", "DISPOSITION EVENT")
ENTERED: Words = ("RANDOMIZED", "ENROLLED", "ENTERED INTO TRIAL")  # milestones after screening
Disposition = Annotated[pd.DataFrame, Placed("category", "term", Date("date"))]


# --- populations and treatment
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


# --- at baseline
def baseline_performance(
    usubjid: pd.Series,
    randomized: pd.Series,
    exposure: Annotated[pd.DataFrame, Placed(Date("first exposure"))],
    records: Annotated[pd.DataFrame, Placed("test", "score", Date("date"))],
    *,
    baseline_reference: Reference,
    baseline_days_after_anchor: Days,
    test: str = "KPSS0101",
) -> pd.Series:
    """Last Karnofsky performance status before the first dose; on the day of the first dose times decide
    where both were collected. Of a participant never dosed, the last on or before randomization or within the
    stated days after it.

    Takes     participants; date of randomization; date and time of first exposure; short name, numeric result
              and date of clinical classifications; the short name of the test.
    Returns   points, 0 to 100; missing where none was taken by then.
    Source    SDTMIG 3.4, RS (clinical classifications, KPSS0101); ADaMIG 1.3, 3.2.
    """
    name, score, date = values_of(records)
    scored = records[records[name].eq(test) & records[score].notna()]
    before = before_treatment(
        scored[SUBJECT],
        scored[date],
        pd.DataFrame({SUBJECT: usubjid, "randomized": randomized}),
        exposure,
        baseline_reference=baseline_reference,
        baseline_days_after_anchor=baseline_days_after_anchor,
    )
    scored = scored.assign(moment=dates.moment(scored[date]))
    last = lookup.last_of_subject(scored[before], "moment")
    return lookup.value_of_subject(usubjid, last, score).astype("float64")


def number_of_prior_lines(
    usubjid: pd.Series,
    drugs: Annotated[pd.DataFrame, Placed("category", Date("start"))],
    categories: Words = ("PRIOR ANTI-CANCER THERAPY",),
) -> pd.Series:
    """Number of lines of prior systemic anticancer therapy: drugs that were started on one day are one line.

    Takes     participants; category and start of medications; the categories of prior therapy.
    Returns   whole number, 0 where there was none.
    Source    specs/study.yaml, assumption prior-lines.
    """
    category, start = values_of(drugs)
    prior = drugs[drugs[category].isin(categories)]
    lines = prior.drop_duplicates([SUBJECT, start]).groupby(SUBJECT).size()
    return usubjid.map(lines).fillna(0.0).astype("float64")


def at_baseline(
    usubjid: pd.Series,
    assessments: Annotated[pd.DataFrame, Placed("evaluator", "flag of baseline", "value")],
    evaluators: tuple[Evaluator, ...],
) -> pd.Series:
    """The value of the participant's tumour assessment at baseline by the study's own evaluator, the first
    one listed.

    Takes     participants; of each assessment the evaluator, the flag of baseline and the value; the
              evaluators of the study.
    Returns   number; missing for a participant without an assessment at baseline.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.2 (baseline documentation).
    """
    evaluator, flag, value = values_of(assessments)
    own = assessments[evaluator].eq(evaluators[0].code)
    baseline = assessments[own & assessments[flag].eq("Y")]
    return lookup.value_of_subject(usubjid, baseline, value).astype("float64")
