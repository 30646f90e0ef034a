"""Visits: their number, name and planned day, and SV, in which each visit of a participant has a number of
its own.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.answers import YES, Words, is_yes
from pipeline.records.columns import Date, Named, Placed
from pipeline.records.distinct import map_distinct, pair_counts
from pipeline.records.identity import KEY, SUBJECT, values_of
from pipeline.study import visits as named
from pipeline.study.models import Visit

# all visits or contacts of the person; a contact has no field that says whether it was held
VisitRecords = Annotated[
    pd.DataFrame, Placed("subject number", "visit", "held", Date("date"), optional="held")
]
Numbered = Annotated[pd.DataFrame, Named("VISITNUM", "VISIT", "PLANNED")]


# --- as planned
def visit_number(visit: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Number of the visit: as planned, and for numbered unplanned visits and contacts the number of their
    series plus their own. An unplanned visit without a number of its own has that of its series.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   number; missing where the study has no such visit.
    Source    SDTMIG 3.4, 4.4.5.
    """
    visit_of = named.names(visits)
    return map_distinct(visit, lambda typed: v.number if (v := visit_of(typed)) else None, "float64")


def visit_name(visit: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Name of the visit as the study writes it, one for each visit number.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   text; missing where the study has no such visit.
    Source    SDTMIG 3.4, 4.4.5.
    """
    visit_of = named.names(visits)
    return map_distinct(visit, lambda typed: v.name if (v := visit_of(typed)) else None)


def visit_day(visit: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Planned study day of a planned visit; an unplanned visit or contact has none.

    Takes     the visit as typed, in any case and spacing; the planned visits of the study.
    Returns   whole days.
    Source    SDTMIG 3.4, 4.4.5 (VISITDY).
    """
    planned_days = {v.name: v.day for v in visits}
    visit_of = named.names(visits)
    return map_distinct(
        visit, lambda typed: planned_days.get(v.name) if (v := visit_of(typed)) else None, "float64"
    )


def planned_numbers(visits: tuple[Visit, ...]) -> set[float]:
    """The numbers of all visits and contacts that the protocol plans."""
    single = {v.number for v in visits if not v.series}
    return single | {v.number + n for v in visits if v.series for n in range(1, v.planned + 1)}


def normalized_visit(typed: str) -> str:
    """The visit as typed, so that two ways to type it are one: in capitals, with single blanks, and without
    hyphens and leading zeros.
    """
    return named.folded(typed)


# --- as held: SV
def visits_held(
    records: Annotated[pd.DataFrame, Placed("visit", "held", Date("date"))],
    visits: tuple[Visit, ...],
    yes: Words = YES,
) -> Numbered:
    """Every visit recorded, held or missed, numbered so that a participant has each number once.

    Where a visit was recorded more than once, as for a person screened again, the one held last keeps number
    and name; the earlier ones are unplanned and take the number and 1, 2 ... hundredths.

    Takes     the participant's visit records: the visit as typed, whether it was held, its date; the visits
              of the study; the words for yes.
    Returns   the records with their identity, VISITNUM, VISIT, and PLANNED: Y for a visit that the protocol
              plans.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (SV).
    """
    visit, held, date = values_of(records)
    return _numbered(records, records[visit], is_yes(records[held], yes), records[date], visits)


def contacts_held(
    records: Annotated[pd.DataFrame, Placed("contact", Date("date"))], visits: tuple[Visit, ...]
) -> Numbered:
    """Every survival contact, numbered as visits are.

    Takes     the participant's contacts: the contact as typed and its date; the visits of the study.
    Returns   the records with their identity, VISITNUM, VISIT, and PLANNED: Y for a contact that the protocol
              plans.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (SV).
    """
    contact, date = values_of(records)
    held = pd.Series(True, index=records.index)
    return _numbered(records, records[contact], held, records[date], visits)


def _numbered(
    records: pd.DataFrame,
    visit: pd.Series,
    held: pd.Series,
    date: pd.Series,
    visits: tuple[Visit, ...],
) -> pd.DataFrame:
    day = dates.first_day(date)
    attended = records[KEY].assign(number=visit_number(visit, visits), held=held, dated=day.notna(), day=day)
    attended = lookup.in_order(attended, SUBJECT, "number", "held", "dated", "day")
    repeats = attended.groupby([SUBJECT, "number"], dropna=False)
    superseded = repeats.cumcount(ascending=False).gt(0)
    number = attended["number"].mask(superseded, attended["number"] + (repeats.cumcount() + 1) / 100)
    planned = pd.Series("Y", index=attended.index, dtype="str").where(
        number.isin(planned_numbers(visits)) & ~superseded
    )
    return attended[KEY].assign(VISITNUM=number, VISIT=visit_name_held(number, visits), PLANNED=planned)


def visit_number_held(
    subject: pd.Series,
    visit: pd.Series,
    visit_records: VisitRecords,
    visits: tuple[Visit, ...],
    yes: Words = YES,
) -> pd.Series:
    """Number of the visit as SV has it: as planned, and for an earlier screening under another subject number
    that of the earlier visit.

    Takes     subject number and visit as typed; all visits (or contacts) of the person with their subject
              numbers; the visits of the study.
    Returns   number; missing where the study has no such visit.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (VISITNUM is that of SV).
    """
    number = visit_number(visit, visits)
    screened_again = visit_records[
        lookup.is_one_of(visit_records[SUBJECT], _with_several_numbers(visit_records))
    ]
    if screened_again.empty:  # everyone's visits are numbered as planned
        return number
    columns = tuple(str(c) for c in screened_again)
    rows = tuple(screened_again.itertuples(index=False, name=None))
    earlier = _earlier_visits(columns, rows, visits, yes)
    places = lookup.place_among([subject, number], [earlier["number"], earlier["planned"]])
    if not (places >= 0).any():
        return number
    number_in_sv = pd.Series(earlier["VISITNUM"].array.take(places, allow_fill=True), index=number.index)
    return number.mask(places >= 0, number_in_sv)


def date_of_visit(
    subject: pd.Series,
    visit: pd.Series,
    visit_records: VisitRecords,
    visits: tuple[Visit, ...],
    yes: Words = YES,
) -> pd.Series:
    """Date of the visit at which the form was filled in, for a form without a date of its own; of a visit
    that was recorded twice the later one.

    Takes     subject number and visit as typed; all visits of the person with their subject numbers, whether
              each took place (Yes or No), and its date; the visits of the study.
    Returns   ISO 8601 text; missing where the visit did not take place or has no record.
    Source    SDTMIG 3.4, 4.4.1 (--DTC) and 5.4 (SV).
    """
    of_subject, typed_visit, *held, date = values_of(visit_records)
    took_place = visit_records[is_yes(visit_records[held[0]], yes)] if held else visit_records
    dated = pd.DataFrame(
        {
            "subject": took_place[of_subject],
            "number": visit_number(took_place[typed_visit], visits),
            "day": dates.first_day(took_place[date]),
            "date": took_place[date],
        }
    )
    last = lookup.last_of_each(dated[dated["day"].notna()], ["subject", "number"], "day")
    asked = pd.DataFrame({"subject": subject, "number": visit_number(visit, visits)})
    held_on = lookup.joined(asked, last.drop(columns="day"), on=["subject", "number"])
    return held_on["date"].where(asked["number"].notna())


def visit_number_of_dose(
    usubjid: pd.Series,
    subject: pd.Series,
    visit: pd.Series,
    given: pd.Series,
    visit_records: VisitRecords,
    sv: Annotated[pd.DataFrame, Named("VISITNUM")],
    visits: tuple[Visit, ...],
    yes: Words = YES,
) -> pd.Series:
    """Number of the visit at which a planned dose was given or was due, as SV has it.

    A dose that was not given at a visit of which the participant has no record has none: nobody says that the
    visit took place, or that it did not.

    Takes     subject number and visit as typed, and given (Y) or not (N) of each planned dose; all visits of
              the person with their subject numbers; SV with VISITNUM; the visits of the study.
    Returns   number; missing also where the study has no such visit.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (VISITNUM is that of SV); CDISC rule CG0034.
    """
    number = visit_number_held(subject, visit, visit_records, visits, yes)
    in_sv = lookup.is_among([usubjid, number], [sv[SUBJECT], sv["VISITNUM"]])
    return number.where(given.eq("Y") | in_sv)


def _with_several_numbers(visit_records: pd.DataFrame) -> set[str]:
    """The persons who have more than one subject number."""
    number = values_of(visit_records)[0]
    numbers = Counter(person for person, _ in pair_counts(visit_records[SUBJECT], visit_records[number]))
    return {person for person, count in numbers.items() if count > 1}


# every dataset with visits asks for those of the same few people: 36 times in the build of the sample
@lru_cache(maxsize=8)
def _earlier_visits(
    columns: tuple[str, ...], records: tuple[tuple[str, ...], ...], visits: tuple[Visit, ...], yes: Words
) -> pd.DataFrame:
    """The visits that SV has under another number than the planned one: subject number, planned, VISITNUM."""
    visit_records = pd.DataFrame(records, columns=list(columns), dtype="str")
    subject, visit, *held_and_date = values_of(visit_records)
    of_visit = visit_records[[*KEY, visit, *held_and_date]]
    has_held = len(held_and_date) > 1
    sv = visits_held(of_visit, visits, yes) if has_held else contacts_held(of_visit, visits)
    numbered = pd.DataFrame(
        {
            "number": visit_records[subject].reindex(sv.index),
            "planned": visit_number(visit_records[visit], visits).reindex(sv.index),
            "VISITNUM": sv["VISITNUM"],
        }
    )
    numbered = numbered[numbered["VISITNUM"].notna()]
    numbered = numbered.assign(as_planned=numbered["VISITNUM"].eq(numbered["planned"]))
    # A visit that was recorded twice under one subject number is in SV under two numbers. Records of other
    # forms belong to the one held last: the one with the planned number or, if it has none, the highest.
    last = numbered.sort_values(["as_planned", "VISITNUM"]).drop_duplicates(
        ["number", "planned"], keep="last"
    )
    return last.loc[~last["as_planned"], ["number", "planned", "VISITNUM"]]


def visit_name_held(number: pd.Series, visits: tuple[Visit, ...]) -> pd.Series:
    """Name of the visit that has the number in SV: as the study writes it, with EARLIER 1, 2 ... for a visit
    that was held again later.

    Takes     VISITNUM; the visits of the study.
    Returns   text; missing where there is no number.
    Source    SDTMIG 3.4, 4.4.5 and 5.4 (VISIT and VISITNUM are one to one).
    """
    return map_distinct(number, lambda held: named.name_of(held, visits))


def occurred(planned: pd.Series, done: pd.Series, yes: Words = YES) -> pd.Series:
    """Whether a planned visit took place; missing for a visit that was not planned.

    Takes     SVPRESP; whether the visit was held, as collected; the words for yes.
    Returns   Y, N or missing.
    Source    SDTMIG 3.4, 5.4 (SV, SVOCCUR).
    """
    took_place = pd.Series("N", index=planned.index, dtype="str").mask(is_yes(done, yes), "Y")
    return took_place.where(planned.notna())
