"""docs/tutorial.md, literally: its files are written, its commands run in their order, and what the page says
that one sees is there.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(\w+)(?: (\S+))?\n(.*?)```", re.DOTALL)
SHOWN = re.compile(r"^\| `(first/\S+)` \|", re.MULTILINE)


def test_the_tutorial_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = 0
    for kind, file, content in BLOCK.findall(PAGE):
        if file:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif kind == "console":
            command, *seen = content.splitlines()
            program, *arguments = shlex.split(command.removeprefix("$ "))
            assert program == "cdisc-pipeline"
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == (1 if seen[0].startswith("refused") else 0), result.output
            for text in seen:
                assert text in result.output, f"{command}\n{result.output}"
            commands += 1
    assert commands > 6
    shown = SHOWN.findall(PAGE)
    assert len(shown) == 3
    assert [name for name in shown if not (tmp_path / name).is_file()] == []
