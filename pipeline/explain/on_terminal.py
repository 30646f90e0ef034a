"""An explanation on a terminal: the answer, what decided, and the chain as deep as fits or was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from pipeline.explain import words
from pipeline.explain.answer import first_sentence
from pipeline.explain.explain import Explanation
from pipeline.explain.nodes import Node, Rule
from pipeline.records.count import counted

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LINES = 40  # that are printed before more is asked for
LISTED = 8  # records of a list that the terminal shows
CANDIDATES = 14  # of a decision, and the one that decided


def parts(explanation: Explanation, depth: int | None, console: Console) -> Iterator[RenderableType]:
    """What is printed, from top to bottom: the cell, its answer, what was weighed, the chain.

    Takes     an explanation; how many levels of the chain to show, None for as many as leave the whole within
              `LINES`; the terminal, whose width decides how many lines a text takes.
    Returns   what rich prints; it holds the participant's values.
    """
    root = explanation.root
    decision = next((node for node in root.walk() if node.kind == "decision"), None)
    top: list[RenderableType] = [_title(root), Text(explanation.answer, style="bold"), *_decided(decision)]
    yield from top
    if depth is not None:
        yield _chain(explanation, decision, depth)
        return
    left = LINES - 1 - sum(_height(part, console) for part in top)
    chain, following = _chain(explanation, decision, 0), 1
    while following <= _levels(explanation.root) + 1:
        deeper = _chain(explanation, decision, following)
        if _height(deeper, console) > left:
            break
        chain, following = deeper, following + 1
    else:
        yield chain
        return
    if _height(chain, console) <= left:
        yield chain
    yield f"[dim]The chain goes deeper: --depth {following} shows more, --html FILE or --json all.[/dim]"


def _levels(node: Node) -> int:
    return 1 + max((_levels(part) for part in node.parts), default=0)


def _height(part: RenderableType, console: Console) -> int:
    """How many lines something takes on the terminal."""
    return len(console.render_lines(part, pad=False))


def _decided(decision: Node | None) -> Iterator[RenderableType]:
    """What the rules of a time to event asked, and the records that they weighed."""
    if decision is None:
        return
    yield "; ".join(f"{escape(question)}: [b]{escape(answer)}[/b]" for question, answer in decision.facts)
    if decision.table:
        yield _candidates(decision)


def _candidates(decision: Node) -> Table:
    """The candidates in order of date: the first of them, and always the one that decided."""
    assert decision.table is not None
    columns, rows = decision.table.columns, decision.table.rows
    decides = [*columns].index("decides")
    shown = [row for place, row in enumerate(rows) if place < CANDIDATES or row[decides]]
    title = f"{counted(len(rows), 'candidate')} by date"
    table = Table(*columns, title=title, title_justify="left", box=None, padding=(0, 1))
    for row in shown:
        table.add_row(*_texts(row))
    if len(rows) > len(shown):
        table.add_row(f"... {len(rows) - len(shown)} more: --json, --html")
    return table


def _texts(row: object) -> Iterator[str]:
    """The values of a row as the terminal shows them."""
    assert isinstance(row, list | tuple)
    return (escape("" if value is None else str(value)) for value in row)


# --- the chain
@dataclass
class _View:
    """How a chain is shown: to which level, and which functions were told already."""

    depth: int
    decision: Node | None
    told: set[str] = field(default_factory=set)


def _chain(explanation: Explanation, decision: Node | None, depth: int) -> Tree:
    """The chain below a cell; the text of a function is shown where the function first stands."""
    view = _View(depth, decision)
    tree = Tree("[b]how it came about[/b]")
    _add_parts(tree, explanation.root, view, 1)
    record = tree.add(f"[b]this record[/b] is of {escape(words.record(explanation.record))}")
    if explanation.record.rule and depth > 1:
        _add_rule(record, explanation.record.rule, view)
    fields = [*words.raw_fields(explanation)]
    told = f"of {counted(len(fields), 'form')}" if fields else "none"
    behind = tree.add(f"[b]raw fields that can change this cell[/b]: {told}")
    for line in fields if depth > 1 else ():
        behind.add(escape(line))
    return tree


def _title(node: Node) -> str:
    """A node in one line."""
    role = f"{escape(node.role)}: " if node.role else ""
    value = f" = [b]{escape(words.shown(node.value))}[/b]" if words.has_value(node) else ""
    texts = [
        f"{role}[cyan]{escape(node.name)}[/cyan]{value}",
        escape(node.label),
        f"[green]{escape(node.place)}[/green]" if node.place else "",
        f"[dim]{escape(words.identity(node))}[/dim]" if node.identity else "",
        "[dim](shown above)[/dim]" if node.kind == "again" else "",
        escape(node.note),
    ]
    return "  ".join(text for text in texts if text)


def _add_parts(branch: Tree, node: Node, view: _View, level: int) -> None:
    """Adds all that a node rests on, or says how much there is, where it lies too deep."""
    if level > view.depth:
        below = sum(1 for _ in node.walk()) - 1
        if below:
            branch.add(f"[dim]... {counted(below, 'step')} below[/dim]")
        return
    if node.kind == "study":
        branch.add(escape(words.shown(node.value)))
    if node.rule:
        _add_rule(branch, node.rule, view)
    if node.behind:
        branch.add(f"[dim]collected on the forms {words.forms(node)}[/dim]")
    if node is view.decision:
        branch.add("[dim]what was weighed stands above[/dim]")
    else:
        for question, answer in node.facts:
            branch.add(f"{escape(question)}: [b]{escape(answer)}[/b]")
        if node.table:
            branch.add(_list(node))
    for part in node.parts:
        _add_parts(branch.add(_title(part)), part, view, level + 1)


def _add_rule(branch: Tree, rule: Rule, view: _View) -> None:
    """Adds a rule with its text, or the first sentence of it at the first level, and its parameters."""
    verb = f"[magenta]{rule.verb}[/magenta] {escape(words.verb(rule))}".rstrip()
    places = " ".join(place for place in (rule.place, rule.code) if place)
    below = branch.add(f"{verb}{escape(words.condition(rule))}  [green]{escape(places)}[/green]")
    if rule.code and rule.code in view.told:
        below.add("[dim](text and parameters above)[/dim]")
        return
    view.told.add(rule.code)
    if rule.text:
        text = rule.text if view.depth > 1 else first_sentence(rule.text)
        below.add(f"[dim]{escape(text)}[/dim]")
    if rule.source:
        below.add(f"[dim]Source: {escape(rule.source)}[/dim]")
    for parameter in rule.parameters:
        below.add(escape(words.parameter(parameter)))


def _list(node: Node) -> Table | str:
    """The first records of a list, and how many there are."""
    if node.table is None or not node.table.rows:
        return "no records"
    rows = node.table.rows
    title = counted(len(rows), "record")
    table = Table(*node.table.columns, title=title, title_justify="left", box=None, padding=(0, 1))
    for row in rows[:LISTED]:
        table.add_row(*_texts(row))
    if len(rows) > LISTED:
        table.add_row(f"... {len(rows) - LISTED} more: --json, --html")
    return table
