"""Works out all datasets of a block of subjects from its raw records, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.mapping import failures
from pipeline.mapping.kept_numbers import RECORD, Kept
from pipeline.mapping.steps import Input, Node, Plan, Step
from pipeline.records import lookup, numbers
from pipeline.records.conditions import meets_all
from pipeline.records.distinct import codes_and_values, map_distinct, pair_counts
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study import models as m

Frames = dict[str, pd.DataFrame]
Columns = dict[str, pd.Series]  # of one table, all on its index
# (dataset or form, column, block, collected spelling, value) -> number of records
Recoded = MutableMapping[tuple[str, str, int, str, str], int]


def tabulate(
    study: Study,
    plan: Plan,
    raw: Mapping[str, pd.DataFrame],
    recoded: Recoded | None = None,
    kept: Kept | None = None,
) -> Frames:
    """Every dataset that has a mapping, with KEY and `block` beside its variables.

    Takes     raw forms by name, each with KEY, their records in any order; `recoded`, to which every recoding
              that happens is added; the numbers of records that a build before gave.
    Returns   frames in the order of their records' identity; each column has the type of its spec.
    Raises    SpecError where a function does not return one value per record.
    """
    work = _Work(study, raw, {} if recoded is None else recoded, kept or Kept())
    for node in plan.order:
        if node in plan.by_node:
            work.add(node, plan.by_node[node])
    return {name: _finished(study.datasets[name], work.tables[name]) for name in plan.datasets}


def _finished(spec: m.Dataset, table: Columns) -> pd.DataFrame:
    """The variables of the spec between KEY and `block`; a variable that nothing maps is missing."""
    index = table["USUBJID"].index
    columns = {name: table[name] for name in KEY}
    for name, variable in spec.variables.items():
        columns[name] = table[name] if name in table else pd.Series(index=index, dtype=variable.dtype)
    columns["block"] = table["block"]
    # one copy of each column, made here, so that the finished frame shares nothing and is not copied again
    arrays = {name: column.array.copy() for name, column in columns.items()}
    return pd.DataFrame(arrays, index=index, columns=_column_names(columns), copy=False)


def _as_frame(columns: Columns) -> pd.DataFrame:
    """Columns of one index as a frame that shares their values: only copies of it may be handed out."""
    arrays = {name: column.array for name, column in columns.items()}
    index = next(iter(columns.values())).index
    return pd.DataFrame(arrays, index=index, columns=_column_names(columns), copy=False)


def _column_names(columns: Iterable[str]) -> pd.Index:
    # as objects: a lookup takes half the time that it takes in pandas' own type for text
    return pd.Index(list(columns), dtype="object")


@dataclass(frozen=True)
class _Block:
    """The records that one block of a mapping made, and where they came from."""

    source: Columns  # of the form, of the dataset, or of the records that a function made
    as_read: Columns  # the same, with its numbers as `_Work` has them
    taken: np.ndarray | None  # the position in the source of each record; None: all of them in their order
    index: pd.RangeIndex  # where the block's records stand in the dataset

    def column(self, name: str, as_read: bool = False) -> pd.Series:
        """A column of the source for the records of the block."""
        column = (self.as_read if as_read else self.source)[name]
        if self.taken is None:
            return column.set_axis(self.index)
        return pd.Series(column.array.take(self.taken), index=self.index)


class _Work:
    """The tables worked out so far, each as columns on one index.

    What is kept here is handed out as a shallow copy: whatever a function writes into its input stays there.

    A number is kept twice: as collected, which `copy` publishes, and in plain form, as its contract reads it
    (3.57 for a 3,57 with a decimal comma), which is what functions and variables of numbers get. Only where
    the two differ are they two columns.
    """

    def __init__(self, study: Study, raw: Mapping[str, pd.DataFrame], recoded: Recoded, kept: Kept) -> None:
        self.study = study
        self.kept = kept
        self.recoded = recoded
        self.tables: dict[str, Columns] = {form: _in_order(frame) for form, frame in raw.items()}
        self.as_read: dict[str, Columns] = {
            name: _with_numbers(study.forms[name], table) if name in study.forms else dict(table)
            for name, table in self.tables.items()
        }
        self.blocks: dict[tuple[str, int | None], _Block] = {}
        # Kept because many variables of a dataset ask for the same ones: frames by what they hold, positions
        # of records by (dataset, block, the form or dataset looked into).
        self.frames: dict[tuple[Input, ...], pd.DataFrame] = {}
        self.picked: dict[tuple[str, int | None, str], np.ndarray] = {}
        self.subjects: dict[tuple[str, int | None, str], np.ndarray] = {}

    def add(self, node: Node, steps: list[Step]) -> None:
        """Works out the records of a dataset, or one of its variables."""
        dataset, variable = node
        if not variable:
            self.tables[dataset] = self.records(dataset, steps)
            self.as_read[dataset] = dict(self.tables[dataset])
            return
        spec = self.study.datasets[dataset].variables[variable]
        index = self.tables[dataset]["USUBJID"].index
        parts, parts_as_read = [], []
        for step in steps:
            of_step = index if step.block is None else self.blocks[dataset, step.block].index
            value = self.value(step, of_step, spec)
            parts.append(value)
            parts_as_read.append(self.copied_as_read(step, of_step, value))
        whole = _joined(parts, index)
        if variable == f"{dataset}SEQ":
            whole = self.kept.of(dataset, _as_frame({n: self.tables[dataset][n] for n in RECORD}), whole)
        self.tables[dataset][variable] = self.as_read[dataset][variable] = whole
        if any(read is not value for read, value in zip(parts_as_read, parts, strict=True)):
            self.as_read[dataset][variable] = _joined(parts_as_read, index)

    # --- records
    def records(self, dataset: str, steps: list[Step]) -> Columns:
        """The identities of a dataset's records, block after block, and the number of their block."""
        blocks: list[_Block] = []
        start = 0
        for step in steps:
            source = self.records_made_by(step) if step.name else self.tables[step.what]
            as_read = source if step.name else self.as_read[step.what]
            for field in step.columns_of_conditions:
                if field not in source:
                    message = f"the records that {step.name} makes have no field {field}"
                    raise self.study.error(*step.place, message)
            taken = _records_taken(source, step)
            end = start + (len(source["USUBJID"]) if taken is None else len(taken))
            block = _Block(source, as_read, taken, pd.RangeIndex(start, end))
            blocks.append(block)
            self.blocks[dataset, step.block] = block
            start = end
        index = pd.RangeIndex(start)
        columns = {name: _joined([block.column(name) for block in blocks], index) for name in KEY}
        numbers = np.repeat([step.block for step in steps], [len(block.index) for block in blocks])
        columns["block"] = pd.Series(numbers, index=index, dtype="int64")
        return columns

    def records_made_by(self, step: Step) -> Columns:
        """The records that a step's function makes."""
        given = self.frames_and_tables(step)
        with failures.told_at(self.study, step):
            made = step.what(**given)
        if not isinstance(made, pd.DataFrame) or not _has_identity(made):
            raise self.study.error(
                *step.place, f"{step.name} must return records with their identity ({', '.join(KEY)})"
            )
        index = pd.RangeIndex(len(made))
        return {str(name): column.set_axis(index) for name, column in made.items()}

    # --- what a step reads
    def frames_and_tables(self, step: Step) -> dict[str, object]:
        """The inputs of a step that are not values of one record."""
        given: dict[str, object] = {}
        for parameter, inputs in step.inputs.items():
            if parameter in step.frames:
                given[parameter] = self.frame(inputs)
        return {**given, **(step.tables or {})}

    def frame(self, inputs: tuple[Input, ...]) -> pd.DataFrame:
        """Exactly the columns that the mapping names: a function cannot read what lineage does not know."""
        if inputs not in self.frames:
            table = self.as_read[inputs[0].frame]
            names = dict.fromkeys([*KEY, *(i.column for i in inputs)])
            self.frames[inputs] = _as_frame({name: table[name] for name in names})
        return self.frames[inputs].copy(deep=False)

    def column(self, asked: Input, step: Step, index: pd.Index, as_read: bool = True) -> pd.Series:
        """What a step reads of each of its records, with numbers as read or as collected."""
        dataset = step.node[0]
        tables = self.as_read if as_read else self.tables
        if asked.column == "USUBJID" or asked.frame == dataset:
            column = tables[dataset][asked.column]
            if step.block is None:
                return column.copy(deep=False)
            block = self.blocks[dataset, step.block]
            return column.iloc[block.index.start : block.index.stop]
        if not asked.own:
            column = tables[asked.frame][asked.column]
            positions = self.record_of_subject(dataset, step.block, asked.frame, index)
            return pd.Series(column.array.take(positions, allow_fill=True), index=index)
        block = self.blocks[dataset, step.block]
        if asked.frame in self.study.forms and not step.source:
            return self.field_of_picked_record(asked, step, block, tables[asked.frame])
        if asked.column not in block.source:
            raise self.study.error(*step.place, f"the records of this block have no field {asked.column}")
        return block.column(asked.column, as_read)

    def record_of_subject(self, dataset: str, block: int | None, other: str, index: pd.Index) -> np.ndarray:
        """The position of each record's subject in another dataset, -1 where that dataset has none.

        Of several records of a subject the first counts; that they break the dataset's key is a finding.
        """
        key = (dataset, block, other)
        if key not in self.subjects:
            subjects = self.tables[dataset]["USUBJID"]
            if block is not None:
                subjects = subjects.iloc[index]
            records = _as_frame({"USUBJID": self.tables[other]["USUBJID"]})
            self.subjects[key] = lookup.place_of_subject(subjects, records)
        return self.subjects[key]

    def field_of_picked_record(self, asked: Input, step: Step, block: _Block, form: Columns) -> pd.Series:
        """A field of the raw record whose identity a function gave to the record that it made."""
        if form["USUBJID"].empty:
            return pd.Series(index=block.index, dtype="str")
        key = (step.node[0], step.block, asked.frame)
        if key not in self.picked:
            self.picked[key] = lookup.place_among([block.column(k) for k in KEY], [form[k] for k in KEY])
        return pd.Series(form[asked.column].array.take(self.picked[key], allow_fill=True), index=block.index)

    # --- what a step gives
    def value(self, step: Step, index: pd.Index, spec: m.Variable) -> pd.Series:
        """A variable's value in each record of a step."""
        if step.verb == "constant":
            everywhere = np.zeros(len(index), dtype="int64")
            return pd.Series(pd.array([step.what], dtype=spec.dtype).take(everywhere), index=index)
        if step.verb == "derive":
            return self.derived(step, index, spec)
        is_copied_text = step.verb == "copy" and spec.is_text
        field = self.column(step.inputs["of"][0], step, index, as_read=not is_copied_text)
        if step.verb != "codelist":
            return self.typed(field, step, index, spec)
        value = self.typed(recoded(field, self.study.codelists[step.what]), step, index, spec)
        self.count_recoding(step, field, value)
        return value

    def copied_as_read(self, step: Step, index: pd.Index, value: pd.Series) -> pd.Series:
        """A value that was copied, in plain form where it is of a number; any other value as it is."""
        if step.verb != "copy":
            return value
        asked = step.inputs["of"][0]
        table, column = asked.frame, asked.column
        if table not in self.tables or self.as_read[table][column] is self.tables[table][column]:
            return value
        return self.column(asked, step, index).astype(value.dtype)

    def derived(self, step: Step, index: pd.Index, spec: m.Variable) -> pd.Series:
        """What a step's function returns for its records."""
        columns = {}
        for parameter, inputs in step.inputs.items():
            if parameter not in step.frames:
                columns[parameter] = self.column(inputs[0], step, index)
        given = {**self.frames_and_tables(step), **columns}
        with failures.told_at(self.study, step):
            returned = step.what(**given)
        value = self.typed(returned, step, index, spec)
        takes_codelist = any(isinstance(table, m.Codelist) for table in (step.tables or {}).values())
        if takes_codelist and len(columns) == 1:
            (collected,) = columns.values()
            self.count_recoding(step, collected, value)
        return value

    def count_recoding(self, step: Step, collected: pd.Series, value: pd.Series) -> None:
        """Adds the number of records in which each collected spelling became each value."""
        block = -1 if step.block is None else step.block
        for (spelling, result), records in pair_counts(collected, value).items():
            key = (*step.node, block, spelling, result)
            self.recoded[key] = self.recoded.get(key, 0) + records

    def typed(self, value: object, step: Step, index: pd.Index, spec: m.Variable) -> pd.Series:
        """The value in the type that its spec declares, never one inferred from the data."""
        variable = step.node[1]
        if not isinstance(value, pd.Series) or not value.index.equals(index):
            message = f"{step.name} must return one value per record, in the order given"
            raise self.study.error(*step.place, message)
        if value.dtype == spec.dtype:
            return value
        if value.isna().all():
            return pd.Series(index=index, dtype=spec.dtype)
        if spec.is_text and not pd.api.types.is_string_dtype(value.dtype):
            message = f"{step.name} returns {value.dtype} for {variable}, which is text"
            raise self.study.error(*step.place, message)
        if spec.dtype == "datetime64[s]" and value.dtype.kind != "M":
            message = f"{step.name} returns {value.dtype} for {variable}, which is a date"
            raise self.study.error(*step.place, message)
        try:
            return value.astype(spec.dtype)
        except (TypeError, ValueError):
            message = f"{step.name} returns a text that is not a number for {variable}, which is one"
            raise self.study.error(*step.place, message) from None


