"""A participant's lesions: scripted, or grown from rates; read by the radiologist at each assessment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from pipeline.simulator.draw import Draw

Words = Mapping[str, Any]
TINY, GONE, MISSED = "tiny", "gone", "missed"
PRESENT, ABSENT, WORSE, UNREAD = "Present", "Absent", "Unequivocal progression", "Not assessed"
Size = int | str  # tenths of a millimetre, or TINY, GONE, MISSED


@dataclass(frozen=True)
class Lesion:
    label: str
    organ: str
    side: str
    node: bool
    region: str
    event: str = ""  # Split or Merged, written where the lesion first appears
    source: str = ""
    first: int = 0


@dataclass
class Reading:
    """What the radiologist saw at one assessment."""

    targets: list[tuple[Lesion, Size]] = field(default_factory=list)
    others: list[tuple[Lesion, str]] = field(default_factory=list)
    new: list[tuple[Lesion, str]] = field(default_factory=list)

    def only(self, scanned: Sequence[str]) -> Reading:
        """The same, where some regions were not scanned."""
        return Reading(
            [(s, v if s.region in scanned else MISSED) for s, v in self.targets],
            [(s, v if s.region in scanned else UNREAD) for s, v in self.others],
            [(s, v) for s, v in self.new if s.region in scanned],
        )


class Disease(Protocol):
    """Lesions over time; `last` is the last assessment that a script describes."""

    last: int

    def read(self, index: int, week: int, scanned: Sequence[str]) -> Reading: ...


def counted(value: Size) -> int | None:
    """The length that enters the sum; a lesion too small to measure counts as 5 mm."""
    if isinstance(value, int):
        return value
    return {TINY: 50, GONE: 0, MISSED: None}[value]


class Scripted:
    """Lesions of a script: sizes in millimetres, one for each assessment from the lesion's first on."""

    def __init__(self, script: Words, organs: Words) -> None:
        self._targets = [
            (_lesion(t, f"T{n:02d}", organs), t["sizes"]) for n, t in enumerate(script["targets"], 1)
        ]
        self._others = [
            (_lesion(t, f"NT{n:02d}", organs), t["states"])
            for n, t in enumerate(script.get("nontargets", ()), 1)
        ]
        self._new = [
            (_lesion(t, f"NEW{n:02d}", organs), t["certainty"])
            for n, t in enumerate(script.get("new", ()), 1)
        ]
        self.last = max(s.first + len(values) for s, values in (*self._targets, *self._others)) - 1

    def read(self, index: int, week: int, scanned: Sequence[str]) -> Reading:
        del week  # a script counts assessments
        return Reading(
            [(s, v if isinstance(v, str) else int(10 * v)) for s, v in _at(self._targets, index)],
            _at(self._others, index),
            _at(self._new, index),
        ).only(scanned)


def _lesion(entry: Words, label: str, organs: Words) -> Lesion:
    organ = organs[entry["organ"]]
    return Lesion(
        label=entry.get("label", label),
        organ=entry["organ"],
        side=entry.get("side", ""),
        node=bool(organ.get("node", False)),
        region=organ["region"],
        event=entry.get("event", ""),
        source=entry.get("from", ""),
        first=entry.get("first", 0),
    )


def _at(lesions: Sequence[tuple[Lesion, Sequence[Any]]], index: int) -> list[tuple[Lesion, Any]]:
    return [(s, values[index - s.first]) for s, values in lesions if 0 <= index - s.first < len(values)]


@dataclass
class _Growing:
    lesion: Lesion
    size: float  # tenths of a millimetre, before the reader's error
    pace: float  # of this lesion, against the participant's
    gone: bool = False


