"""Proof of lineage by mutation.

Change one raw cell of each participant, build, and compare each changed output cell with what lineage
declared. Participants do not depend on each other, so one build can hold many copies of each, every copy with
another change.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline import sources
from pipeline import stages as run
from pipeline.mapping import resolve
from pipeline.mapping.lineage import Lineage, lineage
from pipeline.mapping.steps import Input
from pipeline.records import lookup
from pipeline.study import Study
from tests.support import reading

Frames = Mapping[str, pd.DataFrame]
IDENTITY = ["USUBJID", "form", "record", "block"]


@dataclass(frozen=True)
class Change:
    """A raw cell that was given another value."""

    form: str
    field: str
    usubjid: str
    record: str


@dataclass
class Reach:
    """The output cells of one dataset over all changes: those that changed, those declared, and all."""

    changed: int = 0
    declared: int = 0
    all: int = 0

    @property
    def share(self) -> float:
        """Declared cells of all cells of the participants; 1 where everything depends on everything."""
        return self.declared / self.all if self.all else 0.0


@dataclass(frozen=True)
class Proof:
    """What changes showed."""

    changes: Sequence[Change]
    undeclared: Sequence[str]
    reach: Mapping[str, Reach] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """Output cells that changed, records that came or went among them."""
        return sum(r.changed for r in self.reach.values())


def built(study: Study, raw: Frames) -> tuple[sources.Drop, dict[str, pd.DataFrame]]:
    """All datasets of a drop in one block."""
    drop = reading.understood(study, raw)
    return drop, run.datasets_of(study, drop.forms)[0]


def places(study: Study) -> list[tuple[str, str]]:
    """The fields that may be changed: all but those that say whose record it is and which."""
    who = study.protocol.subjects
    return [
        (f.form, name)
        for f in study.forms.values()
        for name in f.fields
        if name not in (who.number, who.earlier, *f.keys)
    ]


# --- changes
@dataclass(frozen=True)
class _Drawn:
    """From where changes are drawn: the raw forms, where each participant's records stand in them, and what a
    field may become.
    """

    raw: Frames
    # form, participant -> identity of each record, by its place in the form
    mine: Mapping[tuple[str, str], pd.Series]
    values: Mapping[tuple[str, str], list[str]]

    @staticmethod
    def of(study: Study, raw: Frames) -> _Drawn:
        mine: dict[tuple[str, str], pd.Series] = {}
        frames, _, _ = reading.identified(study, raw)
        for form, records in frames.items():
            for subject, own in records["record"].groupby(records["USUBJID"]):
                mine[form, str(subject)] = own
        values = {(form, name): _values(study, raw, form, name) for form, name in places(study)}
        return _Drawn(raw, mine, values)

    def change(
        self, form: str, name: str, subject: str, draw: random.Random
    ) -> tuple[Change, int, str] | None:
        """Another value for a field of one of the participant's records, and its place; None where there is
        no record or no other value.
        """
        if (form, subject) not in self.mine:
            return None
        records = self.mine[form, subject]
        at = int(draw.random() * len(records))
        row = int(records.index[at])
        old = self.raw[form][name].iloc[row]
        others = [v for v in self.values[form, name] if v != (old if isinstance(old, str) else "")]
        if not others:
            return None
        value = others[int(draw.random() * len(others))]
        return Change(form, name, subject, str(records.iloc[at])), row, value


def _values(study: Study, raw: Frames, form: str, name: str) -> list[str]:
    """What stands in a field of any record, and blank where the contract allows it."""
    values = [v for v in raw[form][name].drop_duplicates() if isinstance(v, str) and v.strip()]
    may_be_blank = not study.forms[form].fields[name].required
    return [*values, ""] if values and may_be_blank else values


def changeable(study: Study, raw: Frames) -> set[tuple[str, str]]:
    """The fields that some record can have another value in."""
    return {(form, name) for form, name in places(study) if len(_values(study, raw, form, name)) > 1}


def rounds(study: Study, raw: Frames, number: int, seed: int) -> Iterator[tuple[Frames, list[Change]]]:
    """Copies of the raw forms, in each of which one cell of each participant is changed; the field that was
    changed least goes first.
    """
    drawn, draw = _Drawn.of(study, raw), random.Random(seed)
    turn = sorted(changeable(study, raw))
    draw.shuffle(turn)
    left = dict.fromkeys(turn, 0)
    for _ in range(number):
        changed = {n: f.copy() for n, f in raw.items()}
        changes: list[Change] = []
        for subject in sorted({s for _, s in drawn.mine}):
            for form, name in sorted(turn, key=lambda place: left[place]):
                if drawn_change := drawn.change(form, name, subject, draw):
                    change, row, value = drawn_change
                    changed[form].loc[row, name] = value or None
                    left[form, name] += 1
                    changes.append(change)
                    break
        yield changed, changes


def together(study: Study, copies: Sequence[Frames]) -> Frames:
    """Several drops as one, the participants of each renamed, so that one build has them all."""
    return {
        form: pd.concat([_renamed(study, c[form], at) for at, c in enumerate(copies)], ignore_index=True)
        for form in copies[0]
    }


def _renamed(study: Study, frame: pd.DataFrame, copy: int) -> pd.DataFrame:
    who = study.protocol.subjects
    numbers = [n for n in (who.number, who.earlier) if n is not None and n in frame]
    return frame.assign(**{n: frame[n].str.strip() + f"C{copy}" for n in numbers})


def of_copy(change: Change, copy: int) -> Change:
    """The same change in a renamed copy of its participant."""
    number, bar, rest = change.record.partition("|")
    return Change(change.form, change.field, f"{change.usubjid}C{copy}", f"{number}C{copy}{bar}{rest}")


def proofs(study: Study, raw: Frames, number: int, seed: int, at_once: int = 9) -> Iterator[Proof]:
    """So many rounds of changes, some of them in one build."""
    known = lineage(resolve.plan(study, run.LIBRARY))
    before = built(study, together(study, [raw] * at_once))[1]
    waiting: list[tuple[Frames, list[Change]]] = []
    for one in rounds(study, raw, number, seed):
        waiting.append(one)
        if len(waiting) == at_once:
            after = built(study, together(study, [frames for frames, _ in waiting]))[1]
            changes = [of_copy(c, at) for at, (_, of_round) in enumerate(waiting) for c in of_round]
            yield compared(known, before, after, changes)
            waiting = []


# --- what changed
def compared(known: Lineage, before: Frames, after: Frames, changes: Sequence[Change]) -> Proof:
    """Each changed output cell compared with the declared lineage."""
    by_subject = {c.usubjid: c for c in changes}
    undeclared: list[str] = []
    reach: dict[str, Reach] = {}
    for name in before:
        differences = list(_differences(name, before[name], after[name]))
        reach[name] = Reach(len(differences), *_declared(known, by_subject, name, before[name]))
        for variable, key in differences:
            undeclared += _undeclared(known, by_subject, name, variable, key)
    return Proof(changes, undeclared, reach)


def _differences(
    name: str, before: pd.DataFrame, after: pd.DataFrame
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The cells that differ, as variable and identity; of a record that came or went the variable is ""."""
    keys = [*IDENTITY, *(["QNAM"] if name.startswith("SUPP") else [])]
    if "PARAMCD" in before and before.duplicated(keys).any():
        keys.append("PARAMCD")  # a raw record with several measurements is a record of each parameter
    assert not before.duplicated(keys).any(), f"{name}: a record has no identity of its own"
    place = lookup.place_among([before[k] for k in keys], [after[k] for k in keys])
    new = np.setdiff1d(np.arange(len(after)), place)
    for frame, at in ((before, np.flatnonzero(place < 0)), (after, new)):
        yield from (("", key) for key in frame[keys].take(at).itertuples(index=False, name=None))
    old, same = before.take(np.flatnonzero(place >= 0)), after.take(place[place >= 0])
    for variable in (str(v) for v in before if v not in keys):
        a, b = old[variable].array, same[variable].array
        differs = ~(np.asarray(a == b, bool) | np.asarray(pd.isna(a) & pd.isna(b), bool))
        if differs.any():
            yield from ((variable, key) for key in old.loc[differs, keys].itertuples(index=False, name=None))


