"""A waived finding stays in the report and stops nothing; a waiver that takes nothing is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.checks import datasets
from pipeline.checks.datasets import explanations, waivers
from pipeline.errors import SpecError
from pipeline.records import findings
from pipeline.records.findings import Finding
from pipeline.study import Study, agreement, load
from pipeline.study.models import Waiver
from tests.conftest import ROOT
from tests.support.small_study import FILES, small_study

FAULT = Finding(
    "REASON-WITH-END",
    "error",
    "DM",
    "RFENDTC",
    "USUBJID=never_dosed",
    "2017-01-01",
    "has an end all the same",
    "enrol, never_dosed, 01",
)
OTHER = replace(FAULT, key="USUBJID=other", source="enrol, other, 01")
WAIVER = Waiver(
    rule="REASON-WITH-END",
    dataset="DM",
    variable="RFENDTC",
    reason="SDTMIG asks for it.",
    owner="Lead statistical programmer",
    expires=date(2019, 9, 12),
)


def applied(
    study: Study, *given: Waiver, found: tuple[Finding, ...] = (FAULT, OTHER)
) -> list[tuple[str, str, str]]:
    after = waivers.applied(replace(study, waivers=given), found)
    return sorted((f.rule, f.severity, f.key) for f in after)


def test_a_waived_finding_is_kept_with_its_reason_and_does_not_stop(study: Study) -> None:
    [after] = waivers.applied(replace(study, waivers=(WAIVER,)), [FAULT])
    assert after == replace(
        FAULT, severity="waived", message="has an end all the same. Waived: SDTMIG asks for it."
    )
    assert findings.stops([FAULT])
    assert not findings.stops([after])


def test_a_waiver_takes_the_records_that_it_names_and_no_other(study: Study) -> None:
    one = WAIVER.model_copy(update={"where": {"USUBJID": "never_dosed"}})
    assert applied(study, one) == [
        ("REASON-WITH-END", "error", "USUBJID=other"),
        ("REASON-WITH-END", "waived", "USUBJID=never_dosed"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "ARM-WITHOUT-END"},
        {"dataset": "DS"},
        {"variable": "RFSTDTC"},
        {"where": {"USUBJID": "never"}},
    ],
    ids=["another rule", "another dataset", "another variable", "a part of a subject's number"],
)
def test_a_waiver_that_takes_nothing_is_a_finding_and_the_fault_stays(
    study: Study, change: dict[str, object]
) -> None:
    found = applied(study, WAIVER.model_copy(update=change), found=(FAULT,))
    assert ("REASON-WITH-END", "error", "USUBJID=never_dosed") in found
    assert [(rule, severity) for rule, severity, _ in found if rule == "WAIVER-UNUSED"] == [
        ("WAIVER-UNUSED", "warning")
    ]


@pytest.mark.parametrize(
    ("built", "told"),
    [
        (datetime(2019, 9, 12, 23, 59, 59, tzinfo=UTC), [("REASON-WITH-END", "waived")]),
        (
            datetime(2019, 9, 13, 0, 0, 0, tzinfo=UTC),
            [("REASON-WITH-END", "error"), ("WAIVER-EXPIRED", "error")],
        ),
    ],
    ids=["on its last day", "on the day after"],
)
def test_a_waiver_accepts_up_to_its_last_day_by_the_declared_build_time_and_then_stops_publication(
    study: Study, built: datetime, told: list[tuple[str, str]]
) -> None:
    later = replace(study, protocol=study.protocol.model_copy(update={"declared_build_time": built}))
    assert [(rule, severity) for rule, severity, _ in applied(later, WAIVER, found=(FAULT,))] == told


def test_an_expired_waiver_that_would_take_nothing_stops_publication_all_the_same(study: Study) -> None:
    """The place and the words, too: they tell the reader where to write."""
    [told] = waivers.applied(
        replace(study, waivers=(WAIVER.model_copy(update={"expires": date(2019, 9, 11)}),)), []
    )
    place = "specs/waivers.yaml:4:5"
    message = "this waiver has expired; renew it with its reason and date, or remove it"
    assert told == Finding("WAIVER-EXPIRED", "error", "DM", "RFENDTC", "REASON-WITH-END", "", message, place)
    assert findings.stops([told])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("dataset: DM", "dataset: DMM", "specs/waivers.yaml:2:28: DMM has no spec; did you mean DM?"),
        (
            "variable: SEX",
            "variable: SEXX",
            "specs/waivers.yaml:2:41: SEXX is not a variable of DM; did you mean SEX?",
        ),
        (", reason: known", "", "specs/waivers.yaml:2:5: "),
        (", owner: Statistics", "", "specs/waivers.yaml:2:5: "),
        ("owner: Statistics", 'owner: ""', "specs/waivers.yaml:2:71: "),
        (", expires: 2020-01-31", "", "specs/waivers.yaml:2:5: "),
        ("2020-01-31", "31JAN2020", "specs/waivers.yaml:2:90: "),
    ],
)
def test_a_waiver_that_could_never_be_used_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    text = (
        "waivers:\n  - {rule: VALUE-REQUIRED, dataset: DM, variable: SEX, reason: known, owner: Statistics,"
        " expires: 2020-01-31}\n"
    )
    for name, content in {**FILES, "specs/waivers.yaml": text.replace(old, new)}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(tmp_path)
    assert told in str(caught.value)


def test_the_studys_waivers_name_rules_of_the_project(study: Study) -> None:
    from pipeline.checks.datasets import rules

    assert {w.rule for w in load(ROOT).waivers} <= {r.id for r in rules.RULES}
    for waiver in study.waivers:
        rule = next(r for r in rules.RULES if r.id == waiver.rule)
        assert set(rule.covers) & set(waiver.published), waiver.rule


# --- severities
def severities(root: Path, text: str) -> Study:
    """The small study whose waivers.yaml holds these severities and nothing else."""
    return small_study(root, {"specs/waivers.yaml": f"severity:\n  {text}\n"})


def test_an_error_that_the_study_takes_for_a_warning_stops_nothing_and_has_its_reason(tmp_path: Path) -> None:
    lowered = severities(tmp_path, "REASON-WITH-END: {is: warning, reason: SDTMIG asks for it.}")
    [after] = waivers.with_severities(lowered, [FAULT])
    message = "has an end all the same. Warning in this study: SDTMIG asks for it."
    assert after == replace(FAULT, severity="warning", message=message)
    assert not findings.stops([after])
    assert explanations.missing(lowered, [after]) == set()


def test_a_warning_that_the_study_takes_for_an_error_stops_publication(tmp_path: Path) -> None:
    raised = severities(tmp_path, "TERM-NEW: {is: error, reason: No new terms after database lock.}")
    warning = replace(FAULT, rule="TERM-NEW", severity="warning")
    [after] = waivers.with_severities(raised, [warning])
    assert findings.stops([after])
    assert waivers.with_severities(raised, [FAULT]) == {FAULT}  # another rule


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TERM-NWE: {is: error, reason: x}", "TERM-NWE is not a rule of the checks; did you mean TERM-NEW?"),
        ("VALUE-LENGTH: {is: warning, reason: x}", "VALUE-LENGTH stays an error: a dataset would"),
        ("RECORD-LOST: {is: warning, reason: x}", "RECORD-LOST stays an error"),
    ],
)  # fmt: skip
def test_a_severity_of_no_rule_or_of_one_that_stays_an_error_is_refused(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(SpecError, match=told) as refusal:
        datasets.refuse_faults(severities(tmp_path, text))
    assert "specs/waivers.yaml:2:3: " in str(refusal.value)


def test_a_severity_needs_its_reason_and_is_one_of_two(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"waivers\.yaml:2:"):
        severities(tmp_path, "TERM-NEW: {is: note}")


def test_a_waiver_may_be_of_a_variable_that_the_standard_has_and_the_study_has_not(study: Study) -> None:
    assert "INVNAM" not in study.datasets["DM"].variables
    absent = WAIVER.model_copy(update={"variable": "INVNAM"})
    assert agreement.faults(replace(study, waivers=(absent,))) == []
    misspelt = WAIVER.model_copy(update={"variable": "INVNAMM"})
    [told] = agreement.faults(replace(study, waivers=(misspelt,)))
    assert "INVNAMM is not a variable of DM; did you mean INVNAM?" in told
