"""What `cdisc-pipeline compare` does: holds a finished build against datasets that somebody else made."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.compare import text, values
from pipeline.compare.compare import compared
from pipeline.finished import pages
from pipeline.finished.folder import Folder


def run(
    out: Path, folder: Path, datasets: Sequence[str], asked: str | None, html: Path | None, as_json: bool
) -> bool:
    """Prints what differs, or writes it as a page.

    Returns   whether build and folder are equal.
    Raises    UsageError where there is nothing to compare; DropError for a file that cannot be read.
    """
    within = values.tolerance(asked)
    wanted = [name.upper() for name in datasets]
    comparison = compared(Folder.opened(out), folder, wanted, within)
    if html:
        page = pages.rendered("pipeline.compare", "compare.html.j2", comparison=comparison, text=text)
        pages.save(page.encode(), html)
    if as_json:
        sys.stdout.write(json.dumps(comparison, ensure_ascii=False) + "\n")
    elif not html:
        sys.stdout.writelines(f"{line}\n" for line in text.lines(comparison))
    return bool(comparison["equal"])
