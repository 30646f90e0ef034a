"""RECIST 1.1: from the records of lesions to a response at each assessment, all participants at once.

Whatever one assessment needs of those before it (nadir, complete response before, partial response held) goes
from step to step: the first assessment of everybody, then the second, and so on. There is no loop over
participants. Sizes are whole hundredths of a millimetre.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd

from pipeline.derivations.oncology import responses as codes
from pipeline.derivations.oncology.lesions import (
    HUNDREDTHS,
    UNDATED,
    Cells,
    Flags,
    Integers,
    cells,
    checked,
    records,
)
from pipeline.derivations.oncology.responses import (
    CR,
    NE,
    NON,
    NONE,
    PD,
    PR,
    SD,
    UNKNOWN,
    Codes,
    Found,
    overall,
)
from pipeline.derivations.oncology.seen import Seen, seen
from pipeline.derivations.oncology.table import table


@dataclass(frozen=True)
class Recist:
    """The bounds of RECIST 1.1, and every choice that its text leaves open.

    pr_fraction, pd_fraction, pd_absolute_mm     partial response and progression of the sum; inclusive.
    node_normal_mm                               a node below it is normal. node_target_mm, lesion_target_mm
    least size of a measurable node, of another lesion. too_small_mm                                 what too
    small to measure counts, where no figure was given. max_targets, max_per_organ                   all nodes
    together are one organ. pr_persists                                  once partial response, so until PD or
    CR, whatever the sum (EORTC's answer). pr_needs_confirmation, confirm_days          it persists only once
    a second PR by the sum came so many days after the first. normal_nodes_are_cr                          all
    targets gone and all nodes normal is CR even where the nodes grew by the rule of PD: a normal node is no
    disease. cr_outlasts_ne                               an assessment that is NE after a CR leaves "CR at
    the assessment before" as it was: it evaluated nothing. non_target_reappears                         a
    non-target lesion present after an overall CR is PD like a target ("any malignant reappearance").
    non_targets_all_needed                       one non-target lesion not assessed makes the non-target
    response NE; if false, one that persists makes it NON-CR/NON-PD. equivocal_dates_back
    a new lesion proved later dates the PD to the scan that first showed it. new_lesion_without_disease
    a new lesion is PD for a participant without any lesion at baseline. after_pd
    derive: each assessment stands by its own comparison with baseline and nadir, flagged, as iRECIST needs
    it; carry: the response stays PD, once PD.
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
    """Target, non-target, new lesion and overall response of each participant at each assessment, by RECIST
    1.1.

    CR: all targets gone, nodes below 10 mm. PR: sum at most 70 % of baseline. PD: sum at least 120 % of the
    smallest before, and 5 mm more; or a lesion back after an overall CR. A target not measured makes it NE,
    unless PD is certain from those that were.

    Takes     one record a lesion and assessment: USUBJID, assessment (0 is baseline), lesion, role, node,
              organ, mm, state, done, date; assessments that took place (USUBJID, assessment, perhaps date),
              also those without a lesion record, or None.
    Returns   one record a participant and assessment, in that order; `table.COLUMNS`. Millimetres, percent;
              missing where a lesion is.
    Raises    PipelineError for records that no rule can read.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4 and tables 1, 2.
    """
    checked(lesions)
    grid = cells(lesions, expected)
    facts = seen(
        records(lesions, grid, rules.too_small_mm),
        lesions,
        expected,
        grid,
        round(rules.node_normal_mm * HUNDREDTHS),
    )
    found = _step_by_step(facts, grid, rules)
    return table(facts, found, grid, equivocal_dates_back=rules.equivocal_dates_back)


@dataclass
class _Memory:
    """What each participant's assessments so far leave behind."""

    nadir: Integers
    complete: Flags  # CR overall at the assessment before
    since: Integers  # day of the first PR of an unbroken run, UNDATED where there is none
    held: Flags  # a PR that persists
    progressed: Flags


@dataclass(frozen=True)
class _Walk:
    """What was seen, what is found of it, and what is remembered on the way."""

    facts: Seen
    found: Found
    memory: _Memory
    rules: Recist


def _step_by_step(facts: Seen, grid: Cells, rules: Recist) -> Found:
    """The first assessment of every participant, then the second, and so on."""
    walk = _begun(facts, grid, rules)
    found, memory = walk.found, walk.memory
    count = np.bincount(grid.subject, minlength=len(grid.subjects))
    for step in range(int(count.max(initial=0))):
        who = np.flatnonzero(count > step)
        here = grid.first[who] + step
        found.nadir[here] = memory.nadir[who]
        late = grid.assessment[here] > 0
        _respond(walk, who[late], here[late])
        memory.nadir[who] = np.minimum(memory.nadir[who], found.sum[here])
    return found


def _begun(facts: Seen, grid: Cells, rules: Recist) -> _Walk:
    """Sums and baselines, which need no walk; responses and memory still empty."""
    people, size = len(grid.subjects), grid.size
    sums = np.where((facts.targets > 0) & (facts.measured == facts.targets), facts.size, UNKNOWN)
    at_baseline = np.full(people, UNKNOWN)
    start = grid.assessment == 0
    at_baseline[grid.subject[start]] = sums[start]
    none, false = [np.full(size, NONE) for _ in range(6)], [np.zeros(size, bool) for _ in range(2)]
    found = Found(at_baseline[grid.subject], np.full(size, UNKNOWN), sums, *none, *false)
    complete, held, progressed = (np.zeros(people, bool) for _ in range(3))
    return _Walk(
        facts,
        found,
        _Memory(np.full(people, UNKNOWN), complete, np.full(people, UNDATED), held, progressed),
        rules,
    )


def _respond(walk: _Walk, who: Integers, here: Integers) -> None:
    """Responses of one step, and what they leave in memory."""
    facts, found, memory, rules = walk.facts, walk.found, walk.memory, walk.rules
    partial = _target(walk, who, here)
    found.reappeared[here] = memory.complete[who] & (facts.present[here] > 0) & rules.non_target_reappears
    found.non_target[here] = _non_target(walk, here)
    new = facts.unequivocal[here] > 0
    found.overall[here] = overall(
        found.target[here], found.non_target[here], new, new_alone=rules.new_lesion_without_disease
    )
    found.after_pd[here] = memory.progressed[who]
    carried = found.after_pd[here] & (rules.after_pd == "carry") & (found.overall[here] != PD)
    found.why[here] = np.where(carried, codes.CARRIED, _why(found, here))
    found.response[here] = np.where(carried, PD, found.overall[here])
    result = found.overall[here]
    memory.complete[who] = (result == CR) | (memory.complete[who] & (result == NE) & rules.cr_outlasts_ne)
    memory.progressed[who] |= result == PD
    _hold(walk, partial, who, here)


def _target(walk: _Walk, who: Integers, here: Integers) -> Flags:
    """Target response of one step, and why; returns where the sum alone makes it PR."""
    facts, found, memory, rules = walk.facts, walk.found, walk.memory, walk.rules
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
        (worse, PD, codes.NADIR),
        (back, PD, codes.REAPPEARED),
        (whole & ~ill, CR, np.where(facts.left[here] > 0, codes.NODE, codes.GONE)),
        (~whole, NE, codes.MISSING),
        (baseline == UNKNOWN, NE, codes.BASELINE),
        (partial, PR, codes.SUM),
        (keeps, PR, codes.PERSISTS),
    ]
    conditions = [c for c, _, _ in choices]
    found.target[here] = np.select(conditions, [np.int64(r) for _, r, _ in choices], SD)
    found.target_why[here] = np.select(conditions, [np.asarray(w) for _, _, w in choices], codes.SUM)
    return np.asarray(partial)


