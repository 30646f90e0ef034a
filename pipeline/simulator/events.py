"""Adverse events, the medicines given for them, and the log of deviations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.simulator.course import DIED, Course
from pipeline.simulator.dosing import Exposure
from pipeline.simulator.written import Line, day, later

Words = Mapping[str, Any]
CODING = ("LLT", "LLT_CODE", "PT", "PT_CODE", "HLT", "HLT_CODE", "HLGT", "HLGT_CODE", "SOC", "SOC_CODE")
SERIOUS = ("S_DEATH", "S_LIFE", "S_HOSP", "S_DISAB", "S_CONG", "S_MEDICAL")


@dataclass(frozen=True)
class Event:
    settings: Words
    start: date
    days: int
    grade: str
    stops: bool = False


def events(course: Course, exposures: list[Exposure]) -> Iterator[Line]:
    """Adverse events from the first dose to four weeks after treatment, and the medicines given for them."""
    if course.dosed is None:
        return
    for event in sorted(_happened(course, exposures), key=lambda e: e.start):
        line = _event(course, event, exposures)
        yield line
        medicine = event.settings.get("medicine", "")
        if line.values["TREATED"] == "Yes" and medicine:
            values = medicated(course.words, medicine) | {
                "INDICATION": event.settings["PT"],
                "START_DATE": day(event.start),
            }
            end = min(later(event.start, min(event.days, 5)), course.leaving.on)
            yield Line(
                "cm", course.times.running, event.start, values | {"END_DATE": day(end), "ONGOING": "No"}
            )


def medicated(words: Words, medicine: str) -> dict[str, str]:
    return dict(words["medicines"][medicine])


def _happened(course: Course, exposures: list[Exposure]) -> Iterator[Event]:
    words, draw = course.words["events"], course.draw
    by_term = {t["PT"]: t for t in words["terms"]}
    for scripted in course.script.get("events", ()):
        yield Event(
            by_term[scripted["PT"]], course.day(scripted["day"]), scripted.get("days", 0), scripted["grade"]
        )
    if course.stop and course.stop.reason == "Adverse event":
        settings = by_term[words["stop"]]
        yield Event(
            settings,
            course.stop.on,
            draw.within(settings["days"]),
            draw.weighted(settings["grades"]),
            stops=True,
        )
    dosed = [e for e in exposures if e.last]
    last = max((e.last for e in dosed if e.last), default=course.consent)
    first = course.dosed or course.consent
    end = min(later(last, words["after"]), course.leaving.on)
    given = {e.product["name"] for e in dosed}
    weights = {
        t["PT"]: t["weight"]
        for t in words["terms"]
        if t.get("given", "") in ("", *given) and t["PT"] != words["stop"]
    }
    for _ in range(int(draw.weighted(words["number"][course.slot.arm]))):
        settings = by_term[draw.weighted(weights)]
        start = later(first, draw.integer(0, max((end - first).days, 0)))
        yield Event(settings, start, draw.within(settings["days"]), draw.weighted(settings["grades"]))


def _event(course: Course, event: Event, exposures: list[Exposure]) -> Line:
    words, draw = course.words["events"], course.draw
    fatal = event.grade == "Grade 5"
    values = {
        "TERM": draw.pick(event.settings["terms"]),
        **{k: event.settings[k] for k in CODING},
        "START_DATE": day(event.start),
        "GRADE": event.grade,
    }
    values |= _ended(course, event, fatal=fatal)
    serious = fatal or (event.grade >= words["serious_from"] and draw.chance(words["serious"]))
    reason = "S_DEATH" if fatal else "S_LIFE" if event.grade == "Grade 4" else "S_HOSP"
    values |= {"SERIOUS": "Yes" if serious else "No"} | {
        s: ("Yes" if s == reason else "No") if serious else "" for s in SERIOUS
    }
    for exposure in exposures:
        values |= _product(course, event, exposure)
    values |= {
        "TREATED": "Yes" if draw.chance(words["treated"]) else "No",
        "COMMENT": draw.weighted(words["comments"]),
    }
    return Line("ae", course.times.running, event.start, values)


def _ended(course: Course, event: Event, *, fatal: bool) -> dict[str, str]:
    """End, outcome and whether it goes on: an event outlives neither the participant nor the
    participation.
    """
    end = later(event.start, max(event.days - 1, 0))
    if fatal:
        return {"END_DATE": day(course.leaving.on), "ONGOING": "No", "OUTCOME": "Fatal"}
    if end > course.leaving.on or course.draw.chance(course.words["events"]["not_resolved"]):
        unknown = end > course.leaving.on and course.leaving.kind != DIED
        return {"ONGOING": "Yes", "OUTCOME": "Unknown" if unknown else "Not recovered/not resolved"}
    return {"END_DATE": day(end), "ONGOING": "No", "OUTCOME": "Recovered/resolved"}


def _product(course: Course, event: Event, exposure: Exposure) -> dict[str, str]:
    """Relation to one product and what was done with it; not asked of a product that was not given."""
    words, draw, product = course.words["events"], course.draw, exposure.product
    if exposure.first is None or exposure.first > event.start:
        return {product["action"]: "Not applicable"}
    over = exposure.last is not None and exposure.last < event.start
    relation = "Possibly" if event.stops else draw.weighted(words["relations"])
    action = "Not applicable" if over and not event.stops else "Dose not changed"
    if event.stops and product["visits"][-1] not in {v.name for v in course.visits}:
        action = "Drug withdrawn"
    elif not over and event.grade >= "Grade 3" and draw.chance(words["interrupted"]):
        action = "Drug interrupted"
    return {product["relation"]: relation, product["action"]: action}


def deviated(course: Course, doses: list[Line]) -> Iterator[Line]:
    """The site's log: doses not given, visits and assessments not done, products given by mistake."""
    words = course.words["deviations"]
    if course.dosed is None:
        return
    deviations = [
        (v.on, words["scan" if v.kind == "scan" else "visit"], v.name) for v in course.visits if v.missed
    ]
    deviations += [
        (d.on, words["dose"], f"{d.form.upper()}, {d.folder}") for d in doses if d.values["GIVEN"] == "No"
    ]
    mistaken = {(m["form"], m["visit"]) for m in course.script.get("mistakes", ())}
    deviations += [(d.on, words["mistake"], d.folder) for d in doses if (d.form, d.folder) in mistaken]
    for on, settings, where in sorted(deviations, key=lambda f: f[0]):
        values = {**settings, "DEV_DATE": day(on), "DESCRIPTION": f"{settings['DESCRIPTION']} ({where})"}
        yield Line("dv", course.times.running, on, values)
