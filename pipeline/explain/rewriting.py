"""What became of a text on its way from the form to a published cell: translated, folded, trimmed, put on one
line, read as a number, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.explain.nodes import Node, Rule
from pipeline.finished.build import Build, Record
from pipeline.formats.xpt.rows import Value
from pipeline.records import numbers
from pipeline.records.characters import has_breaks, on_one_line, trimmed
from pipeline.records.numbers import Marks

UNCHANGED = "The value, unchanged."
_ON_ONE_LINE = "with its line breaks and tabs as blanks"
CUT_OFF = "after the data cut-off"  # how the note of a field begins whose text was not yet so
_HOW = {
    "translated": "translated",
    "folded": "with its typographic characters in ASCII",
}


def told(
    build: Build, record: Record, variable: str, value: Value, rule: Rule, parts: Sequence[Node]
) -> Rule:
    """The rule of a cell, with what was done to the text that it gave.

    Takes     a finished build; the record and variable of the cell, and its published value; the rule that
              gave it, and what the rule read.
    """
    rewritten = [
        entry
        for entry in build.variables.get(f"{record.dataset}.{variable}", {}).get("rewritten", ())
        if entry["block"] == record.block
    ]
    collected = {form(trimmed(text)) for text in _texts(parts) for form in (str, on_one_line)}
    applied = [entry for entry in rewritten if entry["collected"] in collected and _holds(entry, value)]
    if rule.verb == "copy" and any(part.note.startswith(CUT_OFF) for part in parts):
        rule = replace(rule, text="The value, as it stood at the data cut-off.")
    elif rule.verb == "copy":
        rule = replace(rule, text=of_copy(value, [part.value for part in parts], applied))
    return replace(rule, parameters=[*rule.parameters, *_named(applied)])


def read_as(build: Build, form: str, field: str, value: Value) -> str:
    """How a collected text is read where it is read otherwise than it stands; "" where it is not."""
    if not isinstance(value, str):
        return ""
    text = trimmed(value)
    notes = [f"read {words}" for words in _trimming(value)] if text else []
    facts = build.study_facts["forms"][form]
    if has_breaks(text):
        notes.append(f"read {_ON_ONE_LINE}")
        text = on_one_line(text)
    meaning = facts["no_value"].get(field, {}).get(text)
    if meaning:
        notes.append(f"stands for no value: {meaning}")
    written = facts["numbers"].get(field)
    if written:
        plain = numbers.as_read(text, Marks(written["decimal"], written["thousands"]))
        if plain != text:
            notes.append(f"read as {plain} ({written['place']})")
    return ", ".join(notes)


def _texts(parts: Iterable[Node]) -> Iterator[str]:
    """The collected texts at the ends of some parts."""
    for part in parts:
        for node in part.walk():
            if node.kind == "raw" and isinstance(node.value, str):
                yield node.value


def _holds(entry: Mapping[str, Any], value: Value) -> bool:
    """Whether a value is a text as it was rewritten, or a part of it where that is too long for one."""
    return isinstance(value, str) and value in entry["value"]


def of_copy(value: Value, sources: Sequence[Value], applied: Sequence[Mapping[str, Any]]) -> str:
    """What the verb copy did to a value.

    Takes     the published value; the values that it may be a copy of; how it was rewritten.
    """
    texts = [source for source in sources if isinstance(source, str)]
    if value in sources or not (texts or applied):
        return UNCHANGED
    if isinstance(value, int | float):
        return "The value, as a number."
    # the record that a function made shows no text of its own
    collected = texts[0] if texts else applied[0]["collected"]
    text = trimmed(collected)
    steps = _trimming(collected)
    if has_breaks(text):
        steps.append(_ON_ONE_LINE)
        text = on_one_line(text)
    if applied:
        steps.append(_HOW[applied[0]["how"]])
        text = applied[0]["value"]
    if value != (text or None):
        steps.append(_otherwise(text, value))
    return f"The value, {', '.join(steps)}."


def _trimming(collected: str) -> list[str]:
    """What reading left out of a text."""
    left_out = ["blanks around it"] if collected.strip() != collected else []
    if trimmed(collected) != collected.strip():
        left_out.append("characters that cannot be seen")
    return [f"without {' and '.join(left_out)}"] if left_out else []


def _otherwise(text: str, value: Value) -> str:
    """How a published value differs from the text behind it."""
    if value is None:
        return "left out, as it stands for no value"
    if isinstance(value, str) and " ".join(text.split()).casefold() == value.casefold():
        return "as its contract spells it"
    if isinstance(value, str) and value in text:
        return "a part of it, as one value holds no more"
    return "changed on its way"


def _named(applied: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What was done to a text, and the lines of the study's files that say so."""
    for entry in applied:
        places = ", ".join(entry["places"])
        yield {"name": f"{entry['how']} as collected: {entry['collected']}"} | (
            {"place": places} if places else {}
        )
