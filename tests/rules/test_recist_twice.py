"""Response derived twice: all participants at once, and one scan after the other by a second reading of the
tables that shares no code with the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.derivations.oncology.best import Best, best_confirmed_response, best_response
from pipeline.derivations.oncology.irecist import IRecist, PlannedScan, irecist, next_planned_closes
from pipeline.derivations.oncology.recist import Recist, assessments
from tests.support import histories, naive_recist
from tests.support.naive_recist import Lesion, Scan

FIRST_DAY = date(2016, 1, 1)  # from which assessments are planned

# Every choice that the sources leave open, the other way round; the study's own choice has half of the
# histories.
OTHERWISE: list[Recist] = [
    Recist(pr_persists=False),
    Recist(pr_needs_confirmation=True),
    Recist(normal_nodes_are_cr=False),
    Recist(cr_outlasts_ne=False),
    Recist(non_target_reappears=False),
    Recist(non_targets_all_needed=False),
    Recist(equivocal_dates_back=False),
    Recist(new_lesion_without_disease=False),
    Recist(after_pd="carry"),
    Recist(pr_fraction=0.65, pd_fraction=1.25, pd_absolute_mm=4.5, node_normal_mm=9.5, too_small_mm=2.5),
]
OTHERWISE_BEST: list[Best] = [
    Best(minimum_sd_days=42),
    Best(confirm_days=1),
    Best(max_ne_between=0),
    Best(max_ne_between=2),
    Best(before_new_therapy=False),
    Best(on_therapy_start=False),
    Best(cr_then_pr="PR"),
    Best(cr_then_pr="AS REPORTED"),
    Best(disease_after_early_cr_is_pd=False),
    Best(pr_then_sd_needs_minimum=True),
    Best(persisting_pr_confirms=True),
    Best(without_assessment=None),
]
OTHERWISE_IMMUNE: list[IRecist] = [
    IRecist(confirm_to_days=None),
    IRecist(confirm_from_days=20, confirm_to_days=42, further_mm=2.5),
    IRecist(non_target_still_worse_confirms=True),
    IRecist(next_planned_confirms=False),
    IRecist(icpd_stays=False),
]
# planned assessments that lie closer together and wider apart than eight weeks
PLANNED_SCANS = [PlannedScan(day, day + 14) for day in (42, 84, 168, 252, 420)]
PLANNED_DATES = [
    (FIRST_DAY + timedelta(days=scan.day), FIRST_DAY + timedelta(days=scan.closes)) for scan in PLANNED_SCANS
]
SIZES = ("sum", "sum_measured", "baseline", "nadir")
PLAIN = (
    "assessment",
    "n_expected",
    "n_assessed",
    "target",
    "target_why",
    "non_target",
    "new",
    "response",
    "why",
    "after_pd",
)
DATES = ("first_date", "last_date", "response_date", "pd_date")


def shares(prove: bool, ways: int) -> Iterator[tuple[int, int]]:
    """Which way is tried on how many histories: 5,000 in all, or 200,000; half of them on the first, in
    handfuls that fit into memory.
    """
    handful, rounds = (5000, 20) if prove else (2500, 1)
    for _ in range(rounds):
        yield 0, handful
        for way in range(1, ways + 1):
            yield way, -(-handful // ways)


def rows_of_participants(frame: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Each participant of a frame in order, with the participant's first row and the row after the last."""
    if frame.empty:
        return []
    usubjid = frame["USUBJID"].to_numpy()
    changes = (np.flatnonzero(usubjid[1:] != usubjid[:-1]) + 1).tolist()
    return [(usubjid[start], start, end) for start, end in pairwise([0, *changes, len(usubjid)])]


