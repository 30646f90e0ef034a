"""The answer to why a cell holds its value, in one sentence, before the chain that proves it."""

from __future__ import annotations

from pipeline.explain import words
from pipeline.explain.nodes import Node
from pipeline.finished.build import Build, Record
from pipeline.formats.xpt.rows import Value

OF_TIME = ("AVAL", "CNSR", "ADT", "EVNTDESC")  # what a decision about time to event gives
MOST_SOURCES = 3  # that a sentence names


def in_a_sentence(build: Build, record: Record, variable: str, root: Node) -> str:
    """The answer in a sentence: of a time to event its days, its event and the rule that decided; else the
    value, the fields or variables that it comes from, and what its rule does.

    Takes     the published record and its variable; the tree of the cell.
    """
    decided_times = build.study_facts["endpoints"]
    if record.dataset in decided_times and variable in OF_TIME:
        return _of_time_to_event(build, record)
    sources = _sources(root)
    rule = f" {first_sentence(root.rule.text)}" if root.rule and root.rule.text else ""
    return f"{words.shown(root.value)}{f', from {sources}' if sources else ''}.{rule}"


def first_sentence(text: str) -> str:
    """The first sentence of a text, or all of it where it is one."""
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def _of_time_to_event(build: Build, record: Record) -> str:
    """The days with the dates that they are counted from, and what decided."""
    published = build.study_facts["datasets"][record.dataset]["variables"]

    def value(name: str) -> Value:
        return build.value(record, name) if name in published else None

    end, start = value("ADT"), value("STARTDT")
    days = f"{_plain(value('AVAL'))} days = {end} - {start} + 1; " if end and start else ""
    kind = "event" if value("CNSR") == 0 else "censored"
    what = str(value("EVNTDESC") or "").lower()
    dated = f" (date: {str(value('CNSDTDSC')).lower()})" if value("CNSDTDSC") else ""
    rule = f"; rule {value('TTERULE')}" if value("TTERULE") else ""
    return f"{days}{kind}: {what}{dated}{rule}."


def _plain(number: Value) -> str:
    """A whole number without its decimal point."""
    return f"{number:.15g}" if isinstance(number, float) else words.shown(number)


def _sources(root: Node) -> str:
    """What a rule reads, each field or variable with its value; nothing where it reads lists or many."""
    are_single = all(part.kind in ("raw", "cell") for part in root.parts)
    if not are_single or len(root.parts) > MOST_SOURCES:
        return ""
    return " and ".join(_source(part) for part in root.parts)


def _source(part: Node) -> str:
    if part.kind == "cell":
        return f"{part.name} {words.shown(part.value)}"
    collected = "left empty" if part.value is None else f'"{part.value}"'
    return f"{part.name} {collected}{f' at {part.place}' if part.place else ''}"
