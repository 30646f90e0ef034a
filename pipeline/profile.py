"""The profile of the data, which is all that crosses blocks of subjects: sizes, terms used, counts, findings.

Two profiles merge by maximum, union or sum, so neither the order nor the size of the blocks means anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,14})?")  # 007 is a name, not a number
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST_ISO = 26  # bytes that an ISO 8601 text of a dataset without records is given
_LONGEST_TEXT = 200

# dataset or form, column, block of the mapping, collected text, submission value -> records
Recoded = Mapping[tuple[str, str, int, str, str], int]
# dataset or form, column, block, how, text before and after -> records: texts that were published or read
# otherwise than they stand
Rewritten = Mapping[tuple[str, str, int, str, str, str], int]
# dataset (empty where several share the variables), short name, text -> their values, as pairs
Pairs = Mapping[tuple[str, str, str], frozenset[tuple[str, str]]]
# dataset, test, standard unit (empty where a number has none) -> records, and the raw record of the first
UnitsInUse = Mapping[tuple[str, str, str], tuple[int, str]]
Group = tuple[str, ...]  # one value of each variable that a variable is described by
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Column:
    """What the data say of a variable, or of it in some of the records."""

    filled: int = 0  # records with a value
    width: int = 0  # bytes of the longest text; of a whole number its digits, with the sign
    digits: int = 0  # of numbers: digits that hold each of them, before and behind the point together
    decimals: int = 0  # of numbers: digits behind the point
    # of ISO 8601 text: date, datetime, partial; of free text in a group: number, date, text
    kinds: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()  # of a variable with a codelist or value level: the values that occur
    blocks: frozenset[int] = frozenset()  # the blocks of the mapping that made records with a value

    def __or__(self, other: Column) -> Column:
        decimals = max(self.decimals, other.decimals)
        whole_digits = max(self.digits - self.decimals, other.digits - other.decimals)
        return Column(
            self.filled + other.filled,
            max(self.width, other.width),
            whole_digits + decimals,
            decimals,
            self.kinds | other.kinds,
            self.terms | other.terms,
            self.blocks | other.blocks,
        )


@dataclass(frozen=True)
class Profile:
    """What one block, or several merged, contribute to the whole."""

    records: Mapping[str, int] = field(default_factory=dict)  # by dataset
    columns: Mapping[tuple[str, str], Column] = field(default_factory=dict)
    groups: Mapping[tuple[str, str, Group], Column] = field(default_factory=dict)
    accounting: Mapping[str, Count] = field(default_factory=dict)  # by raw form
    findings: frozenset[Finding] = frozenset()
    pairs: Pairs = field(default_factory=dict)  # values that a short name and its text have together
    randomized: int = 0  # participants with a planned arm
    first_consent: str = ""  # the earliest of theirs, ISO 8601
    recoded: Recoded = field(default_factory=dict)  # recodings that happened, and in how many records
    rewritten: Rewritten = field(default_factory=dict)
    units: UnitsInUse = field(default_factory=dict)  # of standard results

    def merge(self, other: Profile) -> Profile:
        consents = [consent for consent in (self.first_consent, other.first_consent) if consent]
        return Profile(
            _merged(self.records, other.records, lambda a, b: a + b),
            _merged(self.columns, other.columns, lambda a, b: a | b),
            _merged(self.groups, other.groups, lambda a, b: a | b),
            _merged(self.accounting, other.accounting, lambda a, b: a + b),
            self.findings | other.findings,
            _merged(self.pairs, other.pairs, lambda a, b: a | b),
            self.randomized + other.randomized,
            min(consents, default=""),
            _merged(self.recoded, other.recoded, lambda a, b: a + b),
            _merged(self.rewritten, other.rewritten, lambda a, b: a + b),
            _merged(self.units, other.units, lambda a, b: (a[0] + b[0], min(a[1], b[1]))),
        )


def _merged(a: Mapping[K, V], b: Mapping[K, V], both: Callable[[V, V], V]) -> dict[K, V]:
    return {**a, **{k: both(a[k], v) if k in a else v for k, v in b.items()}}


def profile_of(
    specs: Mapping[str, Dataset],
    frames: Mapping[str, pd.DataFrame],
    accounting: Mapping[str, Count],
    findings: Iterable[Finding],
    encoding: str = "utf-8",
) -> Profile:
    """The profile of one block of subjects, or of the datasets of the study as a whole.

    Takes     the specs of all published datasets; the frames of those that the block has; the encoding in
              which widths are counted.
    """
    columns: dict[tuple[str, str], Column] = {}
    groups: dict[tuple[str, str, Group], Column] = {}
    for name, frame in frames.items():
        spec = specs[name]
        blocks = frame["block"].to_numpy()
        names_groups = {by for variable in spec.published.values() for by in variable.by}
        # variables of one dataset share their groups
        places = {variable.by: _places_of_groups(frame, variable.by) for variable in spec.published.values()}
        for variable_name, variable in spec.published.items():
            codes, texts = _codes_and_texts(frame[variable_name], variable)
            with_terms = bool(variable.codelist) or (variable.is_text and variable_name in names_groups)
            columns[name, variable_name] = _column(codes, texts, blocks, variable, with_terms, encoding)
            for group, at in places[variable.by].items():
                described_by = _spec_in_group(specs, name, group, variable)
                texts_of_group = [texts[i] for i in np.unique(codes[at]).tolist() if i >= 0]
                groups[name, variable_name, group] = _column_in_group(
                    codes[at], texts_of_group, blocks[at], described_by, encoding
                )
    return Profile(
        {name: len(frame) for name, frame in frames.items()},
        columns,
        groups,
        dict(accounting),
        frozenset(findings),
        _pairs(frames),
        *_enrolled(frames),
        units=_units_in_use(frames),
    )


def _places_of_groups(frame: pd.DataFrame, by: Sequence[str]) -> dict[Group, np.ndarray]:
    """The places of the records of each combination of values of these variables, in the order of the values;
    records in which one is missing belong to none.
    """
    if not by or not len(frame):
        return {}
    encoded = [codes_and_values(frame[name]) for name in by]
    number, complete = np.zeros(len(frame), dtype="int64"), np.full(len(frame), True)
    for codes, values in encoded:
        number = number * len(values) + codes
        complete &= codes >= 0
    places = np.flatnonzero(complete)
    if not len(places):
        return {}
    places = places[np.argsort(number[places], kind="stable")]
    starts = np.flatnonzero(np.diff(number[places])) + 1
    groups = {}
    for at in np.split(places, starts):
        groups[tuple(values[codes[at[0]]] for codes, values in encoded)] = at
    return {tuple(map(str, group)): groups[group] for group in sorted(groups)}


def _spec_in_group(specs: Mapping[str, Dataset], dataset: str, group: Group, variable: Variable) -> Variable:
    """The spec of a variable in a group of records: in SUPP-- the spec of the qualifier, so that the terms of
    its codelist are known.
    """
    parent = specs.get(dataset.removeprefix("SUPP")) if dataset.startswith("SUPP") else None
    if parent and variable.by == ("QNAM",):
        return parent.variables.get(group[0], variable)
    return variable


def _column_in_group(
    codes: np.ndarray, texts: Sequence[str], blocks: np.ndarray, spec: Variable, encoding: str
) -> Column:
    """What the data say of a variable in the records of one group: of free text also whether all of it is
    numbers, or dates.
    """
    column = _column(codes, texts, blocks, spec, bool(spec.codelist), encoding)
    if spec.type != "text" or spec.codelist or not column.filled:
        return column
    if all(map(_NUMBER.fullmatch, texts)):
        digits, decimals = _digits(texts)
        return replace(column, kinds=frozenset({"number"}), digits=digits, decimals=decimals)
    kind = "date" if all(map(_DAY.fullmatch, texts)) else "text"
    return replace(column, kinds=frozenset({kind}))


def _pairs(frames: Mapping[str, pd.DataFrame]) -> Pairs:
    """The values of each short name with those of its text; of variables that datasets share, over all of
    them.
    """
    pairs: dict[tuple[str, str, str], frozenset[tuple[str, str]]] = {}
    for dataset, frame in frames.items():
        for patterns in PAIRS:
            short, text = (pattern.replace("--", dataset) for pattern in patterns)
            if short in frame and text in frame and len(frame):
                of_one_dataset = "--" in patterns[0] or short in ("QNAM", "PARAMCD")
                key = (dataset if of_one_dataset else "", short, text)
                together = frozenset(pair_counts(frame[short], frame[text]))
                pairs[key] = pairs.get(key, frozenset()) | together
    return pairs


def _units_in_use(frames: Mapping[str, pd.DataFrame]) -> UnitsInUse:
    """The standard units of each test, with their records; words without a unit do not count."""
    in_use: dict[tuple[str, str, str], tuple[int, str]] = {}
    for dataset, frame in frames.items():
        test, number, unit = (f"{dataset}{name}" for name in ("TESTCD", "STRESN", "STRESU"))
        if not {test, number, unit} <= set(frame) or not len(frame):
            continue
        test_codes, tests = codes_and_values(frame[test])
        unit_codes, units = codes_and_values(frame[unit])
        has_unit_or_number = (unit_codes >= 0) | frame[number].notna().to_numpy()
        places = np.flatnonzero(has_unit_or_number & (test_codes >= 0))
        together = test_codes[places] * (len(units) + 1) + unit_codes[places] + 1
        # records are in the order of their subjects, so the first of each is that of the first subject
        found, first, counts = np.unique(together, return_index=True, return_counts=True)
        for code, at, count in zip(found.tolist(), places[first].tolist(), counts.tolist(), strict=True):
            test_code, unit_code = divmod(code, len(units) + 1)
            name = units[unit_code - 1] if unit_code else ""
            row = frame.iloc[at]
            source = f"{row['form']}, {row['USUBJID']}, {row['record']}"
            in_use[dataset, str(tests[test_code]), str(name)] = count, source
    return in_use


def _enrolled(frames: Mapping[str, pd.DataFrame]) -> tuple[int, str]:
    """How many participants of DM were randomized, and the earliest consent of these."""
    if not {"ARMCD", "RFICDTC"} <= set(frames.get("DM", ())):
        return 0, ""
    randomized = frames["DM"][frames["DM"]["ARMCD"].notna()]
    consents = randomized.loc[randomized["RFICDTC"].notna(), "RFICDTC"]
    return len(randomized), str(consents.min()) if len(consents) else ""


def _codes_and_texts(value: pd.Series, spec: Variable) -> tuple[np.ndarray, Sequence[str]]:
    """The place of each value among the distinct ones, -1 where it is missing; and these as text.

    Of days only their number is told, so they are not distinguished.
    """
    if spec.dtype == dates.DAY:
        return np.where(value.array.isna(), -1, 0), [""]
    codes, values = codes_and_values(value)
    return codes, list(map(_positional, values)) if spec.dtype == "float64" else values


def _positional(number: float) -> str:
    """The shortest text that reads as the number, without a power of ten, and of a whole number without a
    point.
    """
    text = float.__repr__(number)
    return np.format_float_positional(number, trim="-") if "e" in text else text.removesuffix(".0")


def _column(
    codes: np.ndarray,
    texts: Sequence[str],
    blocks: np.ndarray,
    spec: Variable,
    with_terms: bool,
    encoding: str,
) -> Column:
    """What the data say of one variable over some records.

    Takes     the place of each value among the distinct ones, below 0 where it is missing; the distinct ones
              that occur; the block of the mapping that made each record.
    """
    has_value = codes >= 0
    filled = int(np.count_nonzero(has_value))
    if not filled:
        return Column()
    made_by = _occurring(blocks if filled == len(codes) else blocks[has_value])
    if spec.dtype == dates.DAY:
        return Column(filled, 8, blocks=made_by)
    width = max(len(text.encode(encoding)) for text in texts)
    terms = frozenset(texts) if with_terms else frozenset()
    if not spec.is_text:
        digits, decimals = _digits(texts)
        return Column(filled, width, digits, decimals, terms=terms, blocks=made_by)
    kinds = frozenset(map(_kind, set(map(len, texts)))) if spec.type == "iso" else frozenset()
    return Column(filled, width, kinds=kinds, terms=terms, blocks=made_by)


def _occurring(blocks: np.ndarray) -> frozenset[int]:
    """Which blocks occur: they are few and their numbers small, so they are counted and not sorted."""
    least = int(blocks.min())
    return frozenset((np.flatnonzero(np.bincount(blocks - least)) + least).tolist())


def _digits(numbers: Sequence[str]) -> tuple[int, int]:
    """Digits that hold each of these numbers, before and behind the point together; and those behind it."""
    parts = [number.lstrip("-").partition(".") for number in numbers]
    decimals = max((len(behind) for _, _, behind in parts), default=0)
    return max(len(before) for before, _, _ in parts) + decimals, decimals


def _kind(length: int) -> str:
    """What an ISO 8601 text of this length tells."""
    if length < len("2016-08-12"):
        return "partial"
    return "date" if length == len("2016-08-12") else "datetime"


def widths(specs: Mapping[str, Dataset], profile: Profile) -> dict[tuple[str, str], int]:
    """Bytes of each variable in the transport file: the longest value of its name in all datasets; in SUPP--
    that of the dataset itself. A number has 8.

    A text of a dataset without records keeps the width of its spec; a text that is missing in every record
    has 1.

    Source    FDA Study Data Technical Conformance Guide, 3.3.2 (variable lengths).
    """
    longest: dict[str, int] = {}
    for (dataset, name), column in profile.columns.items():
        if not dataset.startswith("SUPP"):
            longest[name] = max(longest.get(name, 1), column.width)
    result: dict[tuple[str, str], int] = {}
    for dataset, spec in specs.items():
        for name, variable in spec.published.items():
            if not variable.is_text:
                width = 8
            elif not profile.records.get(dataset):
                width = variable.max_length or (_LONGEST_ISO if variable.type == "iso" else _LONGEST_TEXT)
            elif dataset.startswith("SUPP") and name not in ("STUDYID", "USUBJID"):
                width = profile.columns.get((dataset, name), Column()).width
            else:
                width = longest.get(name, 1)
            result[dataset, name] = max(1, width)
    return result
