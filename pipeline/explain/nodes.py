"""The parts of an explanation: a tree of cells, rules, raw fields and lists of records, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.formats.xpt.rows import Value
from pipeline.records.conditions import Where


@dataclass(frozen=True)
class Rule:
    """What gives a value: the verb or the function, its text, its place, and its parameters with their
    reasons.
    """

    verb: str
    what: str = ""  # the function, the codelist or the constant
    text: str = ""
    source: str = ""  # the guide that a function follows
    place: str = ""  # file:line in the mapping
    code: str = ""  # file:line of the function
    where: Where = field(default_factory=dict)
    unless: Sequence[Where] = ()
    parameters: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Table:
    """Some records, by their columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Node:
    """One thing and what it rests on."""

    kind: str  # cell, raw, records, decision, study, record, again
    name: str
    value: Value = None
    label: str = ""
    role: str = ""  # what it is to the node above
    place: str = ""  # file:line of a raw record or of specs/study.yaml
    identity: Mapping[str, Value] = field(default_factory=dict)
    rule: Rule | None = None
    table: Table | None = None
    facts: Sequence[tuple[str, str]] = ()
    note: str = ""
    behind: Sequence[str] = ()  # of a list of records: the raw fields that lineage declares of its columns
    parts: Sequence[Node] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def as_data(self) -> dict[str, Any]:
        """As JSON has it, without what is empty; but a missing value of a cell is null."""
        data: dict[str, Any] = {"kind": self.kind, "name": self.name}
        if self.kind in ("cell", "raw", "again"):
            data["value"] = self.value
        texts = {"label": self.label, "role": self.role, "place": self.place, "note": self.note}
        data |= {name: text for name, text in texts.items() if text}
        if self.identity:
            data["identity"] = dict(self.identity)
        if self.rule:
            data["rule"] = {name: value for name, value in vars(self.rule).items() if value}
        if self.facts:
            data["facts"] = dict(self.facts)
        if self.table:
            columns = self.table.columns
            data["records"] = [dict(zip(columns, row, strict=True)) for row in self.table.rows]
        if self.behind:
            data["behind"] = list(self.behind)
        if self.parts:
            data["from"] = [part.as_data() for part in self.parts]
        return data
