"""Dates of a participant's course: randomization, last known alive, death, new anticancer therapy."""

from __future__ import annotations

import datetime

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT


def calendar_day(date: pd.Series) -> pd.Series:
    """The day of a complete date.

    Takes     ISO 8601 text.
    Returns   date; missing for a partial one.
    Source    ADaMIG 1.3, 3.3.3.
    """
    return dates.day(date)


def randomization_date(usubjid: pd.Series, milestones: pd.DataFrame) -> pd.Series:
    """Date of randomization.

    Takes     participants; disposition records with term and date.
    Returns   date; missing for a screen failure.
    Source    ADaMIG 1.3, 3.2 (RANDDT).
    """
    randomized = milestones[milestones["DSDECOD"].eq("RANDOMIZED")]
    return dates.day(lookup.value_of_subject(usubjid, randomized, "DSSTDTC"))


# --- alive and dead
def last_known_alive(
    usubjid: pd.Series,
    visits: pd.DataFrame,
    contacts: pd.DataFrame,
    disposition: pd.DataFrame,
    events: pd.DataFrame,
    medications: pd.DataFrame,
    procedures: pd.DataFrame,
    doses: pd.DataFrame,
    vital_signs: pd.DataFrame,
    samples: pd.DataFrame,
    lesions: pd.DataFrame,
    responses: pd.DataFrame,
    cutoff: datetime.date,
    ended_without_contact: list[str],
) -> pd.Series:
    """Last day on which the participant was seen or heard of alive, never after the cut-off.

    It is the latest of all dates by which the participant was seen or heard of: a visit that took place
    (SV), unless a survival contact at it did not find the participant alive; a survival contact with status
    ALIVE (SS); the date last known to be alive of the end-of-study form (SUPPDS); a milestone or an end of
    treatment or study (DS), unless the reason is one that needs no contact (a parameter); start and end of an
    adverse event (AE), the end of a fatal one excepted; of a medication (CM), of a procedure that was carried
    out (PR) and of a dose that was given (EX); a result of vital signs (VS), laboratory (LB), lesions (TR) or
    response (RS). A partial date does not count: the day that it stands for would be imputed.

    Takes     participants; of visits number, occurrence and dates; of subject status test, result, date and
              visit number; of disposition term, date and date last known to be alive; of adverse events
              outcome and dates; of medications, procedures (with occurrence), doses and results the dates;
              the cut-off; dispositions that are no sign of life.
    Returns   date; missing where nothing is dated.
    Source    ADaMIG 1.3, 3.2 (LSTALVDT); specs/study.yaml, parameter disposition_without_contact.
    """
    survival = contacts[contacts["SSTESTCD"].eq("SURVSTAT")]
    alive = survival["SSSTRESC"].eq("ALIVE")
    not_alive = survival[~alive]
    of_not_alive = lookup.is_among(
        [visits[SUBJECT], visits["VISITNUM"]], [not_alive[SUBJECT], not_alive["VISITNUM"]]
    )
    seen = visits[~visits["SVOCCUR"].eq("N") & ~of_not_alive]
    in_contact = disposition[~disposition["DSDECOD"].isin(ended_without_contact)]
    survived = events[~events["AEOUT"].eq("FATAL")]
    carried_out = procedures[~procedures["PROCCUR"].eq("N")]
    signs_of_life = [
        (seen, "SVSTDTC"),
        (seen, "SVENDTC"),
        (survival[alive], "SSDTC"),
        (disposition, "DSLSTALV"),
        (in_contact, "DSSTDTC"),
        (events, "AESTDTC"),
        (survived, "AEENDTC"),
        (medications, "CMSTDTC"),
        (medications, "CMENDTC"),
        (carried_out, "PRSTDTC"),
        (carried_out, "PRENDTC"),
        (doses, "EXSTDTC"),
        (doses, "EXENDTC"),
        (vital_signs, "VSDTC"),
        (samples, "LBDTC"),
        (lesions, "TRDTC"),
        (responses, "RSDTC"),
    ]
    days = pd.concat(
        [
            pd.DataFrame({SUBJECT: records[SUBJECT], "day": dates.day(records[date])})
            for records, date in signs_of_life
        ],
        ignore_index=True,
    )
    by_cutoff = days[days["day"].le(pd.Timestamp(cutoff))]
    latest = by_cutoff.groupby(SUBJECT)["day"].max().reset_index()
    return lookup.value_of_subject(usubjid, latest, "day")


