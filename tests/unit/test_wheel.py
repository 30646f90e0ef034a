"""The package as a user installs it: a template that the wheel lacks would be missed nowhere else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support import small_builds

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "pipeline")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that holds the wheel of this checkout and nothing else."""
    home = tmp_path_factory.mktemp("wheel")
    source = home / "source"  # building leaves files beside the sources, so it works on a copy
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels, site = home / "wheels", home / "site"
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, source], check=True
    )
    subprocess.run([*pip, "install", "--no-deps", "--target", site, *wheels.glob("*.whl")], check=True)
    return site


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small study, its drop and, after the first command, its build."""
    home = tmp_path_factory.mktemp("study")
    small_builds.built(home, "small", editions=())
    shutil.rmtree(home / "small" / "out")
    return home / "small"


def run(installed: Path, study: Path, *arguments: str) -> str:
    """What the installed command prints; it is started outside the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    finished = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=study, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_installed_wheel_builds_checks_and_shows_the_mapping(installed: Path, study: Path) -> None:
    place = [sys.executable, "-c", "import pipeline; print(pipeline.__file__)"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    imported = subprocess.run(place, cwd=study, env=environment, capture_output=True, text=True, check=True)
    assert Path(imported.stdout.strip()).is_relative_to(installed), "the checkout was imported, not the wheel"

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


def test_the_command_works_in_a_folder_that_holds_a_pipeline_py(
    installed: Path, study: Path, tmp_path: Path
) -> None:
    for name in ("study", "drop"):
        shutil.copytree(study / name, tmp_path / name)
    (tmp_path / "pipeline.py").write_text(
        "raise SystemExit('another pipeline was imported')\n", encoding="utf-8"
    )
    command = [
        sys.executable,
        str(installed / "bin" / "cdisc-pipeline"),
        "build",
        "drop",
        "--study",
        "study",
        "--quiet",
    ]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    for workers in ("1", "2"):
        finished = subprocess.run(
            [*command, "--workers", workers, "--out", f"out{workers}"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr


def test_the_installed_wheel_says_its_version_and_that_it_is_typed(installed: Path, tmp_path: Path) -> None:
    assert (installed / "pipeline" / "py.typed").is_file()
    shown = subprocess.run(
        [sys.executable, "-c", "import pipeline; print(pipeline.__version__)"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f'version = "{shown.stdout.strip()}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_installed_wheel_holds_the_tables_of_the_standards(installed: Path, tmp_path: Path) -> None:
    listed = run(installed, tmp_path, "standards", "list")
    assert "SDTM CT 2022-09-30" in listed
    assert "ADaMIG 1.3" in listed
