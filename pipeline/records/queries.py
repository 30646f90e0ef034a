"""A query: one fault of one record, in words for the site, under a number that it keeps from drop to drop."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import pandas as pd

# New; asked before; not asked any more; answered in words, but the record says what it said; answered in
# words and closed by whoever keeps the list.
NEW, OPEN, ANSWERED, STILL, CLOSED = STATES = ("new", "open", "answered", "answered, still there", "closed")
SETTLED = (ANSWERED, CLOSED)  # nothing is to be done
STATUSES = ("", "open", "answered", "closed")  # what whoever returns the list may write


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
    value_class: str  # what kind of value it is, for outputs that may not show the value
    found: str
    expected: str
    question: str
    name: str  # the record's identity: subject number and key fields
    place: int  # which record of the file it is, from 1; 0 where it is in no file
    known: bool  # whether the subject number was enrolled; one that was not could be any text
    state: str = NEW
    id: str = ""
    file: str = ""  # the file of the drop
    line: int = 0  # the line of the file, from 1; 0 where a file does not hold a record a line
    site: str = ""
    first: str = ""  # the drop in which it was first asked
    owner: str = ""  # who is to answer, as the returned list says
    status: str = ""  # one of STATUSES
    answer: str = ""
    answered_on: str = ""
    answered_of: str = ""  # the value that the answer is about

    @property
    def at(self) -> str:
        """Where the record stands: file and line, or file and number of the record."""
        if self.line:
            return f"{self.file}:{self.line}"
        return f"{self.file}, record {self.place}" if self.place else self.file


@dataclass(frozen=True)
class Asked:
    """One rule that a drop was checked by, whether or not any record breaks it."""

    suite: str  # a form, the header of all forms, or across forms
    rule: str
    field: str
    severity: str
    question: str
    cases: int


@dataclass(frozen=True)
class Answer:
    """What a returned list says of a query."""

    owner: str
    status: str
    answer: str
    date: str


COLUMNS = tuple(f.name for f in fields(Query))


def numbered(study: str, queries: Iterable[Query]) -> list[Query]:
    """The queries in an order that depends only on their content, each under its number; no two share one.

    1. The number is made of rule, record and field, and of nothing that an answer would change.
    2. Queries that agree in all of these are told apart by their order.
    """
    seen: dict[tuple[str, ...], int] = {}
    result = []
    for query in sorted(queries, key=_order):
        visit = " ".join(query.visit.upper().split())
        identity = (study, query.rule, query.form, query.name, visit, query.field)
        seen[identity] = seen.get(identity, 0) + 1
        repeat = seen[identity]
        parts = (*identity, str(repeat)) if repeat > 1 else identity
        result.append(replace(query, id=number(parts)))
    return result


def _order(query: Query) -> tuple[str | int, ...]:
    return (
        query.form, query.subject, query.visit, query.name, query.rule, query.field, query.place, query.value,
    )  # fmt: skip


def number(identity: Sequence[str]) -> str:
    """A number of twelve letters and digits.

    In a study with a million queries, the chance that two would get the same number is one in two million.
    """
    digest = hashlib.sha256("\x1f".join(identity).encode()).digest()
    return "Q-" + base64.b32encode(digest).decode()[:12]


def remembered(
    queries: Iterable[Query],
    before: Mapping[str, Query],
    forms: Collection[str] = (),
    rules: Collection[str] = (),
) -> list[Query]:
    """The queries of this check and of the last: new, still open, or answered since.

    1. A query that was answered at the last check and is back is new again.
    2. One that was open stays open where its form could not be read, or its rule could not be asked.

    Takes     the queries of this check; those of the last check by number; the forms and the rules that this
              check left out.
    """
    current = list(queries)
    ids = {query.id for query in current}
    was_open = {id_: query for id_, query in before.items() if query.state != ANSWERED}
    states = [
        _with_life(query, was_open[query.id], OPEN) if query.id in was_open else replace(query, state=NEW)
        for query in current
    ]
    gone = [was_open[id_] for id_ in sorted(was_open) if id_ not in ids]
    left = [
        replace(query, state=OPEN if query.form in forms or query.rule in rules else ANSWERED)
        for query in gone
    ]
    return states + left


def _with_life(query: Query, before: Query, state: str) -> Query:
    """A query with what was noted of it before."""
    noted = ("first", "owner", "status", "answer", "answered_on", "answered_of")
    return replace(query, state=state, **{name: getattr(before, name) for name in noted})


def answered(queries: Iterable[Query], answers: Mapping[str, Answer]) -> list[Query]:
    """The queries with the answers of a returned list, and the state that follows.

    1. An answer is of the value that the record had when it was given; it says nothing of another value.
    2. A query that was answered in words and is still asked is answered, still there.
    3. A warning that whoever keeps the list closed is closed. An error stays, since a build refuses it.
    """
    return [_settled(_noted(query, answers.get(query.id))) for query in queries]


def _noted(query: Query, answer: Answer | None) -> Query:
    if answer is None:
        return query
    return replace(
        query,
        owner=answer.owner,
        status=answer.status,
        answer=answer.answer,
        answered_on=answer.date,
        answered_of=query.value,
    )


def _settled(query: Query) -> Query:
    has_answer = bool(query.answer) or query.status in ("answered", "closed")
    if query.state == ANSWERED or not has_answer or query.answered_of != query.value:
        return query
    is_closed = query.status == "closed" and query.severity == "warning"
    return replace(query, state=CLOSED if is_closed else STILL)


def table(queries: Iterable[Query]) -> pd.DataFrame:
    """The queries as a frame of text."""
    rows = [[str(getattr(query, column)) for column in COLUMNS] for query in queries]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")