def date_of_death(date: pd.Series, alive: pd.Series) -> pd.Series:
    """Date of death; of a partial one the first day it can mean, or the day last known alive where that is
    later.

    A partial date whose last possible day lies before the day last known alive contradicts it: the first day
    is kept, and a check reports it.

    Takes     ISO 8601 text; date last known alive.
    Returns   date; missing for a participant not known to have died.
    Source    specs/study.yaml, parameter death_date_imputation; ADaMIG 1.3, 3.3.4.
    """
    return _not_before(date, alive)


def imputation_flag(date: pd.Series) -> pd.Series:
    """D where the day of the date was imputed, M where the month was too.

    Takes     ISO 8601 text.
    Returns   D, M or missing.
    Source    ADaMIG 1.3, 3.3.4 (*DTF).
    """
    return dates.imputed(date)


def follow_up_duration(randomized: pd.Series, alive: pd.Series, died: pd.Series) -> pd.Series:
    """Days from randomization to death, or to the day last known alive, both counted.

    Takes     dates of randomization, last known alive, death.
    Returns   whole days; missing for a screen failure.
    Source    specs/study.yaml, anchor of the schedule; ADaMIG 1.3, 3.2.
    """
    return dates.days_between(randomized, died.where(died.notna(), alive))


# --- new anticancer therapy
def new_therapy_date(
    usubjid: pd.Series, treated: pd.Series, drugs: pd.DataFrame, procedures: pd.DataFrame
) -> pd.Series:
    """First day of the first new anticancer therapy, drug or procedure; of a partial date the first day it
    can mean, and not before the last dose.

    Takes     participants; date of last exposure; category and start of medications and of procedures.
    Returns   date; missing where no new therapy is known.
    Source    specs/study.yaml, parameter new_therapy_imputation; ADaMIG 1.3, 3.3.4.
    """
    therapies = _new_therapies(usubjid, treated, drugs, procedures)
    return lookup.value_of_subject(usubjid, lookup.first_of_subject(therapies, "day"), "day")


def new_therapy_imputation_flag(
    usubjid: pd.Series, start: pd.Series, treated: pd.Series, drugs: pd.DataFrame, procedures: pd.DataFrame
) -> pd.Series:
    """D where the day of the first new anticancer therapy was imputed, M where the month was too; missing
    where another one started on that very day with a complete date.

    Takes     participants; NACTDT; date of last exposure; category and start of medications and of
              procedures.
    Returns   D, M or missing.
    Source    ADaMIG 1.3, 3.3.4 (*DTF).
    """
    therapies = _new_therapies(usubjid, treated, drugs, procedures)
    starts = pd.DataFrame({SUBJECT: usubjid, "start": start})
    first_day = lookup.value_of_subject(therapies[SUBJECT], starts, "start")
    on_first_day = therapies[therapies["day"].eq(first_day)]
    imputed = on_first_day.assign(flag=dates.imputed(on_first_day["date"]))
    complete = imputed.loc[imputed["flag"].isna(), SUBJECT]
    return lookup.value_of_subject(usubjid, imputed[~imputed[SUBJECT].isin(complete)], "flag")


def _new_therapies(
    usubjid: pd.Series, treated: pd.Series, drugs: pd.DataFrame, procedures: pd.DataFrame
) -> pd.DataFrame:
    """All starts of new anticancer therapies: participant, date as it was collected, day."""
    columns = [SUBJECT, "category", "date"]
    started = pd.concat(
        [
            drugs[[SUBJECT, "CMCAT", "CMSTDTC"]].set_axis(columns, axis="columns"),
            procedures[[SUBJECT, "PRCAT", "PRSTDTC"]].set_axis(columns, axis="columns"),
        ],
        ignore_index=True,
    )
    started = started[started["category"].eq("SUBSEQUENT ANTI-CANCER THERAPY") & started["date"].notna()]
    exposure = pd.DataFrame({SUBJECT: usubjid, "last_dose": treated})
    last_dose = lookup.value_of_subject(started[SUBJECT], exposure, "last_dose")
    return started.assign(day=_not_before(started["date"], last_dose))


def _not_before(date: pd.Series, limit: pd.Series) -> pd.Series:
    """The first day that each date can mean or, where it is partial and can mean it, the later limit."""
    first, last = dates.first_day(date), dates.last_day(date)
    return first.mask(limit.gt(first) & limit.le(last), limit)
