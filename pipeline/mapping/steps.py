"""A mapping file becomes a flat list of steps, one for each line, with names resolved. Order of work, values,
lineage and origins are read from this list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from pipeline.records.conditions import Where

Function = Callable[..., Any]
Library = Mapping[str, Mapping[str, Function]]  # layer -> its public functions by name
Node = tuple[str, str]  # (dataset, variable); variable "" is the set of the dataset's records


@dataclass(frozen=True)
class Input:
    """A variable or raw field that a step reads."""

    frame: str  # a form or a dataset; "" for a field of a record that a function made
    column: str
    own: bool  # of this record alone; else of all records of the subject

    @property
    def node(self) -> Node:
        return self.frame, self.column


@dataclass(frozen=True, eq=False)
class Step:
    """One line of a mapping, with its names resolved."""

    node: Node
    block: int | None  # None: all blocks at once
    verb: str  # constant, copy, codelist, date, derive; "rows" for a block's records
    what: Any  # the constant, the codelist's name, the function, or the form or dataset of the records
    inputs: Mapping[str, tuple[Input, ...]]  # by parameter
    place: tuple[str, tuple[str | int, ...]]  # file and path, for messages
    name: str = ""  # of the function, as the mapping calls it
    source: str = ""  # the form or dataset of the block; "" where a function makes the records
    frames: frozenset[str] = frozenset()  # parameters that take a frame of the subject's records
    where: Where | None = None  # of a block: all of these conditions hold of its records
    unless: tuple[Where, ...] = ()  # and none of these sets of conditions does as a whole
    tables: Mapping[str, Any] | None = None  # by parameter, the part of specs/ that it takes
    # by parameter, the name of that part: specs.units; "" for a value that stands on the line itself
    table_names: Mapping[str, str] | None = None
    defaults: frozenset[str] = frozenset()  # parameters that the line leaves out

    @property
    def columns_of_conditions(self) -> list[str]:
        """The columns by which a block takes its records, each once."""
        return list(dict.fromkeys(name for where in (self.where or {}, *self.unless) for name in where))


@dataclass(frozen=True)
class Plan:
    """All steps of a study in an order in which each comes after what it reads."""

    steps: tuple[Step, ...]
    datasets: tuple[str, ...]

    @cached_property
    def by_node(self) -> dict[Node, list[Step]]:
        steps: dict[Node, list[Step]] = {}
        for step in self.steps:
            steps.setdefault(step.node, []).append(step)
        return steps

    @cached_property
    def order(self) -> list[Node]:
        """The nodes, each after what it reads.

        A cycle raises graphlib's CycleError, which `resolve.plan` turns into a refusal.
        """
        needs = {node: self._needs(node) for node in self.by_node}
        # sorted, so that the order does not depend on the hash seed
        return list(TopologicalSorter({node: sorted(needs[node]) for node in sorted(needs)}).static_order())

    def leading_to(self, nodes: Iterable[Node]) -> Plan:
        """The steps that these nodes rest on, and the datasets that have some of them."""
        left, needed = set(nodes), set[Node]()
        while left:
            needed |= left
            left = {read for node in left for read in self._needs(node) if read in self.by_node} - needed
        datasets = {dataset for dataset, _ in needed}
        steps = tuple(step for step in self.steps if step.node in needed)
        return Plan(steps, tuple(name for name in self.datasets if name in datasets))

    def _needs(self, node: Node) -> set[Node]:
        """The nodes that must be worked out before this one."""
        dataset, variable = node
        needs: set[Node] = set()
        for step in self.by_node[node]:
            for read in (i for inputs in step.inputs.values() for i in inputs):
                if read.frame not in self.datasets or read.column == "USUBJID":
                    continue
                needs.add((read.frame, ""))
                if read.node in self.by_node:
                    needs.add(read.node)
            if step.verb == "rows" and not step.name and step.what in self.datasets:
                needs.add((step.what, ""))
        if variable:
            needs.add((dataset, ""))
        return needs - {node}
