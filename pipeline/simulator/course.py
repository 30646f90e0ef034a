"""The course of one randomized participant: from consent to the day of leaving the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipeline.simulator.assessments import Assessment, Plan, walk
from pipeline.simulator.draw import Draw
from pipeline.simulator.people import Person, Slot
from pipeline.simulator.timetable import Timetable, near
from pipeline.simulator.tumours import Disease, Grown, Scripted
from pipeline.simulator.written import later

Words = Mapping[str, Any]
DIED, LOST, WITHDREW, COMPLETED = "Death", "Lost to follow-up", "Withdrawal by subject", "Completed"


@dataclass(frozen=True)
class Leaving:
    """How the participant left: the day, the kind, and of a death the cause."""

    on: date
    kind: str
    cause: str = ""


@dataclass(frozen=True)
class Stop:
    """The day on which all treatment ended early."""

    on: date
    reason: str
    text: str = ""


@dataclass(frozen=True)
class Visit:
    """A visit that took place, or (`missed`) did not."""

    name: str
    on: date
    kind: str  # baseline, clinic, scan, ending
    missed: str = ""


@dataclass
class Course:
    slot: Slot
    person: Person
    words: Words
    script: Words
    times: Timetable
    draw: Draw
    consent: date
    randomized: date
    dosed: date | None
    assessments: list[Assessment] = field(default_factory=list)
    progression: date | None = None
    leaving: Leaving = field(init=False)
    stop: Stop | None = None  # None: treatment was completed
    visits: list[Visit] = field(default_factory=list)

    def day(self, number: int) -> date:
        """A day of the study, counted from randomization as day 1."""
        return later(self.randomized, number - 1)


def lived(slot: Slot, person: Person, words: Words, times: Timetable, context: tuple[date, Draw]) -> Course:
    """Draws the course; a script replaces what chance would bring."""
    consent, draw = context
    script: Words = slot.plant["course"] if slot.plant else {}
    treatment = words["treatment"]
    randomized = later(consent, draw.within(treatment["randomized_after"]))
    wait = draw.within(treatment["dosed_after"])
    course = Course(
        slot,
        person,
        words,
        script,
        times,
        draw,
        consent,
        randomized,
        None if "never" in script else later(randomized, wait),
    )
    course.leaving = _leaving(course)
    baseline = later(consent, draw.within(treatment["scan_after"]))
    plan = Plan(words["disease"], script, slot.arm, randomized, baseline, times, draw)
    course.assessments, course.progression = walk(plan, _disease(course), course.leaving.on)
    _after_progression(course)
    course.stop = _stop(course)
    course.visits = sorted([*_clinic(course), *_scans(course)], key=lambda v: v.on)
    return course


def _disease(course: Course) -> Disease:
    words = course.words["disease"]
    if "targets" in course.script:
        return Scripted(course.script, words["organs"])
    kind = course.script.get("disease") or course.draw.weighted(words["kinds"][course.slot.arm])
    return Grown(words, kind, course.draw)


def _leaving(course: Course) -> Leaving:
    """How the participant leaves if the disease does not progress: death, lost, withdrawn, completed."""
    words, draw = course.words["survival"], course.draw
    closing = Leaving(later(course.times.cutoff, -draw.within(words["closing"])), COMPLETED)
    if leave := course.script.get("leave"):
        return Leaving(course.day(leave["day"]), leave["kind"], leave.get("cause", ""))
    shares = {DIED: words["early_death"], LOST: words["lost"], WITHDREW: words["withdrawn"]}
    kind = draw.weighted({**shares, COMPLETED: 1.0 - sum(shares.values())})
    if kind == COMPLETED or course.script:
        return closing
    on = course.day(draw.within(words["early_days" if kind == DIED else "leave_days"]))
    cause = (
        draw.weighted({k: v for k, v in words["causes"].items() if k != "Disease under study"})
        if kind == DIED
        else ""
    )
    return min(Leaving(on, kind, cause), closing, key=lambda x: x.on)


def _after_progression(course: Course) -> None:
    """Death comes after progression at a weekly hazard, unless a script says how the participant left."""
    if course.progression is None or "leave" in course.script:
        return
    words, draw = course.words["survival"], course.draw
    wait = (
        70 if "beyond" in course.script else 14
    )  # a script that scans beyond progression needs the participant alive
    on = later(course.progression, wait + draw.integer(0, 6))
    while on < course.leaving.on:
        if draw.chance(words["hazard"][course.slot.arm] / 10000):
            course.leaving = Leaving(on, DIED, draw.weighted(words["causes"]))
            break
        on = later(on, 7)
    course.assessments = [a for a in course.assessments if max(a.dates.values()) <= course.leaving.on]


def _stop(course: Course) -> Stop | None:
    """The first thing that ended treatment before its planned end, if any."""
    words, draw, script = course.words["treatment"], course.draw, course.script
    if course.dosed is None:
        return Stop(later(course.randomized, draw.integer(1, 5)), words["never_dosed"], script["never"])
    ends = []
    if course.progression is not None:
        ends.append(Stop(later(course.progression, draw.integer(0, 3)), "Progressive disease"))
    if course.leaving.kind != COMPLETED:
        ends.append(Stop(course.leaving.on, course.leaving.kind, words["stop_texts"][course.leaving.kind]))
    if stop := script.get("stop"):
        ends.append(Stop(course.day(stop["day"]), stop["reason"], stop["text"]))
    elif not script and draw.chance(words["toxicity_stop"]):
        ends.append(Stop(later(course.dosed, draw.integer(30, 130)), "Adverse event", words["toxicity_text"]))
    first = min(ends, key=lambda s: s.on, default=None)
    last_dose = max(v.day or 0 for v in course.times.clinic)
    return first if first and first.on <= later(course.dosed, last_dose + 2) else None


def _clinic(course: Course) -> list[Visit]:
    """Visits of the treatment period up to its end; no dose is given on the day on which treatment ends."""
    draw, words = course.draw, course.words["clinic"]
    visits = [Visit(course.times.baseline, course.consent, "baseline")]
    if course.dosed is None:
        return visits
    end = min(course.progression or date.max, course.stop.on if course.stop else date.max)
    for visit in course.times.clinic:
        on = near(visit, course.dosed, draw, 2)
        if (visit.arms and course.slot.arm not in visit.arms) or (on >= end and on != course.dosed):
            continue
        missed = course.script.get("visits_missed", {}).get(visit.name, "")
        if not course.script and on != course.dosed and draw.chance(words["missed"]):
            missed = words["missed_reason"]
        visits.append(Visit(visit.name, on, "clinic", missed))
    ending = near(course.times.ending, course.dosed, draw, 4)
    if course.stop:
        ending = later(course.stop.on, draw.within(course.words["treatment"]["ending_after"]))
    if ending < course.leaving.on:
        visits.append(Visit(course.times.ending.name, ending, "ending"))
    return visits


def _scans(course: Course) -> list[Visit]:
    return [
        Visit(a.folder, a.on, "scan", a.missed)
        for a in course.assessments
        if a.folder != course.times.baseline
    ]
