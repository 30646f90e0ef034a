"""Where values come from, in the words of Define-XML.

Origin and source follow from the verb and the raw contract, so no mapping types them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.mapping.inputs import form, inputs_of_use, record, variables
from pipeline.mapping.steps import Input, Step
from pipeline.study import Study

_INPUTS = " Inputs: "  # stands between an algorithm and what a use of it is given


@dataclass(frozen=True)
class Origin:
    """Origin of a variable, or of a part of its records."""

    type: str  # Assigned, Collected, Derived, Predecessor, Protocol
    source: str = ""  # Investigator, Subject, Vendor, Sponsor; none for Predecessor
    forms: tuple[str, ...] = ()  # of Collected: the forms whose pages show the question
    description: str = ""  # of Predecessor: DATASET.VARIABLE, of SUPP-- with its QNAM
    method: str = ""  # of Derived: the docstrings, and the inputs of each use


def origin(study: Study, steps: Iterable[Step], rows: Iterable[Step]) -> Origin | None:
    """The one origin of the values that these steps make; None where they differ in more than the sponsor's
    own work.

    Takes     the steps of a variable (of all its records, or of those of some blocks); the steps that make
              the records of its dataset.
    Source    Define-XML 2.1, 5.3.11.3 (def:Origin); SDTMIG 3.4, 4.1.8 (origin).
    """
    makers = {row.block: row for row in rows}
    in_order = sorted(steps, key=lambda step: -1 if step.block is None else step.block)
    origins = [_origin_of_step(study, step, makers) for step in in_order]
    kinds = {(o.type, o.source) for o in origins}
    if len(kinds) == 1:
        type_, source = kinds.pop()
        forms = tuple(dict.fromkeys(form for o in origins for form in o.forms))
        descriptions = dict.fromkeys(o.description for o in origins if o.description)
        methods = [o.method for o in origins if o.method]
        description = ", ".join(descriptions) or _assignments(study, in_order, makers)
        return Origin(type_, source, forms, description, _together(methods))
    if all(source == "Sponsor" for _, source in kinds):
        parts = [
            o.method or _assignment(study, step, makers) for step, o in zip(in_order, origins, strict=True)
        ]
        return Origin("Derived", "Sponsor", method=_together(parts))
    return None


def _together(methods: Iterable[str]) -> str:
    """Methods one below the other; an algorithm that several inputs share is told once, with each of them."""
    inputs: dict[str, list[str]] = {}
    for text in dict.fromkeys(methods):
        algorithm, _, given = text.partition(_INPUTS)
        inputs.setdefault(algorithm, []).append(given)
    lines = []
    for algorithm, uses in inputs.items():
        first, *others = uses
        lines.append(algorithm + (_INPUTS + first if first else ""))
        lines += [f"Or with inputs: {use}" for use in others]
    return "\n".join(lines)


def _origin_of_step(study: Study, step: Step, makers: Mapping[int | None, Step]) -> Origin:
    if step.verb == "constant":
        line = study.located[step.place[0]].part(step.place[1])
        from_protocol = str(line.get("constant", "")).startswith("study.")
        return Origin("Protocol" if from_protocol else "Assigned", "Sponsor")
    if step.verb == "derive":
        return Origin("Derived", "Sponsor", method=method(study, step, makers.get(step.block)))
    read = step.inputs["of"][0]
    if not read.frame:  # a field of a record that a function made
        return Origin("Derived", "Sponsor", method=method(study, makers[step.block]))
    if read.frame in study.datasets:
        return _origin_in_dataset(study, step, read)
    form = study.forms[read.frame]
    contract = form.fields[read.column]
    if contract.coded or contract.origin not in (None, "Collected"):
        by_vendor = form.source == "Vendor" and read.column not in form.header
        type_ = "Assigned" if contract.coded else str(contract.origin)
        return Origin(type_, "Vendor" if by_vendor else "Sponsor")
    return Origin("Collected", form.source, (read.frame,))


def _origin_in_dataset(study: Study, step: Step, read: Input) -> Origin:
    """Of a value taken from another dataset."""
    spec = study.datasets[read.frame].variables.get(read.column)
    variable = f"{read.frame}.{read.column}"
    if spec is not None and spec.supp:
        variable = f"SUPP{read.frame}.QVAL where QNAM is {read.column}"
    if study.datasets[step.node[0]].layer == "sdtm":
        return Origin("Derived", "Sponsor", method=f"The value of {variable}.")
    if step.verb == "copy":
        return Origin("Predecessor", description=variable)
    return Origin("Assigned", "Sponsor", method=f"The value of {variable}.")


def _assignments(study: Study, steps: Iterable[Step], makers: Mapping[int | None, Step]) -> str:
    """Of analysis datasets: which value the records from each source are given, where they differ; it leads a
    reader from the value to the records behind it. "" where all have one value, and in SDTM.
    """
    values: dict[str, list[str]] = {}
    for step in steps:
        if step.verb == "constant" and study.datasets[step.node[0]].layer == "adam":
            values.setdefault(_records(study, step, makers), []).append(str(step.what))
    given = {value for of_source in values.values() for value in of_source}
    if len(given) < 2:
        return ""
    return "; ".join(f"{', '.join(of_source)} for {records}" for records, of_source in values.items())


def _assignment(study: Study, step: Step, makers: Mapping[int | None, Step]) -> str:
    """What a step without a function does."""
    if step.verb == "constant":
        return f"{step.what} for {_records(study, step, makers)}."
    return f"The collected {variables(study, step.inputs['of'], makers.get(step.block))}."


def _records(study: Study, step: Step, makers: Mapping[int | None, Step]) -> str:
    """The records that a step gives a value, by where they come from."""
    if step.source in study.forms:
        return f"records from {form(study, step.source)}"
    if step.source:
        return f"records from {step.source} ({record(study, step.source)})"
    maker = makers.get(step.block)
    read = dict.fromkeys(i.frame for inputs in maker.inputs.values() for i in inputs) if maker else {}
    datasets = [record(study, frame) for frame in read if frame in study.datasets]
    forms = [form(study, frame) for frame in read if frame in study.forms]
    return f"records worked out from {', '.join((*datasets, *forms))}"


def method(study: Study, step: Step, maker: Step | None = None) -> str:
    """The docstring of a step's function up to what it takes, and the inputs of this use.

    Takes     the step; the step that made its record, where a function did.
    """
    text = inspect.cleandoc(step.what.__doc__ or "").split("\nTakes ")[0]
    inputs = "; ".join(inputs_of_use(study, step, maker))
    return " ".join(text.split()) + (f"{_INPUTS}{inputs}." if inputs else "")
