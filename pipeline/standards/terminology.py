"""CDISC's controlled terminology, a package at a time.

A package is a folder with two tables: `lists.tsv`, a codelist a line, and `terms.tsv`, a term a line, sorted
by list. Only the lines of a list that is asked for are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from pipeline.standards import tables

LIST_COLUMNS = ("code", "list", "name", "extensible")
TERM_COLUMNS = ("list", "code", "term", "preferred", "synonyms")


@dataclass(frozen=True)
class TermFacts:
    """A term of a codelist."""

    list: str  # NCI code of the list
    code: str  # NCI code of the term
    term: str  # submission value
    preferred: str
    synonyms: tuple[str, ...]

    def spellings(self) -> tuple[str, ...]:
        """What a form may call the term: its submission value, its preferred term, its synonyms."""
        return (self.term, self.preferred, *self.synonyms)


@dataclass(frozen=True)
class ListFacts:
    """A codelist."""

    code: str  # NCI code
    list: str  # submission value; empty where the package has none
    name: str
    extensible: bool

    @property
    def called(self) -> str:
        """The list as a reader is told of it: NY (C66742), or its name where it has no submission value."""
        return f"{self.list or self.name} ({self.code})"


class Terminology:
    """A package of controlled terminology.

    Takes     publishing set and date of the package; the folder that holds its two tables.
    """

    def __init__(self, publishing_set: str, version: str, folder: Path) -> None:
        self.publishing_set = publishing_set
        self.version = version
        self.name = f"{publishing_set} CT {version}"
        self.folder = folder
        self._read: dict[
            str, Mapping[str, TermFacts]
        ] = {}  # each list once: a study asks for some of them often

    @cached_property
    def lists(self) -> dict[str, ListFacts]:
        """The codelists by NCI code."""
        found = (
            ListFacts(row["code"], row["list"], row["name"], row["extensible"] == "yes")
            for row in tables.rows(self.folder / "lists.tsv")
        )
        return {facts.code: facts for facts in found}

    @cached_property
    def _text(self) -> str:
        return (self.folder / "terms.tsv").read_text(encoding="utf-8")

    def named(self, name: str) -> list[ListFacts]:
        """The codelists of this NCI code, submission value, or name."""
        return [facts for facts in self.lists.values() if name in (facts.code, facts.list, facts.name)]

    def terms(self, code: str) -> Mapping[str, TermFacts]:
        """The terms of a list by submission value; none for a list that the package does not have."""
        if code not in self._read:
            self._read[code] = {facts.term: facts for facts in map(_term, self._lines.get(code, ()))}
        return self._read[code]

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        """The lines of each list."""
        lines: dict[str, list[str]] = {}
        for line in self._text.split("\n")[1:-1]:
            lines.setdefault(line[: line.index("\t")], []).append(line)
        return lines

    def search(self, text: str) -> Iterator[tuple[ListFacts, TermFacts]]:
        """The terms that are spelt like a text, or hold it, without regard to case; the closest first."""
        wanted = text.casefold()
        candidates = [_term(line) for line in self._text.split("\n")[1:-1] if wanted in line.casefold()]
        ranked = [(rank, facts) for facts in candidates if (rank := _closeness(facts, wanted)) is not None]
        for _, facts in sorted(ranked, key=lambda pair: (pair[0], pair[1].term, pair[1].list)):
            yield self.lists[facts.list], facts


def _closeness(facts: TermFacts, wanted: str) -> int | None:
    """0: the term or its code; 1: another spelling of it; 2: a part of a spelling; None: nothing of it."""
    spellings = [spelling.casefold() for spelling in facts.spellings()]
    if wanted in (spellings[0], facts.code.casefold()):
        return 0
    if wanted in spellings:
        return 1
    return 2 if any(wanted in spelling for spelling in spellings) else None


def _term(line: str) -> TermFacts:
    code, own, term, preferred, synonyms = line.split("\t")
    return TermFacts(code, own, term, preferred, tuple(s for s in synonyms.split("; ") if s))


_SPELT = {"adam": "ADaM", "define-xml": "Define-XML", "protocol": "Protocol"}


def folder(publishing_set: str, version: str) -> str:
    """The name of the folder that holds a package: sdtm-ct-2022-09-30."""
    return f"{publishing_set.lower()}-ct-{version}"


def shipped() -> list[Terminology]:
    """The packages that come with the product."""
    return in_folder(tables.SHIPPED)


def in_folder(place: Path) -> list[Terminology]:
    """The packages of a folder; none where there is no such folder."""
    found = []
    for path in sorted(place.glob("*-ct-*/terms.tsv")):
        publishing_set, _, version = path.parent.name.partition("-ct-")
        found.append(Terminology(_SPELT.get(publishing_set, publishing_set.upper()), version, path.parent))
    return found


@cache
def terminology(publishing_set: str, version: str, own: Path | None) -> Terminology | None:
    """A package of terminology: the study's own, else the one that is shipped; None where there is neither.

    Takes     publishing set (SDTM, ADaM) and date; the folder of a study's own packages, if it may have some.
    """
    name = folder(publishing_set, version)
    for place in (own, tables.SHIPPED):
        if place is not None and (place / name / "terms.tsv").is_file():
            return Terminology(publishing_set, version, place / name)
    return None
