"""Evaluation of drug-induced serious hepatotoxicity: peak transaminase against peak bilirubin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.displays.figures.axes import Frame, Scale, bottom_axis, left_axis, level, upright
from pipeline.displays.figures.style import HEIGHT, SMALL, WIDTH, legend, look, mark, without_data
from pipeline.formats.drawing.shapes import GREY, Drawing, Group, Shape, Text

TRANSAMINASE, BILIRUBIN = 3.0, 2.0  # Hy's law, in upper limits of normal (FDA guidance 2009)


@dataclass(frozen=True)
class Peak:
    """A participant's highest values after baseline, in upper limits of normal."""

    subject: str
    arm: str
    transaminase: float
    bilirubin: float


@dataclass(frozen=True)
class Edish:
    title: str
    arms: tuple[str, ...]
    peaks: tuple[Peak, ...]
    without: int  # participants without one of the two


_VALUES = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)


def draw(figure: Edish) -> Drawing:
    """A marker for each participant on logarithmic scales; the corner above both limits is Hy's law."""
    if not figure.peaks:
        return without_data(figure.title, "No participant has both values after baseline.")
    across = _range([peak.transaminase for peak in figure.peaks])
    up = _range([peak.bilirubin for peak in figure.peaks])
    frame = Frame(
        Scale(across[0], across[-1], 44, WIDTH - 14, True), Scale(up[0], up[-1], HEIGHT - 52, 30, True)
    )
    shapes: list[Shape] = [
        *bottom_axis(frame, across, "Highest ALT or AST (× upper limit of normal)"),
        *left_axis(frame, up, "Highest total bilirubin (× upper limit of normal)"),
        upright(frame, TRANSAMINASE),
        level(frame, BILIRUBIN),
        Text((frame.right - 4, frame.top + 8), "possible Hy's law", SMALL, "end", color=GREY),
        Text((frame.right - 4, frame.bottom - 4), "Temple's corollary", SMALL, "end", color=GREY),
        Text((frame.left + 4, frame.top + 8), "cholestasis", SMALL, color=GREY),
        *(_peak(frame, figure, peak) for peak in figure.peaks),
    ]
    key = tuple((mark(look(i).marker, (0, 0), look(i).color), arm) for i, arm in enumerate(figure.arms))
    shapes += legend((frame.left, HEIGHT - 8), key, frame.right - frame.left)
    if figure.without:
        note = f"without one of the two: {figure.without}"
        shapes.append(Text((frame.right, frame.top - 8), note, SMALL, "end"))
    return Drawing(WIDTH, HEIGHT, figure.title, " ".join(_words(figure)), tuple(shapes))


def _range(values: list[float]) -> tuple[float, ...]:
    low = max([v for v in _VALUES if v <= min(values)], default=_VALUES[0])
    high = min([v for v in _VALUES if v >= max(values)], default=_VALUES[-1])
    return tuple(v for v in _VALUES if min(low, 0.5) <= v <= max(high, 5.0))


def _peak(frame: Frame, figure: Edish, peak: Peak) -> Shape:
    of = look(figure.arms.index(peak.arm))
    at = (frame.x.at(peak.transaminase), frame.y.at(peak.bilirubin))
    words = (
        f"{peak.subject}: transaminase {peak.transaminase:.2f}, bilirubin {peak.bilirubin:.2f}, {peak.arm}"
    )
    return Group((mark(of.marker, at, of.color),), peak.subject, words)


def _words(figure: Edish) -> Iterator[str]:
    yield (
        "Highest ALT or AST against highest total bilirubin after baseline, in upper limits of normal; limits"
        f" at {TRANSAMINASE:g} and {BILIRUBIN:g}."
    )
    for arm in figure.arms:
        peaks = [peak for peak in figure.peaks if peak.arm == arm]
        both = sum(p.transaminase >= TRANSAMINASE and p.bilirubin >= BILIRUBIN for p in peaks)
        only = sum(p.transaminase >= TRANSAMINASE and p.bilirubin < BILIRUBIN for p in peaks)
        yield (
            f"{arm}: participants {len(peaks)}, at or above both limits {both}, at or above that of"
            f" transaminase alone {only}."
        )
    if figure.without:
        yield f"Participants without one of the two: {figure.without}."
