"""What the command line says, where it says it, and the exit code with which it ends."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.testing
from typer.testing import CliRunner, Result

from pipeline import stages as run
from pipeline.cli import app
from pipeline.cli.examples import EXAMPLES
from pipeline.errors import DropError, PipelineError, SpecError, UsageError
from pipeline.review import history
from tests.conftest import DROP, ROOT
from tests.support import small_builds, small_study

CONTENT: dict[str, Any] = {
    "state": "published",
    "datasets": [{"dataset": "DM", "label": "Demographics", "layer": "sdtm", "records": 34, "variables": 28}],
    "accounting": [
        {
            "form": "nk",
            "read": 61,
            "published": 60,
            "set_aside": {"Infusion not given": 1},
            "as_it_stood": 2,
        }
    ],
    "findings": {"errors": 0, "warnings": 2, "by_rule": []},
}
REFUSED = {**CONTENT, "state": "refused", "findings": {"errors": 3, "warnings": 2, "by_rule": []}}


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(w) for w in words])


@pytest.fixture(autouse=True)
def _no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """The builds here are made up, so that no history could tell of them."""
    monkeypatch.setattr(history, "add", lambda *_: None)


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Lets the next build end as the test says: with a report, or with an error."""

    def end(content: dict[str, Any] | PipelineError) -> Path:
        def build(*_: object) -> run.Report:
            if isinstance(content, PipelineError):
                raise content
            return run.Report(content, tmp_path / "home")

        monkeypatch.setattr(run, "build", build)
        return tmp_path / "home"

    return end


def build(*more: str) -> Result:
    return call("build", DROP, "--study", ROOT, *more)


# --- help and wrong usage
def test_help_lists_the_commands_and_the_exit_codes() -> None:
    result = call("--help")
    assert result.exit_code == 0
    assert "build" in result.stdout
    assert "simulate" in result.stdout
    assert "mapping" in result.stdout
    assert "review-change" in result.stdout
    assert "check-drop" in result.stdout
    for code in (
        "0 fine",
        "1 findings that stop publication",
        "2 wrong usage",
        "3 a fault in specs or mappings",
        "4 a drop that cannot be read",
    ):
        assert code in " ".join(result.stdout.split())


def test_the_version_is_that_of_the_package() -> None:
    assert call("--version").stdout == f"cdisc-pipeline {metadata.version('cdisc-pipeline')}\n"


COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_help_of_a_command_ends_with_examples_that_can_be_called(name: str) -> None:
    shown, also_shown = call(name, "--help").stdout, call(name, "-h").stdout
    assert shown == also_shown
    for words in EXAMPLES[name]:
        assert f"\n    cdisc-pipeline {words}\n" in shown
        command, *arguments = words.split()
        assert command == name
        COMMANDS[name].make_context(name, arguments)  # refuses what the command does not take


def test_a_shell_completes_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    # the commands are made anew: which shells there are is looked up then
    monkeypatch.setattr(typer.testing, "_get_command", typer.main.get_command)
    shown = call("--show-completion", "bash")
    assert (shown.exit_code, "complete" in shown.stdout) == (0, True)
    completing = {
        "_CDISC_PIPELINE_COMPLETE": "complete_bash",
        "COMP_WORDS": "cdisc-pipeline review-c",
        "COMP_CWORD": "1",
    }
    completed = CliRunner().invoke(app, [], prog_name="cdisc-pipeline", env=completing)
    assert completed.stdout.split() == ["review-change"]


def test_stages_are_told_as_json_a_line_each(tmp_path: Path) -> None:
    small_study.small_study(tmp_path / "study", small_builds.FILES)
    made = call("simulate", tmp_path / "drop", "--subjects", "2", "--study", tmp_path / "study", "--log-json")
    assert made.exit_code == 0, made.output
    (told,) = [json.loads(line) for line in made.stderr.splitlines()]
    assert told["stage"] == "simulate 2 participants"
    assert isinstance(told["seconds"], float)


def test_every_command_has_examples() -> None:
    groups = {"standards"}  # its commands have their own page
    assert set(EXAMPLES) == set(COMMANDS) - groups


def test_help_loads_no_data_library() -> None:
    help_ = "from pipeline.cli import app; app(['--help'], standalone_mode=False)"
    code = f"import sys; {help_}; sys.exit('pandas' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 0


