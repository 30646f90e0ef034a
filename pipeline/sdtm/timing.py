"""Study days, epochs, visits, sequence numbers and the last observation before exposure: derivations that every study needs."""

from __future__ import annotations

import re

import pandas as pd

from pipeline import dates
from pipeline.study.models import Visit

KEY = ["USUBJID", "form", "record"]


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


def epoch(usubjid: pd.Series, date: pd.Series, exposure: pd.DataFrame, ended: pd.DataFrame, randomized: pd.DataFrame) -> pd.Series:
    """Epoch of the day on which the record begins.

    TREATMENT from the day of the first dose to the later of the last dose and the end of treatment as the forms give it; SCREENING before,
    FOLLOW-UP after. A participant who was never dosed leaves SCREENING on the day after randomization; a screen failure never leaves it.
    A partial date has an epoch where all days it can mean lie in one, else none.

    Takes     ISO 8601 text of the record; exposure with start and end; end of treatment; randomization.
    Returns   SCREENING, TREATMENT, FOLLOW-UP or missing.
    Source    SDTMIG 3.4, 4.4.3 and 7.3 (EPOCH).
    """
    start = _bound(exposure, first=True)
    last = pd.concat([_bound(exposure, first=False), _bound(ended, first=False)]).groupby(level=0).max().reindex(start.index)
    drawn = _bound(randomized, first=False)
    begins, ends, waits = (bound.reindex(usubjid).set_axis(usubjid.index) for bound in (start, last, drawn))
    names = [_name(day, begins, ends, waits) for day in (dates.first_day(date), dates.last_day(date))]
    return names[0].where(names[0].eq(names[1])).astype("str")


def _bound(records: pd.DataFrame, first: bool) -> pd.Series:
    """The first or last complete day of each subject's records, over all their date columns."""
    days = pd.concat([dates.day(records[c]).rename("day") for c in records if c not in KEY])
    by = days.groupby(pd.concat([records["USUBJID"]] * (len(records.columns) - len(KEY))))
    found: pd.Series = by.min() if first else by.max()
    return found


def _name(day: pd.Series, begins: pd.Series, ends: pd.Series, waits: pd.Series) -> pd.Series:
    found = pd.Series("SCREENING", index=day.index, dtype="str").where(day.notna())
    dosed = begins.notna()
    found = found.mask(dosed & day.ge(begins), "TREATMENT").mask(dosed & day.gt(ends), "FOLLOW-UP")
    return found.mask(~dosed & day.gt(waits), "FOLLOW-UP")


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
    order = ["USUBJID", *(str(c) for c in records if c not in KEY), *KEY[1:]]
    return records.sort_values(order, kind="stable").groupby("USUBJID").cumcount().add(1).reindex(records.index).astype("float64")


def last_before_dose(records: pd.DataFrame, reference: pd.DataFrame) -> pd.Series:
    """Y for the last record with a result on or before the day of the first dose, of each test and lesion.

    On the day of the first dose a record counts as before it: the protocol has every assessment done before dosing.

    Takes     the subject's records: a column that ends in DTC (ISO 8601), one that ends in ORRES, and what tells tests apart;
              the date of first exposure of each subject.
    Returns   Y or missing.
    Source    SDTMIG 3.4, 4.5.9 (--LOBXFL).
    """
    columns = [str(c) for c in records if c not in KEY]
    date = next(c for c in columns if c.endswith("DTC"))
    result = next(c for c in columns if c.endswith("ORRES"))
    first = reference.drop_duplicates("USUBJID").set_index("USUBJID").iloc[:, -1]  # a second record breaks DM's key: a finding
    day = dates.day(records[date])
    dose = dates.day(records["USUBJID"].map(first).astype("str"))
    before = records.assign(_day=day)[records[result].notna() & day.le(dose)]
    group = ["USUBJID", *(c for c in columns if c not in (date, result))]
    last = before.sort_values(["_day", *KEY[1:]], kind="stable").groupby(group, dropna=False).tail(1).index
    return pd.Series("Y", index=records.index, dtype="str").where(records.index.isin(last))
