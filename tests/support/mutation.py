"""Proof of lineage by mutation.

Change one raw cell in each subject, build once, and hold each changed output cell against what lineage declared.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline import run, sources
from pipeline.mapping import resolve
from pipeline.mapping.lineage import Lineage, lineage
from pipeline.mapping.steps import Input
from pipeline.study import Study

Frames = Mapping[str, pd.DataFrame]
IDENTITY = ["USUBJID", "form", "record", "block"]


@dataclass(frozen=True)
class Change:
    """A raw cell that was given another value."""

    form: str
    field: str
    usubjid: str
    record: str


@dataclass(frozen=True)
class Proof:
    """What a round of changes showed."""

    changes: Sequence[Change]
    cells: int  # output cells that changed, records that came or went among them
    undeclared: Sequence[str]


def built(study: Study, raw: Frames) -> tuple[sources.Drop, dict[str, pd.DataFrame]]:
    """All datasets of a drop in one block."""
    drop = sources.understood(study, raw, {})
    return drop, run.made(study, drop.forms)[0]


def places(study: Study) -> list[tuple[str, str]]:
    """The fields that may be changed: all but those that say whose record it is and which."""
    who = study.protocol.subjects
    return [(f.form, name) for f in study.forms.values() for name in f.fields if name not in (who.number, who.earlier, *f.keys)]


def rounds(study: Study, raw: Frames, number: int, seed: int) -> Iterator[tuple[Frames, list[Change]]]:
    """Copies of the raw forms, in each of which one cell of each subject is changed; the fields take turns."""
    drop = sources.understood(study, raw, {})
    subjects = sorted({s for f in drop.forms.values() for s in f["USUBJID"]})
    turn = places(study)
    draw = random.Random(seed)
    turn.sort(key=lambda _: draw.random())
    at = 0
    for _ in range(number):
        changed = {n: f.copy() for n, f in raw.items()}
        changes: list[Change] = []
        for subject in subjects:
            for _ in range(len(turn)):
                form, field = turn[at % len(turn)]
                at += 1
                change = _changed(study, raw, changed, drop, form, field, subject, draw)
                if change:
                    changes.append(change)
                    break
        yield changed, changes


def _changed(
    study: Study, raw: Frames, changed: Frames, drop: sources.Drop, form: str, field: str, subject: str, draw: random.Random
) -> Change | None:
    """Another record's value of the same field, or blank where the contract allows it; None where the subject has no record of the form."""
    mine = drop.forms[form]
    mine = mine[mine["USUBJID"].eq(subject)]
    if mine.empty:
        return None
    chosen = mine.iloc[int(draw.random() * len(mine))]
    who, contract = study.protocol.subjects, study.forms[form]
    same = raw[form][who.number].str.strip().str.upper().eq(str(chosen[who.number]).upper())
    for key in contract.keys:
        same &= raw[form][key].str.upper().str.split().str.join(" ").eq(" ".join(str(chosen[key]).upper().split()))
    (row,) = raw[form].index[same]
    old = raw[form][field].loc[row]
    values = [v for v in raw[form][field].drop_duplicates() if isinstance(v, str) and v != old and v.strip()]
    if not contract.fields[field].required and isinstance(old, str):
        values.append("")
    if not values:
        return None
    value = values[int(draw.random() * len(values))]
    changed[form].loc[row, field] = value or None
    return Change(form, field, subject, str(chosen["record"]))


def held(study: Study, before: Frames, after: Frames, changes: Sequence[Change]) -> Proof:
    """Each changed output cell against the declared lineage."""
    known = lineage(resolve.plan(study, run.LIBRARY))
    by_subject = {c.usubjid: c for c in changes}
    undeclared: list[str] = []
    cells = 0
    for name in before:
        keys = [*IDENTITY, *(["QNAM"] if name.startswith("SUPP") else [])]
        old, new = (f[name].set_index(keys) for f in (before, after))
        assert old.index.is_unique, f"{name}: a record has no identity of its own"
        both = old.index.intersection(new.index)
        for gone in old.index.symmetric_difference(new.index):
            cells += 1
            undeclared += _judged(known, by_subject, name, "", gone)
        for variable in map(str, old):
            a, b = old.loc[both, variable], new.loc[both, variable]
            for key in both[~(a.eq(b) | (a.isna() & b.isna())).to_numpy()]:
                cells += 1
                undeclared += _judged(known, by_subject, name, variable, key)
    return Proof(changes, cells, undeclared)


def _judged(known: Lineage, changes: Mapping[str, Change], dataset: str, variable: str, key: tuple[object, ...]) -> list[str]:
    change = changes.get(str(key[0]))
    nodes = [(dataset, variable)]
    if dataset.startswith("SUPP"):
        parent, qualifier = dataset.removeprefix("SUPP"), str(key[4])
        source = next(
            (
                v
                for d, v in known
                if d == parent and v and (v == qualifier or (len(v) > 5 and qualifier.rstrip("123456789") == v[: len(qualifier) - 1]))
            ),
            "",
        )
        nodes = [(parent, source), (parent, ""), *([(parent, f"{parent}SEQ")] if variable == "IDVARVAL" else [])]
    declared = {i for n in nodes for i in known.get(n, frozenset())}
    if change is None:
        return [f"{dataset}.{variable} of {key} changed, and nothing of the subject did"]
    anyhow = Input(change.form, change.field, False) in declared
    own = Input(change.form, change.field, True) in declared and (key[1], key[2]) == (change.form, change.record)
    return (
        []
        if anyhow or own
        else [f"{dataset}.{variable} of {key[1]} changed with {change.form}.{change.field} of another record or undeclared"]
    )