WRONG: dict[str, list[str | Path]] = {
    "no drop": ["build"],
    "no worker": ["build", DROP, "--workers", "0"],
    "workers in words": ["build", DROP, "--workers", "two"],
    "an unknown option": ["build", DROP, "--verbose"],
    "nowhere to write": ["simulate"],
    "nobody to simulate": ["simulate", "x", "--subjects", "0"],
    "no build": ["mapping"],
    "one build": ["review-change", "x"],
    "an unknown command": ["publish"],
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG)
def test_wrong_usage_ends_with_exit_code_2(words: list[str | Path]) -> None:
    result = call(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: ")


def test_an_edition_for_an_unknown_agency_is_wrong_usage(tmp_path: Path) -> None:
    result = call("build", DROP, "--out", tmp_path / "out", "--study", ROOT, "--edition", "ema")
    assert result.exit_code == 2
    assert result.stderr == "--edition ema: expected fda, nmpa, both\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "editions"),
    [((), ()), (("fda",), ("fda",)), (("nmpa",), ("nmpa",)), (("both",), ("fda", "nmpa"))],
)
def test_an_edition_names_the_agencies_that_a_package_is_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], editions: tuple[str, ...]
) -> None:
    asked = builds_asked_for(monkeypatch, tmp_path)
    option = ["--edition", *words] if words else []
    assert call("build", DROP, "--study", ROOT, "--quiet", *option).exit_code == 0
    assert asked == [(editions, False)]


@pytest.mark.parametrize(("words", "in_full"), [((), False), (("sample",), False), (("full",), True)])
def test_datasets_are_read_back_by_a_second_program_in_part_or_on_request_in_full(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], in_full: bool
) -> None:
    asked = builds_asked_for(monkeypatch, tmp_path)
    option = ["--verify", *words] if words else []
    assert call("build", DROP, "--study", ROOT, "--quiet", *option).exit_code == 0
    assert asked == [((), in_full)]


