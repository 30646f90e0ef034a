"""Who is screened, in which order, who is randomized to what, and who each person is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.simulator.draw import Draw
from pipeline.simulator.written import day, later

Words = Mapping[str, Any]


@dataclass(frozen=True)
class Slot:
    """One subject number of the screening log."""

    number: int  # within the study, from 1
    subject: str
    person: str  # the subject number under which the person is known in the end
    earlier: str
    failure: Words | None
    place: int = 0  # among the randomized, from 1
    arm: str = ""
    nth: int = 0  # within the arm
    plant: Words | None = None


@dataclass(frozen=True)
class Person:
    """What does not change when somebody is screened twice."""

    born: date
    birth_day_known: bool
    values: dict[str, str]
    height: int  # tenths of a centimetre
    weight: int  # tenths of a kilogram
    side: str
    diagnosed: date
    relapsed: date
    past: str  # the seed of the history, equal at both screenings


def screened(words: Words, arms: Sequence[str], seed: int, subjects: int) -> Iterator[Slot]:
    """The screening log up to the last randomized participant; a longer log begins with the same entries."""
    log: Words = words["screening"]
    allocation = _allocation(words["allocation_block"], arms, seed)
    randomized_so_far = dict.fromkeys(arms, 0)
    returns = {int(again): int(first) for first, again in log["earlier"].items()}
    number = place = 0
    while place < subjects:
        number += 1
        round_, within = divmod(number - 1, log["block"])
        start, within = round_ * log["block"], within + 1
        name = words["subject"].format(number)
        if failure := log["failures"].get(str(within)):
            again = log["earlier"].get(str(within))
            person = words["subject"].format(start + again) if again else name
            yield Slot(number, name, person, "", failure)
            continue
        place += 1
        arm = next(allocation)
        randomized_so_far[arm] += 1
        earlier = words["subject"].format(start + returns[within]) if within in returns else ""
        slot = Slot(number, name, name, earlier, None, place, arm, randomized_so_far[arm])
        yield Slot(**{**slot.__dict__, "plant": _planted(slot, words["plants"])})


def _allocation(block: int, arms: Sequence[str], seed: int) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield from Draw(f"{seed}/allocation/{number}").shuffled([arms[i % len(arms)] for i in range(block)])


def _planted(slot: Slot, plants: Sequence[Words]) -> Words | None:
    """What is planted on this participant: one course, and the records of every plant that names it."""
    found = [p for p in plants if p["who"] in ({"number": slot.number}, {"arm": slot.arm, "nth": slot.nth})]
    course = {k: v for p in found for k, v in p.get("course", {}).items()}
    return {"course": course, "show": [s for p in found for s in p["show"]]} if found else None


def consented(words: Words, slot: Slot, seed: int) -> date:
    """The day of consent: one after another within a block of the log; each block begins on the first day of
    the study.
    """
    start = date.fromisoformat(words["start"])
    place = (slot.number - 1) % words["screening"]["block"]
    wait = Draw(f"{seed}/{slot.subject}/consent").integer(0, 3) if place else 0
    return later(start, place * words["spacing_tenths"] // 10 + wait)


def person(words: Words, slot: Slot, seed: int) -> Person:
    draw = Draw(f"{seed}/{slot.person}/person")
    settings: Words = words["person"]
    start = date.fromisoformat(words["start"])
    born = later(date.fromisoformat(settings["born"]["from"]), draw.integer(0, settings["born"]["days"]))
    menopause = next(stage for age, stage in settings["menopause"] if start.year - born.year <= age)
    values = {
        **settings["constants"],
        **{field: draw.weighted(shares) for field, shares in settings["drawn"].items()},
        "MENOPAUSE": menopause,
        "COMMENT": draw.weighted(settings["comments"]),
    }
    return Person(
        born=born,
        birth_day_known=not draw.chance(settings["birth_day_unknown"]),
        values=values,
        height=draw.within(words["clinic"]["height"]),
        weight=draw.within(words["clinic"]["weight"]),
        side=draw.pick(("Left", "Right")),
        diagnosed=later(start, -draw.within(words["history"]["diagnosis"]["days_before"])),
        relapsed=later(start, -draw.within(words["history"]["relapse"]["days_before"])),
        past=f"{seed}/{slot.person}/past",
    )


def age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def without_day(on: date) -> str:
    return f"UN {day(on)[3:]}"


def without_month(on: date) -> str:
    return f"UN UNK {on.year}"
