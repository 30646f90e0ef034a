"""An explanation as a page; a number of a display, and what depends on a raw field, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.markup import escape
from rich.tree import Tree

from pipeline.explain import words
from pipeline.explain.explain import Explanation
from pipeline.explain.impact import Impact, Touched
from pipeline.explain.results import Number
from pipeline.finished import pages
from pipeline.finished.build import Record
from pipeline.records.count import counted

LISTED = 8  # records of a list that the terminal shows


def page(explanation: Explanation) -> str:
    """The explanation as one HTML page; its parts open and close without a script.

    Takes     an explanation.
    Returns   HTML that loads nothing; it holds the participant's values.
    """
    return pages.rendered("pipeline.explain", "explanation.html.j2", explanation=explanation, words=words)


def number_tree(number: Number) -> Tree:
    """A number of a display for a terminal: its statistics, its method, and every record that it counts.

    Takes     a number.
    Returns   a tree for the terminal; it holds the participants' identifiers.
    """
    root = Tree(f"[cyan]{number.display}[/cyan]  [b]{escape(number.label)}[/b]  {escape(number.column)}")
    root.add(f"{escape(number.population)}; row {escape(number.line)}")
    statistics = root.add(f"[b]{escape(number.method)}[/b]: {escape(number.sentence)}")
    for statistic in number.statistics:
        value = "not estimable" if statistic["value"] is None else f"{statistic['value']:.12g}"
        statistics.add(
            f"{escape(statistic['operation'])} = [b]{value}[/b], shown as {escape(statistic['text'])}"
        )
    told = f"{counted(len(number.records), 'record')} of {counted(number.participants, 'participant')}"
    records = root.add(f"[b]{told}[/b]; explain any of its cells: DATASET.VARIABLE and the keys")
    for record in number.records:
        raw = f"  [green]{escape(record.place)}[/green]" if record.place else ""
        records.add(f"{escape(record.address)}{raw}")
    return root


def impact_tree(impact: Impact) -> Tree:
    """What depends on a raw field, for a terminal; variables of the same records in one line.

    Takes     what depends on a raw field or record.
    Returns   a tree for the terminal.
    """
    root = Tree(f"[cyan]{escape(impact.form)}.{escape(impact.field or '(every field)')}[/cyan]")
    for raw in impact.raw or ():
        root.add(f"[green]{escape(raw.place)}[/green]  {escape(raw.record)}")
    for dataset, touched in groupby(impact.touched, lambda t: t.dataset):
        branch = root.add(f"[b]{dataset}[/b]")
        for _, alike in groupby(sorted(touched, key=_records_of), _records_of):
            variables = list(alike)
            records, through = variables[0].records, variables[0].through
            names = ", ".join(t.variable for t in variables)
            number = "" if records is None else f": {counted(len(records), 'record')}"
            _add_records(branch.add(f"{names}  [dim]through {through}[/dim]{number}"), impact, records or ())
    if impact.displays:
        branch = root.add("[b]displays of the report[/b]")
        for shown in impact.displays:
            number = "" if shown.numbers is None else f": {counted(shown.numbers, 'number')} at present"
            branch.add(f"[cyan]{shown.display}[/cyan]  {escape(shown.name)}{number}")
    if not impact.touched:
        root.add("nothing published depends on it")
    return root


def _records_of(touched: Touched) -> tuple[str, tuple[int, ...]]:
    return touched.through, tuple(record.place for record in touched.records or ())


def _add_records(branch: Tree, impact: Impact, records: Sequence[Record]) -> None:
    """Adds the keys of the first records, and how many more there are."""
    for record in records[:LISTED]:
        keys = [f"{name}={words.shown(value)}" for name, value in impact.keys[record].items()]
        branch.add(escape(", ".join(keys)))
    if len(records) > LISTED:
        branch.add(f"... {len(records) - LISTED} more: --json")
