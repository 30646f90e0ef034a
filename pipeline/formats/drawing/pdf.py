"""A drawing on a PDF page, with the fonts of the package's PDF files, which are embedded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.formats import pdf as fonts
from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import Area, Circle, Drawing, Line, Pen, Point, Text, leaves

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas


def draw(canvas: Canvas, drawing: Drawing, left: float, bottom: float, scale: float = 1.0) -> None:
    """Draws with the lower left corner at a place of the page.

    Takes     the canvas of a page; the drawing; the place, in points; how much larger or smaller.
    """
    fonts.fonts()
    canvas.saveState()
    canvas.translate(left, bottom)
    canvas.scale(scale, scale)
    for shape in leaves(drawing.shapes):
        canvas.saveState()
        match shape:
            case Line():
                _stroke(canvas, shape.pen)
                _path(canvas, shape.points, drawing.height, is_closed=False)
            case Area():
                canvas.setFillColor(shape.fill)
                canvas.setFillAlpha(shape.opacity)
                _stroke(canvas, shape.pen)
                _path(canvas, shape.points, drawing.height, is_closed=True, has_pen=shape.pen is not None)
            case Circle():
                canvas.setFillColor(shape.fill)
                _stroke(canvas, shape.pen)
                x, y = shape.at
                canvas.circle(x, drawing.height - y, shape.radius, stroke=shape.pen is not None, fill=1)
            case Text():
                _text(canvas, shape, drawing.height)
        canvas.restoreState()
    canvas.restoreState()


def _stroke(canvas: Canvas, pen: Pen | None) -> None:
    if pen is not None:
        canvas.setStrokeColor(pen.color)
        canvas.setLineWidth(pen.width)
        if pen.dash:
            canvas.setDash(list(pen.dash))


def _path(
    canvas: Canvas, points: tuple[Point, ...], height: float, *, is_closed: bool, has_pen: bool = True
) -> None:
    path = canvas.beginPath()
    (x, y), *others = points
    path.moveTo(x, height - y)
    for x, y in others:
        path.lineTo(x, height - y)
    if is_closed:
        path.close()
    canvas.drawPath(path, stroke=has_pen, fill=is_closed)


def _text(canvas: Canvas, shape: Text, height: float) -> None:
    x, y = shape.at
    length = lettering.width(shape.text, shape.size, shape.bold)
    x -= {"start": 0.0, "middle": length / 2, "end": length}[shape.anchor]
    canvas.setFillColor(shape.color)
    text = canvas.beginText(x, height - y)
    for name, piece in fonts.runs(shape.text, fonts.BOLD if shape.bold else fonts.TEXT):
        text.setFont(name, shape.size)
        text.textOut(piece)
    canvas.drawText(text)
