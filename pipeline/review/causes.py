"""What explains a changed cell: a change of the mapping that its variable depends on, or a raw cell of the
same participant.

A cell that neither explains is a finding, unless the program itself changed below all mappings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pipeline.finished import raw_fields
from pipeline.finished.folder import Folder
from pipeline.finished.raw_fields import OF_STUDY, RawField
from pipeline.review.change import Book, Change, Node
from pipeline.review.raw import RawForm


@dataclass
class Explained:
    """Of some changed cells or records, how many each cause explains."""

    mapping: int = 0  # a changed mapping, and no raw cell
    raw: int = 0  # a raw cell, and no changed mapping
    either: int = 0  # both could
    program: int = 0  # nothing but the program below the mappings changed
    nothing: int = 0
    changes: set[int] = field(default_factory=set)  # the places of the changed mappings that can explain

    def __add__(self, other: Explained) -> Explained:
        return Explained(
            self.mapping + other.mapping,
            self.raw + other.raw,
            self.either + other.either,
            self.program + other.program,
            self.nothing + other.nothing,
            self.changes | other.changes,
        )

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "changes": sorted(self.changes)}


class Causes:
    """Answers what explains a cell of a variable, in each of some records."""

    def __init__(self, old: Folder, new: Folder, changes: list[Change], raw: Iterable[RawForm]) -> None:
        self.books = (old.mapping_book, new.mapping_book)
        self.changes = changes
        readers = _readers(self.books)
        # by change, all variables whose values it can change
        self.reached = [_closure(readers, c.nodes) if c.deep else set(c.nodes) for c in changes]
        self.fields = [_fields_by_node(build) for build in (old, new)]
        self.changed_subjects: dict[tuple[str, str], frozenset[str]] = {}  # by form and field
        self.moved_records: set[tuple[str, str, str]] = set()  # form, USUBJID, record
        for form in raw:
            self.changed_subjects |= {(form.form, name): s for name, s in form.subjects.items()}
            self.moved_records |= {(form.form, *record) for record in form.records}
        self.program_changed = any(c.kind == "program" and not c.nodes for c in changes)

    def of_cells(self, dataset: str, variable: str, before: pd.DataFrame, after: pd.DataFrame) -> Explained:
        """What explains that a variable changed.

        Takes     the records in which it did, as they were and as they are, in the same order.
        """
        explained = Explained()
        for nodes, places in self._nodes_of_cells(dataset, variable, after):
            records = after.iloc[places]
            values = [before[variable].iloc[places], records[variable]]
            explained += self._explained(nodes, records, values, self._has_changed_raw_cell(nodes, records))
        return explained

    def of_records(self, dataset: str, records: pd.DataFrame) -> Explained:
        """What explains that records were added or removed."""
        explained = Explained()
        for nodes, places in self._nodes_of_cells(dataset, "", records):
            group = records.iloc[places]
            subjects = group["USUBJID"] if "USUBJID" in group else group["form"]
            identities = zip(group["form"], subjects, group["record"], strict=True)
            is_moved = np.array([identity in self.moved_records for identity in identities], bool)
            by_raw = is_moved | self._has_changed_raw_cell(nodes, group)
            explained += self._explained(nodes, group, [], by_raw)
        return explained

    def _explained(
        self, nodes: frozenset[Node], records: pd.DataFrame, values: list[pd.Series], by_raw: np.ndarray
    ) -> Explained:
        by_mapping, changes = self._by_mapping(nodes, values, len(records))
        both = int((by_raw & by_mapping).sum())
        neither = int((~by_raw & ~by_mapping).sum())
        return Explained(
            mapping=int(by_mapping.sum()) - both,
            raw=int(by_raw.sum()) - both,
            either=both,
            program=neither if self.program_changed else 0,
            nothing=0 if self.program_changed else neither,
            changes=changes,
        )

    def _by_mapping(
        self, nodes: frozenset[Node], values: list[pd.Series], size: int
    ) -> tuple[np.ndarray, set[int]]:
        """Which cells a changed mapping can explain, and the places of these changes."""
        explained = np.full(size, False)
        places: set[int] = set()
        for place, change in enumerate(self.changes):
            if not nodes & self.reached[place]:
                continue
            by_change = np.full(size, not change.values)
            if change.values:
                for column in values:
                    by_change |= column.isin(change.values).to_numpy()
            if by_change.any():
                explained |= by_change
                places.add(place)
        return explained, places

    def _has_changed_raw_cell(self, nodes: frozenset[Node], records: pd.DataFrame) -> np.ndarray:
        """Which records are of a participant of whom a raw cell changed that one of these variables can
        depend on; all, where a variable is counted over all participants and a cell that it counts changed.
        """
        fields = {f for node in nodes for by_node in self.fields for f in by_node.get(node, ())}
        counted = any(self._subjects(f) for f in fields if f.through == OF_STUDY)
        if counted or "USUBJID" not in records:
            return np.full(len(records), counted)
        subjects: set[str] = set()
        for f in fields:
            subjects |= self._subjects(f)
        return records["USUBJID"].isin(subjects).to_numpy()

    def _subjects(self, raw_field: RawField) -> frozenset[str]:
        """The participants of whom a cell of the field changed."""
        return self.changed_subjects.get((raw_field.form, raw_field.name), frozenset())

    # --- which variables are behind a cell
    def _nodes_of_cells(
        self, dataset: str, variable: str, records: pd.DataFrame
    ) -> Iterator[tuple[frozenset[Node], np.ndarray]]:
        """The variables behind a cell, with the places of the records in which they are; of SUPP-- those of
        its parent, by QNAM.
        """
        book = next(book for book in self.books if dataset in book["datasets"])
        parent = book["datasets"][dataset].get("parent", "")
        if not parent:
            yield frozenset({(dataset, variable)}), np.arange(len(records))
            return
        for qnam, places in records.groupby("QNAM").indices.items():
            if variable == "IDVARVAL":
                nodes = {(parent, f"{parent}SEQ")}
            else:
                nodes = {(parent, self._variable_of(parent, str(qnam)))}
                if not variable:
                    nodes.add((parent, ""))
            yield frozenset(nodes), np.asarray(places)

    def _variable_of(self, parent: str, qnam: str) -> str:
        """The variable behind a QNAM: that of the same name, or the long text that it continues."""
        variables: dict[str, Any] = {}
        for book in self.books:
            variables |= book["datasets"].get(parent, {}).get("variables", {})
        if qnam in variables:
            return qnam
        stem = qnam.rstrip("0123456789")
        long = (v for v, properties in variables.items() if properties.get("long") and v.startswith(stem))
        return next(long, "")


def _fields_by_node(build: Folder) -> dict[Node, list[RawField]]:
    """The raw fields behind each variable and each dataset's set of records."""
    fields: dict[Node, list[RawField]] = {}
    for name, properties in build.variables.items():
        dataset, _, variable = name.partition(".")
        fields[dataset, variable] = raw_fields.read(properties.get("raw", ()))
    return fields


