"""Work in this process and beside it: the order of results, errors, and the end of the processes."""

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
from pipeline.partitions import Workers

ROOT = Path(__file__).resolve().parents[2]
LASTING = """
import os, sys, time
from pipeline.partitions import Workers
from tests.unit.test_partitions import lasting

if __name__ == "__main__":
    with Workers(2).pool(sys.argv[1]) as pool:
        pool.start(lasting, None)()
"""


def told(context: str, item: int) -> tuple[str, int]:
    return context, item * item


def refused(context: str, item: int) -> None:
    raise SpecError(f"{context}:{item}: wrong")


def where(context: None, item: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def lasting(context: str, item: None) -> None:
    Path(context).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(600)


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_items(processes: int) -> None:
    with Workers(processes).pool("of the build") as pool:
        later = pool.start(told, 9)
        assert pool.map(told, range(5)) == [("of the build", n) for n in (0, 1, 4, 9, 16)]
        assert pool.map(told, []) == []
        assert later() == ("of the build", 81)


def test_this_process_takes_its_share_and_one_item_stays_here() -> None:
    with Workers(2).pool(None) as pool:
        assert pool.map(where, [0]) == [os.getpid()]
        places = pool.map(where, range(40))
    assert len(set(places)) == 2
    assert places[-1] == os.getpid() != places[0]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_refusal_arrives_as_it_was_raised_and_no_process_stays(processes: int) -> None:
    with pytest.raises(SpecError, match=r"^study\.yaml:3: wrong$"), Workers(processes).pool("study.yaml") as pool:
        pool.start(refused, 3)()
    assert not multiprocessing.active_children()


def test_an_error_here_does_not_wait_for_work_that_is_under_way(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Workers(2).pool(str(tmp_path / "pid")) as pool:
        pool.start(lasting, None)  # ten minutes
        _ = 1 / 0
    assert not multiprocessing.active_children()


def test_a_process_ends_when_the_one_that_began_it_is_killed(tmp_path: Path) -> None:
    script, noted = tmp_path / "lasting.py", tmp_path / "pid"
    script.write_text(LASTING, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, str(script), str(noted)], env={**os.environ, "PYTHONPATH": str(ROOT)})
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
