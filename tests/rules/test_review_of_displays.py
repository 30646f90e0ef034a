"""A change review names the displays whose numbers moved, and figures that are drawn differently."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.finished.folder import Folder
from pipeline.review import text
from pipeline.review.displays import displays

Statistic = tuple[str, str, str, str, float | None, str]  # display, line, column, operation, value, text
FIRST: Sequence[Statistic] = (
    ("T14-1-1", "SCREENED", "Total", "count", 34.0, "34"),
    ("T14-2-1", "RSPW12/rate", "Trastuzumab", "rate", 6.66666666667, "6.7"),
    ("T14-2-1", "RSPW12/p", "Trastuzumab", "p", None, "not estimable"),
)


def folder(home: Path, statistics: Sequence[Statistic], **figures: str) -> Folder:
    """The displays of a finished build."""
    tlf = home / "tlf"
    (tlf / "figures").mkdir(parents=True)
    names = pd.Index(["DISPLAY", "LINEID", "COLUMN", "OPER", "VALUE", "TEXT"])
    pd.DataFrame(statistics, columns=names).astype({"VALUE": "float64"}).to_parquet(tlf / "results.parquet")
    titles = {
        "T14-1-1": "Table 14.1.1 Disposition",
        "T14-2-1": "Table 14.2.1 Response",
        "F14-1-1": "Figure 14.1.1 Flow",
    }
    outputs = [{"id": f"OUT.{display}", "name": name} for display, name in titles.items()]
    (tlf / "ars.json").write_text(json.dumps({"outputs": outputs}), encoding="utf-8")
    for name, drawing in figures.items():
        (tlf / "figures" / f"{name.replace('_', '-')}.svg").write_text(drawing, encoding="utf-8")
    return Folder(home)


def said(old: Folder, new: Folder) -> list[str]:
    return [text.display(d) for d in displays(old, new)]


def test_the_same_displays_say_nothing(tmp_path: Path) -> None:
    builds = (folder(tmp_path / name, FIRST, F14_1_1="<svg/>") for name in ("old", "new"))
    assert said(*builds) == []


def test_a_number_that_moved_names_its_display_even_where_it_is_shown_alike(tmp_path: Path) -> None:
    moved = [FIRST[0], ("T14-2-1", "RSPW12/rate", "Trastuzumab", "rate", 6.7, "6.7"), FIRST[2]]
    found = said(folder(tmp_path / "old", FIRST), folder(tmp_path / "new", moved))
    assert found == ["Table 14.2.1 Response: 1 number changed"]


def test_a_value_that_becomes_estimable_has_changed(tmp_path: Path) -> None:
    estimated = [*FIRST[:2], ("T14-2-1", "RSPW12/p", "Trastuzumab", "p", 0.5, "0.5000")]
    found = said(folder(tmp_path / "old", FIRST), folder(tmp_path / "new", estimated))
    assert found == ["Table 14.2.1 Response: 1 number changed"]


def test_a_line_that_came_or_went_counts_with_its_numbers(tmp_path: Path) -> None:
    other = [FIRST[0], ("T14-2-1", "CB/rate", "Trastuzumab", "rate", 1.0, "1.0")]
    found = said(folder(tmp_path / "old", FIRST), folder(tmp_path / "new", other))
    assert found == ["Table 14.2.1 Response: 1 number added, 2 numbers removed"]


def test_a_figure_is_drawn_differently_or_came_or_went(tmp_path: Path) -> None:
    old, new = (
        folder(tmp_path / "old", FIRST, F14_1_1="<svg/>"),
        folder(tmp_path / "new", FIRST, F14_1_1="<svg></svg>"),
    )
    assert said(old, new) == ["Figure 14.1.1 Flow: drawn differently"]
    assert said(old, folder(tmp_path / "other", FIRST)) == ["Figure 14.1.1 Flow: removed"]


def test_builds_without_displays_say_nothing(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    assert said(Folder(old), Folder(new)) == []
    assert said(Folder(old), folder(new, FIRST)) == [
        "Table 14.1.1 Disposition: 1 number added",
        "Table 14.2.1 Response: 2 numbers added",
    ]
