"""What is wrong with a text that is no YAML, and what to do, in the words of somebody who never read YAML's
grammar.
"""

from __future__ import annotations

_QUOTES = "put the text in quotes"
_SIGNS = "a text that holds { } [ ] or , stands in quotes"
# by what the parser says: what that means, and what to do
_MEANS = {
    "mapping values are not allowed in this context": f"a text holds a colon and a blank; {_QUOTES}",
    "did not find expected ',' or '}'": f"a {{ above is not closed, or a comma is missing; {_SIGNS}",
    "did not find expected ',' or ']'": f"a [ above is not closed, or a comma is missing; {_SIGNS}",
    "did not find expected key": "this line is not indented as the lines above it; begin it in their column",
    "did not find expected '-' indicator": "this line is not indented as the list above it",
    "could not find expected ':'": "a line above has no colon; write NAME: and its value",
    "found unexpected end of stream": "a quote is not closed",
    "found unexpected ':'": "a colon within { } or [ ] has no value before a comma; write the value",
    "found unknown escape character": 'a backslash in "..." begins a code; use single quotes',
    "found a tab character that violates indentation": "a tab indents this line; use blanks",
    "found character that cannot start any token": f"no text begins with this sign; {_QUOTES}",
}


def advice(problem: str, text: str, index: int) -> str:
    """What a fault of the parser means, and what to do.

    Takes     what the parser says; the text of the file; the number of the character that it names.
    """
    if text[index : index + 1] == "\t":
        problem = "found a tab character that violates indentation"
    meaning = _MEANS.get(problem)
    return f"not YAML: {meaning}" if meaning else f"not YAML: {problem}"