def _declared(
    known: Lineage, changes: Mapping[str, Change], dataset: str, frame: pd.DataFrame
) -> tuple[int, int]:
    """How many cells of the changed participants are declared to depend on the changes, and how many cells
    they have.
    """
    variables = [
        str(v) for v in frame if v not in IDENTITY and (dataset.startswith("SUPP") or (dataset, v) in known)
    ]
    names = frame["QNAM"] if dataset.startswith("SUPP") else pd.Series("", index=frame.index)
    every = _counted([frame["USUBJID"], names])
    own = _counted([frame["USUBJID"], names, frame["form"], frame["record"]])
    declared = total = 0
    for (subject, name), records in every.items():
        change = changes.get(subject)
        if change is not None:
            anyhow, alone = _reaching(known, dataset, tuple(variables), name, change.form, change.field)
            total += records * len(variables)
            declared += anyhow * records + alone * own.get((subject, name, change.form, change.record), 0)
    return declared, total


def _counted(columns: list[pd.Series]) -> dict[tuple[str, ...], int]:
    return {tuple(map(str, key)): int(n) for key, n in pd.concat(columns, axis=1).value_counts().items()}  # type: ignore[call-overload]


# by lineage, dataset, qualifier and field: a proof asks the same of every participant
_REACHING: dict[tuple[object, ...], tuple[int, int]] = {}


