"""Displays with their results, from the published records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pipeline.displays import (
    counts,
    drawn,
    endpoints,
    listings,
    liver,
    narratives,
    numbers,
    restricted,
    subgroups,
)
from pipeline.displays.content import Content, Drawn, Line, Table
from pipeline.displays.participants import Read, Scope, scope
from pipeline.study import Study
from pipeline.study.displays import Display, Row


def heading(scope: Scope, row: Row) -> Iterator[Line]:
    """A label alone."""
    yield Line(row.id, row.id, row.label, row.indent)


ROWS: Mapping[str, Callable[[Scope, Row], Iterator[Line]]] = {
    "heading": heading,
    "count": counts.with_a_record,
    "categories": counts.by_category,
    "levels": counts.by_level,
    "summary": numbers.summary,
    "visits": numbers.by_visit,
    "rate": endpoints.rate,
    "survival": endpoints.survival,
    "agreement": endpoints.agreement,
    "restricted_mean": restricted.restricted_mean,
    "subgroups": subgroups.subgroups,
    "liver": liver.liver,
}


def displays(study: Study, read: Read) -> Iterator[Content]:
    """Every table, figure, listing and narrative of the study, in the order of specs/displays.yaml.

    Takes     the study; what reads the published records of a dataset.
    """
    for display in study.displays.displays:
        yield made(study, display, read)


def made(study: Study, display: Display, read: Read) -> Content:
    """One display with its results."""
    of_display = scope(study, display, read)
    if display.listing:
        return listings.listing(of_display, display)
    if display.narrative:
        return narratives.narratives(of_display, display)
    if display.figure:
        return Drawn(display, of_display.population, drawn.drawing(of_display, display))
    lines = [line for row in display.rows for line in ROWS[row.kind](of_display, row)]
    return Table(display, of_display.population, of_display.columns, lines)
