"""Why a cell says what it says: its chain back to the raw records, and the raw fields that lineage declares
behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.explain import find, rules
from pipeline.explain.decisions import Considered
from pipeline.explain.nodes import Node
from pipeline.explain.trace import Trace
from pipeline.finished.build import STUDY, Published, Record


@dataclass(frozen=True)
class Explanation:
    """The tree of a cell and what is behind it as a whole."""

    root: Node
    record: Node  # why there is such a record
    raw: Sequence[tuple[str, str, int]]  # raw field; of which record, or of any; how many records that is

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        behind = [{"field": f, "of": of, "records": n} for f, of, n in self.raw]
        return {"cell": self.root.as_data(), "record": self.record.as_data(), "behind": behind}


def explain(out: Path, target: str, given: Sequence[str], considered: Considered) -> Explanation:
    """The explanation of DATASET.VARIABLE of the record that KEY=VALUE ... name.

    Takes     the folder of a build; what tells a decision of time to event (adam.considered).
    Raises    UsageError for a name that leads nowhere, and for keys that meet no record or several.
    """
    build = Published(out)
    record, variable = find.cell(build, target, given)
    return of(build, record, variable, considered)


def of(build: Published, record: Record, variable: str, considered: Considered) -> Explanation:
    """The explanation of a cell that was found."""
    trace = Trace(build, considered)
    root = trace.cell(record, variable)
    return Explanation(root, _record(trace, record), [*_behind(build, record, variable)])


def _record(trace: Trace, record: Record) -> Node:
    """Why the dataset has this record: the raw record, and the block of the mapping that took it."""
    if record.form == STUDY:
        return Node("study", record.form, place=f"{STUDY}:{record.record.removeprefix('line ')}")
    parent = (
        trace.build.variables.get(record.dataset, {}).get("of", "")
        if record.dataset.startswith("SUPP")
        else record.dataset
    )
    raw = trace.build.raw_record(record.form, record.usubjid, record.record)
    rule = rules.made_by(trace.build, parent, record.block)
    identity = {"USUBJID": record.usubjid, "record": record.record}
    shown = rules.shown(trace.build, rule) if rule else None
    return Node("record", record.form, place=raw.place if raw else "", identity=identity, rule=shown)


def _behind(build: Published, record: Record, variable: str) -> Any:
    """The raw fields that can change this cell: of its own record, or of any record of the participant."""
    for told in rules.declared(build, record, variable):
        field, _, of_any = told.partition(" (")
        form = field.partition(".")[0]
        if of_any:
            everybody = None if "study" in of_any else record.usubjid
            yield (
                field,
                of_any.rstrip(")"),
                len(build.raw(form, everybody) if everybody is not None else build.all_raw(form)),
            )
        elif form == record.form:
            yield field, record.record, 1
