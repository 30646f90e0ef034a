"""A change review as lines of text; the page says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_LONG = 120  # characters of a text that is shown in one line


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Everything but cells, which hold participants' values."""
    yield f"{told['study']}: {told['builds'][0]} -> {told['builds'][1]}"
    if not told["changed"]:
        yield "Nothing changed."
        return
    for title, part in (
        ("Endpoints", told["endpoints"]),
        ("Unexplained: neither a mapping nor a raw cell accounts for these", told["unexplained"]),
    ):
        if part:
            yield from ("", title, *(f"  {p}" for p in part))
    if told["mapping"]:
        yield from (
            "",
            "Specs, mappings and program",
            *(f"  {number}. {change(c)}" for number, c in enumerate(told["mapping"], start=1)),
        )
    if told["raw"]:
        yield from ("", "Raw data", *(f"  {raw(f)}" for f in told["raw"]))
    if told["datasets"]:
        yield from ("", "Data", *(f"  {line}" for d in told["datasets"] for line in dataset(d)))
    if told["define"]:
        yield from ("", "define.xml", *(f"  {i['layer']} {i['item']}: {i['what']}" for i in told["define"]))
    if told["guides"]:
        yield from ("", "Reviewer's guides", *(f"  {guide(g)}" for g in told["guides"]))


def guide(g: Mapping[str, Any]) -> str:
    """What changed in a paragraph or table of a guide in one line; its text is in the JSON and on the page."""
    rows = f": {len(g['old'])} lines went, {len(g['new'])} came" if g["what"] == "changed" else ""
    return f"{g['paragraph']} ({g['section']}): {g['what']}{rows}"


def change(c: Mapping[str, Any]) -> str:
    """A change in one line; a long text is not repeated, it is in the JSON and on the page."""
    values = [" ".join(str(c[k]).split()) for k in ("old", "new")]
    if any(len(v) > _LONG for v in values):
        values = ["", ""]
    told = f": {values[0] or '(none)'} -> {values[1] or '(none)'}" if any(values) else ""
    return f"{c['kind']} {c['subject']}: {c['what']}{told}"


def raw(f: Mapping[str, Any]) -> str:
    """What changed in a form."""
    cells = ", ".join(f"{n} {count}" for n, count in f["cells"].items())
    return "; ".join(
        filter(
            None,
            [
                f"{f['form']}: {f['added']} records added, {f['removed']} removed",
                f"cells changed: {cells}" if cells else "",
            ],
        )
    )


def dataset(d: Mapping[str, Any]) -> Iterator[str]:
    """What changed in a dataset, and what explains it."""
    yield (
        f"{d['dataset']}: {d['added']} records added, {d['removed']} removed, {sum(d['variables'].values())}"
        " cells changed"
    )
    for kind in ("added", "removed"):
        if d[f"columns_{kind}"]:
            yield f"  variables {kind}: {', '.join(d[f'columns_{kind}'])}"
    for variable, e in d["explained"].items():
        yield (
            f"  {variable or '(records)'}: {d['variables'].get(variable, d['added'] + d['removed'])};"
            f" {cause(e)}"
        )


def cause(e: Mapping[str, Any]) -> str:
    """What explains some cells, with the numbers of the changes."""
    numbers = ", ".join(str(n + 1) for n in e["changes"])
    parts = [
        f"{e['mapping']} by mapping ({numbers})" if e["mapping"] else "",
        f"{e['raw']} by raw data" if e["raw"] else "",
        f"{e['either']} by raw data or mapping ({numbers})" if e["either"] else "",
        f"{e['program']} by the changed program alone" if e["program"] else "",
        f"{e['nothing']} UNEXPLAINED" if e["nothing"] else "",
    ]
    return "; ".join(p for p in parts if p)
