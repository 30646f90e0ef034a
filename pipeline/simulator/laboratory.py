"""Transfers of the laboratories: blood tests, tumour markers, and flow cytometry, in the vendors' own codes
and units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.simulator.course import Course, Visit
from pipeline.simulator.dosing import Exposure
from pipeline.simulator.draw import Draw
from pipeline.simulator.tumours import counted
from pipeline.simulator.written import Line, clock, decimal, vendor_day

Words = Mapping[str, Any]


def tested(course: Course) -> Iterator[Line]:
    """Routine blood and urine at clinic visits, tumour markers at baseline and at the assessments of the
    first year or so.
    """
    words = course.words["laboratory"]
    draw = course.draw
    person = Usual(words, course)
    burden = _burden(course)
    number = 0
    for visit in course.visits:
        late = (visit.on - course.randomized).days > words["markers_until"]
        panels = ([] if visit.kind == "scan" else words["routine"]) + (
            words["markers"] if visit.kind in ("baseline", "scan") else []
        )
        if visit.missed or (visit.kind == "scan" and late):
            continue
        number += 1
        sample = Sample(person, (course.slot.number, number), visit, clock(draw.within(words["clock"])))
        for test in words["tests"]:
            if visit.name in words["schedules"][test["at"]] if "at" in test else test["PANEL"] in panels:
                yield sample.line(test, burden.get(visit.name, 1.0) if test.get("burden") else 1.0)


def _burden(course: Course) -> dict[str, float]:
    """The sum of diameters at each assessment against baseline: markers follow it."""
    sums = {
        a.folder: sum(counted(v) or 0 for _, v in a.reading.targets)
        for a in course.assessments
        if not a.missed
    }
    base = sums.get(course.times.baseline, 0)
    return {folder: total / base for folder, total in sums.items()} if base else {}


class Usual:
    """What is usual of a participant: the level of each test, the units and the language of the laboratory,
    and the random streams.
    """

    def __init__(self, words: Words, course: Course) -> None:
        self.words = words
        self._routine, self._further = course.draw, course.draw.branch("laboratory")
        drawn = [t for t in words["tests"] if "mean" in t]
        self.level = {t["TEST_CODE"]: self.stream(t).bell(t["mean"], t["spread"]) for t in drawn}
        script = course.script
        self.other_units = bool(
            script.get("other_units", not script and self._routine.chance(words["other_units"]))
        )
        self.language: Words = self._further.pick(words["languages"])

    def stream(self, test: Words) -> Draw:
        """Tests of a schedule have their stream to themselves, so that a longer list of them changes nothing
        else.
        """
        return self._further if "at" in test else self._routine


class Sample:
    """What is sampled at one visit, and the tests made of it."""

    def __init__(self, person: Usual, numbers: tuple[int, int], visit: Visit, time: str) -> None:
        self._person, self._words, self._numbers, self._visit = person, person.words, numbers, visit
        self._when = {"SAMPLE_DATE": vendor_day(visit.on), "SAMPLE_TIME": time}
        self._found: dict[str, int] = {}  # by code, in the last digit that is written

    def line(self, test: Words, load: float) -> Line:
        draw, words, panel = self._person.stream(test), self._words, self._words["panels"][test["PANEL"]]
        values = (
            {k: test[k] for k in ("PANEL", "TEST_CODE", "TEST_NAME")}
            | {"SPECIMEN": panel["SPECIMEN"]}
            | self._when
        )
        values |= {"ACCESSION": panel.get("accession", words["accession"]).format(*self._numbers)}
        result = None if draw.chance(words["not_done"]) else self._read(test, load, draw)
        reason = panel.get("not_done_reason", words["not_done_reason"])
        values |= {"DONE": "Yes"} | result if result else {"DONE": "No", "REASON": reason}
        return Line("lab", self._visit.name, self._visit.on, values, draw if "at" in test else None)

    def _read(self, test: Words, load: float, draw: Draw) -> dict[str, str] | None:
        if "words" in test:
            word = draw.weighted(test["words"])
            return {
                "RESULT": self._person.language[word],
                "FLAG": "" if word in self._words["usual_words"] else "A",
            }
        units = self._measured(test, load, draw)
        if units is None:
            return None
        self._found[test["TEST_CODE"]] = units
        return _result(test, units, other=self._person.other_units)

    def _measured(self, test: Words, load: float, draw: Draw) -> int | None:
        """Drawn about the person's level, or worked out from other tests of the sample; None where one of
        those was not done.
        """
        parts = [
            self._found.get(part) if isinstance(part, str) else part
            for part in test.get("ratio", test.get("sum", ()))
        ]
        drawn = (
            0
            if "ratio" in test
            else int(draw.bell(self._person.level[test["TEST_CODE"]] * load, test["spread"] * 0.35))
        )
        available = [part for part in parts if part is not None]
        if len(available) < len(parts):
            return None
        if "ratio" in test:
            return int(available[0] * test.get("scale", 1000) / available[1] + 0.5)
        least = (
            test["least"] if self._visit.kind == "baseline" else test["least"] // 2
        )  # who is enrolled was eligible at screening
        units: int = max(drawn + sum(available), least)
        step: int = test.get("step", 1)
        return units - units % step


def _result(test: Words, units: int, *, other: bool) -> dict[str, str]:
    """The result as the laboratory reports it: in its other unit, or beyond what it can quantify."""
    kind, digits = (
        (test["other"], test["other"]["digits"]) if other and "other" in test else (test, test["digits"])
    )
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
            percent = draw.within(cells["percent"]) + sum(
                v for k, v in cells.get("boost", {}).items() if k in given
            )
            about = about | {"POPULATION": cells["POPULATION"], "MARKERS": cells["MARKERS"]}
            absolute = str(lymphocytes * percent // 1000)
            yield Line(
                "flow",
                visit.name,
                visit.on,
                about | {"MEASURE": "Absolute", "RESULT": absolute, "UNIT": "cells/uL"},
            )
            yield Line(
                "flow",
                visit.name,
                visit.on,
                about | {"MEASURE": "Percent", "RESULT": decimal(percent, 1), "UNIT": "%"},
            )
