"""What `cdisc-pipeline mapping` does: reads a finished build, prints or writes its mapping."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from pipeline.finished import folder as finished
from pipeline.finished import pages
from pipeline.mapping_book import book as mapping


def tell(out: Path, target: str, html: Path | None, xlsx: Path | None, as_json: bool) -> None:
    """Writes the files that are asked for; prints the mapping where none is, or as JSON.

    Raises    UsageError where there is no finished build, no such dataset or variable, or a file cannot be
              written.
    """
    build = finished.opened(out)
    sheets = mapping.sheets(build, target)
    if html:
        used = {e.function for s in sheets for e in (*s.rows, *(e for t in s.targets for e in t.entries))}
        functions = {n: f for n, f in build.book["functions"].items() if n in used}
        pages.write(
            "pipeline.mapping_book",
            "mapping.html.j2",
            html,
            study=build.book["study"],
            sheets=sheets,
            functions=functions,
        )
    if xlsx:
        from pipeline.mapping_book import workbook as mapping_xlsx

        mapping_xlsx.write(build.book, sheets, xlsx)
    if as_json:
        told = {"study": build.book["study"], "datasets": [asdict(s) for s in sheets]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    elif not html and not xlsx:
        from rich.console import Console

        from pipeline.mapping_book import text as mapping_text

        mapping_text.show(sheets, "." in target, Console(width=None if sys.stdout.isatty() else 140))
