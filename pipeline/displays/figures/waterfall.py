"""Waterfall: the best change of the sum of diameters, a bar a participant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.displays.figures.axes import Frame, Scale, left_axis, level, ticks
from pipeline.displays.figures.style import (
    HEIGHT,
    RESPONSES,
    SMALL,
    WIDTH,
    bar,
    legend,
    legend_height,
    look,
    response,
    without_data,
)
from pipeline.formats.drawing.shapes import Drawing, Group, Line, Pen, Shape, Text


@dataclass(frozen=True)
class Bar:
    """A participant's best change in percent, and the best response."""

    subject: str
    arm: str
    change: float
    response: str


@dataclass(frozen=True)
class Waterfall:
    title: str
    change: str  # label of the axis
    arms: tuple[str, ...]
    bars: tuple[Bar, ...]
    without: int  # participants of the population without a change


def draw(figure: Waterfall) -> Drawing:
    """Bars from the greatest increase to the greatest decrease; the marker at a bar's end is the response."""
    if not figure.bars:
        return without_data(figure.title, "No participant has a change from baseline.")
    bars = sorted(figure.bars, key=lambda b: (-b.change, figure.arms.index(b.arm), b.subject))
    values = ticks(min(-30.0, *(b.change for b in bars)), max(20.0, *(b.change for b in bars)), 9)
    key = _key(figure)
    below = legend_height(key, WIDTH - 50) + 8
    frame = Frame(Scale(0, len(bars), 44, WIDTH - 10), Scale(values[0], values[-1], HEIGHT - below - 12, 30))
    shapes: list[Shape] = [*left_axis(frame, values, figure.change), level(frame, 20), level(frame, -30)]
    step = min((frame.right - frame.left) / len(bars), 40.0)
    for place, one in enumerate(bars):
        shapes.append(_bar(frame, figure, one, frame.left + step * place, step))
    zero = frame.y.at(0)
    shapes.append(Line(((frame.left, zero), (frame.right, zero)), Pen(width=0.8)))
    shapes += legend((frame.left, HEIGHT - below + 10), key, WIDTH - 50)
    if figure.without:
        note = f"without a change: {figure.without}"
        shapes.append(Text((frame.right, frame.top - 8), note, SMALL, "end"))
    return Drawing(WIDTH, HEIGHT, figure.title, " ".join(_words(figure)), tuple(shapes))


def _bar(frame: Frame, figure: Waterfall, one: Bar, left: float, step: float) -> Shape:
    of = look(figure.arms.index(one.arm))
    zero, end = frame.y.at(0), frame.y.at(one.change)
    shapes = bar(left + 0.12 * step, left + 0.88 * step, min(zero, end), max(zero, end), of)
    at = (left + step / 2, end - 6 if one.change >= 0 else end + 6)
    words = f"{one.subject}: {one.change:+.1f} %, {one.response or 'no response'}, {one.arm}"
    return Group((*shapes, response(one.response, at, min(2.8, 0.4 * step))), one.subject, words)


def _key(figure: Waterfall) -> tuple[tuple[Shape, str], ...]:
    arms = tuple((Group(bar(-7, 7, -4, 4, look(i))), arm) for i, arm in enumerate(figure.arms))
    there = {one.response for one in figure.bars}
    return (*arms, *((response(name, (0, 0)), name) for name in RESPONSES if name in there))


def _words(figure: Waterfall) -> Iterator[str]:
    yield f"Waterfall: {figure.change}, a bar a participant, {len(figure.bars)} in all."
    for arm in figure.arms:
        changes = [one.change for one in figure.bars if one.arm == arm]
        if not changes:
            yield f"{arm}: none."
            continue
        reduced = sum(change <= -30 for change in changes)
        grown = sum(change >= 20 for change in changes)
        yield (
            f"{arm}: participants {len(changes)}, from {min(changes):.1f} % to {max(changes):.1f} %;"
            f" {reduced} with a decrease of 30 % or more, {grown} with an increase of 20 % or more."
        )
    counts = Counter(one.response for one in figure.bars)
    told = ", ".join(f"{name} {counts[name]}" for name in RESPONSES if counts[name])
    yield f"Best responses: {told}." if told else ""
    if figure.without:
        yield f"Participants without a change: {figure.without}."
