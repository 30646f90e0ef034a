"""Dates of a participant's course: randomization, last known alive, death, new anticancer therapy."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.answers import Words
from pipeline.records.columns import Date, Named, Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Disposition

Therapies = Annotated[pd.DataFrame, Placed("category", Date("start"))]
SUBSEQUENT: Words = ("SUBSEQUENT ANTI-CANCER THERAPY",)


def calendar_day(date: pd.Series) -> pd.Series:
    """The day of a complete date.

    Takes     ISO 8601 text.
    Returns   date; missing for a partial one.
    Source    ADaMIG 1.3, 3.3.3.
    """
    return dates.day(date)


def date_and_time(date: pd.Series) -> pd.Series:
    """The day and time of a date with a time. No time is imputed; seconds that are not collected are 0.

    Takes     ISO 8601 text.
    Returns   date and time; missing where no time was collected, and for a partial date.
    Source    ADaMIG 1.3, 3.1.3, 3.2 (TRTSDTM, TRTEDTM).
    """
    return dates.moment(date).where(dates.has_time(date))


def randomization_date(
    usubjid: pd.Series,
    milestones: Annotated[pd.DataFrame, Placed("term", Date("date"))],
    randomized: str = "RANDOMIZED",
) -> pd.Series:
    """Date of randomization.

    Takes     participants; disposition records with term and date; the term of randomization.
    Returns   date; missing for a screen failure.
    Source    ADaMIG 1.3, 3.2 (RANDDT).
    """
    term, date = values_of(milestones)
    of_randomization = milestones[milestones[term].eq(randomized)]
    return dates.day(lookup.value_of_subject(usubjid, of_randomization, date))


# --- alive and dead
def last_known_alive(
    usubjid: pd.Series,
    visits: Annotated[pd.DataFrame | None, Named("VISITNUM", "SVOCCUR", "SVSTDTC", "SVENDTC")] = None,
    contacts: Annotated[
        pd.DataFrame | None, Named("SSTESTCD", "SSSTRESC", "SSDTC", optional=("VISITNUM",))
    ] = None,
    disposition: Annotated[pd.DataFrame | None, Named("DSDECOD", "DSSTDTC", optional=("DSLSTALV",))] = None,
    events: Annotated[pd.DataFrame | None, Named("AEOUT", "AESTDTC", "AEENDTC")] = None,
    medications: Annotated[pd.DataFrame | None, Named("CMSTDTC", optional=("CMENDTC",))] = None,
    procedures: Annotated[pd.DataFrame | None, Named("PROCCUR", "PRSTDTC", optional=("PRENDTC",))] = None,
    doses: Annotated[pd.DataFrame | None, Named("EXSTDTC", optional=("EXENDTC",))] = None,
    vital_signs: Annotated[pd.DataFrame | None, Named("VSDTC")] = None,
    samples: Annotated[pd.DataFrame | None, Named("LBDTC")] = None,
    lesions: Annotated[pd.DataFrame | None, Named("TRDTC", optional=("TREVAL",))] = None,
    cutoff: datetime.date | None = None,
    *,
    disposition_without_contact: list[Disposition],
) -> pd.Series:
    """Last day on which the participant was seen or heard of alive, never after the cut-off.

    It is the latest of the dates by which the participant was seen or heard of:

    1. a visit that took place (SV), unless a survival contact at it did not find the participant alive;
    2. a survival contact with status ALIVE (SS);
    3. the date last known to be alive of the end-of-study form (SUPPDS);
    4. a milestone or an end of treatment or study (DS), unless the reason is one that needs no contact (a
       parameter);
    5. start and end of an adverse event (AE), the end of a fatal one excepted; of a medication (CM), of a
       procedure that was carried out (PR) and of a dose that was given (EX);
    6. a result of vital signs (VS), laboratory (LB) or, by the investigator or without an evaluator, lesions
       (TR). What a reader measured, and a response (RS), is dated by who judged the scans and may be later
       than the participant's life.

    A partial date does not count: the day that it stands for would be imputed.

    Takes     participants; of visits number, occurrence and dates; of subject status test, result, date and,
              where contacts are at visits, visit number; of disposition term, date and date last known to be
              alive; of adverse events outcome and dates; of medications, procedures (with occurrence), doses
              and results the dates, of lesions the evaluator too; the cut-off; dispositions that are no sign
              of life.
    Returns   date; missing where nothing is dated.
    Source    ADaMIG 1.3, 3.2 (LSTALVDT); specs/study.yaml, parameter disposition_without_contact.
    """
    signs_of_life = [
        *_seen(visits, contacts),
        *_in_contact(disposition, disposition_without_contact),
        *_by_event(events),
        *_dated(medications, "CMSTDTC", "CMENDTC"),
        *_dated(_without(procedures, "PROCCUR", "N"), "PRSTDTC", "PRENDTC"),
        *_dated(doses, "EXSTDTC", "EXENDTC"),
        *_dated(vital_signs, "VSDTC"),
        *_dated(samples, "LBDTC"),
        *_dated(_of_investigator(lesions), "TRDTC"),
    ]
    if not signs_of_life:
        return pd.Series(pd.NaT, index=usubjid.index, dtype="datetime64[s]")
    days = pd.concat(signs_of_life, ignore_index=True)
    if cutoff is not None:
        days = days[days["day"].le(pd.Timestamp(cutoff))]
    latest = days.groupby(SUBJECT)["day"].max().reset_index()
    return lookup.value_of_subject(usubjid, latest, "day")


def _seen(visits: pd.DataFrame | None, contacts: pd.DataFrame | None) -> Iterator[pd.DataFrame]:
    """Visits that took place, unless a contact at them did not find the participant alive, and contacts that
    did.
    """
    attended = _without(visits, "SVOCCUR", "N")
    if contacts is not None:
        survival = contacts[contacts["SSTESTCD"].eq("SURVSTAT")]
        alive = survival["SSSTRESC"].eq("ALIVE")
        yield from _dated(survival[alive], "SSDTC")
        if attended is not None and "VISITNUM" in survival:
            visit = [SUBJECT, "VISITNUM"]
            not_alive = lookup.is_among([attended[c] for c in visit], [survival[~alive][c] for c in visit])
            attended = attended[~not_alive]
    yield from _dated(attended, "SVSTDTC", "SVENDTC")


def _in_contact(
    disposition: pd.DataFrame | None, disposition_without_contact: list[Disposition]
) -> Iterator[pd.DataFrame]:
    if disposition is not None:
        yield from _dated(disposition, "DSLSTALV")
        in_contact = ~disposition["DSDECOD"].isin(disposition_without_contact)
        yield from _dated(disposition[in_contact], "DSSTDTC")


def _by_event(events: pd.DataFrame | None) -> Iterator[pd.DataFrame]:
    yield from _dated(events, "AESTDTC")
    yield from _dated(_without(events, "AEOUT", "FATAL"), "AEENDTC")


def _without(records: pd.DataFrame | None, column: str, value: str) -> pd.DataFrame | None:
    return None if records is None else records[~records[column].eq(value)]


def _of_investigator(lesions: pd.DataFrame | None) -> pd.DataFrame | None:
    if lesions is None or "TREVAL" not in lesions:
        return lesions
    return lesions[lesions["TREVAL"].isna() | lesions["TREVAL"].eq("INVESTIGATOR")]


def _dated(records: pd.DataFrame | None, *columns: str) -> Iterator[pd.DataFrame]:
    """Participants and days of those of the columns that the records have."""
    for column in columns:
        if records is not None and column in records:
            yield pd.DataFrame({SUBJECT: records[SUBJECT], "day": dates.day(records[column])})


def date_of_death(date: pd.Series, alive: pd.Series) -> pd.Series:
    """Date of death; of a partial one the first day it can mean, or the day last known alive where that is
    later.

    A partial date whose last possible day lies before the day last known alive contradicts it: the first day
    is kept, and a check reports it.

    Takes     ISO 8601 text; date last known alive.
    Returns   date; missing for a participant not known to have died.
    Source    specs/study.yaml, parameter death_date_imputation; ADaMIG 1.3, 3.1.3.
    """
    return _not_before(date, alive)


def imputation_flag(date: pd.Series) -> pd.Series:
    """D where the day of the date was imputed, M where the month was too.

    Takes     ISO 8601 text.
    Returns   D, M or missing.
    Source    ADaMIG 1.3, 3.1.3 (*DTF).
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
    usubjid: pd.Series,
    treated: pd.Series,
    drugs: Therapies,
    procedures: Therapies | None = None,
    categories: Words = SUBSEQUENT,
) -> pd.Series:
    """First day of the first new anticancer therapy, drug or procedure; of a partial date the first day it
    can mean, and not before the last dose.

    Takes     participants; date of last exposure; category and start of medications and, where there are
              any, of procedures; the categories of new therapy.
    Returns   date; missing where no new therapy is known.
    Source    specs/study.yaml, parameter new_therapy_imputation; ADaMIG 1.3, 3.1.3.
    """
    therapies = _new_therapies(usubjid, treated, drugs, procedures, categories)
    return lookup.value_of_subject(usubjid, lookup.first_of_subject(therapies, "day"), "day")


