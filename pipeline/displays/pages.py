"""Displays cut into pages: texts are wrapped, lines counted, heads repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase.pdfmetrics import stringWidth

from pipeline.displays.content import Content, Drawn, Listed, Table
from pipeline.formats import pdf

WIDTH, HEIGHT = landscape(A4)
MARGIN = 42.0
ROOM = WIDTH - 2 * MARGIN
SIZE, LEADING = 8.0, 10.5
GAP = 8.0  # between columns
INDENT = 11.0
TOP = 100.0  # of the page down to the heads: study, number, title, population
FOOT = 62.0  # program, cut-off, synthetic
NO_RECORD = "No record meets the condition."

Lines = tuple[str, ...]  # of one cell


@dataclass(frozen=True)
class BodyLine:
    """A line of the body: the wrapped text of each column."""

    texts: tuple[Lines, ...]
    indent: int = 0
    is_heading: bool = False

    @property
    def height(self) -> float:
        return LEADING * max(len(lines) for lines in self.texts) + 1.5


@dataclass(frozen=True)
class Page:
    """One page of a display."""

    content: Content
    widths: tuple[float, ...]
    heads: tuple[Lines, ...]
    body: tuple[BodyLine, ...]
    footnotes: Lines
    is_first: bool


def pages(content: Content) -> list[Page]:
    """The pages of a display.

    1. Each page has the heads and the footnotes.
    2. A heading never ends a page.
    3. A figure has one page.

    Takes     a display with its results.
    """
    if isinstance(content, Drawn):
        return [Page(content, (), (), (), _footnotes(content), is_first=True)]
    widths, heads, body = _table(content) if isinstance(content, Table) else _listing(content)
    footnotes = _footnotes(content)
    room = HEIGHT - TOP - FOOT - LEADING * (max(map(len, heads)) + len(footnotes)) - 30
    parts = list(_parts(body, room))
    return [Page(content, widths, heads, part, footnotes, i == 0) for i, part in enumerate(parts)]


def _footnotes(content: Content) -> Lines:
    """The footnotes in lines as wide as the page."""
    return tuple(line for text in content.display.footnotes for line in wrapped(text, pdf.TEXT, ROOM))


def _parts(body: Sequence[BodyLine], room: float) -> Iterator[tuple[BodyLine, ...]]:
    """The lines of each page."""
    start, used = 0, 0.0
    for i, line in enumerate(body):
        if used + line.height > room and i > start:
            end = i
            while end > start + 1 and body[end - 1].is_heading:
                end -= 1
            yield tuple(body[start:end])
            start, used = end, sum(moved.height for moved in body[end:i])
        used += line.height
    yield tuple(body[start:])


def _table(table: Table) -> tuple[tuple[float, ...], tuple[Lines, ...], list[BodyLine]]:
    of_label = ROOM * (0.42 if len(table.columns) < 5 else 0.30)
    of_column = (ROOM - of_label) / len(table.columns)
    widths = (of_label, *[of_column] * len(table.columns))
    heads = ((), *(_head(column.head, of_column - GAP) for column in table.columns))
    body = []
    for line in table.lines:
        label = wrapped(line.label, pdf.TEXT, of_label - GAP - INDENT * line.indent)
        texts = [line.cells[c].text if c in line.cells else "" for c in table.columns]
        cells = [wrapped(text, pdf.TEXT, of_column - GAP) for text in texts]
        body.append(BodyLine((label, *cells), line.indent, not line.cells))
    return widths, heads, body


def _listing(listed: Listed) -> tuple[tuple[float, ...], tuple[Lines, ...], list[BodyLine]]:
    """Columns as wide as their texts need; where there is too little room, long texts are wrapped."""
    columns = list(zip(*listed.records, strict=True)) or [()] * len(listed.heads)
    needed = [_needed(head, texts) for head, texts in zip(listed.heads, columns, strict=True)]
    widths = _shared(needed, ROOM - GAP * len(needed))
    heads = tuple(_head(head, width) for head, width in zip(listed.heads, widths, strict=True))
    body = [
        BodyLine(tuple(wrapped(text, pdf.TEXT, w) for text, w in zip(record, widths, strict=True)))
        for record in listed.records
    ]
    if not body:
        body = [BodyLine(((NO_RECORD,), *[()] * (len(heads) - 1)))]
    return tuple(width + GAP for width in widths), heads, body


def _needed(head: str, texts: Sequence[str]) -> float:
    """The width of the widest text of a column, or of the widest word of its head."""
    words = [width(word, pdf.BOLD) for word in head.split()]
    return max([*words, *(width(text, pdf.TEXT) for text in {*texts})]) + 1


def _shared(needed: Sequence[float], room: float) -> list[float]:
    """Widths within the room: what needs less than its share has what it needs, and the others share the
    rest.
    """
    widths = dict(enumerate(needed))
    narrow: dict[int, float] = {}
    while True:
        share = (room - sum(narrow.values())) / max(1, len(widths) - len(narrow))
        found = {i: w for i, w in widths.items() if i not in narrow and w <= share}
        if not found:
            break
        narrow |= found
    return [narrow.get(i, share) for i in widths]


def _head(text: str, room: float) -> Lines:
    return tuple(line for part in text.split("\n") for line in wrapped(part, pdf.BOLD, room))


@lru_cache(maxsize=100_000)
def wrapped(text: str, font: str, room: float) -> Lines:
    """A text in lines that fit into a width; a word that does not fit is broken.

    Takes     the text; its font; the width in points.
    """
    lines: list[str] = []
    current = ""
    for word in text.split():
        longer = f"{current} {word}" if current else word
        if width(longer, font) <= room:
            current = longer
            continue
        if current:
            lines.append(current)
        while width(word, font) > room and len(word) > 1:
            fitting = next((n for n in range(len(word) - 1, 0, -1) if width(word[:n], font) <= room), 1)
            lines.append(word[:fitting])
            word = word[fitting:]  # noqa: PLW2901  what is left of it
        current = word
    return (*lines, current) if current else tuple(lines)


@lru_cache(maxsize=100_000)
def width(text: str, font: str) -> float:
    """The width of a text in points."""
    pdf.fonts()
    return float(sum(stringWidth(piece, name, SIZE) for name, piece in pdf.runs(text, font)))
