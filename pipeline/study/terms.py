"""specs/codelists.yaml, units.yaml and translations.yaml: what collected values become."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, RootModel

from pipeline.study.frozen import Flag, Frozen, Text, Whole, Words

_CODE = re.compile(r"C\d+", re.ASCII)
_DECIMAL = re.compile(r"\d+(\.\d+)?", re.ASCII)


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


def _factor(text: str) -> str:
    if not _DECIMAL.fullmatch(text) or not float(text):
        raise ValueError('expected a decimal number above 0 in quotes, for example "0.45359237"')
    return text


Factor = Annotated[Text, AfterValidator(_factor)]  # decimal text, for no float is exact


class Unit(Frozen):
    to: Text
    factor: Factor


class Codelists(RootModel[dict[str, Codelist]]):
    """specs/codelists.yaml."""


class Units(RootModel[dict[str, Unit]]):
    """specs/units.yaml."""


class Translations(RootModel[dict[str, Annotated[Text, AfterValidator(_ascii)]]]):
    """specs/translations.yaml."""
