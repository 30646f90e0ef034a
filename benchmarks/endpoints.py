"""ADTR of 7 million records and ADTTE of 30,600 participants, beside the same rules as `groupby.apply` of plain pandas.

The input is the public SDTM and ADaM of the pharmaverse a hundred times over: the data of which the times of other tools are known.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.study import load
from pipeline.study.models import Visit
from tests.support import pharmaverse

ROOT = Path(__file__).resolve().parent.parent
TIMES = 100
REPEATS = 3
SAMPLE = 10  # of the hundred, what the plain version is given
KEY = pharmaverse.KEY
TR = "USUBJID TRSEQ TRGRPID TRLNKGRP TRLNKID TRTESTCD TRSTRESC TRSTRESN TRSTAT TREVAL VISITNUM VISIT TRDTC".split()
TU = "USUBJID TULNKID TULOC TUEVAL".split()
RS = "USUBJID RSSEQ RSLNKGRP RSTESTCD RSSTRESC RSEVAL VISITNUM VISIT RSDTC".split()
VISITS = tuple(
    Visit(name=name, number=number, day=day, before=20, after=20, scan=True)
    for name, number, day in (("WEEK 6", 7.0, 43), ("WEEK 12", 9.0, 85), ("WEEK 24", 12.0, 169))
)


def run() -> dict[str, float]:
    """CPU seconds of each derivation, of the plain version on a tenth, and how many times longer that takes for as much."""
    return {**_in_a_new_process(_adtte), **_in_a_new_process(_adtr)}


def _in_a_new_process(measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure).result()


def _cpu(work: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _held(*frames: pd.DataFrame) -> float:
    return sum(float(f.memory_usage(deep=True).sum()) for f in frames) / 1e9


def _repeated(rows: pd.DataFrame, form: str, times: int) -> pd.DataFrame:
    """The records of so many times the participants, each a new one; in order of participant, with an identity."""
    size = len(rows)
    whole = pd.concat([rows] * times, ignore_index=True)
    copy = pd.Series(np.repeat(np.arange(times), size), dtype="int64").astype("str").str.zfill(3)
    return pharmaverse.identified(whole.assign(USUBJID=copy + "-" + whole["USUBJID"]), form)
