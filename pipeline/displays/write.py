"""Writes the displays of a build: the results as data, then the book that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.displays import ars, book, results
from pipeline.displays.content import Content
from pipeline.study import Study

FOLDER = "tlf"
TITLE = "Tables and Listings"
DOCUMENT, DOCUMENT_TITLE = "results.pdf", "Results of the Analyses"


def write(study: Study, contents: Sequence[Content], home: Path) -> None:
    """Writes tlf/: displays.pdf, the analysis results as Parquet and Dataset-JSON, and the reporting event.

    Takes     the study; its displays with their results; the folder of the build.
    """
    folder = home / FOLDER
    folder.mkdir()
    results.write(study, results.frame(contents), folder)
    ars.write(study, contents, folder / "ars.json")
    book.write(study, TITLE, contents, folder / "displays.pdf")


def write_document(study: Study, contents: Sequence[Content], folder: Path) -> None:
    """Writes the displays that define.xml describes as the document to which it refers.

    Takes     the study; its displays with their results; the folder of define.xml.
    """
    documented = {display.id for display in study.displays.documented}
    shown = [content for content in contents if content.display.id in documented]
    book.write(study, DOCUMENT_TITLE, shown, folder / DOCUMENT)
