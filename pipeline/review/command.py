"""What `cdisc-pipeline review-change` does: compares two finished builds and tells the differences."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.finished import folder as finished
from pipeline.finished import pages
from pipeline.review import text as review_text
from pipeline.review.compare import review

SHOWN = 2_000  # cells on the page; all are in the table beside it


def tell(old: Path, new: Path, html: Path | None, cells: bool, as_json: bool) -> None:
    """Prints what changed, or writes it as a page; cells, which hold participants' values, go into files
    alone.

    Raises    UsageError where a folder holds no finished build, the studies differ, or cells are asked for
              without a page.
    """
    if cells and not html:
        raise UsageError(
            "--cells lists participants' values, which are never printed: name the page with --html FILE"
        )
    found = review(finished.opened(old), finished.opened(new), cells)
    if html:
        table = html.with_suffix(".csv")
        pages.write(
            "pipeline.review",
            "review.html.j2",
            html,
            told=found.told,
            cells=found.cells[:SHOWN],
            all=len(found.cells),
            table=table.name,
            text=review_text,
        )
        if cells:
            pages.save(found.table.encode(), table)
    if as_json:
        sys.stdout.write(json.dumps(found.told, ensure_ascii=False) + "\n")
    elif not html:
        sys.stdout.writelines(f"{line}\n" for line in review_text.lines(found.told))
