"""The mapping of a build as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.mapping_book.book import Entry, Field, Parameter, Sheet, Target


def show(sheets: Iterable[Sheet], variable: bool, console: Console) -> None:
    """Prints each dataset with its records and variables; of one variable alone also the text of its
    functions.
    """
    for sheet in sheets:
        console.print(Text(f"\n{sheet.name}: {sheet.label} ({sheet.records} records)", style="bold"))
        console.print(Text(". ".join(filter(None, (sheet.structure, sheet.comment)))))
        if variable:
            for target in sheet.targets:
                _alone(target, console)
        else:
            console.print(*([_records(sheet)] if sheet.rows else []), _variables(sheet), *_functions(sheet))


def _alone(target: Target, console: Console) -> None:
    facts = [
        target.type,
        target.core,
        f"codelist {target.codelist}" if target.codelist else "",
        f"in {target.published}" if target.published else "",
    ]
    told = [
        "; ".join([*filter(None, facts), f"{target.filled} values"]),
        f"Origin: {target.origin}",
        target.comment,
    ]
    console.print(
        Text(f"\n{target.name}: {target.label}", style="bold"), *(Text(t) for t in told if t), sep="\n"
    )
    for entry in target.entries:
        console.print(Text(f"\n{_verb(entry)}", style="bold"), *_details(entry), sep="\n")
        if entry.text:
            console.print(Text(entry.text))
        console.print(Text(entry.place, style="dim"))


def _functions(sheet: Sheet) -> list[RenderableType]:
    """The text of each function that the dataset uses."""
    entries = (e for e in (*sheet.rows, *(e for t in sheet.targets for e in t.entries)) if e.function)
    texts = {e.what: e.text for e in entries}
    return [Text.assemble((f"\n{name}\n", "bold"), texts[name]) for name in sorted(texts)]


def _records(sheet: Sheet) -> RenderableType:
    table = Table("Block", "Records from", "Which", title="Records", title_justify="left")
    for entry in sheet.rows:
        events = [Text(f"{p.name}: {p.value} {p.reason}".rstrip()) for p in entry.parameters]
        table.add_row(
            str(entry.blocks[0]),
            Text(", ".join(entry.sources)),
            Group(*(Text(w) for w in entry.where or (("all",) if not entry.function else ())), *events),
        )
    return table


def _variables(sheet: Sheet) -> Table:
    table = Table(
        "Variable", "Label, origin", "Rule", title="Variables", title_justify="left", show_lines=True
    )
    for t in sheet.targets:
        name = Text(t.name + (f"\n{t.published}" if t.published else ""))
        said = [part for e in t.entries for part in (Text(_verb(e), style="bold"), *_details(e))]
        label = [
            t.label,
            f"{t.type}, {t.core}",
            f"codelist {t.codelist}" if t.codelist else "",
            t.origin,
            t.comment,
        ]
        table.add_row(name, Text("\n".join(filter(None, label))), Group(*said))
    return table


def _verb(entry: Entry) -> str:
    where = f" [{', '.join(entry.sources)}]" if entry.sources else ""
    return f"{entry.verb} {entry.what}".rstrip() + f" ({entry.said}){where}"


def _details(entry: Entry) -> list[Text]:
    """Conditions, fields, parameters and recodings, a line each."""
    lines = [f"where {w}" for w in entry.where]
    lines += [field_line(f) for f in entry.fields]
    lines += [parameter_line(p) for p in entry.parameters]
    lines += recoding_lines(entry)
    return [Text(f"  {line}") for line in lines]


def field_line(f: Field) -> str:
    """What a rule reads, with the question that was asked."""
    asked = f': "{f.question}"' if f.question else ""
    return f"{f.parameter + ' = ' if f.parameter else ''}{f.name}{asked}{f' ({f.form})' if f.form else ''}"


def parameter_line(p: Parameter) -> str:
    """A parameter with its value and reason."""
    return f"{p.name}{' = ' + p.value if p.value else ''}{': ' + p.reason if p.reason else ''}"


def recoding_lines(entry: Entry) -> list[str]:
    """Each recoding that happened, with the number of its records; then labels that were collected in another
    spelling.
    """
    lines = [f"{r.collected} -> {r.value}: {r.records}" for r in entry.recodings]
    return lines + [f"written {r.collected}, read as {r.value}: {r.records}" for r in entry.respelled]
