"""What a study need not have: analysis datasets, and each file and part that only some studies use. Every
command copes without.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.checks.datasets import rules
from pipeline.cli import app
from pipeline.study import Study
from tests.support import small_builds
from tests.support.small_study import FILES

WITHOUT_ADAM = {name: "" for name in [*FILES, *small_builds.FILES] if "/adam/" in name}


@pytest.fixture(scope="module")
def sdtm_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study without analysis datasets, built for the FDA; drop and build stand beside it."""
    home = tmp_path_factory.mktemp("sdtm")
    small_builds.built(home, "small", WITHOUT_ADAM, editions=("fda",))
    return home / "small"


def test_a_study_of_sdtm_alone_has_no_analysis_folder_and_one_guide(sdtm_alone: Path) -> None:
    study = sdtm_alone / "out/latest/m5/datasets/s1"
    assert [path.name for path in study.iterdir()] == ["tabulations"]
    names = {path.name for path in (study / "tabulations/sdtm").iterdir()}
    assert {"dm.xpt", "ex.xpt", "define.xml", "define.html", "csdrg.pdf", "acrf.pdf"} <= names
    guides = json.loads((sdtm_alone / "out/latest/lineage/guides.json").read_text(encoding="utf-8"))
    assert list(guides["guides"]) == ["csdrg"]
    assert [p.name for p in (sdtm_alone / "out/latest/dataset-json").iterdir()] == ["sdtm"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("lint", "--study", "study"), 0),
        (("check-drop", "drop", "--study", "study", "--out", "check"), 0),
        (("mapping", "out"), 0),
        (("mapping", "out", "--html", "mapping.html", "--xlsx", "mapping.xlsx"), 0),
        (("explain", "out", "DM.SEX", "USUBJID=S1-01"), 0),
        (("impact", "out", "dose.DAY"), 0),
        (("review-change", "out", "out", "--html", "review.html"), 0),
        (("verify", "out", "--drop", "drop", "--rebuild"), 0),
        (("check-define", "out/m5/datasets/s1/tabulations/sdtm/define.xml"), 0),
        (("preflight", "out/m5"), 1),  # the study has no TS
    ],
)
def test_every_command_copes_with_sdtm_alone(
    sdtm_alone: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int
) -> None:
    monkeypatch.chdir(sdtm_alone)
    outcome = CliRunner().invoke(app, list(arguments))
    assert outcome.exit_code == code, outcome.output


def test_a_build_with_analysis_datasets_is_compared_with_one_without(
    sdtm_alone: Path, tmp_path: Path
) -> None:
    both = small_builds.built(tmp_path, "both")
    outcome = CliRunner().invoke(app, ["review-change", str(both), str(sdtm_alone / "out"), "--json"])
    assert outcome.exit_code in (0, 1), outcome.output
    assert '"layer": "ADaM"' in outcome.stdout


def test_the_results_of_a_study_without_trial_design_or_analyses_are_told_in_words(sdtm_alone: Path) -> None:
    text = (sdtm_alone / "out/latest/m5/datasets/s1/tabulations/sdtm/csdrg.html").read_text(encoding="utf-8")
    assert "There are no analysis datasets." in text


@pytest.mark.parametrize(
    ("dataset", "lacking"),
    [("SE", "SESTDTC"), ("SE", "SEENDTC"), ("SV", "VISITNUM"), ("EX", "EXSTDTC"), ("RELREC", "RELID")],
)
def test_no_rule_asks_about_a_variable_that_a_study_does_not_have(
    study: Study, dataset: str, lacking: str
) -> None:
    """The rules are put over datasets of one record that have every variable but one, and DM with them."""
    frames = {name: _one_record(study, name) for name in ("DM", "DS", "SE", "SV", "EX", "AE", "RELREC")}
    frames[dataset] = frames[dataset].drop(columns=lacking)
    assert isinstance(rules.check(study, frames), list)


def _one_record(study: Study, dataset: str) -> pd.DataFrame:
    variables = study.datasets[dataset].variables
    columns = {n: pd.Series([None], dtype=v.dtype) for n, v in variables.items()}
    key = {"USUBJID": "P1", "form": "f", "record": "1"}
    return pd.DataFrame({**columns, **{n: pd.Series([v], dtype="str") for n, v in key.items()}})
