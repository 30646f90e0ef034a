"""Imaging, lesions and the investigator's response as forms."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.simulator.assessments import Assessment
from pipeline.simulator.course import Course
from pipeline.simulator.tumours import GONE, MISSED, TINY, UNREAD, Lesion, Size
from pipeline.simulator.written import Line, day, decimal

STATUS = {TINY: "Too small to measure", GONE: "Disappeared", MISSED: "Not assessed"}


def imaged(course: Course) -> Iterator[Line]:
    """The records of every assessment: images, target, non-target and new lesions, response."""
    method = course.draw.weighted(course.words["disease"]["method"])
    for number, one in enumerate(course.assessments):
        yield from _images(course, one, method)
        if one.missed:
            continue
        yield from _targets(course, one, method, number)
        for lesion, state in one.reading.others:
            seen = {"STATE": state} | ({"REASON": one.unscanned[lesion.region]} if state == UNREAD else {})
            yield Line("ntl", one.folder, one.on, _place(lesion, one, method) | seen)
        for lesion, certainty in one.reading.new:
            yield Line("nl", one.folder, one.on, _place(lesion, one, method) | {"CERTAINTY": certainty})
        if one.response:
            yield Line("resp", one.folder, one.done_on, {"ASSESS_DATE": day(one.done_on)} | one.response)


def _images(course: Course, one: Assessment, method: str) -> Iterator[Line]:
    for number, (region, on) in enumerate(one.dates.items(), 1):
        values = {"REGION": region}
        if reason := one.missed or one.unscanned.get(region, ""):
            values |= {"DONE": "No", "REASON": reason}
        else:
            image = course.words["disease"]["image"].format(on, number)
            values |= {"DONE": "Yes", "SCAN_DATE": day(on), "METHOD": method, "IMAGE_ID": image}
        yield Line("img", one.folder, on, values)


def _place(lesion: Lesion, one: Assessment, method: str) -> dict[str, str]:
    values = {
        "LESION": lesion.label,
        "ORGAN": lesion.organ,
        "LATERALITY": lesion.side,
        "NODE": "Yes" if lesion.node else "No",
    }
    if lesion.region in one.unscanned:
        return values
    return values | {"METHOD": method, "SCAN_DATE": day(one.dates[lesion.region])}


def _targets(course: Course, one: Assessment, method: str, number: int) -> Iterator[Line]:
    unit = course.script.get("unit", "mm")
    for lesion, value in one.reading.targets:
        values = _place(lesion, one, method) | _size(value, unit)
        if value == MISSED:
            values |= {"REASON": one.unscanned[lesion.region]}
        if lesion.event and lesion.first == number:
            values |= {"EVENT": lesion.event, "FROM_LESION": lesion.source}
        yield Line("tl", one.folder, one.on, values)


def _size(value: Size, unit: str) -> dict[str, str]:
    if isinstance(value, str):
        return {"STATUS": STATUS[value]}
    text = decimal(value, 2).removesuffix("0") if unit == "cm" else decimal(value, 1).removesuffix(".0")
    return {"STATUS": "Measured", "DIAMETER": text, "DIAMETER_UNIT": unit}
