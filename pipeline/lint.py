"""Everything that the files of a study can get wrong, told without any data; and the drafts that are left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.checks import datasets as checks
from pipeline.errors import SpecError
from pipeline.mapping import unused
from pipeline.mapping.steps import Plan
from pipeline.plan import plan_of, publishable
from pipeline.publish.define import told_apart
from pipeline.publish.package import edition
from pipeline.study import Study, door, drafts, faults, load
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


def drafted(root: Path) -> list[str]:
    """Each drafted line that nobody has confirmed, with file:line:column; also of a study with faults."""
    paths = [path for folder in ("specs", "mappings") for path in (root / folder).rglob("*.yaml")]
    contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    return [f"{(root / draft.file).as_posix()}:{draft}" for draft in drafts.left(contents)]


def _parts(study: Study, root: Path) -> Iterator[Callable[[], object]]:
    """What reads the files further, each by itself: a fault of one does not hide those of another."""
    yield lambda: plan_of(study)
    yield lambda: _refuse(study, lambda plan: unused.lists(study, plan))
    yield lambda: _refuse(study, lambda plan: told_apart.faults(study, publishable(study).values(), plan))
    yield lambda: checks.refuse_faults(study)
    yield lambda: door.load(root, study)
    if (root / FAULTS).is_file():
        yield lambda: faults.load(root, study)
    if study.nmpa is not None:
        yield lambda: edition.chosen(study, publishable(study))


def _refuse(study: Study, faults_of: Callable[[Plan], Iterator[str]]) -> None:
    """Raises    SpecError with each fault that the resolved mappings show, where they can be resolved."""
    try:
        plan = plan_of(study)
    except SpecError:
        return  # told already
    if faults := list(faults_of(plan)):
        raise SpecError("\n".join(faults))


def _told(part: Callable[[], object]) -> list[str]:
    try:
        part()
    except SpecError as e:
        return str(e).split("\n")
    return []
