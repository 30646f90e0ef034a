"""What is wrong with a text that is no YAML, and what to do, in the words of somebody who never read YAML's
grammar.
"""

from __future__ import annotations

import yaml

_QUOTES = "put the text in quotes"
_SIGNS = "a text that holds { } [ ] or , stands in quotes"
# by what the parser says: what that means, and what to do
_MEANS = {
    "mapping values are not allowed in this context": f"a text holds a colon and a blank; {_QUOTES}",
    "did not find expected key": "this line is not indented as the lines above it; begin it in their column",
    "did not find expected '-' indicator": "this line is not indented as the list above it",
    "could not find expected ':'": "a line above has no colon; write NAME: and its value",
    "found unexpected ':'": "a colon within { } or [ ] has no value before a comma; write the value",
    "found unknown escape character": 'a backslash in "..." begins a code; use single quotes',
    "found a tab character that violates indentation": "a tab indents this line; use blanks",
    "but found another document": "a line of --- begins another file; take it out",
    "found undefined alias": f"no text begins with *; {_QUOTES}",
    "found character that cannot start any token": f"no text begins with this sign; {_QUOTES}",
}


_OPENED = {
    "did not find expected ',' or '}'": "{",
    "did not find expected ',' or ']'": "[",
    "found unexpected end of stream": "quote",
}


def place_and_advice(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str]:
    """Line and column of a fault of the parser, what it means, and what to do.

    What is opened and not closed is told where it is opened, if the parser gave up on a later line.
    """
    mark, problem = error.problem_mark, str(error.problem)
    if mark is None:
        return 1, 1, f"not YAML: {problem}"
    line, column = mark.line + 1, mark.column + 1
    start = error.context_mark
    if problem in _OPENED and start is not None:
        what, rest = (
            _OPENED[problem],
            "" if _OPENED[problem] == "quote" else f", or a comma is missing; {_SIGNS}",
        )
        if start.line < mark.line:
            return (
                start.line + 1,
                start.column + 1,
                f"not YAML: the {what} that opens here is not closed{rest}",
            )
        return (
            line,
            column,
            f"not YAML: the {what} of column {start.column + 1} is not closed before this{rest}",
        )
    if text[mark.index : mark.index + 1] == "\t":
        problem = "found a tab character that violates indentation"
    return line, column, f"not YAML: {_MEANS.get(problem, problem)}"
