"""Which records a condition takes, and how it reads."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.records import conditions
from pipeline.records.conditions import Condition, Where

GROUPS = ["Target", "TARGET", "New", None]
TAKEN: dict[str, tuple[Condition, list[bool]]] = {
    # name: (condition, of each of GROUPS whether it is met)
    "a value, without regard to case": ("target", [True, True, False, False]),
    "one of several": (["Target", "New"], [True, True, True, False]),
    "present": ("present", [True, True, True, False]),
    "absent": ("absent", [False, False, False, True]),
    "absent or a value": (["absent", "New"], [False, False, True, True]),
    "no value, so the missing one as well": ({"not": "Target"}, [False, False, True, True]),
    "none of several": ({"not": ["Target", "New"]}, [False, False, False, True]),
    "another value, and not a missing one": ({"not": ["Target", "absent"]}, [False, False, True, False]),
    "not present": ({"not": "present"}, [False, False, False, True]),
    "not absent": ({"not": "absent"}, [True, True, True, False]),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_condition_takes_the_records_that_it_names(name: str) -> None:
    condition, taken = TAKEN[name]
    column = pd.Series(GROUPS, dtype="str")
    assert conditions.matches(column, condition).tolist() == taken
    others = conditions.matches(column, conditions.negated(condition))
    assert others.tolist() == [not met for met in taken]


def test_of_a_column_without_a_value_nothing_but_absent_is_met() -> None:
    column = pd.Series([None, None], dtype="str")
    met = {str(c): conditions.matches(column, c).tolist() for c in ("present", "absent", "A")}
    assert met == {"present": [False, False], "absent": [True, True], "A": [False, False]}


WORDS: list[tuple[Where, list[Where], str]] = [
    # conditions, sets of which none holds as a whole, words
    ({}, [], ""),
    ({"GROUP": "Target", "NODE": ["Y", "N"]}, [], "GROUP is Target and NODE is Y or N"),
    ({"GROUP": {"not": "Target"}}, [], "GROUP is not Target"),
    ({"GROUP": {"not": ["Target", "New"]}}, [], "GROUP is none of Target, New"),
    ({"GROUP": {"not": "present"}}, [], "GROUP is absent"),
    ({"SIZE": "present"}, [{"GROUP": "Target"}], "SIZE is present and GROUP is not Target"),
    ({}, [{"SIZE": "present"}, {"GROUP": {"not": "New"}}], "SIZE is absent and GROUP is New"),
    ({}, [{"GROUP": "Target", "NODE": "Y"}], "not (GROUP is Target and NODE is Y)"),
]


@pytest.mark.parametrize(("where", "unless", "words"), WORDS, ids=[w[2] or "none" for w in WORDS])
def test_conditions_read_as_a_sentence_goes_on_after_where(
    where: Where, unless: list[Where], words: str
) -> None:
    assert conditions.in_words(where, unless) == words