def _reaching(
    known: Lineage, dataset: str, variables: tuple[str, ...], name: str, form: str, column: str
) -> tuple[int, int]:
    """How many variables depend on a raw field of any record of the participant, and how many on that of the
    cell's own record alone.
    """
    key = (id(known), dataset, name, form, column)
    if key not in _REACHING:
        behind = [_behind(known, dataset, v, name) for v in variables]
        anyhow = sum(Input(form, column, False) in b for b in behind)
        alone = sum(Input(form, column, True) in b and Input(form, column, False) not in b for b in behind)
        _REACHING[key] = (anyhow, alone)
    return _REACHING[key]


def _behind(known: Lineage, dataset: str, variable: str, qualifier: str = "") -> frozenset[Input]:
    """The raw fields that lineage declares of a cell; of SUPP-- those of the parent's variable, of its
    records and of their number.
    """
    if not dataset.startswith("SUPP"):
        return known.get((dataset, variable), frozenset())
    if (dataset, variable, qualifier) not in _SUPPLEMENTAL.setdefault(id(known), {}):
        parent = dataset.removeprefix("SUPP")
        stem = qualifier.rstrip("123456789")
        of = [
            v
            for d, v in known
            if d == parent and v and (v == qualifier or (len(v) > 5 and stem == v[: len(qualifier) - 1]))
        ]
        nodes = [*((parent, v) for v in of[:1]), (parent, "")]
        if variable == "IDVARVAL":
            nodes.append((parent, f"{parent}SEQ"))
        fields = frozenset(i for node in nodes for i in known.get(node, frozenset()))
        _SUPPLEMENTAL[id(known)][dataset, variable, qualifier] = fields
    return _SUPPLEMENTAL[id(known)][dataset, variable, qualifier]


_SUPPLEMENTAL: dict[int, dict[tuple[str, str, str], frozenset[Input]]] = {}


def _undeclared(
    known: Lineage, changes: Mapping[str, Change], dataset: str, variable: str, key: tuple[str, ...]
) -> list[str]:
    """What is wrong with a cell that changed: nothing where its lineage declares the change."""
    change = changes.get(str(key[0]))
    if change is None:
        return [f"{dataset}.{variable} of {key} changed, and nothing of the subject did"]
    declared = _behind(known, dataset, variable, str(key[4]) if len(key) > 4 else "")
    anyhow = Input(change.form, change.field, False) in declared
    is_own_record = (key[1], key[2]) == (change.form, change.record)
    own = is_own_record and Input(change.form, change.field, True) in declared
    if anyhow or own:
        return []
    field = f"{change.form}.{change.field}"
    return [f"{dataset}.{variable} of {key[1]} changed with {field} of another record or undeclared"]


def reached(proofs: Sequence[Proof]) -> dict[str, Reach]:
    """The reach of all proofs together, by dataset."""
    totals: dict[str, Reach] = {}
    for proof in proofs:
        for name, reach in proof.reach.items():
            total = totals.setdefault(name, Reach())
            total.changed += reach.changed
            total.declared += reach.declared
            total.all += reach.all
    return totals
