"""What `standards` prints, and how it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from tests.unit.standards.test_terminology import TEXT


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["standards", *map(str, words)])


def test_list_names_every_guide_and_package() -> None:
    lines = call("list").stdout.split("\n")
    assert [line.split("  ")[0] for line in lines if line] == [
        "SDTMIG 3.4",
        "ADaMIG 1.3",
        "ADaM CT 2022-06-24",
        "SDTM CT 2022-09-30",
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("EX", "One record per protocol-specified study treatment"),
        ("ae.aeser", "codelist NY (C66742), not extensible, SDTM CT 2022-09-30"),
        ("AE.AESTDTC", "Char, Exp, Timing, ISO 8601 datetime or interval"),
        ("NY", "Y   C49488  Yes; Yes"),
        ("C66742", "NY (C66742)  No Yes Response  (SDTM CT 2022-09-30, not extensible)"),
        ("ADSL.TRT01P", "ADSL.TRT01P  Planned Treatment for Period 01  (ADaMIG 1.3)"),
        ("bds", "AVAL"),
        ("ADAE", "OCCDS  (ADaMIG 1.3)"),
        ("adtte.cnsr", "CNSR  Censor  (ADaMIG 1.3)"),
        ("ADRS", "BDS  (ADaMIG 1.3)"),
    ],
)
def test_show_prints_a_dataset_a_variable_or_a_codelist(name: str, told: str) -> None:
    result = call("show", name)
    assert result.exit_code == 0
    assert told in result.stdout


def test_term_prints_the_closest_term_first_and_says_how_many_are_left_out() -> None:
    assert call("term", "Karnofsky Performance Status").exit_code == 0
    assert call("term", "hilar").stdout.startswith("HILAR ")
    assert "more; a longer text finds fewer" in call("term", "a").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "AEX"), "AEX: no dataset, variable or codelist of this name; did you mean"),
        (("show", "AE.AESERR"), "AE.AESERR: no dataset, variable or codelist of this name"),
        (("term", "qqqq"), "qqqq: no term of the terminology is spelt like this"),
        (("add", "nowhere.txt", "--study", "nowhere"), "nowhere: no specs/ here"),
    ],
)
def test_what_is_not_known_is_wrong_usage(words: tuple[str, ...], told: str) -> None:
    result = call(*words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_an_added_package_is_listed_and_shown(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    file = tmp_path / "SDTM Terminology 2024-03-29.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert call("add", file, "--study", tmp_path).exit_code == 0
    assert "SDTM CT 2024-03-29" in call("list", "--study", tmp_path).stdout
    assert "(SDTM CT 2024-03-29, extensible)" in call("show", "ND", "--study", tmp_path).stdout
