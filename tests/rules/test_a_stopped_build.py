"""A command that is stopped clears away what it has begun, and one that is killed leaves what the next one
clears away.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline import __main__ as program
from tests.conftest import ROOT

SUPPORT = ROOT / "tests" / "support"
PATIENCE = 60  # seconds until a test that hangs is given up
WITH_SOURCES = {**os.environ, "PYTHONPATH": str(ROOT)}


@contextmanager
def working(out: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A command at work in two processes, with the ids of these."""
    process = subprocess.Popen(
        [sys.executable, str(SUPPORT / "stopped_command.py"), str(out)],
        env=WITH_SOURCES,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    stage = out / "builds" / ".staging"
    until = time.monotonic() + PATIENCE
    while process.poll() is None and len([*stage.glob("*")]) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield process, [int(path.name) for path in stage.iterdir()]
    finally:
        process.kill()


def is_gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has asked about since is a zombie for a moment."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["the command alone", "its processes too"])
def test_a_command_that_is_stopped_leaves_nothing_and_no_process(
    tmp_path: Path, number: int, code: int, send: Callable[[int, int], None]
) -> None:
    out = tmp_path / "out"
    with working(out) as (process, pool):
        send(process.pid, number)
        _, told = process.communicate(timeout=PATIENCE)
    assert (process.returncode, told) == (code, "")
    assert len(pool) == 2
    assert all(is_gone(each) for each in pool)
    assert not out.exists()


def test_a_command_whose_process_is_killed_tells_it_in_one_line(tmp_path: Path) -> None:
    with working(tmp_path / "out") as (process, pool):
        os.kill(pool[0], signal.SIGKILL)
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 5
    assert told == ("a process of the build was killed, or memory was too small; fewer --workers need less\n")
    assert not (tmp_path / "out").exists()


# --- publishing
@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, object]]]:
    """What is found in OUT when publishing was killed before each change that it makes of a folder."""
    told = subprocess.run(
        [
            sys.executable,
            str(SUPPORT / "killed_publishing.py"),
            str(tmp_path_factory.mktemp("killed") / "out"),
        ],
        env=WITH_SOURCES,
        capture_output=True,
        check=True,
    )
    outcomes: list[dict[str, dict[str, object]]] = json.loads(told.stdout)
    assert sum(bool(each["killed"]) for each in outcomes) > 30
    return outcomes


WHOLE = {
    "first": {"m5": "first", "lineage": "first", "tlf": "first"},
    "second": {"m5": "second", "lineage": "second", "site": "second"},
    None: False,
}


def test_whenever_publishing_is_killed_the_current_build_is_whole_and_no_link_leads_nowhere(
    deaths: list[dict[str, dict[str, object]]],
) -> None:
    names = set()
    for each in (death for death in deaths if death["after"]):
        name = each["after"]["name"]
        assert each["after"]["whole"] == WHOLE[name]  # type: ignore[index]
        assert each["after"]["dangling"] == []
        assert each["after"]["else"] in ([], ["refused"])
        names.add((bool(each["before"]), name))
    assert names == {(True, "first"), (True, "second"), (False, None), (False, "second")}


def test_the_next_build_clears_away_what_was_left_and_keeps_the_one_that_was_current(
    deaths: list[dict[str, dict[str, object]]],
) -> None:
    for each in deaths:
        assert each["next"]["name"] == "third"
        assert each["next"]["whole"] == {"m5": "third", "site": "third"}
        assert (each["next"]["dangling"], each["next"]["else"]) == ([], [])
        assert each["next"]["hidden"] == [".lock"]
        if each["after"] and each["after"]["name"]:
            assert each["next"]["builds"] == sorted([str(each["after"]["name"]), "third"])


# --- the end of a command
def test_a_fault_of_the_program_is_told_in_one_line_without_a_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.formats.xpt import numbers

    def fails(prog_name: str) -> None:
        numbers.as_iso("Wang Xiulan", "days")  # type: ignore[arg-type]

    monkeypatch.setattr(program, "app", fails)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # for the other tests as it was
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 6
    told = capsys.readouterr().err
    assert told.startswith("a fault of the program itself: TypeError at pipeline/formats/xpt/numbers.py:")
    assert told.endswith("; please report this line\n")
    assert "Xiulan" not in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_an_output_that_cannot_be_written_ends_with_exit_code_5() -> None:
    words = [sys.executable, "-m", "pipeline", "standards", "show", "AE"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            words, env=WITH_SOURCES, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, ended.stderr.count("\n")) == (5, 1)
    assert "(No space left on device)" in ended.stderr
