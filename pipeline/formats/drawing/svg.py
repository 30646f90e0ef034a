"""A drawing as SVG: a title and a description for readers of screens, and a hook on each participant."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import Area, Circle, Drawing, Group, Line, Pen, Point, Shape, Text

# The font of the PDF files first. `textLength` keeps the width of each text in whatever font there is.
_FONTS = "'WenQuanYi Micro Hei', 'Droid Sans Fallback', 'Noto Sans', Arial, sans-serif"


def svg(drawing: Drawing, name: str) -> str:
    """The drawing as an SVG document.

    A group of shapes of a participant has `data-subject` with USUBJID and a title of its own.

    Takes     the drawing; the id of the display, which the ids in the document begin with.
    Returns   text that depends on the two alone.
    """
    size = f'width="{_number(drawing.width)}" height="{_number(drawing.height)}"'
    box = f"0 0 {_number(drawing.width)} {_number(drawing.height)}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{box}" role="img"'
        f' aria-labelledby="{escape(name)}-title {escape(name)}-description" font-family="{_FONTS}">'
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        head,
        f'<title id="{escape(name)}-title">{escape(drawing.title, quote=False)}</title>',
        f'<desc id="{escape(name)}-description">{escape(drawing.description, quote=False)}</desc>',
        f'<rect {size} fill="#FFFFFF"/>',
        *_elements(drawing.shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _elements(shapes: tuple[Shape, ...]) -> Iterator[str]:
    for shape in shapes:
        match shape:
            case Group():
                subject = f' data-subject="{escape(shape.subject)}"' if shape.subject else ""
                yield f"<g{subject}>"
                if shape.label:
                    yield f"<title>{escape(shape.label, quote=False)}</title>"
                yield from _elements(shape.shapes)
                yield "</g>"
            case Line():
                yield f'<polyline points="{_points(shape.points)}" fill="none"{_stroke(shape.pen)}/>'
            case Area():
                opacity = f' fill-opacity="{_number(shape.opacity)}"' if shape.opacity < 1 else ""
                fill = f'fill="{shape.fill}"{opacity}{_stroke(shape.pen)}'
                yield f'<polygon points="{_points(shape.points)}" {fill}/>'
            case Circle():
                x, y = (_number(n) for n in shape.at)
                place = f'cx="{x}" cy="{y}" r="{_number(shape.radius)}"'
                yield f'<circle {place} fill="{shape.fill}"{_stroke(shape.pen)}/>'
            case Text():
                yield _text(shape)


def _text(shape: Text) -> str:
    x, y = (_number(n) for n in shape.at)
    anchor = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
    bold = ' font-weight="bold"' if shape.bold else ""
    length = _number(lettering.width(shape.text, shape.size, shape.bold))
    kept = f' textLength="{length}" lengthAdjust="spacingAndGlyphs"' if shape.text.strip() else ""
    style = f'font-size="{_number(shape.size)}" fill="{shape.color}"{anchor}{bold}{kept}'
    return f'<text x="{x}" y="{y}" {style}>{escape(shape.text, quote=False)}</text>'


def _stroke(pen: Pen | None) -> str:
    if pen is None:
        return ""
    dash = f' stroke-dasharray="{" ".join(map(_number, pen.dash))}"' if pen.dash else ""
    return f' stroke="{pen.color}" stroke-width="{_number(pen.width)}"{dash}'


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(number: float) -> str:
    """Hundredths of a point: finer than any eye, coarser than the last bits of a processor."""
    return f"{round(number, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
