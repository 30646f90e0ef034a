"""A date after the data cut-off, asked at the door where a build would be refused for it: the study has no
records after its cut-off set aside, and a dataset takes the date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.mapping.steps import Plan, Step
from pipeline.plan import plan_of
from pipeline.records import dates
from pipeline.records.conditions import meets_all
from pipeline.study import Study

RULE = "AFTER-CUT-OFF"
# by form and field, the blocks that take the date into a dataset
Taken = Mapping[tuple[str, str], tuple[Step, ...]]


def dates_taken(study: Study) -> Taken:
    """The raw dates that datasets hold, each with the blocks of records in which they do; none where the
    study has records after the cut-off set aside.
    """
    if study.protocol.sets_aside_after_cutoff:
        return {}
    plan = plan_of(study)
    taken: dict[tuple[str, str], tuple[Step, ...]] = {}
    for step in plan.steps:
        dataset, name = step.node
        variable = study.datasets[dataset].variables.get(name) if name else None
        if variable is None or variable.type != "iso":
            continue
        for form, field in _dates(study, step):
            blocks = (b for b in _blocks(plan, dataset, form) if step.block in (None, b.block))
            taken[form, field] = (*taken.get((form, field), ()), *blocks)
    return taken


def _dates(study: Study, step: Step) -> Iterator[tuple[str, str]]:
    """The form and name of each raw date that a step reads in its own record."""
    for inputs in step.inputs.values():
        for read in inputs:
            form = study.forms.get(read.frame or step.source)
            if form and read.own and form.fields[read.column].type == "date":
                yield form.form, read.column


def _blocks(plan: Plan, dataset: str, form: str) -> Iterator[Step]:
    """The blocks of the dataset's records that are made of records of the form, a record each."""
    return (s for s in plan.by_node.get((dataset, ""), ()) if s.verb == "rows" and s.source == form)


def is_late(study: Study, carried: pd.DataFrame, field: str, blocks: tuple[Step, ...]) -> pd.Series:
    """Whether a record has a date after the cut-off that one of the blocks takes; of a partial date the first
    day that it can mean counts.
    """
    late = dates.first_day(carried[field]).gt(pd.Timestamp(study.protocol.cutoff))
    if not late.any():
        return late
    taken = pd.Series(False, index=carried.index)
    for block in blocks:
        of_block = meets_all(carried, block.where or {})
        for excepted in block.unless:
            of_block &= ~meets_all(carried, excepted)
        taken |= of_block
    return late & taken
