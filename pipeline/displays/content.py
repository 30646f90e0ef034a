"""What a display holds once its results are worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.formats.drawing.shapes import Drawing
from pipeline.study.displays import Display

NOT_ESTIMABLE = "not estimable"
NO_RECORDS = np.empty(0, dtype="int64")


@dataclass(frozen=True)
class Column:
    """A column of a table: an arm, all arms (no arm), or an arm compared with the control."""

    label: str
    size: int  # participants of the population
    arm: str | None = None
    control: str | None = None  # of a comparison

    @property
    def head(self) -> str:
        """What stands over the column."""
        return self.label if self.control else f"{self.label}\n(N={self.size})"


@dataclass(frozen=True)
class Statistic:
    """One number, at full precision and as it is shown; None where it cannot be estimated."""

    operation: str  # of its method
    value: float | None
    text: str


@dataclass(frozen=True)
class Cell:
    """The statistics of one place of a table, their text together, and the records that they are of."""

    text: str
    statistics: tuple[Statistic, ...]
    participants: int
    places: np.ndarray = field(compare=False)  # of the records in their published dataset, from 1


@dataclass(frozen=True)
class Line:
    """A line of a table. Without cells it is a heading."""

    row: str  # id of the row in specs/displays.yaml
    id: str  # of the line in its display: AGE/mean, EVENTS/Investigations/Anaemia
    label: str
    indent: int = 0
    dataset: str = ""
    method: str = ""  # of methods.METHODS
    groups: tuple[tuple[str, str], ...] = ()  # variable and its value, of which the line is
    cells: Mapping[Column, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table with its results."""

    display: Display
    population: str  # in words
    columns: Sequence[Column]
    lines: Sequence[Line]


@dataclass(frozen=True)
class Listed:
    """A listing: the records of a dataset, as text."""

    display: Display
    population: str
    heads: Sequence[str]
    records: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Drawn:
    """A figure with its drawing."""

    display: Display
    population: str
    drawing: Drawing


Content = Table | Listed | Drawn
