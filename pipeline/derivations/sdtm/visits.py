"""SV: each visit and contact of a subject under a number of its own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from pipeline.derivations.sdtm.timing import (
    elements,
    placed,
    planned_numbers,
    rows_of,
    visit_day,
    visit_number,
)
from pipeline.records import dates, lookup
from pipeline.records.distinct import codes_and_values, map_distinct
from pipeline.records.identity import KEY
from pipeline.study.models import Visit

Renumbered = dict[tuple[str, float], float]  # subject number, visit as planned -> its number in SV


def visits_held(records: pd.DataFrame, visits: tuple[Visit, ...]) -> pd.DataFrame:
    """Every visit recorded, held or missed, numbered so that a subject has each number once.

    Of a visit recorded more than once, as for a person screened again, the one held last keeps number and
    name; the earlier ones are unplanned and take the number and 1, 2 ... hundredths.

    Takes     the subject's visit records: the visit as typed, whether it was held (Yes or No), its date; the
              visits of the study.
    Returns   the records with their identity, VISITNUM, VISIT, and PLANNED: Y for a visit that the protocol
              plans.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (SV).
    """
    return _numbered(
        records, records["DONE"].str.upper().eq("YES"), dates.first_day(records["VISIT_DATE"]), visits
    )


def contacts_held(records: pd.DataFrame, visits: tuple[Visit, ...]) -> pd.DataFrame:
    """Every survival contact, numbered as visits are.

    Takes     the subject's contacts: the contact as typed and its date; the visits of the study.
    Returns   the records with their identity, VISITNUM, VISIT, and PLANNED: Y for a contact that the protocol
              plans.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (SV).
    """
    return _numbered(
        records, pd.Series(True, index=records.index), dates.first_day(records["CONTACT_DATE"]), visits
    )


def _numbered(
    records: pd.DataFrame, held: pd.Series, day: pd.Series, visits: tuple[Visit, ...]
) -> pd.DataFrame:
    number = visit_number(records["FOLDER"], visits)
    at = lookup.sorted_places(
        [records["USUBJID"], number, held, day.notna(), day, *(records[k] for k in KEY[1:])]
    )
    visit = lookup.value_ranks(records["USUBJID"])[at] * (len(records) + 1) + lookup.value_ranks(number)[at]
    place = lookup.place_within_group(visit)  # 0, 1 ...; the last of them keeps the number
    again = place + 1 < np.searchsorted(visit, visit, side="right") - np.searchsorted(visit, visit)
    found = records[KEY].take(at)
    kept = number.take(at).where(~again, number.take(at) + (place + 1) / 100)
    planned = pd.Series("Y", index=found.index, dtype="str").where(
        kept.isin(planned_numbers(visits)) & ~again
    )
    return found.assign(VISITNUM=kept, VISIT=visit_name_held(kept, visits), PLANNED=planned)


def visit_number_held(
    subject: pd.Series, folder: pd.Series, held: pd.DataFrame, visits: tuple[Visit, ...]
) -> pd.Series:
    """Number of the visit as SV has it: as planned, and of an earlier screening, under another subject
    number, that of the earlier visit.

    Takes     subject number and visit as typed; all visits (or contacts) of the person with their subject
              numbers; the visits of the study.
    Returns   number; missing where the study knows no such visit.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (VISITNUM is that of SV).
    """
    number = visit_number(folder, visits)
    several = np.flatnonzero(_many_numbers(held))  # of one number the visits are the plan's
    if not len(several):
        return number
    columns = tuple(str(c) for c in held)
    renumbered = _renumbered(
        columns, tuple(zip(*(held[c].array.take(several).tolist() for c in columns), strict=True)), visits
    )
    codes, subjects = codes_and_values(subject)
    earlier = {s for s, _ in renumbered}
    hers = np.array([*(s in earlier for s in subjects), False])[codes]
    found = number.to_numpy(copy=True)
    for row in np.flatnonzero(hers & number.notna().to_numpy()):
        found[row] = renumbered.get((subjects[codes[row]], found[row] // 1), found[row])
    return pd.Series(found, index=number.index)


@lru_cache(maxsize=8)
def _renumbered(
    columns: tuple[str, ...], records: tuple[tuple[str, ...], ...], visits: tuple[Visit, ...]
) -> Renumbered:
    """The numbers of earlier visits by subject number and planned visit; remembered, for every dataset asks
    of the same visits.
    """
    held = pd.DataFrame(records, columns=list(columns), dtype="str")
    called = contacts_held(held, visits) if "CONTACT_DATE" in held else visits_held(held, visits)
    known = called[called["VISITNUM"].notna()]
    numbered = list(zip(held["SUBJECT"].reindex(known.index), known["VISITNUM"], strict=True))
    last = {
        (s, n) for s, n in numbered if not n % 1
    }  # a number that typed one visit twice has it in SV under both
    return {
        (s, n // 1): n for s, n in numbered if n % 1 and (s, n // 1) not in last
    }  # its records go with the last


def _many_numbers(held: pd.DataFrame) -> np.ndarray:
    """Which records are of a person who has more than one subject number."""
    who, people = codes_and_values(held["USUBJID"])
    number, numbers = codes_and_values(held["SUBJECT"])
    pairs = np.unique(who * (len(numbers) + 1) + number + 1)
    many: np.ndarray = np.bincount(pairs // (len(numbers) + 1), minlength=len(people))[who] > 1
    return many


def visit_name_held(number: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Name of the visit that has the number in SV: as the study writes it, and EARLIER 1, 2 ... where the
    visit was held again.

    Takes     VISITNUM; the visits of the study.
    Returns   text; missing where there is no number.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (VISIT and VISITNUM are one to one).
    """
    return map_distinct(number, lambda n: _named(n, visits))


