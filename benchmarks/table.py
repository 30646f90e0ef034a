"""All that is measured in one table: builds of 30 to 9,000 participants beside the floor, the commands that a
user waits for, and the same work done with other libraries.

Libraries are imported where they are needed: a process that is started begins with the memory of this one.
"""

from __future__ import annotations

import math
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks.processes import ROOT, Usage, measured

SAMPLE = ROOT / "tests" / "drops" / "2019-07-01"
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
PARTICIPANTS = (30, 300, 3000, 9000)
FEW = 300  # up to so many participants a build is measured three times
SEED = "2843126"
IMPORTS = "from pipeline import stages, study; import pyreadstat, lxml.etree, jinja2, pandera.pandas"
QUESTION = ("ADTTE.AVAL", "PARAMCD=PFS")

_HEAD = (
    "| job | participants | CPU s | wall s | peak MB | CPU by the floor |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
)
_HEAD_OF_OTHERS = ("| the same work | here, CPU s | others, CPU s | ratio |", "| --- | ---: | ---: | ---: |")


def table() -> Iterator[str]:
    """The lines of the table, each as soon as it is measured."""
    yield from ("# Results", "", _machine(), f"Load when it began: {_load()}.", "", *_HEAD)
    with tempfile.TemporaryDirectory() as folder:
        yield from _of_builds(Path(folder))
    yield from ("", *_HEAD_OF_OTHERS, *_of_others())
    yield from ("", f"Load when it ended: {_load()}.")


def write(lines: Sequence[str]) -> None:
    """Keeps the table beside the benchmarks."""
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- builds
def _of_builds(home: Path) -> Iterator[str]:
    yield _row("import what a build needs", "", measured("-c", IMPORTS, runs=5))
    yield _row("--help", "", measured("-m", "pipeline", "--help", runs=5))
    sample = home / "sample"
    of_sample = _build(SAMPLE, sample, runs=5)
    people = _participants(sample)
    yield _row("build the sample", len(people), of_sample)
    both = _build(SAMPLE, home / "editions", "--edition", "both")
    yield _row("the same with both editions", len(people), both)
    question = ("-m", "pipeline", "explain", sample, *QUESTION, f"USUBJID={people[0]}")
    yield _row("explain a value of the sample", len(people), measured(*question, runs=5))
    by_size = {}
    for participants in PARTICIPANTS:
        drop, out = home / f"drop{participants}", home / f"out{participants}"
        measured(
            "-m", "pipeline", "simulate", drop, "--subjects", str(participants), "--seed", SEED, "--quiet"
        )
        runs = 3 if participants <= FEW else 1
        by_size[participants] = _build(drop, out, runs=runs)
        floor = measured("-m", "benchmarks.floor", drop, out / "latest", home / f"floor{participants}")
        yield _row("floor", participants, floor)
        yield _row("build", participants, by_size[participants], floor)
        yield _row("build, two workers", participants, _build(drop, out, "--workers", "2"), floor)
        for used in (drop, out, home / f"floor{participants}"):
            shutil.rmtree(used)
    yield ""
    yield from _growth(by_size)


def _build(drop: Path, out: Path, *options: str, runs: int = 1) -> Usage:
    return measured("-m", "pipeline", "build", drop, "--out", out, "--quiet", *options, runs=runs)


def _participants(out: Path) -> list[str]:
    from pipeline.finished.build import Build

    return list(dict.fromkeys(record.usubjid for record in Build.opened(out).records("ADTTE")))


def _row(job: str, participants: int | str, usage: Usage, floor: Usage | None = None) -> str:
    ratio = f"{usage.cpu / floor.cpu:.1f}" if floor else ""
    size = f"{participants:,}" if participants else ""
    return f"| {job} | {size} | {usage.cpu:.2f} | {usage.wall:.2f} | {usage.peak:,.0f} | {ratio} |"


def _growth(by_size: dict[int, Usage]) -> Iterator[str]:
    """The exponent by which CPU grows with the participants, and memory as a factor."""
    for (small, few), (large, many) in pairwise(sorted(by_size.items())):
        power = math.log(many.cpu / few.cpu) / math.log(large / small)
        growth = f"CPU grows by the power {power:.2f}, memory to {many.peak / few.peak:.2f} times"
        yield f"- From {small:,} to {large:,} participants {growth}."


# --- others
def _of_others() -> Iterator[str]:
    from benchmarks import recist, xpt

    written, responses = xpt.run(), recist.run()
    records = f"{int(written['rows']):,} records of {int(written['columns'])} variables written as XPT"
    yield _beside(f"{records}, pyreadstat", written["write_seconds"], written["pyreadstat_seconds"])
    lesions = f"RECIST of {int(responses['recist_records']):,} lesion records, pandas `groupby.apply`"
    yield _beside(lesions, responses["recist_cpu_s"], responses["recist_plain_cpu_s_scaled"])
    best = f"best response of {int(responses['best_response_records']):,} records, pandas `groupby.apply`"
    yield _beside(best, responses["best_response_cpu_s"], responses["best_response_plain_cpu_s_scaled"])


def _beside(work: str, here: float, there: float) -> str:
    return f"| {work} | {here:.2f} | {there:.2f} | {there / here:.1f} |"


# --- machine
def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    machine = f"{platform.system()} {platform.machine()}, {cores} processors, {gigabytes:.0f} GB"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"`python -m benchmarks` on {day}: {machine}, Python {platform.python_version()}."


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"