def read_naively(
    lesions: pd.DataFrame, expected: pd.DataFrame, rules: Recist
) -> dict[str, list[dict[str, Any]]]:
    """The assessments of each participant by the naive reading."""
    sizes = [None if np.isnan(v) else Decimal(str(v)) for v in lesions["mm"].tolist()]
    days = [None if pd.isna(v) else v.date() for v in lesions["date"].tolist()]
    states = [None if pd.isna(v) else v for v in lesions["state"].tolist()]
    plain = (lesions[c].tolist() for c in ("assessment", "lesion", "role", "node"))
    done = lesions["done"].tolist()
    records = [Lesion(*values) for values in zip(*plain, sizes, states, done, days, strict=True)]
    of_participant = {usubjid: records[start:end] for usubjid, start, end in rows_of_participants(lesions)}

    numbers: dict[str, list[int]] = {}
    for usubjid, number in zip(expected["USUBJID"].tolist(), expected["assessment"].tolist(), strict=True):
        numbers.setdefault(usubjid, []).append(number)
    assessed = {}
    for usubjid in sorted({*of_participant, *numbers}):
        scans = of_participant.get(usubjid, [])
        all_numbers = [*numbers.get(usubjid, []), *(x.assessment for x in scans)]
        assessed[usubjid] = naive_recist.read(scans, all_numbers, rules)
    return assessed


def as_read(usubjid: str, assessed: dict[str, Any]) -> tuple[Any, ...]:
    sizes = [None if assessed.get(c) is None else int(assessed[c] * 100) for c in SIZES]
    return (usubjid, *(assessed.get(c) for c in PLAIN), *sizes, *(assessed.get(c) for c in DATES))


def as_derived(assessed: pd.DataFrame) -> list[tuple[Any, ...]]:
    plain = [[None if v is None or v != v else v for v in assessed[c].tolist()] for c in PLAIN]
    sizes = [[None if np.isnan(v) else round(v * 100) for v in assessed[c].tolist()] for c in SIZES]
    days = [[None if pd.isna(v) else v.date() for v in assessed[c].tolist()] for c in DATES]
    return list(zip(assessed["USUBJID"].tolist(), *plain, *sizes, *days, strict=True))


def differing(ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]) -> list[str]:
    assert len(ours) == len(theirs)
    return [f"{a}\n{b}" for a, b in zip(ours, theirs, strict=True) if a != b]


BRANCHES = {
    # target response, why
    ("CR", "GONE"),
    ("CR", "NODE"),
    ("PR", "SUM"),
    ("PR", "PERSISTS"),
    ("SD", "SUM"),
    ("PD", "NADIR"),
    ("PD", "REAPPEARED"),
    ("NE", "MISSING"),
    ("NE", "BASELINE"),
    (None, None),
}
OVERALL = {
    ("CR", "GONE"),
    ("CR", "NODE"),
    ("CR", "NON-TARGET"),
    ("PR", "SUM"),
    ("PR", "PERSISTS"),
    ("PR", "NON-TARGET"),
    ("PR", "MISSING"),
    ("SD", "SUM"),
    ("NON-CR/NON-PD", "NON-TARGET"),
    ("NE", "MISSING"),
    ("NE", "BASELINE"),
    ("PD", "NADIR"),
    ("PD", "REAPPEARED"),
    ("PD", "NON-TARGET"),
    ("PD", "NEW LESION"),
    ("PD", "CARRIED"),
    (None, None),
}


