"""The results of the analyses as PDF: a page a display, for define.xml to refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table

from pipeline.errors import SpecError
from pipeline.formats import pdf
from pipeline.study import Study
from pipeline.study.analyses import Display

TITLE = "Results of the Analyses"
Row = tuple[str, str, str]  # group, statistic, what is shown
_WIDTH, _HEIGHT = A4
_MARGIN, _FOOT = 42, 60
_SIZE = 9.0
_COLUMNS = (0.30, 0.40, 0.30)
_HEAD, _RULE = colors.HexColor("#dde3ea"), colors.HexColor("#9aa5b1")


def pages(study: Study) -> dict[str, int]:
    """Number of the page of each display, the first being 1."""
    return {display.id: number for number, display in enumerate(study.analyses, start=1)}


def write(study: Study, rows: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Write each display on a page of its own, with bookmarks.

    The same figures give the same bytes: the stamps are the declared build time.

    Takes     by the id of a result, its rows.
    Raises    SpecError where a display does not fit on one page.
    """
    content = BytesIO()
    pdf.fonts()
    canvas = Canvas(content, pagesize=A4, invariant=1, initialFontName=pdf.TEXT)
    pdf.stamped(canvas, study.protocol, TITLE)
    canvas.showOutline()
    for number, display in enumerate(study.analyses, start=1):
        _draw(canvas, study, display, rows, number)
    canvas.save()
    path.write_bytes(pdf.fixed(content.getvalue(), study.protocol, TITLE))


def _draw(
    canvas: Canvas, study: Study, display: Display, rows: Mapping[str, Sequence[Row]], number: int
) -> None:
    canvas.bookmarkPage(display.id)
    canvas.addOutlineEntry(f"{display.id} {display.title}", display.id)
    top = _HEIGHT - 45
    for part in _parts(study, display, rows):
        _, height = part.wrap(_WIDTH - 2 * _MARGIN, top)
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


def _parts(study: Study, display: Display, rows: Mapping[str, Sequence[Row]]) -> list[Paragraph | Table]:
    """Title, and of each result its heading, its table and how it was worked out."""
    plain = ParagraphStyle("plain", fontName=pdf.TEXT, fontSize=_SIZE, leading=_SIZE * 1.25)
    bold = ParagraphStyle("bold", parent=plain, fontName=pdf.BOLD)
    title = ParagraphStyle("title", parent=bold, fontSize=13, leading=16)
    found: list[Paragraph | Table] = [
        Paragraph(
            pdf.marked(f"Study {study.protocol.id} ({study.protocol.protocol}), {study.protocol.sponsor}"),
            plain,
        ),
        Paragraph(pdf.marked(f"{display.id}: {display.title}", pdf.BOLD), title),
    ]
    for one in display.results:
        selected = ", ".join(f"{n} = {v}" for n, v in one.where.items())
        found += [Paragraph(pdf.marked(one.title, pdf.BOLD), bold), _table(rows[one.id], plain, bold)]
        found += [
            Paragraph(pdf.marked(f"Records: {one.dataset} where {selected}."), plain),
            Paragraph(pdf.marked(one.documentation), plain),
        ]
    return found


def _table(rows: Sequence[Row], plain: ParagraphStyle, bold: ParagraphStyle) -> Table:
    """The rows under their heads; a group is named once."""
    cells = [[Paragraph(t, bold) for t in ("Arm", "Statistic", "Result")]]
    last = ""
    for group, statistic, shown in rows:
        cells.append(
            [Paragraph(pdf.marked(t), plain) for t in ("" if group == last else group, statistic, shown)]
        )
        last = group
    look = [
        ("FONTNAME", (0, 0), (-1, -1), pdf.TEXT),  # the library's own would be named and not embedded
        ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
    ]
    return Table(
        cells, colWidths=[share * (_WIDTH - 2 * _MARGIN) for share in _COLUMNS], style=look, repeatRows=1
    )