def builds_asked_for(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[object]:
    """The editions and the way of reading back of each build that a command asks for; none is made."""
    asked: list[object] = []

    def build(*given: object) -> run.Report:
        asked.append(given[6:8])
        return run.Report(CONTENT, folder)

    monkeypatch.setattr(run, "build", build)
    return asked


def test_a_study_folder_without_specs_is_wrong_usage(tmp_path: Path) -> None:
    result = call("build", DROP, "--study", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        result.stderr
        == f"{tmp_path}: no specs/study.yaml here; --study names the folder that holds specs/ and mappings/\n"
    )


@pytest.fixture
def headers(tmp_path: Path) -> Path:
    """The sample drop without its records."""
    drop = tmp_path / "drop"
    drop.mkdir()
    for file in DROP.glob("*.csv"):
        (drop / file.name).write_text(
            file.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8"
        )
    return drop


def test_an_out_that_is_a_file_is_wrong_usage_and_stays_as_it_is(headers: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = call("build", headers, "--study", ROOT, "--out", tmp_path / "out")
    assert (result.exit_code, result.stderr) == (5, f"{tmp_path / 'out'}: a file; --out names a folder\n")
    assert (tmp_path / "out").read_text() == "mine"


def test_two_builds_never_write_into_one_folder(headers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "builds").mkdir(parents=True)
    with (out / "builds" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = call("build", headers, "--study", ROOT, "--out", out)
    assert (result.exit_code, result.stderr) == (
        2,
        f"{out}: another build is writing here; wait for it to end\n",
    )
    assert [p.name for p in out.rglob("*")] == ["builds", ".lock"]


def test_a_drop_is_never_simulated_over_files(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for out in (tmp_path, tmp_path / "mine.txt"):
        result = call("simulate", out, "--study", ROOT)
        assert (result.exit_code, result.stderr) == (2, f"{out}: exists and is not an empty folder\n")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


# --- how a build ends
ERRORS = [(UsageError, 2), (SpecError, 3), (DropError, 4)]


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_an_error_is_its_message_on_stderr_and_its_exit_code(
    outcome: Any, error: type[PipelineError], code: int
) -> None:
    outcome(error("ae.csv: the first fault\nvs.csv: the second"))
    result = build()
    assert (result.exit_code, result.stdout, result.stderr) == (
        code,
        "",
        "ae.csv: the first fault\nvs.csv: the second\n",
    )


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_an_error_in_json_is_an_object_on_stdout_beside_the_message(
    outcome: Any, error: type[PipelineError], code: int
) -> None:
    outcome(error("ae.csv: the first fault\nvs.csv: the second"))
    result = build("--json")
    assert json.loads(result.stdout) == {
        "state": "error",
        "exit_code": code,
        "errors": ["ae.csv: the first fault", "vs.csv: the second"],
    }
    assert (result.exit_code, result.stderr) == (code, "ae.csv: the first fault\nvs.csv: the second\n")


def test_a_crash_is_not_reported_as_a_refusal(outcome: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(run, "build", crash)
    assert isinstance(build().exception, ZeroDivisionError)


def test_a_published_build_ends_with_0_and_shows_records_and_accounting(outcome: Any) -> None:
    home = outcome(CONTENT)
    result = build()
    assert (result.exit_code, result.stderr) == (0, "")
    for shown in (
        "DM",
        "Demographics",
        "SDTM",
        "34",
        "nk",
        "61",
        "60",
        "Infusion not given",
        "2 records published as of",
        f"published: 0 errors, 2 warnings: {home}",
    ):
        assert shown in result.stdout


def test_a_refused_build_ends_with_1_and_says_where_the_findings_are(outcome: Any) -> None:
    home = outcome(REFUSED)
    result = build()
    assert result.exit_code == 1
    assert result.stderr == f"refused: 3 errors; {home / 'findings.csv'} lists each with its record\n"


def test_a_refused_build_prints_its_errors_by_rule_the_most_frequent_first(outcome: Any) -> None:
    told = [
        {"severity": "error", "rule": "VALUE-TERM", "dataset": "DM", "variable": "SEX", "message": "no term"},
        {"severity": "error", "rule": "RAW-VISIT", "dataset": "vs", "variable": "", "message": "no visit"},
        {"severity": "warning", "rule": "TERM-NEW", "dataset": "AE", "variable": "", "message": "new"},
    ]
    by_rule = [{**one, "records": records} for one, records in zip(told, (2, 7, 9), strict=True)]
    outcome({**REFUSED, "findings": {"errors": 9, "warnings": 9, "by_rule": by_rule}})
    shown = [line for line in build().stdout.splitlines() if "no term" in line or "no visit" in line]
    assert [[part.strip() for part in line.strip("│ ").split("│")] for line in shown] == [
        ["RAW-VISIT", "vs", "7", "no visit"],
        ["VALUE-TERM", "DM.SEX", "2", "no term"],
    ]
    assert "TERM-NEW" not in build().stdout


def test_without_a_terminal_each_stage_is_a_line_with_its_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def told(*given: Any) -> run.Report:
        progress = given[5]
        progress("read")
        progress("publish: 2 datasets")
        return run.Report(CONTENT, tmp_path)

    monkeypatch.setattr(run, "build", told)
    assert re.fullmatch(r"read, \d+\.\d s\npublish: 2 datasets, \d+\.\d s\n", build().stderr)
    assert build("--quiet").stderr == build("--json").stderr == ""


def test_quiet_prints_nothing_but_errors(outcome: Any) -> None:
    outcome(CONTENT)
    assert build("--quiet").output == ""
    outcome(REFUSED)
    result = build("--quiet")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert result.stderr.startswith("refused: 3 errors; ")


@pytest.mark.parametrize(("content", "code"), [(CONTENT, 0), (REFUSED, 1)], ids=["published", "refused"])
def test_json_is_one_object_on_one_line_and_nothing_else_on_stdout(
    outcome: Any, content: dict[str, Any], code: int
) -> None:
    home = outcome(content)
    result = build("--json")
    assert result.exit_code == code
    assert result.stdout.count("\n") == 1
    assert json.loads(result.stdout) == {**content, "folder": str(home)}


def test_the_exit_code_reaches_the_shell(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline", "simulate", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        2,
        "",
        f"{tmp_path}: exists and is not an empty folder\n",
    )


def test_a_drop_cannot_be_both_clean_and_faulty(tmp_path: Path) -> None:
    result = call("simulate", tmp_path / "drop", "--clean", "--faults", "--study", ROOT)
    assert (result.exit_code, (tmp_path / "drop").exists()) == (2, False)
    assert "--clean and --faults contradict each other" in result.stderr


@pytest.mark.parametrize("command", ["build", "check-drop"])
@pytest.mark.parametrize("below", ["", "/below"])
def test_an_out_that_is_a_file_ends_with_exit_code_5_and_no_traceback(
    few: Path, tmp_path: Path, command: str, below: str
) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    out = f"{tmp_path}/file{below}"
    result = CliRunner().invoke(app, [command, str(few), "--out", out, "--quiet"])
    assert result.exit_code == 5, result.exception
    assert f"{tmp_path}/file" in result.stderr
    assert "Traceback" not in result.stderr


# --- lint
def test_lint_says_fine_of_the_study_and_needs_no_drop() -> None:
    result = call("lint", "--study", ROOT)
    assert (result.exit_code, result.stdout) == (0, "fine\n")


def test_lint_tells_faults_first_and_counts_the_drafts_that_are_left(tmp_path: Path) -> None:
    call("init", tmp_path)
    path = tmp_path / "mappings/sdtm/ex.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{copy: DRUG}", "{copy: DRUGG}  # draft: name: drug", 1), encoding="utf-8")
    result = call("lint", "--study", tmp_path)
    assert (result.exit_code, result.stdout) == (3, "1 drafted line to confirm as well\n")
    assert "DRUGG is not a field of" in result.stderr


def test_lint_tells_the_faults_of_files_that_no_other_command_reads_together(tmp_path: Path) -> None:
    for folder in ("specs", "mappings"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in (
        ("specs/door.yaml", "form: ae", "form: aee"),
        ("mappings/sdtm/ae.yaml", "derive: sequence", "derive: sequnce"),
    ):
        path = tmp_path / file
        text = path.read_text(encoding="utf-8")
        assert old in text, file
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    result = call("lint", "--study", tmp_path, "--json")
    assert result.exit_code == 3
    errors = json.loads(result.stdout)["errors"]
    assert len(errors) == 2
    assert "mappings/sdtm/ae.yaml:8:" in errors[0]
    assert "did you mean sequence?" in errors[0]
    assert "specs/door.yaml:" in errors[1]
    assert "did you mean ae?" in errors[1]
