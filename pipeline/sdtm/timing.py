"""Study days, epochs, visits, sequence numbers and the last observation before exposure: derivations that every study needs."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from pipeline import dates, order
from pipeline.study.models import Visit

KEY = ["USUBJID", "form", "record"]
TREATMENT = "TREATMENT"  # the epoch of study treatment in CDISC terminology (C101526)


def study_day(date: pd.Series, reference: pd.Series) -> pd.Series:
    """Day of the study, where the reference date is day 1 and the day before it is day -1; missing unless both dates are complete.

    Takes     ISO 8601 text of the record and of its reference date (DM.RFSTDTC).
    Returns   whole days.
    Source    SDTMIG 3.4, 4.4.4.
    """
    return dates.days_between(dates.day(reference), dates.day(date))


def date_time(date: pd.Series, time: pd.Series) -> pd.Series:
    """The collected date, with the collected time of day behind it where the date is complete and a time was collected.

    Takes     ISO 8601 text and HH:MM.
    Returns   ISO 8601 text, as precise as collected.
    Source    SDTMIG 3.4, 4.4.1.
    """
    whole = date.str.len().eq(10) & time.notna()
    return date.where(~whole, date + "T" + time.str.zfill(5))


def epoch(usubjid: pd.Series, date: pd.Series, se: pd.DataFrame) -> pd.Series:
    """Epoch of the element in which the record begins, by the subject's actual elements.

    An element holds its whole first day and ends the day before the next one begins; the first also holds what came before it, the last
    what came after it. A partial date that can lie in more than one element counts as TREATMENT if it can lie there, so that nothing that
    may have happened under treatment is taken out of it; else it counts for the earliest.

    Takes     ISO 8601 text of the record; SE with EPOCH and SESTDTC.
    Returns   text; missing where the date is, or where the subject has no element.
    Source    SDTMIG 3.4, 4.4.3 and 5.3 (SE, EPOCH).
    """
    return placed(usubjid, date, elements(se))


Elements = tuple[pd.Index, np.ndarray, np.ndarray]  # subjects; a row each, a column a place in their sequence: first day, epoch


def elements(se: pd.DataFrame) -> Elements:
    """First day and epoch of each element of a subject, in the order in which they begin; of one without a first day nothing."""
    day = dates.day(se["SESTDTC"])
    known = se.assign(day=day)[day.notna()]
    who, subjects = pd.factorize(known["USUBJID"])
    ordered = np.lexsort([*(order.rank(known[c]) for c in KEY[:0:-1]), known["day"].to_numpy(), who])
    who = who[ordered]
    place = order.within(who)
    shape = len(subjects), int(place.max(initial=-1)) + 1
    starts, names = np.full(shape, np.datetime64("NaT", "s")), np.full(shape, None, dtype="object")
    starts[who, place] = known["day"].to_numpy()[ordered]
    names[who, place] = known["EPOCH"].to_numpy(dtype="object")[ordered]
    return subjects, starts, names


def placed(usubjid: pd.Series, date: pd.Series, elements: Elements) -> pd.Series:
    """The epoch of the element that holds each date, as `epoch` says."""
    subjects, starts, names = elements
    if not names.size:
        return pd.Series(index=usubjid.index, dtype="str")
    who = subjects.get_indexer(pd.Index(usubjid))
    known = np.flatnonzero((who >= 0) & date.notna().to_numpy())
    who = who[known]
    first, last = (_place(day.to_numpy()[known], starts[who]) for day in (dates.first_day(date), dates.last_day(date)))
    place = first
    for at in range(names.shape[1]):
        place = np.where((first <= at) & (at <= last) & (names[who, at] == TREATMENT), at, place)
    found = np.full(len(date), None, dtype="object")
    found[known] = names[who, place]
    return pd.Series(found, index=usubjid.index, dtype="str")


def _place(day: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The place in the subject's sequence of the element that holds each day; what comes before all of them is in the first."""
    begun = (day[:, None] >= starts).sum(axis=1)
    place: np.ndarray = np.maximum(begun, 1) - 1
    return place


