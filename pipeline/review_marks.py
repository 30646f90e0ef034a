"""Marks a line of the mapping as reviewed, in specs/reviews.yaml of the study."""

from __future__ import annotations

from pathlib import Path

import yaml

from pipeline.errors import UsageError
from pipeline.finished.reviewed import content_hash
from pipeline.plan import plan_of, publishable
from pipeline.profile import Profile
from pipeline.publish.define.model import Package
from pipeline.publish.lineage.words import Book, content
from pipeline.study import load
from pipeline.study.located import nearest
from pipeline.study.reader import REVIEWS, Reader
from pipeline.study.reviews import Review, Reviews

_HEAD = (
    "# Written by review-mark: who reviewed which line of the mapping, and the hash of what it said then.\n"
)


def mark(root: Path, target: str, by: str, note: str | None) -> str:
    """Marks a line as reviewed by a role; an earlier mark of the same line goes.

    Takes     the folder of the study; DATASET.VARIABLE, or DATASET for its records; the role; a note.
    Returns   the hash of what the line says.
    Raises    SpecError for a study that cannot be read; UsageError for a line that it does not have.
    """
    study = load(root)
    book = content(Book(Package(study, plan_of(study), publishable(study), Profile())))
    said = content_hash(book, target)
    if said is None:
        known = [f"{d}.{v}" for d, entry in book["datasets"].items() for v in entry["variables"]]
        raise UsageError(f"{target} is no line of the mapping{nearest(target, [*book['datasets'], *known])}")
    marks = Reader(root).optional(Reviews, REVIEWS)
    of_lines = {**(marks.root if marks else {}), target: Review(by=by, content=said, note=note)}
    lines = {name: of_lines[name].model_dump(exclude_none=True) for name in sorted(of_lines)}
    text = yaml.safe_dump(lines, allow_unicode=True, sort_keys=False, default_flow_style=False, width=110)
    (root / REVIEWS).write_text(f"{_HEAD}{text}", encoding="utf-8")
    return said
