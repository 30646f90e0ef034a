"""Three participants in whose raw records every field has a value of its own, and what each line of each
mapping makes of them.

The raw records are the drop `tests/drops/lines`. The published records stand in
`tests/rules/mapping_lines.txt`, typed from the rules: a dataset under `== NAME`, then a line a variable with
the value of each record, in the order of their sequence; a dot where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd

from pipeline import build as run
from pipeline.study import Study
from tests.support import reading

HERE = Path(__file__).resolve().parent.parent
DROP = HERE / "drops" / "lines"
EXPECTED = HERE / "rules" / "mapping_lines.txt"
STUDY = "NCT02843126-"
Table = dict[str, list[str]]  # variable -> the value of each record


@cache
def expected() -> dict[str, Table]:
    """The published records as they were typed, by dataset."""
    tables: dict[str, Table] = {}
    for line in EXPECTED.read_text(encoding="utf-8").split("\n"):
        if line.startswith("== "):
            tables[line.removeprefix("== ")] = {}
        elif line:
            name, _, values = line.partition(" ")
            tables[list(tables)[-1]][name] = values.strip().split(" | ")
    return tables


def published(study: Study) -> dict[str, Table]:
    """The records that a study publishes of the drop, in the same form."""
    forms = reading.read(study, DROP).forms
    return {name: _table(name, frame) for name, frame in run.datasets_of(study, forms)[0].items()}


def differences(found: dict[str, Table], typed: dict[str, Table]) -> Iterator[str]:
    """Each line of a mapping that no longer makes what it made: DATASET.VARIABLE, with both values."""
    for dataset in sorted({*found, *typed}):
        was, now = typed.get(dataset, {}), found.get(dataset, {})
        for variable in sorted({*was, *now}):
            if was.get(variable) != now.get(variable):
                yield f"{dataset}.{variable}: {was.get(variable)}, now {now.get(variable)}"


def _table(name: str, frame: pd.DataFrame) -> Table:
    sequence = [column for column in (f"{name}SEQ", "ASEQ") if column in frame]
    ordered = frame.sort_values(["USUBJID", *sequence], kind="stable")
    variables = [column for column in frame if column not in ("form", "record", "block")]
    return {str(v): [_text(value) for value in ordered[v]] for v in variables}


def _text(value: object) -> str:
    if value is None or value is pd.NaT or value != value:
        return "."
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else f"{value:.10g}"
    return str(value).replace(f"{STUDY}FD", "FD")
