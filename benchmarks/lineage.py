"""What lineage costs a build of 3,000 participants in time and memory, and how long an explanation takes once
libraries are loaded.
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
RUNS = 3
QUESTIONS = [
    ("ADTTE.AVAL", "PARAMCD=PFS"),
    ("ADTTE.AVAL", "PARAMCD=OS"),
    ("ADTR.AVAL", "PARAMCD=SDIAM", "ASMT=A2"),
    ("ADSL.LSTALVDT",),
    ("LB.LBSTRESN", "LBSEQ=7"),
    ("VS.VSDY", "VSSEQ=3"),
    ("SUPPAE.QVAL", "IDVARVAL=1", "QNAM=AEACNNK"),
]


def run() -> dict[str, float]:
    """Medians over builds with and without lineage, in turn; memory is the largest process's."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        drop = home / "drop"
        _child("simulate", str(drop))
        pairs = [
            (_child("plain", str(drop), str(home / "a")), _child("whole", str(drop), str(home / "b")))
            for _ in range(RUNS)
        ]
        seconds = explained(home / "b")
        size = sum(p.stat().st_size for p in (home / "b" / "latest" / "lineage").rglob("*") if p.is_file())
    plain, whole = zip(*pairs, strict=True)
    cpu = [median(t[1] for t in runs) for runs in (plain, whole)]
    peak = [max(t[2] for t in runs) for runs in (plain, whole)]
    return {
        "explain_median_s": round(median(seconds), 3),
        "explain_max_s": round(max(seconds), 3),
        "wall_without_s": round(median(t[0] for t in plain), 2),
        "wall_with_s": round(median(t[0] for t in whole), 2),
        "cpu_without_s": round(cpu[0], 2),
        "cpu_with_s": round(cpu[1], 2),
        "time_added_percent": round(100 * (cpu[1] / cpu[0] - 1), 1),
        "peak_without_gb": round(peak[0], 3),
        "peak_with_gb": round(peak[1], 3),
        "memory_added_percent": round(100 * (peak[1] / peak[0] - 1), 1),
        "lineage_mb": round(size / 1e6, 1),
    }


def explained(out: Path) -> list[float]:
    """Seconds of each question for five participants, each from a build that is opened anew."""
    from pipeline.derivations.adam.considered import considered
    from pipeline.errors import UsageError
    from pipeline.explain import explain
    from pipeline.finished.build import Build

    people = [r.usubjid for r in Build.opened(out).records("ADSL")]
    took = []
    for subject in people[:: max(1, len(people) // 5)]:
        for target, *keys in QUESTIONS:
            started = time.perf_counter()
            try:
                explain.explain(out, target, [f"USUBJID={subject}", *keys], considered)
            except UsageError:  # not every participant has each of these records
                continue
            took.append(time.perf_counter() - started)
    return took[1:]  # the first loads what is loaded late


def _child(*arguments: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak gigabytes of one process."""
    started = time.perf_counter()
    pid = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.lineage", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    ).pid
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{arguments[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def main(what: str, drop: Path, *out: str) -> None:
    """One build, or the drop that is built."""
    from pipeline import simulator
    from pipeline import stages as run
    from pipeline.study import load
    from pipeline.workers import Workers

    study = load(ROOT)
    if what == "simulate":
        simulator.simulate(study, drop, 3000, 2843126)
        return
    if what == "plain":
        _without()
    run.build(study, ROOT, drop, Path(out[0]), Workers(), lambda _: None)


def _without() -> None:
    """Nothing of lineage is written but the raw records, which blocks are read from."""
    from pipeline.publish.lineage import words as mapping_book
    from pipeline.publish.lineage import write as lineage

    for module, names in ((lineage, ("write", "keep_files")), (mapping_book, ("write",))):
        for name in names:
            setattr(module, name, lambda *_: None)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
