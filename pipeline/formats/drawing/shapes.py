"""What a drawing is made of. Lengths are points; x grows to the right and y grows downwards, as in SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
INK, GREY, PALE, PAPER = "#000000", "#6B6B6B", "#D9D9D9", "#FFFFFF"


@dataclass(frozen=True)
class Pen:
    """How a line is drawn; a dash is lengths of ink and of gap in turn."""

    color: str = INK
    width: float = 0.7
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Line:
    """Points joined in their order."""

    points: tuple[Point, ...]
    pen: Pen = Pen()


@dataclass(frozen=True)
class Area:
    """A closed outline, filled."""

    points: tuple[Point, ...]
    fill: str
    opacity: float = 1.0
    pen: Pen | None = None


@dataclass(frozen=True)
class Circle:
    """A disc or, filled with paper, a ring."""

    at: Point
    radius: float
    fill: str
    pen: Pen | None = None


@dataclass(frozen=True)
class Text:
    """One line of text; the point is on its base line."""

    at: Point
    text: str
    size: float = 8.0
    anchor: Anchor = "start"
    bold: bool = False
    color: str = INK


@dataclass(frozen=True)
class Group:
    """Shapes that show one thing: a participant, by USUBJID, or what the label says."""

    shapes: tuple[Shape, ...]
    subject: str = ""
    label: str = ""


Shape = Line | Area | Circle | Text | Group


@dataclass(frozen=True)
class Drawing:
    """A figure, with the words that say the same to whoever cannot see it."""

    width: float
    height: float
    title: str
    description: str
    shapes: tuple[Shape, ...]

    def named(self, title: str) -> Drawing:
        """The same drawing with the title of its display."""
        return replace(self, title=title)


def leaves(shapes: tuple[Shape, ...]) -> Iterator[Line | Area | Circle | Text]:
    """All shapes but groups, in the order in which they are drawn."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield from leaves(shape.shapes)
        else:
            yield shape
