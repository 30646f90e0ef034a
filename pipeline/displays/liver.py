"""Rows of the liver: participants by their highest transaminase and their highest bilirubin."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from pipeline.displays import cells
from pipeline.displays.content import Line
from pipeline.displays.participants import SUBJECT, Scope
from pipeline.study.displays import Row

OF_TRANSAMINASES, OF_BILIRUBIN = (3, 5, 10, 20), 2  # times the upper limit of normal


def liver(scope: Scope, row: Row) -> Iterator[Line]:
    """Participants whose highest value after the first day is above a multiple of the upper limit of normal.

    1. A transaminase is ALT or AST, whichever is a greater multiple of its limit.
    2. Who has both a transaminase above 3 times and bilirubin above 2 times the limit, at any time, is a
       candidate of Hy's law, and calls for a review; alkaline phosphatase is not looked at.
    3. A value without a limit of normal does not count.

    Source    FDA guidance for industry, drug-induced liver injury: premarketing clinical evaluation (2009).
    """
    assert row.liver
    asked = row.liver
    wanted = [asked.parameter, asked.value, asked.limit, asked.day]
    found = scope.records(row.dataset, row.where, wanted)
    multiples = found.assign(multiple=found[asked.value] / found[asked.limit])
    later = multiples[multiples[asked.day].gt(1) & multiples["multiple"].notna()]
    transaminases = later[later[asked.parameter].isin(asked.transaminases)]
    bilirubin = later[later[asked.parameter].eq(asked.bilirubin)]
    raised = bilirubin[bilirubin["multiple"].gt(OF_BILIRUBIN)]
    above = transaminases[transaminases["multiple"].gt(OF_TRANSAMINASES[0])]
    candidates = pd.concat(
        [above[above[SUBJECT].isin(raised[SUBJECT])], raised[raised[SUBJECT].isin(above[SUBJECT])]]
    )

    yield Line(row.id, f"{row.id}/", row.label, row.indent)
    for name, label, records in (
        ("transaminases", "Participants with ALT or AST", transaminases),
        *_above("transaminases", "ALT or AST", transaminases, OF_TRANSAMINASES),
        ("bilirubin", "Participants with total bilirubin", bilirubin),
        *_above("bilirubin", "Total bilirubin", bilirubin, (OF_BILIRUBIN,)),
        (
            "candidates",
            "Candidates of Hy's law: ALT or AST above 3 times, bilirubin above 2 times",
            candidates,
        ),
    ):
        counted = {c: cells.count(of_column, c.size) for c, of_column in scope.by_column(records).items()}
        indent = row.indent + 1 + name.count(" ")
        yield Line(row.id, f"{row.id}/{name}", label, indent, row.dataset, "participants", (), counted)


def _above(
    name: str, label: str, records: pd.DataFrame, multiples: tuple[int, ...]
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for multiple in multiples:
        words = f"{label} above {multiple} times the upper limit"
        yield f"{name} {multiple}", words, records[records["multiple"].gt(multiple)]
