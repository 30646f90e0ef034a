"""Which raw fields each variable, and each dataset's set of records, can depend on: read from the steps and
from nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.mapping.steps import Input, Node, Plan

Lineage = Mapping[Node, frozenset[Input]]


def lineage(plan: Plan) -> Lineage:
    """The raw fields behind each node, through all datasets.

    Returns   by node, inputs that are raw fields: `own` of the cell's own record, else of any record of the
              subject.
    """
    datasets = set(plan.datasets)
    behind: dict[Node, frozenset[Input]] = {}
    for node in plan.order:
        dataset, variable = node
        steps = plan.by_node.get(node, [])
        fields: set[Input] = set()
        for read in {i for step in steps for inputs in step.inputs.values() for i in inputs}:
            if read.column == "USUBJID":
                continue
            if not read.frame:  # a field of a record that a function made: all that the function read
                fields |= behind[dataset, ""]
            elif read.frame not in datasets:
                fields.add(read)
            elif read.own:
                fields |= behind.get(read.node, frozenset())
            else:
                # whoever reads many records also depends on which records there are
                through = behind.get(read.node, frozenset()) | behind[read.frame, ""]
                fields |= {Input(field.frame, field.column, False) for field in through}
        if not variable:
            for step in steps:
                if not step.name and step.what in datasets:  # it has a record wherever its source has one
                    fields |= behind[step.what, ""]
        behind[node] = frozenset(fields)
    return behind
