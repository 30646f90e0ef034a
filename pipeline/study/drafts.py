"""Drafted lines of a study's files, which nobody has confirmed yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MARK = "# draft:"  # behind a line that was proposed; whoever takes it away has confirmed the line
_MARK = re.compile(r"(?:^|\s)# draft: ?(.*)$")
WHY = "WHY"  # a reason that a draft cannot know: whoever confirms the line writes it
_NO_REASON = re.compile(rf"\b[A-Z][A-Z0-9_]{{0,7}}: ({WHY})\s*(?:[,}}]|$)")  # of a variable
_WITH_REASONS = "mappings/"  # the files in which a variable stands with the reason why it is not there
_STILL_DRAFTED = f"{WHY} is no reason; write why the form does not ask"


@dataclass(frozen=True)
class Draft:
    """A line that is still to be confirmed."""

    file: str
    line: int
    column: int
    evidence: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: draft: {self.evidence}"


def left(contents: Mapping[str, bytes]) -> Iterator[Draft]:
    """Each drafted line of the YAML files of a study, by file and line; a line without the mark in which the
    reason of a variable is still that of the draft is one, too.
    """
    for file in sorted(contents):
        if not file.endswith(".yaml"):
            continue
        text = contents[file].decode("utf-8", "replace")
        if MARK not in text and WHY not in text:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if match := _MARK.search(line):
                yield Draft(file, number, line.index(MARK) + 1, match[1].strip())
                continue
            unwritten = _NO_REASON.search(line.partition(" #")[0].rstrip())
            if unwritten and file.startswith(_WITH_REASONS):
                yield Draft(file, number, unwritten.start(1) + 1, _STILL_DRAFTED)
