"""The library as a programmer looks it up."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from pipeline import functions
from pipeline.cli import app
from tests.conftest import ROOT


def test_every_function_tells_its_rule_its_inputs_and_where_the_rule_comes_from() -> None:
    for function in functions.library().values():
        assert function.first_sentence.endswith((".", ":")), function.name
        assert {"Takes", "Returns"} <= function.sections.keys(), function.name
        assert function.inputs, function.name


def test_an_input_says_how_it_is_bound() -> None:
    assert functions.named("study_day").inputs == {
        "date": "a name: this record's value",
        "reference": "a name: this record's value",
    }
    assert (
        functions.named("epoch").inputs["se"] == "a list of names: the participant's records: EPOCH, SESTDTC"
    )
    records = functions.named("visit_number_held").inputs["visit_records"]
    assert records.endswith(": in this order: subject number, visit, held (may be left out), date")
    assert functions.named("occurred").inputs["yes"].endswith("(default: Y, YES, 1, CHECKED, TRUE)")
    assert functions.named("new_therapy_date").inputs["procedures"].endswith("(may be left out)")
    assert functions.named("visit_day").inputs["visits"].startswith("a part of specs/")


def test_the_uses_of_a_function_are_lines_of_the_mappings() -> None:
    used = list(functions.uses(ROOT, "actual_arm"))
    assert len(used) == 1
    assert used[0].startswith("mappings/sdtm/dm.yaml:")
    assert "ACTARMCD: {derive: actual_arm" in used[0]


def test_the_page_of_a_function_and_the_list_are_printed() -> None:
    listed = CliRunner().invoke(app, ["functions"])
    assert listed.exit_code == 0
    assert "study_day" in listed.stdout
    page = CliRunner().invoke(app, ["functions", "study_day", "--study", str(ROOT)])
    assert page.exit_code == 0
    assert "Takes" in page.stdout
    assert "mappings/sdtm/ae.yaml:" in page.stdout


def test_a_name_that_both_layers_have_shows_both_functions() -> None:
    page = CliRunner().invoke(app, ["functions", "end_of_study", "--study", str(ROOT)])
    assert page.exit_code == 0
    assert page.stdout.index("end_of_study  (sdtm)") < page.stdout.index("end_of_study  (adam)")
    assert page.stdout.count("Takes ") == 2
    one = CliRunner().invoke(app, ["functions", "last_date", "--study", str(ROOT)])
    assert one.stdout.count("Takes ") == 1
    assert "last_date  (sdtm, adam)" in one.stdout


@pytest.mark.parametrize(("name", "told"), [("study_dya", "did you mean study_day?"), ("zzz", "no function")])
def test_a_name_that_the_library_does_not_have_is_wrong_usage(name: str, told: str) -> None:
    result = CliRunner().invoke(app, ["functions", name])
    assert result.exit_code == 2
    assert told in result.stderr
