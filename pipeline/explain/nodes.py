"""The parts of an explanation: a tree of cells, rules, raw fields and lists of records, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.formats.xpt.rows import Value


@dataclass(frozen=True)
class Rule:
    """What made a value: the verb or the function, its text, where it stands, and its parameters with their
    reasons.
    """

    verb: str
    what: str = ""  # the function, the codelist, the constant
    text: str = ""
    source: str = ""  # of a function: what it follows
    place: str = ""  # file:line in the mapping
    code: str = ""  # file:line of the function
    where: Mapping[str, Any] = field(default_factory=dict)
    parameters: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Table:
    """Some records, by their columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Node:
    """One thing and what it rests on."""

    kind: str  # cell, raw, records, decision, study, subject, again
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
        """As JSON has it; what is not there is left out, but a missing value is said."""
        told: dict[str, Any] = {"kind": self.kind, "name": self.name}
        told |= {"value": self.value} if self.kind in ("cell", "raw", "again") else {}
        plain = {n: getattr(self, n) for n in ("label", "role", "place", "note")} | {
            "identity": dict(self.identity)
        }
        told |= {n: v for n, v in plain.items() if v}
        if self.rule:
            told["rule"] = {n: v for n, v in vars(self.rule).items() if v}
        if self.facts:
            told["facts"] = dict(self.facts)
        if self.table:
            told["records"] = [dict(zip(self.table.columns, r, strict=True)) for r in self.table.rows]
        if self.behind:
            told["behind"] = list(self.behind)
        if self.parts:
            told["from"] = [p.as_data() for p in self.parts]
        return told
