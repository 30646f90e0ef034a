"""Works out all datasets of a block of subjects from its raw records, step by step."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline import dates, order
from pipeline.mapping.steps import Input, Plan, Step
from pipeline.study import Study
from pipeline.study import models as m

Frames = dict[str, pd.DataFrame]
Columns = dict[str, pd.Series]
Recoded = MutableMapping[tuple[str, str, int, str, str], int]  # dataset or form, column, block, collected, value -> records
KEY = ["USUBJID", "form", "record"]  # the identity of a record: beside every frame, raw or made


def tabulate(study: Study, plan: Plan, raw: Mapping[str, pd.DataFrame], recoded: Recoded | None = None) -> Frames:
    """Every dataset that has a mapping, with KEY and `block` beside its variables.

    Takes     raw forms by name, each with KEY; the order of their records means nothing. `recoded` gains each recoding that happened.
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
    columns = {v: made[v] if v in made else pd.Series(index=index, dtype=s.dtype) for v, s in spec.variables.items()}
    return _framed({**{k: made[k] for k in KEY}, **columns, "block": made["block"]})


def _framed(columns: Columns) -> pd.DataFrame:
    """Columns of one index as a frame of its own; nothing needs to be aligned."""
    values = {n: c.array.copy() for n, c in columns.items()}
    names = pd.Index(list(columns), dtype="object")  # a name is found in half the time of pandas' own type for text
    return pd.DataFrame(values, index=next(iter(columns.values())).index, columns=names, copy=False)


@dataclass(frozen=True)
class _Block:
    """Where the records of one block came from."""

    source: Mapping[str, pd.Series]  # the columns of the form, of the dataset, or of the records that a function made
    places: np.ndarray  # the record of the source behind each record of the block
    at: pd.Index  # the records of the dataset that the block made


