"""What `cdisc-pipeline review-change` does: compares two finished builds and says what differs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.finished import pages
from pipeline.finished.folder import Folder
from pipeline.review import text
from pipeline.review.compare import review

SHOWN = 2_000  # cells on the page; all are in the table beside it


def run(old: Path, new: Path, html: Path | None, cells: bool, as_json: bool) -> Mapping[str, Any]:
    """Prints what changed, or writes it as a page, and returns it. Cells, which hold participants' values, go
    into files alone.

    Raises    UsageError where a folder holds no finished build, the studies differ, or cells are asked for
              without a page.
    """
    if cells and not html:
        raise UsageError(
            "--cells lists participants' values, which are never printed: name the page with --html FILE"
        )
    outcome = review(Folder.opened(old), Folder.opened(new), cells)
    if html:
        table = html.with_suffix(".csv")
        page = pages.rendered(
            "pipeline.review",
            "review.html.j2",
            review=outcome.content,
            cells=outcome.cells[:SHOWN],
            all_cells=len(outcome.cells),
            table=table.name,
            text=text,
        )
        pages.save(page.encode(), html)
        if cells:
            pages.save(outcome.cells_as_csv().encode(), table)
    if as_json:
        sys.stdout.write(json.dumps(outcome.content, ensure_ascii=False) + "\n")
    elif not html:
        sys.stdout.writelines(f"{line}\n" for line in text.lines(outcome.content))
    return outcome.content
