"""A listing shows what was collected: texts whole, and what is published in SUPP--."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.displays.content import Listed
from pipeline.study import Study
from tests.support.displayed import NK, Frames, T, made, participants, records, study_with

PEOPLE = participants(a=NK, b=T)
DV = records("USUBJID DVSEQ DVTERM DVCAT", ("a", 1.0, "The first part", "VISIT"), ("b", 1.0, "Short", "DOSE"))
SUPPDV = records(
    "USUBJID IDVARVAL QNAM QVAL",
    ("a", "1", "DVTERM1", "goes on"),
    ("a", "1", "DVTERM2", "and ends"),
    ("b", "1", "DVCLASS", "MINOR"),
    ("c", "1", "DVCLASS", "MAJOR"),  # of no participant of the population
)
ADAE = records("USUBJID AESEQ AETERM AETERM1", ("a", 1.0, "Rash that", "spread"), ("b", 1.0, "Cough", None))
DM = records("USUBJID ITTFL SEX", ("a", "Y", "F"), ("b", "Y", "F"))
SUPPDM = records("USUBJID IDVARVAL QNAM QVAL", ("b", None, "STDTHER", "REFUSED"))
FRAMES: Frames = {"ADSL": PEOPLE, "DV": DV, "SUPPDV": SUPPDV, "ADAE": ADAE, "DM": DM, "SUPPDM": SUPPDM}


def listed(study: Study, dataset: str, *variables: str, frames: Frames = FRAMES) -> list[tuple[str, ...]]:
    heads = {name: name.capitalize() for name in ("USUBJID", *variables)}
    asked: dict[str, Any] = {"kind": "listing", "columns": None, "rows": []}
    asked["listing"] = {"dataset": dataset, "columns": heads}
    content = made(study_with(study, **asked), frames)
    assert isinstance(content, Listed)
    return [tuple(record) for record in content.records]


@pytest.mark.parametrize(
    ("dataset", "variables", "expected"),
    [
        ("DV", ("DVTERM",), [("a", "The first part goes on and ends"), ("b", "Short")]),
        ("DV", ("DVCLASS", "DVCAT"), [("a", "", "VISIT"), ("b", "MINOR", "DOSE")]),
        ("DV", ("DVACTION",), [("a", ""), ("b", "")]),  # which no record has
        ("ADAE", ("AETERM",), [("a", "Rash that spread"), ("b", "Cough")]),
        ("DM", ("STDTHER", "SEX"), [("a", "", "F"), ("b", "REFUSED", "F")]),
    ],
)
def test_a_listing_shows_whole_texts_and_supplemental_qualifiers(
    study: Study, dataset: str, variables: tuple[str, ...], expected: list[tuple[str, ...]]
) -> None:
    assert listed(study, dataset, *variables) == expected


def test_a_dataset_that_needs_no_supplement_is_listed_without_one(study: Study) -> None:
    none = {**FRAMES, "SUPPDV": SUPPDV.iloc[:0]}
    assert listed(study, "DV", "DVTERM", frames=none) == [("a", "The first part"), ("b", "Short")]
