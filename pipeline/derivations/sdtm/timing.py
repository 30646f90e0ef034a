"""Study days, epochs, visits, sequence numbers and the last observation before exposure: derivations that
every study needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.distinct import codes_and_values, map_distinct
from pipeline.records.identity import KEY
from pipeline.study.models import Visit

_OWN_NUMBER = re.compile(r"\d{1,2}")
TREATMENT = "TREATMENT"  # the epoch of study treatment in CDISC terminology (C101526)


def study_day(date: pd.Series, reference: pd.Series) -> pd.Series:
    """Day of the study, where the reference date is day 1 and the day before it is day -1; missing unless
    both dates are complete.

    Takes     ISO 8601 text of the record and of its reference date (DM.RFSTDTC).
    Returns   whole days.
    Source    SDTMIG 3.4, 4.4.4.
    """
    return dates.days_between(dates.day(reference), dates.day(date))


def date_time(date: pd.Series, time: pd.Series) -> pd.Series:
    """The collected date, with the collected time of day behind it where the date is complete and a time was
    collected.

    Takes     ISO 8601 text and HH:MM.
    Returns   ISO 8601 text, as precise as collected.
    Source    SDTMIG 3.4, 4.4.1.
    """
    whole = (date.str.len().eq(10) & time.notna()).to_numpy(bool)
    both = date + map_distinct(time, lambda t: f"T{t.zfill(5)}")
    place = np.arange(len(date)) + np.where(whole, len(date), 0)
    return pd.Series(pd.concat([date, both]).array.take(place), index=date.index)


def epoch(usubjid: pd.Series, date: pd.Series, se: pd.DataFrame) -> pd.Series:
    """Epoch of the element in which the record begins, by the subject's actual elements.

    An element holds its whole first day and ends the day before the next one begins; the first also holds
    what came before it, the last what came after it. A partial date that can lie in more than one element
    counts as TREATMENT if it can lie there, so that nothing that may have happened under treatment is taken
    out of it; else it counts for the earliest.

    Takes     ISO 8601 text of the record; SE with EPOCH and SESTDTC.
    Returns   text; missing where the date is, or where the subject has no element.
    Source    SDTMIG 3.4, 4.4.3 and 5.3 (SE, EPOCH).
    """
    return placed(usubjid, date, elements(se))


Elements = tuple[
    dict[str, int], np.ndarray, np.ndarray
]  # the row of each subject; a column a place in her sequence: first day, epoch


def elements(se: pd.DataFrame) -> Elements:
    """First day and epoch of each element of a subject, in the order in which they begin; of one without a
    first day nothing.
    """
    who, subjects = codes_and_values(se["USUBJID"])
    day = dates.day(se["SESTDTC"]).to_numpy()
    ordered = np.lexsort([*(lookup.value_ranks(se[c]) for c in KEY[:0:-1]), day, who])
    ordered = ordered[~np.isnat(day[ordered])]
    who = who[ordered]
    place = lookup.place_within_group(who)
    shape = len(subjects), int(place.max(initial=-1)) + 1
    starts, names = np.full(shape, np.datetime64("NaT", "s")), np.full(shape, None, dtype="object")
    starts[who, place] = day[ordered]
    names[who, place] = se["EPOCH"].array.take(ordered).to_numpy(dtype="object")
    return {subject: row for row, subject in enumerate(subjects)}, starts, names


def rows_of(usubjid: pd.Series, elements: Elements) -> np.ndarray:
    """The row that the subject of each record has among the elements; -1 for none."""
    codes, subjects = codes_and_values(usubjid)
    found: np.ndarray = np.array([*(elements[0].get(s, -1) for s in subjects), -1])[codes]
    return found


def placed(usubjid: pd.Series, date: pd.Series, elements: Elements) -> pd.Series:
    """The epoch of the element that holds each date, as `epoch` says."""
    _, starts, names = elements
    if not names.size:
        return pd.Series(index=usubjid.index, dtype="str")
    who = rows_of(usubjid, elements)
    known = np.flatnonzero((who >= 0) & date.notna().to_numpy())
    who = who[known]
    first, last = (
        _place(day.to_numpy()[known], starts[who]) for day in (dates.first_day(date), dates.last_day(date))
    )
    place = first
    for at in range(names.shape[1]):
        place = np.where((first <= at) & (at <= last) & (names[who, at] == TREATMENT), at, place)
    found = np.full(len(date), -1)
    found[known] = who * names.shape[1] + place
    return pd.Series(pd.array(names.ravel(), dtype="str").take(found, allow_fill=True), index=usubjid.index)


def _place(day: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The place in the subject's sequence of the element that holds each day; what comes before all of them
    is in the first.
    """
    begun = (day[:, None] >= starts).sum(axis=1)
    place: np.ndarray = np.maximum(begun, 1) - 1
    return place


