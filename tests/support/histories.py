"""Random histories of lesions and of responses, drawn so that bounds are met exactly and rare things happen
often.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

SLOTS = ("T01", "T02", "T03", "T04", "T01.1", "T01.2", "T02/T03", "NT01", "NT02", "NEW01", "NEW02")
TARGETS, OTHERS, NEWS = slice(0, 7), slice(7, 9), slice(9, 11)
SCANS = 7
START = np.datetime64("2016-01-01", "D")
Array = np.ndarray[Any, np.dtype[Any]]


def lesions(rng: np.random.Generator, people: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records of lesions as `recist.assessments` takes them, and the assessments that took place."""
    shape = (people, SCANS, len(SLOTS))
    node = rng.random((people, len(SLOTS))) < 0.35
    node[:, 4:7] = False
    gone = rng.random((people, SCANS)) < np.where(rng.random(people) < 0.4, 0.6, 0.1)[:, None]
    mm = _sizes(rng, node, gone)
    state, there = _states(rng, gone), _presence(rng, people)
    done = rng.random(shape) >= 0.04
    unread = rng.random((people, SCANS, 7))
    mm[:, :, TARGETS][unread < 0.03] = np.nan
    state[:, :, TARGETS][unread < 0.02] = "TOO SMALL TO MEASURE"
    mm[:, :, OTHERS] = np.nan
    mm[:, :, NEWS][rng.random((people, SCANS, 2)) < 0.5] = np.nan
    first = START + np.cumsum(rng.choice([20, 27, 28, 29, 42, 56, 57, 84], (people, SCANS)), axis=1)
    day = first[:, :, None] + rng.choice([0, 0, 0, 1, 3], shape)
    day[rng.random(shape) < 0.02] = np.datetime64("NaT")
    who, scan, slot = np.nonzero(there)
    role = np.where(slot < 7, "TARGET", np.where(slot < 9, "NON-TARGET", "NEW"))
    records = pd.DataFrame(
        {
            "USUBJID": _names(who),
            "assessment": scan,
            "lesion": pd.Series(np.array(SLOTS)[slot], dtype="str"),
            "role": pd.Series(role, dtype="str"),
            "node": node[who, slot],
            "organ": pd.Series("LIVER", index=range(len(who)), dtype="str"),
            "mm": mm[there],
            "state": pd.Series(state[there], dtype="str"),
            "done": done[there],
            "date": pd.Series(day[there].astype("datetime64[s]")),
        }
    )
    planned = np.nonzero(rng.random((people, SCANS)) < 0.2)
    return records, pd.DataFrame({"USUBJID": _names(planned[0]), "assessment": planned[1]})


def _names(who: Array) -> pd.Series:
    return pd.Series([f"S{i:06d}" for i in who], dtype="str")


def _sizes(rng: np.random.Generator, node: Array, gone: Array) -> Array:
    people = len(node)
    shape = node.shape
    at_first = np.where(
        node, rng.choice([15, 16, 20, 25], shape), rng.choice([10, 12.5, 20, 30, 50, 70], shape)
    )
    mm = np.empty((people, SCANS, len(SLOTS)))
    mm[:, 0] = at_first
    for scan in range(1, SCANS):
        before = mm[:, scan - 1]
        one = (np.arange(len(SLOTS)) == 0)[None, :]
        choices = [
            rng.choice([0, 0.3, 3, 5, 9.9, 10, 10.1, 40], shape),
            at_first * rng.choice([0.69, 0.7, 0.71, 0.5, 0.8, 1], (people, 1)),
            before * rng.choice([1.19, 1.2, 1.21, 1.1, 1], (people, 1)),
            before + one * rng.choice([4.99, 5, 5.01, 0, -3], (people, 1)),
            before + rng.choice([0, 0, 1, 9.9], shape),
        ]
        mode = rng.choice(len(choices), people, p=[0.15, 0.3, 0.2, 0.2, 0.15])
        drawn = np.choose(mode[:, None], choices)
        lost = np.where(node, rng.choice([0, 4, 8, 9.99], shape), 0)
        mm[:, scan] = np.round(np.maximum(np.where(gone[:, scan, None], lost, drawn), 0), 2)
    return mm


def _states(rng: np.random.Generator, gone: Array) -> Array:
    state = np.full((*gone.shape, len(SLOTS)), None, dtype=object)
    shape = (*gone.shape, 2)
    calm = rng.random(len(gone)) < 0.7
    drawn = rng.choice(
        ["PRESENT", "PATHOLOGICAL", "ABSENT", "NON-PATHOLOGICAL", "UNEQUIVOCAL PROGRESSION"],
        shape,
        p=[0.4, 0.2, 0.15, 0.15, 0.1],
    )
    drawn = np.where(calm[:, None, None] & (drawn == "UNEQUIVOCAL PROGRESSION"), "PRESENT", drawn)
    state[:, :, OTHERS] = np.where(gone[:, :, None] & (rng.random(shape) < 0.9), "ABSENT", drawn)
    proved = rng.integers(1, SCANS + 3, (len(gone), 1, 2))
    state[:, :, NEWS] = np.where(np.arange(SCANS)[None, :, None] >= proved, "UNEQUIVOCAL", "EQUIVOCAL")
    return state


