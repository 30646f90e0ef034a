"""What SECURITY.md promises: no command reaches out of the machine or starts another program, and data are
never code.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support import small_builds, small_study

PLANTED = "{{ 7 * 191 }}<script>marked()</script>"  # 1337, where a page takes a value for a template
PROGRAMS = ("'rev-parse', 'HEAD'", "['uname', '-p']")  # for build-info.json
COMMANDS = (
    "build DROP --study STUDY --out OUT --edition fda --quiet",
    "check-drop DROP --study STUDY --out CHECK --format html,csv,junit,sarif --quiet",
    "lint --study STUDY",
    "schema mapping",
    "functions study_day",
    "explain OUT EX.EXTRT USUBJID=S1-01 EXSEQ=1 --html CHECK/explained.html",
    "impact OUT dose.PRODUCT",
    "mapping OUT --html CHECK/mapping.html",
    "mapping OUT --spec CHECK/x.xlsx",
    "open OUT --address",
    "review-change OUT OUT --html CHECK/review.html",
    "compare OUT OUT/m5 --html CHECK/compared.html",
    "verify OUT",
    "preflight OUT/m5",
    "check-define OUT/m5/datasets/s1/tabulations/sdtm/define.xml",
    "standards show AE",
    "init NEW --from DROP",
    "simulate SIMULATED --study STUDY --subjects 1 --quiet",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, object]]]:
    """A folder in which each command ran, on a drop of what might be taken for code; what each asked for."""
    root = tmp_path_factory.mktemp("watched")
    small_study.small_study(root / "STUDY", small_builds.FILES)
    (root / "DROP").mkdir()
    for name, content in small_builds.DROP.items():
        (root / "DROP" / name).write_text(content.replace("100,DRUG", f"100,{PLANTED}"), encoding="utf-8")
    commands = [
        [re.sub(r"^(DROP|STUDY|OUT|CHECK|NEW|SIMULATED)\b", rf"{root}/\1", word) for word in line.split()]
        for line in COMMANDS
    ]
    ran = subprocess.run(
        [sys.executable, str(ROOT / "tests/support/watched_commands.py")],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        check=True,
    )
    return root, json.loads(ran.stdout)


def test_no_command_reaches_out_of_the_machine_or_starts_a_program_but_those_of_build_info(
    told: tuple[Path, list[dict[str, object]]],
) -> None:
    for each in told[1]:
        assert each["code"] in (0, 1), each
        started = [arguments for event, arguments in each["asked"]]  # type: ignore[attr-defined]
        unknown = [each for each in started if not any(program in each for program in PROGRAMS)]
        assert not unknown, each
        assert not started or each["words"][0] == "build", each  # type: ignore[index]


def test_what_looks_like_code_in_a_drop_is_shown_as_it_was_typed(
    told: tuple[Path, list[dict[str, object]]],
) -> None:
    root, _ = told
    texts = {page: page.read_text(encoding="utf-8") for page in root.rglob("*.html")}
    assert len(texts) > 10
    assert not [page for page, text in texts.items() if "1337" in text or "<script>marked" in text]
    explained = texts[root / "CHECK" / "explained.html"]
    assert "{{ 7 * 191 }}&lt;script&gt;marked()&lt;/script&gt;" in explained
