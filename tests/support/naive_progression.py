"""Progression-free survival of one participant, decided by living through the days one after the other. Days
are counted from randomization, which is day 1.

It shares nothing with the product, which puts questions to whole columns and takes the first rule that
applies: here time passes, the last adequate assessment is remembered, and what happens first ends the story.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pipeline.study.models import Convention

LAST = "LAST ADEQUATE ASSESSMENT"
Window = tuple[int, int, int]  # first, planned and last day


def decide(
    case: Any, convention: Convention, events: tuple[str, ...], windows: list[Window], cutoff: int
) -> list[Any]:
    """Day, CNSR, rule, and what the day is."""
    diary = diary_of(case)
    known = {day: happened for day, happened in diary.items() if day <= cutoff}
    assessed = any("adequate" in happened for happened in known.values())
    eventful = [known[day] & set(events) for day in sorted(known) if known[day] & set(events)]
    # of events as observed, a death needs no assessment either
    documented = eventful and (eventful[0] != {"death"} or convention.missed is None)
    if not case.baseline or not (assessed or documented):
        second_window_closes = windows[1][2]
        for today in sorted(known):
            if today <= second_window_closes and {"death"} & known[today] & set(events):
                if convention.therapy and any("therapy" in known[day] for day in known if day < today):
                    return [1, 3, convention.id + "3 NEW THERAPY BEFORE EARLY DEATH", "RANDOMIZATION"]
                return [today, 0, convention.id + "3 EARLY DEATH", None]
        return [1, 2, convention.id + "3 NO BASELINE OR ASSESSMENT", "RANDOMIZATION"]

    last = None  # the last adequate assessment so far
    for today in sorted(known):
        before_today = last
        if "adequate" in known[today]:
            last = today
        for event in events:  # an event of the day comes before the therapy that begins on it
            if event in known[today]:
                left = last if event == "death" else before_today
                return ended(event, today, left, convention, windows, min(cutoff, case.death or cutoff))
        if convention.therapy and "therapy" in known[today]:
            left = last if convention.therapy == "on or before" else before_today
            return censored(left, 3, convention.id + "4 NEW ANTICANCER THERAPY", f"{LAST} BEFORE NEW THERAPY")

    too_late = any({"adequate", *events} & diary[day] for day in diary.keys() - known.keys())
    went_on = case.last_dose is not None and last is not None and last > case.last_dose
    code = 5 if case.lost else 6 if case.stopped and not went_on else 9 if too_late else 1
    return censored(last, code, convention.id + "7 NO EVENT", LAST)


def diary_of(case: Any) -> dict[int, set[str]]:
    """What happened on each day."""
    diary: dict[int, set[str]] = defaultdict(set)
    for day in case.scans:
        diary[day].add("adequate")
    for what, day in [
        ("progression", case.pd),
        ("claimed", case.claim),
        ("death", case.death),
        ("therapy", case.therapy),
    ]:
        if day is not None:
            diary[day].add(what)
    return diary


def ended(
    event: str, today: int, left: int | None, convention: Convention, windows: list[Window], limit: int
) -> list[Any]:
    """The event, unless too many planned visits went by unseen."""
    late_days = convention.missed.late_days if convention.missed else 0
    missed = len(unseen_visits(event, today, left, windows, late_days))
    if convention.missed and event in convention.missed.before and missed >= convention.missed.windows:
        rule = convention.id + "5 MISSED ASSESSMENTS"
        return censored(left, 4, rule, f"{LAST} BEFORE MISSED ASSESSMENTS")

    rule = convention.id + "6 EVENT"
    at_a_visit = any(opens <= today <= closes for opens, _, closes in windows)
    if convention.dated == "scan" or event == "death" or at_a_visit:
        return [today, 0, rule, None]
    planned = {day for _, day, _ in windows}
    tomorrow = today
    while tomorrow not in planned and tomorrow < max(planned):
        tomorrow += 1
    if tomorrow not in planned or min(tomorrow, limit) == today:
        return [today, 0, rule, None]
    return [min(tomorrow, limit), 0, f"{rule} ON SCHEDULE", None]


def unseen_visits(
    event: str, today: int, left: int | None, windows: list[Window], late_days: int
) -> list[int]:
    """The planned visits that were over before today, without the last one at which the participant was seen
    and all before it, and without the one at which a progression was seen, unless much too late.
    """
    over = [planned for _, planned, closes in windows if closes < today]
    if left is not None:
        over = [planned for planned in over if planned > visit_of(left, windows)]
    if event == "death":
        return over
    own = {planned for _, planned, closes in windows if today <= closes + late_days}
    return [planned for planned in over if planned != visit_of(today, windows) or planned not in own]


def visit_of(day: int, windows: list[Window]) -> int:
    """The planned day that one comes to first, going a day back and a day ahead at a time."""
    planned = {day for _, day, _ in windows}
    away = 0
    while not planned & {day - away, day + away}:
        away += 1
    return min(planned & {day - away, day + away})


def censored(assessment: int | None, code: int, rule: str, describes: str) -> list[Any]:
    if assessment is None:
        return [1, code, rule, "RANDOMIZATION"]
    return [assessment, code, rule, describes]
