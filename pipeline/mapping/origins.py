"""Where values come from, in the words of Define-XML.

Origin and source follow from the verb and the raw contract, so no mapping types them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.mapping.steps import Step
from pipeline.study import Study


@dataclass(frozen=True)
class Origin:
    """Origin of a variable, or of a part of its records."""

    type: str  # Assigned, Collected, Derived, Predecessor, Protocol
    source: str = ""  # Investigator, Subject, Vendor, Sponsor; none for Predecessor
    forms: tuple[str, ...] = ()  # of Collected: the forms whose pages show the question
    description: str = ""  # of Predecessor: DATASET.VARIABLE
    method: str = ""  # of Derived: what the docstrings say, and the inputs of each use


def origin(study: Study, steps: Iterable[Step], rows: Iterable[Step]) -> Origin | None:
    """The one origin of values that these steps make; None where they differ in more than the sponsor's own
    work.

    Takes     the steps of a variable (of all its records, or of those of some blocks); the steps that make
              its dataset's records.
    Source    Define-XML 2.1, 5.3.11.3 (def:Origin); SDTMIG 3.4, 4.1.8 (origin).
    """
    made = {s.block: s for s in rows}
    found = {s: _one(study, s, made) for s in sorted(steps, key=lambda s: -1 if s.block is None else s.block)}
    kinds = {(o.type, o.source) for o in found.values()}
    if len(kinds) == 1:
        first = next(iter(found.values()))
        forms = tuple(dict.fromkeys(f for o in found.values() for f in o.forms))
        methods = "\n".join(dict.fromkeys(o.method for o in found.values() if o.method))
        described = ", ".join(dict.fromkeys(o.description for o in found.values() if o.description))
        return Origin(first.type, first.source, forms, described, methods)
    if all(source == "Sponsor" for _, source in kinds):
        return Origin(
            "Derived",
            "Sponsor",
            method="\n".join(dict.fromkeys(o.method or _assigned(study, s) for s, o in found.items())),
        )
    return None


def _one(study: Study, s: Step, made: dict[int | None, Step]) -> Origin:
    if s.verb == "constant":
        told = study.located[s.place[0]].value
        for part in s.place[1]:
            told = told[part]
        return Origin(
            "Protocol" if str(told.get("constant", "")).startswith("study.") else "Assigned", "Sponsor"
        )
    if s.verb == "derive":
        return Origin("Derived", "Sponsor", method=method(s))
    field = s.inputs["of"][0]
    if not field.frame:
        return Origin("Derived", "Sponsor", method=method(made[s.block]))
    if field.frame in study.datasets:
        sdtm = study.datasets[s.node[0]].layer == "sdtm"
        if sdtm or s.verb != "copy":
            return Origin(
                "Derived" if sdtm else "Assigned",
                "Sponsor",
                method=f"The value of {field.frame}.{field.column}.",
            )
        return Origin("Predecessor", description=f"{field.frame}.{field.column}")
    form = study.forms[field.frame]
    contract = form.fields[field.column]
    if contract.coded or contract.origin not in (None, "Collected"):
        vendor = form.source == "Vendor" and field.column not in form.header
        return Origin(
            "Assigned" if contract.coded else str(contract.origin), "Vendor" if vendor else "Sponsor"
        )
    return Origin("Collected", form.source, (field.frame,))


def _assigned(study: Study, s: Step) -> str:
    return (
        f"{s.what} for records from {s.source or 'a function'}."
        if s.verb == "constant"
        else f"The collected {s.name}."
    )


def method(s: Step) -> str:
    """The docstring of a step's function up to what it takes, and the inputs of this use."""
    text = inspect.cleandoc(s.what.__doc__ or "").split("\nTakes ")[0].strip()
    given = {
        p: ", ".join(dict.fromkeys(f"{i.frame}.{i.column}" if i.frame else i.column for i in ii))
        for p, ii in s.inputs.items()
    }
    given |= dict(s.table_names or {})
    told = "; ".join(f"{p} = {n}" for p, n in given.items())
    return " ".join(text.split()) + (f" Inputs: {told}." if told else "")
