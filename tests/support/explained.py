"""Explanations of cells of the sample's build, and the files of the drop, with which the end of each chain is
compared.
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
from pipeline.finished.build import Build, Record
from tests.conftest import DROP

SUBJECT = "NCT02843126-FD-"


def asked(out: Path, target: str, *keys: str) -> Explanation:
    """The answer to a question as a user types it, with the participant by the end of the USUBJID."""
    full_keys = [key.replace("USUBJID=", f"USUBJID={SUBJECT}") for key in keys]
    return explain.explain(out, target, full_keys, considered)


def explained(build: Build, record: Record, variable: str) -> Explanation:
    """The explanation of one cell of a build."""
    return explain.explain_cell(build, record, variable, considered)


def collected(root: Node) -> dict[str, list[tuple[str, object]]]:
    """The raw fields at the ends of a chain: place and value of each, once."""
    ends: dict[str, list[tuple[str, object]]] = {}
    for node in root.walk():
        if node.kind == "raw" and node.place:
            end = (node.place, node.value)
            of_field = ends.setdefault(node.name, [])
            if end not in of_field:
                of_field.append(end)
    return ends


def cells(build: Build, subjects: list[str] | None, most: int | None = None) -> Iterator[tuple[Record, str]]:
    """Every cell of every dataset, of some participants or of all.

    Takes     about how many records of a dataset to take, evenly spread; None: all.
    """
    for dataset, properties in build.study_facts["datasets"].items():
        variables = properties["variables"]
        if subjects is None or "USUBJID" not in variables or dataset == "RELREC":
            records = [*build.records(dataset)]
        else:
            records = [r for subject in subjects for r in build.records(dataset, subject)]
        step = 1 if most is None else max(1, len(records) // most)
        for record in records[::step]:
            yield from ((record, variable) for variable in variables)


@lru_cache
def lines(file: str) -> Mapping[int, Mapping[str, str]]:
    """The records of a file of the drop by the line on which they begin, read with the standard library."""
    records = {}
    with (DROP / file).open(encoding="utf-8", newline="") as f:
        reader = csv.reader(f)
        header = next(reader)
        first_line = reader.line_num + 1
        for row in reader:
            records[first_line] = dict(zip(header, row, strict=True))
            first_line = reader.line_num + 1
    return records
