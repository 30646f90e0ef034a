"""RECIST 1.1 for 30,000 participants, and best response from 1.4 million records: CPU seconds, compared with
those of `groupby.apply` of the same rules.

A user would write the latter: a function of one participant's records, applied to each. It is timed on a
share of the same participants in the same run and scaled by their number; on that share both must agree.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline.derivations.oncology.best import Best, best_confirmed_response
from pipeline.derivations.oncology.recist import Recist, assessments

PARTICIPANTS, SCANS, LESIONS = 30_000, 10, 5
RESPONDERS, READINGS = 30_600, 46
SHARE = 300
REPEATS = 5
START = np.datetime64("2016-01-01", "s")
DAY = np.timedelta64(86_400, "s")


def run() -> dict[str, float]:
    """Medians of this process's CPU time; the plain versions on a share, scaled."""
    rng = np.random.default_rng(20190701)
    lesions, (assessed, subjects) = _lesions(rng), _responses(rng)
    recist = _median(lambda: assessments(lesions, None, Recist()), REPEATS)
    best = _median(lambda: best_confirmed_response(assessed, subjects, Best()), REPEATS)
    few = lesions["USUBJID"].isin(_names(np.arange(SHARE)))
    plain = _median(lambda: plain_recist(lesions[few]), 3) * PARTICIPANTS / SHARE
    some = assessed["USUBJID"].isin(_names(np.arange(SHARE)))
    plain_best = _median(lambda: plain_best_response(assessed[some]), 3) * RESPONDERS / SHARE
    _same(
        assessments(lesions[few], None, Recist())["response"].dropna(),
        plain_recist(lesions[few])["response"].dropna(),
    )
    _same(
        best_confirmed_response(assessed[some], subjects.iloc[:SHARE], Best())["cbor"],
        plain_best_response(assessed[some]),
    )
    return {
        "recist_records": len(lesions),
        "recist_cpu_s": round(recist, 2),
        "recist_plain_cpu_s_scaled": round(plain, 1),
        "recist_ratio_to_plain": round(plain / recist, 1),
        "best_response_records": len(assessed),
        "best_response_cpu_s": round(best, 2),
        "best_response_plain_cpu_s_scaled": round(plain_best, 1),
        "best_response_ratio_to_plain": round(plain_best / best, 1),
    }


