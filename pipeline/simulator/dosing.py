"""Doses as the site records them, and the end of each treatment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.simulator.course import Course, Visit
from pipeline.simulator.written import Line, clock, day, decimal

Words = Mapping[str, Any]


@dataclass(frozen=True)
class Exposure:
    """What later forms need to know of the doses of one product."""

    product: Words
    first: date | None
    last: date | None


def doses(course: Course, weights: Mapping[str, int]) -> tuple[list[Line], list[Exposure]]:
    """The records of every product, and who got what from when to when. `weights` are tenths of a kilogram by
    visit.
    """
    lines: list[Line] = []
    exposures: list[Exposure] = []
    for product in course.words["products"]:
        records = [_dose(course, product, visit, weights) for visit in _planned(course, product)]
        given = [line.on for line in records if line.values["GIVEN"] == "Yes"]
        lines += records
        exposures.append(Exposure(product, min(given, default=None), max(given, default=None)))
    return lines, exposures


def _planned(course: Course, product: Words) -> Iterator[Visit]:
    """The visits at which this participant was to get the product, or got it by mistake."""
    mistaken = {m["visit"] for m in course.script.get("mistakes", ()) if m["form"] == product["form"]}
    if course.dosed is None:
        if course.slot.arm in product["arms"] and course.stop:
            yield Visit(product["visits"][0], course.stop.on, "clinic", course.stop.text)
        return
    for visit in course.visits:
        if visit.name in product["visits"] and (course.slot.arm in product["arms"] or visit.name in mistaken):
            yield visit


def _dose(course: Course, product: Words, visit: Visit, weights: Mapping[str, int]) -> Line:
    scripted: Words = next(
        (
            d
            for d in course.script.get("doses", ())
            if (d["form"], d["visit"]) == (product["form"], visit.name)
        ),
        {},
    )
    first = visit.name == product["visits"][0]
    values: dict[str, str] = {}
    if number := product.get("number"):
        values[number] = str(product["visits"].index(visit.name) + 1)
    if rule := product.get("by_weight"):
        values[rule["planned"]] = str(rule["first" if first else "later"])
    reason = visit.missed or scripted.get("not_given", "")
    if not course.script and not first and course.draw.chance(product["skipped"]):
        reason = reason or course.draw.pick(product["reasons"])
    if reason:
        return Line(product["form"], visit.name, visit.on, values | {"GIVEN": "No", "REASON": reason})
    values |= {"GIVEN": "Yes", "DOSE_DATE": day(visit.on)} | _times(course, product, first=first)
    values |= (
        _amount(product, visit, weights, scripted.get("percent", 100))
        if "by_weight" in product
        else _cells(course, product, visit)
    )
    return Line(product["form"], visit.name, visit.on, values | scripted.get("values", {}))


def _times(course: Course, product: Words, *, first: bool) -> dict[str, str]:
    start = course.draw.within(product["clock"])
    return {
        "START_TIME": clock(start),
        "STOP_TIME": clock(start + product["minutes"][0 if first else 1] + course.draw.integer(-4, 6)),
    }


def _amount(product: Words, visit: Visit, weights: Mapping[str, int], percent: int) -> dict[str, str]:
    rule = product["by_weight"]
    planned = rule["first" if visit.name == product["visits"][0] else "later"]
    return {rule["given"]: str((planned * weights[visit.name] * percent + 500) // 1000)}


def _cells(course: Course, product: Words, visit: Visit) -> dict[str, str]:
    amount, batch, draw = product["amount"], product["batch"], course.draw
    return {
        amount["field"]: draw.weighted(amount["weights"]),
        **product["constants"],
        **{field: decimal(draw.within(bounds), 1) for field, bounds in product["measured"].items()},
        batch["field"]: batch["text"].format(visit.on, draw.integer(1, 9999)),
    }


def endings(course: Course, exposures: list[Exposure]) -> Iterator[Line]:
    """One end-of-treatment record for each product that the participant was to get, or got."""
    for exposure in exposures:
        product, stop = exposure.product, course.stop
        planned = course.slot.arm in product["arms"]
        if not planned and exposure.last is None:
            continue
        last = max((v.on for v in course.visits if v.name in product["visits"]), default=None)
        complete = (
            planned and last is not None and any(v.name == product["visits"][-1] for v in course.visits)
        )
        on, reason, text = last, "Completed", ""
        if not planned:
            on, reason, text = (
                exposure.last,
                "Physician decision",
                course.words["deviations"]["mistake"]["DESCRIPTION"],
            )
        elif not complete and stop:
            on, reason, text = stop.on, stop.reason, stop.text
        assert on is not None
        yield Line(
            "eot",
            course.times.ending.name,
            on,
            {"PRODUCT": product["name"], "END_DATE": day(on), "REASON": reason, "REASON_TEXT": text},
        )
