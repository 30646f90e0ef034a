"""The investigator against the derivation: every disagreement is a finding with its class, and nothing else
is (RECIST 1.1, 4.3, 4.4).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.checks.datasets import response
from pipeline.derivations.oncology.recist import Recist
from pipeline.derivations.oncology.reconcile import CLASSES, differences
from pipeline.simulator import simulate
from pipeline.study import Study
from tests.conftest import DROP
from tests.support import reading
from tests.support.tabulated import datasets

CARRY = Recist(after_pd="carry")
AGREED = {
    "assessment": 2, "n_expected": 2, "n_assessed": 2, "sum": 44.0, "baseline": 40.0, "nadir": 40.0,
    "target": "SD", "target_why": "SUM", "non_target": "NON-CR/NON-PD", "new": None,
    "response": "SD", "after_pd": False,
    "IVSUM": 44.0, "IVTARGET": "SD", "IVNTARG": "NON-CR/NON-PD", "IVNEW": None, "IVOVRL": "SD",
}  # fmt: skip

CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "both agree": ({}, None),
    "the investigator reported nothing": (
        {"IVSUM": None, "IVTARGET": None, "IVNTARG": None, "IVOVRL": None, "target": "PD", "response": "PD"},
        None),
    "the investigator reported the overall response only": (
        {"IVSUM": None, "IVTARGET": None, "IVNTARG": None}, None),
    "the investigator reported the overall response only, and another": (
        {"IVSUM": None, "IVTARGET": None, "IVNTARG": None, "target": "PD", "response": "PD"}, "COMBINATION"),
    "baseline is no assessment of response": ({"assessment": 0, "IVOVRL": "PD"}, None),
    "120 % of the nadir and 5 mm more, reported as stable": (
        {"sum": 48.0, "IVSUM": 48.0, "target": "PD", "target_why": "NADIR", "response": "PD"}, "THRESHOLD"),
    "70 % of baseline, reported as stable": (
        {"sum": 28.0, "IVSUM": 28.0, "nadir": 28.0, "target": "PR", "response": "PR"}, "THRESHOLD"),
    "progression is reported, the sum shows none": ({"IVTARGET": "PD", "IVOVRL": "PD"}, "THRESHOLD"),
    "progression against the nadir, none against baseline": (
        {"sum": 30.0, "IVSUM": 30.0, "nadir": 20.0, "target": "PD", "target_why": "NADIR", "response": "PD"},
        "NADIR"),
    "progression against nadir and baseline": (
        {"sum": 48.0, "IVSUM": 48.0, "nadir": 36.0, "target": "PD", "target_why": "NADIR", "response": "PD"},
        "THRESHOLD"),
    "only normal nodes are left, reported as partial": (
        {"sum": 9.0, "IVSUM": 9.0, "target": "CR", "target_why": "NODE", "response": "PR",
         "IVTARGET": "PR", "IVOVRL": "PR"},
        "NODE SIZE"),
    "every target is gone, reported as partial": (
        {"sum": 0.0, "IVSUM": 0.0, "target": "CR", "target_why": "GONE", "response": "PR",
         "IVTARGET": "PR", "IVOVRL": "PR"},
        "THRESHOLD"),
    "complete response is reported, a node of 10 mm is left": (
        {"sum": 10.0, "IVSUM": 10.0, "target": "PR", "response": "PR", "IVTARGET": "CR", "IVOVRL": "PR"},
        "NODE SIZE"),
    "evaluated, though a lesion was not assessed": (
        {"n_assessed": 1, "sum": None, "IVSUM": None, "target": "NE", "target_why": "MISSING",
         "response": "NE"},
        "LESION MISSING"),
    "not evaluated, though every lesion was assessed": ({"IVTARGET": "NE", "IVOVRL": "NE"}, "LESION MISSING"),
    "non-target lesions evaluated, though one was not assessed": ({"non_target": "NE"}, "LESION MISSING"),
    "targets and non-targets evaluated, though one of each was not assessed": (
        {"n_assessed": 1, "sum": None, "IVSUM": None, "target": "NE", "target_why": "MISSING",
         "non_target": "NE", "response": "NE"},
        "LESION MISSING"),
    "unequivocal progression that is not reported": ({"non_target": "PD", "response": "PD"}, "NON-TARGET PD"),
    "unequivocal progression is reported, no lesion shows it": (
        {"IVNTARG": "PD", "IVOVRL": "PD"}, "NON-TARGET PD"),
    "non-target lesions are reported gone that are there": ({"IVNTARG": "CR"}, "NON-TARGET STATE"),
    "a new lesion that is not reported": ({"new": "UNEQUIVOCAL", "response": "PD"}, "NEW LESION NOT CARRIED"),
    "a new lesion that is reported and does not count": (
        {"new": "UNEQUIVOCAL", "IVNEW": "UNEQUIVOCAL", "response": "PD"}, "NEW LESION NOT CARRIED"),
    "a new lesion that is reported and counts": (
        {"new": "UNEQUIVOCAL", "IVNEW": "UNEQUIVOCAL", "response": "PD", "IVOVRL": "PD"}, None),
    "a new lesion is reported that no form has": (
        {"IVNEW": "UNEQUIVOCAL", "IVOVRL": "PD"}, "NEW LESION NOT CARRIED"),
    "stable after progression": ({"response": "PD", "after_pd": True}, "ASSESSMENT AFTER PD"),
    "progression after progression": ({"response": "PD", "after_pd": True, "IVOVRL": "PD"}, None),
    "the reported sum is another": ({"IVSUM": 46.0}, "ARITHMETIC OF THE REPORTED SUM"),
    "the reported sum is another by a hundredth of a millimetre": (
        {"IVSUM": 44.01}, "ARITHMETIC OF THE REPORTED SUM"),
    "the reported sum differs by the last bit of a float": ({"sum": 44.1, "IVSUM": 14.7 * 3}, None),
    "the reported sum is another, and so is the response": (
        {"sum": 48.0, "IVSUM": 46.0, "target": "PD", "target_why": "NADIR", "response": "PD"},
        "ARITHMETIC OF THE REPORTED SUM; THRESHOLD"),
    "the parts agree, the overall response does not follow from them": ({"IVOVRL": "PR"}, "COMBINATION"),
}  # fmt: skip


TEXTS = ["target", "target_why", "non_target", "new", "response", "IVTARGET", "IVNTARG", "IVNEW", "IVOVRL"]
NUMBERS = ["sum", "baseline", "nadir", "IVSUM"]


def assessed(change: dict[str, Any]) -> pd.DataFrame:
    """One assessment on which both agree, but for the change."""
    frame = pd.DataFrame([AGREED | change])
    return frame.astype(dict.fromkeys(TEXTS, "str") | dict.fromkeys(NUMBERS, "float64"))


@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES)
def test_a_disagreement_has_its_class(change: dict[str, Any], expected: str | None) -> None:
    classes = differences(assessed(change), CARRY).iloc[0]
    assert (None if pd.isna(classes) else classes) == expected


def test_every_class_says_what_to_ask() -> None:
    tried = {name for _, expected in CASES.values() if expected for name in expected.split("; ")}
    assert set(response.ADVICE) == set(CLASSES) == tried


def findings(study: Study, drop: Path) -> set[tuple[str, str]]:
    """Rule and source of every finding about response."""
    rules_and_sources: set[tuple[str, str]] = set()
    for run in reading.runs(study, drop, 400):
        frames = datasets(study, run.forms, "ADTA", "RS", "TR", "TU")
        rules_and_sources |= {(f.rule, f.source) for f in response.check(study, frames)}
    return rules_and_sources


def test_on_the_sample_every_planted_disagreement_is_found_and_no_other(study: Study) -> None:
    planted = json.loads((DROP / "planted.json").read_text(encoding="utf-8"))
    named = {"partial-after-complete-response": "RECIST-CR-THEN-PR"}
    expected = {
        (
            named.get(p["oddity"], p["oddity"].upper().replace("DISAGREEMENT", "RECIST")),
            f"resp, {study.protocol.id}-{p['subject']}, {p['subject']}|{p['folder']}",
        )
        for p in planted
        if p["oddity"].startswith("disagreement-") or p["oddity"] in named
    }
    assert len(expected) == 9
    assert findings(study, DROP) == expected


def test_a_clean_drop_has_no_disagreement(study: Study, tmp_path: Path, prove: bool) -> None:
    """60 or 300 participants without anything planted: the simulated investigator applies the rules honestly,
    in code of its own.
    """
    clean = replace(study, simulation={**study.simulation, "plants": []})
    simulate(clean, tmp_path / "clean", 300 if prove else 60, 2843126)
    assert findings(study, tmp_path / "clean") == set()
