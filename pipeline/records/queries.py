"""A query: one fault of one record, in words that go to the site, under a number that it keeps from drop to
drop.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import pandas as pd

NEW, OPEN, ANSWERED = "new", "open", "answered"


@dataclass(frozen=True)
class Query:
    severity: Literal["error", "warning"]
    rule: str
    form: str
    subject: str
    visit: str
    record: str  # the line on the form, as entered
    field: str
    value: str
    value_class: str  # what kind of value it is, where the value itself may not be told
    found: str
    expected: str
    question: str
    name: str  # the record's identity: subject number and key fields
    place: int  # which record of the file it is, from 1; 0 where it is in none
    known: bool  # whether the subject number is one that was enrolled; one that was not may be anything
    state: str = NEW
    id: str = ""

    @property
    def stops(self) -> bool:
        return self.severity == "error" and self.state != ANSWERED


@dataclass(frozen=True)
class Asked:
    """One thing that the drop was asked, whether or not anything breaks it."""

    suite: str  # a form, the header of all forms, or across forms
    rule: str
    field: str
    severity: str
    question: str
    cases: int


COLUMNS = tuple(f.name for f in fields(Query))


def numbered(study: str, found: Iterable[Query]) -> list[Query]:
    """The queries in an order that depends on their content alone, each under its number; no two have one
    number.

    The number is made of rule, record and field and of nothing that an answer would change. Records that
    share these are told apart by their order.
    """
    seen: dict[tuple[str, ...], int] = {}
    numbered = []
    for query in sorted(
        found, key=lambda q: (q.form, q.subject, q.visit, q.name, q.rule, q.field, q.place, q.value)
    ):
        identity = (
            study,
            query.rule,
            query.form,
            query.name,
            " ".join(query.visit.upper().split()),
            query.field,
        )
        seen[identity] = seen.get(identity, 0) + 1
        numbered.append(
            replace(query, id=number((*identity, *([str(seen[identity])] if seen[identity] > 1 else []))))
        )
    return numbered


def number(identity: Sequence[str]) -> str:
    """Twelve letters and digits: among a million queries two would meet once in two million studies."""
    digest = hashlib.sha256("\x1f".join(identity).encode()).digest()
    return "Q-" + base64.b32encode(digest).decode()[:12]


def remembered(found: Iterable[Query], before: Mapping[str, Query]) -> list[Query]:
    """The queries beside those of the last check: new, still open, or answered since.

    Takes     the queries of the last check by number; one that was answered then and is back is new again.
    """
    now = list(found)
    was_open = {n: q for n, q in before.items() if q.state != ANSWERED}
    told = [replace(q, state=OPEN if q.id in was_open else NEW) for q in now]
    answered = [
        replace(q, state=ANSWERED) for n, q in sorted(was_open.items()) if n not in {q.id for q in now}
    ]
    return told + answered


def table(queries: Iterable[Query]) -> pd.DataFrame:
    """The queries as a frame of text."""
    rows = [[str(getattr(q, c)) for c in COLUMNS] for q in queries]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")
