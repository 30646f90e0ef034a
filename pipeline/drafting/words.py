"""Names of forms and fields in plain words, and the tables by which they are recognized."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.standards import tables

TABLES = Path(__file__).parent / "tables"
_ANSWERS = frozenset(
    (
        *("y", "n", "yes", "no", "true", "false", "checked", "unchecked", "unknown", "not applicable", "n/a"),
        *("male", "female", "m", "f", "na", "not done", "done", "normal", "abnormal", "positive", "negative"),
        *("cr", "pr", "sd", "pd", "ne", "mild", "moderate", "severe", "left", "right", "bilateral"),
        *("target", "non-target", "new", "nontarget"),
    )
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_A_WORD = re.compile(r"[^a-z0-9%]+")


def plain(name: str) -> str:
    """A name in words: `IT.StartDate`, `START_DATE` and `start-date` are `start date`."""
    text = name.removeprefix("IT.")
    return _NOT_A_WORD.sub(" ", _CAMEL.sub(" ", text).lower()).strip()


def squeezed(name: str) -> str:
    """A name in capitals, without what stands between its words: `IT.AE_TERM` is `AETERM`."""
    return re.sub(r"[^A-Z0-9]", "", name.rsplit(".", 1)[-1].upper())


def own(name: str, form: str) -> str:
    """A name without that of its form, as users of REDCap write it before: `dm_sex` of dm is `sex`."""
    return re.sub(rf"^(IT\.)?{re.escape(form)}[_. -]+(?=\w)", "", name, flags=re.IGNORECASE)


def is_date(words: str) -> bool:
    return bool(re.search(r"date|dat$|dt$|dtc$", words.replace(" ", "")))


def are_known_answers(texts: Iterable[str]) -> bool:
    """Whether each text is an answer that any form may offer."""
    return all(text.casefold() in _ANSWERS for text in texts)


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """A table of this package."""
    return tuple(tables.rows(TABLES / f"{name}.tsv"))


@dataclass(frozen=True)
class _Role:
    names: frozenset[str]
    words: re.Pattern[str] | None


@cache
def _role(role: str) -> _Role:
    (row,) = [row for row in table("roles") if row["role"] == role]
    return _Role(frozenset(row["names"].split()), re.compile(row["words"]) if row["words"] else None)


def has_role(role: str, name: str) -> bool:
    """Whether a field of this name may have a role of `roles.tsv`: subject, visit, study, person."""
    of = _role(role)
    return squeezed(name) in of.names or bool(of.words and of.words.search(plain(name)))


def is_named_for(role: str, name: str) -> int:
    """How well a name fits a role: its place among the usual names, from 1; 0 where it is none of them."""
    (row,) = [row for row in table("roles") if row["role"] == role]
    names = row["names"].split()
    return names.index(squeezed(name)) + 1 if squeezed(name) in names else 0
