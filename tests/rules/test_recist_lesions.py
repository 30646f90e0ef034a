"""RECIST 1.1, lesions at baseline: caps and measurability, both sides of each bound; records that no rule can
read are refused.
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.derivations.oncology.baseline import not_at_baseline, not_measurable, over_cap
from pipeline.derivations.oncology.recist import Recist, assessments
from pipeline.errors import PipelineError
from tests.support.scans import course, line


def labels(lesions: pd.DataFrame) -> str:
    return " ".join(lesions["lesion"])


LIVER2 = {"T01": "LIVER", "T02": "LIVER"}
CAPS = {
    # rule: (course, organs, lesions beyond the cap)
    "five in five organs": ({f"T0{n}": "50" for n in range(1, 6)}, {}, ""),
    "six are one too many: all are named": (
        {f"T0{n}": "50" for n in range(1, 7)},
        {},
        "T01 T02 T03 T04 T05 T06",
    ),
    "two of an organ": ({"T01": "50", "T02": "50", "T03": "50"}, LIVER2, ""),
    "three of an organ: those of the organ are named": (
        {"T01": "50", "T02": "50", "T03": "50", "T04": "50"},
        {**LIVER2, "T03": "LIVER"},
        "T01 T02 T03",
    ),
    "all nodes are one organ": ({"T01n": "20", "T02n": "20", "T03n": "20"}, {}, "T01 T02 T03"),
    "two nodes and two of an organ": ({"T01": "50", "T02": "50", "T03n": "20", "T04n": "20"}, LIVER2, ""),
    "parts that come later do not count": (
        {"T01": "50 .", "T02": "50 .", "T01.1": ". 20", "T01.2": ". 20"},
        {"T01.1": "T01", "T01.2": "T01"},
        "",
    ),
    "nor do non-target lesions": (
        {"T01": "50", "T02": "50", "NT01": "+", "NT02": "+"},
        {**LIVER2, "NT01": "LIVER", "NT02": "LIVER"},
        "",
    ),
}


@pytest.mark.parametrize(("lines", "organs", "expected"), CAPS.values(), ids=CAPS)
def test_five_targets_and_two_of_an_organ(
    lines: dict[str, str], organs: dict[str, str], expected: str
) -> None:
    assert labels(over_cap(course(lines, organs), Recist())) == expected


MEASURABLE = {
    "10 mm": ({"T01": "10"}, ""),
    "9.99 mm": ({"T01": "9.99"}, "T01"),
    "a node of 15 mm": ({"T01n": "15"}, ""),
    "a node of 14.99 mm": ({"T01n": "14.99"}, "T01"),
    "too small to measure": ({"T01": "tiny"}, "T01"),
    "not measured at all is another fault": ({"T01": "ND"}, ""),
    "only baseline counts": ({"T01": "20 5"}, ""),
    "a non-target lesion need not be measurable": ({"NT01": "+"}, ""),
}


@pytest.mark.parametrize(("lines", "expected"), MEASURABLE.values(), ids=MEASURABLE)
def test_a_target_is_measurable_at_baseline(lines: dict[str, str], expected: str) -> None:
    assert labels(not_measurable(course(lines), Recist())) == expected


LATE = {
    "a target since baseline": ({"T01": "50 40"}, ""),
    "one that is first recorded later": ({"T01": "50 40 30", "T02": ". 20 20"}, "T02"),
    "parts and mergers come later by nature": (
        {"T01": "50 .", "T02": "50 50", "T01.1": ". 20", "T03": "9 9", "T02/T03": ". 20"},
        "",
    ),
    "a part without its whole does not": ({"T01": "50 50", "T02.1": ". 20"}, "T02.1"),
    "a target not assessed at baseline": ({"T01": "50 40", "T02": "ND 20"}, "T02"),
    "one without a size at baseline, too small to measure": ({"T01": "tiny 20"}, ""),
    "a participant without a baseline is another fault": ({"T01": ". 40"}, ""),
}


@pytest.mark.parametrize(("lines", "expected"), LATE.values(), ids=LATE)
def test_targets_are_chosen_at_baseline(lines: dict[str, str], expected: str) -> None:
    assert labels(not_at_baseline(course(lines), Recist())) == expected


REFUSED = {
    "a role that is unknown": ({"role": "OTHER"}, "without a lesion or a known role"),
    "a record without a lesion": ({"lesion": None}, "without a lesion"),
    "a record without a participant": ({"USUBJID": None}, "without a participant"),
    "an assessment before baseline": ({"assessment": -1}, "before baseline"),
    "a size below 0": ({"mm": -1.0}, "negative or infinite"),
    "an infinite size": ({"mm": float("inf")}, "negative or infinite"),
    "a state that a non-target lesion cannot have": (
        {"role": "NON-TARGET", "lesion": "NT01", "state": "EQUIVOCAL"},
        "state that no lesion of that role has",
    ),
    "a state that a new lesion cannot have": (
        {"role": "NEW", "lesion": "NEW01", "state": "PRESENT"},
        "state that no lesion of that role has",
    ),
    "a lesion that changes its role": ({"role": "NON-TARGET"}, "role changes"),
    "a lesion twice in an assessment": ({"assessment": 0}, "already recorded at the assessment"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_a_record_that_no_rule_can_read_is_refused_without_its_values(
    change: dict[str, object], message: str
) -> None:
    lesions = course({"T01": "50 40"})
    for column, value in change.items():
        first = lesions[column].iloc[0]
        lesions[column] = pd.Series([first, value]).astype(lesions[column].dtype)
    with pytest.raises(PipelineError, match=message) as refusal:
        assessments(lesions, None, Recist())
    assert "patient" not in str(refusal.value)
    assert "1 record " in str(refusal.value)


@pytest.mark.parametrize(("who", "number"), [(None, 1), ("patient", -1)])
def test_an_assessment_without_a_participant_or_before_baseline_cannot_be_expected(
    who: str | None, number: int
) -> None:
    expected = pd.DataFrame({"USUBJID": pd.Series([who], dtype="str"), "assessment": [number]})
    with pytest.raises(PipelineError, match="1 record expected without a participant, or before baseline"):
        assessments(course({"T01": "50 40"}), expected, Recist())


def test_an_assessment_may_be_expected_at_baseline() -> None:
    expected = pd.DataFrame({"USUBJID": pd.Series(["patient"], dtype="str"), "assessment": [0]})
    assert line(assessments(course({"T01": "50 40"}), expected, Recist()), "assessment") == "0 1"
