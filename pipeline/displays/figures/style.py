"""How arms and responses look: told apart by colour, and without colour by dash, marker and filling."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import (
    INK,
    PAPER,
    Area,
    Circle,
    Drawing,
    Line,
    Pen,
    Point,
    Shape,
    Text,
)

WIDTH, HEIGHT = 680.0, 400.0  # of a figure on a page in landscape
SMALL, TEXT = 7.0, 8.0
Marker = Literal["circle", "square", "triangle", "diamond", "ring", "frame", "cross", "tick", "arrow"]


@dataclass(frozen=True)
class Look:
    """How the records of one arm are drawn."""

    color: str
    dash: tuple[float, ...]
    marker: Marker
    is_hatched: bool


# Colours of Okabe and Ito, which the colour-blind can tell apart; in grey the rest of the look does it.
_LOOKS = (
    Look("#0072B2", (), "circle", False),
    Look("#D55E00", (5.0, 2.5), "frame", True),
    Look("#009E73", (1.2, 2.0), "triangle", False),
    Look("#CC79A7", (7.0, 2.0, 1.2, 2.0), "ring", True),
    Look("#56B4E9", (2.5, 1.5), "diamond", False),
)
# Marker and colour of each response, from the best to none.
RESPONSES: Mapping[str, tuple[Marker, str]] = {
    "CR": ("circle", "#009E73"),
    "PR": ("triangle", "#0072B2"),
    "SD": ("frame", "#6B6B6B"),
    "NON-CR/NON-PD": ("square", "#6B6B6B"),
    "PD": ("cross", "#D55E00"),
    "NE": ("ring", "#6B6B6B"),
}


def look(place: int) -> Look:
    """The look of an arm by its place in the order of the study; after five they begin again."""
    return _LOOKS[place % len(_LOOKS)]


def mark(marker: Marker, at: Point, color: str, size: float = 2.6) -> Shape:
    """A marker around a point; the size is half its width."""
    x, y = at
    pen = Pen(color, 0.9)
    match marker:
        case "circle":
            return Circle(at, size, color)
        case "ring":
            return Circle(at, size, PAPER, pen)
        case "square" | "frame":
            corners = ((x - size, y - size), (x + size, y - size), (x + size, y + size), (x - size, y + size))
            return Area(corners, color if marker == "square" else PAPER, 1.0, pen)
        case "triangle":
            left, right = (x - 1.1 * size, y + size), (x + 1.1 * size, y + size)
            return Area(((x, y - 1.2 * size), right, left), color)
        case "diamond":
            reach = 1.3 * size
            return Area(((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)), color)
        case "tick":
            return Line(((x, y - 1.3 * size), (x, y + 1.3 * size)), pen)
        case "arrow":
            return Area(((x, y - size), (x + 2 * size, y), (x, y + size)), color)
        case "cross":
            thick = Pen(color, 1.3)
            # one stroke through the centre and back: a line has no gaps
            ends = (
                (x - size, y - size),
                (x + size, y + size),
                at,
                (x - size, y + size),
                (x + size, y - size),
            )
            return Line(ends, thick)


def response(name: str, at: Point, size: float = 2.6) -> Shape:
    """The marker of a response around a point; any that is not of RECIST is shown as not evaluable."""
    marker, color = RESPONSES.get(name, RESPONSES["NE"])
    return mark(marker, at, color, size)


def bar(
    left: float, right: float, top: float, bottom: float, of: Look, opacity: float = 1.0
) -> tuple[Shape, ...]:
    """A bar of an arm: full, or framed and hatched. Less opacity lets markers be seen on it."""
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    if not of.is_hatched:
        return (Area(corners, of.color, opacity, Pen(of.color, 0.5)),)
    count = max(1, math.floor((bottom - top) / 3.0))
    strokes = [top + (bottom - top) * (i + 1) / (count + 1) for i in range(count)]
    pen = Pen(of.color, 0.3 + 0.3 * opacity)
    lines = tuple(Line(((left, y), (right, y)), pen) for y in strokes)
    return (Area(corners, PAPER, 1.0, Pen(of.color, 0.8)), *lines)


def legend(at: Point, entries: tuple[tuple[Shape, str], ...], room: float) -> tuple[Shape, ...]:
    """Entries side by side, in as many lines as the room needs.

    Takes     the base line's left end; shapes that are drawn around (0, 0), each with its words; the room.
    """
    shapes: list[Shape] = []
    x, y = at
    for sample, words in entries:
        length = 22 + lettering.width(words, SMALL)
        if x > at[0] and x + length > at[0] + room:
            x, y = at[0], y + 11
        shapes += [moved(sample, (x + 9, y - 2.5)), Text((x + 20, y), words, SMALL)]
        x += length + 14
    return tuple(shapes)


def legend_height(entries: tuple[tuple[Shape, str], ...], room: float) -> float:
    """What `legend` takes from the first base line on."""
    texts = [shape for shape in legend((0, 0), entries, room) if isinstance(shape, Text)]
    return max((text.at[1] for text in texts), default=0.0) + 11


def moved(shape: Shape, by: Point) -> Shape:
    """The shape at another place."""
    dx, dy = by
    match shape:
        case Line():
            return Line(tuple((x + dx, y + dy) for x, y in shape.points), shape.pen)
        case Area():
            corners = tuple((x + dx, y + dy) for x, y in shape.points)
            return Area(corners, shape.fill, shape.opacity, shape.pen)
        case Circle():
            return Circle((shape.at[0] + dx, shape.at[1] + dy), shape.radius, shape.fill, shape.pen)
        case Text():
            at = (shape.at[0] + dx, shape.at[1] + dy)
            return Text(at, shape.text, shape.size, shape.anchor, shape.bold, shape.color)
        case _:
            return type(shape)(tuple(moved(s, by) for s in shape.shapes), shape.subject, shape.label)


def without_data(title: str, reason: str) -> Drawing:
    """The figure of nothing: its reason in words, and no axes that would suggest otherwise."""
    text = Text((WIDTH / 2, 40), reason, TEXT, "middle", color=INK)
    return Drawing(WIDTH, 80, title, reason, (text,))
