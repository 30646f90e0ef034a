"""What is recorded before treatment: consent, eligibility, randomization, history, pathology."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pipeline.simulator.course import Course
from pipeline.simulator.draw import Draw
from pipeline.simulator.people import Person, Slot, age, without_day, without_month
from pipeline.simulator.written import Line, day, later

Words = Mapping[str, Any]


def enrolled(slot: Slot, person: Person, at: tuple[str, date]) -> Line:
    folder, consent = at
    born = day(person.born) if person.birth_day_known else without_day(person.born)
    values = {
        "EARLIER_SUBJECT": slot.earlier,
        "CONSENT_DATE": day(consent),
        "BIRTH_DATE": born,
        "AGE": str(age(person.born, consent)),
    }
    return Line("enrol", folder, consent, values | person.values)


def not_eligible(failure: Words, at: tuple[str, date]) -> Line:
    folder, on = at
    values = {k: failure[k] for k in ("CATEGORY", "CRITERION", "MET", "DETAIL")}
    return Line("elig", folder, on, {"CHECK_DATE": day(on)} | values)


def randomized(course: Course, arms: Mapping[str, str]) -> Line:
    values = {
        "RAND_DATE": day(course.randomized),
        "RAND_NO": course.words["randomization_number"].format(course.slot.place),
        "ARM_CODE": course.slot.arm,
        "ARM_NAME": arms[course.slot.arm],
    }
    return Line("rand", course.times.baseline, course.randomized, values)


def remembered(words: Words, person: Person, at: tuple[str, date]) -> Iterator[Line]:
    """The cancer, its earlier treatment, and other conditions; the older the event, the vaguer its date."""
    (folder, on), draw = at, Draw(person.past)
    for kind, first in (("diagnosis", person.diagnosed), ("relapse", person.relapsed)):
        settings = words[kind]
        values = {
            "TYPE": kind.capitalize(),
            "TERM": draw.weighted(settings["TERM"]),
            **settings["coding"],
            "START_DATE": _vague(words, draw, first, on),
        }
        yield Line("mhx", folder, on, values)
    for kind in ("surgery", "radiotherapy"):
        settings = words[kind]
        if draw.chance(settings["chance"]):
            values = {
                "TYPE": kind.capitalize(),
                "TERM": draw.weighted(settings["TERM"]),
                "LOCATION": settings["LOCATION"],
                "LATERALITY": person.side,
            }
            yield Line(
                "mhx",
                folder,
                on,
                values | {"SETTING": settings["SETTING"]} | _dates(words, draw, person, settings),
            )
    for settings in words["drugs"]:
        if draw.chance(settings["chance"]):
            named = {k: settings[k] for k in ("TERM", "DRUG_NAME", "ATC", "ATC_CODE", "SETTING")}
            yield Line(
                "mhx", folder, on, {"TYPE": "Drug therapy"} | named | _dates(words, draw, person, settings)
            )


def conditions(words: Words, draw: Draw, at: tuple[str, date]) -> Iterator[tuple[Line, str, str]]:
    """Other diseases, each with the medicine taken for it and since when."""
    folder, on = at
    for settings in words["conditions"]:
        if draw.chance(settings["chance"]):
            since = without_month(later(on, -draw.integer(400, 4000)))
            named = {k: settings[k] for k in ("TERM", "PT", "PT_CODE", "SOC", "SOC_CODE")}
            yield (
                Line(
                    "mhx", folder, on, {"TYPE": "Condition", **named, "START_DATE": since, "ONGOING": "Yes"}
                ),
                settings["medicine"],
                since,
            )


def _dates(words: Words, draw: Draw, person: Person, settings: Words) -> dict[str, str]:
    """Start and end after the diagnosis; what would end after the relapse ended a month before it."""
    start = min(later(person.diagnosed, draw.within(settings["days_after"])), later(person.relapsed, -31))
    end = min(later(start, settings.get("lasts", 0)), later(person.relapsed, -30))
    if draw.chance(words["unknown_month"]):
        return {"START_DATE": without_month(start), "END_DATE": without_month(end)}
    return {"START_DATE": day(start), "END_DATE": day(end)}


def _vague(words: Words, draw: Draw, event: date, taken_on: date) -> str:
    """A date as it is remembered when history is taken: never so vague that it could mean a later day."""
    remembered_as = (
        without_month(event)
        if draw.chance(words["unknown_month"])
        else without_day(event)
        if draw.chance(words["unknown_day"])
        else ""
    )
    if event.year == taken_on.year and remembered_as == without_month(event):
        remembered_as = without_day(event)
    if not remembered_as or (event.year, event.month) == (taken_on.year, taken_on.month):
        return day(event)
    return remembered_as


def pathology(words: Words, person: Person, at: tuple[str, date], draw: Draw) -> Iterator[Line]:
    """HER2 by immunohistochemistry, and by FISH where it is not clear; hormone receptors."""
    folder, on = at
    where = dict(words["constants"])
    taken = later(person.diagnosed, -draw.integer(3, 10))
    if draw.chance(words["metastasis"]):
        where, taken = {"SPECIMEN": "Metastasis"}, later(person.relapsed, draw.integer(2, 20))
    where |= {"BLOCK_NO": f"P{draw.integer(10000, 99999)}", "SAMPLE_DATE": day(taken)}
    strong = draw.chance(words["three_plus"])
    score = words["HER2"]["strong" if strong else "weak"]
    grade = "Positive" if strong else "Equivocal"
    tests = [{"TEST": "HER2", "METHOD": "IHC", "RESULT": score, "INTERPRETATION": grade}]
    for test, share in words["percentages"]:
        positive = draw.chance(share)
        percent = 10 * draw.integer(1, 9) if positive else 0
        stained = {
            "RESULT": str(percent),
            "RESULT_UNIT": "%",
            "INTERPRETATION": "Positive" if positive else "Negative",
        }
        tests.append({"TEST": test, "METHOD": "IHC"} | stained)
    if not strong:
        copies = f"{draw.integer(6, 14)}.{draw.integer(0, 9)}"
        tests.append(
            {
                "TEST": "HER2",
                "METHOD": "FISH",
                "RESULT": copies,
                "RESULT_UNIT": "copies/cell",
                "INTERPRETATION": "Amplified",
            }
        )
    for test in tests:
        yield Line("path", folder, on, where | test)
