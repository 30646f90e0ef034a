"""What `cdisc-pipeline mapping` does: reads a finished build, prints or writes its mapping."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.finished import pages
from pipeline.finished.folder import Folder
from pipeline.mapping_book import book
from pipeline.mapping_book.text import said_of
from pipeline.mapping_book.unread import unread


def show_unread(out: Path, as_json: bool) -> None:
    """Prints the fields that no line of the mapping reads, a form a line.

    Raises    UsageError where there is no finished build.
    """
    fields = unread(Folder.opened(out))
    lines = [f"{form}: {', '.join(names)}" for form, names in fields.items()] or ["every field is read"]
    sys.stdout.write((json.dumps(fields, ensure_ascii=False) if as_json else "\n".join(lines)) + "\n")


def write_specification(out: Path, layer: str, path: Path) -> None:
    """Writes what the define.xml of a layer says as a workbook in the layout of Pinnacle 21.

    Takes     the build; sdtm or adam; the file to write.
    Raises    UsageError where there is no finished build, or it has no such layer.
    """
    from pipeline.formats.define import described
    from pipeline.formats.xlsx import specification
    from pipeline.mapping_book import workbook

    build = Folder.opened(out)
    if layer not in build.layers:
        raise UsageError(f"{out}: holds no define.xml of {layer}; one of {', '.join(sorted(build.layers))}")
    workbook.save(specification.workbook(described.read(build.define_file(layer))), path)


def run(out: Path, target: str, html: Path | None, xlsx: Path | None, as_json: bool) -> None:
    """Writes the files that are asked for; prints the mapping where none is, or as JSON.

    Raises    UsageError where there is no finished build, no such dataset or variable, or a file cannot be
              written.
    """
    build = Folder.opened(out)
    study, functions = build.mapping_book["study"], build.mapping_book["functions"]
    sheets = book.sheets(build, target)
    if html:
        used = {entry.function for sheet in sheets for entry in sheet.entries()}
        shown = {name: function for name, function in functions.items() if name in used}
        values = {"study": study, "sheets": sheets, "functions": shown, "said_of": said_of}
        page = pages.rendered("pipeline.mapping_book", "mapping.html.j2", **values)
        pages.save(page.encode(), html)
    if xlsx:
        from pipeline.mapping_book import workbook

        workbook.write(build.mapping_book, sheets, xlsx)
    if as_json:
        content = {"study": study, "datasets": [asdict(sheet) for sheet in sheets]}
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
    elif not html and not xlsx:
        from rich.console import Console

        from pipeline.mapping_book import text

        text.show(sheets, "." in target, Console(width=None if sys.stdout.isatty() else 140))
