"""A comparison as lines of text; the page says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.records.count import counted

_SHOWN = 3  # records of each difference; JSON and page have more


def lines(comparison: Mapping[str, Any]) -> Iterator[str]:
    """All that differs.

    Takes     a comparison as plain data.
    Returns   lines for a terminal.
    """
    yield f"{comparison['study']}: build {comparison['build']} and {comparison['folder']}"
    yield f"Numbers are compared within {comparison['tolerance']}."
    if comparison["only_in_build"]:
        yield f"Only in the build: {', '.join(comparison['only_in_build'])}"
    if comparison["only_in_folder"]:
        yield f"Only in {comparison['folder']}: {', '.join(comparison['only_in_folder'])}"
    for dataset in comparison["datasets"]:
        yield from _dataset(dataset)
    if not comparison["datasets"]:
        yield "No dataset is in both."
    yield "Equal." if comparison["equal"] else "Different."


def _dataset(d: Mapping[str, Any]) -> Iterator[str]:
    yield f"{d['dataset']} ({d['file']}): {'equal' if d['equal'] else 'different'}; {records(d)}"
    yield from (f"  note: {note}" for note in d["notes"])
    for where, name in (("the build", "build"), (d["file"], "folder")):
        if d[f"variables_only_in_{name}"]:
            yield f"  variables only in {where}: {', '.join(d[f'variables_only_in_{name}'])}"
        only = d[f"records_only_in_{name}"]
        if only["count"]:
            yield f"  only in {where}: {counted(only['count'], 'record')}"
            yield from (f"    record {r['record']} ({key(r['key'])})" for r in only["first"][:_SHOWN])
    for a in d["attributes"]:
        of = a["variable"] or d["dataset"]
        yield f"  {of}, {a['attribute']}: {value(a['ours'])} | {value(a['theirs'])}"
    for v in d["variables"]:
        yield f"  {variable(v, d['paired'])}"
        for first in v["first"][:_SHOWN]:
            yield f"    {place(first)}: {value(first['build'])} | {value(first['folder'])}"


def records(d: Mapping[str, Any]) -> str:
    """How many records there are, and by what they were paired."""
    if d["records_in_build"] == d["records_in_folder"] == d["paired"]:
        sizes = counted(d["paired"], "record")
    else:
        sizes = (
            f"{counted(d['records_in_build'], 'record')} in the build, {d['records_in_folder']:,} in"
            f" {d['file']}, {d['paired']:,} in both"
        )
    return f"{sizes} by {', '.join(d['keys'])}" if d["keys"] else sizes


def variable(v: Mapping[str, Any], paired: int) -> str:
    """In how many records a variable differs."""
    largest = "" if v["largest"] is None else f", by at most {v['largest']:g}"
    return f"{v['variable']}: differs in {v['differing']:,} of {counted(paired, 'record')}{largest}"


def place(first: Mapping[str, Any]) -> str:
    """Where a difference stands: the record in each file, and its key."""
    ours, theirs = first["record_in_build"], first["record_in_folder"]
    number = f"record {ours}" if ours == theirs else f"record {ours} | {theirs}"
    return f"{number} ({key(first['key'])})" if first["key"] else number


def key(values: Mapping[str, Any]) -> str:
    """The key of a record."""
    return ", ".join(f"{name}={value(v)}" for name, v in values.items())


def value(v: str | int | float | None) -> str:
    """A value; (none) where it is missing."""
    return "(none)" if v is None or v == "" else str(v)
