"""The parts of an explanation in words, the same on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pipeline.explain.nodes import Node, Rule
from pipeline.formats.xpt.rows import Value
from pipeline.records.conditions import in_words
from pipeline.records.count import counted

if TYPE_CHECKING:
    from pipeline.explain.explain import Behind, Explanation


def shown(value: Value) -> str:
    """A value; (missing) where there is none."""
    return "(missing)" if value is None else str(value)


def has_value(node: Node) -> bool:
    """Whether a node is about one value, even where the value was shown before."""
    return node.kind in ("cell", "raw") or (node.kind == "again" and "." in node.name)


def identity(node: Node) -> str:
    """What distinguishes a record from others."""
    return ", ".join(f"{name}={shown(value)}" for name, value in node.identity.items())


def record(node: Node) -> str:
    """The raw record that a record is of."""
    return " ".join(part for part in (node.name, node.place, identity(node)) if part)


def forms(node: Node) -> str:
    """The forms behind a list of records, each once."""
    return ", ".join(dict.fromkeys(field.partition(".")[0] for field in node.behind))


def verb(rule: Rule) -> str:
    """What the rule names after its verb."""
    return rule.what if rule.what != rule.verb else ""


def condition(rule: Rule) -> str:
    """Which records the rule takes."""
    where = in_words(rule.where, rule.unless)
    return f"; where {where}" if where else ""


def parameter(part: Mapping[str, Any]) -> str:
    """A parameter with its value, its name in specs/ and its line, and its reason.

    Takes     a parameter of a rule: name, value, unit, place and reason.
    Returns   one line of text.
    """
    value = f" = {part['value']}" if "value" in part else ""
    unit = f" {part['unit']}" if part.get("unit") else ""
    places = ", ".join(place for place in (part.get("of"), part.get("place")) if place)
    reason = f": {part['reason']}" if part.get("reason") else ""
    return f"{part['name']}{value}{unit}{f' ({places})' if places else ''}{reason}"


def raw_fields(explanation: Explanation) -> Iterator[str]:
    """The raw fields behind a cell; those of one form and of the same records in one line.

    Takes     an explanation.
    Returns   lines of text.
    """

    def form_and_records(behind: Behind) -> tuple[str, str, int]:
        return behind.field.partition(".")[0], behind.records_in_words, behind.records

    for (form, records_in_words, records), fields in groupby(explanation.raw, form_and_records):
        number = "" if records == 1 else f", {counted(records, 'record')}"
        names = ", ".join(field.field.partition(".")[2] for field in fields)
        yield f"{form} ({records_in_words}{number}): {names}"
