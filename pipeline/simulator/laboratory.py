"""Transfers of the laboratories: blood tests, tumour markers, and flow cytometry, in the vendors' own codes and units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pipeline.simulator.course import Course
from pipeline.simulator.dosing import Exposure
from pipeline.simulator.draw import Draw
from pipeline.simulator.tumours import counted
from pipeline.simulator.written import Line, clock, decimal, vendor_day

Words = Mapping[str, Any]


def tested(course: Course) -> Iterator[Line]:
    """Routine blood at clinic visits, tumour markers at baseline and at the assessments of the first year or so."""
    words = course.words["laboratory"]
    draw = course.draw
    usual = {t["TEST_CODE"]: draw.bell(t["mean"], t["spread"]) for t in words["tests"]}
    other = course.script.get("other_units", not course.script and draw.chance(words["other_units"]))
    burden = _burden(course)
    number = 0
    for visit in course.visits:
        late = (visit.on - course.randomized).days > words["markers_until"]
        panels = ([] if visit.kind == "scan" else words["routine"]) + (words["markers"] if visit.kind in ("baseline", "scan") else [])
        if visit.missed or (visit.kind == "scan" and late):
            continue
        number += 1
        sample = Sample(
            words, draw, words["accession"].format(course.slot.number, number), (visit.name, visit.on), visit.kind == "baseline"
        )
        for test in words["tests"]:
            if test["PANEL"] in panels:
                load = burden.get(visit.name, 1.0) if test.get("burden") else 1.0
                yield sample.line(test, usual[test["TEST_CODE"]] * load, other=bool(other))


def _burden(course: Course) -> dict[str, float]:
    """The sum of diameters at each assessment against baseline: markers follow it."""
    sums = {a.folder: sum(counted(v) or 0 for _, v in a.reading.targets) for a in course.assessments if not a.missed}
    base = sums.get(course.times.baseline, 0)
    return {folder: total / base for folder, total in sums.items()} if base else {}


class Sample:
    """One sample and the tests made of it."""

    def __init__(self, words: Words, draw: Draw, accession: str, at: tuple[str, date], screening: bool) -> None:
        self._words, self._draw, self._accession, self._screening = words, draw, accession, screening
        self._folder, self._on = at
        self._time = clock(draw.within(words["clock"]))

    def line(self, test: Words, usual: float, *, other: bool) -> Line:
        draw, words = self._draw, self._words
        values = {k: test[k] for k in ("PANEL", "TEST_CODE", "TEST_NAME")} | words["panels"][test["PANEL"]]
        values |= {"ACCESSION": self._accession, "SAMPLE_DATE": vendor_day(self._on), "SAMPLE_TIME": self._time}
        if draw.chance(words["not_done"]):
            return Line("lab", self._folder, self._on, values | {"DONE": "No", "REASON": words["not_done_reason"]})
        least = test["least"] if self._screening else test["least"] // 2  # who is enrolled was eligible at screening
        units = max(int(draw.bell(usual, test["spread"] * 0.35)), least)
        return Line("lab", self._folder, self._on, values | _result(test, units, other=other) | {"DONE": "Yes"})


def _result(test: Words, units: int, *, other: bool) -> dict[str, str]:
    """The result as the laboratory reports it: in its other unit, or beyond what it can quantify."""
    kind, digits = (test["other"], test["other"]["digits"]) if other and "other" in test else (test, test["digits"])
    if kind is not test:
        units = int(units * 10 ** (digits - test["digits"]) / kind["divide"] + 0.5)
    values = {"UNIT": kind["UNIT"], "LOW": kind["LOW"], "HIGH": kind["HIGH"]}
    if units < test.get("below", 0):
        return values | {"RESULT": test["below_text"]}
    if units > test.get("above", units):
        return values | {"RESULT": test["above_text"], "FLAG": "H"}
    low, high = (_units(kind[limit], digits) for limit in ("LOW", "HIGH"))
    flag = "L" if low is not None and units < low else "H" if high is not None and units > high else ""
    return values | {"RESULT": decimal(units, digits), "FLAG": flag}


def _units(limit: str, digits: int) -> int | None:
    """A limit such as 3.50 in last digits, 350."""
    whole, _, rest = limit.partition(".")
    return int(whole + rest.ljust(digits, "0")) if limit else None


def counted_cells(course: Course, exposures: list[Exposure]) -> Iterator[Line]:
    """Lymphocyte subsets, absolute and in per cent."""
    words, draw = course.words["flow"], course.draw
    number = 0
    for visit in course.visits:
        if visit.name not in words["visits"] or visit.missed:
            continue
        number += 1
        given = {e.product["name"] for e in exposures if e.first and e.first < visit.on}
        lymphocytes = draw.within(words["lymphocytes"])
        about = {
            "ACCESSION": words["accession"].format(course.slot.number, number),
            "SAMPLE_DATE": vendor_day(visit.on),
            "SAMPLE_TIME": clock(draw.within(words["clock"])),
        }
        for cells in words["populations"]:
            percent = draw.within(cells["percent"]) + sum(v for k, v in cells.get("boost", {}).items() if k in given)
            about = about | {"POPULATION": cells["POPULATION"], "MARKERS": cells["MARKERS"]}
            absolute = str(lymphocytes * percent // 1000)
            yield Line("flow", visit.name, visit.on, about | {"MEASURE": "Absolute", "RESULT": absolute, "UNIT": "cells/uL"})
            yield Line("flow", visit.name, visit.on, about | {"MEASURE": "Percent", "RESULT": decimal(percent, 1), "UNIT": "%"})
