"""Stage 1: a drop becomes frames of collected values, each record with its person and identity, in runs of
subjects.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.records.findings import Finding
from pipeline.records.lost import Sizes
from pipeline.sources import contract, files, identity, impossible, stored
from pipeline.sources.received import Received, receive
from pipeline.sources.stored import Run as Run
from pipeline.study import Study
from pipeline.study.models import Form

MOST_CELLS = 12_000_000  # of a run as collected: memory is bounded by them, whatever a subject has
Forms = Mapping[str, pd.DataFrame]
# form, field, -1 (no block of a mapping), collected spelling, label -> number of records
Respelled = dict[tuple[str, str, int, str, str], int]


@dataclass(frozen=True)
class Drop:
    """A drop as read, or a run of its subjects."""

    forms: Forms  # the records of enrolled persons, by form
    findings: tuple[Finding, ...]  # what the contracts object to
    # Records that go no further, by form: of a subject who is not enrolled, or a repetition.
    strangers: Mapping[str, int]
    # Labels that were collected in another spelling, and texts read otherwise than they stand: see Recoded
    # and Rewritten in the profile.
    respelled: Mapping[tuple[str, str, int, str, str], int]
    rewritten: Mapping[tuple[str, str, int, str, str, str], int]


@dataclass(frozen=True)
class Stored:
    """A drop on disk as collected, in runs of subjects, and what is known before its cells are held against
    the contracts.
    """

    folder: Path
    subjects: int
    runs: Sequence[Run]
    rest: Drop  # without forms
    received: Received
    sizes: Sizes


def store(study: Study, drop: Path, folder: Path, size: int) -> Stored:
    """Store a drop form by form as collected, and cut its sorted subjects into runs of about this size, or of
    a half, a quarter ... of it where subjects have so many cells that a run would hold too much.

    So a drop is never held in memory: each run reads its own records (`run`).

    Raises    DropError where a file cannot be read as its contract says; faults of single records are
              findings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with receive(drop, folder) as received:
        reading = _Storing(study, received.copies, stored.Writer(folder))
        files.read_each(study, received.copies, reading.take)
    reading.writer.write_file_names(reading.files)
    subjects = sorted({subject for form in reading.writer.subjects.values() for subject in form.usubjid})
    sizes = {name: of_form.size for name, of_form in reading.writer.subjects.items()}
    cells = sum(of_form.records * len(study.forms[name].fields) for name, of_form in sizes.items())
    runs = reading.writer.runs(_last_of_runs(subjects, _that_fits(size, len(subjects), cells)))
    rest = Drop({}, tuple(reading.findings), reading.strangers, {}, {})
    return Stored(folder, len(subjects), runs, rest, received, sizes)


class _Storing:
    """Stores one form after the other; those that come before the enrolment form wait for it."""

    def __init__(self, study: Study, drop: Path, writer: stored.Writer) -> None:
        self.study, self.drop, self.writer = study, drop, writer
        self.files = files.file_of_each_form(study, drop)
        self.persons: Mapping[str, str] | None = None
        self.waiting: dict[str, pd.DataFrame] = {}
        self.findings: list[Finding] = []
        self.strangers: dict[str, int] = {}

    def take(self, form: str, collected: pd.DataFrame) -> None:
        self.waiting[form] = collected
        if form == self.study.protocol.subjects.form:
            self.persons, findings = identity.persons(self.study, collected)
            self.findings += findings
        if self.persons is not None:
            for name in [*self.waiting]:
                self._store(name, self.waiting.pop(name), self.persons)

    def _store(self, name: str, collected: pd.DataFrame, persons: Mapping[str, str]) -> None:
        form = self.study.forms[name]
        identified, findings = identity.identified(self.study, form, collected, persons)
        self.findings += findings
        self.strangers[name] = len(collected) - len(identified.places)
        lines = files.first_lines(self.drop / self.files[name], collected)
        self.writer.write_form(form, collected, identified, lines)


def run(study: Study, folder: Path, one: Run) -> Drop:
    """The records of one run of subjects of a stored drop, each cell held against its contract."""
    forms: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    respelled: Respelled = {}
    rewritten: dict[tuple[str, str, int, str, str, str], int] = {}
    for name, form in study.forms.items():
        collected = stored.load(folder, name, *one[name])
        forms[name], objections, spellings = understood(study, form, collected)
        respelled |= spellings
        rewritten |= contract.rewritten(form, collected)
        findings += objections
    findings += impossible.objections(study, forms)
    return Drop(forms, tuple(findings), {}, respelled, rewritten)


def understood(
    study: Study, form: Form, collected: pd.DataFrame
) -> tuple[pd.DataFrame, list[Finding], Respelled]:
    """The form's records with each cell as its contract reads it and each visit under its name in the study;
    the findings, and what was collected in another spelling.

    Takes     one frame of text with KEY and the contract's columns.
    """
    typed, objections = contract.typed(form, collected)
    records = impossible.with_names_of_visits(study, form, typed)
    respelled = contract.respelled(form, collected, records)
    respelled |= impossible.respelled_visits(form, typed, records)
    return records, objections, respelled


def _that_fits(size: int, subjects: int, cells: int) -> int:
    """The number of subjects of a run: halved until a run has no more than `MOST_CELLS` cells.

    In halves, so that the runs of a drop end where those of the last one did although it has more records.
    """
    while size > 1 and size * cells > MOST_CELLS * subjects:
        size //= 2
    return size


def _last_of_runs(subjects: Sequence[str], size: int) -> list[str]:
    """The last subject of each run: of those that would make it three to five quarters of `size` long, the
    one of the lowest hash.

    So a new subject changes one run, or seldom the next one too, and no run is much larger than another.
    """
    shortest, longest = max(1, size * 3 // 4), max(1, size * 5 // 4)
    last_subjects = []
    first = 0
    while len(subjects) - first > longest:
        candidates = range(first + shortest - 1, first + longest)
        last = min(candidates, key=lambda place: zlib.crc32(subjects[place].encode()))
        last_subjects.append(subjects[last])
        first = last + 1
    return [*last_subjects, *subjects[-1:]]
