"""Displays cut into pages: texts are wrapped, lines counted, heads repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
RULES = 10.0  # what the rules of a table take
FULL = 0.75  # of a page, that a page which ends before a group of lines has at least
NO_RECORD = "No record meets the condition."

Lines = tuple[str, ...]  # of one cell


@dataclass(frozen=True)
class BodyLine:
    """A line of the body: the wrapped text of each column."""

    texts: tuple[Lines, ...]
    indent: int = 0
    is_heading: bool = False
    label: str = ""  # of a table

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
    2. A heading never ends a page, and a page of a table ends where a group of lines does, if that leaves at
       least three quarters of it; the labels of a group that goes on are repeated.
    3. A figure has one page.

    Takes     a display with its results.
    """
    if isinstance(content, Drawn):
        return [Page(content, (), (), (), _footnotes(content), is_first=True)]
    page = whole(content)
    room = HEIGHT - TOP - FOOT - LEADING * (max(map(len, page.heads)) + len(page.footnotes)) - RULES
    parts = _parts(page.body, room, page.widths[0])
    return [replace(page, body=part, is_first=i == 0) for i, part in enumerate(parts)]


def whole(content: Table | Listed) -> Page:
    """A table or listing before it is cut: all its lines, as if there were room for them on one page."""
    widths, heads, body = _table(content) if isinstance(content, Table) else _listing(content)
    return Page(content, widths, heads, tuple(body), _footnotes(content), is_first=True)


def _footnotes(content: Content) -> Lines:
    """The footnotes in lines as wide as the page."""
    return tuple(line for text in content.display.footnotes for line in wrapped(text, pdf.TEXT, ROOM))


def _parts(body: Sequence[BodyLine], room: float, of_label: float) -> Iterator[tuple[BodyLine, ...]]:
    """The lines of each page."""
    start = 0
    while start < len(body):
        above = _continued(body, start, of_label)
        end = _end(body, start, room - sum(line.height for line in above))
        yield (*above, *body[start:end])
        start = end
    if not body:
        yield ()


def _end(body: Sequence[BodyLine], start: int, room: float) -> int:
    """The line before which a page ends: of those that leave it full enough and do not part a heading from
    what it heads, the last with the least indent.
    """
    full = start
    used = {start: 0.0}  # by the line before which a page would end
    while full < len(body) and (full == start or used[full] + body[full].height <= room):
        used[full + 1] = used[full] + body[full].height
        full += 1
    if full == len(body):
        return full
    full_enough = [end for end in used if end > start and used[end] >= FULL * used[full]]
    ends = [end for end in full_enough if not body[end - 1].is_heading]
    return max(ends, key=lambda end: (-body[end].indent, end), default=full)


def _continued(body: Sequence[BodyLine], start: int, of_label: float) -> list[BodyLine]:
    """The labels under which the first line of a page stands, repeated from the page before."""
    above: list[BodyLine] = []
    indent, place = body[start].indent, start
    while indent:
        place -= 1
        line = body[place]
        if line.indent < indent:
            indent = line.indent
            room = of_label - GAP - INDENT * indent
            label = wrapped(f"{line.label} (continued)", pdf.TEXT, room)
            above.append(replace(line, texts=(label, *[()] * (len(line.texts) - 1)), is_heading=True))
    return above[::-1]


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
        body.append(BodyLine((label, *cells), line.indent, not line.cells, line.label))
    return widths, heads, body


def _listing(listed: Listed) -> tuple[tuple[float, ...], tuple[Lines, ...], list[BodyLine]]:
    """Columns as wide as their texts need; where there is too little room, long texts are wrapped."""
    columns = list(zip(*listed.records, strict=True)) or [()] * len(listed.heads)
    needed = [_needed(head, texts) for head, texts in zip(listed.heads, columns, strict=True)]
    of_words = [_longest_word(head, texts) for head, texts in zip(listed.heads, columns, strict=True)]
    widths = _shared(needed, of_words, ROOM - GAP * len(needed))
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


def _longest_word(head: str, texts: Sequence[str]) -> float:
    """The width of the longest word of a column, which is not broken where there is room for it."""
    words = {word for text in {*texts} for word in text.split()}
    of_head = [width(word, pdf.BOLD) for word in head.split()]
    return max([*of_head, *(width(word, pdf.TEXT) for word in words)], default=0.0) + 1


def _shared(needed: Sequence[float], least: Sequence[float], room: float) -> list[float]:
    """Widths within the room. Each column has its longest word, if there is room for those of all; what needs
    no more than its share of the rest has it, and the others share what is left.
    """
    if sum(least) > room:
        least = [0.0] * len(needed)
    more = {i: whole - word for i, (whole, word) in enumerate(zip(needed, least, strict=True))}
    rest = room - sum(least)
    narrow: dict[int, float] = {}
    while True:
        share = (rest - sum(narrow.values())) / max(1, len(more) - len(narrow))
        found = {i: w for i, w in more.items() if i not in narrow and w <= share}
        if not found:
            break
        narrow |= found
    return [least[i] + narrow.get(i, share) for i in more]


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
