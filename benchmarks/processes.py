"""What a whole process takes: CPU and wall time, and the memory of it and of the processes that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
_PAUSE = 0.05  # seconds between two looks at the memory
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """What one run took, or the medians of several."""

    cpu: float  # seconds
    wall: float  # seconds
    peak: float  # megabytes of all its processes together


def measured(*command: str | Path, runs: int = 1) -> Usage:
    """Runs a program of Python some times; the medians of what it took, and the largest peak.

    Takes     what follows the name of the interpreter.
    Raises    RuntimeError where a run ends with an error.
    """
    usages = [_one_run([sys.executable, *map(str, command)]) for _ in range(runs)]
    return Usage(
        median(usage.cpu for usage in usages),
        median(usage.wall for usage in usages),
        max(usage.peak for usage in usages),
    )


def _one_run(command: list[str]) -> Usage:
    started = time.perf_counter()
    pid = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL).pid
    peaks = [0.0]
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(pid, peaks, ended))
    watcher.start()
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    ended.set()
    watcher.join()
    if status:
        raise RuntimeError(f"{' '.join(command[1:4])} ended with {os.waitstatus_to_exitcode(status)}")
    return Usage(used.ru_utime + used.ru_stime, wall, max(peaks[0], used.ru_maxrss / 1024))


def _watch(pid: int, peaks: list[float], ended: threading.Event) -> None:
    while not ended.wait(_PAUSE):
        resident = sum(_resident(process) for process in [pid, *_descendants(pid)])
        peaks[0] = max(peaks[0], resident * _PAGE / 1e6)


def _descendants(pid: int) -> Iterator[int]:
    """The processes that a process has started. One that is not yet a program of its own still has the memory
    and the command of the process that starts it, and is left out.
    """
    for child in map(int, _read(pid, f"task/{pid}/children").split()):
        if _read(child, "cmdline") != _read(pid, "cmdline"):
            yield child
            yield from _descendants(child)


def _resident(pid: int) -> int:
    """Pages of memory that a process holds."""
    numbers = _read(pid, "statm").split()
    return int(numbers[1]) if numbers else 0


def _read(pid: int, name: str) -> str:
    """What the system says of a process; nothing of one that has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
