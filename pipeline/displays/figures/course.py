"""Course: the mean or median of each arm over time with its interval, a panel for each parameter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.displays.figures.axes import Frame, Scale, left_axis, number, ticks
from pipeline.displays.figures.style import HEIGHT, SMALL, TEXT, WIDTH, legend, look, mark, without_data
from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import INK, Drawing, Group, Line, Pen, Shape, Text


@dataclass(frozen=True)
class Station:
    """An arm at a visit: the number of participants, their middle, and its interval, None where none is."""

    time: float
    participants: int
    middle: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Panel:
    label: str  # the parameter with its unit
    courses: tuple[tuple[Station, ...], ...]  # of each arm


@dataclass(frozen=True)
class Course:
    title: str
    time: str
    what: str  # median and quartiles, mean and its 95 % confidence interval
    arms: tuple[str, ...]
    panels: tuple[Panel, ...]


_STEPS = (1, 2, 3, 4, 6, 12, 24)  # of weeks or months


def draw(figure: Course) -> Drawing:
    """Panels in rows; each has a scale of its own, and all have one time.

    The number of participants stands below a visit where it has room; the text of the marker always has it.
    """
    panels = [panel for panel in figure.panels if any(panel.courses)]
    if not panels:
        return without_data(figure.title, "No values.")
    times = [station.time for panel in panels for course in panel.courses for station in course]
    across = min(len(panels), 1 if len(panels) == 1 else 2 if len(panels) <= 4 else 3)
    down = math.ceil(len(panels) / across)
    wide, high = WIDTH / across, (HEIGHT - 26) / down
    first, last = min(0.0, *times), max(times)
    at = [t for t in ticks(first, last, 8 if across < 3 else 6, _STEPS) if t >= first]
    shapes: list[Shape] = []
    for place, panel in enumerate(panels):
        left, top = wide * (place % across), high * (place // across)
        x = Scale(first, max(last, *at), left + 46, left + wide - 12)
        shapes += _panel(figure, panel, x, (top + 30, top + high - 24 - 8 * len(figure.arms)), at)
    shapes.append(Text((WIDTH / 2, HEIGHT - 17), figure.time, TEXT, "middle"))
    key = tuple((_sample(i), f"{arm}, {figure.what}") for i, arm in enumerate(figure.arms))
    shapes += legend((40, HEIGHT - 4), key, WIDTH - 50)
    return Drawing(WIDTH, HEIGHT + 4, figure.title, " ".join(_words(figure, panels)), tuple(shapes))


def _panel(
    figure: Course, panel: Panel, x: Scale, between: tuple[float, float], at: Sequence[float]
) -> Iterator[Shape]:
    stations = [station for course in panel.courses for station in course]
    known = [n for s in stations for n in (s.middle, s.low, s.high) if n is not None]
    values = ticks(min(known), max(known), 6)
    frame = Frame(x, Scale(values[0], values[-1], between[1], between[0]))
    yield from left_axis(frame, values, "")
    for i, line in enumerate(lettering.lines(panel.label, TEXT, frame.right - frame.left + 34, True)):
        yield Text((frame.left - 34, frame.top - 16 + 9 * i), line, TEXT, bold=True)
    yield Line(((frame.left, frame.bottom), (frame.right, frame.bottom)), Pen(INK, 0.8))
    for value in at:
        place = frame.x.at(value)
        yield Line(((place, frame.bottom), (place, frame.bottom + 3)), Pen(INK, 0.8))
        yield Text((place, frame.bottom + 10), number(value), SMALL, "middle")
    for place, course in enumerate(panel.courses):
        yield from _arm(frame, figure, panel, place, course)


def _arm(
    frame: Frame, figure: Course, panel: Panel, place: int, course: tuple[Station, ...]
) -> Iterator[Shape]:
    of = look(place)
    aside = 2.0 * (place - (len(figure.arms) - 1) / 2)  # so that intervals do not hide each other
    points = [(frame.x.at(s.time) + aside, frame.y.at(s.middle)) for s in course]
    if len(points) > 1:
        yield Line(tuple(points), Pen(of.color, 1.1, of.dash))
    base = frame.bottom + 19 + 8 * place
    yield Text((frame.left - 16, base), "n", 6.0, "end")
    yield mark(of.marker, (frame.left - 10, base - 2), of.color, 1.6)
    free = frame.left - 7
    for station, point in zip(course, points, strict=True):
        shapes: list[Shape] = []
        if station.low is not None and station.high is not None:
            top, bottom = frame.y.at(station.high), frame.y.at(station.low)
            shapes.append(Line(((point[0], top), (point[0], bottom)), Pen(of.color, 0.8)))
        shapes.append(mark(of.marker, point, of.color, 2.0))
        label = f"{figure.arms[place]}, {panel.label}, {number(station.time)}: {station.middle:.4g}"
        yield Group(tuple(shapes), "", f"{label} (n = {station.participants})")
        half = lettering.width(str(station.participants), 6.0) / 2
        if frame.x.at(station.time) - half > free:
            yield Text((frame.x.at(station.time), base), str(station.participants), 6.0, "middle")
            free = frame.x.at(station.time) + half + 2


def _sample(place: int) -> Shape:
    of = look(place)
    line = Line(((-9, 0), (9, 0)), Pen(of.color, 1.1, of.dash))
    return Group((line, mark(of.marker, (0, 0), of.color, 2.0)))


def _words(figure: Course, panels: list[Panel]) -> Iterator[str]:
    yield f"{figure.what} by {figure.time}."
    for panel in panels:
        for arm, course in zip(figure.arms, panel.courses, strict=True):
            if not course:
                yield f"{panel.label}, {arm}: no values."
                continue
            first, last = course[0], course[-1]
            yield (
                f"{panel.label}, {arm}: {first.middle:.4g} at {number(first.time)}"
                f" (n = {first.participants}), {last.middle:.4g} at {number(last.time)}"
                f" (n = {last.participants})."
            )
