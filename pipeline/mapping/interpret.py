"""Works out all datasets of a block of subjects from its raw records, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.mapping.steps import Input, Plan, Step
from pipeline.records import lookup
from pipeline.records.distinct import codes_and_values, map_distinct, pair_counts
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study import models as m

Frames = dict[str, pd.DataFrame]
Columns = dict[str, pd.Series]
Recoded = MutableMapping[
    tuple[str, str, int, str, str], int
]  # dataset or form, column, block, collected, value -> records


def tabulate(
    study: Study, plan: Plan, raw: Mapping[str, pd.DataFrame], recoded: Recoded | None = None
) -> Frames:
    """Every dataset that has a mapping, with KEY and `block` beside its variables.

    Takes     raw forms by name, each with KEY; the order of their records means nothing. `recoded` gains each
              recoding that happened.
    Returns   frames in the order of their records' identity; each column has the type of its spec.
    Raises    SpecError where a function returns something that is not one value a record.
    """
    work = _Work(study, raw, {} if recoded is None else recoded)
    for node in plan.order:
        if node in plan.by_node:
            work.make(plan.by_node[node])
    return {n: _finished(study.datasets[n], work.tables[n]) for n in plan.datasets}


def _finished(spec: m.Dataset, made: Columns) -> pd.DataFrame:
    """The spec's variables, those that nothing maps as missing."""
    index = made["USUBJID"].index
    columns = {
        v: made[v] if v in made else pd.Series(index=index, dtype=s.dtype) for v, s in spec.variables.items()
    }
    own = {
        n: c.array.copy() for n, c in {**{k: made[k] for k in KEY}, **columns, "block": made["block"]}.items()
    }
    return pd.DataFrame(own, index=index, columns=_named(own), copy=False)


def _framed(columns: Columns) -> pd.DataFrame:
    """Columns of one index as a frame; nothing needs to be aligned, and nothing is copied: only copies of it
    may be given away.
    """
    values = {n: c.array for n, c in columns.items()}
    return pd.DataFrame(values, index=next(iter(columns.values())).index, columns=_named(columns), copy=False)


def _named(columns: Iterable[str]) -> pd.Index:
    """Names as objects: one is found in half the time of pandas' own type for text."""
    return pd.Index(list(columns), dtype="object")


@dataclass(frozen=True)
class _Block:
    """Where the records of one block came from."""

    source: Mapping[
        str, pd.Series
    ]  # the columns of the form, of the dataset, or of the records that a function made
    places: (
        np.ndarray | None
    )  # the record of the source behind each record of the block; None: all of them in their order
    at: pd.RangeIndex  # the records of the dataset that the block made

    def column(self, name: str) -> pd.Series:
        """A column of the source, as the records of the block have it."""
        column = self.source[name]
        return (
            column.set_axis(self.at)
            if self.places is None
            else pd.Series(column.array.take(self.places), index=self.at)
        )


