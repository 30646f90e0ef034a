"""Tumour assessments in time: when each is due and done, what was read, and how the investigator rated it."""

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
    assessments = [Assessment(plan.times.baseline, plan.baseline)]
    for visit in plan.times.scans:
        missed = plan.script.get("missed", {}).get(visit.name, "")
        if not plan.script and plan.draw.chance(plan.words["missed"]):
            missed = plan.draw.pick(plan.words["missed_reasons"])
        assessments.append(Assessment(visit.name, near(visit, plan.randomized, plan.draw, 5), missed))
    if extra := plan.script.get("unscheduled"):
        assessments.insert(
            extra["after"] + 1,
            Assessment(f"{plan.times.unscheduled} 01", later(plan.randomized, extra["day"] - 1)),
        )
    for assessment in assessments:
        _regions(assessment, plan)
    return assessments


def _regions(assessment: Assessment, plan: Plan) -> None:
    words, draw = plan.words, plan.draw
    apart = 1 if assessment.folder != plan.times.baseline and draw.chance(words["split_dates"]) else 0
    assessment.dates = {
        region: later(assessment.on, apart if n else 0) for n, region in enumerate(words["regions"])
    }
    if region := plan.script.get("unscanned", {}).get(assessment.folder):
        assessment.unscanned = {region: words["region_reason"]}
    elif not plan.script and assessment.folder != plan.times.baseline and draw.chance(words["region_missed"]):
        assessment.unscanned = {draw.pick(words["regions"]): words["region_reason"]}


def walk(plan: Plan, disease: Disease, until: date) -> tuple[list[Assessment], date | None]:
    """The assessments that took place or were missed up to `until`, and the day of the first progression."""
    done: list[Assessment] = []
    queue = due(plan)[: disease.last + 1]
    investigator: Investigator | None = None
    progression: date | None = None
    left = len(queue)
    while queue and left:
        assessment = queue.pop(0)
        if max(assessment.dates.values()) > until:
            break
        done.append(assessment)
        if assessment.missed:
            continue
        assessment.reading = disease.read(
            len(done) - 1, (assessment.on - plan.baseline).days // 7, _scanned(assessment)
        )
        if investigator is None:
            investigator = _begun(assessment.reading)
            continue
        left -= progression is not None
        assessment.response = _responded(
            investigator, assessment, plan.script.get("claims", {}).get(assessment.folder, {})
        )
        if progression is None and assessment.response["OVERALL"] == PD:
            progression, left = assessment.done_on, plan.script.get("beyond", 0)
            queue, left = _confirmed(plan, assessment, queue, left)
    return done, progression


def _scanned(assessment: Assessment) -> list[str]:
    return [r for r in assessment.dates if r not in assessment.unscanned]


def _confirmed(
    plan: Plan, assessment: Assessment, queue: list[Assessment], left: int
) -> tuple[list[Assessment], int]:
    """Scans end after progression, but some participants have one more, four to eight weeks later."""
    if plan.script or not plan.draw.chance(plan.words["confirm"][plan.arm]):
        return queue, left
    extra = Assessment(f"{plan.times.unscheduled} 01", later(assessment.done_on, plan.draw.integer(29, 54)))
    _regions(extra, plan)
    return [extra], 1


def _begun(reading: Reading) -> Investigator:
    sizes = [counted(v) or 0 for _, v in reading.targets]
    return Investigator(sum(sizes), bool(sizes), bool(reading.others))


def _responded(investigator: Investigator, assessment: Assessment, claims: dict[str, str]) -> dict[str, str]:
    """The investigator's answers; `claims` are those that a script makes the investigator give wrongly."""
    sizes = [counted(v) for _, v in assessment.reading.targets]
    states = [s for _, s in assessment.reading.others]
    certain = {c for _, c in assessment.reading.new}
    new = "Unequivocal" if "Unequivocal" in certain else "Equivocal" if certain else "No"
    lesions = [Target(s.node, size) for (s, _), size in zip(assessment.reading.targets, sizes, strict=True)]
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
