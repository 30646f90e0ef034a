"""What all PDF files of a package share: embedded fonts that hold Chinese, markup, and bytes that depend on
the study alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from html import escape
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from reportlab import platypus
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDictionary
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.errors import SpecError, UsageError

TEXT, BOLD = "Text", "Bold"  # the names under which the fonts are known here
_FILES = {TEXT: ("paperang_p2_fonts_cjk", "fonts/wqy-microhei.ttc"), BOLD: ("reportlab", "fonts/VeraBd.ttf")}


@dataclass(frozen=True)
class Header:
    """What a file says of itself."""

    study: str
    title: str
    author: str
    created: datetime  # the declared build time, in place of the clock

    @property
    def stamp(self) -> str:
        return self.created.strftime("D:%Y%m%d%H%M%S+00'00'")


class Paragraph(platypus.Paragraph):  # type: ignore[misc]  # the library has no types
    """A paragraph that is broken into lines once: the library asks for its size whenever it places it or the
    table that it is a cell of, and once more when it draws it.
    """

    laid_out: tuple[float, tuple[float, float]] | None = None  # for which width, and the size

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        # the library forgets the lines of a paragraph of which not one fits on the rest of a page
        has_lines = hasattr(self, "blPara")
        if self.laid_out is None or self.laid_out[0] != width or not has_lines:
            self.laid_out = width, super().wrap(width, height)
        return self.laid_out[1]


@cache
def fonts() -> dict[str, Set[int]]:
    """Registers the fonts and returns the characters that each has; a file embeds those that it uses.

    Raises    UsageError where the package that ships a font is not installed.
    """
    characters = {}
    for name, (package, file) in _FILES.items():
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise UsageError(
                f"the package {package}, which holds a font, is not installed; see requirements.lock"
            )
        font = TTFont(name, str(Path(spec.origin).parent / file))
        pdfmetrics.registerFont(font)
        characters[name] = font.face.charToGlyph.keys()
    pdfmetrics.registerFontFamily(TEXT, normal=TEXT, bold=BOLD, italic=TEXT, boldItalic=BOLD)
    return characters


def marked(text: str, font: str = TEXT) -> str:
    """The text as markup of a paragraph in this font; what the font has no glyph for is set in the font of
    running text.

    Raises    SpecError for a character that no font has.
    """
    pieces = []
    for name, piece in runs(text, font):
        escaped = escape(piece)
        pieces.append(escaped if name == font else f'<font name="{name}">{escaped}</font>')
    return "".join(pieces)


def runs(text: str, font: str = TEXT) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the font that has all its characters.

    Raises    SpecError for a character that no font has.
    """
    characters = fonts()
    if text and {*map(ord, text)} <= characters[font]:
        yield font, text
        return

    def font_of(character: str) -> str:
        for name in (font, TEXT):
            if ord(character) in characters[name]:
                return name
        raise SpecError(
            f"U+{ord(character):04X} has no glyph in the fonts of the package's PDF files; write the text"
            " without it"
        )

    for name, piece in groupby(text, font_of):
        yield name, "".join(piece)


def stamp(canvas: Canvas, header: Header) -> None:
    """Gives a document its title, its author and the declared build time."""
    fonts()
    canvas.setDateFormatter(lambda *_: header.stamp)
    canvas.setTitle(f"{header.study}: {header.title}")
    canvas.setSubject(header.title)
    canvas.setAuthor(header.author)
    canvas.setCreator("cdisc-pipeline")


def with_fixed_identifier(content: bytes, header: Header) -> bytes:
    """The finished file with an identifier of the study's own: the library mixes one from the environment."""
    identifier = sha256(f"{header.study} {header.title} {header.stamp}".encode()).hexdigest()[:32].encode()
    fixed = b"[<" + identifier + b"><" + identifier + b">]"
    return re.sub(rb"\[<[0-9a-f]{32}><[0-9a-f]{32}>\]", fixed, content)


def name_destinations(canvas: Canvas, names: Iterable[str]) -> None:
    """Gives bookmarked pages names by which another document refers to them.

    The library has bookmarks for a document's own links alone, and no call that writes the dictionary of
    named destinations.

    Takes     the names of bookmarks of the document.
    Source    PDF 1.7, 12.3.2.3 (named destinations).
    """
    destinations = {name: canvas._bookmarkReference(name) for name in names}
    canvas._doc.Catalog.Dests = PDFDictionary(destinations)
