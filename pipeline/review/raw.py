"""Which raw cells differ between two builds, and of which participants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.finished import tables
from pipeline.finished.folder import Folder
from pipeline.records import lookup
from pipeline.review.records import NOWHERE, differing

_IDENTITY = ["USUBJID", "record"]


@dataclass(frozen=True)
class RawForm:
    """What changed in one form."""

    form: str
    added: int
    removed: int
    cells: dict[str, int]  # by field, how many cells changed
    # by field, the participants with a cell or a record that changed
    subjects: dict[str, frozenset[str]] = field(repr=False)
    # USUBJID and record of those that were added or removed
    records: frozenset[tuple[str, str]] = field(repr=False)

    def as_data(self) -> dict[str, object]:
        """As JSON has it, without participants."""
        return {"form": self.form, "added": self.added, "removed": self.removed, "cells": self.cells}


def forms(old: Folder, new: Folder) -> Iterator[RawForm]:
    """Every form in which a record or a cell differs.

    Takes     two finished builds.
    Returns   records that came, went or changed, and the cells that differ.
    """
    for form in dict.fromkeys([*old.raw_forms(), *new.raw_forms()]):
        before, after = tables.collected(old, form), tables.collected(new, form)
        if before is not None and after is not None and before.equals(after):
            continue
        difference = _difference(form, before, after)
        if difference.added or difference.removed or difference.cells:
            yield difference


def _difference(form: str, before: pd.DataFrame | None, after: pd.DataFrame | None) -> RawForm:
    """The records and cells of a form that differ; None is a form that a build does not have."""
    columns = dict.fromkeys(str(c) for frame in (before, after) if frame is not None for c in frame)
    fields = [column for column in columns if column not in _IDENTITY]
    old, new = _with_columns(before, fields), _with_columns(after, fields)
    old_places = lookup.place_among([new[c] for c in _IDENTITY], [old[c] for c in _IDENTITY])
    paired = old_places != NOWHERE
    added = new.loc[~paired, _IDENTITY]
    removed = old.loc[~np.isin(np.arange(len(old)), old_places), _IDENTITY]
    old_paired, new_paired = old.iloc[old_places[paired]], new[paired]

    moved = pd.concat([removed, added])
    subjects_of_moved = frozenset(moved["USUBJID"])
    cells: dict[str, int] = {}
    subjects: dict[str, frozenset[str]] = {}
    for name in fields:
        differs = differing(old_paired[name], new_paired[name])
        if differs.any():
            cells[name] = int(differs.sum())
        subjects[name] = subjects_of_moved | frozenset(new_paired["USUBJID"][differs])
    records = frozenset(zip(moved["USUBJID"], moved["record"], strict=True))
    return RawForm(form, len(added), len(removed), cells, subjects, records)


def _with_columns(records: pd.DataFrame | None, fields: list[str]) -> pd.DataFrame:
    """The records with these fields, missing where a build's contract does not have them."""
    columns = [*_IDENTITY, *fields]
    return pd.DataFrame(columns=columns, dtype="str") if records is None else records.reindex(columns=columns)
