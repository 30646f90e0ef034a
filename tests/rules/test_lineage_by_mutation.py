"""Invariant 3: a changed raw cell changes only the output cells that lineage declared for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

from pipeline import run
from pipeline.sources import files
from pipeline.study import Study
from tests.conftest import DROP
from tests.support import mutation


@pytest.fixture(scope="module")
def raw(study: Study) -> dict[str, pd.DataFrame]:
    return files.read(study, DROP)


@pytest.fixture(scope="module")
def before(study: Study, raw: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return mutation.built(study, raw)[1]


def proofs(
    study: Study, raw: Mapping[str, pd.DataFrame], before: Mapping[str, pd.DataFrame], number: int, seed: int
) -> list[mutation.Proof]:
    return [
        mutation.held(study, before, mutation.built(study, changed)[1], changes)
        for changed, changes in mutation.rounds(study, raw, number, seed)
    ]


def test_every_changed_output_cell_was_declared_by_lineage(
    study: Study, raw: dict[str, pd.DataFrame], before: dict[str, pd.DataFrame], prove: bool, seed: int
) -> None:
    found = proofs(study, raw, before, 60 if prove else 9, seed)
    assert sum(len(p.changes) for p in found) >= (1800 if prove else 250)
    assert sum(p.cells for p in found) >= (1500 if prove else 200), "the changes must reach the output, or they prove nothing"
    assert [u for p in found for u in p.undeclared] == []


def test_a_function_that_looks_at_its_neighbour_is_caught(
    study: Study, raw: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    def date_time(date: pd.Series, time: pd.Series) -> pd.Series:
        return (date + "T" + time).shift(1, fill_value="2016-07-01").astype("str")

    study = replace(study)  # a study of its own, whose steps are resolved anew
    monkeypatch.setitem(run.LIBRARY, "sdtm", {**run.LIBRARY["sdtm"], "date_time": date_time})
    spoilt = mutation.built(study, raw)[1]
    doses = [(f, n) for f, n in mutation.places(study) if (f, n) in (("tras", "DOSE_DATE"), ("tras", "START_TIME"), ("nk", "DOSE_DATE"))]
    monkeypatch.setattr(mutation, "places", lambda _: doses)
    assert [u for p in proofs(study, raw, spoilt, 1, seed) for u in p.undeclared]
