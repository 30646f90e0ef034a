"""The displays of a finished build that show what depends on a raw field: impact, read on to the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.displays.results import from_ranges
from pipeline.displays.write import FOLDER
from pipeline.finished.build import Build
from pipeline.study.displays import Display, Displays

if TYPE_CHECKING:
    from pipeline.explain.impact import Touched

DISPLAYS = "specs/displays.yaml"


@dataclass(frozen=True)
class Shown:
    """A display that reads a variable which depends on the field, and (where a raw record is named) how many
    of its numbers count a record that does.
    """

    display: str
    name: str
    numbers: int | None  # none: no raw record is named, or the display is no table


def shown_in(build: Build, touched: Sequence[Touched]) -> list[Shown]:
    """The displays that the build made and that read a variable which is touched, in the order of the book.

    Takes     a finished build; the variables that depend on a raw field, with their records.
    """
    results = f"{FOLDER}/results.parquet"
    if not build.has(results):
        return []
    told = Displays.model_validate(build.study_files[DISPLAYS])
    by_variable = {(t.dataset, t.variable): t for t in touched}
    found: list[Shown] = []
    numbers: pd.DataFrame | None = None
    for display in told.displays:
        read = told.read_by(display) & by_variable.keys()
        if not read:
            continue
        counted = None
        if display.rows and any(by_variable[variable].records is not None for variable in read):
            numbers = pd.read_parquet(build.file(results)) if numbers is None else numbers
            counted = _numbers(numbers, display, [by_variable[variable] for variable in read])
        found.append(Shown(display.id, f"{display.name} {display.title}", counted))
    return found


def _numbers(results: pd.DataFrame, display: Display, touched: Sequence[Touched]) -> int:
    """How many numbers of a table count a record that is touched."""
    of_display = results[results["DISPLAY"].eq(display.id)]
    of_display = of_display.drop_duplicates(["LINEID", "COLUMN"])
    places = dict(_places(touched))
    pairs = zip(of_display["DATASET"], of_display["RECORDS"], strict=True)
    return sum(
        not places.get(dataset, frozenset()).isdisjoint(from_ranges(records)) for dataset, records in pairs
    )


def _places(touched: Sequence[Touched]) -> Iterator[tuple[str, frozenset[int]]]:
    """By dataset the places of the records that are touched, from 1 on, as results tell them."""
    by_dataset: Mapping[str, set[int]] = {t.dataset: set() for t in touched}
    for of_variable in touched:
        by_dataset[of_variable.dataset].update(record.place + 1 for record in of_variable.records or ())
    for dataset, places in by_dataset.items():
        yield dataset, frozenset(places)
