"""A subject stands alone: how subjects are put into blocks, and which are beside them, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import sources
from pipeline import stages as run
from pipeline.mapping import resolve
from pipeline.mapping.interpret import tabulate
from pipeline.mapping.steps import Plan
from pipeline.profile import Profile, profile_of
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import DROP, ROOT, quiet
from tests.support import reading
from tests.support.outputs import manifest

pytestmark = pytest.mark.long


def test_blocks_of_subjects_and_processes_do_not_change_a_byte(
    study: Study, built: Path, tmp_path: Path, prove: bool
) -> None:
    for block, processes, blocks in [(20, 2, 2), *([(5, 1, 8), (2, 2, 23)] if prove else [])]:
        assert len(reading.runs(study, DROP, block)) == blocks
        run.build(study, ROOT, DROP, tmp_path / str(blocks), Workers(processes, block), quiet)
        assert manifest(tmp_path / str(blocks)) == manifest(built), (
            f"{blocks} blocks on {processes} processes"
        )


def test_a_derivation_of_single_values_gives_each_record_the_value_it_gives_alone(
    study: Study, sample: sources.Drop
) -> None:
    plan = resolve.plan(study, run.LIBRARY)
    calls: list[tuple[str, Callable[..., pd.Series], Mapping[str, Any], pd.Series]] = []

    def recorded(name: str, function: Callable[..., pd.Series]) -> Callable[..., pd.Series]:
        def call(**given: Any) -> pd.Series:
            value = function(**given)
            calls.append((name, function, given, value))
            return value

        return call

    watched = [
        replace(s, what=recorded(s.name, s.what)) if s.verb == "derive" and not s.frames else s
        for s in plan.steps
    ]
    tabulate(study, Plan(tuple(watched), plan.datasets), sample.forms)
    assert len({name for name, *_ in calls}) >= 15
    for name, function, given, value in calls:
        for at in value.index[:: max(1, len(value) // 12)]:
            alone = function(**{p: g.loc[[at]] if isinstance(g, pd.Series) else g for p, g in given.items()})
            assert alone.astype(value.dtype).equals(value.loc[[at]]) or (
                pd.isna(alone.iloc[0]) and pd.isna(value.loc[at])
            ), name


def test_the_profiles_of_blocks_merge_to_the_same_whole_in_any_order(study: Study, few: Path) -> None:
    specs = run.publishable(study)
    parts = []
    for block in reading.runs(study, few, 1)[:2]:
        frames, counted, found = run.one_block(study, block.forms)
        parts.append(profile_of(specs, frames, counted, found))
    a, b = parts
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(Profile()) == Profile().merge(a).merge(b)
