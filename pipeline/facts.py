"""All that crosses blocks of subjects: sizes, terms used, counts and findings.

Merging is maximum, union or sum, so the order of blocks means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pandas as pd

from pipeline.findings import Finding
from pipeline.mapping.accounting import Count
from pipeline.study.models import Dataset, Variable

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Column:
    """What the data say of a variable, or of it in some of the records."""

    filled: int = 0  # records with a value
    width: int = 0  # longest text in bytes; of a whole number its digits, with the sign
    digits: int = 0  # of a number: digits in all that hold each of its values, before the point and behind it
    decimals: int = 0  # of a number: digits behind the point
    kinds: frozenset[str] = frozenset()  # of ISO 8601 text: date, datetime, partial
    terms: frozenset[str] = frozenset()  # of a variable with a codelist or value level: the values that occur
    blocks: frozenset[int] = frozenset()  # blocks of the mapping whose records have it

    def __or__(self, other: Column) -> Column:
        return Column(
            self.filled + other.filled,
            max(self.width, other.width),
            max(self.digits - self.decimals, other.digits - other.decimals) + max(self.decimals, other.decimals),
            max(self.decimals, other.decimals),
            self.kinds | other.kinds,
            self.terms | other.terms,
            self.blocks | other.blocks,
        )


@dataclass(frozen=True)
class Facts:
    """What one block, or several merged, contribute to the whole."""

    records: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], Column] = field(default_factory=dict)
    groups: Mapping[tuple[str, str, tuple[str, ...]], Column] = field(default_factory=dict)  # by the values of `by`
    accounting: Mapping[str, Count] = field(default_factory=dict)
    findings: frozenset[Finding] = frozenset()

    def merge(self, other: Facts) -> Facts:
        return Facts(
            _join(self.records, other.records, lambda a, b: a + b),
            _join(self.columns, other.columns, lambda a, b: a | b),
            _join(self.groups, other.groups, lambda a, b: a | b),
            _join(self.accounting, other.accounting, lambda a, b: a + b),
            self.findings | other.findings,
        )


def _join(a: Mapping[K, V], b: Mapping[K, V], both: Callable[[V, V], V]) -> dict[K, V]:
    return {**a, **{k: both(a[k], v) if k in a else v for k, v in b.items()}}


def of(
    specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame], accounting: Mapping[str, Count], findings: Iterable[Finding]
) -> Facts:
    """The facts of one block of subjects.

    Takes     the specs of all published datasets and their frames.
    """
    columns: dict[tuple[str, str], Column] = {}
    groups: dict[tuple[str, str, tuple[str, ...]], Column] = {}
    for name, spec in specs.items():
        frame = frames[name]
        named = {b for v in spec.published.values() for b in v.by}
        for variable, v in spec.published.items():
            columns[name, variable] = column(frame, variable, v, variable in named)
            if v.by and len(frame):
                for key, part in frame.groupby(list(v.by), dropna=True, sort=True):
                    groups[name, variable, tuple(str(k) for k in key)] = column(part, variable, v, False)
    return Facts({n: len(frames[n]) for n in specs}, columns, groups, dict(accounting), frozenset(findings))


def column(frame: pd.DataFrame, variable: str, spec: Variable, named: bool) -> Column:
    """The facts of one variable over the records given."""
    value = frame[variable]
    there = value.notna()
    filled = int(there.sum())
    if not filled:
        return Column()
    blocks = frozenset(int(b) for b in frame.loc[there, "block"].unique()) if "block" in frame else frozenset()
    distinct = value[there].unique()
    if spec.is_text:
        texts = [str(t) for t in distinct]
        kinds = frozenset(_kind(t) for t in texts) if spec.type == "iso" else frozenset()
        terms = frozenset(texts) if spec.codelist or named else frozenset()
        return Column(filled, max(len(t.encode()) for t in texts), kinds=kinds, terms=terms, blocks=blocks)
    if spec.dtype != "float64":
        return Column(filled, 8, blocks=blocks)
    numbers = [np.format_float_positional(n, trim="-") for n in distinct]
    decimals = max(len(n.partition(".")[2]) for n in numbers)
    whole = max(len(n.partition(".")[0].lstrip("-")) for n in numbers)
    terms = frozenset(numbers) if spec.codelist else frozenset()
    return Column(filled, max(map(len, numbers)), whole + decimals, decimals, terms=terms, blocks=blocks)


def _kind(text: str) -> str:
    return "partial" if len(text) < 10 else "date" if len(text) == 10 else "datetime"


def widths(specs: Mapping[str, Dataset], facts: Facts) -> dict[tuple[str, str], int]:
    """Bytes of each variable in the transport file: the longest value of its name in all datasets, of SUPP-- in its own; numbers have 8.

    A dataset without records keeps the width of its spec; a text that is missing in every record has 1.

    Source    FDA Study Data Technical Conformance Guide, 3.3.2 (variable lengths).
    """
    longest: dict[str, int] = {}
    for (dataset, name), column in facts.columns.items():
        if not dataset.startswith("SUPP"):
            longest[name] = max(longest.get(name, 1), column.width)
    found: dict[tuple[str, str], int] = {}
    for dataset, spec in specs.items():
        for name, v in spec.published.items():
            own = facts.columns.get((dataset, name), Column())
            if not v.is_text:
                found[dataset, name] = 8
            elif not facts.records.get(dataset):
                found[dataset, name] = v.max_length or (26 if v.type == "iso" else 200)
            else:
                shared = not dataset.startswith("SUPP") or name in ("STUDYID", "USUBJID")
                found[dataset, name] = max(1, longest.get(name, 1) if shared else own.width)
    return found
