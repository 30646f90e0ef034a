"""Which raw fields each variable, and each dataset's set of records, can depend on: read from the steps and
from nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.mapping.steps import Input, Node, Plan

Lineage = Mapping[Node, frozenset[Input]]


def lineage(plan: Plan) -> Lineage:
    """The raw fields (`own`: of the cell's own record; else of any record of the subject) behind each node,
    through all datasets.
    """
    datasets = set(plan.datasets)
    known: dict[Node, frozenset[Input]] = {}
    for node in plan.order:
        made = plan.by_node.get(node, [])
        found: set[Input] = set()
        for i in {i for s in made for ii in s.inputs.values() for i in ii if i.column != "USUBJID"}:
            if not i.frame:  # a field of a record that a function made: what the function read
                found |= known[node[0], ""]
            elif i.frame not in datasets:
                found.add(i)
            else:
                through = known.get(i.node, frozenset())
                # who reads many records depends on which records there are
                found |= (
                    through
                    if i.own
                    else {Input(x.frame, x.column, False) for x in through | known[i.frame, ""]}
                )
        if not node[1]:  # a dataset taken from another has a record wherever that has one
            for s in made:
                if not s.name and s.what in datasets:
                    found |= known[s.what, ""]
        known[node] = frozenset(found)
    return known
