"""Progression-free survival of one participant, decided by reading the plan's order of decision aloud. Days
from randomization, which is 1.
"""

from __future__ import annotations

from typing import Any

from pipeline.study.models import Convention

LAST = "LAST ADEQUATE ASSESSMENT"


def decide(
    case: Any, rule: Convention, events: tuple[str, ...], windows: list[tuple[int, int, int]], cutoff: int
) -> list[Any]:
    """Day, CNSR, rule, what is said of the day."""
    dated = {"progression": case.pd, "claimed": case.claim, "death": case.death}
    late = any(d is not None and d > cutoff for d in [*(dated[e] for e in events), *case.scans])
    listed = [(dated[e], n, e) for n, e in enumerate(events) if dated[e] is not None and dated[e] <= cutoff]
    day, _, kind = min(listed, default=(None, 0, ""))
    scans = [s for s in case.scans if s <= cutoff]
    death = case.death if case.death is not None and case.death <= cutoff else None
    therapy = case.therapy if case.therapy is not None and case.therapy <= cutoff else None

    documented = day is not None and (kind != "death" or rule.missed is None)
    if not case.baseline or (not scans and not documented):
        if death is not None and death <= windows[1][2]:
            return [death, 0, f"{rule.id}3 EARLY DEATH", None]
        return [1, 2, f"{rule.id}3 NO BASELINE OR ASSESSMENT", "RANDOMIZATION"]

    if rule.therapy and therapy is not None and (day is None or therapy <= day):
        before = [s for s in scans if s < therapy or (s == therapy and rule.therapy == "on or before")]
        return _censored(before, 3, f"{rule.id}4 NEW ANTICANCER THERAPY", f"{LAST} BEFORE NEW THERAPY")

    if day is not None:
        before = [s for s in scans if s < day or (s == day and kind == "death")]
        since = max(before, default=1)
        gap = sum(1 for opens, _, closes in windows if opens > since and closes < day)
        if rule.missed and gap >= rule.missed.windows and kind in rule.missed.before:
            return _censored(before, 4, f"{rule.id}5 MISSED ASSESSMENTS", f"{LAST} BEFORE MISSED ASSESSMENTS")
        return _event(day, kind, rule, windows, min(cutoff, death or cutoff))

    code = 5 if case.lost else 6 if case.stopped else 9 if late else 1
    return _censored(scans, code, f"{rule.id}7 NO EVENT", LAST)


def _event(
    day: int, kind: str, rule: Convention, windows: list[tuple[int, int, int]], limit: int
) -> list[Any]:
    if rule.dated == "scheduled visit" and kind != "death" and not any(a <= day <= z for a, _, z in windows):
        later = [due for _, due, _ in windows if due >= day]
        moved = min(later[0], limit) if later else day
        return [moved, 0, f"{rule.id}6 EVENT", "NEXT SCHEDULED VISIT" if moved != day else None]
    return [day, 0, f"{rule.id}6 EVENT", None]


def _censored(scans: list[int], code: int, rule: str, told: str) -> list[Any]:
    return [max(scans), code, rule, told] if scans else [1, code, rule, "RANDOMIZATION"]
