"""Works out all datasets of a block of subjects from its raw records, step by step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.errors import SpecError
from pipeline.mapping.steps import Input, Plan, Step
from pipeline.study import Study
from pipeline.study import models as m

Frames = dict[str, pd.DataFrame]
KEY = ["USUBJID", "form", "record"]  # the identity of a record: beside every frame, raw or made


def tabulate(study: Study, plan: Plan, raw: Mapping[str, pd.DataFrame]) -> Frames:
    """Every dataset that has a mapping, with KEY and `block` beside its variables.

    Takes     raw forms by name, each with KEY; the order of their records means nothing.
    Returns   frames in the order of their records' identity; each column has the type of its spec.
    Raises    SpecError where a function returns something that is not one value a record.
    """
    work = _Work(study, raw)
    for node in plan.order:
        if node in plan.by_node:
            work.make(plan.by_node[node])
    return {n: _finished(study.datasets[n], work.frames[n]) for n in plan.datasets}


def _finished(spec: m.Dataset, frame: pd.DataFrame) -> pd.DataFrame:
    """The spec's variables, those that nothing maps as missing."""
    given = {v: frame[v] for v in spec.variables if v in frame}
    absent = {v: pd.Series(index=frame.index, dtype=s.dtype) for v, s in spec.variables.items() if v not in frame}
    return pd.DataFrame({**{k: frame[k] for k in KEY}, **given, **absent, "block": frame["block"]})[
        [*dict.fromkeys([*KEY, *spec.variables]), "block"]
    ]


class _Work:
    """The frames made so far."""

    def __init__(self, study: Study, raw: Mapping[str, pd.DataFrame]) -> None:
        self.study = study
        self.frames: Frames = {form: f.sort_values(KEY, ignore_index=True) for form, f in raw.items()}

    def make(self, made: list[Step]) -> None:
        name, variable = made[0].node
        if not variable:
            blocks = [self.rows(s) for s in made]
            self.frames[name] = pd.concat(blocks, ignore_index=True) if len(blocks) > 1 else blocks[0].reset_index(drop=True)
            return
        here = self.frames[name]
        spec = self.study.datasets[name].variables[variable]
        parts = [self.value(s, here if s.block is None else here[here["block"].eq(s.block)], spec) for s in made]
        value = parts[0] if len(parts) == 1 else pd.concat(parts)
        self.frames[name] = here.assign(**{variable: value if value.index.equals(here.index) else value.reindex(here.index)})

    def rows(self, s: Step) -> pd.DataFrame:
        rows = s.what(**self.given(s)) if s.name else self.frames[s.what]
        if not isinstance(rows, pd.DataFrame) or not set(KEY) <= set(rows):
            raise self.study.error(*s.place, f"{s.name} must return records with their identity ({', '.join(KEY)})")
        for field, wanted in (s.where or {}).items():
            rows = rows[matches(rows[field], wanted)]
        fields = [c for c in rows if c not in KEY and not str(c).startswith("*") and c != "block"]
        if not s.name and s.source in self.study.datasets:
            fields = [i.column for i in s.carried if i.column not in KEY]
        return rows[[*KEY, *fields]].rename(columns={c: f"*{c}" for c in fields}).assign(block=s.block)

    def given(self, s: Step) -> dict[str, object]:
        return {**{p: self.frame(i) for p, i in s.inputs.items() if p in s.frames}, **(s.tables or {})}

    def frame(self, inputs: tuple[Input, ...]) -> pd.DataFrame:
        """Exactly the columns that the mapping names: a function cannot read what lineage does not know."""
        columns = [*KEY, *dict.fromkeys(i.column for i in inputs if i.column != "USUBJID")]
        return self.frames[inputs[0].frame][columns].copy()

    def value(self, s: Step, here: pd.DataFrame, spec: m.Variable) -> pd.Series:
        if s.verb == "constant":
            return pd.Series(s.what, index=here.index, dtype=spec.dtype)
        if s.verb == "derive":
            given = self.given(s) | {p: self.column(i[0], s, here) for p, i in s.inputs.items() if p not in s.frames}
            return self.typed(s.what(**given), s, here, spec)
        field = self.column(s.inputs["of"][0], s, here)
        if s.verb == "codelist":
            field = recode(field, self.study.codelists[s.what])
        return self.typed(field, s, here, spec)

    def column(self, i: Input, s: Step, here: pd.DataFrame) -> pd.Series:
        if i.column == "USUBJID":
            return here["USUBJID"]
        if i.frame == s.node[0]:
            return here[i.column]
        if i.own:
            if i.frame in self.study.forms and not s.source:
                return self.picked(i, here)
            if f"*{i.column}" not in here:
                raise self.study.error(*s.place, f"the records of this block have no field {i.column}")
            return here[f"*{i.column}"].rename(i.column)
        other = self.frames[i.frame].drop_duplicates("USUBJID").set_index("USUBJID")[i.column]  # a second record breaks the key: a finding
        return other.reindex(here["USUBJID"]).set_axis(here.index)

    def picked(self, i: Input, here: pd.DataFrame) -> pd.Series:
        """A field of the raw record whose identity a function gave to the record it made."""
        form = self.frames[i.frame][[*KEY, i.column]]
        return here[KEY].merge(form, how="left", on=KEY, validate="m:1").set_axis(here.index)[i.column]

    def typed(self, value: object, s: Step, here: pd.DataFrame, spec: m.Variable) -> pd.Series:
        """The value in the type its spec declares, never one inferred from the data."""
        if not isinstance(value, pd.Series) or not value.index.equals(here.index):
            raise self.study.error(*s.place, f"{s.name} must return one value a record, in the order given")
        if value.isna().all():
            return pd.Series(index=here.index, dtype=spec.dtype)
        if spec.is_text and not pd.api.types.is_string_dtype(value.dtype):
            raise self.study.error(*s.place, f"{s.name} returns {value.dtype} for {s.node[1]}, which is text")
        if spec.dtype == "datetime64[s]" and value.dtype.kind != "M":
            raise self.study.error(*s.place, f"{s.name} returns {value.dtype} for {s.node[1]}, which is a date")
        return value.astype(spec.dtype)


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
    codes, distinct = pd.factorize(field)
    found = np.array([known.get(str(v).casefold(), v) for v in distinct], dtype="object")
    if not len(distinct):
        return field.astype("str")
    return pd.Series(found, dtype="str").take(codes).where(codes >= 0).set_axis(field.index)


def spellings(codelist: m.Codelist) -> dict[str, str]:
    """Every spelling of a codelist's terms, in lower case, with its submission value."""
    found: dict[str, str] = {}
    for value, term in codelist.terms.items():
        for spelling in (value, *((term.decode,) if term.decode else ()), *term.collected):
            if found.setdefault(spelling.casefold(), value) != value:
                raise SpecError(f"specs/codelists.yaml: {codelist.name}: {spelling} is a spelling of {found[spelling.casefold()]} and of {value}")
    return found
