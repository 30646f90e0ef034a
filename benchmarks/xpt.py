"""Writing 1,000,000 rows of 10 texts and 10 numbers as XPT version 5: this project's writer beside
`pyreadstat.write_xport`.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from pipeline.formats.xpt.blocks import blocks
from pipeline.formats.xpt.layout import ASCII, Column
from pipeline.formats.xpt.write import write, write_head, write_rows

ROWS = 1_000_000
REPEATS = 5
CREATED = datetime(2019, 7, 1, tzinfo=UTC)
# Distinct values of each text and a sample of its length: keys differ on every row, decodes hardly ever.
TEXTS = [
    ("STUDYID", 1, "TRIAL-"),
    ("USUBJID", 20_000, "TRIAL-SITE-"),
    ("LBTESTCD", 40, "T"),
    ("LBTEST", 40, "Laboratory Test "),
    ("LBORRES", 5_000, ""),
    ("LBORRESU", 12, "10^9/L "),
    ("LBSTRESC", 5_000, ""),
    ("VISIT", 15, "CYCLE "),
    ("LBDTC", 300_000, "2016-08-"),
    ("LBSPID", ROWS, "SPECIMEN-"),
]
NUMBERS = ["LBSEQ", "LBSTRESN", "LBSTNRLO", "LBSTNRHI", "VISITNUM", "LBDY", "BASE", "CHG", "PCHG", "AVAL"]
Measured = tuple[list[float], float]


def run() -> dict[str, float]:
    """Time both writers on the same rows, each in a process of its own, which has its own peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        ours, gigabytes = _in_a_new_process(_time_ours, Path(folder))
        theirs, their_gigabytes = _in_a_new_process(_time_pyreadstat, Path(folder))
    seconds, other_seconds = statistics.median(ours), statistics.median(theirs)
    return {
        "rows": ROWS,
        "columns": len(TEXTS) + len(NUMBERS),
        "write_seconds": round(seconds, 2),
        "pyreadstat_seconds": round(other_seconds, 2),
        "ratio_to_pyreadstat": round(other_seconds / seconds, 1),
        "peak_extra_gb": round(gigabytes, 2),
        "pyreadstat_peak_extra_gb": round(their_gigabytes, 2),
    }


def _in_a_new_process(measure: Callable[[Path], Measured], folder: Path) -> Measured:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure, folder).result()


def _time_ours(folder: Path) -> Measured:
    frame = _frame()
    path = folder / "lb.xpt"
    widths = {name: len(prefix) + len(str(distinct - 1)) for name, distinct, prefix in TEXTS}
    columns = [
        Column(name, f"Label of {name}", widths.get(name, 8), name in widths) for name in frame.columns
    ]
    label = "Laboratory Test Results"

    def write_alone() -> None:
        """What `write` does, without reading back, which pyreadstat does not do either."""
        with path.open("wb") as out:
            write_head(out, "LB", label, columns, CREATED, ASCII)
            for _ in write_rows(out, "LB", columns, blocks("LB", columns, [frame], ASCII)):
                pass

    times = [_seconds(write_alone) for _ in range(REPEATS)]
    peak = _peak_beyond(frame)
    # A fast writer of wrong files would be worth nothing: this one refuses what it does not read back.
    write(path, "LB", label, columns, [frame], CREATED)
    return times, peak


def _time_pyreadstat(folder: Path) -> Measured:
    frame = _frame()
    labels: list[str | None] = [f"Label of {name}" for name in frame.columns]
    path = folder / "theirs.xpt"
    seconds = _seconds(
        lambda: pyreadstat.write_xport(
            frame, path, table_name="LB", column_labels=labels, file_format_version=5
        )
    )
    return [seconds], _peak_beyond(frame)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak_beyond(frame: pd.DataFrame) -> float:
    # All that the process ever held but for the frame, interpreter and libraries included: an upper bound of
    # what writing takes.
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        - float(frame.memory_usage(deep=True).sum()) / 1e9
    )


def _frame() -> pd.DataFrame:
    steps = np.arange(ROWS)
    texts = {
        name: prefix + pd.Series(steps * 7919 % distinct).astype("str") for name, distinct, prefix in TEXTS
    }
    numbers = {name: pd.Series(steps * (31 + place) % 10_007 / 7) for place, name in enumerate(NUMBERS)}
    for values in numbers.values():
        values[::11] = np.nan
    return pd.DataFrame(texts | numbers)
