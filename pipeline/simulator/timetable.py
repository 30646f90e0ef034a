"""The planned visits of the study, as the course of a participant needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from pipeline.simulator.draw import Draw
from pipeline.simulator.written import later


class Visit(Protocol):
    """What the simulator reads of a visit of specs/study.yaml."""

    @property
    def name(self) -> str: ...
    @property
    def day(self) -> int | None: ...
    @property
    def before(self) -> int: ...
    @property
    def after(self) -> int: ...
    @property
    def arms(self) -> tuple[str, ...]: ...
    @property
    def scan(self) -> bool: ...


@dataclass(frozen=True)
class Timetable:
    baseline: str
    ending: Visit
    survival: str
    unscheduled: str
    running: str
    scans: tuple[Visit, ...]  # after baseline
    clinic: tuple[Visit, ...]  # visits of the treatment period, doses among them
    cutoff: date

    @classmethod
    def of(cls, visits: Sequence[Visit], names: Mapping[str, Any], cutoff: date) -> Timetable:
        """Visits by their part: `names` says which of them are baseline, end of treatment, and the two
        series.
        """
        planned = [v for v in visits if v.day is not None and v.name != names["baseline"]]
        return cls(
            baseline=names["baseline"],
            ending=next(v for v in planned if v.name == names["ending"]),
            survival=names["survival"],
            unscheduled=names["unscheduled"],
            running=names["running"],
            scans=tuple(v for v in planned if v.scan),
            clinic=tuple(v for v in planned if not v.scan and v.name != names["ending"]),
            cutoff=cutoff,
        )


def near(visit: Visit, anchor: date, draw: Draw, most: int) -> date:
    """A day within the visit's window, at most `most` days off; day 1 is the anchor itself."""
    assert visit.day is not None
    if visit.day == 1:
        return anchor
    return later(anchor, visit.day - 1 + draw.integer(-min(most, visit.before), min(most, visit.after)))
