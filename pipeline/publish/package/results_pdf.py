"""The results of the analyses as PDF: one page per display, for define.xml to refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from pipeline.errors import SpecError
from pipeline.formats import pdf
from pipeline.study import Study
from pipeline.study.analyses import Display

TITLE = "Results of the Analyses"
Row = tuple[str, str, str]  # group, statistic, what is shown
_WIDTH, _HEIGHT = A4
_MARGIN, _FOOT = 42, 60
_ROOM = _WIDTH - 2 * _MARGIN
_SIZE = 9.0
_COLUMNS = (0.30, 0.40, 0.30)
_HEAD, _RULE = colors.HexColor("#dde3ea"), colors.HexColor("#9aa5b1")


def pages(study: Study) -> dict[str, int]:
    """Number of the page of each display, the first being 1.

    Takes     a study.
    Returns   display to page number.
    """
    return {display.id: number for number, display in enumerate(study.analyses, start=1)}


def write(study: Study, rows: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Writes each display on a page of its own, with bookmarks.

    The same results give the same bytes: the stamps are the declared build time.

    Takes     the rows of each result by its id.
    Raises    SpecError where a display does not fit on one page.
    """
    content = BytesIO()
    protocol = study.protocol
    header = pdf.Header(protocol.id, TITLE, protocol.sponsor, protocol.declared_build_time)
    pdf.fonts()
    canvas = Canvas(content, pagesize=A4, invariant=1, initialFontName=pdf.TEXT)
    pdf.stamp(canvas, header)
    canvas.showOutline()
    for number, display in enumerate(study.analyses, start=1):
        _draw(canvas, study, display, rows, number)
    canvas.save()
    path.write_bytes(pdf.with_fixed_identifier(content.getvalue(), header))


def _draw(
    canvas: Canvas, study: Study, display: Display, rows: Mapping[str, Sequence[Row]], number: int
) -> None:
    canvas.bookmarkPage(display.id)
    canvas.addOutlineEntry(f"{display.id} {display.title}", display.id)
    top = _HEIGHT - 45
    for part in _parts(study, display, rows):
        _, height = part.wrap(_ROOM, top)
        top -= height + 7
        if top < _FOOT:
            raise SpecError(
                f"specs/analyses.yaml: {display.id} does not fit on one page; give some of its results a"
                " display of their own"
            )
        part.drawOn(canvas, _MARGIN, top)
    canvas.setFont(pdf.TEXT, 8)
    canvas.drawString(_MARGIN, 30, study.protocol.synthetic)
    canvas.drawRightString(_WIDTH - _MARGIN, 30, f"Page {number} of {len(study.analyses)}")
    canvas.showPage()


def _parts(study: Study, display: Display, rows: Mapping[str, Sequence[Row]]) -> list[pdf.Paragraph | Table]:
    """The title, then for each result its heading, its table and how it was worked out."""
    plain = ParagraphStyle("plain", fontName=pdf.TEXT, fontSize=_SIZE, leading=_SIZE * 1.25)
    bold = ParagraphStyle("bold", parent=plain, fontName=pdf.BOLD)
    title = ParagraphStyle("title", parent=bold, fontSize=13, leading=16)
    protocol = study.protocol
    parts: list[pdf.Paragraph | Table] = [
        pdf.Paragraph(pdf.marked(f"Study {protocol.id} ({protocol.protocol}), {protocol.sponsor}"), plain),
        pdf.Paragraph(pdf.marked(f"{display.id}: {display.title}", pdf.BOLD), title),
    ]
    for analysis in display.results:
        selected = ", ".join(f"{name} = {value}" for name, value in analysis.where.items())
        parts += [
            pdf.Paragraph(pdf.marked(analysis.title, pdf.BOLD), bold),
            _table(rows[analysis.id], plain, bold),
            pdf.Paragraph(pdf.marked(f"Records: {analysis.dataset} where {selected}."), plain),
            pdf.Paragraph(pdf.marked(analysis.documentation), plain),
        ]
    return parts


def _table(rows: Sequence[Row], plain: ParagraphStyle, bold: ParagraphStyle) -> Table:
    """The rows under their heads; a group is named once."""
    cells = [[pdf.Paragraph(head, bold) for head in ("Arm", "Statistic", "Result")]]
    previous = ""
    for group, statistic, shown in rows:
        texts = ("" if group == previous else group, statistic, shown)
        cells.append([pdf.Paragraph(pdf.marked(text), plain) for text in texts])
        previous = group
    look = [
        ("FONTNAME", (0, 0), (-1, -1), pdf.TEXT),  # the library's own would be named and not embedded
        ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
    ]
    return Table(cells, colWidths=[share * _ROOM for share in _COLUMNS], style=look, repeatRows=1)
