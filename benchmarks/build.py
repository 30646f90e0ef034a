"""The sample build, --help, and 3,000 participants against 30: wall time, CPU time and memory of whole
processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "tests" / "drops" / "2019-07-01"


def run() -> dict[str, float]:
    """Medians of one run and their ratio; memory is the largest process's."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        large = home / "large"
        _timed("simulate", str(large), "--subjects", "3000", "--seed", "2843126", "--quiet")
        small = [_timed("build", str(SAMPLE), "--out", str(home / "a"), "--quiet") for _ in range(6)][1:]
        thousands = [_timed("build", str(large), "--out", str(home / "b"), "--quiet") for _ in range(3)]
        pool = _timed("build", str(large), "--out", str(home / "c"), "--workers", "2", "--quiet")
        greeting = [_timed("--help") for _ in range(6)][1:]
        imports = [_warm() for _ in range(3)]
    wall = median(t[0] for t in small)
    return {
        "sample_wall_s": round(wall, 2),
        "sample_wall_after_imports_s": round(wall - median(imports), 2),
        "sample_peak_gb": round(max(t[2] for t in small), 3),
        "help_wall_s": round(median(t[0] for t in greeting), 3),
        "participants_3000_wall_s": round(median(t[0] for t in thousands), 2),
        "participants_3000_cpu_s": round(median(t[1] for t in thousands), 2),
        "participants_3000_peak_gb": round(max(t[2] for t in thousands), 3),
        "participants_3000_two_workers_wall_s": round(pool[0], 2),
        "ratio_3000_to_30": round(median(t[0] for t in thousands) / wall, 1),
    }


def _timed(*arguments: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak gigabytes of one command."""
    started = time.perf_counter()
    pid = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    ).pid
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{arguments[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def _warm() -> float:
    """Wall seconds that the imports of a build take."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from pipeline import stages, study; import pyreadstat, lxml.etree, jinja2"],
        cwd=ROOT,
        check=True,
    )
    return time.perf_counter() - started
