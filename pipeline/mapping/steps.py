"""A mapping file becomes a flat list of steps, one a line, names resolved. Order, values, lineage and origins
are read from this list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

Function = Callable[..., Any]
Library = Mapping[str, Mapping[str, Function]]  # layer -> its public functions by name
Node = tuple[str, str]  # (dataset, variable); variable "" is the set of the dataset's records


@dataclass(frozen=True)
class Input:
    """A variable or raw field that a step reads."""

    frame: str  # a form or a dataset
    column: str
    own: bool  # of this record alone; else of all records of the subject

    @property
    def node(self) -> Node:
        return self.frame, self.column


@dataclass(frozen=True, eq=False)
class Step:
    """One line of a mapping after names are resolved."""

    node: Node
    block: int | None  # None: all blocks at once
    verb: str  # constant, copy, codelist, date, derive; "rows" for a block's records
    what: (
        Any  # the constant, the codelist's name, the function, or the form or dataset that records come from
    )
    inputs: Mapping[str, tuple[Input, ...]]  # by parameter
    place: tuple[str, tuple[str | int, ...]]  # file and path, for messages
    name: str = ""  # of the function, as the mapping calls it
    source: str = ""  # the form or dataset of the block; "" where a function makes the records
    frames: frozenset[str] = frozenset()  # parameters that take a frame of the subject's records
    where: Mapping[str, str | list[str]] | None = None
    tables: Mapping[str, Any] | None = None  # parameters that take a part of specs/
    table_names: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Plan:
    """All steps of a study in an order in which each comes after what it reads."""

    steps: tuple[Step, ...]
    datasets: tuple[str, ...]

    @cached_property
    def by_node(self) -> dict[Node, list[Step]]:
        found: dict[Node, list[Step]] = {}
        for s in self.steps:
            found.setdefault(s.node, []).append(s)
        return found

    @cached_property
    def order(self) -> list[Node]:
        """The nodes, each after what it reads; a cycle is graphlib's CycleError, which `plan` turns into a
        refusal.
        """
        known = set(self.datasets)
        needs: dict[Node, set[Node]] = {}
        for node, made in self.by_node.items():
            reads = {
                i
                for s in made
                for ii in s.inputs.values()
                for i in ii
                if i.frame in known and i.column != "USUBJID"
            }
            needs[node] = {i.node for i in reads if i.node in self.by_node} | {(i.frame, "") for i in reads}
            needs[node] |= {(s.what, "") for s in made if s.verb == "rows" and not s.name and s.what in known}
            if node[1]:
                needs[node].add((node[0], ""))
            needs[node].discard(node)
        return list(TopologicalSorter({n: sorted(needs[n]) for n in sorted(needs)}).static_order())
