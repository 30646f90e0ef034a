"""The package as a user installs it: a template that the wheel lacks would be missed nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support import small_builds
from tests.support.installed import output


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small study, its drop and, after the first command, its build."""
    home = tmp_path_factory.mktemp("study")
    small_builds.built(home, "small", editions=())
    shutil.rmtree(home / "small" / "out")
    return home / "small"


def run(installed: Path, study: Path, *arguments: str) -> str:
    """What the installed package prints for a command line; it is started outside the checkout."""
    return output(installed, study, "python", "-m", "pipeline", *arguments)


@pytest.mark.long
def test_the_installed_wheel_builds_checks_and_shows_the_mapping(installed: Path, study: Path) -> None:
    imported = output(installed, study, "python", "-c", "import pipeline; print(pipeline.__file__)")
    assert Path(imported.strip()).is_relative_to(installed), "the checkout was imported, not the wheel"

    run(installed, study, "build", "drop", "--study", "study", "--out", "out", "--edition", "fda", "--quiet")
    assert (study / "out/latest/m5/datasets/s1/tabulations/sdtm/define.xml").is_file()
    assert (study / "out/latest/m5/datasets/s1/tabulations/sdtm/csdrg.pdf").is_file()
    run(installed, study, "check-drop", "drop", "--study", "study", "--out", "check", "--quiet",
        "--format", "html,csv,junit,sarif")  # fmt: skip
    assert (study / "check/check.html").is_file()
    assert "DM" in run(installed, study, "mapping", "out")
    run(installed, study, "mapping", "out", "--html", "mapping.html")
    run(installed, study, "review-change", "out", "out", "--html", "review.html")
    run(installed, study, "explain", "out", "DM.SEX", "USUBJID=S1-01", "--html", "explain.html")
    assert {"mapping.html", "review.html", "explain.html"} <= {p.name for p in study.iterdir()}


@pytest.mark.long
def test_the_command_works_in_a_folder_that_holds_a_pipeline_py(
    installed: Path, study: Path, tmp_path: Path
) -> None:
    for name in ("study", "drop"):
        shutil.copytree(study / name, tmp_path / name)
    (tmp_path / "pipeline.py").write_text(
        "raise SystemExit('another pipeline was imported')\n", encoding="utf-8"
    )
    for workers in ("1", "2"):
        output(installed, tmp_path, "cdisc-pipeline", "build", "drop", "--study", "study", "--quiet",
               "--workers", workers, "--out", f"out{workers}")  # fmt: skip


def test_the_installed_wheel_says_its_version_and_that_it_is_typed(installed: Path, tmp_path: Path) -> None:
    assert (installed / "pipeline" / "py.typed").is_file()
    shown = output(installed, tmp_path, "python", "-c", "import pipeline; print(pipeline.__version__)")
    assert f'version = "{shown.strip()}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_installed_wheel_holds_the_tables_of_the_standards(installed: Path, tmp_path: Path) -> None:
    listed = run(installed, tmp_path, "standards", "list")
    assert "SDTM CT 2022-09-30" in listed
    assert "ADaMIG 1.3" in listed
