"""RECIST 1.1: from the records of lesions to a response at each assessment, all participants at once.

Whatever one assessment needs of those before it (nadir, complete response before, partial response held) goes from step to step: the first
assessment of everybody, then the second, and so on. There is no loop over participants. Sizes are whole hundredths of a millimetre.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from pipeline.oncology.lesions import HUNDREDTHS, UNDATED, Cells, Flags, Integers, as_dates, cells, checked, records
from pipeline.oncology.seen import Seen, seen

RESPONSES: Final = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
CR, PR, SD, NON, PD, NE = range(6)
NONE: Final = -1  # no response: baseline, or no lesion of that kind
WHYS: Final = ("GONE", "NODE", "SUM", "PERSISTS", "NADIR", "REAPPEARED", "MISSING", "BASELINE", "NON-TARGET", "NEW LESION", "CARRIED")
GONE, NODE, SUM, PERSISTS, NADIR, REAPPEARED, MISSING, BASELINE, NON_TARGET, NEW_LESION, CARRIED = range(11)
UNKNOWN: Final = np.iinfo(np.int32).max  # a sum that is not there

Codes = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Recist:
    """The bounds of RECIST 1.1, and every choice that its text leaves open.

    pr_fraction, pd_fraction, pd_absolute_mm     partial response and progression of the sum; inclusive.
    node_normal_mm                               a node below it is normal.
    node_target_mm, lesion_target_mm             least size of a measurable node, of another lesion.
    too_small_mm                                 what too small to measure counts, where no figure was given.
    max_targets, max_per_organ                   all nodes together are one organ.
    pr_persists                                  once partial response, so until PD or CR, whatever the sum (EORTC's answer).
    pr_needs_confirmation, confirm_days          it persists only once a second PR by the sum came so many days after the first.
    normal_nodes_are_cr                          all targets gone and all nodes normal is CR even where the nodes grew by the rule of PD:
                                                 a normal node is no disease.
    cr_outlasts_ne                               an assessment that is NE after a CR leaves "CR at the assessment before" as it was:
                                                 it evaluated nothing.
    non_target_reappears                         a non-target lesion present after an overall CR is PD like a target ("any malignant
                                                 reappearance").
    non_targets_all_needed                       one non-target lesion not assessed makes the non-target response NE; if false, one that
                                                 persists makes it NON-CR/NON-PD.
    equivocal_dates_back                         a new lesion proved later dates the PD to the scan that first showed it.
    new_lesion_without_disease                   a new lesion is PD for a participant without any lesion at baseline.
    after_pd                                     derive: each assessment stands by its own comparison with baseline and nadir, flagged,
                                                 as iRECIST needs it; carry: the response stays PD, once PD.
    """

    pr_fraction: float = 0.70
    pd_fraction: float = 1.20
    pd_absolute_mm: float = 5
    node_normal_mm: float = 10
    node_target_mm: float = 15
    lesion_target_mm: float = 10
    too_small_mm: float = 5
    max_targets: int = 5
    max_per_organ: int = 2
    pr_persists: bool = True
    pr_needs_confirmation: bool = False
    confirm_days: int = 28
    normal_nodes_are_cr: bool = True
    cr_outlasts_ne: bool = True
    non_target_reappears: bool = True
    non_targets_all_needed: bool = True
    equivocal_dates_back: bool = True
    new_lesion_without_disease: bool = True
    after_pd: Literal["derive", "carry"] = "derive"


def assessments(lesions: pd.DataFrame, expected: pd.DataFrame | None, rules: Recist) -> pd.DataFrame:
    """Target, non-target, new lesion and overall response of each participant at each assessment, by RECIST 1.1.

    CR: all targets gone, nodes below 10 mm. PR: sum at most 70 % of baseline. PD: sum at least 120 % of the smallest before, and 5 mm more;
    or a lesion back after an overall CR. A target not measured makes it NE, unless PD is certain from those that were.

    Takes     one record a lesion and assessment: USUBJID, assessment (0 is baseline), lesion, role, node, organ, mm, state, done, date;
              assessments that took place (USUBJID, assessment, perhaps date), also those without a lesion record, or None.
    Returns   one record a participant and assessment, in that order; `COLUMNS`. Millimetres, percent; missing where a lesion is.
    Raises    PipelineError for records that no rule can read.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4 and tables 1, 2.
    """
    checked(lesions)
    grid = cells(lesions, expected)
    facts = seen(records(lesions, grid, rules.too_small_mm), lesions, expected, grid, round(rules.node_normal_mm * HUNDREDTHS))
    found = _step_by_step(facts, grid, rules)
    return _frame(facts, found, grid, rules)


@dataclass
class _Memory:
    """What each participant's assessments so far leave behind."""

    nadir: Integers
    complete: Flags  # CR overall at the assessment before
    since: Integers  # day of the first PR of an unbroken run, UNDATED where there is none
    held: Flags  # a PR that persists
    progressed: Flags


@dataclass(frozen=True)
class _Found:
    """Responses of each cell, as codes."""

    baseline: Integers
    nadir: Integers  # before the assessment
    sum: Integers
    target: Codes
    target_why: Codes
    non_target: Codes
    overall: Codes
    why: Codes
    response: Codes
    reappeared: Flags  # a non-target lesion, after CR
    after_pd: Flags


def _step_by_step(facts: Seen, grid: Cells, rules: Recist) -> _Found:
    """The first assessment of every participant, then the second, and so on."""
    people = len(grid.subjects)
    sums = np.where((facts.targets > 0) & (facts.measured == facts.targets), facts.size, UNKNOWN)
    at_baseline = np.full(people, UNKNOWN)
    start = grid.assessment == 0
    at_baseline[grid.subject[start]] = sums[start]
    none = [np.full(grid.size, NONE) for _ in range(6)]
    flags = [np.zeros(grid.size, bool) for _ in range(2)]
    found = _Found(at_baseline[grid.subject], np.full(grid.size, UNKNOWN), sums, *none, *flags)
    memory = _Memory(
        np.full(people, UNKNOWN), np.zeros(people, bool), np.full(people, UNDATED), np.zeros(people, bool), np.zeros(people, bool)
    )
    count = np.bincount(grid.subject, minlength=people)
    for step in range(int(count.max(initial=0))):
        who = np.flatnonzero(count > step)
        here = grid.first[who] + step
        found.nadir[here] = memory.nadir[who]
        late = grid.assessment[here] > 0
        _respond(facts, found, memory, who[late], here[late], rules)
        memory.nadir[who] = np.minimum(memory.nadir[who], sums[here])
    return found


def _respond(facts: Seen, found: _Found, memory: _Memory, who: Integers, here: Integers, rules: Recist) -> None:
    """Responses of one step, and what they leave in memory. Six arguments: the step is a slice of the first three."""
    partial = _target(facts, found, memory, who, here, rules)
    found.reappeared[here] = memory.complete[who] & (facts.present[here] > 0) & rules.non_target_reappears
    found.non_target[here] = non_target(facts, here, found.reappeared[here], rules)
    found.overall[here] = overall(
        found.target[here], found.non_target[here], facts.unequivocal[here] > 0, new_alone=rules.new_lesion_without_disease
    )
    found.after_pd[here] = memory.progressed[who]
    carried = found.after_pd[here] & (rules.after_pd == "carry") & (found.overall[here] != PD)
    found.why[here] = np.where(carried, CARRIED, _why(found, here))
    found.response[here] = np.where(carried, PD, found.overall[here])
    _remember(found, memory, who, here, rules)
    _hold(found.target[here], partial, memory, who, facts.last_day[here], rules)


def _target(facts: Seen, found: _Found, memory: _Memory, who: Integers, here: Integers, rules: Recist) -> Flags:
    """Target response of one step, and why; returns where the sum alone makes it PR."""
    size, total, nadir, baseline = facts.size[here], found.sum[here], found.nadir[here], found.baseline[here]
    whole, ill = total != UNKNOWN, facts.abnormal[here] > 0
    (more, of_nadir), (less, of_baseline) = _times(rules.pd_fraction), _times(rules.pr_fraction)
    further = size - nadir >= round(rules.pd_absolute_mm * HUNDREDTHS)
    grown = (nadir != UNKNOWN) & (of_nadir * size >= more * nadir) & further
    # Where all that was seen is normal, what was not seen may be gone too: progression is not certain then.
    worse = grown & (ill | (not rules.normal_nodes_are_cr))
    back = memory.complete[who] & ill
    partial = whole & (baseline != UNKNOWN) & (of_baseline * size <= less * baseline)
    keeps = memory.held[who] & rules.pr_persists
    choices: list[tuple[Flags, int, int | Codes]] = [
        (facts.targets[here] == 0, NONE, NONE),
        (worse, PD, NADIR),
        (back, PD, REAPPEARED),
        (whole & ~ill, CR, np.where(facts.left[here] > 0, NODE, GONE)),
        (~whole, NE, MISSING),
        (baseline == UNKNOWN, NE, BASELINE),
        (partial, PR, SUM),
        (keeps, PR, PERSISTS),
    ]
    conditions = [c for c, _, _ in choices]
    found.target[here] = np.select(conditions, [np.int64(r) for _, r, _ in choices], SD)
    found.target_why[here] = np.select(conditions, [np.asarray(w) for _, _, w in choices], SUM)
    return np.asarray(partial)


def _times(fraction: float) -> tuple[int, int]:
    """The fraction as typed, 0.7 as 7 and 10: two whole numbers to multiply with, so that no bound is missed."""
    exact = Fraction(str(fraction))
    return exact.numerator, exact.denominator


def non_target(facts: Seen, here: Integers, reappeared: Flags, rules: Recist) -> Codes:
    """CR: all gone. NON-CR/NON-PD: one or more persist. PD: unequivocal progression, or back after CR. NE: not assessed."""
    expected, known, worse, present = facts.non_targets[here], facts.known[here], facts.worse[here], facts.present[here]
    unread = (known < expected) & (rules.non_targets_all_needed | (present == 0))
    return np.select([expected == 0, (worse > 0) | reappeared, unread, present > 0], [np.int64(c) for c in (NONE, PD, NE, NON)], CR)


def overall(target: Codes, other: Codes, new: Flags, *, new_alone: bool) -> Codes:
    """The overall response of target, non-target and unequivocal new lesion; an equivocal one is none.

    Takes     codes of `RESPONSES`, -1 where there was no such lesion at baseline.
    Returns   code; -1 where there was no lesion at baseline, but for a new one.
    Source    RECIST 1.1 (Eisenhauer 2009), tables 1 and 2.
    """
    no_target, no_other = target == NONE, other == NONE
    worse = (target == PD) | (other == PD) | (new & (new_alone | ~(no_target & no_other)))
    conditions = [worse, no_target, (target == CR) & (no_other | (other == CR)), (target == CR) | (target == PR), target == SD]
    return np.select(conditions, [np.int64(PD), other, np.int64(CR), np.int64(PR), np.int64(SD)], NE)


def _why(found: _Found, here: Integers) -> Codes:
    """What decided the overall response: of several progressions the target's, then the non-target's, then the new lesion."""
    target, other, result = found.target[here], found.non_target[here], found.overall[here]
    by_other = np.where(other == NE, MISSING, NON_TARGET)
    choices: list[tuple[Flags, Any]] = [
        (result == NONE, NONE),
        (target == PD, found.target_why[here]),
        (other == PD, np.where(found.reappeared[here], REAPPEARED, NON_TARGET)),
        (result == PD, NEW_LESION),
        (target == NONE, by_other),
        ((target == CR) & (result == PR), by_other),
    ]
    return np.select([c for c, _ in choices], [np.asarray(w) for _, w in choices], found.target_why[here])


def _remember(found: _Found, memory: _Memory, who: Integers, here: Integers, rules: Recist) -> None:
    result = found.overall[here]
    memory.complete[who] = (result == CR) | (memory.complete[who] & (result == NE) & rules.cr_outlasts_ne)
    memory.progressed[who] |= result == PD


def _hold(target: Codes, partial: Flags, memory: _Memory, who: Integers, day: Integers, rules: Recist) -> None:
    """A partial response begins, is confirmed, or ends; NE leaves it as it was."""
    by_sum = (target == PR) & partial
    since = np.where(by_sum & (memory.since[who] == UNDATED), np.where(day == -UNDATED, UNDATED, day), memory.since[who])
    later = (since != UNDATED) & (day != -UNDATED) & (day - np.where(since == UNDATED, 0, since) >= rules.confirm_days)
    held = memory.held[who] | (by_sum & (later | (not rules.pr_needs_confirmation)))
    over = (target != PR) & (target != NE)
    memory.since[who] = np.where(over, UNDATED, since)
    memory.held[who] = held & ~over


COLUMNS: Final = {
    "USUBJID": "str",
    "assessment": "int64",
    "first_date": "datetime64[s]",
    "last_date": "datetime64[s]",
    "disease": "str",
    "n_expected": "int64",
    "n_assessed": "int64",
    "sum": "float64",
    "sum_measured": "float64",
    "baseline": "float64",
    "nadir": "float64",
    "chg": "float64",
    "pchg": "float64",
    "chg_nadir": "float64",
    "pchg_nadir": "float64",
    "target": "str",
    "target_why": "str",
    "non_target": "str",
    "n_non_target": "int64",
    "n_non_target_assessed": "int64",
    "n_non_target_pd": "int64",
    "new": "str",
    "n_new": "int64",
    "sum_new": "float64",
    "response": "str",
    "why": "str",
    "response_date": "datetime64[s]",
    "pd_date": "datetime64[s]",
    "after_pd": "bool",
}


def _frame(facts: Seen, found: _Found, grid: Cells, rules: Recist) -> pd.DataFrame:
    total, nadir, baseline = (_mm(x, x != UNKNOWN) for x in (found.sum, found.nadir, found.baseline))
    partly = np.isin(found.response, (CR, PR))
    columns: dict[str, Any] = {
        "USUBJID": pd.Series(grid.subjects).astype("str").take(grid.subject).reset_index(drop=True),
        "assessment": grid.assessment,
        "first_date": as_dates(facts.first_day),
        "last_date": as_dates(facts.last_day),
        "disease": _words(("TARGET", "NON-TARGET", "NONE"), np.select([facts.targets > 0, facts.non_targets > 0], [0, 1], 2)),
        "n_expected": facts.targets,
        "n_assessed": facts.measured,
        "sum": total,
        "sum_measured": _mm(facts.size, facts.measured > 0),
        "baseline": baseline,
        "nadir": nadir,
        **_changes(found),
        "target": _words(RESPONSES, found.target),
        "target_why": _words(WHYS, found.target_why),
        "non_target": _words(RESPONSES, found.non_target),
        "n_non_target": facts.non_targets,
        "n_non_target_assessed": facts.known,
        "n_non_target_pd": facts.worse,
        "new": _words(("EQUIVOCAL", "UNEQUIVOCAL"), np.select([facts.unequivocal > 0, facts.equivocal > 0], [1, 0], NONE)),
        "n_new": facts.new_lesions,
        "sum_new": _mm(facts.new_size, facts.new_measured > 0),
        "response": _words(RESPONSES, found.response),
        "why": _words(WHYS, found.why),
        "response_date": as_dates(np.where(found.response == NONE, UNDATED, np.where(partly, facts.last_day, facts.first_day))),
        "pd_date": as_dates(_pd_day(facts, found, rules)),
        "after_pd": found.after_pd,
    }
    return pd.DataFrame(columns).astype(COLUMNS)


def _words(words: tuple[str, ...], codes: Codes) -> pd.Series:
    return pd.Series(pd.Series([*words, None], dtype="str").array.take(codes))  # the code of none is -1: the last


def _mm(size: Integers, there: Flags) -> pd.Series:
    return pd.Series(size / HUNDREDTHS).where(there)


def _changes(found: _Found) -> dict[str, pd.Series]:
    """Changes of a whole sum from baseline and from nadir, in mm and percent; none at baseline, no percent of nothing."""
    changes: dict[str, pd.Series] = {}
    for name, reference in (("", found.baseline), ("_nadir", found.nadir)):
        there = (found.sum != UNKNOWN) & (reference != UNKNOWN) & (found.nadir != UNKNOWN)
        gone = np.where(there, found.sum - reference, 0)
        changes[f"chg{name}"] = _mm(gone, there)
        changes[f"pchg{name}"] = pd.Series(100 * gone / np.where(there & (reference > 0), reference, 1)).where(there & (reference > 0))
    return changes


def _pd_day(facts: Seen, found: _Found, rules: Recist) -> Integers:
    """The day to which a progression is dated: the earliest of what shows it; an unequivocal new lesion counts from its first scan.

    The sum shows it with the last scan of the lesions measured.
    """
    by_sum = np.where((found.target == PD) & (facts.last_target_day != -UNDATED), facts.last_target_day, UNDATED)
    seen_again = np.where(found.reappeared, np.minimum(facts.present_day, facts.worse_day), facts.worse_day)
    by_state = np.where(found.non_target == PD, seen_again, UNDATED)
    new = facts.new_day if rules.equivocal_dates_back else facts.proved_day
    by_new = np.where(facts.unequivocal > 0, new, UNDATED)
    earliest = np.minimum(np.minimum(by_sum, by_state), by_new)
    return np.where(found.overall == PD, earliest, UNDATED)
