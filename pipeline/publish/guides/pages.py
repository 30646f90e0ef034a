"""A reviewer's guide as PDF: numbered headings, contents with links, bookmarks, tables whose head is repeated
on each page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
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
_LINE = _CELL * 1.22
_SHORT = 8  # rows of a table that is kept on one page
_HEAD, _RULE, _BAND, _FAINT = (colors.HexColor(c) for c in ("#dde3ea", "#9aa5b1", "#f6f8fa", "#5b6673"))
# By level of heading: the room it needs beyond its first paragraphs, for the headings to come; the size of
# the
# font and the space above.
_ROOM_BELOW = {1: 130, 2: 40, 3: 10}
_LEVELS = {1: (15, 20), 2: (12, 14), 3: (10.5, 10)}
_CONTENTS = ((9.5, 0, 3), (9, 14, 0), (8.5, 30, 0))  # size, indent and space above of each level


def write(guide: Guide, protocol: Protocol) -> bytes:
    """The guide as a PDF file; the same guide gives the same bytes.

    Raises    SpecError for a character that the fonts do not have.
    Source    FDA Portable Document Format Specifications (contents, bookmarks, embedded fonts).
    """
    content = BytesIO()
    header = pdf.Header(protocol.id, guide.title, protocol.sponsor, protocol.declared_build_time)
    pdf.fonts()
    document = _Document(content, header, protocol.synthetic)
    document.multiBuild(list(_story(guide, protocol)))
    return pdf.with_fixed_identifier(content.getvalue(), header)


class _Document(BaseDocTemplate):  # type: ignore[misc]  # the library has no types
    """Pages with a line at head and foot; passes each heading on to the contents and the bookmarks."""

    def __init__(self, content: BytesIO, header: pdf.Header, notice: str) -> None:
        super().__init__(content, pagesize=A4, invariant=1, initialFontName=pdf.TEXT)
        self.header = header
        self.notice = notice
        frame = Frame(_MARGIN, _FOOT, _ROOM, _HEIGHT - _TOP - _FOOT, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self.page))

    def page(self, canvas: Canvas, _: Any) -> None:
        if canvas.getPageNumber() == 1:
            pdf.stamp(canvas, self.header)
            canvas.showOutline()
        canvas.setFont(pdf.TEXT, 7.5)
        canvas.setFillColor(_FAINT)
        canvas.drawString(_MARGIN, _HEIGHT - 40, f"Study {self.header.study}: {self.header.title}")
        canvas.drawString(_MARGIN, 32, self.notice)
        canvas.drawRightString(_WIDTH - _MARGIN, 32, f"Page {canvas.getPageNumber()}")
        canvas.setStrokeColor(_RULE)
        canvas.setLineWidth(0.4)
        canvas.line(_MARGIN, _HEIGHT - 46, _WIDTH - _MARGIN, _HEIGHT - 46)

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  the library's name
        section: Section | None = getattr(flowable, "section", None)
        if section:
            level = section.level - 1
            self.canv.bookmarkPage(section.id)
            self.canv.addOutlineEntry(section.heading, section.id, level, closed=level > 0)
            self.notify("TOCEntry", _entry(section, int(self.canv.getPageNumber())))


def _story(guide: Guide, protocol: Protocol) -> Iterator[Flowable]:
    title = ParagraphStyle("title", fontName=pdf.BOLD, fontSize=19, leading=24)
    yield Spacer(0, 30)
    yield pdf.Paragraph(pdf.marked(guide.title, pdf.BOLD), title)
    yield Spacer(0, 6)
    for line in (f"Study {protocol.id} ({protocol.protocol})", protocol.title, protocol.sponsor):
        yield pdf.Paragraph(pdf.marked(line), _text())
    yield Spacer(0, 22)
    yield pdf.Paragraph("Contents", _heading(2))
    yield _contents(guide.sections)
    yield PageBreak()
    for section in guide.sections:
        flowables = list(_section(section))
        rows = sum(len(part.rows) for part in section.parts if isinstance(part, Listing))
        yield CondPageBreak(_room_needed(section, flowables))
        if section.level == 3 and rows <= _SHORT:
            yield KeepTogether(flowables)
        else:
            yield from flowables


def _section(section: Section) -> Iterator[Flowable]:
    heading = pdf.Paragraph(pdf.marked(section.heading, pdf.BOLD), _heading(section.level))
    heading.section = section
    yield heading
    for part in section.parts:
        if isinstance(part, Listing):
            yield _table(part)
            yield Spacer(0, 8)
        else:
            yield pdf.Paragraph(pdf.marked(part.text), _text())


def _room_needed(section: Section, flowables: list[Flowable]) -> float:
    """Room for a heading and the beginning of its section: its first paragraphs, and the head and first row
    of a table.
    """
    needed = float(_ROOM_BELOW[section.level])
    for flowable in flowables:
        _, height = flowable.wrap(_ROOM, _HEIGHT)
        if isinstance(flowable, Table):
            return needed + float(sum(flowable._rowHeights[:4]))
        needed += height
    return needed


def _contents(sections: Iterable[Section]) -> TableOfContents:
    contents = TableOfContents()
    # The headings before their pages are known: the contents take their room from the first pass on, so the
    # second has every page right, and there is no third.
    contents.addEntries(_entry(section, 0) for section in sections)
    contents.dotsMinLevel = 0
    look = [
        ("FONT", (0, 0), (-1, -1), pdf.TEXT, 9),  # the library's own would be named and not embedded
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
    contents.tableStyle = TableStyle(look)
    styles = []
    for n, (size, indent, above) in enumerate(_CONTENTS):
        style = ParagraphStyle(f"contents{n}", fontName=pdf.TEXT, fontSize=size, leading=size * 1.32)
        style.leftIndent, style.spaceBefore = indent, above
        styles.append(style)
    contents.levelStyles = styles
    return contents


def _entry(section: Section, page: int) -> tuple[int, str, int, str]:
    """A line of the contents: the level of the heading, its text and page, and where its link leads."""
    return section.level - 1, pdf.marked(section.heading), page, section.id


@lru_cache(maxsize=8)
def _heading(level: int) -> ParagraphStyle:
    size, above = _LEVELS[level]
    style = ParagraphStyle(f"heading{level}", fontName=pdf.BOLD, fontSize=size, leading=size * 1.25)
    style.spaceBefore, style.spaceAfter = above, 5
    return style


@lru_cache(maxsize=1)
def _text() -> ParagraphStyle:
    return ParagraphStyle("text", fontName=pdf.TEXT, fontSize=9.5, leading=13, spaceAfter=5)


def _table(listing: Listing) -> Table:
    """The caption and the names of columns above the rows; both are repeated where the table goes on."""
    columns = range(len(listing.head))
    numeric = [_is_numeric([row[c] for row in listing.rows]) for c in columns]
    rows: list[list[Any]] = [
        [_cell(listing.caption), *[""] * (len(listing.head) - 1)],
        [_cell(name, pdf.BOLD) for name in listing.head],
    ]
    for row in listing.rows:
        texts = zip(row, numeric, strict=True)
        rows.append([_cell(text, on_the_right=number) if text else "" for text, number in texts])
    look = [
        ("SPAN", (0, 0), (-1, 0)),
        ("GRID", (0, 1), (-1, -1), 0.4, _RULE),
        ("BACKGROUND", (0, 1), (-1, 1), _HEAD),
        ("ROWBACKGROUNDS", (0, 2), (-1, -1), (colors.white, _BAND)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONT", (0, 0), (-1, -1), pdf.TEXT, _CELL, _LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), _PAD),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PAD),
        ("LEFTPADDING", (0, 0), (-1, 0), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    return Table(rows, colWidths=_widths(listing), style=look, repeatRows=2, hAlign="LEFT")


@lru_cache(maxsize=4096)
def _cell(text: str, font: str = pdf.TEXT, on_the_right: bool = False) -> pdf.Paragraph:
    """A text in a cell; the tables of both layers and of each edition say much the same."""
    style = ParagraphStyle("cell", fontName=font, fontSize=_CELL, leading=_LINE, embeddedHyphenation=1)
    style.alignment = TA_RIGHT if on_the_right else TA_LEFT
    return pdf.Paragraph(pdf.marked(text, font), style)


def _is_numeric(texts: list[str]) -> bool:
    return all(text.replace(",", "").removeprefix("-").isdigit() for text in texts if text)


def _widths(listing: Listing) -> list[float]:
    """Widths of columns: as wide as the text where there is room; else no word is broken, and what is left
    goes to the longer texts.
    """
    least, on_one_line, with_head_on_one_line = [], [], []
    for c, name in enumerate(listing.head):
        texts = {row[c] for row in listing.rows}
        words = {word for text in texts for word in re.split(r"\s|(?<=-)", text)}
        longest_word = max((stringWidth(word, pdf.TEXT, _CELL) for word in words), default=0.0)
        longest_text = max((stringWidth(text, pdf.TEXT, _CELL) for text in texts), default=0.0)
        head_word = max(stringWidth(word, pdf.BOLD, _CELL) for word in name.split())
        padding = 2 * _PAD + 1
        least.append(min(max(longest_word, head_word), 0.3 * _ROOM) + padding)
        on_one_line.append(max(longest_text + padding, least[-1]))
        with_head_on_one_line.append(max(on_one_line[-1], stringWidth(name, pdf.BOLD, _CELL) + padding))
    for widths in (with_head_on_one_line, on_one_line):
        if sum(widths) <= _ROOM:
            return widths
    spare = _ROOM - sum(least)
    if spare <= 0:
        return [width * _ROOM / sum(least) for width in least]
    # The root gives a text ten times as long about three times as much of the room that is left.
    shares = [(wide - narrow) ** 0.5 for wide, narrow in zip(on_one_line, least, strict=True)]
    return [width + spare * share / sum(shares) for width, share in zip(least, shares, strict=True)]
