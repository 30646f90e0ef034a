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
    for number, assessment in enumerate(course.assessments):
        yield from _images(course, assessment, method)
        if assessment.missed:
            continue
        yield from _targets(course, assessment, method, number)
        for lesion, state in assessment.reading.others:
            values = {"STATE": state} | (
                {"REASON": assessment.unscanned[lesion.region]} if state == UNREAD else {}
            )
            yield Line("ntl", assessment.folder, assessment.on, _place(lesion, assessment, method) | values)
        for lesion, certainty in assessment.reading.new:
            yield Line(
                "nl",
                assessment.folder,
                assessment.on,
                _place(lesion, assessment, method) | {"CERTAINTY": certainty},
            )
        if assessment.response:
            yield Line(
                "resp",
                assessment.folder,
                assessment.done_on,
                {"ASSESS_DATE": day(assessment.done_on)} | assessment.response,
            )


def _images(course: Course, assessment: Assessment, method: str) -> Iterator[Line]:
    for number, (region, on) in enumerate(assessment.dates.items(), 1):
        values = {"REGION": region}
        if reason := assessment.missed or assessment.unscanned.get(region, ""):
            values |= {"DONE": "No", "REASON": reason}
        else:
            image = course.words["disease"]["image"].format(on, number)
            values |= {"DONE": "Yes", "SCAN_DATE": day(on), "METHOD": method, "IMAGE_ID": image}
        yield Line("img", assessment.folder, on, values)


def _place(lesion: Lesion, assessment: Assessment, method: str) -> dict[str, str]:
    values = {
        "LESION": lesion.label,
        "ORGAN": lesion.organ,
        "LATERALITY": lesion.side,
        "NODE": "Yes" if lesion.node else "No",
    }
    if lesion.region in assessment.unscanned:
        return values
    return values | {"METHOD": method, "SCAN_DATE": day(assessment.dates[lesion.region])}


def _targets(course: Course, assessment: Assessment, method: str, number: int) -> Iterator[Line]:
    unit = course.script.get("unit", "mm")
    for lesion, value in assessment.reading.targets:
        values = _place(lesion, assessment, method) | _size(value, unit)
        if value == MISSED:
            values |= {"REASON": assessment.unscanned[lesion.region]}
        if lesion.event and lesion.first == number:
            values |= {"EVENT": lesion.event, "FROM_LESION": lesion.source}
        yield Line("tl", assessment.folder, assessment.on, values)


def _size(value: Size, unit: str) -> dict[str, str]:
    if isinstance(value, str):
        return {"STATUS": STATUS[value]}
    text = decimal(value, 2).removesuffix("0") if unit == "cm" else decimal(value, 1).removesuffix(".0")
    return {"STATUS": "Measured", "DIAMETER": text, "DIAMETER_UNIT": unit}
