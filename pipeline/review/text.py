"""A change review as lines of text; the page says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.records.count import counted

_LONGEST = 120  # characters of a text that is shown in one line


def lines(review: Mapping[str, Any]) -> Iterator[str]:
    """Everything but cells, which hold participants' values.

    Takes     the content of a review.
    Returns   lines for a terminal.
    """
    yield f"{review['study']}: {review['builds'][0]} -> {review['builds'][1]}"
    if not review["changed"]:
        yield "Nothing changed."
        return
    unexplained = "Unexplained: neither a changed mapping nor a changed raw cell accounts for these"
    changes = [f"{number}. {change(c)}" for number, c in enumerate(review["mapping"], start=1)]
    yield from _section("Endpoints", review["endpoints"])
    yield from _section(unexplained, review["unexplained"])
    yield from _section("Data", [line for d in review["datasets"] for line in dataset(d)])
    yield from _section("Displays", [display(d) for d in review["displays"]])
    yield from _section("Specs, mappings and program", changes)
    yield from _section("Raw data", [raw(form) for form in review["raw"]])
    yield from _section("define.xml", [f"{i['layer']} {i['item']}: {i['what']}" for i in review["define"]])
    yield from _section("Reviewer's guides", [guide(paragraph) for paragraph in review["guides"]])


def _section(title: str, entries: Iterable[str]) -> Iterator[str]:
    """A title and what stands below it, indented; nothing where nothing does."""
    indented = [f"  {entry}" for entry in entries]
    if indented:
        yield from ("", title, *indented)


def change(c: Mapping[str, Any]) -> str:
    """A change in one line; a long text is left to the JSON and the page."""
    old, new = (" ".join(str(c[key]).split()) for key in ("old", "new"))
    is_long = len(old) > _LONGEST or len(new) > _LONGEST
    values = f": {old or '(none)'} -> {new or '(none)'}" if (old or new) and not is_long else ""
    return f"{c['kind']} {c['subject']}: {c['what']}{values}"


def raw(form: Mapping[str, Any]) -> str:
    """What changed in a form."""
    records = f"{form['form']}: {_added_and_removed(form)}"
    if not form["cells"]:
        return records
    cells = ", ".join(f"{name} {number}" for name, number in form["cells"].items())
    return f"{records}; cells changed: {cells}"


def dataset(d: Mapping[str, Any]) -> Iterator[str]:
    """What changed in a dataset, and what explains it.

    Takes     a dataset of the review.
    Returns   lines for a terminal.
    """
    cells = counted(sum(d["variables"].values()), "cell")
    yield f"{d['dataset']}: {_added_and_removed(d)}, {cells} changed"
    for kind in ("added", "removed"):
        if d[f"columns_{kind}"]:
            yield f"  variables {kind}: {', '.join(d[f'columns_{kind}'])}"
    for variable, explained in d["explained"].items():
        number = d["variables"].get(variable, d["added"] + d["removed"])
        yield f"  {variable or '(records)'}: {number}; {cause(explained)}"


def display(d: Mapping[str, Any]) -> str:
    """What changed in a display: how many of its numbers, or that a figure is drawn differently."""
    if d["display"].startswith("F"):
        ways = {"added": "added", "removed": "removed", "changed": "drawn differently"}
        return f"{d['name']}: {next(way for key, way in ways.items() if d[key])}"
    numbers = [f"{counted(d[key], 'number')} {key}" for key in ("changed", "added", "removed") if d[key]]
    return f"{d['name']}: {', '.join(numbers)}"


def cause(explained: Mapping[str, Any]) -> str:
    """What explains some cells, with the numbers of the changes."""
    changes = ", ".join(str(place + 1) for place in explained["changes"])
    phrases = {
        "mapping": f"by mapping ({changes})",
        "raw": "by raw data",
        "either": f"by raw data or mapping ({changes})",
        "program": "by the changed program alone",
        "nothing": "UNEXPLAINED",
    }
    return "; ".join(f"{explained[key]} {phrase}" for key, phrase in phrases.items() if explained[key])


def guide(paragraph: Mapping[str, Any]) -> str:
    """What changed in a paragraph or table of a guide, in one line; the JSON and the page have its text."""
    place = f"{paragraph['paragraph']} ({paragraph['section']})"
    if paragraph["what"] != "changed":
        return f"{place}: {paragraph['what']}"
    removed, added = counted(len(paragraph["old"]), "line"), len(paragraph["new"])
    return f"{place}: changed: {removed} removed, {added} added"


def _added_and_removed(part: Mapping[str, Any]) -> str:
    return f"{counted(part['added'], 'record')} added, {part['removed']} removed"
