"""Checks specs/displays.yaml against the datasets: a display of what no dataset holds would show nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.records import conditions
from pipeline.study.displays import Columns, Display, Listing, Narrative, Paragraph, Row, Selection
from pipeline.study.figures import Figure
from pipeline.study.located import KeyPath, nearest
from pipeline.study.reader import DISPLAYS

if TYPE_CHECKING:
    from pipeline.study import Study

ADSL = "ADSL"
Fault = tuple[str, KeyPath, str]  # file, place in it, message


def faults(study: Study) -> Iterator[Fault]:
    """Every name of specs/displays.yaml that leads nowhere."""
    told = study.displays
    if (told.populations or told.columns or told.displays) and ADSL not in study.datasets:
        yield DISPLAYS, (), "displays are of the participants of ADSL, and the study has no such dataset"
        return
    for name, population in told.populations.items():
        path: KeyPath = ("populations", name, "where")
        yield from _where(study, ADSL, population.where, path)
    for name, columns in told.columns.items():
        yield from _columns(study, columns, ("columns", name))
    ids: set[str] = set()
    results: set[str] = set()
    for i, display in enumerate(told.displays):
        path = ("displays", i)
        if display.id in ids:
            yield DISPLAYS, (*path, "number"), f"{display.number} is the number of an earlier {display.kind}"
        ids.add(display.id)
        yield from _display(study, display, path)
        for r, row in enumerate(display.rows):
            if row.result and row.id in results:
                yield DISPLAYS, (*path, "rows", r, "id"), f"{row.id} is the id of two results"
            results |= {row.id} if row.result else set()


def _unknown(name: str, what: str, known: Iterable[str]) -> str:
    return f"{name} is not {what}{nearest(name, known)}"


def _columns(study: Study, columns: Columns, path: KeyPath) -> Iterator[Fault]:
    variables = study.datasets[ADSL].published
    if columns.variable not in variables:
        yield DISPLAYS, (*path, "variable"), _unknown(columns.variable, "a variable of ADSL", variables)
        return
    codelist = study.codelists.get(variables[columns.variable].codelist or "")
    if codelist is None:
        message = f"{columns.variable} has no codelist, which says what the arms are"
        yield DISPLAYS, (*path, "variable"), message
    elif columns.control not in codelist.terms:
        message = _unknown(columns.control, f"a term of {columns.variable}", codelist.terms)
        yield DISPLAYS, (*path, "control"), message


def _display(study: Study, display: Display, path: KeyPath) -> Iterator[Fault]:
    told = study.displays
    if display.population not in told.populations:
        message = _unknown(display.population, "one of `populations`", told.populations)
        yield DISPLAYS, (*path, "population"), message
    if display.columns is not None and display.columns not in told.columns:
        yield DISPLAYS, (*path, "columns"), _unknown(display.columns, "one of `columns`", told.columns)
    ids: set[str] = set()
    for i, row in enumerate(display.rows):
        if row.id in ids:
            yield DISPLAYS, (*path, "rows", i, "id"), f"{row.id} is the id of an earlier row"
        ids.add(row.id)
        yield from _row(study, row, (*path, "rows", i))
    if display.listing:
        yield from _listing(study, display.listing, (*path, "listing"))
    if display.narrative:
        yield from _narrative(study, display.narrative, (*path, "narrative"))
    if display.figure:
        yield from _figure(study, display.figure, (*path, "figure"))


def _figure(study: Study, figure: Figure, path: KeyPath) -> Iterator[Fault]:
    absent: set[str] = set()
    for place, records in figure.records():
        if records.dataset not in study.datasets:
            absent.add(records.dataset)
            message = _unknown(records.dataset, "a dataset of the study", study.datasets)
            yield DISPLAYS, (*path, *place, "dataset"), message
    for place, dataset, name in figure.named():
        if dataset not in absent and name not in study.datasets[dataset].published:
            known = study.datasets[dataset].published
            yield DISPLAYS, (*path, *place), _unknown(name, f"a variable of {dataset}", known)
    for place, dataset, where in figure.conditions():
        if dataset not in absent:
            yield from _where(study, dataset, where, (*path, *place))


def _row(study: Study, row: Row, path: KeyPath) -> Iterator[Fault]:
    assumptions = [assumption.id for assumption in study.protocol.assumptions]
    if row.result and row.result.assumption is not None and row.result.assumption not in assumptions:
        message = _unknown(row.result.assumption, "an id of `assumptions`", assumptions)
        yield DISPLAYS, (*path, "result", "assumption"), message
    if row.exposure is not None and row.exposure not in study.datasets[ADSL].published:
        known = study.datasets[ADSL].published
        yield DISPLAYS, (*path, "exposure"), _unknown(row.exposure, "a variable of ADSL", known)
    for i, group in enumerate(row.subgroups.groups if row.subgroups else ()):
        if group.variable not in study.datasets[ADSL].published:
            known = study.datasets[ADSL].published
            place = (*path, "subgroups", "groups", i, "variable")
            yield DISPLAYS, place, _unknown(group.variable, "a variable of ADSL", known)
    if row.dataset not in study.datasets:
        known_datasets = study.datasets
        yield DISPLAYS, (*path, "dataset"), _unknown(row.dataset, "a dataset of the study", known_datasets)
        return
    published = study.datasets[row.dataset].published
    for place, name in row.named:
        if name not in published:
            yield DISPLAYS, (*path, *place), _unknown(name, f"a variable of {row.dataset}", published)
    yield from _where(study, row.dataset, row.where, (*path, "where"))
    for name, value in row.where.items() if row.result else ():
        if isinstance(value, list) or value in conditions.STATES:
            message = f"define.xml tells a result by one value of each variable; give {name} one"
            yield DISPLAYS, (*path, "where", name), message
    if row.rate and row.rate.variable in published:
        wanted = {row.rate.variable: row.rate.is_}
        for _, message in study.unknown_labels(row.dataset, dict(wanted), ()):
            yield DISPLAYS, (*path, "rate", "is"), message
    if row.agreement and row.agreement.by in published:
        for key in ("first", "second"):
            wanted = {row.agreement.by: getattr(row.agreement, key)}
            for _, message in study.unknown_labels(row.dataset, dict(wanted), ()):
                yield DISPLAYS, (*path, "agreement", key), message


def _where(study: Study, dataset: str, where: dict[str, str | list[str]], path: KeyPath) -> Iterator[Fault]:
    published = study.datasets[dataset].published
    for name in where:
        if name not in published:
            yield DISPLAYS, (*path, name), _unknown(name, f"a variable of {dataset}", published)
    for place, message in study.unknown_labels(dataset, where, path):
        yield DISPLAYS, place, message


def _narrative(study: Study, narrative: Narrative, path: KeyPath) -> Iterator[Fault]:
    parts: list[tuple[KeyPath, Selection]] = [
        *((("about", i), part) for i, part in enumerate(narrative.about)),
        *((("paragraphs", i), part) for i, part in enumerate(narrative.paragraphs)),
    ]
    for place, part in parts:
        if part.dataset not in study.datasets:
            message = _unknown(part.dataset, "a dataset of the study", study.datasets)
            yield DISPLAYS, (*path, *place, "dataset"), message
            continue
        yield from _where(study, part.dataset, part.where, (*path, *place, "where"))
        known = {**study.datasets[ADSL].published, **study.datasets[part.dataset].variables}
        for name in part.variables if isinstance(part, Paragraph) else ():
            if name not in known:
                message = _unknown(name, f"a variable of {part.dataset} or ADSL", known)
                yield DISPLAYS, (*path, *place, "text"), message


def _listing(study: Study, listing: Listing, path: KeyPath) -> Iterator[Fault]:
    if listing.dataset not in study.datasets:
        message = _unknown(listing.dataset, "a dataset of the study", study.datasets)
        yield DISPLAYS, (*path, "dataset"), message
        return
    known = {**study.datasets[ADSL].published, **study.datasets[listing.dataset].variables}
    for name in listing.columns:
        if name not in known:
            message = _unknown(name, f"a variable of {listing.dataset} or ADSL", known)
            yield DISPLAYS, (*path, "columns", name), message
    yield from _where(study, listing.dataset, listing.where, (*path, "where"))
