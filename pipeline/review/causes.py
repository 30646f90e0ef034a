"""What explains a changed cell: a change of the mapping that its variable depends on, or a raw cell of the
same participant.

A cell that neither explains is a finding, unless the program itself changed below all mappings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.finished.folder import Build
from pipeline.review.meaning import Book, Change, Node
from pipeline.review.raw import RawForm

_IDENTITY = ("form", "USUBJID", "record")
_ANY = (" (any record of the subject)", " (any record of the study)")


@dataclass
class Explained:
    """Of some changed cells or records, how many each cause explains."""

    mapping: int = 0  # a changed mapping, and no raw cell
    raw: int = 0  # a raw cell, and no changed mapping
    either: int = 0  # both could
    program: int = 0  # nothing but the program below the mappings changed
    nothing: int = 0
    changes: set[int] = field(
        default_factory=set
    )  # the changes of mappings that can explain, by their place in the list

    def __add__(self, other: Explained) -> Explained:
        return Explained(
            self.mapping + other.mapping,
            self.raw + other.raw,
            self.either + other.either,
            self.program + other.program,
            self.nothing + other.nothing,
            self.changes | other.changes,
        )


class Causes:
    """Answers what explains a cell of a variable, in each of some records."""

    def __init__(self, old: Build, new: Build, changes: list[Change], raw: Iterable[RawForm]) -> None:
        self.books = (old.book, new.book)
        self.changes = changes
        readers = _edges(*self.books)
        self.reached = [_closure(readers, c.nodes) if c.deep else set(c.nodes) for c in changes]
        self.subjects = {(f.form, c): s for f in raw for c, s in f.subjects.items()}
        self.records = {(f.form, *r) for f in raw for r in f.records}
        self.behind = [{n: v["raw"] for n, v in b.variables.items() if "raw" in v} for b in (old, new)]
        self.program = any(c.kind == "program" and not c.nodes for c in changes)

    def of(
        self,
        dataset: str,
        variable: str,
        rows: pd.DataFrame,
        was: pd.Series | None = None,
        now: pd.Series | None = None,
    ) -> Explained:
        """What explains the change of a cell in some records, or (`variable` "") that these came or went.

        Takes     records of one dataset; the values of the cell before and after.
        """
        found = Explained()
        for nodes, places in self.nodes(dataset, variable, rows).items():
            mine = rows.iloc[places]
            by_raw = np.full(len(mine), self.counted(nodes))
            if "USUBJID" in mine:
                by_raw |= mine["USUBJID"].isin(self.changed_subjects(nodes)).to_numpy()
            if not variable:
                by_raw |= np.array(
                    [
                        r in self.records
                        for r in zip(*(mine.get(c, mine["form"]) for c in _IDENTITY), strict=True)
                    ],
                    bool,
                )
            by_mapping, changes = self.by_mapping(
                nodes, [s.iloc[places] for s in (was, now) if s is not None], len(mine)
            )
            both, neither = int((by_raw & by_mapping).sum()), int((~by_raw & ~by_mapping).sum())
            program = neither if self.program else 0
            found += Explained(
                int(by_mapping.sum()) - both,
                int(by_raw.sum()) - both,
                both,
                program,
                neither - program,
                changes,
            )
        return found

    def by_mapping(
        self, nodes: frozenset[Node], texts: list[pd.Series], size: int
    ) -> tuple[np.ndarray, set[int]]:
        """Which cells a changed mapping can explain, and the places of these changes."""
        found = np.zeros(size, bool)
        changes: set[int] = set()
        for i, change in enumerate(self.changes):
            if nodes & self.reached[i]:
                held = np.full(size, not change.values)
                for text in texts if change.values else ():
                    held |= text.isin(change.values).to_numpy()
                found |= held
                changes |= {i} if held.any() else set()
        return found, changes

    def nodes(self, dataset: str, variable: str, rows: pd.DataFrame) -> Mapping[frozenset[Node], np.ndarray]:
        """The variables that stand behind a cell, for each group of records; of SUPP-- those of its parent."""
        parent = next(
            (b["datasets"][dataset].get("parent", "") for b in self.books if dataset in b["datasets"]), ""
        )
        if not parent:
            return {frozenset({(dataset, variable)}): np.arange(len(rows))}
        found: dict[frozenset[Node], np.ndarray] = {}
        sequence = (parent, f"{parent}SEQ")
        for qnam, places in rows.groupby("QNAM").indices.items():
            behind = {(parent, self.qualified(parent, str(qnam)))} | (
                {(parent, "")} if not variable else set()
            )
            found[frozenset({sequence} if variable == "IDVARVAL" else behind)] = np.asarray(places)
        return found

    def qualified(self, parent: str, qnam: str) -> str:
        """The variable behind a QNAM: itself, or the long text that it goes on with."""
        known = {
            v: t
            for b in self.books
            if parent in b["datasets"]
            for v, t in b["datasets"][parent]["variables"].items()
        }
        stem = qnam.rstrip("0123456789")
        return (
            qnam
            if qnam in known
            else next((v for v, t in known.items() if t.get("long") and v.startswith(stem)), "")
        )

    def changed_subjects(self, nodes: frozenset[Node]) -> frozenset[str]:
        """The participants of whom a raw cell changed that one of these variables can depend on."""
        fields = {
            _bare(r) for n in nodes for told in self.behind for r in told.get(".".join(p for p in n if p), ())
        }
        return frozenset().union(*(self.subjects.get(f, frozenset()) for f in fields))

    def counted(self, nodes: frozenset[Node]) -> bool:
        """Whether the value is counted over all participants, and a cell that it counts changed."""
        told = [
            r
            for n in nodes
            for known in self.behind
            for r in known.get(".".join(n), ())
            if r.endswith(_ANY[1])
        ]
        return any(self.subjects.get(_bare(r)) for r in told)


def _bare(raw: str) -> tuple[str, str]:
    form, _, name = raw.removesuffix(_ANY[0]).removesuffix(_ANY[1]).partition(".")
    return form, name


def _edges(*books: Book) -> dict[Node, set[Node]]:
    """What reads each variable, field or set of records."""
    readers: dict[Node, set[Node]] = {}
    for book in books:
        for name, told in book["datasets"].items():
            for variable, rules in [
                ("", told["blocks"]),
                *((v, t["rules"]) for v, t in told["variables"].items()),
            ]:
                for rule in rules:
                    for read in _reads(name, variable, rule, book):
                        readers.setdefault(read, set()).add((name, variable))
            if told.get("parent"):
                readers.setdefault((told["parent"], ""), set()).add((name, ""))
    return readers


def _reads(dataset: str, variable: str, rule: Mapping[str, object], book: Book) -> set[Node]:
    of = rule.get("of", {})
    names = [n for names in of.values() for n in names] if isinstance(of, Mapping) else []
    pairs = [n.partition(".")[::2] for n in names]
    found = {(dataset, "") if frame == "*" else (frame, column) for frame, column in pairs}
    found |= {(frame, "") for frame, _ in pairs if frame in book["datasets"] and frame != dataset}
    if variable:
        found.add((dataset, ""))
    elif rule.get("source") in book["datasets"]:
        found.add((str(rule["source"]), ""))
    return found - {(dataset, variable)}


def _closure(readers: Mapping[Node, set[Node]], first: Iterable[Node]) -> set[Node]:
    found: set[Node] = set()
    left = set(first)
    while left:
        found |= left
        left = {r for n in left for r in readers.get(n, ())} - found
    return found
