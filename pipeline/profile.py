"""All that crosses blocks of subjects: sizes, terms used, counts and findings.

Merging is maximum, union or sum, so the order of blocks means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from operator import methodcaller
from typing import TypeVar

import numpy as np
import pandas as pd

from pipeline.records import dates
from pipeline.records.count import Count
from pipeline.records.distinct import codes_and_values, pair_counts
from pipeline.records.findings import Finding
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
Recoded = Mapping[
    tuple[str, str, int, str, str], int
]  # dataset or form, column, block, collected, value -> records
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
    kinds: frozenset[str] = (
        frozenset()
    )  # of ISO 8601 text: date, datetime, partial; of free text in a group: number, date, text
    terms: frozenset[str] = frozenset()  # of a variable with a codelist or value level: the values that occur
    blocks: frozenset[int] = frozenset()  # blocks of the mapping whose records have it

    def __or__(self, other: Column) -> Column:
        return Column(
            self.filled + other.filled,
            max(self.width, other.width),
            max(self.digits - self.decimals, other.digits - other.decimals)
            + max(self.decimals, other.decimals),
            max(self.decimals, other.decimals),
            self.kinds | other.kinds,
            self.terms | other.terms,
            self.blocks | other.blocks,
        )


@dataclass(frozen=True)
class Profile:
    """What one block, or several merged, contribute to the whole."""

    records: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], Column] = field(default_factory=dict)
    groups: Mapping[tuple[str, str, tuple[str, ...]], Column] = field(
        default_factory=dict
    )  # by the values of `by`
    accounting: Mapping[str, Count] = field(default_factory=dict)
    findings: frozenset[Finding] = frozenset()
    pairs: Pairs = field(default_factory=dict)  # values that a short name and its text have together
    randomized: int = 0  # participants with a planned arm
    first_consent: str = ""  # the earliest of theirs, ISO 8601
    recoded: Recoded = field(default_factory=dict)  # recodings that happened, and in how many records

    def merge(self, other: Profile) -> Profile:
        return Profile(
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


def profile_of(
    specs: Mapping[str, Dataset],
    frames: Mapping[str, pd.DataFrame],
    accounting: Mapping[str, Count],
    findings: Iterable[Finding],
    encoding: str = "utf-8",
) -> Profile:
    """The profile of one block of subjects, or of what is told of the study as a whole.

    Takes     the specs of all published datasets; the frames of those that the block has; the encoding in
              which widths are counted.
    """
    columns: dict[tuple[str, str], Column] = {}
    groups: dict[tuple[str, str, tuple[str, ...]], Column] = {}
    for name, frame in frames.items():
        spec = specs[name]
        named = {b for v in spec.published.values() for b in v.by}
        blocks = frame["block"].to_numpy()
        places = lru_cache(maxsize=None)(partial(_places, frame))
        for variable, v in spec.published.items():
            codes, texts = _distinct(frame[variable], v)
            columns[name, variable] = _column(codes, texts, blocks, v, variable in named, encoding)
            for key, at in places(v.by).items():
                described = _described(specs, name, key, v)
                some = [texts[i] for i in np.unique(codes[at]).tolist() if i >= 0]
                groups[name, variable, key] = _in_group(codes[at], some, blocks[at], described, encoding)
    records = {n: len(f) for n, f in frames.items()}
    return Profile(
        records, columns, groups, dict(accounting), frozenset(findings), _paired(frames), *_enrolled(frames)
    )


def _places(frame: pd.DataFrame, by: tuple[str, ...]) -> dict[tuple[str, ...], np.ndarray]:
    """Where the records of each combination of values of these variables stand, in the order of the values."""
    if not by or not len(frame):
        return {}
    several = [codes_and_values(frame[name]) for name in by]
    number, whole = np.zeros(len(frame), dtype="int64"), np.full(len(frame), True)
    for codes, values in several:
        number, whole = number * len(values) + codes, whole & (codes >= 0)
    there = np.flatnonzero(whole)
    there = there[np.argsort(number[there], kind="stable")]
    parts = np.split(there, np.flatnonzero(np.diff(number[there])) + 1) if len(there) else []
    found = {tuple(values[codes[at[0]]] for codes, values in several): at for at in parts}
    return {tuple(map(str, key)): found[key] for key in sorted(found)}


def _described(specs: Mapping[str, Dataset], dataset: str, key: tuple[str, ...], v: Variable) -> Variable:
    """The spec of a variable in some records: of SUPP-- that of the qualifier, so that the terms of its
    codelist are known.
    """
    parent = specs.get(dataset.removeprefix("SUPP")) if dataset.startswith("SUPP") else None
    return parent.variables.get(key[0], v) if parent and v.by == ("QNAM",) else v


def _in_group(
    codes: np.ndarray, texts: Sequence[str], blocks: np.ndarray, spec: Variable, encoding: str
) -> Column:
    """What the data say of a variable in the records of one group: of free text also whether all of it is numbers, or
    dates.
    """
    found = _column(codes, texts, blocks, spec, False, encoding)
    if spec.type != "text" or spec.codelist or not found.filled:
        return found
    if not all(map(_NUMBER.fullmatch, texts)):
        return replace(found, kinds=frozenset({"date" if all(map(_DAY.fullmatch, texts)) else "text"}))
    digits, decimals = _digits(texts)
    return replace(found, kinds=frozenset({"number"}), digits=digits, decimals=decimals)


def _paired(frames: Mapping[str, pd.DataFrame]) -> Pairs:
    """The values of each short name with those of its text; of variables that several datasets share over all
    of them.
    """
    found: dict[tuple[str, str, str], frozenset[tuple[str, str]]] = {}
    for dataset, frame in frames.items():
        for names in PAIRS:
            left, right = (n.replace("--", dataset) for n in names)
            if left in frame and right in frame and len(frame):
                scope = dataset if "--" in names[0] or left in ("QNAM", "PARAMCD") else ""
                found[scope, left, right] = (
                    found.get((scope, left, right), frozenset())
                    | pair_counts(frame[left], frame[right]).keys()
                )
    return found


def _enrolled(frames: Mapping[str, pd.DataFrame]) -> tuple[int, str]:
    """How many participants of DM were randomized, and the earliest consent of these."""
    if not {"ARMCD", "RFICDTC"} <= set(frames.get("DM", ())):
        return 0, ""
    randomized = frames["DM"][frames["DM"]["ARMCD"].notna()]
    consents = randomized.loc[randomized["RFICDTC"].notna(), "RFICDTC"]
    return len(randomized), str(consents.min()) if len(consents) else ""


def column(
    value: pd.Series, blocks: np.ndarray, spec: Variable, named: bool, encoding: str = "utf-8"
) -> Column:
    """What the data say of one variable over the records given.

    Takes     its values; the block of the mapping that made each record.
    """
    return _column(*_distinct(value, spec), blocks, spec, named, encoding)


def _distinct(value: pd.Series, spec: Variable) -> tuple[np.ndarray, Sequence[str]]:
    """The place of each value among the distinct ones, -1 where it is missing; these as text, but of days, of
    which no fact is told.
    """
    if spec.dtype == dates.DAY:
        return np.where(value.array.isna(), -1, 0), [""]
    codes, found = codes_and_values(value)
    return codes, list(map(_positional, found)) if spec.dtype == "float64" else found


def _positional(number: float) -> str:
    """The shortest text that reads as the number, without a power of ten and without a point behind a whole
    one.
    """
    text = float.__repr__(number)
    return np.format_float_positional(number, trim="-") if "e" in text else text.removesuffix(".0")


def _column(
    codes: np.ndarray, texts: Sequence[str], blocks: np.ndarray, spec: Variable, named: bool, encoding: str
) -> Column:
    """What the data say of one variable over the records given.

    Takes     where each value stands among the distinct ones, missing ones below 0; the distinct ones that
              occur.
    """
    there = codes >= 0
    filled = int(np.count_nonzero(there))
    if not filled:
        return Column()
    made_by = _occurring(blocks if filled == len(codes) else blocks[there])
    if spec.dtype == dates.DAY:
        return Column(filled, 8, blocks=made_by)
    width = max(map(len, map(methodcaller("encode", encoding), texts)))
    if spec.is_text:
        kinds = frozenset(map(_kind, set(map(len, texts)))) if spec.type == "iso" else frozenset()
        return Column(
            filled,
            width,
            kinds=kinds,
            terms=frozenset(texts) if spec.codelist or named else frozenset(),
            blocks=made_by,
        )
    return Column(
        filled,
        width,
        *_digits(texts),
        terms=frozenset(texts) if spec.codelist else frozenset(),
        blocks=made_by,
    )


def _occurring(blocks: np.ndarray) -> frozenset[int]:
    """Which blocks occur: they are few and their numbers small, so they are counted and not sorted."""
    least = int(blocks.min())
    return frozenset((np.flatnonzero(np.bincount(blocks - least)) + least).tolist())


def _digits(numbers: Sequence[str]) -> tuple[int, int]:
    """Digits in all that hold each of these numbers, and digits behind the point."""
    decimals = max((len(n) - n.index(".") - 1 for n in numbers if "." in n), default=0)
    return max(len(n.partition(".")[0].lstrip("-")) for n in numbers) + decimals, decimals


def _kind(length: int) -> str:
    """What a text of ISO 8601 of this length tells."""
    return "partial" if length < 10 else "date" if length == 10 else "datetime"


def widths(specs: Mapping[str, Dataset], profile: Profile) -> dict[tuple[str, str], int]:
    """Bytes of each variable in the transport file: the longest value of its name in all datasets, of SUPP--
    in its own; numbers have 8.

    A dataset without records keeps the width of its spec; a text that is missing in every record has 1.

    Source    FDA Study Data Technical Conformance Guide, 3.3.2 (variable lengths).
    """
    longest: dict[str, int] = {}
    for (dataset, name), column in profile.columns.items():
        if not dataset.startswith("SUPP"):
            longest[name] = max(longest.get(name, 1), column.width)
    found: dict[tuple[str, str], int] = {}
    for dataset, spec in specs.items():
        for name, v in spec.published.items():
            own = profile.columns.get((dataset, name), Column())
            if not v.is_text:
                found[dataset, name] = 8
            elif not profile.records.get(dataset):
                found[dataset, name] = v.max_length or (26 if v.type == "iso" else 200)
            else:
                shared = not dataset.startswith("SUPP") or name in ("STUDYID", "USUBJID")
                found[dataset, name] = max(1, longest.get(name, 1) if shared else own.width)
    return found
