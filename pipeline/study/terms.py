"""specs/codelists.yaml, units.yaml and translations.yaml: what collected values become."""

from __future__ import annotations

import re
from decimal import Decimal
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
    order: Whole | None = None

    def spellings(self, value: str) -> tuple[str, ...]:
        """What may be collected for the term: its submission value, its decode, and what forms use for it."""
        return (value, *([self.decode] if self.decode else []), *self.collected)


class Codelist(Frozen):
    name: Text
    code: Code | None = None  # NCI code of the list; none: the study's own list
    standard: Literal["SDTM", "ADaM"] | None = None
    extensible: Flag = False
    # values that are allowed beside the terms of a closed list, each with the text of the standard that asks
    # for it
    beside: dict[Text, Words] = {}
    terms: dict[str, Term]


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
