"""Stage 1: a drop becomes frames of collected values, each record with its person and identity, cut into
blocks of subjects.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.records.findings import Finding
from pipeline.sources import contract, files, identity, stored
from pipeline.sources.stored import Run as Run
from pipeline.study import Study

Forms = Mapping[str, pd.DataFrame]
# takes a form's name and its records as collected, with KEY
Keep = Callable[[str, pd.DataFrame], None]


@dataclass(frozen=True)
class Drop:
    """A drop as read: records of known persons by form, what the contracts object to, and the hash of each
    file.
    """

    forms: Forms
    findings: tuple[Finding, ...]
    hashes: Mapping[str, str]
    strangers: Mapping[
        str, int
    ]  # records that go no further, by form: of a subject whom nobody enrolled, or a repetition
    respelled: Mapping[
        tuple[str, str, int, str, str], int
    ]  # labels collected in another spelling: see profile.Recoded


@dataclass(frozen=True)
class Stored:
    """A drop on disk as collected, in runs of subjects, and what is known before their cells are held against
    the contracts.
    """

    folder: Path
    runs: Sequence[Run]
    rest: Drop  # without forms


def read(study: Study, drop: Path) -> Drop:
    """All forms of the drop, typed and identified, in memory.

    Raises    DropError where a file cannot be read as its contract says; faults of single records are
              findings.
    """
    return understood(study, files.read(study, drop), files.hashes(drop))


def store(study: Study, drop: Path, folder: Path, size: int) -> Stored:
    """The drop in `folder`, form by form as collected, and its runs of subjects: `blocks` of a drop that is
    not held in memory.

    Raises    as `read`.
    """
    reading = _Storing(study, drop, stored.Stored(folder))
    files.each(study, drop, reading.take)
    reading.kept.name_files(reading.files)
    ends = _ends(sorted({s for names, _ in reading.kept.subjects.values() for s in names}), size)
    rest = Drop({}, tuple(reading.findings), files.hashes(drop), reading.strangers, {})
    return Stored(folder, reading.kept.runs(ends), rest)


class _Storing:
    """Stores one form after the other; those that come before the enrolment form wait for it."""

    def __init__(self, study: Study, drop: Path, kept: stored.Stored) -> None:
        self.study, self.drop, self.kept = study, drop, kept
        self.files = files.of_forms(study, drop)
        self.persons: Mapping[str, str] | None = None
        self.waiting: dict[str, pd.DataFrame] = {}
        self.findings: list[Finding] = []
        self.strangers: dict[str, int] = {}

    def take(self, form: str, frame: pd.DataFrame) -> None:
        self.waiting[form] = frame
        if form == self.study.protocol.subjects.form:
            self.persons, found = identity.persons(self.study, self.waiting[form])
            self.findings += found
        if self.persons is not None:
            for name in [*self.waiting]:
                self._keep(name, self.persons)

    def _keep(self, form: str, persons: Mapping[str, str]) -> None:
        frame = self.waiting.pop(form)
        found, strange = identity.identified(self.study, self.study.forms[form], frame, persons)
        self.findings += strange
        self.strangers[form] = len(frame) - len(found.at)
        self.kept.keep(self.study.forms[form], frame, found, files.lines(self.drop / self.files[form], frame))


def run(study: Study, folder: Path, one: Run) -> Drop:
    """The records of one run of subjects of a stored drop, each cell held against its contract."""
    forms: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    respelled: dict[tuple[str, str, int, str, str], int] = {}
    for name, form in study.forms.items():
        found = stored.load(folder, name, *one[name])
        forms[name], broken = contract.typed(form, found)
        respelled |= contract.respelled(form, found, forms[name])
        findings += broken
    return Drop(forms, tuple(findings), {}, {}, respelled)


def understood(
    study: Study, raw: Mapping[str, pd.DataFrame], hashes: Mapping[str, str], keep: Keep | None = None
) -> Drop:
    """Collected forms with each record's person and identity, and each cell held against its contract.

    Takes     every form of the study as collected, columns in contract order, places as index; what is to be
              done with each form's known records before their cells are read.
    """
    persons, findings = identity.persons(study, raw[study.protocol.subjects.form])
    left = dict(raw)
    del raw  # each form is let go of as soon as it is understood: a drop is not held twice
    forms: dict[str, pd.DataFrame] = {}
    strangers: dict[str, int] = {}
    respelled: dict[tuple[str, str, int, str, str], int] = {}
    for name, form in study.forms.items():
        frame = left.pop(name)
        known, strange = identity.identified(study, form, frame, persons)
        strangers[name] = len(frame) - len(known.at)
        found = known.frame(form, frame)
        if keep:
            keep(name, found)
        found = found.reset_index(drop=True)
        forms[name], broken = contract.typed(form, found)
        respelled |= contract.respelled(form, found, forms[name])
        findings += strange + broken
    return Drop(forms, tuple(findings), hashes, strangers, respelled)


def blocks(drop: Drop, size: int) -> list[Forms]:
    """The drop cut into contiguous runs of sorted subjects; with `size` 1 each subject is a block."""
    ends = _ends(sorted({s for f in drop.forms.values() for s in f["USUBJID"].unique()}), size)
    cuts = {name: f["USUBJID"].searchsorted(ends, side="right").tolist() for name, f in drop.forms.items()}
    return [
        {
            n: f.iloc[(cuts[n][i - 1] if i else 0) : cuts[n][i]].reset_index(drop=True)
            for n, f in drop.forms.items()
        }
        for i in range(len(ends))
    ]


def _ends(subjects: Sequence[str], size: int) -> list[str]:
    """The last subject of each run: of those that would make it three to five quarters of `size` long, the
    one of the lowest hash.

    So a new subject changes one run, or seldom the next one too, and no run is much larger than another.
    """
    least, most = max(1, size * 3 // 4), max(1, size * 5 // 4)
    ends = []
    first = 0
    while len(subjects) - first > most:
        last = min(range(first + least - 1, first + most), key=lambda at: zlib.crc32(subjects[at].encode()))
        ends.append(subjects[last])
        first = last + 1
    return [*ends, *subjects[-1:]]
