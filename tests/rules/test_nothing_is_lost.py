"""Nothing is lost in silence: each record of a drop is published or set aside, and once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline import sources
from pipeline import stages as run
from pipeline.study import Study
from tests.conftest import DROP
from tests.support import reading


def test_each_row_of_the_accounting_adds_up_and_counts_every_line_of_the_drop(built: Path) -> None:
    accounting = json.loads((built / "report" / "report.json").read_text(encoding="utf-8"))["accounting"]
    assert {a["form"] for a in accounting} == {p.stem for p in DROP.glob("*.csv")}
    for a in accounting:
        assert a["read"] == a["published"] + sum(a["set_aside"].values()), a["form"]
        assert a["read"] == len(pd.read_csv(DROP / f"{a['form']}.csv", dtype="str")), a["form"]


@pytest.fixture(scope="session")
def participants(study: Study, few: Path) -> sources.Drop:
    return reading.read(study, few)


def lost(study: Study, sample: sources.Drop) -> set[str]:
    return {f.rule for f in run.one_block(study, sample.forms)[2] if f.rule.startswith("RECORD-")}


def without_deviations(study: Study) -> Study:
    """The tabulations without DV, so that nothing publishes the records of form dv; the analysis datasets
    read it.
    """
    kept = {n: m for n, m in study.mappings.items() if n != "DV" and study.datasets[n].layer == "sdtm"}
    return replace(study, mappings=kept)


def test_a_record_that_nothing_publishes_and_nothing_sets_aside_is_an_error(
    study: Study, participants: sources.Drop
) -> None:
    assert lost(without_deviations(study), participants) == {"RECORD-LOST"}


def test_a_record_that_is_published_and_also_set_aside_is_an_error(
    study: Study, participants: sources.Drop
) -> None:
    more = study.set_aside[0].model_copy(update={"from_": "ae", "where": {}, "reason": "planted"})
    assert lost(replace(study, set_aside=(*study.set_aside, more)), participants) == {"RECORD-TWICE"}


def test_a_record_that_two_entries_set_aside_is_an_error(study: Study, participants: sources.Drop) -> None:
    one = study.set_aside[0].model_copy(update={"from_": "dv", "where": {}, "reason": "planted"})
    assert lost(replace(without_deviations(study), set_aside=(*study.set_aside, one)), participants) == set()
    assert lost(replace(without_deviations(study), set_aside=(*study.set_aside, one, one)), participants) == {
        "RECORD-ASIDE-TWICE"
    }
