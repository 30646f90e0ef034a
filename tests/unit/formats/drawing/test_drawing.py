"""A drawing as SVG and on a PDF page: the same shapes, the same bytes each time, hooks on participants."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from pipeline.formats.drawing import lettering, pdf
from pipeline.formats.drawing.shapes import Area, Circle, Drawing, Group, Line, Pen, Text, leaves
from pipeline.formats.drawing.svg import svg

SVG = "{http://www.w3.org/2000/svg}"
DRAWING = Drawing(
    100,
    50,
    "Title <1>",
    "Words & numbers",
    (
        Line(((0, 0), (10.126, 5)), Pen("#0072B2", 1.5, (5, 2.5))),
        Group((Circle((20, 20), 3, "#000000"), Text((30, 20), "70 % < 80 %")), "FD-001", "FD-001: event"),
        Area(((0, 0), (10, 0), (10, 10)), "#D55E00", 0.2, Pen("#000000", 0.5)),
        Text((50, 40), "病人", 8, "middle", bold=True),
    ),
)


def test_svg_tells_title_description_and_participants() -> None:
    root = ET.fromstring(svg(DRAWING, "F14-2-1"))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == ("Title <1>", "Words & numbers")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    (group,) = root.findall(f"{SVG}g")
    assert group.get("data-subject") == "FD-001"
    assert group.findtext(f"{SVG}title") == "FD-001: event"
    assert [t.text for t in root.iter(f"{SVG}text")] == ["70 % < 80 %", "病人"]


def test_svg_draws_each_shape() -> None:
    root = ET.fromstring(svg(DRAWING, "F14-2-1"))
    (line,) = root.iter(f"{SVG}polyline")
    assert line.attrib == {
        "points": "0,0 10.13,5",
        "fill": "none",
        "stroke": "#0072B2",
        "stroke-width": "1.5",
        "stroke-dasharray": "5 2.5",
    }
    (circle,) = root.iter(f"{SVG}circle")
    assert circle.attrib == {"cx": "20", "cy": "20", "r": "3", "fill": "#000000"}
    (area,) = root.iter(f"{SVG}polygon")
    assert (area.get("points"), area.get("fill-opacity")) == ("0,0 10,0 10,10", "0.2")


def test_a_text_keeps_its_width_in_any_font() -> None:
    root = ET.fromstring(svg(DRAWING, "F14-2-1"))
    first, second = root.iter(f"{SVG}text")
    assert float(first.get("textLength") or 0) == pytest.approx(lettering.width("70 % < 80 %", 8), abs=0.005)
    assert (second.get("text-anchor"), second.get("font-weight")) == ("middle", "bold")


def _page() -> bytes:
    output = BytesIO()
    canvas = Canvas(output, pagesize=(200, 100), invariant=1)
    pdf.draw(canvas, DRAWING, 10, 20)
    canvas.save()
    return output.getvalue()


def test_a_page_has_the_same_bytes_each_time_and_embeds_its_fonts() -> None:
    content = _page()
    assert content == _page()
    (page,) = PdfReader(BytesIO(content)).pages
    assert page.extract_text().split("\n") == ["70 % < 80 %", "病人"]
    embedded, others = page._get_fonts()
    assert [name.partition("+")[2] for name in embedded] == ["WenQuanYiMicroHei-0"]
    assert others <= {"/Helvetica"}  # the canvas names it and sets nothing in it


def test_lines_break_between_words_and_long_words_inside() -> None:
    room = lettering.width("progressive", 8) + 1
    assert lettering.lines("progressive disease", 8, room) == ("progressive", "disease")
    assert lettering.lines("a b", 8, 100) == ("a b",)
    assert lettering.lines("", 8, 100) == ("",)
    broken = lettering.lines("immunophenotyping", 8, room)
    assert "".join(broken) == "immunophenotyping"
    assert len(broken) == 2
    assert all(lettering.width(line, 8) <= room for line in broken)


def test_groups_are_opened() -> None:
    kinds = [type(shape).__name__ for shape in leaves(DRAWING.shapes)]
    assert kinds == ["Line", "Circle", "Text", "Area", "Text"]
