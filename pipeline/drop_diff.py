"""What changed between two drops of one study, record by record: new, gone, changed, or under another key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from pipeline.records.count import counted
from pipeline.sources import files, identity
from pipeline.sources.received import receive
from pipeline.study import Study
from pipeline.study.models import Form

NEW, GONE, CHANGED, REKEYED = KINDS = ("new", "gone", "changed", "re-keyed")
MOST: Final = 0.75  # of the fields of two records that agree: they are one record
_NAME, _PLACE = "*name", "*place"  # beside the fields of a form, whose names begin with a letter


@dataclass(frozen=True)
class Change:
    """One record that is not what it was."""

    kind: str
    form: str
    record: str  # its name in the new drop, or in the old one where it is gone
    old: str  # where it stands in the old drop: file and line
    new: str  # where it stands in the new drop
    cells: Mapping[str, tuple[str, str]]  # by field what it said and what it says, where these differ

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        cells = {field: list(texts) for field, texts in self.cells.items()}
        return {
            "kind": self.kind,
            "form": self.form,
            "record": self.record,
            "old": self.old,
            "new": self.new,
            "cells": cells,
        }


@dataclass(frozen=True)
class Difference:
    """All that differs between two drops, by their names."""

    old: str
    new: str
    changes: tuple[Change, ...]

    def counts(self) -> dict[str, Counter[str]]:
        """How many records of each form are new, gone, changed or re-keyed."""
        by_form: dict[str, Counter[str]] = {}
        for change in self.changes:
            by_form.setdefault(change.form, Counter())[change.kind] += 1
        return by_form

    def as_data(self) -> dict[str, Any]:
        """As JSON has it; it holds participants' values."""
        return {
            "drops": [self.old, self.new],
            "state": "differs" if self.changes else "equal",
            "forms": {form: {kind: n[kind] for kind in KINDS} for form, n in self.counts().items()},
            "changes": [change.as_data() for change in self.changes],
        }


def difference(study: Study, old: Path, new: Path, loosely: bool = False) -> Difference:
    """Compares two drops by the identity of their records; the order of records and files means nothing.

    1. A record of one name in both drops has changed where a cell differs, blanks around it aside.
    2. A record that is gone and one that is new are one record under another key where they are of one
       participant and most of their fields agree, or where nothing but the participant's number differs.
       Fields that say the same in every record do not count. Of a form without keys such a record has
       changed.

    Takes     the drops; whether a cell that differs in case and blanks alone is the same.
    Raises    DropError where a drop cannot be read.
    """
    before, after = _records(study, old, loosely), _records(study, new, loosely)
    changes: list[Change] = []
    for name, form in study.forms.items():
        changes += _of_form(form, study.protocol.subjects.number, before[name], after[name])
    return Difference(old.resolve().name, new.resolve().name, tuple(changes))


@dataclass(frozen=True)
class _Records:
    """The records of a form by their names: as they stand, and as they are compared."""

    shown: pd.DataFrame
    compared: pd.DataFrame
    places: pd.Series


def _records(study: Study, drop: Path, loosely: bool) -> dict[str, _Records]:
    with receive(drop) as received:
        raw = files.read(study, received.copies)
        persons, _ = identity.persons(study, raw[study.protocol.subjects.form])
        stands_in = files.file_of_each_form(study, received.copies)
        records = {}
        for name, form in study.forms.items():
            collected = raw.pop(name)
            _, names = identity.usubjid_and_record(study, form, collected, persons)
            lines = files.first_lines(received.copies / stands_in[name], collected)
            records[name] = _of_drop(form, collected, names, stands_in[name], lines, loosely)
        return records


def _of_drop(
    form: Form,
    collected: pd.DataFrame,
    names: pd.Series,
    file: str,
    lines: np.ndarray | None,
    loosely: bool,
) -> _Records:
    """The records of a form, those of one name told apart by their content."""
    fields = list(form.fields)
    shown = collected[fields].fillna("").apply(lambda column: column.str.strip())
    numbers = range(1, len(shown) + 1)
    places = [f"{file}, record {n}" for n in numbers] if lines is None else [f"{file}:{n}" for n in lines]
    frame = shown.assign(**{_NAME: names.to_numpy(), _PLACE: places}).sort_values([_NAME, *fields])
    repeat = frame.groupby(_NAME).cumcount()
    frame[_NAME] = frame[_NAME].where(repeat.eq(0), frame[_NAME] + "#" + (repeat + 1).astype("str"))
    frame = frame.set_index(_NAME)
    shown = frame[fields]
    compared = shown.apply(_without_case_and_blanks) if loosely else shown
    return _Records(shown, compared, frame[_PLACE])