def _median(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def _same(ours: pd.Series, theirs: pd.Series) -> None:
    # A fast derivation of wrong responses would be worth nothing.
    if ours.tolist() != theirs.tolist():
        raise AssertionError("the two versions disagree")


def _names(who: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pd.Series:
    return "S" + pd.Series(who).astype("str").str.zfill(5)


def _lesions(rng: np.random.Generator) -> pd.DataFrame:
    size = (PARTICIPANTS, SCANS, LESIONS)
    who, scan, lesion = (x.ravel() for x in np.indices(size))
    pace = rng.choice([0.85, 0.95, 1.0, 1.08], (PARTICIPANTS, 1, 1)) ** np.arange(SCANS)[None, :, None]
    mm = np.round(
        rng.integers(150, 500, (PARTICIPANTS, 1, LESIONS)) / 10 * pace * rng.uniform(0.97, 1.03, size), 1
    ).ravel()
    mm = np.where(mm < 8, 0, mm)
    target = lesion < LESIONS - 1
    worse = rng.random(len(who)) < 0.02
    frame = pd.DataFrame(
        {
            "USUBJID": _names(who),
            "assessment": scan,
            "lesion": pd.Series(np.array(["T01", "T02", "T03", "T04", "NT01"])[lesion], dtype="str"),
            "role": pd.Series(np.where(target, "TARGET", "NON-TARGET"), dtype="str"),
            "node": lesion == 0,
            "organ": pd.Series("LIVER", index=range(len(who)), dtype="str"),
            "mm": np.where(target, mm, np.nan),
            "state": pd.Series(np.where(worse, "UNEQUIVOCAL PROGRESSION", "PRESENT"), dtype="str").where(
                ~target
            ),
            "done": rng.random(len(who)) > 0.01,
            "date": pd.Series(START + (42 * scan + rng.integers(0, 3, len(who))) * DAY),
        }
    )
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


def _responses(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    who, scan = (x.ravel() for x in np.indices((RESPONDERS, READINGS)))
    assessed = pd.DataFrame(
        {
            "USUBJID": _names(who),
            "date": pd.Series(START + (42 + 30 * scan) * DAY),
            "response": pd.Series(
                rng.choice(["CR", "PR", "SD", "PD", "NE"], len(who), p=[0.1, 0.25, 0.4, 0.05, 0.2]),
                dtype="str",
            ),
        }
    )
    everybody = _names(np.arange(RESPONDERS))
    subjects = pd.DataFrame(
        {
            "USUBJID": everybody,
            "reference": pd.Series(START, index=everybody.index),
            "new_therapy": pd.Series(pd.NaT, index=everybody.index),
        }
    )
    return assessed.iloc[rng.permutation(len(assessed))].reset_index(drop=True), subjects.astype(
        {"new_therapy": "datetime64[s]"}
    )


def plain_recist(lesions: pd.DataFrame) -> pd.DataFrame:
    """Overall response by one participant after the other."""
    columns = ["assessment", "role", "node", "mm", "state", "done"]
    by_participant = lesions.sort_values(["USUBJID", "assessment"]).groupby("USUBJID")[columns]
    return by_participant.apply(_one_participant).reset_index()


def _one_participant(records: pd.DataFrame) -> pd.DataFrame:
    nadir, baseline, complete, partial, responses = np.inf, np.inf, False, False, []
    for number in sorted(records["assessment"].unique().tolist()):
        scan = records[records["assessment"] == number]
        targets = scan[scan["role"] == "TARGET"]
        sizes = targets["mm"].where(targets["done"])
        total, whole = round(sizes.sum(), 2), sizes.notna().all()
        ill = (sizes >= np.where(targets["node"], 10, 0.01)).any()
        grown = round(total * 10 - nadir * 12, 2) >= 0 and round(total - nadir, 2) >= 5
        by_sum = round(total * 10 - baseline * 7, 2) <= 0
        if number == 0:
            baseline = total if whole else -np.inf
        elif ill and (grown or complete):
            target = "PD"
        elif not whole:
            target = "NE"
        elif not ill:
            target = "CR"
        elif baseline < 0:
            target = "NE"
        else:
            target = "PR" if by_sum or partial else "SD"
        other = scan.loc[scan["role"] == "NON-TARGET"]
        if number > 0:
            state = other["state"].where(other["done"])
            worse = (state == "UNEQUIVOCAL PROGRESSION").any() or (complete and (state == "PRESENT").any())
            overall = target
            if worse or target == "PD":
                overall = "PD"
            elif target == "CR":
                overall = "PR"  # the non-target lesion of these histories is never gone
            responses.append((number, overall))
            partial = target == "PR" or (partial and target == "NE")
        nadir = min(nadir, total) if whole else nadir
    return pd.DataFrame(responses, columns=["assessment", "response"])


def plain_best_response(assessed: pd.DataFrame) -> pd.Series:
    """Confirmed best response by one participant after the other; a CR before a PR is taken for true."""
    return (
        assessed.sort_values(["USUBJID", "date"])
        .groupby("USUBJID")[["date", "response"]]
        .apply(_best_of_participant)
    )


def _best_of_participant(records: pd.DataFrame) -> str:
    day = ((records["date"] - pd.Timestamp(START)).dt.days).tolist()
    response = records["response"].tolist()
    last = ""
    for i, r in enumerate(response):
        if r == "PD" or (r == "PR" and last == "CR"):
            day, response = day[: i + 1], [*response[:i], "PD"]
            break
        last = r if r != "NE" else last
    for best, partners in (("CR", ("CR",)), ("PR", ("CR", "PR"))):
        for i in (i for i, r in enumerate(response) if r == best):
            empty = 0
            for j in range(i + 1, len(response)):
                if response[j] in partners and day[j] - day[i] >= 28 and empty <= 1:
                    return best
                empty += response[j] == "NE"
                if response[j] not in (*partners, "NE"):
                    break
    return "SD" if {"CR", "PR", "SD"} & set(response) else "PD" if "PD" in response else "NE"
