"""Life after treatment: survival contacts, later therapies, death, and leaving the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pipeline.simulator.course import COMPLETED, DIED, LOST, Course
from pipeline.simulator.written import Line, day, later

Words = Mapping[str, Any]


def contacts(course: Course) -> list[Line]:
    """A call every twelve weeks after treatment, and a last one; the next call after a death brings the news
    of it.
    """
    words, draw, leaving = course.words["survival"], course.draw, course.leaving
    base = max((v.on for v in course.visits if v.kind in ("ending", "clinic")), default=course.randomized)
    base = max(base, course.stop.on) if course.stop else base
    calls: list[tuple[date, str]] = []
    on = later(base, words["every"])
    while on < later(leaving.on, -21):
        calls.append((later(on, draw.integer(-3, 5)), "Alive"))
        on = later(on, words["every"])
    if leaving.kind == COMPLETED:
        calls.append((leaving.on, "Alive"))
    elif leaving.kind == DIED and leaving.on > later(base, 14):
        calls.append((min(max(on, later(leaving.on, 3)), course.times.cutoff), "Dead"))
    elif leaving.kind == LOST:
        calls.append((min(later(leaving.on, words["lost_after"]), course.times.cutoff), "Unknown"))
    return [
        Line(
            "surv",
            f"{course.times.survival} {n:02d}",
            on,
            {"CONTACT_DATE": day(on), "STATUS": status, "MODE": draw.weighted(words["modes"])},
        )
        for n, (on, status) in enumerate(calls, 1)
    ]


def left(course: Course, calls: list[Line]) -> Iterator[Line]:
    """End of study, and death where it came."""
    words, leaving, folder = course.words["survival"], course.leaving, course.times.running
    alive = [line.on for line in calls if line.values["STATUS"] == "Alive"]
    done = [a.done_on for a in course.assessments if not a.missed]
    seen = [
        d
        for d in (*alive, *done, *(v.on for v in course.visits if not v.missed), course.randomized)
        if d <= leaving.on
    ]
    on = leaving.on
    if leaving.kind == LOST:
        seen.append(on)
        on = min(later(on, words["lost_after"]), course.times.cutoff)
    values = {
        "END_DATE": day(on),
        "REASON": leaving.kind,
        "REASON_TEXT": words["texts"].get(leaving.kind, ""),
        "LAST_CONTACT": day(max(seen)),
    }
    yield Line("eos", folder, on, values)
    if leaving.kind == DIED:
        cause = {"CAUSE": leaving.cause, "CAUSE_TEXT": words["cause_texts"][leaving.cause]}
        yield Line("death", folder, on, {"DEATH_DATE": day(on)} | cause)


def therapies(course: Course) -> Iterator[Line]:
    """Anticancer therapy after the study treatment: after progression, or before it if a script says so."""
    words, draw, end = course.words["therapies"], course.draw, course.leaving.on
    if scripted := course.script.get("therapy"):
        start = course.day(scripted["day"])
        yield _therapy(course, start, words["list"][0] | {"REASON": scripted["REASON"]})
    if course.progression is None:
        return
    start = later(course.progression, draw.within(words["delay"]))
    for chance in (words["first"], words["second"]):
        if start >= end or not draw.chance(chance):
            return
        line = _therapy(course, start, draw.pick(words["list"]) | {"REASON": "Progressive disease"})
        yield line
        start = later(start, words["lasts"][1] + draw.within(words["delay"]))


def _therapy(course: Course, start: date, entry: Words) -> Line:
    words = course.words["therapies"]
    stop = later(start, course.draw.within(entry.get("lasts", words["lasts"])))
    over = {"END_DATE": day(stop), "ONGOING": "No"} if stop < course.leaving.on else {"ONGOING": "Yes"}
    values = {field: value for field, value in entry.items() if field != "lasts"}
    return Line("act", course.times.running, start, values | {"START_DATE": day(start)} | over)