def new_therapy_imputation_flag(
    usubjid: pd.Series,
    start: pd.Series,
    treated: pd.Series,
    drugs: Therapies,
    procedures: Therapies | None = None,
    categories: Words = SUBSEQUENT,
) -> pd.Series:
    """D where the day of the first new anticancer therapy was imputed, M where the month was too; missing
    where another one started on that very day with a complete date.

    Takes     participants; NACTDT; date of last exposure; category and start of medications and, where there
              are any, of procedures; the categories of new therapy.
    Returns   D, M or missing.
    Source    ADaMIG 1.3, 3.1.3 (*DTF).
    """
    therapies = _new_therapies(usubjid, treated, drugs, procedures, categories)
    starts = pd.DataFrame({SUBJECT: usubjid, "start": start})
    first_day = lookup.value_of_subject(therapies[SUBJECT], starts, "start")
    on_first_day = therapies[therapies["day"].eq(first_day)]
    imputed = on_first_day.assign(flag=dates.imputed(on_first_day["date"]))
    complete = imputed.loc[imputed["flag"].isna(), SUBJECT]
    return lookup.value_of_subject(usubjid, imputed[~imputed[SUBJECT].isin(complete)], "flag")


def _new_therapies(
    usubjid: pd.Series,
    treated: pd.Series,
    drugs: pd.DataFrame,
    procedures: pd.DataFrame | None,
    categories: Words,
) -> pd.DataFrame:
    """All starts of new anticancer therapies: participant, date as it was collected, day."""
    columns = [SUBJECT, "category", "date"]
    therapies = [drugs] if procedures is None else [drugs, procedures]
    started = pd.concat(
        [part[[SUBJECT, *values_of(part)]].set_axis(columns, axis="columns") for part in therapies],
        ignore_index=True,
    )
    started = started[started["category"].isin(categories) & started["date"].notna()]
    exposure = pd.DataFrame({SUBJECT: usubjid, "last_dose": treated})
    last_dose = lookup.value_of_subject(started[SUBJECT], exposure, "last_dose")
    return started.assign(day=_not_before(started["date"], last_dose))


def _not_before(date: pd.Series, limit: pd.Series) -> pd.Series:
    """The first day that each date can mean or, where it is partial and can mean it, the later limit."""
    first, last = dates.first_day(date), dates.last_day(date)
    return first.mask(limit.gt(first) & limit.le(last), limit)
