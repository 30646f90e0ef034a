"""An exception in a function of a study is told as a line of the mapping, the function and its line of
Python, without a participant's value and without a traceback.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import stages as run
from pipeline.cli import app
from pipeline.errors import SpecError
from pipeline.workers import Workers
from tests.conftest import quiet
from tests.support import small_builds, small_study
from tests.support.small_study import FILES

SOURCE = FILES["mappings/sdtm/dm.py"]
BODY = SOURCE[SOURCE.index("    first = ") :]
LINE = SOURCE[: SOURCE.index("    first = ")].count("\n") + 1  # of the first line of the body
ADVICE = "; correct the function, or what the mapping gives it"

# the body of first_dose, and what is told of it
RAISED = {
    "a column that it was not given": (
        'return doses["EXDOSE"]',
        "KeyError: EXDOSE, which the mapping does not give it",
    ),
    "a key that is no column": ('return {}["SECRET-1"]', "KeyError"),
    "a value that is no number": ('return pd.Series([float("SECRET-1")])', "ValueError"),
    "an exception of its own": ("raise RuntimeError(str(usubjid.iloc[0]))", "RuntimeError"),
    "a division by nothing": ("return usubjid / 0 if len(usubjid) < 0 else 1 / 0", "ZeroDivisionError"),
    "a name that is not there": ("return first_of(doses)", "NameError: name 'first_of' is not defined"),
    "a method that is not there": (
        "return doses.no_such()",
        "AttributeError: 'DataFrame' object has no attribute 'no_such'",
    ),
    "an end of the program": ("raise SystemExit(0)", "SystemExit"),
}


def command(tmp_path: Path, files: dict[str, str], workers: str = "1") -> tuple[int, str]:
    """Exit code and messages of a build of the small study with some other files."""
    home = tmp_path / "study"
    drop = tmp_path / "drop"
    drop.mkdir()
    for file, content in small_builds.DROP.items():
        (drop / file).write_text(content, encoding="utf-8")
    for file, content in {**FILES, **small_builds.FILES, **files}.items():
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_text(content, encoding="utf-8")
    asked = ["build", str(drop), "--study", str(home), "--out", str(tmp_path / "out"), "--workers", workers]
    result = CliRunner().invoke(app, [*asked, "--quiet"])
    assert not (tmp_path / "out").exists()
    return result.exit_code, result.stderr


@pytest.mark.parametrize(("body", "told"), RAISED.values(), ids=RAISED)
def test_what_a_function_raises_is_told_with_the_mapping_and_the_line(
    tmp_path: Path, body: str, told: str
) -> None:
    code, message = command(tmp_path, {"mappings/sdtm/dm.py": SOURCE.replace(BODY, f"    {body}\n")})
    mapping, python = tmp_path / "study/mappings/sdtm/dm.yaml", tmp_path / "study/mappings/sdtm/dm.py"
    assert (code, message) == (
        3,
        f"{mapping}:9:3: first_dose failed: {told} at {python}:{LINE} ({body}){ADVICE}\n",
    )


def test_no_value_of_a_participant_is_in_the_message(tmp_path: Path) -> None:
    body = "    return usubjid.map(lambda number: int(number))\n"
    code, message = command(tmp_path, {"mappings/sdtm/dm.py": SOURCE.replace(BODY, body)})
    assert code == 3
    assert "S1-01" not in message, "the identifier of the first participant"
    assert "Traceback" not in message


def test_it_is_told_the_same_by_more_processes(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match=r"first_dose failed: ZeroDivisionError at .*dm\.py:\d+ \(return 1 / 0\)"
    ):
        files = {"mappings/sdtm/dm.py": SOURCE.replace(BODY, "    return 1 / 0\n")}
        study = small_study.small_study(tmp_path / "study", {**small_builds.FILES, **files})
        (tmp_path / "drop").mkdir()
        for file, content in small_builds.DROP.items():
            (tmp_path / "drop" / file).write_text(content, encoding="utf-8")
        workers = Workers(processes=2, block=1)
        run.build(study, tmp_path / "study", tmp_path / "drop", tmp_path / "out", workers, quiet)


COMPILED = {
    "a fault of syntax": ("def first(:\n", r"mappings/sdtm/dm\.py:1:11: invalid syntax"),
    "an import that is not there": (
        "import pandas as pd\nimport no_such_module\n",
        r"mappings/sdtm/dm\.py:2:1: ModuleNotFoundError: No module named 'no_such_module'",
    ),
    "a fault when it is loaded": (
        "import pandas as pd\n\nDAYS = 7 / 0\n",
        r"mappings/sdtm/dm\.py:3:1: ZeroDivisionError: division by zero",
    ),
    "a value of another type when it is loaded": (
        "DAYS = int('seven')\n",
        r"mappings/sdtm/dm\.py:1:1: ValueError: invalid literal for int\(\) with base 10: 'seven'",
    ),
    "an end of the program": ("import sys\nsys.exit(0)\n", r"mappings/sdtm/dm\.py:2:1: SystemExit: 0"),
    "a byte that is no text": ("x = 1\x00\n", r"mappings/sdtm/dm\.py:1:1: "),
}


@pytest.mark.parametrize(("source", "told"), COMPILED.values(), ids=COMPILED)
def test_a_file_of_functions_that_cannot_be_loaded_is_told_with_its_line(
    tmp_path: Path, source: str, told: str
) -> None:
    code, message = command(tmp_path, {"mappings/sdtm/dm.py": source})
    assert code == 3
    assert re.search(told, message), message
    assert len(message.splitlines()) == 1
