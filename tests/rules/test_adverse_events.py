"""ADAE: causality over products, pooled answers, grades, and events of special interest."""

from __future__ import annotations

import pytest

from pipeline.derivations.adam import adverse_events
from pipeline.study.models import Codelist, Term
from tests.support.tables import days, records, shown, text

CAUSALITY = Codelist(
    name="Causality",
    terms={term: Term() for term in ("NOT RELATED", "UNLIKELY RELATED", "POSSIBLY RELATED", "RELATED")},
)
POOLED = Codelist(
    name="Pooled Causality",
    terms={
        "NOT RELATED": Term(collected=("NOT RELATED", "UNLIKELY RELATED")),
        "RELATED": Term(collected=("POSSIBLY RELATED", "RELATED")),
    },
)

STRONGEST = {
    # rule: (to trastuzumab, to NK cells, to any)
    "the first is stronger": ("RELATED", "UNLIKELY RELATED", "RELATED"),
    "the second is stronger": ("NOT RELATED", "POSSIBLY RELATED", "POSSIBLY RELATED"),
    "both alike": ("UNLIKELY RELATED", "UNLIKELY RELATED", "UNLIKELY RELATED"),
    "one product was not given": ("NOT RELATED", None, "NOT RELATED"),
    "neither was judged": (None, None, None),
    "what is no causality counts for nothing": ("MULTIPLE", "NOT RELATED", "NOT RELATED"),
}


@pytest.mark.parametrize(("product", "other", "expected"), STRONGEST.values(), ids=STRONGEST)
def test_the_strongest_causality_counts(product: str | None, other: str | None, expected: str | None) -> None:
    answers = records("USUBJID AERELTRA AERELNK", ("participant", product, other))
    assert shown(adverse_events.strongest_causality(answers, CAUSALITY)) == [expected]


def test_no_events_have_no_causality() -> None:
    none = records("USUBJID AERELTRA AERELNK", ("participant", None, None)).iloc[:0]
    assert shown(adverse_events.strongest_causality(none, CAUSALITY)) == []


def test_values_are_pooled_by_the_list_of_groups() -> None:
    answers = text("NOT RELATED", "UNLIKELY RELATED", "POSSIBLY RELATED", "RELATED", "UNKNOWN", None)
    pooled = adverse_events.pooled_group(answers, POOLED)
    assert shown(pooled) == ["NOT RELATED", "NOT RELATED", "RELATED", "RELATED", None, None]
    assert shown(adverse_events.group_number(pooled, POOLED)) == [1, 1, 2, 2, None, None]


def test_a_grade_is_a_number() -> None:
    grades = Codelist(name="Grade", terms={number: Term() for number in "012345"})
    collected = text("0", "3", "5", None, "severe")
    assert shown(adverse_events.grade_number(collected, grades)) == [0, 3, 5, None, None]


# --- events of special interest
QUERY = Codelist(name="Query", terms={"INFUSION REACTION": Term(collected=("Chills", "Pyrexia"))})


def test_a_query_names_the_events_that_have_one_of_its_terms() -> None:
    terms = text("Chills", "Nausea", "Pyrexia", None)
    expected = ["INFUSION REACTION", None, "INFUSION REACTION", None]
    assert shown(adverse_events.customized_query(terms, QUERY)) == expected


DOSES = records(
    "USUBJID EXSTDTC",
    ("participant", "2016-09-02T09:00"),
    ("participant", "2016-08-12T09:00"),
    ("participant", "2016-10"),
    ("another", "2016-08-20"),
)
AFTER_DOSE = {
    # rule: (participant, term, start, days after a dose, is a reaction)
    "on the day of a dose": ("participant", "Chills", "2016-08-12", 1, True),
    "on the next day": ("participant", "Chills", "2016-08-13", 1, True),
    "on the day after that": ("participant", "Chills", "2016-08-14", 1, False),
    "on the day after that, where it counts": ("participant", "Chills", "2016-08-14", 2, True),
    "after the next dose": ("participant", "Pyrexia", "2016-09-03", 1, True),
    "on the day of the dose alone": ("participant", "Chills", "2016-08-13", 0, False),
    "before the first dose": ("participant", "Chills", "2016-08-11", 1, False),
    "after a dose of another participant": ("participant", "Chills", "2016-08-20", 1, False),
    "a dose whose day is not known": ("participant", "Chills", "2016-10-01", 1, False),
    "another term": ("participant", "Nausea", "2016-08-12", 1, False),
    "start not known": ("participant", "Chills", None, 1, False),
    "never dosed": ("never_dosed", "Chills", "2016-08-12", 1, False),
}


@pytest.mark.parametrize(
    ("who", "term", "start", "after", "is_reaction"), AFTER_DOSE.values(), ids=AFTER_DOSE
)
def test_a_reaction_to_a_dose_begins_soon_after_one(
    who: str, term: str, start: str | None, after: int, is_reaction: bool
) -> None:
    found = adverse_events.customized_query_after_dose(
        text(who), text(term), days(start), DOSES, QUERY, days_after_dose=after
    )
    assert shown(found) == ["INFUSION REACTION" if is_reaction else None]


def test_without_any_dose_nothing_is_a_reaction_to_one() -> None:
    found = adverse_events.customized_query_after_dose(
        text("participant"), text("Chills"), days("2016-08-12"), DOSES.iloc[:0], QUERY, days_after_dose=1
    )
    assert shown(found) == [None]
