"""Which endpoints of which participants are not what they were, and the raw records for which they are not.

A change is a cause where the endpoint would not be what it is without it. That is tried out: the participant
is worked out again with the change taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipeline.drop_diff.records import CHANGED, Change, Drop
from pipeline.drop_diff.scenarios import NO_RECORD, Endpoint, Scenario, Scenarios, States, Undone
from pipeline.study import Study

# How changes are a reason: without any one of them the endpoint is not what it is; each by itself makes it
# what it is; all of them do.
EACH, ALONE, TOGETHER = ("each", "alone", "together")

FEW = 200  # changes of which each is taken back at once, since to go form by form would take longer

Group = tuple[Undone, ...]  # changes that are taken back together


@dataclass(frozen=True)
class Changed:
    """An endpoint of a participant that is not what it was, and the changes that are the reason."""

    usubjid: str
    endpoint: Endpoint
    old: str
    new: str
    how: str
    causes: Group

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        dataset, code = self.endpoint
        told = {
            "USUBJID": self.usubjid,
            "dataset": dataset,
            "endpoint": code,
            "old": self.old,
            "new": self.new,
        }
        return told | {"how": self.how, "causes": [_as_data(undone) for undone in self.causes]}


def _as_data(undone: Undone) -> dict[str, Any]:
    change = undone.change
    fields = [undone.field] if undone.field else [*change.cells]
    cells = {name: list(change.cells[name]) for name in fields}
    return {**change.as_data(), "cells": cells}


@dataclass(frozen=True)
class Downstream:
    """What changes between two drops beyond their records."""

    came: tuple[str, ...] = ()  # participants that only the new drop has
    left: tuple[str, ...] = ()  # participants that only the old drop has
    changed: tuple[Changed, ...] = ()


def downstream(study: Study, old: Drop, new: Drop, changes: Sequence[Change]) -> Downstream:
    """What becomes of participants and of the endpoints of those who are in both drops.

    (1) The changes of a form are taken back together, to see of which forms an endpoint depends. (2) In these
    forms each changed field and each record that is new, gone or under another key is taken back by itself:
    those without which the endpoint is not what it is are its causes. (3) Where there is none, since one
    change stands in for another, each is made in the old drop by itself: those that make the endpoint what it
    is are its causes. (4) Where there is none either, it is the changes of one visit together; else those of
    one form; else all.

    Takes     the study, whose mappings and data cut-off hold for both drops; the changes of records.
    """
    before, after = old.participants, new.participants
    of_participant = _by_participant(old, new, changes)
    both = sorted(of_participant.keys() & before & after)
    scenarios = Scenarios(study, old, new)
    sides = [Scenario(subject, is_old) for subject in both for is_old in (True, False)]
    behind = scenarios.forms_behind()
    worked_out = scenarios.endpoints(sides)
    found = []
    for subject, was, now in zip(both, worked_out[::2], worked_out[1::2], strict=True):
        differing = [
            e for e in scenarios.in_order(was, now) if was.get(e, NO_RECORD) != now.get(e, NO_RECORD)
        ]
        if differing:
            forms = frozenset[str]().union(*(behind[dataset] for dataset, _ in differing))
            relevant = [change for change in of_participant[subject] if change.form in forms]
            found.append(_Participant(study, subject, was, now, differing, relevant))
    steps = [_Participant.by_form, _Participant.by_record, _Participant.all_but_one]
    if sum(len(participant.units) for participant in found) <= FEW:
        steps = [_Participant.every]
    for groups in steps:
        asked = [(participant, group) for participant in found for group in groups(participant)]
        states = scenarios.endpoints([Scenario(p.usubjid, undone=group) for p, group in asked])
        for (participant, group), state in zip(asked, states, strict=True):
            participant.without[group] = state
    changed = tuple(changed for participant in found for changed in participant.explained())
    return Downstream(tuple(sorted(after - before)), tuple(sorted(before - after)), changed)


def _by_participant(old: Drop, new: Drop, changes: Iterable[Change]) -> dict[str, list[Change]]:
    """The changes of each participant, whose record it was or is."""
    sides = [
        {form: dict(zip(f.index, f["USUBJID"], strict=True)) for form, f in drop.identified.items()}
        for drop in (old, new)
    ]
    found: dict[str, list[Change]] = {}
    for change in changes:
        rows = (change.was, change.now)
        subjects = {side[change.form].get(row) for side, row in zip(sides, rows, strict=True)}
        for subject in subjects - {None}:
            found.setdefault(str(subject), []).append(change)
    return found


@dataclass
class _Participant:
    """A participant of whom an endpoint changed, and what it is with some changes taken back."""

    study: Study
    usubjid: str
    old: States
    new: States
    differing: Sequence[Endpoint]
    changes: Sequence[Change]  # of the forms that these endpoints can depend on
    without: dict[Group, States] = field(default_factory=dict)

    @cached_property
    def units(self) -> list[Undone]:
        """What can be taken back by itself: a changed field, or the whole record."""
        return [unit for change in self.changes for unit in _units(change)]

    def every(self) -> list[Group]:
        """All that is asked of few changes: what the three steps below ask, whatever the one before tells."""
        forms = self._forms()
        asked = [
            *forms.values(),
            *((unit,) for unit in self.units),
            *(self._but(unit) for unit in self.units),
        ]
        asked += [visit for form, group in forms.items() for visit in self._visits(form, group)]
        return [*dict.fromkeys(asked)]

    def by_form(self) -> list[Group]:
        """The changes of each form together."""
        return [*self._forms().values()]

    def by_record(self) -> list[Group]:
        """In the forms without whose changes an endpoint is another one: each change by itself, and those of
        each visit together.
        """
        asked: list[Group] = []
        for form, group in self._forms().items():
            if any(self._differs(group, endpoint) for endpoint in self.differing):
                asked += [(unit,) for unit in self.units if unit.change.form == form]
                asked += self._visits(form, group)
        return [group for group in asked if group not in self.without]

    def all_but_one(self) -> list[Group]:
        """All changes but one, where an endpoint has no single cause."""
        if all(self._singles(endpoint) for endpoint in self.differing):
            return []
        return [self._but(unit) for unit in self.units]

    def explained(self) -> Iterator[Changed]:
        """Each endpoint that changed, with its causes."""
        for endpoint in self.differing:
            states = (self.old.get(endpoint, NO_RECORD), self.new.get(endpoint, NO_RECORD))
            yield Changed(self.usubjid, endpoint, *states, *self._causes(endpoint))

    def _causes(self, endpoint: Endpoint) -> tuple[str, Group]:
        if singles := self._singles(endpoint):
            return EACH, singles
        alone = tuple(unit for unit in self.units if not self._differs(self._but(unit), endpoint))
        if alone:
            return ALONE, alone
        dependent = [group for group in self.without if self._differs(group, endpoint)]
        return TOGETHER, min(dependent, key=len, default=tuple(self.units))

    def _singles(self, endpoint: Endpoint) -> Group:
        """The changes without which, each by itself, an endpoint is not what it is."""
        units = [unit for unit in self.units if (unit,) in self.without]
        return tuple(unit for unit in units if self._differs((unit,), endpoint))

    def _but(self, unit: Undone) -> Group:
        return tuple(other for other in self.units if other != unit)

    def _differs(self, group: Group, endpoint: Endpoint) -> bool:
        """Whether an endpoint is not what it is without these changes."""
        return self.without[group].get(endpoint, NO_RECORD) != self.new.get(endpoint, NO_RECORD)

    def _forms(self) -> dict[str, Group]:
        by_form: dict[str, list[Undone]] = {}
        for change in self.changes:
            by_form.setdefault(change.form, []).append(Undone(change))
        return {form: tuple(group) for form, group in by_form.items()}

    def _visits(self, form: str, group: Group) -> list[Group]:
        """The changes of each visit, by the name of the visit in the key of the record."""
        contract = self.study.forms[form]
        if contract.visit not in contract.keys:
            return []
        place = contract.keys.index(str(contract.visit)) + 1
        by_visit: dict[str, list[Undone]] = {}
        for undone in group:
            by_visit.setdefault(undone.change.record.split("|")[place], []).append(undone)
        return [tuple(visit) for visit in by_visit.values() if 1 < len(visit) < len(group)]


def _units(change: Change) -> Iterator[Undone]:
    """What of a change can be taken back by itself: a changed field, or the whole record."""
    if change.kind != CHANGED:
        yield Undone(change)
    else:
        for name in change.cells:
            yield Undone(change, name)
