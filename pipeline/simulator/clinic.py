"""Visits, vital signs and performance status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.simulator.course import Course, Visit
from pipeline.simulator.draw import Draw
from pipeline.simulator.people import Person
from pipeline.simulator.written import Line, clock, day, decimal

Words = Mapping[str, Any]


def weighed(course: Course) -> dict[str, int]:
    """Weight in tenths of a kilogram at each clinic visit: it drifts by half a kilogram at most."""
    weight = course.person.weight
    weights: dict[str, int] = {}
    for visit in course.visits:
        if visit.kind != "scan" and not visit.missed:
            weights[visit.name] = weight = max(weight + course.draw.integer(-5, 5), 350)
    return weights


def visited(visits: Sequence[Visit]) -> Iterator[Line]:
    for visit in visits:
        done = (
            {"DONE": "No", "REASON": visit.missed}
            if visit.missed
            else {"DONE": "Yes", "VISIT_DATE": day(visit.on)}
        )
        yield Line("visit", visit.name, visit.on, done)


def examined(course: Course, weights: Mapping[str, int]) -> Iterator[Line]:
    """Vital signs and performance status at every clinic visit that took place."""
    words, draw = course.words["clinic"], course.draw
    for visit in course.visits:
        if visit.name in weights:
            height = course.person.height if visit.kind == "baseline" else None
            yield signs(words, draw, (visit.name, visit.on), weights[visit.name], height)
            yield Line(
                "kps",
                visit.name,
                visit.on,
                {"ASSESS_DATE": day(visit.on), "STATUS": draw.weighted(words["kps"])},
            )


def signs(words: Words, draw: Draw, at: tuple[str, date], weight: int, height: int | None) -> Line:
    folder, on = at
    values = {
        "VISIT_DATE": day(on),
        "VISIT_TIME": clock(draw.integer(460, 505)),
        "WEIGHT": decimal(weight, 1),
    }
    values |= {field: str(draw.within(bounds)) for field, bounds in words["signs"].items()}
    values |= {"TEMP": decimal(draw.within(words["temperature"]), 1), **words["constants"]}
    return Line("vs", folder, on, values | ({"HEIGHT": decimal(height, 1)} if height else {}))


def failed(words: Words, draw: Draw, person: Person, at: tuple[str, date], status: int) -> Iterator[Line]:
    """What is known at screening of a person who was not randomized."""
    folder, on = at
    yield from visited([Visit(folder, on, "baseline")])
    yield signs(words, draw, at, person.weight, person.height)
    yield Line("kps", folder, on, {"ASSESS_DATE": day(on), "STATUS": words["kps_texts"][str(status)]})
