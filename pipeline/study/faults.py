"""specs/faults.yaml: the faults that the simulator plants for the door to find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import SpecError
from pipeline.study.frozen import Frozen, Text
from pipeline.study.located import KeyPath, nearest, parse, read

if TYPE_CHECKING:
    from pipeline.study import Study

NAME = "specs/faults.yaml"


class Told(Frozen):
    """The record at which the door tells a fault, where it is not the record that was changed."""

    form: Text
    where: dict[Text, Text] = {}
    at: Text | None = None  # the visit that the query names, where it is not that of the record


class Fault(Frozen):
    """One fault: what is done to which record, and the rule that finds it at which record and field."""

    rule: Text
    form: Text
    where: dict[Text, Text] = {}
    needs: tuple[Text, ...] = ()  # forms of which the participant must have a record
    field: str
    set: dict[Text, Text] = {}
    shift: dict[Text, int] = {}
    remove: bool = False
    without: tuple[Text, ...] = ()  # forms of which all records go too
    again: tuple[dict[Text, Text], ...] = ()
    earlier: bool = False  # the second record bears the participant's earlier number
    told: Told | None = None
    also: tuple[Text, ...] = ()  # rules that it breaks besides
    alone: bool = False  # the participant has no other fault

    @property
    def forms(self) -> frozenset[str]:
        """The forms that it changes or looks at."""
        return frozenset({self.form, *self.without, *((self.told.form,) if self.told else ())})


class Faults(Frozen):
    faults: tuple[Fault, ...]


def load(root: Path, study: Study) -> tuple[Fault, ...]:
    """The faults of the study in this folder.

    Raises    SpecError for a wrong file, or a name that leads nowhere.
    """
    located = read(root / NAME, NAME)
    found = parse(Faults, located).faults
    wrong = [
        str(located.error(path, message))
        for i, fault in enumerate(found)
        for path, message in _wrong(study, fault, ("faults", i))
    ]
    if wrong:
        raise SpecError("\n".join(wrong))
    return found


def _wrong(study: Study, fault: Fault, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    for form in sorted({*fault.forms, *fault.needs}):
        if form not in study.forms:
            yield path, f"{form} is not a form of specs/raw{nearest(form, study.forms)}"
    told = fault.told.form if fault.told else fault.form
    named = [(fault.form, f) for f in (*fault.where, *fault.set, *fault.shift)] + (
        [(told, fault.field)] if fault.field else []
    )
    for form, field in named:
        if form in study.forms and field not in study.forms[form].fields:
            yield path, f"{field} is not a field of {form}{nearest(field, study.forms[form].fields)}"
