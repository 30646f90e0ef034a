"""Impact goes forward to the displays that read what depends on a raw field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.explain import find, impact
from pipeline.explain.shown_in import DISPLAYS
from pipeline.finished.build import Build
from pipeline.study import Study
from pipeline.study.displays import Displays


@pytest.fixture(scope="module")
def build(few_built: Path) -> Build:
    return Build.opened(few_built)


def displays(build: Build, field: str, *keys: str) -> dict[str, int | None]:
    form, name, raw = find.raw(build, field, keys)
    return {shown.display: shown.numbers for shown in impact.impact_of(build, form, name, raw).displays}


def test_a_diameter_reaches_response_and_survival_and_no_adverse_event(build: Build) -> None:
    found = displays(build, "tl.DIAMETER", "SUBJECT=FD-010", "FOLDER=WEEK 12")
    assert {"T14-2-1", "T14-2-5", "F14-2-1", "F14-2-7-2", "L16-2-6-1"} <= {*found}
    assert not {display for display in found if display.startswith(("T14-3-1", "L16-2-7"))}
    assert found["T14-2-1"]
    assert found["F14-2-1"] is found["L16-2-6-1"] is None


def test_an_adverse_event_reaches_its_tables_and_listings_and_no_efficacy(build: Build) -> None:
    found = displays(build, "ae.GRADE")
    assert {"T14-3-1-3", "T14-3-1-4", "L16-2-7-1"} <= {*found}
    assert not {display for display in found if display.startswith(("T14-2-1", "T14-2-5"))}


def test_a_text_that_goes_on_in_a_supplement_reaches_the_listing_that_joins_it(build: Build) -> None:
    assert "L16-2-2" in displays(build, "dv.ACTION")


def test_numbers_are_those_that_count_a_record_which_depends(build: Build) -> None:
    """The results tell the records of each number by their places, and a death is one record of DD."""
    found = displays(build, "death.CAUSE", "SUBJECT=FD-022")
    [death] = [r.place + 1 for r in build.records("DD") if r.usubjid.endswith("FD-022")]
    results = pd.read_parquet(build.home / "tlf" / "results.parquet")
    of_table = results[results["DISPLAY"].eq("T14-3-2-2") & results["DATASET"].eq("DD")]
    counting = of_table[of_table["RECORDS"].str.contains(rf"\b{death}\b")]
    assert found["T14-3-2-2"] is not None
    assert found["T14-3-2-2"] >= len(counting.drop_duplicates(["LINEID", "COLUMN"])) > 0


def test_a_build_without_displays_reaches_none(built: Path) -> None:
    assert not impact.impact(built, "tl.DIAMETER", []).displays


TOLD: dict[str, Any] = {
    "populations": {"treated": {"title": "Treated", "where": {"SAFFL": "Y"}}},
    "columns": {"planned": {"variable": "TRT01P", "control": "T"}},
}
ROW: dict[str, Any] = {"id": "A", "label": "A"}
BASE = {("ADSL", "USUBJID"), ("ADSL", "SAFFL"), ("ADSL", "TRT01P")}


@pytest.mark.parametrize(
    ("row", "read"),
    [
        (ROW, set()),
        (
            ROW | {"dataset": "ADAE", "where": {"AESER": "Y"}, "records": True, "exposure": "TRTDURD"},
            {("ADAE", "USUBJID"), ("ADAE", "AESER"), ("ADSL", "TRTDURD")},
        ),
        (
            ROW | {
                "dataset": "ADRS",
                "subgroups": {
                    "rate": {"variable": "AVALC", "is": "Y"},
                    "whole": "All",
                    "groups": [{"variable": "ERBL", "label": "Receptor"}],
                },
            },
            {("ADRS", "USUBJID"), ("ADRS", "AVALC"), ("ADSL", "ERBL")},
        ),
    ],
)  # fmt: skip
def test_a_table_reads_population_arms_conditions_and_what_its_rows_name(
    row: dict[str, Any], read: set[tuple[str, str]]
) -> None:
    table = {"number": "14.9.9", "title": "T", "population": "treated", "columns": "planned", "rows": [row]}
    told = Displays.model_validate({**TOLD, "displays": [table]})
    assert told.read_by(told.displays[0]) == BASE | read


def test_the_displays_of_a_build_are_those_of_its_study(build: Build, study: Study) -> None:
    assert Displays.model_validate(build.study_files[DISPLAYS]) == study.displays
