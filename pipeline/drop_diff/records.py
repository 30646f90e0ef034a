"""What changed between two drops of one study, record by record: new, gone, changed, or under another key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from pipeline.records import alike
from pipeline.sources import files, identity
from pipeline.sources.received import receive
from pipeline.study import Study
from pipeline.study.models import Form

NEW, GONE, CHANGED, REKEYED = KINDS = ("new", "gone", "changed", "re-keyed")
NOWHERE: Final = -1  # the row of a record that a drop does not have
_NAME, _PLACE, _ROW = (
    "*name",
    "*place",
    "*row",
)  # beside the fields of a form, whose names begin with a letter


@dataclass(frozen=True)
class Change:
    """One record that is not what it was."""

    kind: str
    form: str
    record: str  # its name in the new drop, or in the old one where it is gone
    old: str  # where it stands in the old drop: file and line
    new: str  # where it stands in the new drop
    # by field what it said and what it says, where these differ
    cells: Mapping[str, tuple[str, str]] = field(hash=False)
    was: int = NOWHERE  # its row in the old drop's file, or NOWHERE
    now: int = NOWHERE  # its row in the new drop's file, or NOWHERE

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        cells = {name: list(texts) for name, texts in self.cells.items()}
        return {
            "kind": self.kind,
            "form": self.form,
            "record": self.record,
            "old": self.old,
            "new": self.new,
            "cells": cells,
        }


@dataclass(frozen=True)
class Records:
    """The records of a form by their names: as they stand, and as they are compared."""

    shown: pd.DataFrame
    compared: pd.DataFrame
    places: pd.Series
    rows: pd.Series  # of the file, from 0


@dataclass(frozen=True)
class Drop:
    """A drop as it is compared, form by form."""

    name: str
    records: Mapping[str, Records]
    # what a build goes on with: KEY and the cells as collected; the index is the row of the file
    identified: Mapping[str, pd.DataFrame]

    @property
    def participants(self) -> frozenset[str]:
        """USUBJID of all who have a record."""
        return frozenset().union(*(frame["USUBJID"] for frame in self.identified.values()))


def read(study: Study, drop: Path, loosely: bool = False) -> Drop:
    """The records of a drop by their identity.

    Takes     the drop; whether cells are compared without regard to case and blanks.
    Raises    DropError where the drop cannot be read.
    """
    with receive(drop) as received:
        raw = files.read(study, received.copies)
        persons, _ = identity.persons(study, raw[study.protocol.subjects.form])
        stands_in = files.file_of_each_form(study, received.copies)
        records, identified = {}, {}
        for name, form in study.forms.items():
            collected = raw.pop(name)
            _, names = identity.usubjid_and_record(study, form, collected, persons)
            lines = files.first_lines(received.copies / stands_in[name], collected)
            records[name] = _of_drop(form, collected, names, stands_in[name], lines, loosely)
            goes_on, _ = identity.identified(study, form, collected, persons)
            identified[name] = _with_key(form, collected, goes_on)
        return Drop(drop.resolve().name, records, identified)


def changes(study: Study, old: Drop, new: Drop) -> tuple[Change, ...]:
    """Compares two drops by the identity of their records; the order of records and files means nothing.

    1. A record of one name in both drops has changed where a cell differs, blanks around it aside.
    2. A record that is gone and one that is new are one record under another key where they are of one
       participant and most of their fields agree, or where nothing but the participant's number differs.
       Fields that say the same in every record do not count. Of a form without keys such a record has
       changed.
    """
    number = study.protocol.subjects.number
    found: list[Change] = []
    for name, form in study.forms.items():
        found += _of_form(form, number, old.records[name], new.records[name])
    return tuple(found)


def _with_key(form: Form, collected: pd.DataFrame, goes_on: identity.Identified) -> pd.DataFrame:
    key = {"USUBJID": goes_on.usubjid, "form": form.form, "record": goes_on.record}
    cells = {name: collected[name].array.take(goes_on.places) for name in form.fields}
    return pd.DataFrame({**key, **cells}, index=goes_on.places).astype({"form": "str"})


def _of_drop(
    form: Form,
    collected: pd.DataFrame,
    names: pd.Series,
    file: str,
    lines: np.ndarray | None,
    loosely: bool,
) -> Records:
    """The records of a form, those of one name told apart by their content."""
    fields = list(form.fields)
    shown = collected[fields].fillna("").apply(lambda column: column.str.strip())
    numbers = range(1, len(shown) + 1)
    places = [f"{file}, record {n}" for n in numbers] if lines is None else [f"{file}:{n}" for n in lines]
    told = {_NAME: names.to_numpy(), _PLACE: places, _ROW: range(len(shown))}
    frame = shown.assign(**told).sort_values([_NAME, *fields])
    repeat = frame.groupby(_NAME).cumcount()
    frame[_NAME] = frame[_NAME].where(repeat.eq(0), frame[_NAME] + "#" + (repeat + 1).astype("str"))
    frame = frame.set_index(_NAME)
    shown = frame[fields]
    compared = shown.apply(_without_case_and_blanks) if loosely else shown
    return Records(shown, compared, frame[_PLACE], frame[_ROW])


def _without_case_and_blanks(column: pd.Series) -> pd.Series:
    return column.str.split().str.join(" ").str.casefold()


def _of_form(form: Form, number: str, old: Records, new: Records) -> Iterator[Change]:
    """The changes of a form: of records of one name, then of those that are gone or new."""
    both = new.shown.index[new.shown.index.isin(old.shown.index)]
    differs = (old.compared.loc[both] != new.compared.loc[both]).any(axis="columns")
    for name in both[differs]:
        yield _change(CHANGED, form, old, new, name, name)
    gone = old.shown.index.difference(new.shown.index)
    come = new.shown.index.difference(old.shown.index)
    every = pd.concat([old.compared, new.compared])
    telling = [name for name in form.fields if len(every[name].unique()) > 1]
    pairs = alike.pairs(number, old.compared.loc[gone], new.compared.loc[come], telling)
    for before, after in pairs.items():
        yield _change(CHANGED if form.row else REKEYED, form, old, new, before, after)
    for name in gone:
        if name not in pairs:
            yield Change(GONE, form.form, name, old.places[name], "", {}, was=int(old.rows[name]))
    found = set(pairs.values())
    for name in come:
        if name not in found:
            yield Change(NEW, form.form, name, "", new.places[name], {}, now=int(new.rows[name]))


def _change(kind: str, form: Form, old: Records, new: Records, before: str, after: str) -> Change:
    cells = {
        name: (str(old.shown.loc[before, name]), str(new.shown.loc[after, name]))
        for name in form.fields
        if str(old.compared.loc[before, name]) != str(new.compared.loc[after, name])
    }
    places = old.places[before], new.places[after]
    return Change(kind, form.form, after, *places, cells, int(old.rows[before]), int(new.rows[after]))
