"""Adverse events: causality and grade pooled for analysis, and events of special interest by lists of
terms.
"""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Days
from pipeline.study.models import Codelist


def strongest_causality(answers: pd.DataFrame, causality: Codelist) -> pd.Series:
    """The strongest of the causalities to each product: the one that stands last in the list of causalities,
    which goes from the weakest to the strongest. A product that was not judged counts for nothing.

    Takes     the causality to each product, a column a product; the list of causalities.
    Returns   a causality; missing where no product was judged.
    Source    OCCDS 1.1 (AREL); SDTMIG 3.4, 4.2.8.3 (several treatments).
    """
    place = {term: float(number) for number, term in enumerate(causality.terms)}
    term_at = {number: term for term, number in place.items()}
    places = pd.DataFrame({name: answers[name].map(place) for name in values_of(answers)})
    return places.max(axis="columns").map(term_at).astype("str")


def pooled_group(value: pd.Series, groups: Codelist) -> pd.Series:
    """The group to which a value belongs, by the list of groups.

    Takes     value; the list of groups, each with its values.
    Returns   name of the group; missing for a value of no group.
    Source    OCCDS 1.1 (RELGRy, TOXGGRy).
    """
    group = {text: name for name, term in groups.terms.items() for text in term.collected}
    return value.map(group).astype("str")


def group_number(group: pd.Series, groups: Codelist) -> pd.Series:
    """The place of a group in the list of groups.

    Takes     name of the group; the list of groups.
    Returns   1, 2 ...; missing where the group is.
    Source    OCCDS 1.1 (RELGRyN, TOXGGRyN).
    """
    places = {name: float(place) for place, name in enumerate(groups.terms, start=1)}
    return group.map(places).astype("float64")


def grade_number(grade: pd.Series, grades: Codelist) -> pd.Series:
    """The toxicity grade as a number.

    Takes     grade; the list of grades, whose terms are numerals.
    Returns   number; missing for what is no grade of the list.
    Source    OCCDS 1.1 (ATOXGRN).
    """
    numbers = {term: float(term) for term in grades.terms}
    return grade.map(numbers).astype("float64")


# --- events of special interest
def customized_query(term: pd.Series, query: Codelist) -> pd.Series:
    """The name of the query for an event whose preferred term is one of its terms.

    Takes     preferred term; the query: a list of one name with its preferred terms.
    Returns   name of the query; missing for any other event.
    Source    OCCDS 1.1 (CQzzNAM).
    """
    return pooled_group(term, query)


def customized_query_after_dose(
    usubjid: pd.Series,
    term: pd.Series,
    start: pd.Series,
    doses: Annotated[pd.DataFrame, Placed(Date("date"))],
    query: Codelist,
    *,
    days_after_dose: Days,
) -> pd.Series:
    """The name of the query for an event whose preferred term is one of its terms, and which began on the day
    of a dose or within the stated days after one. A dose whose day is not known counts for nothing.

    Takes     participant, preferred term and start of the event; dates of the doses given, ISO 8601 text; the
              query: a list of one name with its preferred terms; the days after a dose.
    Returns   name of the query; missing for any other event.
    Source    OCCDS 1.1 (CQzzNAM); specs/study.yaml, parameter days_after_dose.
    """
    (date,) = values_of(doses)
    given = pd.DataFrame({SUBJECT: doses[SUBJECT], "day": dates.day(doses[date])})
    given = lookup.in_order(given[given["day"].notna()], SUBJECT, "day").reset_index(drop=True)
    last_dose = given["day"].array.take(lookup.as_of(usubjid, start, given, "day"), allow_fill=True)
    since_dose = start - pd.Series(last_dose, index=start.index)
    soon_after = since_dose.le(pd.Timedelta(days=days_after_dose))
    return customized_query(term, query).where(soon_after)