class _Work:
    """The tables made so far, each as columns on one index."""

    def __init__(self, study: Study, raw: Mapping[str, pd.DataFrame], recoded: Recoded) -> None:
        self.study = study
        self.recoded = recoded
        self.tables: dict[str, Columns] = {form: _sorted(f) for form, f in raw.items()}
        self.blocks: dict[tuple[str, int | None], _Block] = {}
        self.picks: dict[tuple[str, int | None, str], np.ndarray] = {}

    def make(self, made: list[Step]) -> None:
        name, variable = made[0].node
        if not variable:
            self.tables[name] = self.records(name, made)
            return
        spec = self.study.datasets[name].variables[variable]
        index = self.tables[name]["USUBJID"].index
        parts = [self.value(s, index if s.block is None else self.blocks[name, s.block].at, spec) for s in made]
        value = parts[0] if len(parts) == 1 else pd.concat(parts)
        self.tables[name][variable] = value if value.index.equals(index) else value.reindex(index)

    def records(self, name: str, made: list[Step]) -> Columns:
        """The identities of a dataset's records, block after block."""
        keys: list[Columns] = []
        first = 0
        for s in made:
            source = self.made(s) if s.name else self.tables[s.what]
            chosen = pd.Series(True, index=source["USUBJID"].index)
            for field, wanted in (s.where or {}).items():
                chosen &= matches(source[field], wanted)
            places = np.flatnonzero(chosen.to_numpy())
            self.blocks[name, s.block] = _Block(source, places, pd.RangeIndex(first, first + len(places)))
            keys.append({**{k: _taken(source[k], places) for k in KEY}, "block": pd.Series(s.block, index=range(len(places)))})
            first += len(places)
        return {k: pd.concat([part[k] for part in keys], ignore_index=True) for k in (*KEY, "block")}

    def made(self, s: Step) -> Columns:
        rows = s.what(**self.given(s))
        if not isinstance(rows, pd.DataFrame) or not set(KEY) <= set(rows):
            raise self.study.error(*s.place, f"{s.name} must return records with their identity ({', '.join(KEY)})")
        return dict(rows.reset_index(drop=True).items())  # type: ignore[arg-type]

    def given(self, s: Step) -> dict[str, object]:
        return {**{p: self.frame(i) for p, i in s.inputs.items() if p in s.frames}, **(s.tables or {})}

    def frame(self, inputs: tuple[Input, ...]) -> pd.DataFrame:
        """Exactly the columns that the mapping names: a function cannot read what lineage does not know."""
        table = self.tables[inputs[0].frame]
        return _framed({c: table[c] for c in dict.fromkeys([*KEY, *(i.column for i in inputs)])})

    def value(self, s: Step, at: pd.Index, spec: m.Variable) -> pd.Series:
        if s.verb == "constant":
            return pd.Series(s.what, index=at, dtype=spec.dtype)
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
        for (spelling, given), records in dates.pairs(collected, value).items():
            key = (*s.node, -1 if s.block is None else s.block, spelling, given)
            self.recoded[key] = self.recoded.get(key, 0) + records

    def column(self, i: Input, s: Step, at: pd.Index) -> pd.Series:
        """What a step reads of each of its records."""
        here = self.tables[s.node[0]]
        if i.column == "USUBJID" or i.frame == s.node[0]:
            value = here[i.column].copy(deep=False)  # what a function writes into its input stays there
            return value if s.block is None else value.loc[at]
        if not i.own:  # a second record of a subject breaks that dataset's key: a finding
            other = self.tables[i.frame]
            by_subject = pd.Series(other[i.column].array, index=other["USUBJID"].array)
            return by_subject[~by_subject.index.duplicated()].reindex(here["USUBJID"].loc[at].array).set_axis(at)
        block = self.blocks[s.node[0], s.block]
        if i.frame in self.study.forms and not s.source:
            return self.picked(i, s, block)
        if i.column not in block.source:
            raise self.study.error(*s.place, f"the records of this block have no field {i.column}")
        return _taken(block.source[i.column], block.places).set_axis(at)

    def picked(self, i: Input, s: Step, block: _Block) -> pd.Series:
        """A field of the raw record whose identity a function gave to the record it made."""
        form = self.tables[i.frame]
        known = (s.node[0], s.block, i.frame)
        if known not in self.picks:
            self.picks[known] = order.among([_taken(block.source[k], block.places) for k in KEY], [form[k] for k in KEY])
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
            raise self.study.error(*s.place, f"{s.name} returns {value.dtype} for {s.node[1]}, which is a date")
        try:
            return value.astype(spec.dtype)
        except (TypeError, ValueError):
            raise self.study.error(*s.place, f"{s.name} returns a text that is no number for {s.node[1]}, which is one") from None


def _sorted(form: pd.DataFrame) -> Columns:
    """The columns of a form in the order of its records' identity."""
    at = order.positions(form[k] for k in KEY)
    return {str(name): _taken(column, at) for name, column in form.items()}


def _taken(column: pd.Series, places: np.ndarray) -> pd.Series:
    """The values at some places, counted from 0; all of them in their order are the values as they are."""
    whole = len(places) == len(column) and (places == np.arange(len(places))).all()
    return pd.Series(column.array.copy() if whole else column.array.take(places))


def matches(value: pd.Series, wanted: str | list[str]) -> pd.Series:
    """Which records meet a condition: present, absent, a value, or one of a list of values (without regard to case)."""
    if wanted == "present":
        return value.notna()
    if wanted == "absent":
        return value.isna()
    texts = {w.casefold() for w in (wanted if isinstance(wanted, list) else [wanted])}
    return value.astype("str").str.casefold().isin(texts)


def recode(field: pd.Series, codelist: m.Codelist) -> pd.Series:
    """Collected spellings as submission values; what the list does not know stays as collected, for the schema to judge."""
    known = spellings(codelist)
    return dates.each(field, lambda text: known.get(text.casefold(), text))


def spellings(codelist: m.Codelist) -> dict[str, str]:
    """Every spelling of a codelist's terms, in lower case, with its submission value."""
    found: dict[str, str] = {}
    for value, term in codelist.terms.items():
        for spelling in (value, *((term.decode,) if term.decode else ()), *term.collected):
            found[spelling.casefold()] = value
    return found
