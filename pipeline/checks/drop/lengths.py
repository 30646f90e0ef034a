"""How long the text of a raw field may be: what the variables that copy it can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.derivations.sdtm.supp import split
from pipeline.mapping.steps import Step
from pipeline.plan import plan_of
from pipeline.study import Study
from pipeline.study.datasets import LONGEST_TEXT

RULE = "RAW-LENGTH"
ANY_NUMBER = 1_000_000  # of parts: a text that goes on in SUPP--


def parts_of_fields(study: Study) -> Mapping[tuple[str, str], int]:
    """In how many variables of 200 bytes the text of each field that a dataset holds can go on; a field that
    several variables hold by the shortest of them.

    Takes     the study.
    Returns   number of parts by form and field. A field that only functions read has one.
    """
    copied: dict[tuple[str, str], int] = {}
    derived: dict[tuple[str, str], int] = {}
    for step in plan_of(study).steps:
        dataset, name = step.node
        spec = study.datasets[dataset].variables.get(name) if name else None
        if spec is None or spec.type != "text" or step.verb not in ("copy", "codelist", "derive"):
            continue
        parts = ANY_NUMBER if spec.long else 1 + len(spec.continued)
        if any(name in v.continued for v in study.datasets[dataset].variables.values()):
            continue  # the variable in which another one goes on
        of_verb = derived if step.verb == "derive" else copied
        for field in _fields(study, step):
            of_verb[field] = min(of_verb.get(field, ANY_NUMBER), parts)
    return {**derived, **copied}


def _fields(study: Study, step: Step) -> list[tuple[str, str]]:
    """The raw fields that a step reads in its own record."""
    return [
        (i.frame or step.source, i.column)
        for inputs in step.inputs.values()
        for i in inputs
        if (i.frame or step.source) in study.forms
    ]


def too_long(parts: int) -> Callable[[str], str | None]:
    """The function that says how much too long a text is; None where it fits, or is not in ASCII and so has a
    translation of its own.
    """

    def found(text: str) -> str | None:
        if not text.isascii() or 0 < len(split(text)) <= parts:
            return None
        fits = f"{parts * LONGEST_TEXT} fit" if parts < ANY_NUMBER else "it cannot be cut at blanks"
        return f"{len(text)} bytes, and {fits}"

    return found
