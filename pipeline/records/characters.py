"""Characters of text: those that have no width, those that break a line, and those of typography with what
ASCII has for each.

The tables are data. A study adds what it decides itself, such as accents, in specs/characters.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Zero-width blanks and joiners, the soft hyphen, the byte-order mark, and marks of the direction of writing:
# nobody can see them, so nobody collected them.
INVISIBLE = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
HARD_BLANKS = "\u00a0\u2007\u202f"  # at which a line does not break; they look like any other blank
# Line breaks of every system, a new page, and tabs: text areas have them, and a transport file must not.
_BREAKS = re.compile("[\t\n\v\f\r\u0085\u2028\u2029]")
_GROUPS = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u00b4\u02bc",  # single quotation marks, primes
    '"': "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb",  # double quotation marks
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63",  # hyphens, dashes, minus
    # blanks that do not break, and blanks of other widths
    " ": "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    ".": "\u3002\u00b7\u2027\u2022\u2219",  # full stop of Chinese, points in the middle, bullets
    ",": "\u3001",  # comma of Chinese between the parts of a list
    "...": "\u2026\u22ef",
    "..": "\u2025",
    "/": "\u2044\u2215",
    "~": "\u301c\u223c",
    "x": "\u00d7",
    "<=": "\u2264\u2a7d",
    ">=": "\u2265\u2a7e",
    "+/-": "\u00b1",
    "ff": "\ufb00",
    "fi": "\ufb01",
    "fl": "\ufb02",
    "ffi": "\ufb03",
    "ffl": "\ufb04",
    "st": "\ufb05\ufb06",
    "(TM)": "\u2122",
    "(R)": "\u00ae",
    "(C)": "\u00a9",
}
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
# each character of typography -> the ASCII for it
TYPOGRAPHIC: Mapping[str, str] = {
    **{character: ascii_ for ascii_, characters in _GROUPS.items() for character in characters},
    **_FULL_WIDTH,
}

_NO_WIDTH = dict.fromkeys(map(ord, INVISIBLE))


def trimmed(text: str) -> str:
    """The text without characters that have no width, and without blanks around it."""
    if text.isascii():  # to translate these too took 1.7 of the 51 s of a build of 3,000 participants
        return text.strip()
    return text.translate(_NO_WIDTH).strip()


def has_breaks(text: str) -> bool:
    """Whether a text has line breaks or tabs."""
    return _BREAKS.search(text) is not None


def on_one_line(text: str) -> str:
    """The text with its line breaks and tabs, and the blanks around them, each as one blank."""
    if not has_breaks(text):
        return text
    return " ".join(line for part in _BREAKS.split(text) if (line := part.strip()))


def folded(text: str, table: Mapping[str, str]) -> str:
    """The text with each character that the table lists in the ASCII that the table has for it."""
    return text.translate({ord(character): ascii_ for character, ascii_ in table.items()})


def foreign(text: str) -> str:
    """The characters of a text that are not ASCII, each once."""
    return "".join(dict.fromkeys(character for character in text if not character.isascii()))


def shown(text: str) -> str:
    """The text with each character that steers a terminal or ends a line as its escape, such as \\x1b.

    A file's name may hold any character, and a message is one line.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
