"""Blocks in this process and in others: the order of results, errors, and the end of the processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import SpecError
from pipeline.workers import Workers

ROOT = Path(__file__).resolve().parents[2]
LASTING = """
import sys
from pipeline.workers import Workers
from tests.unit.test_workers import lasting

if __name__ == "__main__":
    list(Workers(2).map(lasting, sys.argv[1], range(2)))
"""


def told(context: str, item: int) -> tuple[str, int, int]:
    return context, item * item, os.getpid()


def refused(context: str, item: int) -> None:
    raise SpecError(f"{context}:{item}: wrong")


def lasting(context: str, item: int) -> None:
    if item == 0:
        Path(context).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(600)


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_items(processes: int) -> None:
    found = list(Workers(processes).map(told, "of the build", range(5)))
    assert [f[:2] for f in found] == [("of the build", n) for n in (0, 1, 4, 9, 16)]
    assert {f[2] == os.getpid() for f in found} == {processes == 1}


def test_one_item_stays_in_this_process() -> None:
    assert list(Workers(2).map(told, "", [3])) == [("", 9, os.getpid())]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_refusal_arrives_as_it_was_raised_and_no_process_stays(processes: int) -> None:
    with pytest.raises(SpecError, match=r"^study\.yaml:3: wrong$"):
        list(Workers(processes).map(refused, "study.yaml", [3, 4]))
    assert not multiprocessing.active_children()


def test_a_process_ends_when_the_one_that_began_it_is_killed(tmp_path: Path) -> None:
    script, noted = tmp_path / "lasting.py", tmp_path / "pid"
    script.write_text(LASTING, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(script), str(noted)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    while not (noted.exists() and noted.read_text(encoding="ascii")):
        assert parent.poll() is None
        time.sleep(0.02)
    child = int(noted.read_text(encoding="ascii"))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(1500):
        if not alive(child):
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the process is still there half a minute after the one that began it was killed")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # nobody may have collected what it returned
    return not state.exists() or state.read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
