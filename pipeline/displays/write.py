"""Writes the displays of a build: the results as data, then the book that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.displays import ars, book, results, rtf
from pipeline.displays.content import Content, Drawn
from pipeline.formats.drawing.svg import svg
from pipeline.study import Study

FOLDER = "tlf"
FIGURES = "figures"
TITLE = "Tables, Figures and Listings"
DOCUMENT, DOCUMENT_TITLE = "results.pdf", "Results of the Analyses"


def write(study: Study, contents: Sequence[Content], home: Path, with_rtf: bool = False) -> None:
    """Writes tlf/: displays.pdf, the figures as SVG, the analysis results as Parquet and Dataset-JSON, and
    the reporting event.

    Takes     the study; its displays with their results; the folder of the build; whether tables and listings
              are written as RTF too.
    """
    folder = home / FOLDER
    folder.mkdir()
    results.write(study, results.frame(contents), folder)
    ars.write(study, contents, folder / "ars.json")
    book.write(study, TITLE, contents, folder / "displays.pdf")
    if with_rtf:
        rtf.write(study, contents, folder / rtf.FOLDER)
    figures = [content for content in contents if isinstance(content, Drawn)]
    if figures:
        (folder / FIGURES).mkdir()
    for figure in figures:
        path = folder / FIGURES / f"{figure.display.id}.svg"
        path.write_text(svg(figure.drawing, figure.display.id), encoding="utf-8", newline="\n")


def write_document(study: Study, contents: Sequence[Content], folder: Path) -> None:
    """Writes the displays that define.xml describes as the document to which it refers.

    Takes     the study; its displays with their results; the folder of define.xml.
    """
    documented = {display.id for display in study.displays.documented}
    shown = [content for content in contents if content.display.id in documented]
    book.write(study, DOCUMENT_TITLE, shown, folder / DOCUMENT)
