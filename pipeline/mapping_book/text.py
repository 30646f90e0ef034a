"""The mapping of a build as text for a terminal, and the lines that the workbook shares with it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.mapping_book.model import Entry, Field, Parameter, Recoding, Sheet, Target
from pipeline.records.count import counted

RULE = " + "  # stands in the place of a line before the rule of the engine that filled it in


def show(sheets: Iterable[Sheet], variable: bool, console: Console) -> None:
    """Prints each dataset with its records, variables and functions.

    Takes     the datasets; whether one variable was asked for, which is printed with the text of its
              functions.
    """
    for sheet in sheets:
        title = f"\n{sheet.name}: {sheet.label} ({counted(sheet.records, 'record')})"
        console.print(Text(title, style="bold"))
        console.print(Text(". ".join(part for part in (sheet.structure, sheet.comment) if part)))
        if variable:
            for target in sheet.targets:
                _print_variable(target, console)
            continue
        if sheet.rows:
            console.print(_records(sheet))
        console.print(_variables(sheet), *_functions(sheet))


def _print_variable(target: Target, console: Console) -> None:
    facts = [
        target.type,
        target.core,
        f"codelist {target.codelist}" if target.codelist else "",
        f"in {target.published}" if target.published else "",
        counted(target.filled, "value"),
    ]
    lines = ["; ".join(fact for fact in facts if fact), f"Origin: {target.origin}", target.comment]
    console.print(Text(f"\n{target.name}: {target.label}", style="bold"))
    console.print(*(Text(line) for line in lines if line), sep="\n")
    for entry in target.entries:
        console.print(Text(f"\n{_verb(entry)}", style="bold"), *_details(entry), sep="\n")
        if entry.text:
            console.print(Text(entry.text))
        console.print(Text(entry.place, style="dim"))


def _functions(sheet: Sheet) -> list[RenderableType]:
    """The text of each function that the dataset uses."""
    texts = {entry.what: entry.text for entry in sheet.entries() if entry.function}
    return [Text.assemble((f"\n{name}\n", "bold"), texts[name]) for name in sorted(texts)]


def _records(sheet: Sheet) -> Table:
    """Where the records of a dataset come from, block by block."""
    table = Table("Block", "Records from", "Which", title="Records", title_justify="left")
    for entry in sheet.rows:
        conditions = entry.where
        if not conditions and not entry.function:
            conditions = ("all",)
        events = [f"{p.name}: {p.value} {p.reason}".rstrip() for p in entry.parameters]
        which = Group(*(Text(line) for line in (*conditions, *events)))
        table.add_row(str(entry.blocks[0]), Text(", ".join(entry.sources)), which)
    return table


def _variables(sheet: Sheet) -> Table:
    """The variables of a dataset with their rules."""
    columns = ("Variable", "Label, origin", "Rule")
    table = Table(*columns, title="Variables", title_justify="left", show_lines=True)
    for target in sheet.targets:
        name = f"{target.name}\n{target.published}" if target.published else target.name
        codelist = f"codelist {target.codelist}" if target.codelist else ""
        type_and_core = f"{target.type}, {target.core}"
        label = [target.label, type_and_core, codelist, target.origin, target.comment]
        rules: list[Text] = []
        for entry in target.entries:
            rules += [Text(_verb(entry), style="bold"), *_details(entry)]
            if RULE in entry.place:
                rules.append(Text(f"  {entry.place}", style="dim"))
        table.add_row(Text(name), Text("\n".join(line for line in label if line)), Group(*rules))
    return table


def _verb(entry: Entry) -> str:
    sources = f" [{', '.join(entry.sources)}]" if entry.sources else ""
    verb = f"{entry.verb} {entry.what}".rstrip()
    return f"{verb} ({entry.verb_in_words}){sources}"


def _details(entry: Entry) -> list[Text]:
    """Conditions, fields, parameters and recodings, one per line."""
    lines = [f"where {condition}" for condition in entry.where]
    lines += [field_line(field) for field in entry.fields]
    lines += [parameter_line(parameter) for parameter in entry.parameters]
    lines += recoding_lines(entry)
    return [Text(f"  {line}") for line in lines]


def field_line(field: Field) -> str:
    """What a rule reads, with the question that was asked."""
    parameter = f"{field.parameter} = " if field.parameter else ""
    question = f': "{field.question}"' if field.question else ""
    form = f" ({field.form})" if field.form else ""
    return f"{parameter}{field.name}{question}{form}"


def parameter_line(parameter: Parameter) -> str:
    """A parameter with its value and reason."""
    value = f" = {parameter.value}" if parameter.value else ""
    reason = f": {parameter.reason}" if parameter.reason else ""
    return f"{parameter.name}{value}{reason}"


def recoding_lines(entry: Entry) -> list[str]:
    """Each recoding that took place, with the number of its records; then the labels that were collected in
    another spelling, and the fields whose texts are read otherwise than they stand.

    Takes     a variable of the mapping.
    Returns   lines of text.
    """
    recoded = [f"{r.collected} -> {r.value}: {r.records}{said_of(r)}" for r in entry.recodings]
    respelled = [f"collected as {r.collected}, read as {r.value}: {r.records}" for r in entry.respelled]
    readings = [f"{r.field}: {r.how}: {r.records}" for r in entry.readings]
    return recoded + respelled + readings


def said_of(recoding: Recoding) -> str:
    """How a text became a value where no code list did it, and the lines that say so.

    Takes     a recoding.
    Returns   " (translated, specs/translations.yaml:2)" or "".
    """
    said = ", ".join(part for part in (recoding.how, *recoding.places) if part)
    return f" ({said})" if said else ""
