"""A reviewer's guide as PDF: numbered headings, contents with links, bookmarks, tables whose head is repeated
on each page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.tableofcontents import TableOfContents

from pipeline.formats import pdf
from pipeline.publish.guides.content import Guide, Listing, Section
from pipeline.study.models import Protocol

_WIDTH, _HEIGHT = A4
_MARGIN, _TOP, _FOOT = 54, 62, 54
_ROOM = _WIDTH - 2 * _MARGIN
_CELL, _PAD = 7.5, 4
_SHORT = 8  # rows of a table that is not parted
_HEAD, _RULE, _BAND = (colors.HexColor(c) for c in ("#dde3ea", "#9aa5b1", "#f6f8fa"))
_BELOW = {
    1: 130,
    2: 40,
    3: 10,
}  # room that a heading needs beyond what stands right below it, for the headings to come
_LEVELS = {1: (15, 20), 2: (12, 14), 3: (10.5, 10)}  # of headings: size of the font, space above


def write(guide: Guide, protocol: Protocol) -> bytes:
    """The guide as a PDF file; the same guide gives the same bytes.

    Raises    SpecError for a character that the fonts do not have.
    Source    FDA Portable Document Format Specifications (contents, bookmarks, embedded fonts).
    """
    content = BytesIO()
    pdf.fonts()
    document = _Document(content, guide, protocol)
    document.multiBuild(list(_story(guide, protocol)))
    return pdf.fixed(content.getvalue(), protocol, guide.title)


class _Document(BaseDocTemplate):  # type: ignore[misc]  # the library has no types
    """Pages with a line at head and foot; tells each heading to contents and bookmarks."""

    def __init__(self, content: BytesIO, guide: Guide, protocol: Protocol) -> None:
        super().__init__(content, pagesize=A4, invariant=1, initialFontName=pdf.TEXT)
        self.guide = guide
        self.protocol = protocol
        frame = Frame(_MARGIN, _FOOT, _ROOM, _HEIGHT - _TOP - _FOOT, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self.page))

    def page(self, canvas: Canvas, _: Any) -> None:
        if canvas.getPageNumber() == 1:
            pdf.stamped(canvas, self.protocol, self.guide.title)
            canvas.showOutline()
        canvas.setFont(pdf.TEXT, 7.5)
        canvas.setFillColor(colors.HexColor("#5b6673"))
        canvas.drawString(_MARGIN, _HEIGHT - 40, f"Study {self.protocol.id}: {self.guide.title}")
        canvas.drawString(_MARGIN, 32, self.protocol.synthetic)
        canvas.drawRightString(_WIDTH - _MARGIN, 32, f"Page {canvas.getPageNumber()}")
        canvas.setStrokeColor(_RULE)
        canvas.setLineWidth(0.4)
        canvas.line(_MARGIN, _HEIGHT - 46, _WIDTH - _MARGIN, _HEIGHT - 46)

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  the library's name
        section: Section | None = getattr(flowable, "section", None)
        if section:
            self.canv.bookmarkPage(section.id)
            self.canv.addOutlineEntry(
                section.heading, section.id, section.level - 1, closed=section.level > 1
            )
            self.notify(
                "TOCEntry", (section.level - 1, pdf.marked(section.heading), self.page_number(), section.id)
            )

    def page_number(self) -> int:
        return int(self.canv.getPageNumber())


def _story(guide: Guide, protocol: Protocol) -> Iterator[Flowable]:
    title = ParagraphStyle("title", fontName=pdf.BOLD, fontSize=19, leading=24)
    yield Spacer(0, 30)
    yield Paragraph(pdf.marked(guide.title, pdf.BOLD), title)
    yield Spacer(0, 6)
    for line in (f"Study {protocol.id} ({protocol.protocol})", protocol.title, protocol.sponsor):
        yield Paragraph(pdf.marked(line), _text())
    yield Spacer(0, 22)
    yield Paragraph("Contents", _heading(2))
    yield _contents()
    yield PageBreak()
    for section in guide.sections:
        whole = list(_section(section))
        short = (
            section.level == 3 and sum(len(p.rows) for p in section.parts if isinstance(p, Listing)) <= _SHORT
        )
        yield CondPageBreak(_needed(section, whole))
        yield from [KeepTogether(whole)] if short else whole


def _section(section: Section) -> Iterator[Flowable]:
    heading = Paragraph(pdf.marked(section.heading, pdf.BOLD), _heading(section.level))
    heading.section = section
    yield heading
    for part in section.parts:
        if isinstance(part, Listing):
            yield _table(part)
            yield Spacer(0, 8)
        else:
            yield Paragraph(pdf.marked(part.text), _text())


def _needed(section: Section, whole: list[Flowable]) -> float:
    """Room for a heading and the beginning of what stands below it: its first paragraphs, and of a table its
    head and first row.
    """
    high = float(_BELOW[section.level])
    for flowable in whole:
        _, height = flowable.wrap(_ROOM, _HEIGHT)
        if isinstance(flowable, Table):
            return high + float(sum(flowable._rowHeights[:4]))
        high += height
    return high


def _contents() -> TableOfContents:
    contents = TableOfContents()
    contents.dotsMinLevel = 0
    contents.tableStyle = TableStyle([
        ("FONT", (0, 0), (-1, -1), pdf.TEXT, 9),  # the library's own would be named and not embedded
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ])  # fmt: skip
    contents.levelStyles = [
        ParagraphStyle(
            f"contents{n}",
            fontName=pdf.TEXT,
            fontSize=size,
            leading=size * 1.32,
            leftIndent=indent,
            spaceBefore=above,
        )
        for n, (size, indent, above) in enumerate(((9.5, 0, 3), (9, 14, 0), (8.5, 30, 0)))
    ]
    return contents


@lru_cache(maxsize=8)
def _heading(level: int) -> ParagraphStyle:
    size, above = _LEVELS[level]
    return ParagraphStyle(
        f"heading{level}",
        fontName=pdf.BOLD,
        fontSize=size,
        leading=size * 1.25,
        spaceBefore=above,
        spaceAfter=5,
    )


@lru_cache(maxsize=1)
def _text() -> ParagraphStyle:
    return ParagraphStyle("text", fontName=pdf.TEXT, fontSize=9.5, leading=13, spaceAfter=5)


def _table(listing: Listing) -> Table:
    """The caption and the names of columns above the rows; both are repeated where the table goes on."""
    cell = ParagraphStyle(
        "cell", fontName=pdf.TEXT, fontSize=_CELL, leading=_CELL * 1.22, embeddedHyphenation=1
    )
    number = ParagraphStyle("number", parent=cell, alignment=2)
    head = ParagraphStyle("head", parent=cell, fontName=pdf.BOLD)
    numeric = [
        all(row[c].replace(",", "").removeprefix("-").isdigit() for row in listing.rows if row[c])
        for c in range(len(listing.head))
    ]
    rows: list[list[Any]] = [
        [Paragraph(f"{pdf.marked(listing.caption)}", cell), *[""] * (len(listing.head) - 1)]
    ]
    rows.append([Paragraph(pdf.marked(t, pdf.BOLD), head) for t in listing.head])
    rows += [
        [Paragraph(pdf.marked(t), number if numeric[c] else cell) if t else "" for c, t in enumerate(row)]
        for row in listing.rows
    ]
    look = [
        ("SPAN", (0, 0), (-1, 0)),
        ("GRID", (0, 1), (-1, -1), 0.4, _RULE),
        ("BACKGROUND", (0, 1), (-1, 1), _HEAD),
        ("ROWBACKGROUNDS", (0, 2), (-1, -1), (colors.white, _BAND)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONT", (0, 0), (-1, -1), pdf.TEXT, _CELL, _CELL * 1.22),
        ("LEFTPADDING", (0, 0), (-1, -1), _PAD),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PAD),
        ("LEFTPADDING", (0, 0), (-1, 0), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    return Table(rows, colWidths=_widths(listing), style=look, repeatRows=2, hAlign="LEFT")


def _widths(listing: Listing) -> list[float]:
    """Widths of columns: as wide as the text where there is room; else no word is broken, and what is left
    goes to the longer texts.
    """
    least, wanted, unbroken = [], [], []
    for c, name in enumerate(listing.head):
        texts = {row[c] for row in listing.rows}
        words = {w for t in texts for w in re.split(r"\s|(?<=-)", t)}
        longest = max((stringWidth(w, pdf.TEXT, _CELL) for w in words), default=0.0)
        title = max(stringWidth(w, pdf.BOLD, _CELL) for w in name.split())
        whole = max((stringWidth(t, pdf.TEXT, _CELL) for t in texts), default=0.0)
        least.append(min(max(longest, title), 0.3 * _ROOM) + 2 * _PAD + 1)
        wanted.append(max(whole + 2 * _PAD + 1, least[-1]))
        unbroken.append(max(wanted[-1], stringWidth(name, pdf.BOLD, _CELL) + 2 * _PAD + 1))
    for fits in (unbroken, wanted):
        if sum(fits) <= _ROOM:
            return fits
    spare = _ROOM - sum(least)
    if spare <= 0:
        return [w * _ROOM / sum(least) for w in least]
    more = [(w - m) ** 0.5 for w, m in zip(wanted, least, strict=True)]
    return [m + spare * s / sum(more) for m, s in zip(least, more, strict=True)]
