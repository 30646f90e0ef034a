"""EPOCH: the epoch of the element in which a record begins, or was due to begin."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.derivations.sdtm.visits import visit_day
from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT
from pipeline.study.models import Visit

TREATMENT = "TREATMENT"  # the epoch of study treatment in CDISC terminology (C101526)


def epoch(usubjid: pd.Series, date: pd.Series, se: pd.DataFrame) -> pd.Series:
    """Epoch of the element in which the record begins, by the participant's actual elements.

    1. An element holds its whole first day and ends on the day before the next one begins. The first element
       also holds what came before it, the last what came after it.
    2. A complete date lies in one element.
    3. A partial date can lie in several. It counts as TREATMENT if it can lie there, so that nothing that may
       have happened under treatment is taken out of it; else it counts for the earliest.

    Takes     ISO 8601 text of the record; SE with EPOCH and SESTDTC.
    Returns   text; missing where the date is missing, or where the participant has no element.
    Source    SDTMIG 3.4, 4.4.3 and 5.3 (SE, EPOCH).
    """
    elements = _begun_elements(se)
    places = _element_on(usubjid, dates.first_day(date), elements)

    partial = np.flatnonzero(date.notna() & dates.day(date).isna())
    earliest = places[partial]
    latest = _element_on(usubjid.iloc[partial], dates.last_day(date.iloc[partial]), elements)
    treatment = _next_treatment(elements)[earliest]
    places[partial] = np.where(treatment <= latest, treatment, earliest)
    return pd.Series(elements["EPOCH"].array.take(places, allow_fill=True), index=usubjid.index)


def epoch_when_due(
    usubjid: pd.Series, date: pd.Series, folder: pd.Series, se: pd.DataFrame, visits: tuple[Visit, ...]
) -> pd.Series:
    """Epoch of the element in which the record begins; for what was not done and has no date, of the element
    in which its visit was due.

    The day on which a visit was due is counted from the first day after SCREENING: the first dose, or for a
    participant never dosed the day after randomization. An unplanned visit was never due.

    Takes     ISO 8601 text of the record; its visit as typed; SE with EPOCH and SESTDTC; the visits of the
              study.
    Returns   text; missing where there is neither a date nor a planned visit, or where the participant has no
              element.
    Source    SDTMIG 3.4, 4.4.3 and 5.3 (SE, EPOCH).
    """
    undated = date.isna()
    if not undated.any():
        return epoch(usubjid, date, se)
    elements = _begun_elements(se)
    second_elements = elements[elements.groupby(SUBJECT).cumcount().eq(1)]
    first_day = lookup.value_of_subject(usubjid[undated], second_elements, "begins")
    due = dates.on_day(first_day, visit_day(folder[undated], visits))
    return epoch(usubjid, date.mask(undated, dates.to_iso(due)), se)


def _begun_elements(se: pd.DataFrame) -> pd.DataFrame:
    """The elements with a complete first day, in the order in which each participant went through them."""
    elements = se.assign(begins=dates.day(se["SESTDTC"]))
    return lookup.in_order(elements[elements["begins"].notna()], SUBJECT, "begins")


def _element_on(usubjid: pd.Series, day: pd.Series, elements: pd.DataFrame) -> np.ndarray:
    """The place of the element that holds each day; -1 where there is no day, or no element."""
    places = lookup.as_of(usubjid, day, elements, "begins")
    before_all = (places < 0) & day.notna().to_numpy()
    places[before_all] = lookup.place_of_subject(usubjid[before_all], elements)
    return places


def _next_treatment(elements: pd.DataFrame) -> np.ndarray:
    """From each element on, the place of the next one of study treatment, of any participant; NaN for none,
    and for place -1.
    """
    places = pd.Series(np.arange(len(elements), dtype="float64"))
    following = places.where(elements["EPOCH"].eq(TREATMENT).to_numpy()).bfill()
    return np.append(following.to_numpy(), np.nan)
