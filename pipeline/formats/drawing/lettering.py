"""Text in drawings: how wide it is, and where a line of it breaks."""

from __future__ import annotations

from pipeline.formats import pdf

LEADING = 1.25  # from one base line to the next, in sizes


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in the fonts of the PDF files, in points."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    font = pdf.BOLD if bold else pdf.TEXT
    return sum(float(stringWidth(piece, name, size)) for name, piece in pdf.runs(text, font))


def lines(text: str, size: float, room: float, bold: bool = False) -> tuple[str, ...]:
    """The text in lines that are no wider than the room; a word that is wider breaks inside.

    Takes     text; its size and the room, in points; whether it is bold.
    """
    broken = [""]
    for word in text.split(" "):
        longer = f"{broken[-1]} {word}".lstrip()
        if width(longer, size, bold) <= room:
            broken[-1] = longer
            continue
        broken += [word] if broken[-1] else []
        if not broken[-1]:
            broken[-1] = word
        while width(broken[-1], size, bold) > room and len(broken[-1]) > 1:
            fitting = _fitting(broken[-1], size, room, bold)
            broken[-1:] = [broken[-1][:fitting], broken[-1][fitting:]]
    return tuple(broken)


def _fitting(word: str, size: float, room: float, bold: bool) -> int:
    """How many characters of a word fit, at least one."""
    return max([n for n in range(1, len(word)) if width(word[:n], size, bold) <= room], default=1)
