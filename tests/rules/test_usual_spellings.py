"""What forms usually write means its term, where neither the study nor the terminology gives it a meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.standards import terminology
from pipeline.study.standard.spellings import usual_spellings
from pipeline.study.terms import Codelist, Term
from tests.support import minimal

SDTM = terminology("SDTM", "2022-09-30", None)


@pytest.mark.parametrize("code", usual_spellings())
def test_each_usual_spelling_is_of_one_term_of_its_list_and_none_of_the_terminology(code: str) -> None:
    assert SDTM is not None
    terms = SDTM.terms(code)
    known = {spelling.casefold() for term in terms.values() for spelling in term.spellings()}
    given = usual_spellings()[code]
    spellings = [spelling.casefold() for of_term in given.values() for spelling in of_term]
    assert given.keys() <= terms.keys()
    assert len(set(spellings)) == len(spellings)
    assert not known & set(spellings)
    assert not [spelling for spelling in spellings if spelling.isdigit()]


OUTCOMES = Codelist(
    name="Outcome",
    terms={
        "FATAL": Term(usual=("Died",)),
        "RECOVERED/RESOLVED": Term(usual=("Resolved", "Over"), synonyms=("Healed",)),
        "NOT RECOVERED/NOT RESOLVED": Term(usual=("Over",), collected=("Died",)),
        "UNKNOWN": Term(synonyms=("Resolved",)),
    },
)


@pytest.mark.parametrize(
    ("collected", "term", "how"),
    [
        ("died", "NOT RECOVERED/NOT RESOLVED", "spelling of the study"),  # whatever forms usually mean by it
        ("Resolved", "UNKNOWN", "synonym"),  # and the terminology before it too
        ("Over", None, "as collected"),  # two terms: nobody can tell
        ("Lost", None, "as collected"),
    ],
)
def test_the_study_comes_first_then_the_terminology_then_what_is_usual(
    collected: str, term: str | None, how: str
) -> None:
    assert OUTCOMES.term_of(collected) == term
    assert OUTCOMES.how(collected) == how


@pytest.mark.parametrize(
    ("codelist", "collected", "term"),
    [
        ("RACE", "Black", "BLACK OR AFRICAN AMERICAN"),
        ("OUT", "resolved with sequelae", "RECOVERED/RESOLVED WITH SEQUELAE"),
        ("ACN", "No action taken", "DOSE NOT CHANGED"),
        ("OUT", "Ongoing", None),
        ("SEX", "Woman", None),
    ],
)
def test_a_study_need_not_write_what_is_usual(
    tmp_path_factory: pytest.TempPathFactory, codelist: str, collected: str, term: str | None
) -> None:
    of_study = minimal.study(_folder(tmp_path_factory)).codelists[codelist]
    assert of_study.term_of(collected) == term
    if term:
        assert of_study.how(collected) == "usual spelling of forms"


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("minimal")
