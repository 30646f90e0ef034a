"""The door finds every fault that is planted, under its rule, at its record and field; of a drop without
faults it asks nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import simulator
from pipeline.checks.drop.door import SHAPES
from pipeline.study import Study, load
from pipeline.study import door as across
from pipeline.study import faults as planted
from tests.conftest import DROP, ROOT
from tests.support.door import Checked, Row, checked, drop

SEED = 2843126
FAULTS = planted.load(ROOT, load(ROOT))
ELSEWHERE = {  # rules that no record of one drop can break, and the test that holds them
    "RAW-COLUMNS": "test_door_contract: such a drop is unreadable for both readers",
    "LOCKED-CHANGED": "test_door_memory: it takes two drops of one name",
    "RAW-EQUAL-ROWS": "test_short_contracts: a form of rows that nothing tells apart",
}
FATAL = {"GRADE": "Grade 5", "OUTCOME": "Fatal", "S_DEATH": "Yes", "SERIOUS": "Yes"}
END_OF_NK = {"PRODUCT": "NK cells", "REASON": "Adverse event"}
# Rules about what no drop without faults has, and records of one participant that have it and are right.
CLEAN: dict[str, dict[str, list[Row]]] = {
    "FATAL-EVENT": {"ae": [FATAL]},
    "DEATH-WITHOUT-EVENT": {"death": [{"CAUSE": "Adverse event"}], "ae": [FATAL]},
    "REDUCED-WITHOUT-DOSE": {
        "ae": [{"ACN_TRAS": "Dose reduced"}, {"ACN_TRAS": "Drug interrupted"}],
        "tras": [{"GIVEN": "Yes", "ADJUSTED": "Neutropenia"}],
    },
    "INTERRUPTED-WITHOUT-NK": {"ae": [{"ACN_NK": "Drug interrupted"}], "nk": [{"GIVEN": "No"}]},
    "WITHDRAWN-WITHOUT-END-OF-NK": {"ae": [{"ACN_NK": "Drug withdrawn"}], "eot": [END_OF_NK]},
    "DEAD-BY-STATUS": {"kps": [{"STATUS": "0 - Dead"}], "death": [{"DEATH_DATE": "01 MAR 2017"}]},
    "NOT-ASSESSED-WITH-DIAMETER": {"tl": [{"STATUS": "Not assessed"}]},
    "END-OF-NK-WITHOUT-EVENT": {"ae": [{"ACN_NK": "Drug withdrawn"}], "eot": [END_OF_NK]},
}


@pytest.fixture(scope="module")
def faulty(study: Study, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Checked]:
    """The truth, and the check of the drop in which it is planted."""
    home = tmp_path_factory.mktemp("faulty")
    simulator.simulate(study, home / "drop", 30, SEED, FAULTS)
    return json.loads((home / "drop" / "planted.json").read_text(encoding="utf-8")), checked(
        study, home / "drop", home / "out"
    )


def place(row: dict[str, Any], visit: str) -> tuple[str, ...]:
    return (
        row["rule"],
        row["form"],
        row["subject"],
        str(row[visit]).strip().upper(),
        row["record"],
        row["field"],
    )


@pytest.mark.parametrize(
    "number", range(len(FAULTS)), ids=[f"{n}-{f.rule}-{f.form}" for n, f in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found_under_its_rule_at_its_record(
    faulty: tuple[list[dict[str, Any]], Checked], number: int
) -> None:
    truth, found = faulty
    fault = FAULTS[number]
    mine = [
        t
        for t in truth
        if (t["rule"], t["form"], t["field"])
        == (fault.rule, fault.found_at.form if fault.found_at else fault.form, fault.field)
    ]
    assert mine
    assert {place(t, "folder") for t in mine} <= {place(q, "visit") for q in found.queries}


def test_every_rule_of_the_door_has_a_planted_fault(
    study: Study, faulty: tuple[list[dict[str, Any]], Checked]
) -> None:
    door = across.load(ROOT, study)
    assert door is not None
    assert {c.id for c in door.checks} <= {f.rule for f in FAULTS}
    assert {r["rule"] for r in faulty[1].outcome["by_rule"]} - {f.rule for f in FAULTS} <= ELSEWHERE.keys()


def test_nothing_is_alarmed_but_what_was_planted_and_what_it_breaks_besides(
    faulty: tuple[list[dict[str, Any]], Checked],
) -> None:
    truth, found = faulty
    explained = {(t["subject"], rule) for t in truth for rule in (t["rule"], *t["also"])}
    twin = {"RAW-ONCE"}  # told at both records, of which one bears the person's other subject number
    assert [
        q for q in found.queries if (q["subject"], q["rule"]) not in explained and q["rule"] not in twin
    ] == []


def test_a_faulty_drop_stops(faulty: tuple[list[dict[str, Any]], Checked]) -> None:
    assert faulty[1].outcome["state"] == "stopped"


def test_of_a_clean_drop_nothing_is_asked(study: Study, tmp_path: Path, *, prove: bool) -> None:
    simulator.simulate(study, tmp_path / "drop", 300 if prove else 60, SEED, ())
    assert json.loads((tmp_path / "drop" / "planted.json").read_text(encoding="utf-8")) == []
    found = checked(study, tmp_path / "drop", tmp_path / "out")
    assert found.queries == []
    assert found.outcome["state"] == "passed"
    assert {r["rule"] for r in found.outcome["by_rule"] if not r["cases"]} == CLEAN.keys(), (
        "a rule that was asked of nothing proves nothing"
    )


@pytest.mark.parametrize("rule", CLEAN)
def test_of_clean_records_that_no_drop_has_nothing_is_asked(study: Study, rule: str) -> None:
    door = across.load(ROOT, study)
    assert door is not None
    (asked,) = [c for c in door.checks if c.id == rule]
    cases = pd.concat(SHAPES[asked.shape](drop(study, **CLEAN[rule]), asked))
    assert len(cases) > 0
    assert cases["holds"].all()


VISIT = {"FOLDER": "CYCLE 4 DAY 1", "DONE": "Yes", "VISIT_DATE": "24 NOV 2016"}
SIGNS = {"VISIT_DATE": "24 NOV 2016", "SYSBP": "124", "DIABP": "78", "PULSE": "80", "TEMP": "36.9"}
EVENT = {"START_DATE": "20 NOV 2016"}
SAMPLE = {"SAMPLE_DATE": "2016/11/24", "DONE": "Yes"}
CREATININE = {**SAMPLE, "TEST_CODE": "CREA", "UNIT": "umol/L"}
REASONS: dict[str, tuple[str, dict[str, list[Row]], bool]] = {
    # rule: (reason of a dose that was not given, other records, borne out)
    "blood pressure as measured": ("Hypertension grade 3", {"vs": [{**SIGNS, "SYSBP": "182"}]}, True),
    "the diastolic one alone": ("Hypertension", {"vs": [{**SIGNS, "DIABP": "90"}]}, True),
    "a normal blood pressure": ("Hypertension", {"vs": [SIGNS]}, False),
    "blood pressure by an event": (
        "High blood pressure", {"vs": [SIGNS], "ae": [{**EVENT, "PT": "Hypertension"}]}, True),
    "hypotension is no hypertension": ("Hypotension", {"vs": [{**SIGNS, "SYSBP": "182"}]}, False),
    "a fast pulse": ("Tachycardia", {"vs": [{**SIGNS, "PULSE": "118"}]}, True),
    "a normal pulse": ("Tachycardia", {"vs": [SIGNS]}, False),
    "creatinine": ("Raised creatinine", {"lab": [{**CREATININE, "RESULT": "130"}]}, True),
    "a normal creatinine": ("Raised creatinine", {"lab": [{**CREATININE, "RESULT": "70"}]}, False),
    "creatinine in another unit": (
        "Raised creatinine", {"lab": [{**CREATININE, "UNIT": "mg/dL", "RESULT": "1.6"}]}, True),
    "a normal one in another unit": (
        "Raised creatinine", {"lab": [{**CREATININE, "UNIT": "mg/dL", "RESULT": "0.8"}]}, False),
    "neutrophils by their abbreviation": (
        "ANC 0.9", {"lab": [{**SAMPLE, "TEST_CODE": "NEU#", "UNIT": "10^9/L", "RESULT": "2.4"}]}, False),
    "platelets by their abbreviation": (
        "PLT 45", {"lab": [{**SAMPLE, "TEST_CODE": "PLT", "UNIT": "10^9/L", "RESULT": "45"}]}, True),
    "an event that nothing measures": (
        "Peripheral neuropathy", {"ae": [{**EVENT, "PT": "Neuropathy peripheral"}]}, True),
    "the same without the event": ("Peripheral neuropathy", {}, False),
    "what no record could show": ("Participant asked for a later date", {}, True),
}  # fmt: skip


@pytest.mark.parametrize(("reason", "forms", "expected"), REASONS.values(), ids=REASONS)
def test_a_dose_is_omitted_for_a_reason_that_the_records_bear_out(
    study: Study, reason: str, forms: dict[str, list[Row]], expected: bool
) -> None:
    door = across.load(ROOT, study)
    assert door is not None
    (asked,) = [c for c in door.checks if c.id == "REASON-NOT-BORNE-OUT"]
    dose: Row = {"FOLDER": "CYCLE 4 DAY 1", "GIVEN": "No", "REASON": reason}
    cases = pd.concat(SHAPES[asked.shape](drop(study, tras=[dose], visit=[VISIT], **forms), asked))
    assert cases["holds"].tolist() == [expected]


def test_the_sample_passes_with_what_is_untidy_in_it_told_as_warnings(study: Study, tmp_path: Path) -> None:
    found = checked(study, DROP, tmp_path / "out")
    told: set[tuple[str, str, str]] = {(q["severity"], q["rule"], q["subject"]) for q in found.queries}
    assert told == {
        ("warning", "RAW-CODE-NEW", "FD-027"),
        ("warning", "SUM-DIFFERS", "FD-015"),
        ("warning", "DEATH-DATE-PARTIAL", "FD-022"),  # in a month
        ("warning", "NEW-LESION-WITHOUT-PROGRESSION", "FD-027"),  # week 24, stable disease
        (
            "warning",
            "REASON-NOT-BORNE-OUT",
            "FD-010",
        ),  # of 36.9 C and 1.91 that day
        ("warning", "REASON-NOT-BORNE-OUT", "FD-019"),  # a fall of the ejection fraction, and no event
        ("warning", "REASON-NOT-BORNE-OUT", "FD-033"),  # admitted with a fracture, and no event
    }


def test_without_faults_the_simulator_writes_the_bytes_of_the_sample(study: Study, tmp_path: Path) -> None:
    simulator.simulate(study, tmp_path / "drop", 30, SEED)
    assert {p.name: p.read_bytes() for p in (tmp_path / "drop").iterdir()} == {
        p.name: p.read_bytes() for p in DROP.iterdir()
    }


def test_a_query_asks_in_words_and_says_what_was_expected(
    faulty: tuple[list[dict[str, Any]], Checked],
) -> None:
    lines: list[Row] = faulty[1].queries
    assert all(q["question"].endswith(".") and q["expected"] for q in lines)
    assert all(q["subject"] and q["form"] and q["record"] for q in lines)
    assert len({q["query"] for q in lines}) == len(lines)