class _Work:
    """The tables made so far, each as columns on one index.

    A column or frame that is held here is given away as a shallow copy: what a function writes into its input
    stays there.
    """

    def __init__(self, study: Study, raw: Mapping[str, pd.DataFrame], recoded: Recoded) -> None:
        self.study = study
        self.recoded = recoded
        self.tables: dict[str, Columns] = {form: _sorted(f) for form, f in raw.items()}
        self.blocks: dict[tuple[str, int | None], _Block] = {}
        self.frames: dict[tuple[Input, ...], pd.DataFrame] = {}
        self.picks: dict[tuple[str, int | None, str], np.ndarray] = {}
        self.subjects: dict[tuple[str, int | None, str], np.ndarray] = {}

    def make(self, made: list[Step]) -> None:
        name, variable = made[0].node
        if not variable:
            self.tables[name] = self.records(name, made)
            return
        spec = self.study.datasets[name].variables[variable]
        index = self.tables[name]["USUBJID"].index
        parts = [
            self.value(s, index if s.block is None else self.blocks[name, s.block].at, spec) for s in made
        ]
        self.tables[name][variable] = _joined(parts, index)

    def records(self, name: str, made: list[Step]) -> Columns:
        """The identities of a dataset's records, block after block."""
        blocks: list[_Block] = []
        first = 0
        for s in made:
            source = self.made(s) if s.name else self.tables[s.what]
            places = _chosen(source, s.where or {})
            end = first + (len(source["USUBJID"]) if places is None else len(places))
            blocks.append(_Block(source, places, pd.RangeIndex(first, end)))
            self.blocks[name, s.block] = blocks[-1]
            first = end
        index = pd.RangeIndex(first)
        number = pd.Series(
            np.repeat([s.block for s in made], [len(b.at) for b in blocks]), index=index, dtype="int64"
        )
        return {**{k: _joined([b.column(k) for b in blocks], index) for k in KEY}, "block": number}

    def made(self, s: Step) -> Columns:
        rows = s.what(**self.given(s))
        if not isinstance(rows, pd.DataFrame) or not set(KEY) <= set(rows):
            raise self.study.error(
                *s.place, f"{s.name} must return records with their identity ({', '.join(KEY)})"
            )
        index = pd.RangeIndex(len(rows))
        return {str(name): column.set_axis(index) for name, column in rows.items()}

    def given(self, s: Step) -> dict[str, object]:
        return {**{p: self.frame(i) for p, i in s.inputs.items() if p in s.frames}, **(s.tables or {})}

    def frame(self, inputs: tuple[Input, ...]) -> pd.DataFrame:
        """Exactly the columns that the mapping names: a function cannot read what lineage does not know."""
        if inputs not in self.frames:
            table = self.tables[inputs[0].frame]
            self.frames[inputs] = _framed(
                {c: table[c] for c in dict.fromkeys([*KEY, *(i.column for i in inputs)])}
            )
        return self.frames[inputs].copy(deep=False)

    def value(self, s: Step, at: pd.Index, spec: m.Variable) -> pd.Series:
        if s.verb == "constant":
            return pd.Series(
                pd.array([s.what], dtype=spec.dtype).take(np.zeros(len(at), dtype="int64")), index=at
            )
        if s.verb == "derive":
            own = {p: self.column(i[0], s, at) for p, i in s.inputs.items() if p not in s.frames}
            value = self.typed(s.what(**self.given(s), **own), s, at, spec)
            if len(own) == 1 and any(isinstance(t, m.Codelist) for t in (s.tables or {}).values()):
                self.count(s, next(iter(own.values())), value)
            return value
        field = self.column(s.inputs["of"][0], s, at)
        if s.verb != "codelist":
            return self.typed(field, s, at, spec)
        value = self.typed(recode(field, self.study.codelists[s.what]), s, at, spec)
        self.count(s, field, value)
        return value

    def count(self, s: Step, collected: pd.Series, value: pd.Series) -> None:
        """Adds each spelling with its value, and in how many records the two stand together."""
        for (spelling, given), records in pair_counts(collected, value).items():
            key = (*s.node, -1 if s.block is None else s.block, spelling, given)
            self.recoded[key] = self.recoded.get(key, 0) + records

    def column(self, i: Input, s: Step, at: pd.Index) -> pd.Series:
        """What a step reads of each of its records."""
        name = s.node[0]
        if i.column == "USUBJID" or i.frame == name:
            value = self.tables[name][i.column]
            return (
                value.copy(deep=False)
                if s.block is None
                else value.iloc[at[0] : at[-1] + 1]
                if len(at)
                else value.iloc[:0].set_axis(at)
            )
        if not i.own:
            other = self.tables[i.frame][i.column].array
            places = self.subjects_of(name, s.block, i.frame, at)
            return pd.Series(other.take(places, allow_fill=True), index=at)
        block = self.blocks[name, s.block]
        if i.frame in self.study.forms and not s.source:
            return self.picked(i, s, block)
        if i.column not in block.source:
            raise self.study.error(*s.place, f"the records of this block have no field {i.column}")
        return block.column(i.column)

    def subjects_of(self, name: str, block: int | None, other: str, at: pd.Index) -> np.ndarray:
        """The place of each record's subject in another dataset, -1 for none; a second record breaks that
        dataset's key: a finding.
        """
        known = (name, block, other)
        if known not in self.subjects:
            who, theirs = self.tables[name]["USUBJID"], self.tables[other]["USUBJID"]
            last = lookup.place_among([who if block is None else who.iloc[at]], [theirs[::-1]])
            self.subjects[known] = np.where(last < 0, -1, len(theirs) - 1 - last)
        return self.subjects[known]

    def picked(self, i: Input, s: Step, block: _Block) -> pd.Series:
        """A field of the raw record whose identity a function gave to the record it made."""
        form = self.tables[i.frame]
        known = (s.node[0], s.block, i.frame)
        if known not in self.picks:
            self.picks[known] = lookup.place_among([block.column(k) for k in KEY], [form[k] for k in KEY])
        places = self.picks[known]
        if form["USUBJID"].empty:
            return pd.Series(index=block.at, dtype="str")
        return pd.Series(form[i.column].array.take(places, allow_fill=True), index=block.at)

    def typed(self, value: object, s: Step, at: pd.Index, spec: m.Variable) -> pd.Series:
        """The value in the type its spec declares, never one inferred from the data."""
        if not isinstance(value, pd.Series) or not value.index.equals(at):
            raise self.study.error(*s.place, f"{s.name} must return one value a record, in the order given")
        if value.dtype == spec.dtype:
            return value
        if value.isna().all():
            return pd.Series(index=at, dtype=spec.dtype)
        if spec.is_text and not pd.api.types.is_string_dtype(value.dtype):
            raise self.study.error(*s.place, f"{s.name} returns {value.dtype} for {s.node[1]}, which is text")
        if spec.dtype == "datetime64[s]" and value.dtype.kind != "M":
            raise self.study.error(
                *s.place, f"{s.name} returns {value.dtype} for {s.node[1]}, which is a date"
            )
        try:
            return value.astype(spec.dtype)
        except (TypeError, ValueError):
            raise self.study.error(
                *s.place, f"{s.name} returns a text that is no number for {s.node[1]}, which is one"
            ) from None