class Grown:
    """Lesions that shrink, rest, and from a turning point on grow."""

    last = 99

    def __init__(self, words: Words, kind: str, draw: Draw) -> None:
        self._words, self._draw, self._kind = words, draw, kind
        rates: Words = words[kind]
        self._shrink, self._grow = draw.within(rates["shrink"]) / 10000, draw.within(rates["grow"]) / 10000
        self._until, self._turn = draw.within(rates["until"]), draw.within(rates["turn"])
        self._decimals = draw.chance(words["decimals"])
        self._week = 0
        self._targets = [
            _Growing(s, self._baseline(s), 0.8 + 0.4 * draw.integer(0, 100) / 100) for s in self._chosen()
        ]
        count = min(int(draw.weighted(words["nontargets"])), words["most_lesions"] - len(self._targets))
        self._others = {
            self._somewhere(f"NT{n + 1:02d}", words["nontarget_organs"]): PRESENT for n in range(count)
        }
        self._new: list[Lesion] = []

    def _somewhere(self, label: str, shares: Mapping[str, float]) -> Lesion:
        organ = self._draw.weighted(shares)
        sides = self._words["organs"][organ].get("sides", ("",))
        return _lesion({"organ": organ, "side": self._draw.pick(sides)}, label, self._words["organs"])

    def _chosen(self) -> list[Lesion]:
        """At most two lesions of an organ; all nodes together are one organ."""
        wanted = min(int(self._draw.weighted(self._words["targets"])), self._words["most_targets"])
        shares = {name: o["share"] for name, o in self._words["organs"].items()}
        chosen: list[Lesion] = []
        while len(chosen) < wanted:
            lesion = self._somewhere(f"T{len(chosen) + 1:02d}", shares)
            alike = [s for s in chosen if (s.node and lesion.node) or s.organ == lesion.organ]
            if len(alike) < self._words["most_of_one_organ"]:
                chosen.append(lesion)
        return chosen

    def _baseline(self, lesion: Lesion) -> float:
        return float(self._draw.within(self._words["node_size" if lesion.node else "size"]))

    def read(self, index: int, week: int, scanned: Sequence[str]) -> Reading:
        self._pass(week)
        if index:
            self._change(index, week, scanned)
        reading = Reading(
            [(growing.lesion, self._measured(growing, exact=index == 0)) for growing in self._targets],
            list(self._others.items()),
            [(s, "Unequivocal") for s in self._new],
        )
        return reading.only(scanned)

    def _pass(self, week: int) -> None:
        for now in range(self._week, week):
            rate = self._grow if now >= self._turn else -self._shrink if now < self._until else 0.0
            for growing in self._targets:
                growing.size = min(growing.size * (1.0 + rate * growing.pace), 1200.0)
        self._week = max(self._week, week)

    def _change(self, index: int, week: int, scanned: Sequence[str]) -> None:
        """Changes beside growth: lesions that vanish, get worse, or appear."""
        words, turned = self._words, week >= self._turn
        waning = self._kind == "response" and week >= 12 and not turned
        for lesion, state in self._others.items():
            if state == PRESENT and turned and self._draw.chance(words["nontarget_progression"]):
                self._others[lesion] = WORSE
            elif state == PRESENT and waning and self._draw.chance(words["nontarget_absent"]):
                self._others[lesion] = ABSENT
        if turned and self._draw.chance(words["new_lesion"]):
            shares = {n: o["share"] for n, o in words["organs"].items() if o["region"] in scanned}
            self._new.append(replace(self._somewhere(f"NEW{len(self._new) + 1:02d}", shares), first=index))

    def _measured(self, growing: _Growing, *, exact: bool) -> Size:
        error = 1.0 if exact else 0.97 + 0.06 * self._draw.integer(0, 1000) / 1000
        units = (
            int(growing.size * error + 0.5) if self._decimals else 10 * int(growing.size * error / 10 + 0.5)
        )
        if growing.lesion.node:
            return max(units, int(self._words["node_floor"]))
        growing.gone = (
            growing.gone or units < self._words["gone_below"]
        )  # what is gone stays gone; progression shows elsewhere
        return GONE if growing.gone else TINY if units < self._words["tiny_below"] else units