# --- what depends on what
def _readers(books: Iterable[Book]) -> dict[Node, set[Node]]:
    """What reads each variable, field or set of records, in any of the books."""
    readers: dict[Node, set[Node]] = {}
    for book in books:
        for dataset, content in book["datasets"].items():
            rules_by_variable = {v: properties["rules"] for v, properties in content["variables"].items()}
            for variable, rules in {"": content["blocks"], **rules_by_variable}.items():
                for rule in rules:
                    for read in _reads(dataset, variable, rule, book):
                        readers.setdefault(read, set()).add((dataset, variable))
            if content.get("parent"):
                readers.setdefault((content["parent"], ""), set()).add((dataset, ""))
    return readers


def _reads(dataset: str, variable: str, rule: Mapping[str, Any], book: Book) -> set[Node]:
    """What a rule reads: fields and variables, and the sets of records that these are in."""
    nodes: set[Node] = set()
    for names in rule.get("of", {}).values():
        for name in names:
            source, _, column = name.partition(".")
            if source == "*":  # a column of the record that a function made
                nodes.add((dataset, ""))
                continue
            nodes.add((source, column))
            if source in book["datasets"] and source != dataset:
                nodes.add((source, ""))
    if variable:
        nodes.add((dataset, ""))
    elif rule.get("source") in book["datasets"]:
        nodes.add((rule["source"], ""))
    return nodes - {(dataset, variable)}


def _closure(readers: Mapping[Node, set[Node]], first: Iterable[Node]) -> set[Node]:
    """These variables and all that depend on them, directly or not."""
    reached: set[Node] = set()
    left = set(first)
    while left:
        reached |= left
        left = {reader for node in left for reader in readers.get(node, ())} - reached
    return reached
