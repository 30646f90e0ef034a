"""What all PDF files of a package share: embedded fonts that hold Chinese, markup, and bytes that depend on
the study alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cache
from hashlib import sha256
from html import escape
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.errors import SpecError, UsageError
from pipeline.study.models import Protocol

TEXT, BOLD = "Text", "Bold"  # the names under which the fonts are known here
_FILES = {TEXT: ("paperang_p2_fonts_cjk", "fonts/wqy-microhei.ttc"), BOLD: ("reportlab", "fonts/VeraBd.ttf")}


@cache
def fonts() -> dict[str, Set[int]]:
    """Registers the fonts, of which each file embeds the characters that it uses; returns the characters that
    each has.

    Raises    UsageError where the package that ships a font is not installed.
    """
    found = {}
    for name, (package, file) in _FILES.items():
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise UsageError(
                f"the package {package}, which holds a font, is not installed; see requirements.lock"
            )
        font = TTFont(name, str(Path(spec.origin).parent / file))
        pdfmetrics.registerFont(font)
        found[name] = font.face.charToGlyph.keys()
    pdfmetrics.registerFontFamily(TEXT, normal=TEXT, bold=BOLD, italic=TEXT, boldItalic=BOLD)
    return found


def marked(text: str, font: str = TEXT) -> str:
    """The text as markup of a paragraph in this font: what the font has no glyph for stands in the font of
    running text.

    Raises    SpecError for a character that no font has.
    """
    return "".join(
        t if f == font else f'<font name="{f}">{t}</font>'
        for f, t in ((f, escape(t)) for f, t in runs(text, font))
    )


def runs(text: str, font: str = TEXT) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the font that has all its characters.

    Raises    SpecError for a character that no font has.
    """
    known = fonts()
    if text and {*map(ord, text)} <= known[font]:
        yield font, text
        return

    def of(character: str) -> str:
        for name in (font, TEXT):
            if ord(character) in known[name]:
                return name
        raise SpecError(
            f"U+{ord(character):04X} has no glyph in the fonts of the package's PDF files; write the text"
            " without it"
        )

    for name, piece in groupby(text, of):
        yield name, "".join(piece)


def stamped(canvas: Canvas, protocol: Protocol, title: str) -> None:
    """Gives a document its title, its author and, in place of the clock, the declared build time."""
    fonts()
    stamp = _stamp(protocol)
    canvas.setDateFormatter(lambda *_: stamp)
    canvas.setTitle(f"{protocol.id}: {title}")
    canvas.setSubject(title)
    canvas.setAuthor(protocol.sponsor)
    canvas.setCreator("cdisc-pipeline")


def fixed(content: bytes, protocol: Protocol, title: str) -> bytes:
    """The finished file with an identifier of the study's own: the library mixes one from the environment."""
    identifier = sha256(f"{protocol.id} {title} {_stamp(protocol)}".encode()).hexdigest()[:32].encode()
    return re.sub(
        rb"\[<[0-9a-f]{32}><[0-9a-f]{32}>\]", b"[<" + identifier + b"><" + identifier + b">]", content
    )


def _stamp(protocol: Protocol) -> str:
    return protocol.declared_build_time.strftime("D:%Y%m%d%H%M%S+00'00'")
