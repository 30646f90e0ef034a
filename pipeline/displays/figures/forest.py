"""Forest: an estimate with its interval for each subgroup, on one scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.displays.figures.axes import Frame, Scale, bottom_axis, rule, ticks, upright
from pipeline.displays.figures.style import SMALL, WIDTH, look, mark, without_data
from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import INK, Drawing, Group, Line, Pen, Shape, Text


@dataclass(frozen=True)
class Subgroup:
    """An estimate with its limits, None where it cannot be estimated; a heading has neither counts nor
    estimate.
    """

    label: str
    indent: int
    counts: tuple[str, ...]  # of each arm, as they are written
    value: float | None
    low: float | None
    high: float | None
    is_heading: bool = False


@dataclass(frozen=True)
class Forest:
    title: str
    measure: str  # hazard ratio, difference of rates in percentage points
    counted: str  # what the columns of counts hold
    arms: tuple[str, ...]  # heads of the columns of counts
    favours: tuple[str, str]  # what is left of no effect, and right of it
    no_effect: float  # 1 of a ratio, 0 of a difference
    digits: int
    rows: tuple[Subgroup, ...]

    @property
    def is_ratio(self) -> bool:
        return self.no_effect == 1


RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


def draw(figure: Forest) -> Drawing:
    """A row for each subgroup: counts, the estimate as a square on its interval, and its numbers.

    An interval that goes on beyond the scale, or has no end, ends in an arrow.
    """
    if not figure.rows:
        return without_data(figure.title, "No participants.")
    step = min(16.0, 330 / len(figure.rows))
    letters = min(SMALL, 0.8 * step)
    values = _axis(figure)
    label = max(lettering.width(row.label, letters) + 9 * row.indent for row in figure.rows) + 14
    label = min(label, 190.0)
    head = tuple((*lettering.lines(arm, letters, 80, True), figure.counted) for arm in figure.arms)
    top = 16 + 9 * max(len(lines) for lines in head)
    columns = [label + 40 + 84 * i for i in range(len(figure.arms))]
    numbers = WIDTH - 8
    frame = Frame(
        Scale(values[0], values[-1], columns[-1] + 60, WIDTH - 120, figure.is_ratio),
        Scale(len(figure.rows), 0, top + step * len(figure.rows) + 4, top),
    )
    shapes: list[Shape] = []
    for x, lines in zip(columns, head, strict=True):
        shapes += [Text((x, 12 + 9 * i), line, letters, "middle", True) for i, line in enumerate(lines)]
    shapes.append(Text((numbers, 12), f"{figure.measure} (95 % CI)", letters, "end", True))
    shapes.append(upright(frame, figure.no_effect))
    for place, row in enumerate(figure.rows):
        shapes.append(_row(frame, figure, row, top + step * (place + 0.5), letters, columns))
        shapes.append(rule(8, WIDTH - 8, top + step * (place + 1)))
    shapes += bottom_axis(frame, values, figure.measure)
    y = frame.bottom + 36
    middle = frame.x.at(figure.no_effect)
    shapes += [
        Text((middle - 8, y), f"← {figure.favours[0]}", SMALL, "end"),
        Text((middle + 8, y), f"{figure.favours[1]} →", SMALL),
    ]
    return Drawing(WIDTH, y + 8, figure.title, " ".join(_words(figure)), tuple(shapes))


def _axis(figure: Forest) -> tuple[float, ...]:
    known = [n for row in figure.rows for n in (row.value, row.low, row.high) if n is not None]
    known = known or [figure.no_effect]
    if not figure.is_ratio:
        return ticks(min(figure.no_effect, *known), max(figure.no_effect, *known), 9)
    low = max([r for r in RATIOS if r <= min(known)], default=RATIOS[0])
    high = min([r for r in RATIOS if r >= max(known)], default=RATIOS[-1])
    return tuple(r for r in RATIOS if min(low, 0.5) <= r <= max(high, 2.0))


def _row(
    frame: Frame, figure: Forest, row: Subgroup, y: float, letters: float, columns: list[float]
) -> Shape:
    base = y + 0.35 * letters
    shapes: list[Shape] = [Text((8 + 9 * row.indent, base), row.label, letters, bold=row.is_heading)]
    if row.is_heading:
        return Group(tuple(shapes))
    pairs = zip(columns, row.counts, strict=True)
    shapes += [Text((x, base), count, letters, "middle") for x, count in pairs]
    shapes.append(Text((WIDTH - 8, base), written(figure, row), letters, "end"))
    if row.value is not None:
        of = look(0)
        shapes += _interval(frame, row, y)
        shapes.append(mark("square", (frame.x.at(row.value), y), of.color, min(3.0, 0.3 * letters)))
    return Group(tuple(shapes), "", f"{row.label}: {written(figure, row)}")


def _interval(frame: Frame, row: Subgroup, y: float) -> Iterator[Shape]:
    low = frame.x.low if row.low is None else row.low
    high = frame.x.high if row.high is None else row.high
    left, right = frame.x.at(low), frame.x.at(high)
    yield Line(((left, y), (right, y)), Pen(INK, 0.9))
    for x, is_open, way in (
        (left, row.low is None or row.low < frame.x.low, 1),
        (right, row.high is None or row.high > frame.x.high, -1),
    ):
        if is_open:
            yield Line(((x + 3 * way, y - 2.5), (x, y), (x + 3 * way, y + 2.5)), Pen(INK, 0.9))


def written(figure: Forest, row: Subgroup) -> str:
    """The numbers of a row as they stand at its end."""
    if row.value is None:
        return "not estimable"
    value, low, high = (
        "NE" if n is None else f"{round(n, figure.digits) + 0.0:.{figure.digits}f}"
        for n in (row.value, row.low, row.high)
    )
    return f"{value} ({low}, {high})"


def _words(figure: Forest) -> Iterator[str]:
    yield f"{figure.measure} with 95 % confidence interval by subgroup; no effect is {figure.no_effect:g}."
    heading = ""
    for row in figure.rows:
        if row.is_heading:
            heading = f"{row.label}, "
            continue
        heading = heading if row.indent else ""
        yield f"{heading}{row.label}: {written(figure, row)}."
    yield f"Below: {figure.favours[0]}; above: {figure.favours[1]}."
