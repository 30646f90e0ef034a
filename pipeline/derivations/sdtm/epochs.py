"""EPOCH: the epoch of the element in which a record begins or was due; null before participation."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd

from pipeline.derivations.sdtm.visits import visit_day
from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Named, Placed
from pipeline.records.epochs import is_of_treatment
from pipeline.records.identity import SUBJECT, values_of
from pipeline.study.models import Visit

Elements = Annotated[pd.DataFrame, Named("EPOCH", "SESTDTC")]


def epoch(usubjid: pd.Series, date: pd.Series, se: Elements) -> pd.Series:
    """Epoch of the element in which the record begins, by the participant's actual elements; none for what
    began before the participant took part in the study.

    1. An element begins at the time of its start. Where its start or the record has no time, it has the whole
       of its first day: so what has no time on the day of the first dose is of treatment, and nothing that
       may have happened under treatment is taken out of it. --LOBXFL may take the same record for one of
       before the first dose, since the protocol has assessments done before dosing; it says which value is
       baseline, and the epoch what treatment may have touched.
       The element ends where the next one begins, and the last has all that comes after it.
    2. What begins before the first element, and so before informed consent, has no epoch.
    3. A partial date can lie in several elements. It counts for the first of study treatment in which it can
       lie (TREATMENT, OPEN LABEL TREATMENT, TREATMENT 1; not POST-TREATMENT), for the same reason; else for
       the earliest in which it can lie.

    Takes     ISO 8601 text of the record; SE with EPOCH and SESTDTC.
    Returns   text; missing where the date is missing, or before participation, or where the participant has
              no element.
    Source    SDTMIG 3.4, 4.1.3.1 (EPOCH is null before participation) and 5.3 (SE, example 2: the rule for
              what lies on the day of a transition is the sponsor's).
    """
    elements = _in_order(se.assign(begins=dates.moment(se["SESTDTC"])))
    places = lookup.as_of(usubjid, dates.last_moment(date), elements, "begins")
    partial = np.flatnonzero(date.notna() & dates.day(date).isna())
    if not len(partial):
        return _epoch_at(places, elements, usubjid.index)

    participant, partial_date = usubjid.iloc[partial], date.iloc[partial]
    on_first_day = lookup.as_of(participant, _end_of_day(dates.first_day(partial_date)), elements, "begins")
    latest = lookup.as_of(participant, _end_of_day(dates.last_day(partial_date)), elements, "begins")
    earliest = np.maximum(on_first_day, lookup.place_of_subject(participant, elements))
    treatment = _first_treatment_between(earliest, latest, elements)
    # where even the last day that it can mean is before the first element, `latest` and so all are -1
    places[partial] = np.where(treatment >= 0, treatment, np.minimum(earliest, latest))
    return _epoch_at(places, elements, usubjid.index)


def epoch_of_history(usubjid: pd.Series, date: pd.Series, se: Elements) -> pd.Series:
    """Epoch of what a form of history records: none, for it began before the participant took part.

    A partial date that can lie before informed consent does, since the form asks only for what had begun by
    then. What is dated on or after the day of informed consent has the epoch of its date.

    Takes     ISO 8601 text of the record; SE with EPOCH and SESTDTC.
    Returns   text; missing for what began before participation.
    Source    SDTMIG 3.4, 4.1.3.1 (EPOCH by the structure of the CRF where the date is not precise enough).
    """
    first_elements = lookup.first_of_subject(se.assign(day=dates.day(se["SESTDTC"])), "day")
    participation = lookup.value_of_subject(usubjid, first_elements, "day")
    return epoch(usubjid, date, se).where(dates.first_day(date).ge(participation))


def epoch_of_branch(usubjid: pd.Series, date: pd.Series, se: Elements) -> pd.Series:
    """Epoch of the element at whose end the participant was assigned to an arm.

    The arms of the trial branch at the end of an element. So what is dated on the day on which the next
    element begins belongs to the element before it, unless a time of both says that it came later.

    Takes     ISO 8601 text of the assignment; SE with EPOCH and SESTDTC.
    Returns   text; missing where the date is missing, partial, or before participation, or where the
              participant has no element.
    Source    SDTMIG 3.4, 4.1.3.1 and 7.2.1 (TA, TABRANCH: the outcome at the end of the element).
    """
    elements = _in_order(se.assign(begins=dates.moment(se["SESTDTC"])))
    # an element without a time has begun when its first day ends; the first one has none before it
    is_first = elements.groupby(SUBJECT).cumcount().eq(0)
    elements = _in_order(
        elements.assign(begins=elements["begins"].where(is_first, dates.last_moment(elements["SESTDTC"])))
    )
    just_before = (dates.moment(date) - pd.Timedelta(seconds=1)).astype(dates.DAY)
    ending = lookup.as_of(usubjid, just_before, elements, "begins")
    begun = lookup.as_of(usubjid, dates.last_moment(date), elements, "begins")
    first = lookup.place_of_subject(usubjid, elements)
    return _epoch_at(np.where(begun >= 0, np.maximum(ending, first), -1), elements, usubjid.index)


def epoch_when_due(
    usubjid: pd.Series, date: pd.Series, visit: pd.Series, se: Elements, visits: tuple[Visit, ...]
) -> pd.Series:
    """Epoch of the element in which the record begins; for what was not done and has no date, of the element
    in which its visit was due.

    The day on which a visit was due is counted from the first day after SCREENING: the first dose, or for a
    participant never dosed the day after randomization. An unplanned visit was never due.

    Takes     ISO 8601 text of the record; its visit as typed; SE with EPOCH and SESTDTC; the visits of the
              study.
    Returns   text; missing where there is neither a date nor a planned visit, or where the participant has no
              element.
    Source    SDTMIG 3.4, 4.1.3.1 and 5.3 (SE, EPOCH).
    """
    undated = date.isna()
    if not undated.any():
        return epoch(usubjid, date, se)
    elements = _in_order(se.assign(begins=dates.day(se["SESTDTC"])))
    participation = lookup.value_of_subject(usubjid[undated], elements, "begins")
    second_elements = elements[elements.groupby(SUBJECT).cumcount().eq(1)]
    first_day = lookup.value_of_subject(usubjid[undated], second_elements, "begins")
    due = dates.on_day(first_day, visit_day(visit[undated], visits))
    due = due.mask(due.lt(participation), participation)  # nothing was due before informed consent
    return epoch(usubjid, date.mask(undated, dates.to_iso(due)), se)


def epoch_of_dose(
    usubjid: pd.Series,
    date: pd.Series,
    visit: pd.Series,
    given: pd.Series,
    doses: Annotated[pd.DataFrame, Placed("given", Date("date"), "visit")],
    se: Elements,
    visits: tuple[Visit, ...],
) -> pd.Series:
    """Epoch of the element in which a planned dose was given or was due; none for a dose that was not given
    before the first one was.

    Treatment begins with the first dose, and the protocol plans none before it, so a dose refused before it
    belongs to no epoch; nor does one refused by a participant who was never dosed. A dose that was not given
    comes before the first one by its date, or without a date by the planned days of the two visits.

    Takes     ISO 8601 text, visit as typed, and given (Y) or not (N) of each planned dose; the same of all
              planned doses of the participant; SE with EPOCH and SESTDTC; the visits of the study.
    Returns   text.
    Source    SDTMIG 3.4, 4.1.3.1; the sponsor's choice for doses not given.
    """
    was_given, dose_date, dose_visit = values_of(doses)
    received = doses.assign(day=dates.day(doses[dose_date]), due=visit_day(doses[dose_visit], visits))
    received = received[received[was_given].eq("Y") & received["day"].notna()]
    first_dose = lookup.first_of_subject(received, "day", "due")
    first_day = lookup.value_of_subject(usubjid, first_dose, "day")
    due_earlier = visit_day(visit, visits).lt(lookup.value_of_subject(usubjid, first_dose, "due"))
    before_first = first_day.isna() | dates.last_day(date).lt(first_day) | (date.isna() & due_earlier)
    return epoch_when_due(usubjid, date, visit, se, visits).mask(given.eq("N") & before_first)


def _in_order(elements: pd.DataFrame) -> pd.DataFrame:
    """The elements whose beginning is complete, in the order in which each participant went through them."""
    return lookup.in_order(elements[elements["begins"].notna()], SUBJECT, "begins")


def _end_of_day(day: pd.Series) -> pd.Series:
    return (day + pd.Timedelta(days=1) - pd.Timedelta(seconds=1)).astype(dates.DAY)


def _epoch_at(places: np.ndarray, elements: pd.DataFrame, index: pd.Index) -> pd.Series:
    return pd.Series(elements["EPOCH"].array.take(places, allow_fill=True), index=index)


def _first_treatment_between(earliest: np.ndarray, latest: np.ndarray, elements: pd.DataFrame) -> np.ndarray:
    """The place of the first element of study treatment from the earliest to the latest place; -1 for none.

    Takes     places of elements of one participant each, -1 for none.
    """
    of_treatment = lookup.meets(elements["EPOCH"], is_of_treatment)
    places = pd.Series(np.arange(len(elements), dtype="float64"))
    next_treatment = places.where(of_treatment).bfill()
    found = np.append(next_treatment.to_numpy(), np.nan)[earliest]  # place -1 is the last: none
    return np.where(found <= latest, found, -1)
