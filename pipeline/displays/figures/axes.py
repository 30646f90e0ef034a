"""Scales and axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.displays.figures.style import SMALL, TEXT
from pipeline.formats.drawing.shapes import GREY, INK, PALE, Line, Pen, Shape, Text


@dataclass(frozen=True)
class Scale:
    """From values to places on the drawing."""

    low: float
    high: float
    start: float
    end: float
    is_logarithmic: bool = False

    def at(self, value: float) -> float:
        """The place of a value; a value beyond an end is at that end."""
        low, high, value = (
            (math.log(n) for n in (self.low, self.high, max(value, self.low)))
            if self.is_logarithmic
            else (self.low, self.high, value)
        )
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True)
class Frame:
    """The place of a diagram and its two scales."""

    x: Scale
    y: Scale

    @property
    def left(self) -> float:
        return self.x.start

    @property
    def right(self) -> float:
        return self.x.end

    @property
    def top(self) -> float:
        return self.y.end

    @property
    def bottom(self) -> float:
        return self.y.start


def ticks(
    low: float, high: float, at_most: int = 7, steps: Sequence[float] = (1, 2, 2.5, 5)
) -> tuple[float, ...]:
    """Round values that cover a range: the first is at its low end or below, the last at its high end or
    above.

    Takes     the range; how many values at most; the steps, of which also ten times each may be taken, and so
              on.
    """
    if high <= low:
        high = low + 1
    # a step is a tenth of the least one at first, so that small ranges have values of their own
    power = 10.0 ** (math.floor(math.log10((high - low) / at_most)) - 1)
    while True:
        for step in steps:
            width = step * power
            first, last = math.floor(low / width + 1e-9), math.ceil(high / width - 1e-9)
            if last - first < at_most:
                return tuple(n * width for n in range(first, last + 1))
        power *= 10


def months(until: float, at_most: int = 13) -> tuple[float, ...]:
    """Times from 0 on in whole months: every month, every second, third, sixth, or by years."""
    width = next((w for w in (1, 2, 3, 6, 12, 24, 60) if math.ceil(until / w) < at_most), 120)
    return tuple(float(n * width) for n in range(max(1, math.ceil(until / width)) + 1))


def number(value: float) -> str:
    """A value of an axis as it is written."""
    return f"{round(value, 6) + 0.0:g}".replace("-", "−")


def bottom_axis(
    frame: Frame, values: Sequence[float], label: str, written: Callable[[float], str] = number
) -> tuple[Shape, ...]:
    """The axis below a diagram, with its label in the middle."""
    y = frame.bottom
    shapes: list[Shape] = [Line(((frame.left, y), (frame.right, y)), Pen(INK, 0.8))]
    for value in values:
        x = frame.x.at(value)
        shapes += [
            Line(((x, y), (x, y + 3)), Pen(INK, 0.8)),
            Text((x, y + 11), written(value), SMALL, "middle"),
        ]
    return (*shapes, Text(((frame.left + frame.right) / 2, y + 23), label, TEXT, "middle"))


def left_axis(
    frame: Frame, values: Sequence[float], label: str, written: Callable[[float], str] = number
) -> tuple[Shape, ...]:
    """The axis left of a diagram, with its label above, where it reads without turning the page."""
    x = frame.left
    shapes: list[Shape] = [Line(((x, frame.top), (x, frame.bottom)), Pen(INK, 0.8))]
    for value in values:
        y = frame.y.at(value)
        shapes += [
            Line(((x - 3, y), (x, y)), Pen(INK, 0.8)),
            Text((x - 5, y + 2.5), written(value), SMALL, "end"),
        ]
    return (*shapes, Text((x, frame.top - 8), label, TEXT))


def level(frame: Frame, value: float) -> Line:
    """A line across the diagram at a value that matters."""
    y = frame.y.at(value)
    return Line(((frame.left, y), (frame.right, y)), Pen(GREY, 0.6, (2.0, 2.0)))


def upright(frame: Frame, value: float) -> Line:
    """A line up the diagram at a value that matters."""
    x = frame.x.at(value)
    return Line(((x, frame.top), (x, frame.bottom)), Pen(GREY, 0.6, (2.0, 2.0)))


def rule(left: float, right: float, y: float) -> Line:
    """A pale line under a row of text."""
    return Line(((left, y), (right, y)), Pen(PALE, 0.5))
