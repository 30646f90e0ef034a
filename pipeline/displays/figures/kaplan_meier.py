"""Kaplan-Meier curves with their interval, the marks of censoring and the numbers at risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.displays.figures.axes import Frame, Scale, bottom_axis, left_axis, level, months
from pipeline.displays.figures.style import HEIGHT, SMALL, TEXT, WIDTH, legend, look, mark, without_data
from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import Area, Drawing, Group, Line, Pen, Point, Shape, Text


@dataclass(frozen=True)
class Step:
    """From a time on: the share without event and its limits, None where there are none."""

    time: float
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Leaving:
    """A participant whose time is over: where on the curve, and whether by the event."""

    subject: str
    time: float
    share: float
    is_event: bool


@dataclass(frozen=True)
class Arm:
    name: str
    steps: tuple[Step, ...]  # in the order of time
    leaving: tuple[Leaving, ...]
    at_risk: tuple[int, ...]  # one number for each time of `months`
    events: int

    @property
    def participants(self) -> int:
        return len(self.leaving)


@dataclass(frozen=True)
class KaplanMeier:
    title: str
    time: str  # label of the axis of time
    share: str  # label of the other axis
    until: float  # the last time of all, in months
    arms: tuple[Arm, ...]
    notes: tuple[str, ...] = ()  # median, test and ratio, which stand above the diagram


def times(until: float) -> tuple[float, ...]:
    """The times at which the numbers at risk stand."""
    return months(until)


def draw(figure: KaplanMeier) -> Drawing:
    """A curve for each arm, from 1 at time 0."""
    if not any(arm.participants for arm in figure.arms):
        return without_data(figure.title, "No participants.")
    at = times(figure.until)
    below = 42 + 11 * len(figure.arms) + 22
    names = max(lettering.width(arm.name, SMALL) for arm in figure.arms)
    left = min(names + 30, 230)
    frame = Frame(
        Scale(0, at[-1], left, WIDTH - 12), Scale(0, 1, HEIGHT - below, 22 + 10 * len(figure.notes))
    )
    shapes: list[Shape] = [
        *bottom_axis(frame, at, figure.time),
        *left_axis(frame, (0, 0.25, 0.5, 0.75, 1), figure.share, lambda share: f"{100 * share:g}"),
        level(frame, 0.5),
        *_notes(frame, figure.notes),
    ]
    for place, arm in enumerate(figure.arms):
        shapes += _curve(frame, place, arm)
    shapes += _at_risk(frame, figure, at)
    samples = tuple((_sample(i), arm.name) for i, arm in enumerate(figure.arms))
    key = (*samples, (mark("tick", (0, 0), "#000000"), "censored"))
    shapes += legend((left, HEIGHT - 5), key, frame.right - left)
    return Drawing(WIDTH, HEIGHT, figure.title, " ".join(_words(figure)), tuple(shapes))


def _curve(frame: Frame, place: int, arm: Arm) -> Iterator[Shape]:
    of = look(place)
    if not arm.participants:
        return
    last = max(one.time for one in arm.leaving)
    ends = [*(step.time for step in arm.steps), last][1:] if arm.steps else []
    for step, end in zip(arm.steps, ends, strict=True):
        if step.low is not None and step.high is not None and end > step.time:
            left, right = frame.x.at(step.time), frame.x.at(end)
            top, bottom = frame.y.at(step.high), frame.y.at(step.low)
            yield Area(((left, top), (right, top), (right, bottom), (left, bottom)), of.color, 0.13)
    points: list[Point] = [(frame.left, frame.y.at(1.0))]
    for step in arm.steps:
        x = frame.x.at(step.time)
        points += [(x, points[-1][1]), (x, frame.y.at(step.share))]
    points.append((frame.x.at(last), points[-1][1]))
    yield Line(tuple(points), Pen(of.color, 1.5, of.dash))
    for one in arm.leaving:
        at = (frame.x.at(one.time), frame.y.at(one.share))
        words = (
            f"{one.subject}: {'event' if one.is_event else 'censored'} at {one.time:.1f} months, {arm.name}"
        )
        shape = mark(of.marker, at, of.color, 1.4) if one.is_event else mark("tick", at, of.color)
        yield Group((shape,), one.subject, words)


def _notes(frame: Frame, notes: tuple[str, ...]) -> Iterator[Shape]:
    for line, note in enumerate(notes):
        yield Text((frame.right, 9 + 10 * line), note, SMALL, "end")


def _at_risk(frame: Frame, figure: KaplanMeier, at: tuple[float, ...]) -> Iterator[Shape]:
    y = frame.bottom + 36
    yield Text((6, y), "At risk", TEXT, bold=True)
    for place, arm in enumerate(figure.arms):
        y += 11
        yield Text((6, y), arm.name, SMALL, color=look(place).color)
        for time, number in zip(at, arm.at_risk, strict=True):
            yield Text((frame.x.at(time), y), str(number), SMALL, "middle")


def _sample(place: int) -> Shape:
    of = look(place)
    line = Line(((-9, 0), (9, 0)), Pen(of.color, 1.5, of.dash))
    return Group((line, mark(of.marker, (0, 0), of.color, 1.8)))


def _words(figure: KaplanMeier) -> Iterator[str]:
    yield f"Kaplan-Meier curves: {figure.share} against {figure.time}."
    for arm in figure.arms:
        censored = arm.participants - arm.events
        yield f"{arm.name}: participants {arm.participants}, events {arm.events}, censored {censored}."
        if arm.steps:
            yield f"The share falls to {100 * arm.steps[-1].share:.1f} %."
    yield from (note if note.endswith(".") else f"{note}." for note in figure.notes)