def _presence(rng: np.random.Generator, people: int) -> Array:
    """Which lesion has a record at which assessment: splits, mergers, new lesions, missing records."""
    scan = np.arange(SCANS)[None, :, None]
    slot = np.arange(len(SLOTS))[None, None, :]
    targets = rng.choice(5, people, p=[0.12, 0.33, 0.25, 0.2, 0.1])[:, None, None]
    others = rng.choice(3, people, p=[0.35, 0.4, 0.25])[:, None, None]
    here = ((slot < 7) & (slot < targets)) | ((slot >= 7) & (slot < 7 + others))
    there: Array = np.broadcast_to(here, (people, SCANS, len(SLOTS))).copy()
    parted: Array = np.where(rng.random(people) < 0.15, rng.integers(1, SCANS, people), SCANS)[:, None]
    merged: Array = np.where(rng.random(people) < 0.15, rng.integers(1, SCANS, people), SCANS)[:, None]
    scans = scan[:, :, 0]
    has: Array = np.asarray(there.any(axis=1))
    there[:, :, 4] = has[:, None, 0] & (scans >= parted)
    there[:, :, 5] = has[:, None, 0] & (scans >= parted + (rng.random((people, 1)) < 0.2))
    there[:, :, 6] = has[:, None, 1] & (scans >= merged)
    # half of those that merged separate again, some of them to merge anew
    separated: Array = np.where(rng.random(people) < 0.5, rng.integers(2, SCANS, people), SCANS)[:, None]
    anew: Array = np.where(rng.random(people) < 0.3, rng.integers(3, SCANS, people), SCANS)[:, None]
    apart: Array = (merged < scans) & (scans >= separated) & (scans < np.maximum(anew, separated))
    there[:, :, 6] &= ~apart
    there[:, :, 0] &= (scans < parted) | (rng.random((people, SCANS)) < 0.1)
    there[:, :, 1:3] &= ((scans < merged) | apart | (rng.random((people, SCANS)) < 0.1))[:, :, None]
    appears: Array = np.where(rng.random((people, 2)) < 0.25, rng.integers(0, SCANS, (people, 2)), SCANS)
    there[:, :, NEWS] = (scan >= appears[:, None, :]) & (rng.random((people, SCANS, 2)) < 0.9)
    there[:, :, 0:9] &= rng.random((people, SCANS, 9)) >= 0.02
    whole = (scans < rng.integers(1, SCANS + 1, (people, 1))) & (
        rng.random((people, SCANS)) >= np.where(scans == 0, 0.02, 0.05)
    )
    return np.asarray(there & whole[:, :, None])


def responses(rng: np.random.Generator, people: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses in any order, and a reference date and perhaps new therapy of each participant."""
    words = np.array(["CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE"])
    odds = np.array(
        [
            [0.3, 0.3, 0.15, 0, 0.05, 0.2],
            [0.35, 0.05, 0.1, 0, 0.05, 0.45],
            [0.25, 0, 0, 0.4, 0.1, 0.25],
            [0, 0.4, 0.3, 0, 0.1, 0.2],
        ]
    )
    kind = rng.integers(0, len(odds), (people, 1))
    drawn = (rng.random((people, SCANS))[:, :, None] > np.cumsum(odds, axis=1)[kind]).sum(axis=2)
    response = words[np.minimum(drawn, 5)].astype(object)
    response[rng.random(response.shape) < 0.03] = None
    day = START + np.cumsum(rng.choice([0, 1, 14, 20, 27, 28, 29, 34, 35, 36], (people, SCANS)), axis=1)
    who, scan = np.nonzero(np.arange(SCANS)[None, :] < rng.integers(0, SCANS + 1, (people, 1)))
    assessed = pd.DataFrame(
        {
            "USUBJID": _names(who),
            "date": pd.Series(day[who, scan].astype("datetime64[s]")),
            "response": pd.Series(response[who, scan], dtype="str"),
            "persists": (response[who, scan] == "PR") & (rng.random(len(who)) < 0.2),
        }
    )
    assessed = assessed.iloc[rng.permutation(len(assessed))].reset_index(drop=True)
    therapy = np.where(rng.random(people) < 0.3, START + rng.integers(0, 150, people), np.datetime64("NaT"))
    reference = np.where(rng.random(people) < 0.05, np.datetime64("NaT"), START)
    return assessed, pd.DataFrame(
        {
            "USUBJID": _names(np.arange(people)),
            "reference": pd.Series(reference.astype("datetime64[s]")),
            "new_therapy": pd.Series(therapy.astype("datetime64[s]")),
        }
    )