def _times(fraction: float) -> tuple[int, int]:
    """The fraction as typed, 0.7 as 7 and 10: two whole numbers to multiply with, so that no bound is missed."""
    exact = Fraction(str(fraction))
    return exact.numerator, exact.denominator


def _non_target(walk: _Walk, here: Integers) -> Codes:
    """CR: all gone. NON-CR/NON-PD: one or more persist. PD: unequivocal progression, or back after CR. NE:
    not assessed.
    """
    facts = walk.facts
    expected, known, present = facts.non_targets[here], facts.known[here], facts.present[here]
    worse = (facts.worse[here] > 0) | walk.found.reappeared[here]
    unread = (known < expected) & (walk.rules.non_targets_all_needed | (present == 0))
    return np.select(
        [expected == 0, worse, unread, present > 0], [np.int64(c) for c in (NONE, PD, NE, NON)], CR
    )


def _why(found: Found, here: Integers) -> Codes:
    """What decided the overall response: of several progressions the target's, then the non-target's, then
    the new lesion.
    """
    target, other, result = found.target[here], found.non_target[here], found.overall[here]
    by_other = np.where(other == NE, codes.MISSING, codes.NON_TARGET)
    choices: list[tuple[Flags, Any]] = [
        (result == NONE, NONE),
        (target == PD, found.target_why[here]),
        (other == PD, np.where(found.reappeared[here], codes.REAPPEARED, codes.NON_TARGET)),
        (result == PD, codes.NEW_LESION),
        (target == NONE, by_other),
        ((target == CR) & (result == PR), by_other),
    ]
    return np.select([c for c, _ in choices], [np.asarray(w) for _, w in choices], found.target_why[here])


def _hold(walk: _Walk, partial: Flags, who: Integers, here: Integers) -> None:
    """A partial response begins, is confirmed, or ends; NE leaves it as it was."""
    memory, rules, target, day = walk.memory, walk.rules, walk.found.target[here], walk.facts.last_day[here]
    by_sum = (target == PR) & partial
    since = np.where(
        by_sum & (memory.since[who] == UNDATED), np.where(day == -UNDATED, UNDATED, day), memory.since[who]
    )
    later = (
        (since != UNDATED)
        & (day != -UNDATED)
        & (day - np.where(since == UNDATED, 0, since) >= rules.confirm_days)
    )
    held = memory.held[who] | (by_sum & (later | (not rules.pr_needs_confirmation)))
    over = (target != PR) & (target != NE)
    memory.since[who] = np.where(over, UNDATED, since)
    memory.held[who] = held & ~over
