"""Spider: the change of the sum of diameters over time, a line a participant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.displays.figures.axes import Frame, Scale, bottom_axis, left_axis, level, months, ticks
from pipeline.displays.figures.style import HEIGHT, SMALL, WIDTH, legend, look, mark, without_data
from pipeline.formats.drawing.shapes import Drawing, Group, Line, Pen, Shape, Text


@dataclass(frozen=True)
class Course:
    """A participant's changes in percent, each at its time in months."""

    subject: str
    arm: str
    changes: tuple[tuple[float, float], ...]  # time and change, in the order of time
    progression: float | None  # the time of progression


@dataclass(frozen=True)
class Spider:
    title: str
    time: str
    change: str
    arms: tuple[str, ...]
    courses: tuple[Course, ...]
    without: int


def draw(figure: Spider) -> Drawing:
    """A line from 0 at baseline; a marker at each assessment, a cross where the disease progressed."""
    if not figure.courses:
        return without_data(figure.title, "No participant has a change from baseline.")
    points = [point for course in figure.courses for point in course.changes]
    ends = [c.progression for c in figure.courses if c.progression is not None]
    at = months(max(*(time for time, _ in points), *ends, 1.0))
    values = ticks(min(-30.0, *(c for _, c in points)), max(20.0, *(c for _, c in points)), 9)
    frame = Frame(Scale(0, at[-1], 44, WIDTH - 12), Scale(values[0], values[-1], HEIGHT - 56, 30))
    shapes: list[Shape] = [
        *bottom_axis(frame, at, figure.time),
        *left_axis(frame, values, figure.change),
        level(frame, 20),
        level(frame, -30),
        Line(((frame.left, frame.y.at(0)), (frame.right, frame.y.at(0))), Pen(width=0.6)),
        *(_course(frame, figure, course) for course in figure.courses),
    ]
    key = (
        *((_sample(i), arm) for i, arm in enumerate(figure.arms)),
        (mark("cross", (0, 0), "#000000"), "progression"),
    )
    shapes += legend((frame.left, HEIGHT - 8), key, frame.right - frame.left)
    if figure.without:
        note = f"without a change: {figure.without}"
        shapes.append(Text((frame.right, frame.top - 8), note, SMALL, "end"))
    return Drawing(WIDTH, HEIGHT, figure.title, " ".join(_words(figure)), tuple(shapes))


def _course(frame: Frame, figure: Spider, course: Course) -> Shape:
    of = look(figure.arms.index(course.arm))
    points = [(frame.x.at(0), frame.y.at(0))]
    points += [(frame.x.at(time), frame.y.at(change)) for time, change in course.changes]
    shapes: list[Shape] = [Line(tuple(points), Pen(of.color, 0.9, of.dash))]
    shapes += [mark(of.marker, point, of.color, 1.7) for point in points[1:]]
    last = course.changes[-1][1]
    if course.progression is not None:
        before = [change for time, change in course.changes if time <= course.progression + 1e-9]
        at = (frame.x.at(course.progression), frame.y.at(before[-1] if before else 0.0))
        shapes.append(mark("cross", at, "#000000", 3.2))
    words = f"{course.subject}: {last:+.1f} % at {course.changes[-1][0]:.1f} months, {course.arm}"
    return Group(tuple(shapes), course.subject, words)


def _sample(place: int) -> Shape:
    of = look(place)
    line = Line(((-9, 0), (9, 0)), Pen(of.color, 1.2, of.dash))
    return Group((line, mark(of.marker, (0, 0), of.color, 1.9)))


def _words(figure: Spider) -> Iterator[str]:
    yield f"{figure.change} against {figure.time}, a line for each participant."
    for arm in figure.arms:
        courses = [course for course in figure.courses if course.arm == arm]
        below = sum(course.changes[-1][1] <= -30 for course in courses)
        progressed = sum(course.progression is not None for course in courses)
        yield (
            f"{arm}: participants {len(courses)}; with a decrease of 30 % or more at the last assessment"
            f" {below}, with progression {progressed}."
        )
    if figure.without:
        yield f"Participants without a change: {figure.without}."
