"""specs/codelists.yaml, units.yaml and translations.yaml: what collected values become."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, RootModel

from pipeline.records import numbers
from pipeline.study.frozen import Cell, Flag, Frozen, Text, Whole, Words

_CODE = re.compile(r"C\d+", re.ASCII)


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError("expected an NCI code, C and digits, for example C66742")
    return text


def _ascii(text: str) -> str:
    if not text.isascii():
        raise ValueError("a translation is published in ASCII; write it in English letters")
    return text


Code = Annotated[Text, AfterValidator(_code)]


class Term(Frozen):
    code: Code | None = None  # NCI code; none: the sponsor's own term
    decode: Text | None = None
    collected: tuple[Text, ...] = ()  # spellings that forms use for it
    preferred: Text | None = None  # the preferred term of the terminology, where it is another text
    synonyms: tuple[Text, ...] = ()  # those of the terminology
    usual: tuple[Text, ...] = ()  # what forms usually write, as the program knows it
    order: Whole | None = None

    def spellings(self, value: str) -> tuple[str, ...]:
        """What may be collected for the term: its submission value, its decode, and what forms use for it."""
        return (value, *([self.decode] if self.decode else []), *self.collected)


class Codelist(Frozen):
    """A list of terms, and what may be collected for each.

    A text means a term by its submission value, its decode or a spelling of the study, without regard to
    case. Else it means the one whose preferred term or synonym it is: in its exact case, or in any case where
    one term alone is spelled so. Else it means the one for which forms usually write it.
    """

    name: Text
    code: Code | None = None  # NCI code of the list; none: the study's own list
    standard: Literal["SDTM", "ADaM"] | None = None
    extensible: Flag = False
    # values that are allowed beside the terms of a closed list, each with the text of the standard that asks
    # for it
    beside: dict[Text, Words] = {}
    terms: dict[str, Term]

    def term_of(self, text: str) -> str | None:
        """The submission value that a collected text means; None where it means none, or could mean two."""
        found = next((meant for meant in self._meant(text) if meant), set())
        return next(iter(found)) if len(found) == 1 else None

    def is_unclear(self, text: str) -> bool:
        """Whether a text could mean several terms, and is the exact spelling of none of them alone."""
        return len(next((meant for meant in self._meant(text) if meant), ())) > 1

    @cached_property
    def has_unclear(self) -> bool:
        """Whether some text could mean several terms."""
        return any(len(terms) > 1 for terms in self._of_terminology.values())

    def how(self, text: str) -> str:
        """By which of its spellings a text means its term: for a reader of the recodings."""
        value = self.term_of(text)
        if value is None:
            return "as collected"
        term = self.terms[value]
        named = {
            "term": (value,),
            "decode": (term.decode,),
            "spelling of the study": term.collected,
            "preferred term": (term.preferred,),
            "synonym": term.synonyms,
            "usual spelling of forms": term.usual,
        }
        folded = text.casefold()
        return next(how for how, names in named.items() if folded in [n.casefold() for n in names if n])

    def _meant(self, text: str) -> Iterator[Collection[str]]:
        """The terms that a text may mean, the surest reading first."""
        folded = text.casefold()
        yield {text} if text in self.terms else ()
        yield self._of_study.get(folded, ())
        yield self._of_terminology.get((text, "exact"), ())
        yield self._of_terminology.get((folded, "in any case"), ())
        yield self._usual.get(folded, ())

    @cached_property
    def _of_study(self) -> dict[str, set[str]]:
        meant: dict[str, set[str]] = {}
        for value, term in self.terms.items():
            for spelling in term.spellings(value):
                meant.setdefault(spelling.casefold(), set()).add(value)
        return meant

    @cached_property
    def _usual(self) -> dict[str, set[str]]:
        meant: dict[str, set[str]] = {}
        for value, term in self.terms.items():
            for spelling in term.usual:
                meant.setdefault(spelling.casefold(), set()).add(value)
        return meant

    @cached_property
    def _of_terminology(self) -> dict[tuple[str, str], set[str]]:
        meant: dict[tuple[str, str], set[str]] = {}
        for value, term in self.terms.items():
            for spelling in (*((term.preferred,) if term.preferred else ()), *term.synonyms):
                meant.setdefault((spelling, "exact"), set()).add(value)
                meant.setdefault((spelling.casefold(), "in any case"), set()).add(value)
        return meant


def _decimal(number: str) -> str:
    if not numbers.is_number(number) or not Decimal(number) > 0:
        raise ValueError('a decimal number above 0 with a point is expected, such as "0.0555"')
    return number


class Unit(Frozen):
    to: Text
    factor: Annotated[Text, AfterValidator(_decimal)]  # decimal text, so that no float decides a digit
    # first subtracted, where the two scales do not begin at one point: "32" of degrees Fahrenheit
    subtract: Annotated[Text, AfterValidator(_decimal)] | None = None


class Codelists(RootModel[dict[str, Codelist]]):
    """specs/codelists.yaml."""


class Units(RootModel[dict[str, Unit]]):
    """specs/units.yaml."""


def _one_character(character: str) -> str:
    if len(character) != 1 or character.isascii():
        raise ValueError("not one character outside ASCII")
    return character


def _printable(text: str) -> str:
    if not (text.isascii() and (text.isprintable() or not text)):
        raise ValueError("not printable ASCII, or nothing")
    return text


_Character = Annotated[str, AfterValidator(_one_character)]
_Ascii = Annotated[Cell, AfterValidator(_printable)]


class Characters(RootModel[dict[_Character, _Ascii]]):
    """specs/characters.yaml: a character outside ASCII -> the ASCII in which the study publishes it."""


class Translations(RootModel[dict[str, Annotated[Text, AfterValidator(_ascii)]]]):
    """specs/translations.yaml."""