def visit_number(folder: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Number of the visit: as planned, and for numbered unplanned visits and contacts the number of their series plus their own.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   number; missing where the study knows no such visit.
    Source    SDTMIG 3.4, 4.4.5.
    """
    return dates.each(folder, lambda text: _visit(text, visits)[0], "float64")


def visit_name(folder: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Name of the visit as the study writes it, one for each visit number.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   text; missing where the study knows no such visit.
    Source    SDTMIG 3.4, 4.4.5.
    """
    return dates.each(folder, lambda text: _visit(text, visits)[1])


def visit_day(folder: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Planned study day of a planned visit; of an unplanned visit or contact there is none.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   whole days.
    Source    SDTMIG 3.4, 4.4.5 (VISITDY).
    """
    planned = {v.name: v.day for v in visits}
    return dates.each(folder, lambda text: planned.get(_visit(text, visits)[1] or ""), "float64")


def planned_numbers(visits: tuple[Visit, ...]) -> set[float]:
    """The numbers of all visits and contacts that the protocol plans."""
    single = {v.number for v in visits if not v.series}
    return single | {v.number + n for v in visits if v.series for n in range(1, v.planned + 1)}


def _visit(text: str, visits: tuple[Visit, ...]) -> tuple[float | None, str | None]:
    name = " ".join(text.upper().split())
    for visit in visits:
        if not visit.series and name == visit.name:
            return visit.number, visit.name
        match = re.fullmatch(re.escape(visit.name) + r" (\d{1,2})", name) if visit.series else None
        if match:
            return visit.number + int(match[1]), f"{visit.name} {int(match[1]):02d}"
    return None, None


def sequence(records: pd.DataFrame) -> pd.Series:
    """Number of the record within its dataset and subject, in the order of the dataset's keys.

    Takes     the subject's records of the dataset: the columns that order them, first to last.
    Returns   1, 2, 3 ... for each subject.
    Source    SDTMIG 3.4, 4.1.5 (--SEQ).
    """
    by = ["USUBJID", *(str(c) for c in records if c not in KEY), *KEY[1:]]
    ordered = order.positions(records[c] for c in by)
    number = np.empty(len(records))
    number[ordered] = order.within(order.rank(records["USUBJID"])[ordered]) + 1
    return pd.Series(number, index=records.index)


def last_before_dose(records: pd.DataFrame, reference: pd.DataFrame) -> pd.Series:
    """Y for the last record with a result before the first dose, of each test (and lesion).

    A record of an earlier day is before the first dose. On the day of the first dose the times decide where both are known; where one is
    not, the record counts as before it, for the protocol has every assessment done before dosing.

    Takes     the subject's records: a column that ends in DTC (ISO 8601), one that ends in ORRES, and what tells tests apart;
              the date and time of first exposure of each subject.
    Returns   Y or missing.
    Source    SDTMIG 3.4, 4.5.9 (--LOBXFL).
    """
    columns = [str(c) for c in records if c not in KEY]
    date = next(c for c in columns if c.endswith("DTC"))
    result = next(c for c in columns if c.endswith("ORRES"))
    first = reference.drop_duplicates("USUBJID").set_index("USUBJID").iloc[:, -1]  # a second record breaks DM's key: a finding
    dose = records["USUBJID"].map(first).astype("str")
    at = dates.moment(records[date])
    same_day = dates.day(records[date]).eq(dates.day(dose))
    before = at.le(dates.moment(dose)) | same_day & ~(dates.has_time(records[date]) & dates.has_time(dose))
    candidates = np.flatnonzero((records[result].notna() & before).to_numpy())
    ordered = candidates[order.positions([at.iloc[candidates], *(records[c].iloc[candidates] for c in KEY[1:])])]
    group = ["USUBJID", *(c for c in columns if c not in (date, result))]
    last = records[group].iloc[ordered].drop_duplicates(keep="last").index
    return pd.Series("Y", index=records.index, dtype="str").where(records.index.isin(last))
