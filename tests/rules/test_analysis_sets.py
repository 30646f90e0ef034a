"""ADSL and ADDV: which participants an analysis set holds, and which deviations are important."""

from __future__ import annotations

import pytest

from pipeline.derivations.adam import deviations, populations
from pipeline.study.models import Evaluator, ImportantDeviation
from tests.support.tables import days, records, shown, text

POPULATIONS = {
    # rule: (randomized on, first dose on, RANDFL and ITTFL, SAFFL, FASFL)
    "randomized and dosed": ("2016-08-10", "2016-08-12", "Y", "Y", "Y"),
    "randomized and never dosed": ("2016-08-10", None, "Y", "N", "N"),
    "dosed without randomization: safety alone": (None, "2016-08-12", "N", "Y", "N"),
    "screen failure": (None, None, "N", "N", "N"),
}


@pytest.mark.parametrize(
    ("randomized", "treated", "ittfl", "saffl", "fasfl"), POPULATIONS.values(), ids=POPULATIONS
)
def test_population(randomized: str | None, treated: str | None, ittfl: str, saffl: str, fasfl: str) -> None:
    assert shown(populations.randomized_flag(days(randomized))) == [ittfl]
    assert shown(populations.safety_flag(days(treated))) == [saffl]
    assert shown(populations.full_analysis_flag(days(randomized), days(treated))) == [fasfl]


# --- deviations
LISTED = (
    ImportantDeviation(category="ELIGIBILITY", excludes=True),
    ImportantDeviation(category="DOSING", classes=("MAJOR",), excludes=True),
    ImportantDeviation(category="VISIT MISSED", classes=("MAJOR", "CRITICAL")),
)
DEVIATIONS = {
    # rule: (category, class, important, keeps out of the per-protocol set)
    "of a category that is listed without classes": ("ELIGIBILITY", "MINOR", "Y", "Y"),
    "such a one that nobody classed": ("ELIGIBILITY", None, "Y", "Y"),
    "of a class that is listed": ("DOSING", "MAJOR", "Y", "Y"),
    "of another class": ("DOSING", "MINOR", None, None),
    "nobody classed it": ("DOSING", None, None, None),
    "important, and excludes nobody": ("VISIT MISSED", "CRITICAL", "Y", None),
    "of a category that is not listed": ("OTHER", "MAJOR", None, None),
    "of no category": (None, "MAJOR", None, None),
}


@pytest.mark.parametrize(("category", "class_", "important", "excludes"), DEVIATIONS.values(), ids=DEVIATIONS)
def test_a_deviation_is_important_as_the_study_lists_it(
    category: str | None, class_: str | None, important: str | None, excludes: str | None
) -> None:
    given = text(category), text(class_)
    assert shown(deviations.important_deviation_flag(*given, LISTED)) == [important]
    assert shown(deviations.excluding_deviation_flag(*given, LISTED)) == [excludes]


def test_a_study_without_a_list_has_no_important_deviation() -> None:
    assert shown(deviations.important_deviation_flag(text("DOSING"), text("MAJOR"), ())) == [None]


def test_the_per_protocol_set_is_the_full_analysis_set_without_excluding_deviations() -> None:
    log = records(
        "USUBJID DVCAT DVCLASS",
        ("overdosed", "VISIT MISSED", "MINOR"),
        ("overdosed", "DOSING", "MAJOR"),
        ("missed_a_visit", "VISIT MISSED", "MAJOR"),
    )
    who = text("overdosed", "missed_a_visit", "without_deviation", "never_dosed")
    full = text("Y", "Y", "Y", "N")
    assert shown(populations.per_protocol_flag(who, full, log, LISTED)) == ["N", "Y", "Y", "N"]
    assert shown(populations.per_protocol_flag(who, full, log.iloc[:0], LISTED)) == ["Y", "Y", "Y", "N"]


# --- response
EVALUATORS = (
    Evaluator(code="INV", name="Investigator", evaluator="INVESTIGATOR"),
    Evaluator(code="IRC", name="Independent review", evaluator="INDEPENDENT ASSESSOR"),
)
Assessed = tuple[str, str | None, str | None, str | None]
BASELINE: Assessed = ("INV", "Y", "TARGET", None)
EVALUABLE: dict[str, tuple[str, list[Assessed], str]] = {
    # rule: (flag of the full analysis set, assessments, flag)
    "assessed after baseline": ("Y", [BASELINE, ("INV", None, "TARGET", "SD")], "Y"),
    "not of the full analysis set": ("N", [BASELINE, ("INV", None, "TARGET", "SD")], "N"),
    "non-target lesions are disease": (
        "Y",
        [("INV", "Y", "NON-TARGET", None), ("INV", None, "NON-TARGET", "NON-CR/NON-PD")],
        "Y",
    ),
    "no disease at baseline": ("Y", [("INV", "Y", "NONE", None), ("INV", None, "NONE", "PD")], "N"),
    "disease not known": ("Y", [("INV", "Y", None, None), ("INV", None, None, "PD")], "N"),
    "not evaluable at the only later assessment": ("Y", [BASELINE, ("INV", None, "TARGET", "NE")], "N"),
    "not evaluable at first, evaluable later": (
        "Y",
        [BASELINE, ("INV", None, "TARGET", "NE"), ("INV", None, "TARGET", "PD")],
        "Y",
    ),
    "a later assessment without a response": ("Y", [BASELINE, ("INV", None, "TARGET", None)], "N"),
    "baseline alone": ("Y", [BASELINE], "N"),
    "a response at baseline is none": ("Y", [("INV", "Y", "TARGET", "SD")], "N"),
    "no baseline": ("Y", [("INV", None, "TARGET", "SD")], "N"),
    "assessed by another evaluator alone": ("Y", [BASELINE, ("IRC", None, "TARGET", "SD")], "N"),
    "baseline of another evaluator alone": (
        "Y",
        [("IRC", "Y", "TARGET", None), ("INV", None, "TARGET", "SD")],
        "N",
    ),
    "never assessed": ("Y", [], "N"),
}


@pytest.mark.parametrize(("full", "assessed", "expected"), EVALUABLE.values(), ids=EVALUABLE)
def test_response_evaluable_is_who_had_disease_and_an_evaluable_response(
    full: str, assessed: list[Assessed], expected: str
) -> None:
    rows = [("participant", *assessment) for assessment in assessed]
    adta = records("USUBJID EVALCD ABLFL DISEASE OVRLRESP", *rows, ("somebody_else", *BASELINE))
    flag = populations.response_evaluable_flag(text("participant"), text(full), adta, EVALUATORS)
    assert shown(flag) == [expected]