def visit_number(folder: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Number of the visit: as planned, and for numbered unplanned visits and contacts the number of their
    series plus their own.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   number; missing where the study knows no such visit.
    Source    SDTMIG 3.4, 4.4.5.
    """
    number = _called(visits)
    return map_distinct(folder, lambda text: number(text)[0], "float64")


def visit_name(folder: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Name of the visit as the study writes it, one for each visit number.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   text; missing where the study knows no such visit.
    Source    SDTMIG 3.4, 4.4.5.
    """
    name = _called(visits)
    return map_distinct(folder, lambda text: name(text)[1])


def visit_day(folder: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Planned study day of a planned visit; of an unplanned visit or contact there is none.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   whole days.
    Source    SDTMIG 3.4, 4.4.5 (VISITDY).
    """
    planned = {v.name: v.day for v in visits}
    name = _called(visits)
    return map_distinct(folder, lambda text: planned.get(name(text)[1] or ""), "float64")


def planned_numbers(visits: tuple[Visit, ...]) -> set[float]:
    """The numbers of all visits and contacts that the protocol plans."""
    single = {v.number for v in visits if not v.series}
    return single | {v.number + n for v in visits if v.series for n in range(1, v.planned + 1)}


def _called(visits: tuple[Visit, ...]) -> Callable[[str], tuple[float | None, str | None]]:
    """Number and name of the visit that a text, as typed, means; nothing where the study knows no such visit."""
    single = {v.name: (v.number, v.name) for v in visits if not v.series}
    series = {v.name: v for v in visits if v.series}

    def visit(text: str) -> tuple[float | None, str | None]:
        name = " ".join(text.upper().split())
        if name in single:
            return single[name]
        family, _, own = name.rpartition(" ")
        if family in series and _OWN_NUMBER.fullmatch(own):
            return series[family].number + int(own), f"{family} {int(own):02d}"
        return None, None

    return visit


def sequence(records: pd.DataFrame) -> pd.Series:
    """Number of the record within its dataset and subject, in the order of the dataset's keys.

    Takes     the subject's records of the dataset: the columns that order them, first to last.
    Returns   1, 2, 3 ... for each subject.
    Source    SDTMIG 3.4, 4.1.5 (--SEQ).
    """
    by = ["USUBJID", *(str(c) for c in records if c not in KEY), *KEY[1:]]
    ordered = lookup.sorted_places(records[c] for c in by)
    number = np.empty(len(records))
    number[ordered] = lookup.place_within_group(lookup.value_ranks(records["USUBJID"])[ordered]) + 1
    return pd.Series(number, index=records.index)


def last_before_dose(records: pd.DataFrame, reference: pd.DataFrame) -> pd.Series:
    """Y for the last record with a result before the first dose, of each test (and lesion).

    A record of an earlier day is before the first dose. On the day of the first dose the times decide where
    both are known; where one is not, the record counts as before it, for the protocol has every assessment
    done before dosing.

    Takes     the subject's records: a column that ends in DTC (ISO 8601), one that ends in ORRES, and what
              tells tests apart; the date and time of first exposure of each subject.
    Returns   Y or missing.
    Source    SDTMIG 3.4, 4.5.9 (--LOBXFL).
    """
    columns = [str(c) for c in records if c not in KEY]
    date = next(c for c in columns if c.endswith("DTC"))
    result = next(c for c in columns if c.endswith("ORRES"))
    dose = _of_subject(records["USUBJID"], reference)
    at = dates.moment(records[date]).to_numpy()
    same_day = dates.day(records[date]).to_numpy() == dates.day(dose).to_numpy()
    timed = dates.has_time(records[date]).to_numpy(bool) & dates.has_time(dose).to_numpy(bool)
    before = (at <= dates.moment(dose).to_numpy()) | same_day & ~timed
    candidates = np.flatnonzero(records[result].notna().to_numpy() & before)
    last = _last_of_each(
        [records[c] for c in ("USUBJID", *columns) if c not in (date, result)], candidates, at, records
    )
    return pd.Series(pd.array(["Y", None], dtype="str").take(np.where(last, 0, 1)), index=records.index)


def _of_subject(usubjid: pd.Series, reference: pd.DataFrame) -> pd.Series:
    """The value of each record's subject; a second record of a subject breaks the dataset's key: a finding."""
    codes, subjects = codes_and_values(usubjid)
    of, theirs = codes_and_values(reference["USUBJID"])
    first = dict(zip((theirs[i] for i in of[::-1]), range(len(of) - 1, -1, -1), strict=True))
    place = np.array([*(first.get(s, -1) for s in subjects), -1])[codes]
    return pd.Series(reference.iloc[:, -1].array.take(place, allow_fill=True), index=usubjid.index)


def _last_of_each(
    group: list[pd.Series], candidates: np.ndarray, at: np.ndarray, records: pd.DataFrame
) -> np.ndarray:
    """Which records are the last of their group among the candidates, by time and then by identity."""
    number = np.zeros(len(candidates), dtype="int64")
    for column in group:
        codes, known = codes_and_values(column)
        _, number = np.unique(number * (len(known) + 1) + codes[candidates] + 1, return_inverse=True)
    ordered = np.lexsort(
        [*(lookup.value_ranks(records[c])[candidates] for c in KEY[:0:-1]), at[candidates], number]
    )
    ends = np.append(np.diff(number[ordered]) != 0, True)[-len(ordered) :]
    last = np.full(len(records), False)
    last[candidates[ordered][ends] if len(ordered) else ordered] = True
    return last