def _has_identity(made: pd.DataFrame) -> bool:
    """Whether records have their identity: each part of KEY once, and filled in every record."""
    return all(list(made.columns).count(name) == 1 and made[name].notna().all() for name in KEY)


def _in_order(form: pd.DataFrame) -> Columns:
    """The columns of a form, its records in the order of their identity."""
    positions = lookup.sorted_places(form[name] for name in KEY)
    index = pd.RangeIndex(len(form))
    if (positions == np.arange(len(form))).all():  # as `sources` stores them: nothing is copied
        return {str(name): column.set_axis(index) for name, column in form.items()}
    return {str(name): pd.Series(column.array.take(positions)) for name, column in form.items()}


def _with_numbers(form: m.Form, table: Columns) -> Columns:
    """The columns of a form with each number in plain form, as the contract reads it."""
    columns = dict(table)
    for name, field in form.fields.items():
        if field.holds_numbers and name in table:
            texts = codes_and_values(table[name])[1]
            plain = [numbers.as_read(text, field.marks) for text in texts]
            if plain != [*texts]:  # seldom: most numbers are written in plain form
                columns[name] = map_distinct(table[name], dict(zip(texts, plain, strict=True)).get)
    return columns


def _joined(parts: list[pd.Series], index: pd.Index) -> pd.Series:
    """The values of some blocks as one column of the dataset; missing in the records of all other blocks."""
    if len(parts) == 1 and parts[0].index.equals(index):
        return parts[0]
    values = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    records = np.concatenate([part.index for part in parts])
    if len(records) == len(index) and (records == np.arange(len(records))).all():
        return values.set_axis(index)
    positions = np.full(len(index), -1)
    positions[records] = np.arange(len(records))
    return pd.Series(values.array.take(positions, allow_fill=True), index=index)


# --- conditions and code lists
def _records_taken(source: Columns, step: Step) -> np.ndarray | None:
    """The positions of the records that the step's conditions take; None where they take all of them."""
    asked = _as_frame({name: source[name] for name in ("USUBJID", *step.columns_of_conditions)})
    taken = meets_all(asked, step.where or {})
    for excepted in step.unless:
        taken &= ~meets_all(asked, excepted)
    return None if taken.all() else np.flatnonzero(taken)


def recoded(field: pd.Series, codelist: m.Codelist) -> pd.Series:
    """Collected spellings as submission values, and other texts as an extensible list would write them: in
    capitals, where all of its terms are.

    Source    SDTMIG 3.4, 4.2.4 (upper case, unless a list of terms has another).
    """
    values = recode(field, codelist)
    in_capitals = all(term == term.upper() for term in codelist.terms)
    return map_distinct(values, str.upper) if codelist.extensible and in_capitals else values


def recode(field: pd.Series, codelist: m.Codelist) -> pd.Series:
    """Collected spellings as submission values.

    A text that is no spelling of the list stays as collected, and breaks the schema of its dataset.
    """
    return map_distinct(field, lambda text: codelist.term_of(text) or text)