def _sorted(form: pd.DataFrame) -> Columns:
    """The columns of a form in the order of its records' identity."""
    at = lookup.sorted_places(form[k] for k in KEY)
    whole = (at == np.arange(len(at))).all()
    return {
        str(n): c.set_axis(pd.RangeIndex(len(at))) if whole else pd.Series(c.array.take(at))
        for n, c in form.items()
    }


def _joined(parts: list[pd.Series], index: pd.Index) -> pd.Series:
    """The values of some blocks as one column of the dataset; missing where a record is of no block among
    them.
    """
    if len(parts) == 1 and parts[0].index.equals(index):
        return parts[0]
    value = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    at = np.concatenate([p.index for p in parts])
    if len(at) == len(index) and (at == np.arange(len(at))).all():
        return value.set_axis(index)
    places = np.full(len(index), -1)
    places[at] = np.arange(len(at))
    return pd.Series(value.array.take(places, allow_fill=True), index=index)


def _chosen(source: Columns, where: Mapping[str, str | list[str]]) -> np.ndarray | None:
    """The places of the records that meet all conditions; None where all do."""
    met = np.full(len(source["USUBJID"]), True)
    for field, wanted in where.items():
        met &= matches(source[field], wanted).to_numpy()
    return None if met.all() else np.flatnonzero(met)


def matches(value: pd.Series, wanted: str | list[str]) -> pd.Series:
    """Which records meet a condition: present, absent, a value, or one of a list of values (without regard to
    case).
    """
    if wanted == "present":
        return value.notna()
    if wanted == "absent":
        return value.isna()
    texts = {w.casefold() for w in (wanted if isinstance(wanted, list) else [wanted])}
    codes, known = codes_and_values(value.astype("str"))
    meets = np.array(
        [*(k.casefold() in texts for k in known), False]
    )  # the code of a missing value is -1: the last
    return pd.Series(meets[codes], index=value.index)


def recode(field: pd.Series, codelist: m.Codelist) -> pd.Series:
    """Collected spellings as submission values; what the list does not know stays as collected, for the
    schema to judge.
    """
    known = spellings(codelist)
    return map_distinct(field, lambda text: known.get(text.casefold(), text))


def spellings(codelist: m.Codelist) -> dict[str, str]:
    """Every spelling of a codelist's terms, in lower case, with its submission value."""
    found: dict[str, str] = {}
    for value, term in codelist.terms.items():
        for spelling in (value, *((term.decode,) if term.decode else ()), *term.collected):
            found[spelling.casefold()] = value
    return found