def test_two_readings_of_recist_agree_on_random_histories(prove: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hit: Counter[tuple[Any, ...]] = Counter()
    ways = [Recist(), *OTHERWISE]
    for way, people in shares(prove, len(OTHERWISE)):
        lesions, expected = histories.lesions(rng, people)
        assessed = assessments(lesions.sample(frac=1, random_state=seed), expected, ways[way])
        naive = read_naively(lesions, expected, ways[way])
        theirs = [as_read(usubjid, scan) for usubjid, scans in naive.items() for scan in scans]
        wrong = differing(as_derived(assessed), theirs)
        assert not wrong, f"{len(wrong)} differ by {ways[way]}, seed {seed}, the first:\n{wrong[0]}"
        hit.update(("target", x[4], x[5]) for x in theirs)
        hit.update(("overall", x[8], x[9]) for x in theirs)
        hit.update(_oddities(assessed, lesions))
    assert {x[1:] for x in hit if x[0] == "target"} == BRANCHES
    assert {x[1:] for x in hit if x[0] == "overall"} == OVERALL
    assert {x[0] for x in hit if len(x) == 1} == ODDITIES
    assert min(hit.values()) >= 5, hit.most_common()[-3:]


ODDITIES = {
    "progression certain though a target is missing",
    "progression on the bound of the fraction",
    "progression on the bound of 5 mm",
    "partial response on the bound",
    "an equivocal lesion alone",
    "dated back",
    "after progression",
    "too small",
    "split",
    "merged",
    "apart again",
    "no disease",
}


def _oddities(assessed: pd.DataFrame, lesions: pd.DataFrame) -> dict[tuple[str], int]:
    """How often each rare thing happened."""
    worse = assessed["target_why"].eq("NADIR")
    growth = (assessed["chg_nadir"] * 100).round()
    oddities = {
        "progression certain though a target is missing": worse
        & assessed["n_assessed"].lt(assessed["n_expected"]),
        "progression on the bound of the fraction": worse
        & (growth * 5).eq((assessed["nadir"] * 100).round()),
        "progression on the bound of 5 mm": worse & growth.eq(500),
        "partial response on the bound": (
            assessed["target_why"].eq("SUM")
            & (assessed["sum"] * 1000).round().eq((assessed["baseline"] * 700).round())
        ),
        "an equivocal lesion alone": assessed["new"].eq("EQUIVOCAL"),
        "dated back": assessed["pd_date"].lt(assessed["first_date"]),
        "after progression": assessed["after_pd"],
        "too small": lesions["state"].eq("TOO SMALL TO MEASURE"),
        "split": lesions["lesion"].eq("T01.1"),
        "merged": lesions["lesion"].eq("T02/T03"),
        "apart again": _apart_again(lesions),
        "no disease": assessed["disease"].eq("NONE"),
    }
    return {(name,): int(times.sum()) for name, times in oddities.items() if times.any()}


def _apart_again(lesions: pd.DataFrame) -> pd.Series:
    """Records of a lesion that merged, behind records of the merged one and beside none."""
    whole = lesions[lesions["lesion"].eq("T02/T03")]
    first = whole.groupby("USUBJID")["assessment"].min()
    later = lesions["assessment"].gt(lesions["USUBJID"].map(first))
    scan = lesions["USUBJID"] + " " + lesions["assessment"].astype("str")
    return lesions["lesion"].isin(["T02", "T03"]) & lesions["done"] & later & ~scan.isin(scan[whole.index])


# --- best response
def test_two_readings_of_best_response_agree_on_random_histories(prove: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hit: Counter[tuple[Any, ...]] = Counter()
    ways = [Best(), *OTHERWISE_BEST]
    for way, people in shares(prove, len(OTHERWISE_BEST)):
        assessed, subjects = histories.responses(rng, people)
        confirmed = best_confirmed_response(assessed, subjects, ways[way]).drop(columns="USUBJID")
        outcomes = best_response(assessed, subjects, ways[way]).join(confirmed)
        columns = ["bor", "bor_row", "cbor", "cbor_row", "confirmed_row", "query_row"]
        values = [[None if pd.isna(v) else v for v in outcomes[c].tolist()] for c in columns]
        ours = list(zip(outcomes["USUBJID"].tolist(), *values, strict=True))
        theirs = _best_naively(assessed, subjects, ways[way])
        wrong = differing(ours, theirs)
        assert not wrong, f"{len(wrong)} differ by {ways[way]}, seed {seed}, the first:\n{wrong[0]}"
        assert outcomes["query"].equals(outcomes["query_row"].notna())
        hit.update(("bor", x[1], x[3], x[6] is not None) for x in ours)
    words = {"CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", None}
    assert {x[1] for x in hit} == {x[2] for x in hit} == words
    assert {(x[1], x[2]) for x in hit if x[3]} >= {
        ("CR", "CR"),
        ("CR", "PR"),
        ("CR", "SD"),
        ("CR", "PD"),
    }, "queries"


def _best_naively(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> list[tuple[Any, ...]]:
    scans: dict[str, list[Scan]] = {}
    records = zip(*(assessed[c].tolist() for c in ("USUBJID", "date", "response", "persists")), strict=True)
    for row, (usubjid, day, response, persists) in enumerate(records):
        if isinstance(response, str):
            scans.setdefault(usubjid, []).append(Scan(day.date(), response, row, persists))
    best = []
    participants = zip(*(subjects[c].tolist() for c in ("USUBJID", "reference", "new_therapy")), strict=True)
    for usubjid, *dates in participants:
        reference, therapy = (None if pd.isna(d) else d.date() for d in dates)
        counted = naive_recist.counted(scans.get(usubjid, []), therapy, rules)
        reread = naive_recist.reread(counted, rules)
        best.append(
            (
                usubjid,
                *naive_recist.unconfirmed(counted, reference, rules),
                *naive_recist.confirmed(reread, reference, rules),
                naive_recist.pr_after_cr(counted),
            )
        )
    return best


# --- iRECIST
def test_two_readings_of_irecist_agree_on_random_histories(prove: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hit: Counter[tuple[Any, ...]] = Counter()
    ways, recist = [IRecist(), *OTHERWISE_IMMUNE], Recist()
    for way, people in shares(prove, len(OTHERWISE_IMMUNE)):
        lesions, expected = histories.lesions(rng, people)
        assessed = assessments(lesions, expected, recist)
        start = pd.Series(histories.START.astype("datetime64[s]"), index=assessed.index)
        closes = next_planned_closes(assessed["first_date"], start, PLANNED_SCANS, ways[way])
        ours = irecist(assessed, ways[way], closes)
        rows = [
            [None if pd.isna(v) else v for v in ours[c].tolist()]
            for c in ("iresponse", "iwhy", "iupd_row", "icpd_date")
        ]
        theirs: list[tuple[Any, ...]] = []
        for scans in read_naively(lesions, expected, recist).values():
            before = len(theirs)
            for response, why, first in naive_recist.immune(scans, ways[way], recist, PLANNED_DATES):
                dated = scans[first]["pd_date"] if response == "iCPD" and first is not None else None
                theirs.append((response, why, None if first is None else before + first, dated))
        plain = [(*x[:3], None if x[3] is None else x[3].date()) for x in zip(*rows, strict=True)]
        wrong = differing(plain, theirs)
        assert not wrong, f"{len(wrong)} differ by {ways[way]}, seed {seed}, the first:\n{wrong[0]}"
        hit.update(x[:2] for x in theirs)
    assert {x[0] for x in hit} == {"iCR", "iPR", "iSD", "NON-iCR/NON-iUPD", "iUPD", "iCPD", "NE", None}
    assert {x[1] for x in hit if x[0] == "iCPD"} == {
        "TARGET",
        "NON-TARGET",
        "NEW LESION",
        "OTHER CATEGORY",
        None,
    }


@pytest.mark.parametrize(("block", "people"), [(1, 15), (7, 60)])
def test_a_participant_stands_alone(block: int, people: int, seed: int) -> None:
    lesions, expected = histories.lesions(np.random.default_rng(seed), people)
    at_once = assessments(lesions, expected, Recist())
    participants = sorted({*lesions["USUBJID"], *expected["USUBJID"]})
    parts = []
    for start in range(0, len(participants), block):
        some = participants[start : start + block]
        lesions_of_some = lesions[lesions["USUBJID"].isin(some)]
        expected_of_some = expected[expected["USUBJID"].isin(some)]
        parts.append(assessments(lesions_of_some, expected_of_some, Recist()))
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), at_once)
