"""A number of a display leads to the records that it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.explain import explain as cells
from pipeline.explain import results
from pipeline.finished.build import Build
from tests.support.explained import considered

T = "Trastuzumab"


def test_the_records_of_a_count_are_those_that_it_counts(few_built: Path) -> None:
    """Of each record the variable that decided is explained in turn: CNSR 0 is an event."""
    number = results.explain(few_built, "t14-2-7", ["row=events", f"column={T}"])
    assert number.statistics[0]["value"] == number.participants == len(number.records) > 0
    build = Build.opened(few_built)
    for record in number.records:
        keys = [f"{name}={value}" for name, value in record.identity.items()]
        root = cells.explain(few_built, f"{record.dataset}.CNSR", keys, considered).root
        assert root.value == 0
        assert record.place.split(":")[0] in {*build.files_of_forms.values()}


def test_a_statistic_is_told_with_its_method_in_words(few_built: Path) -> None:
    number = results.explain(few_built, "T14-1-4", ["row=AGE/mean", "column=Total"])
    assert [s["operation"] for s in number.statistics] == ["Mean", "Standard deviation"]
    assert number.sentence.startswith("Mean of the values")
    assert number.as_data()["records"][0]["dataset"] == "ADSL"


@pytest.mark.parametrize(
    ("target", "keys", "message"),
    [
        ("T14-2-77", [], "has numbers under that name; did you mean T14-2-7?"),
        ("T14-2-7", [], "name a row, row=...; one of Participants"),
        ("T14-2-7", ["row=Evants"], "T14-2-7 has no row of that label or id; did you mean Events?"),
        ("T14-2-7", ["row=Events"], "name a column, column=...; one of "),
        ("T14-2-7", ["row=Events", "column=Trastuzumap"], "did you mean Trastuzumab?"),
        ("T14-1-5", ["row=Median", "column=Total"], "name one by its id: TARGETS/median"),
        ("T14-2-7", ["line=Events"], "named by row=... and column=..., not by line="),
    ],
)  # fmt: skip
def test_what_leads_to_no_number_is_told(few_built: Path, target: str, keys: list[str], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        results.explain(few_built, target, keys)
    assert message in str(refused.value)


def test_a_build_without_displays_says_so(built: Path) -> None:
    with pytest.raises(UsageError, match="this build has no displays; build with --edition"):
        results.explain(built, "T14-2-7", [])


@pytest.mark.parametrize(
    ("target", "is_display"), [("T14-3-1-2", True), ("l16-2-1", True), ("ADTTE.AVAL", False), ("TS", False)]
)
def test_a_display_is_told_from_a_dataset(target: str, is_display: bool) -> None:
    assert results.is_display(target) is is_display
