"""DM and DC: which screening of a person counts, the reference dates, and death."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Placed
from pipeline.records.identity import KEY, SUBJECT, values_of

Screenings = Annotated[pd.DataFrame, Placed("subject number", "earlier subject number")]
Randomized = Annotated[pd.DataFrame, Placed(Date("date of randomization"))]
Ends = Annotated[pd.DataFrame, Placed(Date("date of the end of study"))]


# --- screenings
def last_screening(screenings: Screenings) -> pd.DataFrame:
    """The enrolment record of each person; for a person screened again the one whose subject number no other
    record names as the earlier one.

    Takes     enrolment records with subject number and earlier subject number.
    Returns   one record per person, with its identity.
    Source    SDTMIG 3.4, DM assumption 4 (a person screened more than once).
    """
    number, earlier_number = values_of(screenings)
    return screenings.loc[~screenings[number].isin(screenings[earlier_number]), KEY]


def earlier_screenings(screenings: Screenings) -> pd.DataFrame:
    """The enrolment records that another record of the same person names as the earlier one: all that DM does
    not hold.

    Takes     enrolment records with subject number and earlier subject number.
    Returns   one record per earlier screening, with its identity.
    Source    SDTMIG 3.4, DM assumption 4 (a person screened more than once).
    """
    number, earlier_number = values_of(screenings)
    return screenings.loc[screenings[number].isin(screenings[earlier_number]), KEY]


def end_of_screening(
    subject: pd.Series, ends: Annotated[pd.DataFrame, Placed("subject number", Date("date"))]
) -> pd.Series:
    """Date on which the person left that screening, by the end-of-study form of its subject number.

    Takes     subject number of the screening; end-of-study forms with subject number and date.
    Returns   ISO 8601 text; missing where that number has no form.
    Source    SDTMIG 3.4, DM, RFPENDTC.
    """
    number, date = values_of(ends)
    date_of_number = ends.drop_duplicates(number).set_index(number)[date]
    return subject.map(date_of_number).astype("str")


# --- reference dates
def date_of_first_consent(
    usubjid: pd.Series, consents: Annotated[pd.DataFrame, Placed(Date("date of consent"))]
) -> pd.Series:
    """Date of the first informed consent of the person, over all screenings.

    Takes     participants; enrolment records with the date of consent.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, DM, RFICDTC; conformance rules CG0068 and CG0143 (the earliest consent in DS).
    """
    consented = _complete_dates(consents, values_of(consents))
    return lookup.value_of_subject(usubjid, lookup.first_of_subject(consented, "date"), "date")


def start_of_first_dose(
    usubjid: pd.Series, exposure: Annotated[pd.DataFrame, Placed(Date("start"))]
) -> pd.Series:
    """Date and time of the first dose of any study treatment; missing for a participant who was never dosed.

    A partial date does not count: as text, "2016-08" would sort before every day of August.

    Takes     participants; start of each dose received.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, DM, RFSTDTC and RFXSTDTC.
    """
    dosed = _complete_dates(exposure, values_of(exposure))
    return lookup.value_of_subject(usubjid, lookup.first_of_subject(dosed, "date"), "date")


def end_of_last_dose(
    usubjid: pd.Series,
    exposure: Annotated[pd.DataFrame, Placed(Date("start"), Date("end"), optional="end")],
) -> pd.Series:
    """Date and time at which the last dose of any study treatment ended, or began, where its end was not
    collected.

    Takes     participants; start and end of each dose received.
    Returns   ISO 8601 text; missing for a participant who was never dosed.
    Source    SDTMIG 3.4, DM, RFXENDTC.
    """
    dosed = _complete_dates(exposure, values_of(exposure))
    return lookup.value_of_subject(usubjid, lookup.last_of_subject(dosed, "date"), "date")


def end_of_study(usubjid: pd.Series, ends: Ends, randomized: Randomized) -> pd.Series:
    """Date on which a randomized participant left the study, as precise as it is known; missing for a screen
    failure.

    An end before randomization is that of an earlier screening and does not count.

    Takes     participants; end-of-study forms with their date; randomizations with theirs.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, DM, RFENDTC (required for all randomized, null for screen failures).
    """
    (end,), (randomization,) = values_of(ends), values_of(randomized)
    randomized_on = dates.day(lookup.value_of_subject(ends[SUBJECT], randomized, randomization))
    after_randomization = dates.last_day(ends[end]).ge(randomized_on)
    return latest_date(usubjid, ends[after_randomization], [end])


def end_of_reference_period(
    usubjid: pd.Series,
    ends: Ends,
    randomized: Randomized,
    contact: pd.Series,
    visits: Annotated[pd.DataFrame, Placed(Date("date of the visit"))],
) -> pd.Series:
    """Date on which a randomized participant left the study, as precise as it is known; of one who is still
    in the study at the data cut-off, the last day of contact: of a visit, or with known survival, or of
    randomization itself. Missing for a screen failure.

    Takes     participants; end-of-study forms with their date; randomizations with theirs; last date of
              contact; visits with their date.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, DM, RFENDTC (required for all randomized, null for screen failures).
    """
    end = end_of_study(usubjid, ends, randomized)
    contacts = pd.DataFrame({SUBJECT: usubjid, "contact": contact})
    seen = [
        records[[SUBJECT, *values_of(records)]].set_axis([SUBJECT, "date"], axis="columns")
        for records in (contacts, visits, randomized)
    ]
    last_seen = latest_date(usubjid, pd.concat(seen, ignore_index=True), ["date"])
    return end.where(end.notna(), last_seen).where(usubjid.isin(randomized[SUBJECT]))


def latest_date(usubjid: pd.Series, records: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """The date of each participant whose last possible day is latest; the most precise of those that end on
    the same day.
    """
    dated = _in_one_column(records, columns)
    dated = dated.assign(last=dates.last_day(dated["date"]), precision=dated["date"].str.len())
    latest = lookup.last_of_subject(dated[dated["last"].notna()], "last", "precision")
    return lookup.value_of_subject(usubjid, latest, "date")


def complete_days(records: pd.DataFrame) -> pd.DataFrame:
    """The complete dates of records, without their time: one record for each, in column `date`."""
    complete = _complete_dates(records, [str(column) for column in values_of(records)])
    return complete.assign(date=complete["date"].str[:10])


def _complete_dates(records: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    dated = _in_one_column(records, columns)
    return dated[dates.day(dated["date"]).notna()]


def _in_one_column(records: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    parts = [records[[SUBJECT, c]].rename(columns={c: "date"}) for c in columns]
    return pd.concat(parts, ignore_index=True)


def age(birth: pd.Series, reference: pd.Series) -> pd.Series:
    """Age in completed years on the reference date. Of a date of birth without day or month the first day
    that it can mean counts: of a year alone it is the difference of the years.

    Takes     ISO 8601 text: date of birth, and the date on which the age is asked for, such as consent.
    Returns   whole number of years; missing without a complete reference date, or for one before birth.
    Source    SDTMIG 3.4, DM, AGE (age expressed in AGEU, relative to a reference date).
    """
    born, on = dates.first_day(birth), dates.day(reference)
    before_birthday = (on.dt.month * 100 + on.dt.day).lt(born.dt.month * 100 + born.dt.day)
    years: pd.Series = (on.dt.year - born.dt.year - before_birthday).astype("float64")
    return years.where(born.le(on))


# --- death
def date_of_death(
    usubjid: pd.Series, deaths: Annotated[pd.DataFrame, Placed(Date("date of death"))]
) -> pd.Series:
    """Date of death as precise as the death form gives it.

    Takes     participants; death forms with their date.
    Returns   ISO 8601 text, partial where the form is; missing for a participant not known to have died.
    Source    SDTMIG 3.4, DM, DTHDTC.
    """
    (date,) = values_of(deaths)
    return lookup.value_of_subject(usubjid, deaths, date)


def death_flag(usubjid: pd.Series, deaths: pd.DataFrame) -> pd.Series:
    """Y for a participant with a death form, whether or not its date is complete.

    Takes     participants; death forms.
    Returns   Y or missing.
    Source    SDTMIG 3.4, DM, DTHFL.
    """
    return pd.Series("Y", index=usubjid.index, dtype="str").where(usubjid.isin(deaths[SUBJECT]))


def flag_of_death(date: pd.Series) -> pd.Series:
    """Y for a participant with a date of death, complete or partial.

    Takes     ISO 8601 text.
    Returns   Y or missing.
    Source    SDTMIG 3.4, DM, DTHFL.
    """
    return pd.Series("Y", index=date.index, dtype="str").where(date.notna())
