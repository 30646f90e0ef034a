"""Explanations and impacts as trees on a terminal, and an explanation as a page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from pipeline.explain import words
from pipeline.explain.explain import Explanation
from pipeline.explain.impact import Impact, Touched
from pipeline.explain.nodes import Node, Rule
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


def tree(explanation: Explanation) -> Tree:
    """The explanation for a terminal; the text of a function is shown where the function first stands.

    Takes     an explanation.
    Returns   a tree for the terminal; it holds the participant's values.
    """
    root = Tree(_title(explanation.root))
    functions: set[str] = set()
    _add_parts(root, explanation.root, functions)
    record = root.add(f"[b]this record[/b] is of {escape(words.record(explanation.record))}")
    if explanation.record.rule:
        _add_rule(record, explanation.record.rule, functions)
    fields = [*words.raw_fields(explanation)]
    behind = root.add("[b]raw fields that can change this cell[/b]" + ("" if fields else ": none"))
    for line in fields:
        behind.add(escape(line))
    return root


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


def _title(node: Node) -> str:
    """A node in one line."""
    role = f"{escape(node.role)}: " if node.role else ""
    value = f" = [b]{escape(words.shown(node.value))}[/b]" if words.has_value(node) else ""
    parts = [
        f"{role}[cyan]{escape(node.name)}[/cyan]{value}",
        escape(node.label),
        f"[green]{escape(node.place)}[/green]" if node.place else "",
        f"[dim]{escape(words.identity(node))}[/dim]" if node.identity else "",
        "[dim](shown above)[/dim]" if node.kind == "again" else "",
        escape(node.note),
    ]
    return "  ".join(part for part in parts if part)


def _add_parts(branch: Tree, node: Node, functions: set[str]) -> None:
    """Adds all that a node rests on.

    Takes     the functions whose text was shown before.
    """
    if node.kind == "study":
        branch.add(escape(words.shown(node.value)))
    if node.rule:
        _add_rule(branch, node.rule, functions)
    if node.behind:
        branch.add(f"[dim]collected on the forms {words.forms(node)}[/dim]")
    for question, answer in node.facts:
        branch.add(f"{escape(question)}: [b]{escape(answer)}[/b]")
    if node.table:
        branch.add(_table(node))
    for part in node.parts:
        _add_parts(branch.add(_title(part)), part, functions)


def _add_rule(branch: Tree, rule: Rule, functions: set[str]) -> None:
    """Adds a rule with its text and its parameters."""
    verb = f"[magenta]{rule.verb}[/magenta] {escape(words.verb(rule))}".rstrip()
    places = " ".join(place for place in (rule.place, rule.code) if place)
    below = branch.add(f"{verb}{escape(words.condition(rule))}  [green]{escape(places)}[/green]")
    if rule.code and rule.code in functions:
        below.add("[dim](text and parameters above)[/dim]")
        return
    functions.add(rule.code)
    if rule.text:
        below.add(f"[dim]{escape(rule.text)}[/dim]")
    if rule.source:
        below.add(f"[dim]Source: {escape(rule.source)}[/dim]")
    for parameter in rule.parameters:
        below.add(escape(words.parameter(parameter)))


def _table(node: Node) -> Table | str:
    """The first records of a list, and how many there are; of a decision all candidates."""
    if node.table is None or not node.table.rows:
        return "no records"
    rows = node.table.rows
    title = counted(len(rows), "record")
    table = Table(*node.table.columns, title=title, title_justify="left", box=None, padding=(0, 1))
    shown = len(rows) if node.kind == "decision" else LISTED
    for row in rows[:shown]:
        table.add_row(*(escape("" if value is None else str(value)) for value in row))
    if len(rows) > shown:
        table.add_row(f"... {len(rows) - shown} more: --json, --html")
    return table


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
