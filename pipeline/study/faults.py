"""specs/faults.yaml: the faults that the simulator plants for the check of a drop to find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import SpecError
from pipeline.study.frozen import Cell, Flag, Frozen, Text
from pipeline.study.located import nearest, read
from pipeline.study.reader import FAULTS
from pipeline.study.validated import parse

if TYPE_CHECKING:
    from pipeline.study import Study


class FoundAt(Frozen):
    """The record at which the check reports a fault, where it is not the record that was changed."""

    form: Text
    where: dict[Text, Cell] = {}
    visit: Text | None = None  # the visit that the query names, where it is not that of the record


class Fault(Frozen):
    """One fault: what is done to which record, and the rule that finds it at which record and field."""

    rule: Text
    form: Text
    where: dict[Text, Cell] = {}
    needs: tuple[Text, ...] = ()  # forms of which the participant must have a record
    lacks: tuple[Text, ...] = ()  # forms of which the participant must have none
    field: str
    set: dict[Text, Cell] = {}
    shift: dict[Text, int] = {}
    remove: Flag = False
    without: tuple[Text, ...] = ()  # forms of which all records go too
    again: tuple[dict[Text, Cell], ...] = ()
    earlier: Flag = False  # the second record bears the participant's earlier number
    found_at: FoundAt | None = None
    also: tuple[Text, ...] = ()  # rules that it breaks besides
    alone: Flag = False  # the participant has no other fault

    @property
    def forms(self) -> frozenset[str]:
        """The forms that the fault changes or looks at."""
        forms = {self.form, *self.without}
        if self.found_at:
            forms.add(self.found_at.form)
        return frozenset(forms)


class Faults(Frozen):
    faults: tuple[Fault, ...]


def load(root: Path, study: Study) -> tuple[Fault, ...]:
    """The faults of the study in this folder.

    Raises    SpecError for a wrong file, or a name that leads nowhere.
    """
    located = read(root, FAULTS)
    faults = parse(Faults, located).faults
    messages = []
    for i, fault in enumerate(faults):
        place = ("faults", i)
        messages += [str(located.error(place, message)) for message in _unknown_names(study, fault)]
    if messages:
        raise SpecError("\n".join(messages))
    return faults


def _unknown_names(study: Study, fault: Fault) -> Iterator[str]:
    """A message for each form or field that a fault names and the study does not have."""
    for form in sorted({*fault.forms, *fault.needs, *fault.lacks}):
        if form not in study.forms:
            yield f"{form} is not a form of specs/raw{nearest(form, study.forms)}"
    named = [(fault.form, field) for field in (*fault.where, *fault.set, *fault.shift)]
    if fault.field:
        named.append((fault.found_at.form if fault.found_at else fault.form, fault.field))
    for form, field in named:
        if form in study.forms and field not in study.forms[form].fields:
            yield f"{field} is not a field of {form}{nearest(field, study.forms[form].fields)}"