def _named(number: float, visits: tuple[Visit, ...]) -> str:
    whole, hundredths = divmod(round(number * 100), 100)
    visit = max((v for v in visits if v.number <= whole), key=lambda v: v.number)
    name = f"{visit.name} {whole - int(visit.number):02d}" if visit.series else visit.name
    return f"{name}, EARLIER {hundredths}" if hundredths else name


def occurred(planned: pd.Series, done: pd.Series) -> pd.Series:
    """Whether a planned visit took place; missing for a visit that was not planned.

    Takes     SVPRESP; whether the visit was held, as collected.
    Returns   Y, N or missing.
    Source    SDTMIG 3.4, 5.4 (SV, SVOCCUR).
    """
    return (
        pd.Series("N", index=planned.index, dtype="str")
        .mask(done.str.upper().eq("YES"), "Y")
        .where(planned.notna())
    )


def epoch_when_due(
    usubjid: pd.Series, date: pd.Series, folder: pd.Series, se: pd.DataFrame, visits: tuple[Visit, ...]
) -> pd.Series:
    """Epoch of the element in which the record begins; of what was not done and has no date, of that in which
    its visit was due.

    The day on which a visit was due is counted from the first day after SCREENING: the first dose, or for a
    participant never dosed the day after randomization. An unplanned visit was never due.

    Takes     ISO 8601 text of the record; its visit as typed; SE with EPOCH and SESTDTC; the visits of the
              study.
    Returns   text; missing where there is neither a date nor a planned visit, or where the subject has no
              element.
    Source    SDTMIG 3.4, 4.4.3 and 5.3 (SE, EPOCH).
    """
    held = elements(se)
    rows = np.flatnonzero(date.isna())
    if not len(rows):
        return placed(usubjid, date, held)
    _, starts, _ = held
    second = starts[:, 1] if starts.shape[1] > 1 else np.full(len(starts), np.datetime64("NaT", "s"))
    who = rows_of(usubjid, held)[rows]
    begun = pd.Series(np.append(second, np.datetime64("NaT", "s"))[who])
    due = dates.to_iso(dates.on_day(begun, visit_day(pd.Series(folder.array.take(rows)), visits)))
    place = np.arange(len(date))
    place[rows] = len(date) + np.arange(len(rows))
    begins = pd.Series(pd.concat([date, due]).array.take(place), index=date.index)
    return placed(usubjid, begins, held)
