"""Every raw record is published, or set aside by exactly one entry with its reason; anything else is an error
that names it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline.mapping.accounting import account
from pipeline.records.count import Count
from pipeline.records.findings import Finding
from tests.support.small_study import small_study
from tests.support.tables import records

DOSE = records(
    "USUBJID GIVEN MG",
    ("one", "Yes", "480"),
    ("one", "No", None),
    ("two", "NO", None),
    ("two", "Yes", "360"),
    form="dose",
)
LAB = records("USUBJID VALUE", form="lab")
NOT_GIVEN = "entries:\n  - {from: dose, where: {GIVEN: No}, reason: Not given}\n"


def accounted(root: Path, entries: str, *published: list[int]) -> tuple[dict[str, Count], list[Finding]]:
    """Counts and findings where each dataset holds some of the doses."""
    study = small_study(root, {"mappings/set_aside.yaml": entries})
    datasets = {f"D{i}": DOSE.iloc[at][["USUBJID", "form", "record"]] for i, at in enumerate(published)}
    return account(study, {"dose": DOSE, "lab": LAB}, datasets)


def rules(findings: list[Finding]) -> list[tuple[str, str]]:
    assert {f.severity for f in findings} <= {"error"}
    return [(f.rule, f.source) for f in findings]


def test_each_record_is_published_or_set_aside_and_the_row_adds_up(tmp_path: Path) -> None:
    counts, findings = accounted(tmp_path, NOT_GIVEN, [0, 3])
    assert counts == {"dose": Count(4, 2, (("Not given", 2),)), "lab": Count(0, 0, ())}
    assert findings == []


def test_a_record_in_two_datasets_is_published_once(tmp_path: Path) -> None:
    counts, findings = accounted(tmp_path, NOT_GIVEN, [0, 3], [0], [0, 0, 0])
    assert counts["dose"] == Count(4, 2, (("Not given", 2),))
    assert findings == []


def test_a_record_that_is_neither_published_nor_set_aside_is_lost(tmp_path: Path) -> None:
    _, findings = accounted(tmp_path, NOT_GIVEN, [0])
    assert rules(findings) == [("RECORD-LOST", "dose, two, 03")]
    assert "set_aside.yaml" in findings[0].message


def test_where_nothing_is_published_and_nothing_set_aside_every_record_is_lost(tmp_path: Path) -> None:
    counts, findings = accounted(tmp_path, "entries: []\n")
    assert counts["dose"] == Count(4, 0, ())
    assert rules(findings) == [
        ("RECORD-LOST", f"dose, {who}") for who in ("one, 00", "one, 01", "two, 02", "two, 03")
    ]


def test_a_record_that_is_published_and_set_aside_is_an_error(tmp_path: Path) -> None:
    _, findings = accounted(tmp_path, NOT_GIVEN, [0, 1, 3])
    assert rules(findings) == [("RECORD-TWICE", "dose, one, 01")]


def test_a_record_set_aside_for_two_reasons_is_an_error(tmp_path: Path) -> None:
    _, findings = accounted(
        tmp_path, NOT_GIVEN + "  - {from: dose, where: {MG: absent}, reason: No number}\n", [0, 3]
    )
    assert rules(findings) == [
        ("RECORD-ASIDE-TWICE", "dose, one, 01"),
        ("RECORD-ASIDE-TWICE", "dose, two, 02"),
    ]


def test_an_entry_takes_only_records_of_its_form(tmp_path: Path) -> None:
    _, findings = accounted(tmp_path, "entries:\n  - {from: lab, reason: LB is to come}\n", [0, 1, 2])
    assert rules(findings) == [("RECORD-LOST", "dose, two, 03")]


def test_the_same_record_number_of_another_subject_or_form_is_another_record(tmp_path: Path) -> None:
    study = small_study(tmp_path, {"mappings/set_aside.yaml": "entries: []\n"})
    raw = {"dose": DOSE.iloc[[0]], "lab": DOSE.iloc[[0]].assign(form="lab")}
    other = {"D": pd.concat([DOSE.iloc[[0]], DOSE.iloc[[0]].assign(USUBJID="two")])}
    assert rules(account(study, raw, other)[1]) == [("RECORD-LOST", "lab, one, 00")]


def test_counts_of_two_blocks_add_reason_by_reason() -> None:
    assert Count(4, 2, (("Not given", 2),)) + Count(3, 1, (("Doubtful", 1), ("Not given", 1))) == Count(
        7, 3, (("Doubtful", 1), ("Not given", 3))
    )
