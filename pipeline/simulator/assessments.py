"""Tumour assessments in time: when each is due and done, what was read, and what the investigator made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipeline.simulator.draw import Draw
from pipeline.simulator.investigator import PD, Investigator, Target
from pipeline.simulator.timetable import Timetable, near
from pipeline.simulator.tumours import Disease, Reading, counted
from pipeline.simulator.written import decimal, later

Words = Mapping[str, Any]


@dataclass
class Assessment:
    """One tumour assessment; `missed` says why nothing was done."""

    folder: str
    on: date
    missed: str = ""
    dates: dict[str, date] = field(default_factory=dict)  # by region
    unscanned: dict[str, str] = field(default_factory=dict)  # region -> reason
    reading: Reading = field(default_factory=Reading)
    response: dict[str, str] = field(default_factory=dict)

    @property
    def done_on(self) -> date:
        """The last day on which a region was scanned."""
        return max((d for r, d in self.dates.items() if r not in self.unscanned), default=self.on)


@dataclass
class Plan:
    """What is known of the participant before the first scan after baseline."""

    words: Words  # `disease` of specs/simulation.yaml
    script: Words
    arm: str
    randomized: date
    baseline: date
    times: Timetable
    draw: Draw


def due(plan: Plan) -> list[Assessment]:
    """The assessments in order: baseline, the schedule, and an unscheduled one where a script has it."""
    found = [Assessment(plan.times.baseline, plan.baseline)]
    for visit in plan.times.scans:
        missed = plan.script.get("missed", {}).get(visit.name, "")
        if not plan.script and plan.draw.chance(plan.words["missed"]):
            missed = plan.draw.pick(plan.words["missed_reasons"])
        found.append(Assessment(visit.name, near(visit, plan.randomized, plan.draw, 5), missed))
    if extra := plan.script.get("unscheduled"):
        found.insert(
            extra["after"] + 1,
            Assessment(f"{plan.times.unscheduled} 01", later(plan.randomized, extra["day"] - 1)),
        )
    for one in found:
        _regions(one, plan)
    return found


def _regions(one: Assessment, plan: Plan) -> None:
    words, draw = plan.words, plan.draw
    apart = 1 if one.folder != plan.times.baseline and draw.chance(words["split_dates"]) else 0
    one.dates = {region: later(one.on, apart if n else 0) for n, region in enumerate(words["regions"])}
    if told := plan.script.get("unscanned", {}).get(one.folder):
        one.unscanned = {told: words["region_reason"]}
    elif not plan.script and one.folder != plan.times.baseline and draw.chance(words["region_missed"]):
        one.unscanned = {draw.pick(words["regions"]): words["region_reason"]}


def walk(plan: Plan, disease: Disease, until: date) -> tuple[list[Assessment], date | None]:
    """The assessments that took place or were missed up to `until`, and the day of the first progression."""
    seen: list[Assessment] = []
    queue = due(plan)[: disease.last + 1]
    investigator: Investigator | None = None
    progression: date | None = None
    left = len(queue)
    while queue and left:
        one = queue.pop(0)
        if max(one.dates.values()) > until:
            break
        seen.append(one)
        if one.missed:
            continue
        one.reading = disease.read(len(seen) - 1, (one.on - plan.baseline).days // 7, _scanned(one))
        if investigator is None:
            investigator = _begun(one.reading)
            continue
        left -= progression is not None
        one.response = _responded(investigator, one, plan.script.get("claims", {}).get(one.folder, {}))
        if progression is None and one.response["OVERALL"] == PD:
            progression, left = one.done_on, plan.script.get("beyond", 0)
            queue, left = _confirmed(plan, one, queue, left)
    return seen, progression


def _scanned(one: Assessment) -> list[str]:
    return [r for r in one.dates if r not in one.unscanned]


def _confirmed(
    plan: Plan, one: Assessment, queue: list[Assessment], left: int
) -> tuple[list[Assessment], int]:
    """After progression scans end, but for one more in some participants, four to eight weeks later."""
    if plan.script or not plan.draw.chance(plan.words["confirm"][plan.arm]):
        return queue, left
    extra = Assessment(f"{plan.times.unscheduled} 01", later(one.done_on, plan.draw.integer(29, 54)))
    _regions(extra, plan)
    return [extra], 1


def _begun(reading: Reading) -> Investigator:
    sizes = [counted(v) or 0 for _, v in reading.targets]
    return Investigator(sum(sizes), bool(sizes), bool(reading.others))


def _responded(investigator: Investigator, one: Assessment, claims: dict[str, str]) -> dict[str, str]:
    """The investigator's answers; `claims` are those that a script makes him give wrongly."""
    sizes = [counted(v) for _, v in one.reading.targets]
    states = [s for _, s in one.reading.others]
    certain = {c for _, c in one.reading.new}
    new = "Unequivocal" if "Unequivocal" in certain else "Equivocal" if certain else "No"
    lesions = [Target(s.node, size) for (s, _), size in zip(one.reading.targets, sizes, strict=True)]
    target, nontarget, overall = investigator.assess(lesions, states, new)
    measured = [s for s in sizes if s is not None]
    total = decimal(sum(measured), 1).removesuffix(".0") if measured and len(measured) == len(sizes) else ""
    return {
        "SUM": total,
        "TARGET": target,
        "NONTARGET": nontarget,
        "NEW_LESION": new,
        "OVERALL": overall,
    } | claims
