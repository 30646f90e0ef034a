"""Paragraphs of PDF files: broken into lines once for a width, and drawn as the library draws them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from reportlab import platypus
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas

from pipeline.formats import pdf

SENTENCE = "The first day of study treatment, missing for a participant who was never dosed. " * 4


@pytest.fixture
def style() -> ParagraphStyle:
    pdf.fonts()
    return ParagraphStyle("text", fontName=pdf.TEXT, fontSize=9, leading=12)


def test_a_paragraph_is_broken_into_lines_once_for_a_width(
    style: ParagraphStyle, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_for = []
    break_lines = platypus.Paragraph.breakLines

    def counted(paragraph: Any, widths: list[float]) -> Any:
        broken_for.append(widths[0])
        return break_lines(paragraph, widths)

    monkeypatch.setattr(platypus.Paragraph, "breakLines", counted)
    paragraph = pdf.Paragraph(SENTENCE, style)
    sizes = [paragraph.wrap(width, 700) for width in (200, 200, 200, 100, 100, 200)]
    assert broken_for == [200, 100, 200]
    assert sizes[0] == sizes[1] == sizes[2] == sizes[5]
    assert sizes[3] == sizes[4] != sizes[0]


@pytest.mark.parametrize("width", [60, 133.3, 480])
def test_its_size_is_that_of_the_librarys_own_paragraph(style: ParagraphStyle, width: float) -> None:
    paragraph = pdf.Paragraph(SENTENCE, style)
    paragraph.wrap(width, 700)
    assert paragraph.wrap(width, 700) == platypus.Paragraph(SENTENCE, style).wrap(width, 700)


def test_a_paragraph_without_room_at_the_end_of_a_page_is_drawn_on_the_next(style: ParagraphStyle) -> None:
    canvas = Canvas(BytesIO())
    paragraph = pdf.Paragraph(SENTENCE, style)
    paragraph.wrap(200, 700)
    assert paragraph.split(200, 5) == []  # not one line fits
    _, height = paragraph.wrap(200, 700)
    paragraph.drawOn(canvas, 0, 700 - height)
    assert len(paragraph.blPara.lines) * 12 == height
