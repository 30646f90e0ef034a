"""Swimmer: treatment, responses, progression and death of each participant along one time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.displays.figures.axes import Frame, Scale, bottom_axis, months
from pipeline.displays.figures.style import (
    HEIGHT,
    RESPONSES,
    WIDTH,
    bar,
    legend,
    legend_height,
    look,
    mark,
    response,
    without_data,
)
from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import GREY, INK, Drawing, Group, Line, Pen, Shape, Text


@dataclass(frozen=True)
class Lane:
    """One participant; times are months from the start of the axis, None where it did not happen."""

    subject: str
    label: str
    arm: str
    end: float
    treated: tuple[float, float] | None
    doses: tuple[float, ...]
    responses: tuple[tuple[float, str], ...]
    progression: float | None
    death: float | None
    is_ongoing: bool


@dataclass(frozen=True)
class Swimmer:
    title: str
    time: str
    arms: tuple[str, ...]
    ongoing: str  # what the arrow says
    lanes: tuple[Lane, ...]


_TINT = 0.3  # of a bar: responses stand on it


def draw(figure: Swimmer) -> Drawing:
    """A lane for each participant, by arm and from the longest to the shortest."""
    if not figure.lanes:
        return without_data(figure.title, "No participants.")
    lanes = sorted(figure.lanes, key=lambda lane: (figure.arms.index(lane.arm), -lane.end, lane.subject))
    at = months(max(lane.end for lane in lanes))
    key = _key(figure)
    below = legend_height(key, WIDTH - 24) + 32
    step = min((HEIGHT - below - 10) / len(lanes), 16.0)
    left = 14 + max(
        (lettering.width(lane.label, _letters(step)) for lane in lanes if _letters(step)), default=0.0
    )
    bottom = 8 + step * len(lanes)
    frame = Frame(Scale(0, at[-1], left, WIDTH - 16), Scale(len(lanes), 0, bottom, 8))
    shapes: list[Shape] = [*bottom_axis(frame, at, figure.time)]
    shapes += [_lane(frame, figure, lane, frame.top + step * (i + 0.5), step) for i, lane in enumerate(lanes)]
    shapes += legend((12, bottom + 42), key, WIDTH - 24)
    return Drawing(WIDTH, bottom + below + 4, figure.title, " ".join(_words(figure)), tuple(shapes))


def _letters(step: float) -> float:
    """The size of a lane's label; 0 where nobody could read it."""
    size = min(6.5, 0.85 * step)
    return size if size >= 3.5 else 0.0


def _lane(frame: Frame, figure: Swimmer, lane: Lane, y: float, step: float) -> Shape:
    of = look(figure.arms.index(lane.arm))
    letters, half = _letters(step), 0.3 * step
    size = min(2.6, 0.34 * step)
    shapes: list[Shape] = [Line(((frame.left, y), (frame.x.at(lane.end), y)), Pen(GREY, min(1.0, half)))]
    if letters:
        shapes.append(Text((frame.left - 5, y + 0.35 * letters), lane.label, letters, "end"))
    if lane.treated:
        start, stop = (frame.x.at(time) for time in lane.treated)
        shapes += bar(start, max(stop, start + 1), y - half, y + half, of, _TINT)
    shapes += [mark("tick", (frame.x.at(time), y + half + 0.8), INK, 1.2) for time in lane.doses]
    shapes += [response(name, (frame.x.at(time), y), size) for time, name in lane.responses if name != "PD"]
    if lane.progression is not None:
        shapes.append(mark("cross", (frame.x.at(lane.progression), y), RESPONSES["PD"][1], size))
    if lane.death is not None:
        shapes.append(mark("diamond", (frame.x.at(lane.death), y), INK, size))
    if lane.is_ongoing:
        shapes.append(mark("arrow", (frame.x.at(lane.end), y), INK, size))
    return Group(tuple(shapes), lane.subject, _lane_in_words(lane))


def _key(figure: Swimmer) -> tuple[tuple[Shape, str], ...]:
    arms = [
        (Group(bar(-8, 8, -3, 3, look(i), _TINT)), f"treatment, {arm}") for i, arm in enumerate(figure.arms)
    ]
    there = {name for lane in figure.lanes for _, name in lane.responses if name != "PD"}
    responses = [(response(name, (0, 0)), name) for name in RESPONSES if name in there]
    others = [
        (mark("tick", (0, 0), INK, 1.6), "dose"),
        (mark("cross", (0, 0), RESPONSES["PD"][1]), "progression"),
        (mark("diamond", (0, 0), INK), "death"),
        (mark("arrow", (-3, 0), INK), figure.ongoing),
    ]
    return (*arms, *responses, *others)


def _lane_in_words(lane: Lane) -> str:
    events = [f"{name} at {time:.1f}" for time, name in lane.responses]
    events += [f"progression at {lane.progression:.1f}"] if lane.progression is not None else []
    events += [f"death at {lane.death:.1f}"] if lane.death is not None else []
    return (
        f"{lane.subject}, {lane.arm}: followed for {lane.end:.1f} months; {', '.join(events) or 'no event'}"
    )


def _words(figure: Swimmer) -> Iterator[str]:
    yield f"A lane a participant, {len(figure.lanes)} in all; {figure.time}."
    for arm in figure.arms:
        lanes = [lane for lane in figure.lanes if lane.arm == arm]
        counted = {
            "treated": sum(lane.treated is not None for lane in lanes),
            "with progression": sum(lane.progression is not None for lane in lanes),
            "died": sum(lane.death is not None for lane in lanes),
            figure.ongoing: sum(lane.is_ongoing for lane in lanes),
        }
        told = ", ".join(f"{what} {number}" for what, number in counted.items())
        yield f"{arm}: participants {len(lanes)}, {told}."
