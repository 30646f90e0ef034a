"""Runs the steps of a workflow as GitHub and GitLab do, as far as a machine without a network can: an action
of somebody else is noted and left out.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

_EXPRESSION = re.compile(r"\$\{\{ *inputs\.([\w-]+) *\}\}")
_CONDITION = re.compile(r"inputs\.([\w-]+) *(==|!=) *'([^']*)'")


@dataclass
class Ran:
    """What a run of a workflow came to."""

    code: int = 0
    steps: list[str] = field(default_factory=list)  # by name, those that ran
    left_out: list[str] = field(default_factory=list)  # actions of others that would have run
    output: str = ""


def github(workflow: Path, inputs: Mapping[str, str], folder: Path, given: Mapping[str, str]) -> Ran:
    """Runs the jobs of a workflow in a folder.

    Takes     its inputs; the folder with the study and the drops; inputs of composite actions that are
              otherwise than the workflow says, such as that nothing is installed.
    """
    ran = Ran()
    for job in _read(workflow)["jobs"].values():
        _steps(job["steps"], inputs, folder, given, ran)
    return ran


def _steps(
    steps: list[dict[str, Any]], inputs: Mapping[str, str], folder: Path, given: Mapping[str, str], ran: Ran
) -> None:
    for step in steps:
        condition = step.get("if", "")
        if ran.code and condition != "always()":
            continue
        if condition and condition != "always()" and not _holds(condition, inputs):
            continue
        if "run" in step:
            assert step["shell"] == "bash", "a step of a composite action names its shell"
            ran.steps.append(step["name"])
            _bash(_filled(step["run"], inputs), {}, folder, ran)
        elif step["uses"].startswith("./"):
            action = _read(ROOT / step["uses"] / "action.yml")
            defaults = {name: str(i.get("default", "")) for name, i in action["inputs"].items()}
            needed = {name for name, i in action["inputs"].items() if i.get("required")}
            with_ = {name: _filled(str(text), inputs) for name, text in step.get("with", {}).items()}
            assert needed <= with_.keys() <= defaults.keys(), "the inputs are those of the action"
            _steps(action["runs"]["steps"], {**defaults, **with_, **given}, folder, given, ran)
        else:
            assert re.search(r"@v\d+$", step["uses"]), "an action of somebody else has a version"
            ran.left_out.append(step["uses"])


def gitlab(template: Path, variables: Mapping[str, str], folder: Path) -> Ran:
    """Runs the script of the one job of a template, without what it installs."""
    (job,) = _read(template).values()
    ran = Ran()
    for line in job["script"]:
        if not ran.code:
            ran.steps.append(line.split(" --")[0])
            _bash(line, {**job["variables"], **variables}, folder, ran)
    return ran


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _filled(text: str, inputs: Mapping[str, str]) -> str:
    filled = _EXPRESSION.sub(lambda match: inputs[match[1]], text)
    assert "${{" not in filled, f"an expression that is not an input: {filled}"
    return filled


def _holds(condition: str, inputs: Mapping[str, str]) -> bool:
    match = _CONDITION.fullmatch(condition)
    assert match is not None, f"a condition of another kind: {condition}"
    return (inputs[match[1]] == match[3]) == (match[2] == "==")


def _bash(script: str, variables: Mapping[str, str], folder: Path, ran: Ran) -> None:
    environment = {**os.environ, **variables, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    ran.code, ran.output = done.returncode, ran.output + done.stdout + done.stderr
