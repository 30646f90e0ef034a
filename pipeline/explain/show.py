"""Explanations and impacts as a tree in the terminal, and as one page that loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from rich.markup import escape as plain
from rich.table import Table
from rich.tree import Tree

from pipeline.explain.explain import Explanation
from pipeline.explain.impact import Impact, Touched
from pipeline.explain.nodes import Node, Rule
from pipeline.formats.xpt.rows import Value

LISTED = 8  # records of a list that the terminal shows
MANY = 6  # parameters that the terminal shows with their reasons


def tree(found: Explanation) -> Tree:
    """The explanation for a terminal; the text of a rule is shown where it stands first."""
    root = Tree(_title(found.root))
    told: set[str] = set()
    _below(root, found.root, told)
    why = root.add(f"[b]this record[/b] is of {plain(_title_of_record(found.record))}")
    if found.record.rule:
        _rule(why, found.record.rule, told)
    behind = root.add("[b]raw fields that can change this cell[/b]" + ("" if found.raw else ": none"))
    for line in _by_form(found):
        behind.add(plain(line))
    return root


def _by_form(found: Explanation) -> Iterator[str]:
    """The raw fields, those of one form and of the same records in one line."""
    for (form, of, records), same in groupby(found.raw, lambda b: (b[0].partition(".")[0], b[1], b[2])):
        counted = "" if records == 1 else f", {records} records"
        yield f"{form} ({of}{counted}): {', '.join(b[0].partition('.')[2] for b in same)}"


def _title_of_record(node: Node) -> str:
    return " ".join(filter(None, (f"{node.name} {node.place}", _identity(node))))


def _title(node: Node) -> str:
    role = f"{plain(node.role)}: " if node.role else ""
    value = f" = [b]{plain(_value(node.value))}[/b]" if _valued(node) else ""
    parts = [
        f"{role}[cyan]{plain(node.name)}[/cyan]{value}",
        plain(node.label),
        f"[green]{plain(node.place)}[/green]" if node.place else "",
    ]
    parts += [
        f"[dim]{plain(_identity(node))}[/dim]",
        "[dim](told above)[/dim]" if node.kind == "again" else "",
        plain(node.note),
    ]
    return "  ".join(p for p in parts if p and p != "[dim][/dim]")


def _valued(node: Node) -> bool:
    return node.kind in ("cell", "raw") or (node.kind == "again" and "." in node.name)


def _identity(node: Node) -> str:
    return ", ".join(f"{n}={_value(v)}" for n, v in node.identity.items())


def _value(value: Value) -> str:
    return "(missing)" if value is None else str(value)


def _below(branch: Tree, node: Node, told: set[str]) -> None:
    if node.kind == "study":
        branch.add(plain(_value(node.value)))
    if node.rule:
        _rule(branch, node.rule, told)
    if node.behind:
        forms = dict.fromkeys(f.partition(".")[0] for f in node.behind)
        branch.add(f"[dim]in the end from the forms {', '.join(forms)}[/dim]")
    for asked, answer in node.facts:
        branch.add(f"{plain(asked)}: [b]{plain(answer)}[/b]")
    if node.table:
        branch.add(_table(node))
    for part in node.parts:
        _below(branch.add(_title(part)), part, told)


def _rule(branch: Tree, rule: Rule, told: set[str]) -> None:
    words = (
        f"[magenta]{rule.verb}[/magenta] {plain(rule.what)}"
        if rule.what != rule.verb
        else f"[magenta]{rule.verb}[/magenta]"
    )
    places = " ".join(p for p in (rule.place, rule.code) if p)
    where = "; where " + ", ".join(f"{n}: {v}" for n, v in rule.where.items()) if rule.where else ""
    at = branch.add(f"{words}{plain(where)}  [green]{plain(places)}[/green]")
    if rule.code and rule.code in told:
        at.add("[dim](text and parameters above)[/dim]")
        return
    told.add(rule.code)
    for text in filter(None, (rule.text, rule.source and f"Source: {rule.source}")):
        at.add(f"[dim]{plain(text)}[/dim]")
    if len(rule.parameters) > MANY:
        at.add(
            plain(
                "parameters: "
                + "; ".join(f"{str(p['name']).rpartition('.')[2]} {p.get('value')}" for p in rule.parameters)
            )
        )
        return
    for p in rule.parameters:
        at.add(plain(_parameter(p)))


def _parameter(p: object) -> str:
    told = dict(p)  # type: ignore[call-overload]
    value = f" = {told['value']}" if "value" in told else ""
    value += f" {told['unit']}" if told.get("unit") else ""
    return " ".join(
        str(x)
        for x in (f"{told['name']}{value}", told.get("of", ""), told.get("place", ""), told.get("reason", ""))
        if x
    )


def _table(node: Node) -> Table | str:
    """The first records of a list, and how many there are."""
    if node.table is None or not node.table.rows:
        return "no record"
    shown = Table(
        *node.table.columns,
        title=f"{len(node.table.rows)} records",
        title_justify="left",
        box=None,
        padding=(0, 1),
    )
    most = len(node.table.rows) if node.kind == "decision" else LISTED
    for row in node.table.rows[:most]:
        shown.add_row(*(plain("" if v is None else str(v)) for v in row))
    if len(node.table.rows) > most:
        shown.add_row(f"... {len(node.table.rows) - most} more: --json, --html")
    return shown


def impact_tree(found: Impact) -> Tree:
    """What depends on a raw field, for a terminal."""
    root = Tree(f"[cyan]{plain(found.form)}.{plain(found.field or '(every field)')}[/cyan]")
    for raw in found.raw or ():
        root.add(f"[green]{plain(raw.place)}[/green]  {plain(raw.record)}")
    for dataset, touched in groupby(found.touched, lambda t: t.dataset):
        branch = root.add(f"[b]{dataset}[/b]")
        for _, same in groupby(sorted(touched, key=_alike), _alike):
            held = list(same)
            records = held[0].records
            counted = "" if records is None else f": {len(records)} records"
            at = branch.add(
                f"{', '.join(t.variable for t in held)}  [dim]through {held[0].through}[/dim]{counted}"
            )
            for r in (records or ())[:LISTED]:
                at.add(plain(", ".join(f"{n}={_value(v)}" for n, v in found.keys[r].items())))
            if len(records or ()) > LISTED:
                at.add(f"... {len(records or ()) - LISTED} more: --json")
    if not found.touched:
        root.add("nothing published depends on it")
    return root


def _alike(one: Touched) -> tuple[str, tuple[int, ...]]:
    return one.through, tuple(r.place for r in one.records or ())


# --- page
STYLE = (
    "body{font:15px/1.45 sans-serif;margin:2em auto;max-width:75em;padding:0"
    " 1em;color:#222}details{margin:.2em 0 .2em 1.2em}summary{cursor:pointer}b.v{background:#fff3c4;padding:0"
    " .3em}code{color:#17603c}.d{color:#555}p{margin:.2em 0 .2em"
    " 1.2em}table{border-collapse:collapse;margin:.3em 0 .3em 1.2em;font-size:13px}td,th{border:1px solid"
    " #ccc;padding:.1em .5em;text-align:left}"
)


def page(found: Explanation) -> str:
    """The explanation as one HTML page; parts open and close without a script."""
    behind = "".join(f"<li>{escape(line)}</li>" for line in _by_form(found))
    why = f"<p>{escape(_title_of_record(found.record))}</p>" + (
        _rule_page(found.record.rule) if found.record.rule else ""
    )
    title = escape(f"{found.root.name} = {_value(found.root.value)}")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta'
        f' charset="utf-8"><title>{title}</title><style>{STYLE}</style></head><body>'
        f"<h1>{title}</h1>{''.join(_page(found.root))}<h2>This record</h2>{why}"
        f"<h2>Raw fields that can change this cell</h2><ul>{behind}</ul></body></html>\n"
    )


def _page(node: Node) -> Iterator[str]:
    value = (
        f' = <b class="v">{escape(_value(node.value))}</b>'
        if node.kind in ("cell", "raw", "again", "study")
        else ""
    )
    said = [
        f"{escape(node.role)}: " if node.role else "",
        f"<b>{escape(node.name)}</b>{value} ",
        escape(node.label),
    ]
    said += [
        f" <code>{escape(node.place)}</code>" if node.place else "",
        f' <span class="d">{escape(_identity(node))} {escape(node.note)}</span>',
    ]
    said.append(' <span class="d">(told above)</span>' if node.kind == "again" else "")
    if node.behind:
        said.append(f' <span class="d">in the end from {escape(", ".join(node.behind))}</span>')
    if not (node.rule or node.facts or node.table or node.parts):
        yield f"<p>{''.join(said)}</p>"
        return
    yield f"<details open><summary>{''.join(said)}</summary>"
    yield _rule_page(node.rule) if node.rule else ""
    yield from (f"<p>{escape(asked)}: <b>{escape(answer)}</b></p>" for asked, answer in node.facts)
    if node.table:
        heads = "".join(f"<th>{escape(c)}</th>" for c in node.table.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{'' if v is None else escape(str(v))}</td>" for v in r) + "</tr>"
            for r in node.table.rows
        )
        yield (
            f"<details><summary>{len(node.table.rows)}"
            f" records</summary><table><tr>{heads}</tr>{rows}</table></details>"
        )
    for part in node.parts:
        yield from _page(part)
    yield "</details>"


def _rule_page(rule: Rule) -> str:
    where = "; where " + ", ".join(f"{n}: {v}" for n, v in rule.where.items()) if rule.where else ""
    parameters = "".join(f"<li>{escape(_parameter(p))}</li>" for p in rule.parameters)
    listed = (
        f"<details><summary>{len(rule.parameters)} parameters</summary><ul>{parameters}</ul></details>"
        if parameters
        else ""
    )
    text = (
        f'<p class="d">{escape(rule.text)}{" Source: " + escape(rule.source) if rule.source else ""}</p>'
        if rule.text
        else ""
    )
    return (
        f"<p>{escape(rule.verb)} {escape(rule.what)}{escape(where)} <code>{escape(rule.place)}"
        f" {escape(rule.code)}</code></p>{text}{listed}"
    )
