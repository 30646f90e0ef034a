"""Why a cell holds its value: its chain back to the raw records, and the raw fields that lineage declares
behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.explain import answer, find, rules
from pipeline.explain.decisions import Considered
from pipeline.explain.nodes import Node
from pipeline.explain.trace import Trace
from pipeline.finished.build import STUDY, Build, Record
from pipeline.finished.raw_fields import OF_RECORD, OF_STUDY


@dataclass(frozen=True)
class Behind:
    """A raw field that can change a cell."""

    field: str  # FORM.FIELD
    records_in_words: str  # of which record, or of any record of the participant or study
    records: int  # how many they are


@dataclass(frozen=True)
class Explanation:
    """The answer in a sentence, the tree of a cell, why its record is there, and the raw fields behind it."""

    answer: str
    root: Node
    record: Node
    raw: Sequence[Behind]

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        behind = [{"field": b.field, "of": b.records_in_words, "records": b.records} for b in self.raw]
        cell, record = self.root.as_data(), self.record.as_data()
        return {"answer": self.answer, "cell": cell, "record": record, "behind": behind}


def explain(out: Path, target: str, keys: Sequence[str], considered: Considered) -> Explanation:
    """The explanation of DATASET.VARIABLE in the record that KEY=VALUE ... name.

    Takes     the folder of builds; what shows a time-to-event decision again (derivations.adam.considered).
    Raises    UsageError for an unknown name, and for keys that match no record or several.
    """
    build = Build.opened(out)
    record, variable = find.cell(build, target, keys)
    return explain_cell(build, record, variable, considered)


def explain_cell(build: Build, record: Record, variable: str, considered: Considered) -> Explanation:
    """The explanation of one cell of a build.

    Takes     a finished build; the published record and its variable; how a time-to-event parameter weighs
              its candidates.
    Returns   the chain from the cell to the raw fields that were collected.
    """
    trace = Trace(build, considered)
    root = trace.cell(record, variable)
    sentence = answer.in_a_sentence(build, record, variable, root)
    return Explanation(sentence, root, _why_there(build, record), [*_behind(build, record, variable)])


def _why_there(build: Build, record: Record) -> Node:
    """Why the dataset has this record: the raw record, and the rule of the mapping that takes it."""
    if record.form == STUDY:
        return Node("study", record.form, place=f"{STUDY}:{record.record.removeprefix('line ')}")
    is_supplemental = record.dataset.startswith("SUPP")
    dataset = rules.parent_of(build, record.dataset) if is_supplemental else record.dataset
    definition = rules.rule_of(build, dataset, record.block)
    rule = rules.shown(build, definition) if definition else None
    raw = build.raw_record(record.form, record.usubjid, record.record)
    identity = {"USUBJID": record.usubjid, "record": record.record}
    return Node("record", record.form, place=raw.place if raw else "", identity=identity, rule=rule)


def _behind(build: Build, record: Record, variable: str) -> Iterator[Behind]:
    """The raw fields that can change this cell, in its own raw record or in any of the participant."""
    for field in rules.fields_of_cell(build, record, variable):
        name = f"{field.form}.{field.name}"
        if field.through != OF_RECORD:
            subject = None if field.through == OF_STUDY else record.usubjid
            yield Behind(name, field.through, len(build.raw_records(field.form, subject)))
        elif field.form == record.form:
            yield Behind(name, record.record, 1)
