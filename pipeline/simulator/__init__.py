"""Makes a synthetic drop from the specs, with known oddities planted in it.

Everything is invented: courses, rates and texts stand in specs/simulation.yaml and say nothing about any
trial.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.errors import SpecError
from pipeline.simulator import clinic, dosing, ending, events, history, imaging, laboratory, plain
from pipeline.simulator.course import Course, lived
from pipeline.simulator.draw import Draw
from pipeline.simulator.faults import Faulty
from pipeline.simulator.people import Slot, consented, person, screened
from pipeline.simulator.sheets import Sheets
from pipeline.simulator.timetable import Timetable
from pipeline.simulator.written import Line, day, later
from pipeline.study import Study
from pipeline.study.faults import Fault
from pipeline.study.reader import SIMULATION

Words = Mapping[str, Any]
PLANTED = "planted.json"


def simulate(
    study: Study, out: Path, subjects: int, seed: int, faults: Sequence[Fault] | None = None
) -> None:
    """A synthetic drop of `subjects` randomized participants, and of those who failed screening on the way.

    Each participant has a random stream of their own: the same seed gives the same bytes anywhere, and a
    longer study begins with the same participants. `planted.json` lists what was planted and where. A study
    that describes no drop has a plain one, made from its contracts alone.

    Takes     the study; the folder of the drop, made where there is none; how many are randomized; the seed;
              faults to plant instead of the oddities of a sample: with none the drop is clean.
    Raises    SpecError where a planted course does not bring about the record that it names, a fault finds no
              participant, or faults are asked for and the study describes no drop.
    """
    if not study.simulation:
        if faults:
            message = "says nothing of the drop in which faults are planted; describe it"
            raise SpecError(f"{study.shown(SIMULATION)}: {message}")
        plain.write(study, out, subjects, seed)
        return
    words: Words = study.simulation if faults is None else {**study.simulation, "plants": ()}
    faulty = None if faults is None else Faulty(list(faults))
    times = Timetable.of(study.protocol.visits, words["visits"], study.protocol.cutoff)
    arms = {a.code: a.name for a in study.protocol.arms}
    out.mkdir(parents=True, exist_ok=True)
    sheets = Sheets(study.forms, words, times.cutoff, faulty)
    planted = []
    with sheets.open(out):
        for slot in screened(words, list(arms), seed, subjects):
            draw = Draw(f"{seed}/{slot.subject}")
            consent = consented(words, slot, seed)
            person_drawn = person(words, slot, seed)
            if slot.failure:
                lines = _failed(words, slot, (person_drawn, times.baseline, consent), draw)
                planted += sheets.add(slot.subject, lines, draw, ())
                continue
            course = lived(slot, person_drawn, words, times, (consent, draw))
            planted += sheets.add(
                slot.subject, _randomized(course, arms), draw, slot.plant["show"] if slot.plant else ()
            )
    entries = [p.entry() for p in planted] if faulty is None else faulty.finish()
    listed = json.dumps(entries, ensure_ascii=False, indent=1)
    (out / PLANTED).write_text(listed + "\n", encoding="utf-8", newline="\n")


def _failed(words: Words, slot: Slot, who: tuple[Any, str, date], draw: Draw) -> Iterator[Line]:
    """The records of a person who was screened and not randomized."""
    person_drawn, folder, consent = who
    at, checked = (folder, consent), later(consent, draw.integer(2, 9))
    assert slot.failure is not None
    yield history.enrolled(slot, person_drawn, at)
    yield history.not_eligible(slot.failure, (folder, checked))
    yield from history.remembered(words["history"], person_drawn, at)
    yield from clinic.failed(words["clinic"], draw, person_drawn, at, slot.failure["kps"])
    values = {
        "END_DATE": day(checked),
        "REASON": "Screen failure",
        "REASON_TEXT": slot.failure["DETAIL"],
        "LAST_CONTACT": day(checked),
    }
    yield Line("eos", words["visits"]["running"], checked, values)


def _randomized(course: Course, arms: Mapping[str, str]) -> Iterator[Line]:
    """All records of a randomized participant, form by form."""
    slot, words, draw = course.slot, course.words, course.draw
    at = (course.times.baseline, course.consent)
    yield history.enrolled(slot, course.person, at)
    yield history.randomized(course, arms)
    yield from history.remembered(words["history"], course.person, at)
    weights = clinic.weighed(course)
    given, exposures = dosing.doses(course, weights)
    yield from _medicines(course)
    yield from history.pathology(words["pathology"], course.person, at, draw)
    yield from clinic.visited(course.visits)
    yield from clinic.examined(course, weights)
    yield from given
    yield from imaging.imaged(course)
    yield from laboratory.tested(course)
    yield from laboratory.counted_cells(course, exposures)
    yield from events.events(course, exposures)
    yield from events.deviated(course, given)
    yield from dosing.endings(course, exposures)
    calls = ending.contacts(course)
    yield from calls
    yield from ending.therapies(course)
    yield from ending.left(course, calls)


def _medicines(course: Course) -> Iterator[Line]:
    """Conditions with what is taken for them, and medicines that a script adds."""
    words, running = course.words, course.times.running
    for line, medicine, since in history.conditions(
        words["history"], course.draw, (course.times.baseline, course.consent)
    ):
        yield line
        if medicine:
            values = events.medicated(words, medicine) | {
                "INDICATION": line.values["PT"],
                "START_DATE": since,
                "ONGOING": "Yes",
            }
            yield Line("cm", running, course.consent, values)
    for medication in course.script.get("medications", ()):
        start = course.day(medication["day"])
        end = later(start, medication["days"] - 1)
        values = events.medicated(words, medication["medicine"]) | {
            "START_DATE": day(start),
            "END_DATE": day(end),
            "ONGOING": "No",
        }
        yield Line("cm", running, start, values)
