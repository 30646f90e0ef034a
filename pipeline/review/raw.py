"""Which raw cells differ between two builds, and of which participants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import parquet

from pipeline.finished.folder import Build
from pipeline.records import lookup

_IDENTITY = ["USUBJID", "record"]


@dataclass(frozen=True)
class RawForm:
    """What changed in one form."""

    form: str
    added: int
    removed: int
    cells: dict[str, int]  # field -> cells that changed
    subjects: dict[str, frozenset[str]] = field(
        repr=False
    )  # field -> participants of whom a cell changed, came or went
    records: frozenset[tuple[str, str]] = field(repr=False)  # USUBJID and record of those that came or went


def forms(old: Build, new: Build) -> Iterator[RawForm]:
    """Every form of which a record or a cell differs."""
    names = dict.fromkeys(p.stem for b in (old, new) for p in b.files("lineage/raw/*.parquet"))
    for name in names:
        a, b = (_read(build, name) for build in (old, new))
        if a is None or b is None or not a.equals(b):
            found = _compared(name, a, b)
            if found.added or found.removed or found.cells:
                yield found


def _compared(form: str, old: pd.DataFrame | None, new: pd.DataFrame | None) -> RawForm:
    columns = list(
        dict.fromkeys(str(c) for f in (old, new) if f is not None for c in f if c not in _IDENTITY)
    )
    a, b = (
        pd.DataFrame(columns=[*_IDENTITY, *columns], dtype="str")
        if f is None
        else f.reindex(columns=[*_IDENTITY, *columns])
        for f in (old, new)
    )
    places = lookup.place_among([b[c] for c in _IDENTITY], [a[c] for c in _IDENTITY])
    stays = np.zeros(len(a), bool)
    stays[places[places >= 0]] = True
    moved = pd.concat([a.loc[~stays, _IDENTITY], b.loc[places < 0, _IDENTITY]])
    records = frozenset(zip(moved["USUBJID"], moved["record"], strict=True))
    gone = frozenset(moved["USUBJID"])
    cells: dict[str, int] = {}
    subjects: dict[str, frozenset[str]] = {}
    for c in columns:
        before = a[c].to_numpy(dtype=object)[places[places >= 0]]
        after = b[c].to_numpy(dtype=object)[places >= 0]
        differs = ~((before == after) | (pd.isna(before) & pd.isna(after)))
        if differs.any():
            cells[c] = int(differs.sum())
        subjects[c] = gone | frozenset(b.loc[places >= 0, "USUBJID"].to_numpy(dtype=object)[differs])
    return RawForm(form, int((places < 0).sum()), int((~stays).sum()), cells, subjects, records)


def _read(build: Build, form: str) -> pd.DataFrame | None:
    path: Path = build.home / "lineage" / "raw" / f"{form}.parquet"
    return (
        parquet.read_table(path).to_pandas().drop(columns="line", errors="ignore") if path.is_file() else None
    )
