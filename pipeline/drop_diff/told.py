"""The difference of two drops in words: lines for a terminal, a page to sign in Markdown, and a page in HTML.

All of them hold participants' values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.drop_diff import endpoints, records
from pipeline.drop_diff.endpoints import ALONE, EACH, TOGETHER, Changed, Downstream, Group
from pipeline.drop_diff.records import GONE, KINDS, NEW, REKEYED, Change
from pipeline.drop_diff.scenarios import FLAGS, Undone
from pipeline.records.count import counted
from pipeline.study import Study

_BECAUSE = {EACH: "because", ALONE: "because, each by itself:", TOGETHER: "because together:"}
MOST = 5  # raw records that are named for one endpoint


@dataclass(frozen=True)
class Difference:
    """All that differs between two drops, by their names."""

    study: Study
    old: str
    new: str
    changes: tuple[Change, ...]
    downstream: Downstream

    def counts(self) -> dict[str, Counter[str]]:
        """How many records of each form are new, gone, changed or re-keyed."""
        by_form: dict[str, Counter[str]] = {}
        for change in self.changes:
            by_form.setdefault(change.form, Counter())[change.kind] += 1
        return by_form

    @property
    def endpoints_differ(self) -> bool:
        """Whether an endpoint is not what it was, or a participant is gone with all of them."""
        return bool(self.downstream.changed or self.downstream.left)

    @property
    def removed(self) -> bool:
        """Whether a record is gone or under another key."""
        return any(change.kind in (GONE, REKEYED) for change in self.changes)

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "drops": [self.old, self.new],
            "state": "differs" if self.changes else "equal",
            "participants": {"new": list(self.downstream.came), "gone": list(self.downstream.left)},
            "endpoints": [changed.as_data() for changed in self.downstream.changed],
            "forms": {form: {kind: n[kind] for kind in KINDS} for form, n in self.counts().items()},
            "changes": [change.as_data() for change in self.changes],
        }


def difference(study: Study, old: Path, new: Path, loosely: bool = False) -> Difference:
    """Compares two drops: their records, and the endpoints that are worked out of them.

    Takes     the drops; whether a cell that differs in case and blanks alone is the same.
    Raises    DropError where a drop cannot be read.
    """
    before, after = records.read(study, old, loosely), records.read(study, new, loosely)
    changes = records.changes(study, before, after)
    return Difference(
        study, before.name, after.name, changes, endpoints.downstream(study, before, after, changes)
    )


# --- endpoints
@dataclass(frozen=True)
class Told:
    """Endpoints of a participant that are not what they were for the same reason."""

    participant: str
    endpoints: tuple[str, ...]  # `PFS event 2017-05-10 (...) -> censored 2017-02-02 (...)`
    because: str  # how the causes are introduced
    causes: tuple[str, ...]  # a raw record or field each


def endpoints_told(found: Difference) -> Iterator[Told]:
    """The endpoints that are not what they were, participant by participant and cause by cause."""
    by_cause: dict[tuple[str, str, Group], list[str]] = {}
    for changed in found.downstream.changed:
        reason = (changed.usubjid, changed.how, changed.causes)
        by_cause.setdefault(reason, []).append(_endpoint(changed))
    for (usubjid, how, causes), told in by_cause.items():
        because = _BECAUSE[how] if len(causes) > 1 else _BECAUSE[EACH]
        yield Told(participant(found, usubjid), tuple(told), because, tuple(_causes(found, causes)))


def _endpoint(changed: Changed) -> str:
    dataset, code = changed.endpoint
    old, new = changed.old, changed.new
    if old.rpartition(" from ")[1:] == new.rpartition(" from ")[1:]:  # the time begins when it did
        old, new = (state.rpartition(" from ")[0] or state for state in (old, new))
    return f"{f'{dataset}.{code}' if dataset == FLAGS else code} {old} -> {new}"


def _causes(found: Difference, group: Group) -> Iterator[str]:
    for undone in group[:MOST]:
        yield _cause(found, undone)
    if len(group) > MOST:
        yield f"and {counted(len(group) - MOST, 'more change')}"


def participant(found: Difference, usubjid: str) -> str:
    """USUBJID without the identifier of the study."""
    return usubjid.removeprefix(f"{found.study.protocol.id}-")


def _cause(found: Difference, undone: Undone) -> str:
    change = undone.change
    what = _record(found, change)
    if change.kind == NEW:
        return f"{what} has come ({change.new})"
    if change.kind == GONE:
        return f"{what} is no longer there ({change.old} of the old drop)"
    places = f"{change.new}; {change.old} of the old drop"
    if change.kind == REKEYED:
        return f"{what} was under another key{cells(change)} ({places})"
    fields = [undone.field] if undone.field else [*change.cells]
    told = ", ".join(f"{name} {_shown(*change.cells[name])}" for name in fields)
    return f"{what}: {told} ({places})"


def _record(found: Difference, change: Change) -> str:
    """A record by the title of its form and its keys."""
    form = found.study.forms[change.form]
    keys = [] if form.row else [key for key in change.record.split("|")[1:] if key]
    return f"{form.title}, {' '.join(keys)}" if keys else form.title


# --- the whole
def lines(found: Difference) -> Iterator[str]:
    """The difference as lines for a terminal: endpoints, participants, records; new records are counted."""
    yield f"{found.old} -> {found.new}"
    if not found.changes:
        yield "No record differs."
        return
    yield f"Endpoints: {counted(len(found.downstream.changed), 'change')}"
    for told in endpoints_told(found):
        yield from (f"  {told.participant}: {endpoint}" for endpoint in told.endpoints)
        yield f"    {told.because} {'; '.join(told.causes)}"
    yield from participants(found)
    for form, counts in forms(found):
        yield f"{form}: {counts}"
        for change in to_confirm(found):
            if change.form == form:
                yield f"  {change.kind} {change.record} ({where(change)}){cells(change)}"


def participants(found: Difference) -> Iterator[str]:
    """The participants that only one of the drops has."""
    for what, subjects in (("new", found.downstream.came), ("gone", found.downstream.left)):
        if subjects:
            names = ", ".join(participant(found, subject) for subject in subjects)
            yield f"{counted(len(subjects), 'participant')} {what}: {names}"


def forms(found: Difference) -> Iterator[tuple[str, str]]:
    """Each form that differs, and how many of its records are new, gone, changed or re-keyed."""
    for form, counts in found.counts().items():
        yield form, ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts[kind])


def to_confirm(found: Difference) -> list[Change]:
    """What somebody has to sign: every change of a record but that it is new."""
    return [change for change in found.changes if change.kind != NEW]


def summary(found: Difference) -> Iterator[str]:
    """The difference as a page in Markdown: endpoints, counts, and a list to sign of what is gone, under
    another key or changed; of new records their number.
    """
    yield f"# {found.old} -> {found.new}"
    yield ""
    yield f"## Endpoints: {counted(len(found.downstream.changed), 'change')}"
    yield ""
    for told in endpoints_told(found):
        yield f"- [ ] {told.participant}: {'; '.join(f'**{endpoint}**' for endpoint in told.endpoints)}"
        yield f"  {told.because} {'; '.join(told.causes)}"
    yield from (f"- {line}" for line in participants(found))
    yield ""
    yield "## Records"
    yield ""
    for form, counts in forms(found):
        yield f"- **{form}**: {counts}"
    asked = to_confirm(found)
    if asked:
        yield ""
        yield f"## To confirm: {counted(len(asked), 'record')}"
        yield ""
        for change in asked:
            yield f"- [ ] {change.form}: {change.kind} `{change.record}` ({where(change)}){cells(change)}"


def page(found: Difference) -> str:
    """The difference as one page in HTML, which loads nothing; of new records their number."""
    from pipeline.finished import pages

    return pages.rendered(
        "pipeline.drop_diff",
        "diff.html.j2",
        found=found,
        endpoints=[*endpoints_told(found)],
        participants=[*participants(found)],
        forms=[*forms(found)],
        to_confirm=to_confirm(found),
        where=where,
    )


def where(change: Change) -> str:
    """File and line in the old drop and in the new one, as far as the record is there."""
    return " -> ".join(place for place in (change.old, change.new) if place)


def cells(change: Change) -> str:
    """`: ` and the cells that differ, with both values."""
    told = "; ".join(f"{name} {_shown(*texts)}" for name, texts in change.cells.items())
    return f": {told}" if told else ""


def _shown(was: str, now: str) -> str:
    return f"{was or '(blank)'} -> {now or '(blank)'}"
