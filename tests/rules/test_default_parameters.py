"""Parameters that a study leaves out: those with a default of the program, and those that only a plan can
decide.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.datasets import refuse_faults
from pipeline.errors import SpecError
from pipeline.mapping.resolve import plan
from pipeline.stages import LIBRARY
from pipeline.study import defaults, load
from pipeline.study.models import Default, Parameter
from tests.conftest import ROOT
from tests.support.mutants import copied

OWN = "specs/study.yaml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The study with one text of its study.yaml replaced."""
    folder = copied(ROOT, tmp_path / "study")
    text = (folder / OWN).read_text(encoding="utf-8")
    assert old in text
    (folder / OWN).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


# What RECIST 1.1 sets, typed from its text.
BOUNDS = {
    "pr_fraction": 0.7,
    "pd_fraction": 1.2,
    "pd_absolute_mm": 5,
    "node_normal_mm": 10,
    "node_target_mm": 15,
    "lesion_target_mm": 10,
    "too_small_mm": 5,
    "max_targets": 5,
    "max_per_organ": 2,
    "confirm_days": 28,
}


@pytest.mark.parametrize(("name", "value"), BOUNDS.items(), ids=BOUNDS)
def test_the_bounds_of_recist_need_not_be_written(name: str, value: float) -> None:
    parameter = load(ROOT).protocol.parameters[name]
    assert isinstance(parameter, Default)
    assert (parameter.value, bool(parameter.reason)) == (value, True)


def test_a_default_is_shown_as_one_and_what_a_study_writes_is_not() -> None:
    parameters = load(ROOT).protocol.parameters
    assert parameters["pd_absolute_mm"].text == "5 mm (default)"
    assert parameters["minimum_sd_days"].text == "35 days"


def test_what_a_study_writes_wins(tmp_path: Path) -> None:
    own = "parameters:\n  pd_absolute_mm: {value: 4, unit: mm, reason: planted}"
    parameter = load(changed(tmp_path, "parameters:", own)).protocol.parameters["pd_absolute_mm"]
    assert (parameter.text, type(parameter)) == ("4 mm", Parameter)


def test_the_ends_without_contact_need_not_be_bound(tmp_path: Path) -> None:
    folder = copied(ROOT, tmp_path / "study")
    mapping = folder / "mappings/adam/adsl.yaml"
    line = "      disposition_without_contact: specs.parameters.disposition_without_contact\n"
    bound = mapping.read_text(encoding="utf-8")
    assert line in bound
    mapping.write_text(bound.replace(line, ""), encoding="utf-8")
    (step,) = plan(load(folder), LIBRARY).by_node["ADSL", "LSTALVDT"]
    ends = (step.tables or {})["disposition_without_contact"]
    assert ends == ["DEATH", "LOST TO FOLLOW-UP", "STUDY TERMINATED BY SPONSOR"]


DECISIONS = {
    # parameter: its lines in the study's file, how what is missing is told
    "minimum_sd_days": (
        '  minimum_sd_days: {value: 35, unit: days, reason: "Six weeks less the window of 7 days: assumption'
        ' stable-disease."}\n',
        "`parameters` lacks minimum_sd_days, which the plan decides: from which day, counted from the anchor,"
        " stable disease counts",
    ),
    "baseline_reference": (
        "  baseline_reference:\n    value: first dose",
        "`parameters` lacks baseline_reference, which the plan decides: which scan is baseline; first dose:"
        " the last scan before the first dose; of a participant never dosed, the last by the anchor; anchor:"
        " the last scan on or before the date from which scans are planned",
    ),
}


@pytest.mark.parametrize(("name", "lines", "told"), [(n, *d) for n, d in DECISIONS.items()], ids=DECISIONS)
def test_a_decision_of_the_plan_is_asked_for_with_its_choices(
    tmp_path: Path, name: str, lines: str, told: str
) -> None:
    folder = changed(tmp_path, lines, lines.replace(name, "longest_wait") if ":\n" in lines[:30] else "")
    study = load(folder)
    with pytest.raises(SpecError) as refused:
        plan(study, LIBRARY)
    first, *_ = str(refused.value).splitlines()
    place, _, message = first.partition(": ")
    assert place.startswith(f"{folder / OWN}:")
    assert message.startswith(told)
    assert message.endswith("}")  # the line to write


def test_a_check_asks_for_the_plan_s_decision_too(tmp_path: Path) -> None:
    lines, _ = DECISIONS["baseline_reference"]
    study = load(changed(tmp_path, lines, lines.replace("baseline_reference", "longest_wait")))
    with pytest.raises(SpecError, match="which the plan decides: which scan is baseline"):
        refuse_faults(study)


def test_each_default_has_a_reason_and_stands_at_a_line_of_the_program_s_file() -> None:
    for name, default in defaults.engine().defaults.items():
        assert default.reason.endswith("."), name
        assert defaults.located().at(("defaults", name)).startswith("pipeline/standards/parameters.yaml:")


def test_without_an_anchor_a_convention_says_what_it_needs(tmp_path: Path) -> None:
    folder = changed(tmp_path, "anchor: ADSL.ANCH1DT\n", "")
    with pytest.raises(SpecError) as refused:
        plan(load(folder), LIBRARY)
    assert "`anchor` is missing, the date of ADSL from which planned visits are counted" in str(refused.value)
    assert "write anchor: ADSL.RANDDT" in str(refused.value)
