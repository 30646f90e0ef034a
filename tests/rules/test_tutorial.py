"""docs/tutorial.md, literally: its files are written into an empty folder, its commands run in their order
with the installed wheel, and what the page says that one sees is there.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.installed import command

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(\w+)(?: (\S+))?\n(.*?)```", re.DOTALL)
SHOWN = re.compile(r"^\| `(first/\S+)` \|", re.MULTILINE)


@pytest.mark.long
def test_the_tutorial_does_what_it_says(installed: Path, tmp_path: Path) -> None:
    commands = 0
    for kind, file, content in BLOCK.findall(PAGE):
        if file:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif kind == "console":
            line, *seen = content.splitlines()
            words = shlex.split(line.removeprefix("$ "))
            assert words[0] == "cdisc-pipeline"
            finished = command(installed, tmp_path, *words)
            printed = finished.stdout + finished.stderr
            assert finished.returncode == (1 if seen[0].startswith("refused") else 0), printed
            for text in seen:
                assert text in printed, f"{line}\n{printed}"
            commands += 1
    assert commands > 6
    shown = SHOWN.findall(PAGE)
    assert len(shown) == 3
    assert [name for name in shown if not (tmp_path / name).is_file()] == []
