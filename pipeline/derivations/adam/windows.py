"""Analysis windows: which planned visit a result belongs to by its day, and which result stands for it.

The windows are data: `windows` of a visit in specs/study.yaml names the sets that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Annotated

import pandas as pd

from pipeline.derivations.adam.basic import record_flag
from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Placed
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT, values_of
from pipeline.study.models import Visit

AT_BASELINE = "BASELINE"
FIRST_DAY = 2  # of the first window: what is done on day 1 is baseline or belongs to the first dose


@dataclass(frozen=True)
class Window:
    """The days that belong to a planned visit, the first and the last included."""

    visit: str
    number: float
    target: int
    first: int
    last: int


@lru_cache(maxsize=256)
def _windows_of(visits: tuple[Visit, ...], windows: str, arm: str | None) -> tuple[Window, ...]:
    """The windows of a set, in order, as they are for the participants of an arm.

    1. The visits of the set that are planned after day 1 have a window, those of other arms left out.
    2. A window reaches halfway to the planned days beside it; the day midway belongs to the later visit.
    3. The first begins on day 2; the last ends so many days after its planned day as the visit allows.
    """
    planned = sorted(
        (visit.day, visit.number, visit)
        for visit in visits
        if windows in visit.windows
        and visit.day is not None
        and visit.day >= FIRST_DAY
        and (not visit.arms or arm in visit.arms)
    )
    if not planned:
        return ()
    days = [day for day, _, _ in planned]
    begins = [FIRST_DAY, *((earlier + later + 1) // 2 for earlier, later in pairwise(days))]
    ends = [*(begin - 1 for begin in begins[1:]), days[-1] + planned[-1][2].after]
    return tuple(
        Window(visit.name, number, day, first, last)
        for (day, number, visit), first, last in zip(planned, begins, ends, strict=True)
    )


def window_visit_number(
    date: pd.Series,
    start: pd.Series,
    arm: pd.Series,
    baseline: pd.Series,
    visits: tuple[Visit, ...],
    windows: str,
) -> pd.Series:
    """The number of the planned visit in whose analysis window the day of the record lies.

    1. Days are counted from the start, which is day 1.
    2. A window reaches halfway to the planned days of the visits before and after it in the set. The day
       midway belongs to the later one, for the effect of treatment by then is rather that of the later visit.
       The first begins on day 2; the last ends with the window of its visit.
    3. The record flagged as baseline has the number of the first visit planned before day 1; 0 where none is.

    Takes     date of the record and the date from which the visits of the set are planned; code of the arm,
              whose visits count; flag of baseline; planned visits; the name of the set of windows.
    Returns   VISITNUM of the visit; missing for a day in no window.
    Source    ADaMIG 1.3, 3.3.3 (AVISIT, AVISITN); specs/study.yaml, visits.
    """
    day = dates.days_between(start, date)

    def numbers(planned: tuple[Window, ...]) -> Mapping[float, float]:
        return {float(d): window.number for window in planned for d in range(window.first, window.last + 1)}

    number = _by_arm(day, arm, visits, windows, numbers)
    return number.mask(baseline.eq("Y"), _number_of_baseline(visits))


def window_visit(number: pd.Series, baseline: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """The name of the planned visit in whose analysis window the record lies; BASELINE for the record flagged
    as baseline.

    Takes     number of the analysis visit; flag of baseline; planned visits.
    Returns   text; missing where the number is.
    Source    ADaMIG 1.3, 3.3.3 (AVISIT).
    """
    names = {visit.number: visit.name for visit in visits}
    return map_distinct(number, names.get).mask(baseline.eq("Y"), AT_BASELINE)


def window_target(
    number: pd.Series, arm: pd.Series, baseline: pd.Series, visits: tuple[Visit, ...], windows: str
) -> pd.Series:
    """The planned day of the analysis visit.

    Takes     number of the analysis visit; code of the arm; flag of baseline; planned visits; the name of the
              set of windows.
    Returns   whole days from the start; missing at baseline and in no window.
    Source    ADaMIG 1.3, 3.3 (AWTARGET).
    """
    return _of_window(number, arm, baseline, visits, windows, lambda window: window.target)


def window_beginning(
    number: pd.Series, arm: pd.Series, baseline: pd.Series, visits: tuple[Visit, ...], windows: str
) -> pd.Series:
    """The first day of the analysis window.

    Takes     as `window_target`.
    Returns   whole days from the start; missing at baseline and in no window.
    Source    ADaMIG 1.3, 3.3 (AWLO).
    """
    return _of_window(number, arm, baseline, visits, windows, lambda window: window.first)


def window_end(
    number: pd.Series, arm: pd.Series, baseline: pd.Series, visits: tuple[Visit, ...], windows: str
) -> pd.Series:
    """The last day of the analysis window.

    Takes     as `window_target`.
    Returns   whole days from the start; missing at baseline and in no window.
    Source    ADaMIG 1.3, 3.3 (AWHI).
    """
    return _of_window(number, arm, baseline, visits, windows, lambda window: window.last)


def days_from_target(date: pd.Series, start: pd.Series, target: pd.Series) -> pd.Series:
    """Days between the day of the record and the planned day of its analysis visit, whichever is later.

    Both days are counted from the date from which the visits of the windows are planned, as ADY of the record
    must be too.

    Takes     date of the record; the date from which visits are planned; planned day of the analysis visit.
    Returns   whole days, never negative; missing where there is no planned day.
    Source    ADaMIG 1.3, 3.3 (AWTDIFF).
    """
    return (dates.days_between(start, date) - target).abs()


def nearest_to_target(
    records: Annotated[pd.DataFrame, Placed("parameter", "analysis visit", "days from target", Date("date"))],
) -> pd.Series:
    """Y for the record that stands for its analysis visit: of the records of one parameter in one window the
    one nearest to the planned day, of two equally near the later, as in the example of ADaMIG; at baseline
    the record flagged so.

    Takes     the participant's records: parameter, number of the analysis visit, days from the planned day,
              date (ISO 8601).
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.8 (ANLzzFL).
    """
    parameter, visit, difference, date = values_of(records)
    in_window = records[records[visit].notna()]
    placed = in_window.assign(nearness=-in_window[difference].fillna(0), moment=dates.moment(in_window[date]))
    chosen = lookup.last_of_each(placed, [SUBJECT, parameter, visit], "nearness", "moment")
    return record_flag(pd.Series(records.index.isin(chosen.index), index=records.index))


def _number_of_baseline(visits: tuple[Visit, ...]) -> float:
    before = [visit.number for visit in visits if visit.day is not None and visit.day < 1]
    return min(before, default=0.0)


def _of_window(
    number: pd.Series,
    arm: pd.Series,
    baseline: pd.Series,
    visits: tuple[Visit, ...],
    windows: str,
    value: Callable[[Window], int],
) -> pd.Series:
    def values(planned: tuple[Window, ...]) -> Mapping[float, float]:
        return {window.number: float(value(window)) for window in planned}

    return _by_arm(number.mask(baseline.eq("Y")), arm, visits, windows, values)


def _by_arm(
    keys: pd.Series,
    arm: pd.Series,
    visits: tuple[Visit, ...],
    windows: str,
    values: Callable[[tuple[Window, ...]], Mapping[float, float]],
) -> pd.Series:
    """What the windows of the participant's arm say of a day or a visit."""
    found = pd.Series(float("nan"), index=keys.index)
    for code, of_arm in _arms(arm):
        by_key = values(_windows_of(visits, windows, code))
        found = found.mask(of_arm, map_distinct(keys, by_key.get, "float64"))
    return found


def _arms(arm: pd.Series) -> Iterator[tuple[str | None, pd.Series]]:
    """Each arm of these records, and which records are of it; the last is no arm."""
    for code in arm.dropna().unique().tolist():
        yield str(code), arm.eq(code)
    yield None, arm.isna()
