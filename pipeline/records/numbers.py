"""Numbers as people and laboratories write them: one grammar for door, build and limits of normal.

What the grammar does not know is no number, however much it looks like one: `3,57` without a declared decimal
comma, `5.1E0`, `12-`, `135 *`. Nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# how a mark is typed: also by a word processor, and by an input method for Chinese
_TYPED = {".": "[.．]", ",": "[,，]", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}
_NAMES = {".": "a point", ",": "a comma", " ": "a blank", "'": "an apostrophe"}
_SIGNS = {
    "＜": "<",
    "＞": ">",
    "≤": "<=",
    "≥": ">=",
    "＜=": "<=",
    "＞=": ">=",
    "＜＝": "<=",
    "＞＝": ">=",
    "⩽": "<=",
    "⩾": ">=",
}
# what a program writes where it has no number
_OF_PROGRAMS = re.compile(
    r"[+-]?(nan|inf|infinity)|#(n/a|value!|div/0!|num!|ref!|name\?|null!)", re.IGNORECASE
)


@dataclass(frozen=True)
class Marks:
    """How the numbers of a field are written: the mark before the decimals, and the one between thousands."""

    decimal: str = "."
    thousands: str = ""  # none: digits are not grouped

    @property
    def in_words(self) -> str:
        """What a message adds to the word number; nothing where numbers are written with a point alone."""
        if self == PLAIN:
            return ""
        grouped = f" and {_NAMES[self.thousands]} between thousands" if self.thousands else ""
        return f" with {_NAMES[self.decimal]} before the decimals{grouped}"


@dataclass(frozen=True)
class Result:
    """A number, or a number with the sign of a limit of quantification."""

    sign: str  # "", <, <=, > or >=
    number: str  # plain decimal text: a minus or nothing, digits, and a point if there are decimals

    @property
    def text(self) -> str:
        return self.sign + self.number


PLAIN = Marks()
# the rule that such a text breaks, at the door and in a build, and its words
RULE = "RESULT-NO-NUMBER"


def number(text: str, marks: Marks = PLAIN) -> str | None:
    """The number that a text is, with all of its digits, as plain decimal text; None where it is none.

    A plus sign says nothing and goes; a digit is put before a leading decimal mark.

    Takes     a text without blanks around it; the marks that the field's contract declares.
    """
    result = read(text, marks)
    return result.number if result and not result.sign else None


def is_number(text: str, marks: Marks = PLAIN, whole: bool = False) -> bool:
    """Whether a text is a number; if asked, a whole one, written without decimals."""
    plain = number(text, marks)
    return plain is not None and not (whole and "." in plain)


# contract, mapping, derivations and checks ask of the same texts: a build of the sample 73,000 times of 4,700
@lru_cache(maxsize=2**16)
def read(text: str, marks: Marks = PLAIN) -> Result | None:
    """The number, or the number with a sign (<5, >= 1000), that a text is; None where it is neither."""
    match = _grammar(marks).fullmatch(text)
    if not match:
        return None
    sign = match["sign"] or ""
    whole = "".join(c for c in match["whole"] or "0" if c.isdigit())
    decimals = match["decimals"] or match["only_decimals"]
    minus = "-" if match["minus"] == "-" else ""
    return Result(_SIGNS.get(sign, sign), f"{minus}{whole}.{decimals}" if decimals else f"{minus}{whole}")


def as_read(text: str, marks: Marks = PLAIN) -> str:
    """A number, with its sign if it has one, in plain form; any other text as it stands."""
    result = read(text, marks)
    return result.text if result else text


def is_nearly_number(text: str, marks: Marks = PLAIN) -> bool:
    """Whether a text looks as if it held a number and is none: it has digits, of whatever script, or is what
    a program writes where it has no number.
    """
    has_digits = any(unicodedata.category(c) in ("Nd", "No") for c in text)
    return (has_digits or _OF_PROGRAMS.fullmatch(text) is not None) and read(text, marks) is None


@lru_cache(maxsize=32)
def _grammar(marks: Marks) -> re.Pattern[str]:
    """The pattern of a number, with a sign or without. Digits are ASCII: transport files hold no others."""
    decimal = _TYPED[marks.decimal]
    grouped = rf"[1-9]\d{{0,2}}(?:{_TYPED[marks.thousands]}\d{{3}})+|" if marks.thousands else ""
    signs = "|".join(sorted({*_SIGNS, *_SIGNS.values(), "<", ">"}, key=len, reverse=True))
    return re.compile(
        rf"(?:(?P<sign>{signs}) *)?(?P<minus>[+-]?)"
        rf"(?:(?P<whole>{grouped}\d+)(?:{decimal}(?P<decimals>\d+))?|{decimal}(?P<only_decimals>\d+))",
        re.ASCII,
    )
