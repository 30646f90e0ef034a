"""Where a part of a study's files stands: its place in the file, and the rule that filled it in."""

from __future__ import annotations

import pytest

from pipeline.study.located import KeyPath, Located, parsed

TEXT = """\
dataset: DM
variables:
  SEX: {codelist: IT.SEX}
"""


def file() -> Located:
    read = parsed(TEXT, "mappings/sdtm/dm.yaml", "study/mappings/sdtm/dm.yaml")
    rules: dict[KeyPath, str] = {
        ("variables", "SEX", "codelist"): "rule 3",
        ("variables", "RFXSTDTC"): "rule 5",
    }
    return Located(read.file, read.shown, read.value, read.places, rules=rules)


@pytest.mark.parametrize(
    ("path", "at", "line"),
    [
        (("dataset",), "mappings/sdtm/dm.yaml:1:1", "mappings/sdtm/dm.yaml:1"),
        (("variables", "SEX"), "mappings/sdtm/dm.yaml:3:3 + rule 3", "mappings/sdtm/dm.yaml:3 + rule 3"),
        (("variables", "RFXSTDTC"), "mappings/sdtm/dm.yaml + rule 5", "mappings/sdtm/dm.yaml + rule 5"),
        (("variables",), "mappings/sdtm/dm.yaml:2:1 + rule 5", "mappings/sdtm/dm.yaml:2 + rule 5"),
    ],
)
def test_a_line_has_the_place_where_the_study_said_it_and_the_rule_that_filled_it_in(
    path: KeyPath, at: str, line: str
) -> None:
    assert (file().at(path), file().line(path)) == (at, line)


def test_a_message_names_the_line_and_the_rule() -> None:
    assert str(file().error(("variables", "RFXSTDTC", "of"), "EX has no EXSTDTC")) == (
        "study/mappings/sdtm/dm.yaml:2:1: EX has no EXSTDTC (rule 5 of the engine gives this)"
    )
    assert str(file().error(("dataset",), "not a dataset")) == (
        "study/mappings/sdtm/dm.yaml:1:1: not a dataset"
    )
