"""The displays as one PDF file: contents, bookmarks, and a page or more for each display."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from io import BytesIO
from math import ceil
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from pipeline.displays import pages as cut
from pipeline.displays.content import Content, Drawn, Listed
from pipeline.displays.pages import (
    FOOT,
    GAP,
    HEIGHT,
    INDENT,
    LEADING,
    MARGIN,
    ROOM,
    SIZE,
    TOP,
    WIDTH,
    Lines,
    Page,
)
from pipeline.formats import pdf
from pipeline.formats.drawing.pdf import draw
from pipeline.study import Study

CONTENTS = "Contents"
_ENTRIES = 36  # of a page of contents
SECTIONS = {
    "14.1": "Participants",
    "14.2": "Efficacy",
    "14.3": "Safety",
    "16.2": "Listings of Participants",
}


def write(study: Study, title: str, contents: Sequence[Content], path: Path) -> None:
    """Writes the displays, each from a page of its own, with contents, bookmarks and named destinations.

    The same results give the same bytes: the stamps are the declared build time.

    Takes     the study; the title of the book; displays with their results; the file.
    """
    protocol = study.protocol
    header = pdf.Header(protocol.id, title, protocol.sponsor, protocol.declared_build_time)
    pdf.fonts()
    output = BytesIO()
    canvas = Canvas(output, pagesize=(WIDTH, HEIGHT), invariant=1, initialFontName=pdf.TEXT)
    pdf.stamp(canvas, header)
    canvas.showOutline()
    pages = [page for content in contents for page in cut.pages(content)]
    of_contents = ceil(len(contents) / _ENTRIES)
    total = of_contents + len(pages)
    starts = {p.content.display.id: of_contents + n for n, p in enumerate(pages, start=1) if p.is_first}
    _contents(canvas, study, title, contents, starts, total)
    section = ""
    for number, page in enumerate(pages, start=of_contents + 1):
        section = _bookmark(canvas, page, section)
        _frame(canvas, study, number, total, f"specs/displays.yaml, {page.content.display.id}")
        _draw(canvas, page)
        canvas.showPage()
    pdf.name_destinations(canvas, starts)
    canvas.save()
    path.write_bytes(pdf.with_fixed_identifier(output.getvalue(), header))


def _bookmark(canvas: Canvas, page: Page, section: str) -> str:
    """The bookmark of a display on its first page, below that of its section; returns the section."""
    if not page.is_first:
        return section
    display = page.content.display
    found = ".".join(display.number.split(".")[:2])
    canvas.bookmarkPage(display.id)
    if found != section:
        canvas.addOutlineEntry(f"{found} {SECTIONS.get(found, '')}".strip(), display.id, 0)
    canvas.addOutlineEntry(f"{display.name} {display.title}", display.id, 1)
    return found


def _contents(
    canvas: Canvas, study: Study, title: str, contents: Sequence[Content], starts: dict[str, int], total: int
) -> None:
    for number, first in enumerate(range(0, len(contents), _ENTRIES), start=1):
        if number == 1:
            canvas.bookmarkPage(CONTENTS)
            canvas.addOutlineEntry(CONTENTS, CONTENTS, 0)
        _frame(canvas, study, number, total, "specs/displays.yaml")
        _text(canvas, MARGIN, HEIGHT - 66, title, pdf.BOLD, 12)
        y = HEIGHT - 90
        for content in contents[first : first + _ENTRIES]:
            display = content.display
            page = str(starts[display.id])
            _text(canvas, MARGIN, y, display.name, pdf.TEXT)
            _text(canvas, MARGIN + 100, y, cut.wrapped(display.title, pdf.TEXT, ROOM - 150)[0], pdf.TEXT)
            _text(canvas, WIDTH - MARGIN - cut.width(page, pdf.TEXT), y, page, pdf.TEXT)
            canvas.linkRect("", display.id, (MARGIN, y - 3, WIDTH - MARGIN, y + 8), relative=0, thickness=0)
            y -= 12
        canvas.showPage()


def _frame(canvas: Canvas, study: Study, number: int, total: int, program: str) -> None:
    """What stands on each page: study, page number, program, cut-off, and that the data are synthetic."""
    protocol = study.protocol
    page = f"Page {number} of {total}"
    _text(canvas, MARGIN, HEIGHT - 34, f"{protocol.id} ({protocol.protocol}), {protocol.sponsor}", pdf.TEXT)
    _text(canvas, WIDTH - MARGIN - cut.width(page, pdf.TEXT), HEIGHT - 34, page, pdf.TEXT)
    cutoff = f"Data cut-off: {protocol.cutoff.isoformat()}"
    version = metadata.version("cdisc-pipeline")
    _text(canvas, MARGIN, 40, f"Program: cdisc-pipeline {version}, {program}", pdf.TEXT)
    _text(canvas, WIDTH - MARGIN - cut.width(cutoff, pdf.TEXT), 40, cutoff, pdf.TEXT)
    _text(canvas, MARGIN, 28, protocol.synthetic, pdf.TEXT)


def _draw(canvas: Canvas, page: Page) -> None:
    display = page.content.display
    name = display.name if page.is_first else f"{display.name} (continued)"
    y = HEIGHT - 54
    for text, font in ((name, pdf.BOLD), (display.title, pdf.BOLD), (page.content.population, pdf.TEXT)):
        _text(canvas, (WIDTH - cut.width(text, font)) / 2, y, text, font)
        y -= 12
    if isinstance(page.content, Drawn):
        _figure(canvas, page.content, page.footnotes)
        return
    is_listing = isinstance(page.content, Listed)
    y = HEIGHT - TOP
    _rule(canvas, y + LEADING)
    deepest = max(map(len, page.heads))
    _cells(canvas, page, tuple((*[""] * (deepest - len(h)), *h) for h in page.heads), y, pdf.BOLD, is_listing)
    y -= LEADING * deepest
    _rule(canvas, y + LEADING - 3)
    y -= 4
    for line in page.body:
        _cells(canvas, page, line.texts, y, pdf.TEXT, is_listing, INDENT * line.indent)
        y -= line.height
    _rule(canvas, y + LEADING - 3)
    y = _footnotes(canvas, page.footnotes, y - 3)
    assert y > FOOT - 2 * LEADING, "the room of a page is counted when it is cut"


def _figure(canvas: Canvas, figure: Drawn, footnotes: Lines) -> None:
    """The drawing in the middle of the page, made smaller where the footnotes need the room."""
    room = HEIGHT - TOP - FOOT + LEADING - LEADING * len(footnotes)
    drawing = figure.drawing
    scale = min(1.0, ROOM / drawing.width, room / drawing.height)
    bottom = HEIGHT - TOP + LEADING - scale * drawing.height
    draw(canvas, drawing, (WIDTH - scale * drawing.width) / 2, bottom, scale)
    _footnotes(canvas, footnotes, bottom - LEADING)


def _footnotes(canvas: Canvas, footnotes: Lines, y: float) -> float:
    """Sets the footnotes from a height down; returns the height below them."""
    for footnote in footnotes:
        _text(canvas, MARGIN, y, footnote, pdf.TEXT)
        y -= LEADING
    return y


def _cells(
    canvas: Canvas,
    page: Page,
    texts: tuple[Lines, ...],
    y: float,
    font: str,
    is_listing: bool,
    indent: float = 0,
) -> None:
    """The texts of one line: labels and listings from the left, numbers in the middle of their column."""
    x = MARGIN
    for column, (lines, width) in enumerate(zip(texts, page.widths, strict=True)):
        for n, line in enumerate(lines):
            start = x + indent if column == 0 or is_listing else x + (width - GAP - cut.width(line, font)) / 2
            _text(canvas, start, y - n * LEADING, line, font)
        x += width
        indent = 0


def _text(canvas: Canvas, x: float, y: float, text: str, font: str, size: float = SIZE) -> None:
    for name, piece in pdf.runs(text, font):
        canvas.setFont(name, size)
        canvas.drawString(x, y, piece)
        x += cut.width(piece, name) * size / SIZE


def _rule(canvas: Canvas, y: float) -> None:
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, y, WIDTH - MARGIN, y)
