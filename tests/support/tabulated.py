"""Datasets of a few participants of the committed drop, worked out by the study's own mappings, and rows of
them as plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline import sources
from pipeline import stages as run
from pipeline.derivations.sdtm import supp
from pipeline.mapping.accounting import account
from pipeline.mapping.interpret import tabulate
from pipeline.mapping.translate import translated
from pipeline.plan import plan_of
from pipeline.study import Study

Change = Callable[[pd.DataFrame], pd.DataFrame]


def forms(sample: sources.Drop, *subjects: str, **changes: Change) -> dict[str, pd.DataFrame]:
    """The raw records of some participants; a form that is named is changed first."""
    of_subjects = {
        n: f[f["USUBJID"].str.endswith(subjects)].reset_index(drop=True) for n, f in sample.forms.items()
    }
    return {n: changes[n](f) if n in changes else f for n, f in of_subjects.items()}


def datasets(study: Study, raw: Mapping[str, pd.DataFrame], *names: str) -> dict[str, pd.DataFrame]:
    """The datasets named, without their supplemental qualifiers; nothing else is worked out but what they
    rest on.
    """
    plan = plan_of(study)
    steps = plan.leading_to(node for node in plan.by_node if node[0] in names)
    collected = tabulate(study, steps, raw)
    made: dict[str, pd.DataFrame] = {}
    for name in names:
        frame, _ = translated(study, name, collected[name], None)
        made[name], _ = supp.continued(study.datasets[name], frame)
    return made


def all_datasets(study: Study, raw: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Every dataset, with supplemental qualifiers."""
    return run.datasets_of(study, raw)[0]


def lost(study: Study, raw: Mapping[str, pd.DataFrame], form: str, *names: str) -> list[str]:
    """The records of a form that none of the datasets named has and nothing sets aside."""
    _, findings = account(study, {form: raw[form]}, datasets(study, raw, *names))
    return [finding.source for finding in findings if finding.rule == "RECORD-LOST"]


def rows(frame: pd.DataFrame, columns: str, **where: str | float) -> list[tuple[Any, ...]]:
    """The named columns of the records that meet the condition, in its order; None where missing."""
    chosen = pd.Series(True, index=frame.index)
    for name, value in where.items():
        chosen &= frame[name].eq(value)
    values: Sequence[Sequence[Any]] = frame.loc[chosen, columns.split()].astype("object").to_numpy().tolist()
    return [tuple(None if pd.isna(value) else value for value in row) for row in values]
