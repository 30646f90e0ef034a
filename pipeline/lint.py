"""Everything that the files of a study can get wrong, told without any data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.checks import datasets as checks
from pipeline.errors import SpecError
from pipeline.plan import plan_of, publishable
from pipeline.publish.package import edition
from pipeline.study import Study, door, faults, load
from pipeline.study.reader import FAULTS


def lint(root: Path) -> list[str]:
    """Each fault of specs/ and mappings/ with file:line:column; none where a build may begin.

    Takes     the folder of the study.
    Raises    UsageError where it holds no study.
    """
    try:
        study = load(root)
    except SpecError as e:
        return str(e).split("\n")
    return [message for part in _parts(study, root) for message in _told(part)]


def _parts(study: Study, root: Path) -> Iterator[Callable[[], object]]:
    """What reads the files further, each by itself: a fault of one does not hide those of another."""
    yield lambda: plan_of(study)
    yield lambda: checks.refuse_faults(study)
    yield lambda: door.load(root, study)
    if (root / FAULTS).is_file():
        yield lambda: faults.load(root, study)
    if study.nmpa is not None:
        yield lambda: edition.chosen(study, publishable(study))


def _told(part: Callable[[], object]) -> list[str]:
    try:
        part()
    except SpecError as e:
        return str(e).split("\n")
    return []
