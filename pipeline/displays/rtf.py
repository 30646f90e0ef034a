"""Tables and listings as RTF, one file each, for a report that is written in a word processor.

rtflite writes them (the extra `rtf`). It draws no SVG, so that figures stand in the book and as SVG alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from pipeline.displays import pages as cut
from pipeline.displays.content import Content, Drawn, Listed, Table
from pipeline.errors import UsageError
from pipeline.study import Study

FOLDER = "rtf"
LIBRARY = "rtflite"
_LINES = 26  # of a page
_SIZE = 8  # of the texts, in points
_CODES = str.maketrans({"\\": "\\\\", "{": "\\{", "}": "\\}"})


def refuse_without_library() -> None:
    """Raises UsageError where the extra is not installed."""
    if find_spec(LIBRARY) is None:
        raise UsageError(
            f"--rtf: the package {LIBRARY} is not installed; "
            "install cdisc-pipeline[rtf], or build without --rtf"
        )


def write(study: Study, contents: Sequence[Content], folder: Path) -> None:
    """Writes a file for each table and listing; the same results give the same bytes.

    Takes     the study; displays with their results; the folder, which is made.
    """
    folder.mkdir()
    for content in contents:
        if not isinstance(content, Drawn):
            path = folder / f"{content.display.id}.rtf"
            path.write_text(_document(study, content), encoding="cp1252", newline="\n")


def _document(study: Study, content: Table | Listed) -> str:
    """A display with its heads on each page. What stands in header and footer is on each page however the
    word processor breaks the lines: study, title and population; footnotes, program, cut-off and that the
    data are synthetic.
    """
    import polars
    import rtflite

    protocol, display = study.protocol, content.display
    page = cut.whole(content)
    columns = [
        [("    " * line.indent if place == 0 else "") + " ".join(line.texts[place]) for line in page.body]
        for place in range(len(page.widths))
    ]
    frame = polars.DataFrame({str(n): [_text(text) for text in texts] for n, texts in enumerate(columns)})
    align = ["l", *["l" if isinstance(content, Listed) else "c"] * (len(columns) - 1)]
    widths = [float(width) for width in page.widths]
    heads = rtflite.RTFColumnHeader(
        text=[_text(" ".join(head)) for head in page.heads],
        col_rel_width=widths,
        text_justification=[align],
        text_font_size=[[_SIZE]],
        text_convert=[[False]],
    )
    above = (
        f"{protocol.id} ({protocol.protocol}), {protocol.sponsor}",
        display.name,
        display.title,
        content.population,
    )
    below = (
        *display.footnotes,
        f"Program: cdisc-pipeline {metadata.version('cdisc-pipeline')}, specs/displays.yaml, {display.id}",
        f"Data cut-off: {protocol.cutoff.isoformat()}",
        protocol.synthetic,
    )
    document = rtflite.RTFDocument(
        df=frame,
        rtf_page=rtflite.RTFPage(orientation="landscape", nrow=_LINES),
        rtf_page_header=rtflite.RTFPageHeader(
            text=[_text(text) for text in above], text_justification=["c"], text_font_size=[_SIZE]
        ),
        rtf_page_footer=rtflite.RTFPageFooter(
            text=[_text(text) for text in below if text], text_justification=["l"], text_font_size=[_SIZE]
        ),
        rtf_column_header=[heads],
        rtf_body=rtflite.RTFBody(
            col_rel_width=widths,
            text_justification=[align],
            text_font_size=[[_SIZE]],
            text_convert=[[False]],
        ),
    )
    return str(document.rtf_encode())


def _text(text: str) -> str:
    """A text in which no character is a code of RTF, and each beyond ASCII is one."""
    coded = text.translate(_CODES).encode("utf-16-le")
    units = [int.from_bytes(coded[i : i + 2], "little", signed=True) for i in range(0, len(coded), 2)]
    return "".join(chr(unit) if 0 <= unit < 128 else f"\\uc1\\u{unit}*" for unit in units)
