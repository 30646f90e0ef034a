"""What the documentation says can be done: each command in it runs, and each file that it names is there."""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from tests.conftest import FEW, ROOT
from tests.support.drops import of_subjects

PAGES = (
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "outputs" / "README.md",
)
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
OF_THE_EXAMPLE = {"mistakes.md"}  # it names files of examples/minimal; test_common_mistakes holds it
NAMED = re.compile(r"`((?:pipeline|tests|specs|mappings|docs)/[\w./-]+)`")


def commands() -> Iterator[tuple[str, str]]:
    """Page and command, in the order of the pages: the README's build comes before the answers from it."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            yield from ((page.name, line) for line in block.splitlines())


@pytest.mark.long
def test_each_command_in_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("specs", "mappings"):
        (tmp_path / name).symlink_to(ROOT / name)
    of_subjects(tmp_path / "tests" / "drops" / "2019-07-01", *FEW, "FD-007")  # those whom the pages name
    monkeypatch.chdir(tmp_path)
    make_build = ["build", "tests/drops/2019-07-01", "--out", "outputs", "--edition", "fda", "--quiet"]
    assert CliRunner().invoke(app, make_build).exit_code == 0
    ran = 0
    for page, line in commands():
        program, *arguments = shlex.split(line)
        assert program == "cdisc-pipeline", f"{page}: {line}"
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, f"{page}: {line}\n{result.output[-2000:]}"
        ran += 1
    assert ran > 10


@pytest.mark.long
def test_each_example_of_the_page_on_notebooks_gives_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("specs", "mappings", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/notebook.md").read_text(encoding="utf-8")
    examples = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, "notebook.md", "docs/notebook.md", 0)
    outcome = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test)
    assert outcome.attempted > 20
    assert outcome.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_each_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [page.parent / target for target in LINK.findall(text)]
    files = [] if page.name in OF_THE_EXAMPLE else [ROOT / name for name in NAMED.findall(text)]
    assert [str(p) for p in (*links, *files) if not p.exists()] == []


def test_each_rule_of_check_define_is_in_the_reference() -> None:
    sources = [p.read_text(encoding="utf-8") for p in (ROOT / "pipeline/checks/define").glob("*.py")]
    told = {rule for source in sources for rule in re.findall(r'"(DEF-[A-Z]+)"', source)}
    listed = set(re.findall(r"DEF-[A-Z]+", (ROOT / "docs/reference.md").read_text(encoding="utf-8")))
    assert told - {"DEF-OUTSIDE"} == listed  # DEF-OUTSIDE is asked of a build, and is in docs/mapping.md
