"""Flow of participants: from those screened to those analysed, as CONSORT draws it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.displays.figures.style import SMALL, WIDTH
from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import INK, PAPER, Area, Drawing, Line, Pen, Point, Shape, Text


@dataclass(frozen=True)
class Box:
    """A box: its head with the number, and what the number is made of."""

    head: str
    participants: int
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return (f"{self.head} (n = {self.participants})", *(f"{part}: {n}" for part, n in self.parts))


@dataclass(frozen=True)
class Flow:
    title: str
    screened: Box
    excluded: Box
    allocated: Box
    arms: tuple[tuple[Box, ...], ...]  # of each arm, its boxes from the top; as many in each


_SIZE, _LINE, _GAP, _PAD = SMALL, 9.0, 14.0, 5.0


def draw(figure: Flow) -> Drawing:
    """Boxes from the top to the bottom, joined by arrows; the arms stand side by side."""
    centre, wide = WIDTH / 2, 190.0
    shapes: list[Shape] = []
    y = 6.0
    above = _box(shapes, figure.screened, centre, y, wide)
    aside = _box(shapes, figure.excluded, centre + wide / 2 + 130, above + _GAP / 2, 200.0)
    middle = (above + _GAP / 2 + aside) / 2
    top = aside + _GAP / 2
    _arrow(shapes, ((centre, above), (centre, top)))
    _arrow(shapes, ((centre, middle), (centre + wide / 2 + 30, middle)))
    bottom = _box(shapes, figure.allocated, centre, top, wide)
    room = WIDTH / max(1, len(figure.arms))
    places = [room * (i + 0.5) for i in range(len(figure.arms))]
    fork = bottom + _GAP / 2
    if places:
        shapes.append(Line(((centre, bottom), (centre, fork)), Pen(INK, 0.8)))
        shapes.append(Line(((min(places), fork), (max(places), fork)), Pen(INK, 0.8)))
    y = fork + _GAP
    for x in places:
        _arrow(shapes, ((x, fork), (x, y)))
    for level, boxes in enumerate(zip(*figure.arms, strict=True)):
        ends = [_box(shapes, box, x, y, room - 30) for x, box in zip(places, boxes, strict=True)]
        following = max(ends) + _GAP
        if level < len(figure.arms[0]) - 1:
            for x, end in zip(places, ends, strict=True):
                _arrow(shapes, ((x, end), (x, following)))
        y = following
    return Drawing(WIDTH, y - _GAP + 6, figure.title, " ".join(_words(figure)), tuple(shapes))


def _box(shapes: list[Shape], box: Box, centre: float, top: float, room: float) -> float:
    """Draws a box and returns its lower edge."""
    head, *parts = box.words
    heads = lettering.lines(head, _SIZE, room - 2 * _PAD, True)
    lines = [*heads, *(line for part in parts for line in lettering.lines(part, _SIZE, room - 2 * _PAD))]
    bottom = top + _LINE * len(lines) + 2 * _PAD - 2
    left, right = centre - room / 2, centre + room / 2
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    shapes.append(Area(corners, PAPER, 1.0, Pen(INK, 0.8)))
    for i, line in enumerate(lines):
        at = (left + _PAD, top + _PAD + _LINE * (i + 1) - 3)
        shapes.append(Text(at, line, _SIZE, bold=i < len(heads)))
    return bottom


def _arrow(shapes: list[Shape], points: tuple[Point, Point]) -> None:
    (x0, _), (x1, y1) = points
    shapes.append(Line(points, Pen(INK, 0.8)))
    tip = (
        ((x1, y1), (x1 - 2.5, y1 - 5), (x1 + 2.5, y1 - 5))
        if x0 == x1
        else ((x1, y1), (x1 - 5, y1 - 2.5), (x1 - 5, y1 + 2.5))
    )
    shapes.append(Area(tip, INK))


def _words(figure: Flow) -> Iterator[str]:
    boxes = [figure.screened, figure.excluded, figure.allocated]
    for box in (*boxes, *(box for arm in figure.arms for box in arm)):
        parts = ", ".join(f"{part} {n}" for part, n in box.parts)
        yield f"{box.head}: {box.participants}{f' ({parts})' if parts else ''}."
