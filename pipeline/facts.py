"""All that crosses blocks of subjects: sizes, terms used, counts and findings.

Merging is maximum, union or sum, so the order of blocks means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TypeVar

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.findings import Finding
from pipeline.mapping.accounting import Count
from pipeline.study.models import Dataset, Variable

# Short names that have one text each, and the text one short name; `--` stands for the dataset.
PAIRS = (
    ("--TESTCD", "--TEST"),
    ("--PARMCD", "--PARM"),
    ("QNAM", "QLABEL"),
    ("PARAMCD", "PARAM"),
    ("VISITNUM", "VISIT"),
    ("ARMCD", "ARM"),
    ("ACTARMCD", "ACTARM"),
    ("ETCD", "ELEMENT"),
)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,14})?")  # 007 is a name, and not a number
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Recoded = Mapping[tuple[str, str, int, str, str], int]  # dataset or form, column, block, collected, value -> records
Pairs = Mapping[tuple[str, str, str], frozenset[tuple[str, str]]]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Column:
    """What the data say of a variable, or of it in some of the records."""

    filled: int = 0  # records with a value
    width: int = 0  # longest text in bytes; of a whole number its digits, with the sign
    digits: int = 0  # of a number: digits in all that hold each of its values, before the point and behind it
    decimals: int = 0  # of a number: digits behind the point
    kinds: frozenset[str] = frozenset()  # of ISO 8601 text: date, datetime, partial; of free text in a group: number, date, text
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
    pairs: Pairs = field(default_factory=dict)  # values that a short name and its text have together
    randomized: int = 0  # participants with a planned arm
    first_consent: str = ""  # the earliest of theirs, ISO 8601
    recoded: Recoded = field(default_factory=dict)  # recodings that happened, and in how many records

    def merge(self, other: Facts) -> Facts:
        return Facts(
            _join(self.records, other.records, lambda a, b: a + b),
            _join(self.columns, other.columns, lambda a, b: a | b),
            _join(self.groups, other.groups, lambda a, b: a | b),
            _join(self.accounting, other.accounting, lambda a, b: a + b),
            self.findings | other.findings,
            _join(self.pairs, other.pairs, lambda a, b: a | b),
            self.randomized + other.randomized,
            min(filter(None, (self.first_consent, other.first_consent)), default=""),
            _join(self.recoded, other.recoded, lambda a, b: a + b),
        )


def _join(a: Mapping[K, V], b: Mapping[K, V], both: Callable[[V, V], V]) -> dict[K, V]:
    return {**a, **{k: both(a[k], v) if k in a else v for k, v in b.items()}}


def of(
    specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame], accounting: Mapping[str, Count], findings: Iterable[Finding]
) -> Facts:
    """The facts of one block of subjects, or of what is told of the study as a whole.

    Takes     the specs of all published datasets; the frames of those that the block has.
    """
    columns: dict[tuple[str, str], Column] = {}
    groups: dict[tuple[str, str, tuple[str, ...]], Column] = {}
    for name, frame in frames.items():
        spec = specs[name]
        named = {b for v in spec.published.values() for b in v.by}
        blocks = frame["block"].to_numpy()
        places = lru_cache(maxsize=None)(partial(_places, frame))
        for variable, v in spec.published.items():
            columns[name, variable] = column(frame[variable], blocks, v, variable in named)
            for key, at in places(v.by).items():
                described = _described(specs, name, key, v)
                groups[name, variable, key] = _in_group(frame[variable].take(at), blocks[at], described)
    records = {n: len(f) for n, f in frames.items()}
    return Facts(records, columns, groups, dict(accounting), frozenset(findings), _paired(frames), *_enrolled(frames))


def _places(frame: pd.DataFrame, by: tuple[str, ...]) -> dict[tuple[str, ...], np.ndarray]:
    """Where the records of each combination of values of these variables stand."""
    if not by or not len(frame):
        return {}
    found = frame.groupby(list(by), dropna=True, sort=True).indices
    return {tuple(str(k) for k in (key if isinstance(key, tuple) else (key,))): np.asarray(at) for key, at in found.items()}


def _described(specs: Mapping[str, Dataset], dataset: str, key: tuple[str, ...], v: Variable) -> Variable:
    """The spec of a variable in some records: of SUPP-- that of the qualifier, so that the terms of its codelist are known."""
    parent = specs.get(dataset.removeprefix("SUPP")) if dataset.startswith("SUPP") else None
    return parent.variables.get(key[0], v) if parent and v.by == ("QNAM",) else v


def _in_group(value: pd.Series, blocks: np.ndarray, spec: Variable) -> Column:
    """The facts of a variable in the records of one group: of free text also whether all of it is numbers, or dates."""
    found = column(value, blocks, spec, False)
    if spec.type != "text" or spec.codelist or not found.filled:
        return found
    texts = [str(t) for t in dates.distinct(value)[1]]
    if not all(_NUMBER.fullmatch(t) for t in texts):
        return replace(found, kinds=frozenset({"date" if all(_DAY.fullmatch(t) for t in texts) else "text"}))
    decimals = max(len(t.partition(".")[2]) for t in texts)
    whole = max(len(t.partition(".")[0].lstrip("-")) for t in texts)
    return replace(found, kinds=frozenset({"number"}), digits=whole + decimals, decimals=decimals)


def _paired(frames: Mapping[str, pd.DataFrame]) -> Pairs:
    """The values of each short name with those of its text; of variables that several datasets share over all of them."""
    found: dict[tuple[str, str, str], frozenset[tuple[str, str]]] = {}
    for dataset, frame in frames.items():
        for names in PAIRS:
            left, right = (n.replace("--", dataset) for n in names)
            if left in frame and right in frame and len(frame):
                scope = dataset if "--" in names[0] or left in ("QNAM", "PARAMCD") else ""
                found[scope, left, right] = found.get((scope, left, right), frozenset()) | dates.pairs(frame[left], frame[right]).keys()
    return found


def _enrolled(frames: Mapping[str, pd.DataFrame]) -> tuple[int, str]:
    """How many participants of DM were randomized, and the earliest consent of these."""
    if not {"ARMCD", "RFICDTC"} <= set(frames.get("DM", ())):
        return 0, ""
    randomized = frames["DM"][frames["DM"]["ARMCD"].notna()]
    consents = randomized.loc[randomized["RFICDTC"].notna(), "RFICDTC"]
    return len(randomized), str(consents.min()) if len(consents) else ""


def column(value: pd.Series, blocks: np.ndarray, spec: Variable, named: bool) -> Column:
    """The facts of one variable over the records given.

    Takes     its values; the block of the mapping that made each record.
    """
    codes, distinct = dates.distinct(value)
    if not distinct:
        return Column()
    filled = int((codes >= 0).sum())
    made_by = frozenset(np.unique(blocks[codes >= 0]).tolist())
    if spec.is_text:
        texts = [str(t) for t in distinct]
        kinds = frozenset(_kind(t) for t in texts) if spec.type == "iso" else frozenset()
        terms = frozenset(texts) if spec.codelist or named else frozenset()
        return Column(filled, max(len(t.encode()) for t in texts), kinds=kinds, terms=terms, blocks=made_by)
    if spec.dtype != "float64":
        return Column(filled, 8, blocks=made_by)
    numbers = [np.format_float_positional(n, trim="-") for n in distinct]
    decimals = max(len(n.partition(".")[2]) for n in numbers)
    whole = max(len(n.partition(".")[0].lstrip("-")) for n in numbers)
    terms = frozenset(numbers) if spec.codelist else frozenset()
    return Column(filled, max(map(len, numbers)), whole + decimals, decimals, terms=terms, blocks=made_by)


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
