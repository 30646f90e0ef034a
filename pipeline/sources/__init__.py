"""Stage 1: a drop becomes frames of collected values, each record with its person and identity, cut into blocks of subjects."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from pipeline.findings import Finding
from pipeline.sources import contract, files, identity
from pipeline.study import Study

Forms = Mapping[str, pd.DataFrame]
# takes a form's name and its records as collected, with KEY, and `line` where the file holds a record a line
Keep = Callable[[str, pd.DataFrame], None]


@dataclass(frozen=True)
class Drop:
    """A drop as read: records of known persons by form, what the contracts object to, and the hash of each file."""

    forms: Forms
    findings: tuple[Finding, ...]
    hashes: Mapping[str, str]
    strangers: Mapping[str, int]  # records whose subject nobody enrolled, by form
    respelled: Mapping[tuple[str, str, int, str, str], int]  # labels collected in another spelling: see facts.Recoded
    files: Mapping[str, str] = field(default_factory=dict)  # form -> name of the file that holds it


def read(study: Study, drop: Path, keep: Keep | None = None) -> Drop:
    """All forms of the drop, typed and identified.

    Takes     what is to be done with each form as collected, before its cells are held against the contract.
    Raises    DropError where a file cannot be read as its contract says; faults of single records are findings.
    """
    raw = files.read(study, drop)
    named = files.of_forms(study, drop)
    if keep is None:
        return replace(understood(study, raw, files.hashes(drop)), files=named)
    begun = {form: files.lines(drop / name, raw[form]) for form, name in named.items()}

    def kept(form: str, found: pd.DataFrame) -> None:
        lines = begun[form]
        keep(form, found if lines is None else found.assign(line=lines.take(found.index)))

    return replace(understood(study, raw, files.hashes(drop), kept), files=named)


def understood(study: Study, raw: Mapping[str, pd.DataFrame], hashes: Mapping[str, str], keep: Keep | None = None) -> Drop:
    """Collected forms with each record's person and identity, and each cell held against its contract.

    Takes     every form of the study as collected, columns in contract order, places as index; what is to be done with each form's known
              records before their cells are read.
    """
    persons, findings = identity.persons(study, raw[study.protocol.subjects.form])
    left = dict(raw)
    del raw  # each form is let go of as soon as it is understood: a drop is not held twice
    forms: dict[str, pd.DataFrame] = {}
    strangers: dict[str, int] = {}
    respelled: dict[tuple[str, str, int, str, str], int] = {}
    for name, form in study.forms.items():
        collected = len(left[name])
        found, strange = identity.identified(study, form, left.pop(name), persons)
        strangers[name] = collected - len(found)
        if keep:
            keep(name, found)
        found = found.reset_index(drop=True)
        forms[name], broken = contract.typed(form, found)
        respelled |= contract.respelled(form, found, forms[name])
        findings += strange + broken
    return Drop(forms, tuple(findings), hashes, strangers, respelled)


def blocks(drop: Drop, size: int) -> list[Forms]:
    """The drop cut into contiguous runs of sorted subjects, after each subject whose hash is 0 modulo `size`.

    So a new subject changes one block alone, and blocks in order are subjects in order. With `size` 1 each subject is a block.
    """
    subjects = sorted({s for f in drop.forms.values() for s in f["USUBJID"].unique()})
    ends = [s for s in subjects if zlib.crc32(s.encode()) % size == 0]
    if subjects and (not ends or ends[-1] != subjects[-1]):
        ends.append(subjects[-1])
    cuts = {name: f["USUBJID"].searchsorted(ends, side="right").tolist() for name, f in drop.forms.items()}
    return [
        {n: f.iloc[(cuts[n][i - 1] if i else 0) : cuts[n][i]].reset_index(drop=True) for n, f in drop.forms.items()}
        for i in range(len(ends))
    ]
