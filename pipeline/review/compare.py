"""What changed between two finished builds: the mapping by meaning, raw records, data, endpoints, documents,
and what explains it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from pipeline.errors import UsageError
from pipeline.finished.folder import Build
from pipeline.review import define as review_define
from pipeline.review import endpoints as review_endpoints
from pipeline.review import files as review_files
from pipeline.review import guides as review_guides
from pipeline.review import meaning as review_meaning
from pipeline.review import raw as review_raw
from pipeline.review import records as review_records
from pipeline.review.causes import Causes, Explained
from pipeline.review.meaning import Change
from pipeline.review.records import Compared

_EPOCH = pd.Timestamp("1960-01-01")  # day 0 of a date in a transport file


@dataclass(frozen=True)
class Cell:
    """A value that changed."""

    dataset: str
    variable: str
    key: str
    old: str
    new: str


@dataclass(frozen=True)
class Review:
    """The whole of it as plain data, and (if asked for) every changed cell."""

    told: Mapping[str, Any]
    cells: list[Cell]

    @property
    def table(self) -> str:
        """The cells as CSV."""
        held = io.StringIO()
        rows = csv.writer(held, lineterminator="\n")
        rows.writerow(["dataset", "variable", "key", "old", "new"])
        rows.writerows([c.dataset, c.variable, c.key, c.old, c.new] for c in self.cells)
        return held.getvalue()


def review(old: Build, new: Build, with_cells: bool = False) -> Review:
    """Compares two builds of one study.

    Raises    UsageError where they are of different studies.
    """
    if old.study != new.study:
        raise UsageError(
            f"the builds are of different studies, {old.study} and {new.study}; name two builds of one"
        )
    changes = [*review_meaning.changes(old.book, new.book), *review_files.changes(old, new)]
    raw = list(review_raw.forms(old, new))
    causes = Causes(old, new, changes, raw)
    datasets, endpoints, cells = [], [], []
    for name in dict.fromkeys([*old.book["datasets"], *new.book["datasets"]]):
        found = review_records.compared(name, old, new)
        told = _dataset(found, causes) if found else None
        if found and told:
            datasets.append(told)
            endpoints += list(review_endpoints.told(found))
            cells += list(_cells(found, new)) if with_cells else []
    told = {
        "study": new.study,
        "builds": [b.home.resolve().name for b in (old, new)],
        "mapping": [_change(c) for c in changes],
        "raw": [{"form": f.form, "added": f.added, "removed": f.removed, "cells": f.cells} for f in raw],
        "datasets": datasets,
        "endpoints": endpoints,
        "define": list(review_define.items(old, new)),
        "guides": list(review_guides.paragraphs(old, new)),
    }
    told["unexplained"] = [
        f"{d['dataset']}.{v}".rstrip(".") for d in datasets for v, e in d["explained"].items() if e["nothing"]
    ]
    return Review(
        {"changed": any(told[k] for k in ("mapping", "raw", "datasets", "define", "guides")), **told}, cells
    )


def _change(c: Change) -> dict[str, Any]:
    return {
        "kind": c.kind,
        "subject": c.subject,
        "what": c.what,
        "old": c.old,
        "new": c.new,
        "can_change_values": bool(c.nodes),
    }


def _dataset(found: Compared, causes: Causes) -> dict[str, Any] | None:
    added, removed = found.added, found.removed
    if not len(added) and not len(removed) and not found.changed and set(found.old) == set(found.new):
        return None
    explained = (
        {"": causes.of(found.name, "", added) + causes.of(found.name, "", removed)}
        if len(added) or len(removed)
        else {}
    )
    for variable, changed in found.changed.items():
        rows = found.new[changed]
        was = found.old[variable].iloc[found.pairs[changed]]
        explained[variable] = causes.of(found.name, variable, rows, was, rows[variable])
    return {
        "dataset": found.name,
        "added": len(added),
        "removed": len(removed),
        "variables": {v: int(m.sum()) for v, m in found.changed.items()},
        "columns_added": [c for c in found.new if c not in found.old],
        "columns_removed": [c for c in found.old if c not in found.new],
        "explained": {v: _plain(e) for v, e in explained.items()},
    }


def _plain(e: Explained) -> dict[str, Any]:
    return {**asdict(e), "changes": sorted(e.changes)}


def _cells(found: Compared, new: Build) -> Iterator[Cell]:
    """Each changed cell and each record that came or went, with the record's key."""
    told = new.book["datasets"].get(found.name, {"keys": [], "variables": {}})
    keys = [k for k in dict.fromkeys(["USUBJID", *told["keys"]]) if k in found.new and k != "STUDYID"]
    types = {v: t["type"] for v, t in told["variables"].items()}
    for what, rows in (("record added", found.added), ("record removed", found.removed)):
        for key in _keys(rows, keys, types):
            yield Cell(
                found.name,
                "",
                key,
                "" if what == "record added" else what,
                what if what == "record added" else "",
            )
    for variable, changed in found.changed.items():
        rows = found.new[changed]
        before = found.old[variable].iloc[found.pairs[changed]]
        for key, a, b in zip(_keys(rows, keys, types), before, rows[variable], strict=True):
            yield Cell(
                found.name,
                variable,
                key,
                _shown(a, types.get(variable, "")),
                _shown(b, types.get(variable, "")),
            )


def _keys(rows: pd.DataFrame, keys: list[str], types: Mapping[str, str]) -> Iterator[str]:
    for row in rows[[k for k in keys if k in rows]].itertuples(index=False):
        yield ", ".join(
            f"{k} = {shown}" for k, v in zip(keys, row, strict=True) if (shown := _shown(v, types.get(k, "")))
        )


def _shown(value: Any, kind: str) -> str:
    """A published value in words: a date as ISO 8601, a number without a needless point."""
    if isinstance(value, str) or pd.isna(value):
        return value if isinstance(value, str) else ""
    if kind == "date":
        return (_EPOCH + pd.Timedelta(days=int(value))).date().isoformat()
    return f"{value:.12g}"
