"""Which records of two builds are the same, and which of their cells differ: known by raw record and key,
never by --SEQ alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
from pyarrow import parquet

from pipeline.finished.folder import Build
from pipeline.records import lookup

_IDENTITY = ["USUBJID", "form", "record"]


@dataclass(frozen=True)
class Compared:
    """A dataset in both builds."""

    name: str
    old: pd.DataFrame
    new: pd.DataFrame
    pairs: np.ndarray  # of each record of `new` the place of its old self; -1 for none
    changed: dict[str, np.ndarray]  # variable -> which records of `new` have another value than before

    @property
    def added(self) -> pd.DataFrame:
        return self.new[self.pairs < 0]

    @property
    def removed(self) -> pd.DataFrame:
        stays = np.zeros(len(self.old), bool)
        stays[self.pairs[self.pairs >= 0]] = True
        return self.old[~stays]


def compared(name: str, old: Build, new: Build) -> Compared | None:
    """The dataset's records in both builds, paired and held against each other; None where the files are the
    same.
    """
    told = [b.book["datasets"].get(name) for b in (old, new)]
    if all(told) and _hashes(old, name) == _hashes(new, name):
        return None
    a, b = (_read(build, name) if t else None for build, t in zip((old, new), told, strict=True))
    if a is None or b is None:
        only = b if a is None else a
        assert only is not None
        empty = only.iloc[:0]
        return Compared(
            name,
            empty if a is None else a,
            empty if b is None else b,
            np.full(0 if b is None else len(b), -1),
            {},
        )
    keys = [k for k in (told[1] or {})["keys"] if k in a and k in b]
    pairs = paired(a, b, keys, name)
    both = pairs >= 0
    variables = [str(c) for c in b if c in a and c not in ("form", "record", "block")]
    changed = {c: both & _differs(a[c], b[c], pairs) for c in variables}
    return Compared(name, a, b, pairs, {c: m for c, m in changed.items() if m.any()})


def paired(old: pd.DataFrame, new: pd.DataFrame, keys: Sequence[str], name: str = "") -> np.ndarray:
    """Of each record of `new` the place of its old self, or -1.

    Pairs first what agrees in raw record and key, then in raw record and the parts of the key that are no
    time, then in the raw record alone; what a function picked, and so may have another raw record now, by its
    key alone. Records that agree are paired in their order, and only where there are as many of them in both.
    """
    natural = [k for k in keys if not _numbers(k, name, new)]
    lasting = [k for k in natural if not (k.endswith(("DTC", "DT", "DTM", "DY")) or k.startswith("VISIT"))]
    identity = [c for c in _IDENTITY if c in old and c in new]
    tries = [[*identity, *natural], [*identity, *lasting], identity]
    if len(natural) == len(keys) or set(natural) - {"STUDYID", "USUBJID"}:
        tries.append(natural)
    found = np.full(len(new), -1)
    free = np.ones(len(old), bool)
    for columns in tries:
        mine, left = np.flatnonzero(found < 0), np.flatnonzero(free)
        if len(mine) and len(left):
            places = _agreeing(old.iloc[left], new.iloc[mine], list(dict.fromkeys(columns)))
            found[mine] = np.where(places < 0, -1, left[places])
            free[found[found >= 0]] = False
    return found


def _agreeing(old: pd.DataFrame, new: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Of each record of `new` the one of `old` that agrees with it in these columns, where both have as many
    that do.
    """
    groups = [f.groupby(columns, dropna=False, sort=False) for f in (old, new)]
    numbered = [
        [
            *(f[c] for c in columns),
            g.cumcount().astype("float64"),
            g[columns[0]].transform("size").astype("float64"),
        ]
        for f, g in zip((old, new), groups, strict=True)
    ]
    return lookup.place_among(numbered[1], numbered[0])


def _numbers(key: str, name: str, frame: pd.DataFrame) -> bool:
    """Whether a key is a number that a build gives its records, or refers to one."""
    if key == "IDVARVAL":
        return bool(frame["IDVAR"].astype("str").str.endswith("SEQ").any()) if "IDVAR" in frame else True
    return key.endswith("SEQ")


def _differs(old: pd.Series, new: pd.Series, pairs: np.ndarray) -> np.ndarray:
    if not len(old):
        return np.zeros(len(new), bool)
    before, after = old.to_numpy(dtype=object).take(np.maximum(pairs, 0)), new.to_numpy(dtype=object)
    same: np.ndarray = (before == after) | (pd.isna(before) & pd.isna(after))
    return ~same


def _read(build: Build, name: str) -> pd.DataFrame:
    """The dataset as published, with the raw record of each record beside it."""
    path = _file(build, name)
    frame, _ = pyreadstat.read_xport(path, disable_datetime_conversion=True)
    beside = parquet.read_table(
        build.home / "lineage" / "records" / f"{name.lower()}.parquet", columns=["form", "record", "block"]
    ).to_pandas()
    return frame.assign(**{c: beside[c].to_numpy() for c in beside})


def _file(build: Build, name: str) -> Path:
    (path,) = build.files(f"m5/datasets/*/**/{name.lower()}.xpt")
    return path


def _hashes(build: Build, name: str) -> list[Any]:
    told = build.manifest["outputs"]
    path = _file(build, name).relative_to(build.home).as_posix()
    return [told[path], told[f"lineage/records/{name.lower()}.parquet"]]
