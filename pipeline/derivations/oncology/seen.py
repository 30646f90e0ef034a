"""What each assessment shows, counted over its lesion records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.derivations.oncology.lesions import (
    EQUIVOCAL,
    GONE_STATES,
    NEW,
    NON_TARGET,
    TARGET,
    UNDATED,
    UNEQUIVOCAL,
    WORSE_STATES,
    Cells,
    Flags,
    Integers,
    Records,
    whole_days,
)


@dataclass(frozen=True)
class Seen:
    """One value for each assessment. Sizes are hundredths of a millimetre, days are days since 1970 or
    UNDATED.
    """

    first_day: Integers
    last_day: Integers
    targets: Integers  # expected
    measured: Integers
    size: Integers  # of those measured
    abnormal: Integers  # targets seen that are neither gone nor a normal node
    left: Integers  # targets measured above 0
    last_target_day: Integers
    non_targets: Integers  # expected
    known: Integers
    worse: Integers
    present: Integers
    worse_day: Integers  # first scan of those
    present_day: Integers
    equivocal: Integers
    unequivocal: Integers
    new_day: Integers  # first scan that ever showed a lesion that is unequivocal here
    proved_day: Integers  # first scan that showed it as unequivocal
    new_lesions: Integers  # unequivocal ones up to here
    new_size: Integers
    new_measured: Integers


def seen(
    read: Records, lesions: pd.DataFrame, expected: pd.DataFrame | None, grid: Cells, node_normal: int
) -> Seen:
    """Count what the rules ask of each assessment."""
    done = lesions["done"].to_numpy(bool)
    target = read.role[TARGET] & read.measured & read.in_force
    other = read.role[NON_TARGET] & read.in_force & done & lesions["state"].notna().to_numpy(bool)
    worse = other & lesions["state"].isin(WORSE_STATES).to_numpy(bool)
    present = other & ~worse & ~lesions["state"].isin(GONE_STATES).to_numpy(bool)
    abnormal = target & (read.size >= np.where(lesions["node"].to_numpy(bool), node_normal, 1))
    first_day, last_day = _scan_days(read, expected, grid, done)
    return Seen(
        first_day=first_day,
        last_day=last_day,
        targets=read.expected[TARGET],
        measured=grid.count(target),
        size=grid.total(target, read.size),
        abnormal=grid.count(abnormal),
        left=grid.count(target & (read.size > 0)),
        last_target_day=grid.latest(target, read.day),
        non_targets=read.expected[NON_TARGET],
        known=grid.count(other),
        worse=grid.count(worse),
        present=grid.count(present),
        worse_day=grid.earliest(worse, read.day),
        present_day=grid.earliest(present, read.day),
        **_new_lesions(read, lesions, grid, done),
    )


def _scan_days(
    read: Records, expected: pd.DataFrame | None, grid: Cells, done: Flags
) -> tuple[Integers, Integers]:
    """First and last date of the scans of each assessment; where no lesion was dated, the date of the
    assessment itself.
    """
    first, last = grid.earliest(done, read.day), grid.latest(done, read.day)
    if expected is None or "date" not in expected:
        return first, last
    cell = np.searchsorted(
        grid.codes,
        grid.subjects.get_indexer(pd.Index(expected["USUBJID"])) * grid.width + expected["assessment"],
    )
    day = np.full(grid.size, UNDATED)
    np.minimum.at(day, cell, whole_days(expected["date"], pd.Series(True, index=expected.index)))
    undated = first == UNDATED
    return np.where(undated, day, first), np.where(undated & (day != UNDATED), day, last)


def _new_lesions(read: Records, lesions: pd.DataFrame, grid: Cells, done: Flags) -> dict[str, Integers]:
    """New lesions as seen, since when, and how many so far; baseline has none."""
    later = read.role[NEW] & done & (grid.assessment[grid.of_record] > 0)
    proved = later & lesions["state"].eq(UNEQUIVOCAL).to_numpy(bool)
    shown = later & lesions["state"].isin([EQUIVOCAL, UNEQUIVOCAL]).to_numpy(bool)
    number = int(read.identity.max(initial=0)) + 1
    since, sure = np.full(number, UNDATED), np.full(number, UNDATED)
    np.minimum.at(since, read.identity[shown], read.day[shown])
    np.minimum.at(sure, read.identity[proved], read.day[proved])
    first_cell = np.full(number, grid.size)
    np.minimum.at(first_cell, read.identity[proved], grid.of_record[proved])
    return {
        "equivocal": grid.count(shown & ~proved),
        "unequivocal": grid.count(proved),
        "new_day": grid.earliest(proved, since[read.identity]),
        "proved_day": grid.earliest(proved, sure[read.identity]),
        "new_lesions": grid.running(np.bincount(first_cell, minlength=grid.size + 1)[: grid.size]),
        "new_size": grid.total(shown & read.measured, read.size),
        "new_measured": grid.count(shown & read.measured),
    }
