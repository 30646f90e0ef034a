"""Adverse events by arm: shares of participants as dots, and the difference of two arms with its interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.displays.figures.axes import Frame, Scale, bottom_axis, rule, ticks, upright
from pipeline.displays.figures.style import SMALL, WIDTH, legend, look, mark, without_data
from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import INK, Drawing, Group, Line, Pen, Shape, Text


@dataclass(frozen=True)
class Term:
    """A term: participants with it in each arm, their share in percent, and the difference in percentage
    points with its limits, None where an arm is empty.
    """

    term: str
    participants: tuple[int, ...]
    shares: tuple[float | None, ...]
    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class EventDots:
    title: str
    arms: tuple[str, ...]
    sizes: tuple[int, ...]
    favours: tuple[str, str]  # which arm has fewer events: left of no difference, and right of it
    terms: tuple[Term, ...]  # in the order in which they are shown


def draw(figure: EventDots) -> Drawing:
    """A row for each term: dots of the arms on the left, the difference on the right."""
    if not figure.terms:
        return without_data(figure.title, "No adverse event meets the condition.")
    step = min(13.0, 320 / len(figure.terms))
    letters = min(SMALL, 0.85 * step)
    label = min(max(lettering.width(term.term, letters) for term in figure.terms) + 14, 220.0)
    bottom = 22 + step * len(figure.terms)
    shares = [share for term in figure.terms for share in term.shares if share is not None]
    ends = [n for t in figure.terms for n in (t.difference, t.low, t.high) if n is not None]
    of_shares, of_ends = ticks(0, max([*shares, 1.0]), 7), ticks(min([*ends, -1.0]), max([*ends, 1.0]), 7)
    middle = label + (WIDTH - label) * 0.5
    rows = Scale(len(figure.terms), 0, bottom, 22)
    left = Frame(Scale(0, of_shares[-1], label + 6, middle - 12), rows)
    right = Frame(Scale(of_ends[0], of_ends[-1], middle + 12, WIDTH - 16), rows)
    shapes: list[Shape] = [
        Text((left.left, 12), "Participants with the event", SMALL, bold=True),
        Text((right.left, 12), "Difference with 95 % CI", SMALL, bold=True),
        *bottom_axis(left, of_shares, "% of participants"),
        *bottom_axis(right, of_ends, "percentage points"),
        upright(right, 0),
    ]
    for place, term in enumerate(figure.terms):
        y = 22 + step * (place + 0.5)
        shapes += [rule(8, WIDTH - 8, y + step / 2), _term(left, right, figure, term, y, letters)]
    zero = right.x.at(0)
    shapes += [
        Text((zero - 6, bottom + 34), f"← {figure.favours[0]}", 6.5, "end"),
        Text((zero + 6, bottom + 34), f"{figure.favours[1]} →", 6.5),
    ]
    entries = enumerate(zip(figure.arms, figure.sizes, strict=True))
    key = tuple((mark(look(i).marker, (0, 0), look(i).color), f"{arm} (n = {n})") for i, (arm, n) in entries)
    shapes += legend((8, bottom + 50), key, WIDTH - 16)
    return Drawing(WIDTH, bottom + 66, figure.title, " ".join(_words(figure)), tuple(shapes))


def _term(left: Frame, right: Frame, figure: EventDots, term: Term, y: float, letters: float) -> Shape:
    shapes: list[Shape] = [Text((8, y + 0.35 * letters), term.term, letters)]
    size = min(2.6, 0.3 * letters + 0.4)
    for place, share in enumerate(term.shares):
        if share is not None:
            of = look(place)
            aside = 1.4 * (place - (len(term.shares) - 1) / 2)  # two equal shares are both seen
            shapes.append(mark(of.marker, (left.x.at(share), y + aside), of.color, size))
    if term.low is not None and term.high is not None:
        ends = ((right.x.at(term.low), y), (right.x.at(term.high), y))
        shapes.append(Line(ends, Pen(INK, 0.9)))
    if term.difference is not None:
        shapes.append(mark("square", (right.x.at(term.difference), y), INK, size))
    return Group(tuple(shapes), "", _told(figure, term))


def _told(figure: EventDots, term: Term) -> str:
    counts = zip(figure.arms, figure.sizes, term.participants, strict=True)
    told = ", ".join(f"{arm} {count} of {size}" for arm, size, count in counts)
    if term.difference is None or term.low is None or term.high is None:
        return f"{term.term}: {told}"
    return f"{term.term}: {told}; difference {term.difference:.1f} ({term.low:.1f}, {term.high:.1f})"


def _words(figure: EventDots) -> Iterator[str]:
    yield "Participants with each adverse event by arm, and difference in percentage points with 95 % CI."
    for term in figure.terms:
        yield f"{_told(figure, term)}."
