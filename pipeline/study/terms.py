"""specs/codelists.yaml, units.yaml and translations.yaml: what collected values become."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, RootModel

from pipeline.records import numbers
from pipeline.study.frozen import Frozen, Text, Words


class Term(Frozen):
    code: Text | None = None  # NCI code; none: the sponsor's own term
    decode: Text | None = None
    collected: tuple[Text, ...] = ()  # spellings that forms use for it
    order: int | None = None

    def spellings(self, value: str) -> tuple[str, ...]:
        """What may be collected for the term: its submission value, its decode, and what forms use for it."""
        return (value, *([self.decode] if self.decode else []), *self.collected)


class Codelist(Frozen):
    name: Text
    code: Text | None = None  # NCI code of the list; none: the study's own list
    standard: Literal["SDTM", "ADaM"] | None = None
    extensible: bool = False
    # values that are allowed beside the terms of a closed list, each with the text of the standard that asks
    # for it
    beside: dict[Text, Words] = {}
    terms: dict[str, Term]


def _decimal(factor: str) -> str:
    if not numbers.is_number(factor) or not Decimal(factor) > 0:
        raise ValueError('a factor is a decimal number above 0 with a point, such as "0.0555"')
    return factor


class Unit(Frozen):
    to: Text
    factor: Annotated[str, AfterValidator(_decimal)]  # decimal text, so that no float decides a digit


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
_Ascii = Annotated[Text, AfterValidator(_printable)]


class Characters(RootModel[dict[_Character, _Ascii]]):
    """specs/characters.yaml: a character outside ASCII -> the ASCII in which the study publishes it."""


class Translations(RootModel[dict[str, str]]):
    """specs/translations.yaml."""