def _without_case_and_blanks(column: pd.Series) -> pd.Series:
    return column.str.split().str.join(" ").str.casefold()


def _of_form(form: Form, number: str, old: _Records, new: _Records) -> Iterator[Change]:
    """The changes of a form: of records of one name, then of those that are gone or new."""
    both = new.shown.index[new.shown.index.isin(old.shown.index)]
    differs = (old.compared.loc[both] != new.compared.loc[both]).any(axis="columns")
    for name in both[differs]:
        yield _change(CHANGED, form, old, new, name, name)
    gone = old.shown.index.difference(new.shown.index)
    come = new.shown.index.difference(old.shown.index)
    pairs = _pairs(form, number, old, new, gone, come)
    for before, after in pairs.items():
        yield _change(CHANGED if form.row else REKEYED, form, old, new, before, after)
    for name in gone:
        if name not in pairs:
            yield Change(GONE, form.form, name, old.places[name], "", {})
    found = set(pairs.values())
    for name in come:
        if name not in found:
            yield Change(NEW, form.form, name, "", new.places[name], {})


def _change(kind: str, form: Form, old: _Records, new: _Records, before: str, after: str) -> Change:
    cells = {
        field: (str(old.shown.loc[before, field]), str(new.shown.loc[after, field]))
        for field in form.fields
        if str(old.compared.loc[before, field]) != str(new.compared.loc[after, field])
    }
    return Change(kind, form.form, after, old.places[before], new.places[after], cells)


def _pairs(
    form: Form, number: str, old: _Records, new: _Records, gone: pd.Index, come: pd.Index
) -> dict[str, str]:
    """The names of records that are gone, each with that under which the record is there again."""
    before, after = old.compared.loc[gone], new.compared.loc[come]
    every = pd.concat([old.compared, new.compared])
    telling = [field for field in form.fields if len(every[field].unique()) > 1]
    pairs: dict[str, str] = {}
    for subject, of_subject in before.groupby(number):
        candidates = after[after[number].eq(subject)]
        pairs |= _most_alike(of_subject[telling], candidates[telling])
    others = [field for field in form.fields if field != number]
    left = after[~after.index.isin(list(pairs.values()))]
    by_content = dict(zip(_contents(left[others]), left.index, strict=True))
    for name, content in zip(before.index, _contents(before[others]), strict=True):
        if name not in pairs and content in by_content:
            pairs[name] = by_content.pop(content)
    return pairs


def _contents(records: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    return records.itertuples(index=False, name=None)


def _most_alike(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """Each record with the one in which most of its fields agree, the best pair first."""
    was, now = before.to_numpy(), after.to_numpy()
    filled = (was[:, None, :] != "") | (now[None, :, :] != "")
    agrees = filled & (was[:, None, :] == now[None, :, :])
    share = agrees.sum(axis=2) / np.maximum(filled.sum(axis=2), 1)
    pairs: dict[str, str] = {}
    while share.size and share.max() >= MOST:
        row, column = np.unravel_index(share.argmax(), share.shape)
        pairs[str(before.index[row])] = str(after.index[column])
        share[row, :] = share[:, column] = -1
    return pairs


def lines(found: Difference) -> Iterator[str]:
    """The difference as lines for a terminal; they hold participants' values."""
    yield f"{found.old} -> {found.new}"
    if not found.changes:
        yield "No record differs."
    for form, counts in found.counts().items():
        told = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts[kind])
        yield f"{form}: {told}"
        for change in found.changes:
            if change.form == form:
                yield f"  {change.kind} {change.record} ({_where(change)}){_cells(change)}"


def summary(found: Difference) -> Iterator[str]:
    """The difference as a page in Markdown with a list to sign: what is gone, under another key or changed;
    of new records their number. It holds participants' values.
    """
    yield f"# {found.old} -> {found.new}"
    yield ""
    for form, counts in found.counts().items():
        told = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts[kind])
        yield f"- **{form}**: {told}"
    asked = [change for change in found.changes if change.kind != NEW]
    if asked:
        yield ""
        yield f"## To confirm: {counted(len(asked), 'record')}"
        yield ""
        for change in asked:
            yield f"- [ ] {change.form}: {change.kind} `{change.record}` ({_where(change)}){_cells(change)}"


def _where(change: Change) -> str:
    return " -> ".join(place for place in (change.old, change.new) if place)


def _cells(change: Change) -> str:
    told = "; ".join(
        f"{field} {was or '(blank)'} -> {now or '(blank)'}" for field, (was, now) in change.cells.items()
    )
    return f": {told}" if told else ""
