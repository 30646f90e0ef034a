"""The displays of the report whose numbers differ between two builds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pipeline.displays.write import FOLDER
from pipeline.finished.folder import Folder

PLACE = ["DISPLAY", "LINEID", "COLUMN", "OPER"]  # of a statistic
Difference = Mapping[str, Any]


def displays(old: Folder, new: Folder) -> Iterator[Difference]:
    """Each table of which a statistic differs, came or went, and each figure that is drawn differently.

    Takes     two finished builds; nothing is said where neither has displays, and one that has none is as one
              whose displays have no numbers.
    Returns   display, its name and title, and how many of its numbers were added, removed and changed; of a
              figure, one.
    """
    numbers = _values(old).to_frame("old").join(_values(new).to_frame("new"), how="outer")
    came, went = numbers["old"].isna(), numbers["new"].isna()
    differs = numbers["old"].ne(numbers["new"])
    counts = pd.DataFrame(
        {"added": came, "removed": went, "changed": differs & ~came & ~went}, index=numbers.index
    )
    by_display = counts.groupby(level="DISPLAY").sum()
    found = _figures(old, new)
    for name, row in by_display[by_display.any(axis=1)].iterrows():
        found[str(name)] = {way: int(row[way]) for way in ("added", "removed", "changed")}
    names = {**_names(old), **_names(new)} if found else {}
    for display in [name for name in names if name in found]:
        yield {"display": display, "name": names[display], **found[display]}


def _values(build: Folder) -> pd.Series:
    """The text of each statistic, by its place."""
    name = f"{FOLDER}/results.parquet"
    if not build.has(name):
        none = pd.MultiIndex.from_arrays([[] for _ in PLACE], names=PLACE)
        return pd.Series([], index=none, dtype="str")
    results = pd.read_parquet(build.file(name), columns=[*PLACE, "VALUE", "TEXT"])
    full = results["VALUE"].map(lambda value: f"{value:.12g}", na_action="ignore").astype("str")
    return results.assign(shown=full.fillna(results["TEXT"])).set_index(PLACE)["shown"]


def _figures(old: Folder, new: Folder) -> dict[str, dict[str, int]]:
    """The figures that came, went or are drawn differently."""
    before, after = _drawings(old), _drawings(new)
    found = {}
    for figure in sorted({*before, *after}):
        was, now = before.get(figure), after.get(figure)
        if was != now:
            found[figure] = {
                "added": int(was is None),
                "removed": int(now is None),
                "changed": int(was is not None and now is not None),
            }
    return found


def _drawings(build: Folder) -> dict[str, bytes]:
    paths = [build.file(name) for name in build.names(f"{FOLDER}/figures", ".svg")]
    return {path.stem: path.read_bytes() for path in paths}


def _names(build: Folder) -> dict[str, str]:
    """Name and title of each display, in the order of the book."""
    name = f"{FOLDER}/ars.json"
    outputs = build.document(name)["outputs"] if build.has(name) else []
    return {output["id"].removeprefix("OUT."): output["name"] for output in outputs}
