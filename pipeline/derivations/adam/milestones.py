"""Dates of a participant's course: randomization, last known alive, death, new anticancer therapy."""

from __future__ import annotations

import datetime

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.identity import KEY, SUBJECT


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
    ended: pd.DataFrame,
    cutoff: datetime.date,
) -> pd.Series:
    """Last day on which the participant is known to have been alive, never after the cut-off.

    It is the latest of a visit that took place, a contact with status alive, and the last contact of the
    end-of-study form.

    Takes     participants; of visits, whether each took place (Yes) and its date; of survival contacts, the
              status (Alive) and the date; of end-of-study forms, the date of last contact; the cut-off.
    Returns   date; missing where nothing is dated.
    Source    ADaMIG 1.3, 3.2 (LSTALVDT).
    """
    took_place, visit_date = _fields(visits)
    status, contact_date = _fields(contacts)
    (last_contact,) = _fields(ended)
    seen = visits[visits[took_place].str.upper().eq("YES")]
    spoken_to = contacts[contacts[status].str.upper().eq("ALIVE")]
    alive = pd.concat(
        [
            seen[[SUBJECT, visit_date]].set_axis([SUBJECT, "date"], axis="columns"),
            spoken_to[[SUBJECT, contact_date]].set_axis([SUBJECT, "date"], axis="columns"),
            ended[[SUBJECT, last_contact]].set_axis([SUBJECT, "date"], axis="columns"),
        ],
        ignore_index=True,
    )
    alive = alive.assign(day=dates.day(alive["date"]))
    by_cutoff = alive[alive["day"].le(pd.Timestamp(cutoff))]
    return lookup.value_of_subject(usubjid, lookup.last_of_subject(by_cutoff, "day"), "day")


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


def _fields(records: pd.DataFrame) -> list[str]:
    """The columns of records besides their identity, in the order in which the mapping binds them."""
    return [str(column) for column in records if column not in KEY]
