"""The recipes for GitHub, GitLab and pre-commit run as they stand, on the small study and two drops of it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.support import small_builds, small_study, workflow
from tests.support.small_builds import DROP

WORKFLOW, TEMPLATE = ROOT / ".github" / "workflows" / "drop.yml", ROOT / "docs" / "ci" / "gitlab.yml"
BAD = DROP["dose.csv"].replace("02 MAR 2018", "32 MAR 2018")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with the small study, three drops, and the command."""
    small_study.small_study(tmp_path, small_builds.FILES)
    doses = {"first": DROP["dose.csv"].replace(",90,", ",80,"), "second": DROP["dose.csv"], "bad": BAD}
    for name, dose in doses.items():
        (tmp_path / "drops" / name).mkdir(parents=True)
        for file, text in {**DROP, "dose.csv": dose}.items():
            (tmp_path / "drops" / name / file).write_text(text, encoding="utf-8")
    command = tmp_path / "bin" / "cdisc-pipeline"
    command.parent.mkdir()
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pipeline.__main__ import main; main()"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c {shlex.quote(code)} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return tmp_path


@pytest.mark.long
def test_the_workflow_checks_compares_and_builds_a_drop(folder: Path) -> None:
    inputs = {"drop": "drops/second", "last": "drops/first"}
    ran = workflow.github(WORKFLOW, inputs, folder, {"install": "false", "fail-on": "endpoints"})
    steps = ["Lint", "Check", "What changed", "Stop for what changed", "Build"]
    assert (ran.code, ran.steps) == (0, steps), ran.output
    assert ran.left_out == [
        "actions/checkout@v4",
        "actions/setup-python@v5",
        "github/codeql-action/upload-sarif@v3",
        "actions/upload-artifact@v4",
    ]
    assert json.loads((folder / "outputs/build.json").read_text("utf-8"))["state"] == "published"
    for name in _kept() - {"outputs/report"}:
        assert (folder / name).exists(), name
    assert (folder / "outputs" / "report" / "report.html").exists()
    assert "MG 80 -> 90" in (folder / "outputs/changes.md").read_text("utf-8")


def _kept() -> set[str]:
    """What the workflow uploads."""
    steps = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["drop"]["steps"]
    return {*steps[-1]["with"]["path"].split(), steps[-2]["with"]["sarif_file"]}


@pytest.mark.long
def test_a_drop_with_an_error_ends_the_workflow_and_its_queries_are_kept(folder: Path) -> None:
    inputs = {"drop": "drops/bad", "last": ""}
    ran = workflow.github(WORKFLOW, inputs, folder, {"install": "false"})
    assert (ran.code, ran.steps) == (1, ["Lint", "Check"])
    assert ran.left_out[-2:] == ["github/codeql-action/upload-sarif@v3", "actions/upload-artifact@v4"]
    assert (folder / "outputs/check/check.sarif").exists()


@pytest.mark.long
def test_the_template_for_gitlab_runs(folder: Path) -> None:
    ran = workflow.gitlab(TEMPLATE, {"DROP": "drops/second", "LAST": "drops/first"}, folder)
    assert (ran.code, len(ran.steps)) == (0, 4), ran.output
    assert (folder / "outputs/check/junit.xml").exists()
    assert (folder / "outputs/changes.md").exists()


@pytest.mark.parametrize(("old", "new", "code"), [("", "", 0), ("{copy: PRODUCT}", "{copy: PRODUKT}", 3)])
def test_the_hook_refuses_a_commit_with_a_fault(folder: Path, old: str, new: str, code: int) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    mapping = folder / "mappings/sdtm/ex.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace(old, new), encoding="utf-8")
    command = [str(folder / "bin" / "cdisc-pipeline"), *shlex.split(hook["entry"])[1:]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, "PRODUKT" in done.stderr) == (code, bool(code))
