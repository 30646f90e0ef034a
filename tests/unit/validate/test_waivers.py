"""A waived finding stays in the report and stops nothing; a waiver that takes nothing is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import findings
from pipeline.errors import SpecError
from pipeline.findings import Finding
from pipeline.study import Study, load
from pipeline.study.models import Waiver
from pipeline.validate import waivers
from tests.conftest import ROOT
from tests.support.small_study import FILES

FAULT = Finding(
    "REASON-WITH-END", "error", "DM", "RFENDTC", "USUBJID=never_dosed", "2017-01-01", "has an end all the same", "enrol, never_dosed, 01"
)
OTHER = replace(FAULT, key="USUBJID=other", source="enrol, other, 01")
WAIVER = Waiver(rule="REASON-WITH-END", dataset="DM", variable="RFENDTC", reason="SDTMIG asks for it.")


def applied(study: Study, *given: Waiver, found: tuple[Finding, ...] = (FAULT, OTHER)) -> list[tuple[str, str, str]]:
    after = waivers.applied(replace(study, waivers=given), found)
    return sorted((f.rule, f.severity, f.key) for f in after)


def test_a_waived_finding_is_kept_with_its_reason_and_does_not_stop(study: Study) -> None:
    [after] = waivers.applied(replace(study, waivers=(WAIVER,)), [FAULT])
    assert after == replace(FAULT, severity="waived", message="has an end all the same. Waived: SDTMIG asks for it.")
    assert findings.stops([FAULT])
    assert not findings.stops([after])


def test_a_waiver_takes_the_records_that_it_names_and_no_other(study: Study) -> None:
    one = WAIVER.model_copy(update={"where": {"USUBJID": "never_dosed"}})
    assert applied(study, one) == [("REASON-WITH-END", "error", "USUBJID=other"), ("REASON-WITH-END", "waived", "USUBJID=never_dosed")]


@pytest.mark.parametrize(
    "change",
    [{"rule": "ARM-WITHOUT-END"}, {"dataset": "DS"}, {"variable": "RFSTDTC"}, {"where": {"USUBJID": "never"}}],
    ids=["another rule", "another dataset", "another variable", "a part of a subject's number"],
)
def test_a_waiver_that_takes_nothing_is_a_finding_and_the_fault_stays(study: Study, change: dict[str, object]) -> None:
    found = applied(study, WAIVER.model_copy(update=change), found=(FAULT,))
    assert ("REASON-WITH-END", "error", "USUBJID=never_dosed") in found
    assert [(rule, severity) for rule, severity, _ in found if rule == "WAIVER-UNUSED"] == [("WAIVER-UNUSED", "warning")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("dataset: DM", "dataset: DMM", "specs/waivers.yaml:2:28: DMM has no spec; did you mean DM?"),
        ("variable: SEX", "variable: SEXX", "specs/waivers.yaml:2:41: SEXX is not a variable of DM; did you mean SEX?"),
        (", reason: known", "", "specs/waivers.yaml:2:5: "),
    ],
)
def test_a_waiver_that_could_never_be_used_is_refused_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = "waivers:\n  - {rule: VALUE-REQUIRED, dataset: DM, variable: SEX, reason: known}\n"
    for name, content in {**FILES, "specs/waivers.yaml": text.replace(old, new)}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(tmp_path)
    assert told in str(caught.value)


def test_the_studys_waivers_name_rules_of_the_project(study: Study) -> None:
    from pipeline.validate import rules

    assert {w.rule for w in load(ROOT).waivers} <= {r.id for r in rules.RULES}
    for waiver in study.waivers:
        rule = next(r for r in rules.RULES if r.id == waiver.rule)
        assert set(rule.covers) & set(waiver.published), waiver.rule
