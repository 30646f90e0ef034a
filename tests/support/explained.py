"""Explanations of the committed drop's build, and the drop's files as they stand, to hold the end of each
chain against.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from pipeline.derivations.adam.considered import considered as considered
from pipeline.explain import explain
from pipeline.explain.explain import Explanation
from pipeline.explain.nodes import Node
from pipeline.finished.build import Published, Record
from tests.conftest import DROP

SUBJECT = "NCT02843126-FD-"


def asked(out: Path, target: str, *keys: str) -> Explanation:
    """The answer to a question as a user types it; a participant by the end of her number."""
    return explain.explain(
        out, target, [k.replace("USUBJID=", f"USUBJID={SUBJECT}") for k in keys], considered
    )


def told(build: Published, record: Record, variable: str) -> Explanation:
    """The explanation of a cell that was found."""
    return explain.of(build, record, variable, considered)


def collected(root: Node) -> dict[str, list[tuple[str, object]]]:
    """The raw fields at the ends of a chain: place and value of each."""
    found: dict[str, list[tuple[str, object]]] = {}
    for node in root.walk():
        if (
            node.kind == "raw"
            and node.place
            and (node.place, node.value) not in found.setdefault(node.name, [])
        ):
            found[node.name].append((node.place, node.value))
    return found


def cells(
    build: Published, subjects: list[str] | None, most: int | None = None
) -> Iterator[tuple[Record, str]]:
    """Every cell of every dataset: of some participants or of all; of a dataset with many records every so
    many.
    """
    for dataset, about in build.study["datasets"].items():
        everybody = subjects is None or "USUBJID" not in about["variables"] or dataset == "RELREC"
        records = [r for s in ([None] if everybody else subjects or []) for r in build.records(dataset, s)]
        step = 1 if most is None else max(1, len(records) // most)
        for record in records[::step]:
            yield from ((record, variable) for variable in about["variables"])


@lru_cache
def lines(file: str) -> Mapping[int, Mapping[str, str]]:
    """The records of a file of the drop by the line on which they begin, read with the standard library."""
    with (DROP / file).open(encoding="utf-8", newline="") as f:
        reader = csv.reader(f)
        header, found, first = next(reader), {}, reader.line_num + 1
        for row in reader:
            found[first], first = dict(zip(header, row, strict=True)), reader.line_num + 1
    return found
