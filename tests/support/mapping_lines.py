"""A few participants in whose raw records every field has a value of its own, and what each line of each
mapping makes of them.

FD-101 to FD-105 have those values. The others show what a line decides beside them:

    FD-105           was never dosed, and has a comment beside the demography
    FD-106, FD-107   stopped trastuzumab, or NK cells, after the scans of week 6 and without progression;
                     samples around a visit that was not held
    FD-109           screened again as FD-108: two visits of one name, of which one was not held; a visit for
                     each kind of record, of the day before it and the day after it
    FD-110 to 113    were last heard of when a medication began or ended, when an event ended, by a scan
    FD-112           ended two therapies after consent that began before it
    FD-115           screened again as FD-114, and did not come
    FD-116           responded, and began a new therapy on the day of a scan, before progression
    FD-117           responded, and missed two planned scans before progression
    FD-116, FD-117   events of one day, and events whose numbers are not in the order of their dates
    FD-118           was lost, after NK cells were stopped for a progression that no scan shows
    FD-119           had a new lesion between two doses; a target, and a non-target lesion, of which each was
                     once not assessed; creatinine that rose within its limits, in two samples of one day

The raw records are the drop `tests/drops/lines`. The published records stand in
`tests/rules/mapping_lines.txt`. They were written down from a build once and then read, line by line, against
the mapping and its rule; what changes them has to be judged in the same way. A dataset stands under
`== NAME`, then a line a variable with the value of each record, in the order of their sequence; a dot where
there is none. Beside them stand the datasets of the trial's design, compared with the plan, and under
`== PROTOCOL` what the study decides in numbers and words, compared with the protocol, with RECIST
and with the terminology.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from pipeline import stages as run
from pipeline.derivations.sdtm import trial_design
from pipeline.mapping.interpret import tabulate
from pipeline.mapping.steps import Node, Plan
from pipeline.profile import Profile
from pipeline.study import Study
from pipeline.study.models import ImportantDeviation
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
    """The records that a study publishes of the drop, and its design, in the same form."""
    forms = reading.read(study, DROP).forms
    frames = run.datasets_of(study, forms)[0]
    design = trial_design.frames(study, Profile())
    design.pop("TS")  # some of its values are counted in the data of all participants
    tables = {name: _table(name, frame) for name, frame in {**frames, **design}.items()}
    return {**tables, "PROTOCOL": _protocol(study)}


def made(study: Study, dataset: str, forms: Mapping[str, pd.DataFrame]) -> Table:
    """The records of one dataset as its mapping makes them, before qualifiers are moved and long texts cut.

    Only what the dataset needs is worked out.
    """
    plan = run.plan_of(study)
    needed = _needed(plan, dataset)
    steps = tuple(step for step in plan.steps if step.node in needed)
    datasets = {name for name, _ in needed}
    part = Plan(steps, tuple(name for name in plan.datasets if name in datasets))
    return _table(dataset, tabulate(study, part, forms)[dataset])


def _needed(plan: Plan, dataset: str) -> set[Node]:
    """The variables and sets of records behind a dataset, and its own."""
    needed: set[Node] = set()
    waiting = [node for node in plan.by_node if node[0] == dataset]
    while waiting:
        node = waiting.pop()
        if node in needed or node not in plan.by_node:
            continue
        needed.add(node)
        for step in plan.by_node[node]:
            read = [i for inputs in step.inputs.values() for i in inputs]
            waiting += [i.node for i in read]
            waiting += [(frame, "") for frame in (dataset, step.source, node[0], *(i.frame for i in read))]
    return needed


def differences(found: dict[str, Table], typed: dict[str, Table]) -> Iterator[str]:
    """Each line of a mapping that no longer makes what it made: DATASET.VARIABLE, with both values."""
    for dataset in sorted({*found, *typed}):
        was, now = typed.get(dataset, {}), found.get(dataset, {})
        for variable in sorted({*was, *now}):
            if was.get(variable) != now.get(variable):
                yield f"{dataset}.{variable}: {was.get(variable)}, now {now.get(variable)}"


def _protocol(study: Study) -> Table:
    schedule = study.protocol.tumour_schedule
    return {
        "cutoff": [str(study.protocol.cutoff)],
        "country": [str(study.protocol.country)],
        "scans": [visit for entry in schedule for visit in entry.visits],
        "important_deviations": [_deviation(entry) for entry in study.protocol.important_deviations],
        "regions": [region for entry in schedule for region in entry.regions],
        "extensible": [name for name, codelist in sorted(study.codelists.items()) if codelist.extensible],
        **{name: _listed(parameter.value) for name, parameter in study.protocol.parameters.items()},
    }


def _deviation(entry: ImportantDeviation) -> str:
    classes = " or ".join(entry.classes) or "any class"
    return f"{entry.category}, {classes}{', excludes' if entry.excludes else ''}"


def _listed(value: object) -> list[str]:
    return [_text(one) for one in value] or ["."] if isinstance(value, list | tuple) else [_text(value)]


def _table(name: str, frame: pd.DataFrame) -> Table:
    sequence = [column for column in (f"{name}SEQ", "ASEQ") if column in frame]
    ordered = frame.sort_values(["USUBJID", *sequence], kind="stable")
    of_nobody = {"USUBJID"} if frame["USUBJID"].eq("").all() else set()
    beside = {"form", "record", "block"} | of_nobody
    variables = [column for column in frame if column not in beside]
    return {str(v): [_text(value) for value in ordered[v]] for v in variables}


def _text(value: object) -> str:
    if value is None or value is pd.NaT or value != value:
        return "."
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else f"{value:.10g}"
    return str(value).replace(f"{STUDY}FD", "FD")
